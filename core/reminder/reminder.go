// Package reminder counts what a person should look at today, requests that are due and requests that have been silent for
// days, and decides when that is said: once a day for each home, at a time that the settings have. It shows nothing.
package reminder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"time"

	"countersign/core/home"
	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/core/settings"
)

// Ledger is what a [Reminder] counts in.
type Ledger interface {
	Count(ctx context.Context, q ledger.Query, atMost int) (n int, more bool, err error)
}

// Settings has the time of the reminder, and the number of days after which a request counts as silent.
type Settings interface {
	Settings(ctx context.Context) (settings.Settings, error)
}

// Summary is what a person should look at. Requests at practice gateways do not count. The numbers end at [Most].
type Summary struct {
	Overdue    int // open requests whose due date is over
	DueToday   int // open requests that are due today
	Silent     int // requests that have been silent for SilentDays
	SilentDays int
	Day        string // today, in the format of [time.DateOnly]
}

// Most is the number at which those of a summary end. It stands for that many or more.
const Most = 1000

// IsEmpty reports whether there is nothing to look at.
func (s Summary) IsEmpty() bool { return s.Overdue+s.DueToday+s.Silent == 0 }

// Due returns the query for the open requests that are due on a day, in the format of [time.DateOnly], or were due before. They are those that
// concern a person, or all if person is empty; see [request.Request.Concerns].
func Due(day, person string) ledger.Query {
	return ledger.Query{AddedOrLaunchedBy: person, Statuses: []request.Status{request.Pending, request.Signing}, Practice: ledger.Without, DueBy: day, Order: ledger.ByDue}
}

// Silent returns the query for the requests that have been in the browser without any event for a number of days: the
// browser never came back, or it came back without an outcome. They are those that concern a person, as with [Due].
func Silent(now time.Time, days int, person string) ledger.Query {
	return ledger.Query{AddedOrLaunchedBy: person, Statuses: []request.Status{request.Signing}, Practice: ledger.Without, To: now.AddDate(0, 0, -days), Reverse: true}
}

// Reminder counts, and knows when that was last said. Its methods may be called from any goroutine.
type Reminder struct {
	home     home.Dir
	ledger   Ledger
	settings Settings
	person   string
	now      func() time.Time
}

// New returns the reminder of a home. It counts the requests that concern a person, or all if person is empty. The location of the times that the function
// now returns decides when a day begins.
func New(dir home.Dir, l Ledger, s Settings, person string, now func() time.Time) *Reminder {
	return &Reminder{home: dir, ledger: l, settings: s, person: person, now: now}
}

// WaitingToday returns what a person should look at now.
func (r *Reminder) WaitingToday(ctx context.Context) (Summary, error) {
	chosen, _ := r.settings.Settings(ctx) // of a file that cannot be read, the defaults are used; the settings say why
	now := r.now()
	s := Summary{SilentDays: chosen.SilentDays, Day: now.Format(time.DateOnly)}
	// What is due is counted to its end, which reads keys alone, unless it is that of a person: the difference of two numbers that end at Most says
	// nothing.
	overdue, _, err := r.ledger.Count(ctx, Due(now.AddDate(0, 0, -1).Format(time.DateOnly), r.person), math.MaxInt)
	if err != nil {
		return Summary{}, err
	}
	due, _, err := r.ledger.Count(ctx, Due(s.Day, r.person), math.MaxInt)
	if err != nil {
		return Summary{}, err
	}
	s.Overdue, s.DueToday = min(overdue, Most), max(0, min(due-overdue, Most)) // they are of two moments
	s.Silent, _, err = r.ledger.Count(ctx, Silent(now, s.SilentDays, r.person), Most)
	return s, err
}

// state is the content of reminder.json.
type state struct {
	Said time.Time `json:"said"` // when a reminder was last said
}

const (
	lockName = "reminder" // the lock of the home that whoever says a reminder holds
	maxState = 4 << 10    // bytes of reminder.json
)

// ClaimReminder reports whether the reminder is to be said now, with what it says, and records that it was said. Of several
// processes with the same home, one gets true. It returns true once a day at most, when the time that the settings have is
// over, or at any time if it was not said on the day before. It returns false if the settings have no time.
func (r *Reminder) ClaimReminder(ctx context.Context) (Summary, bool, error) {
	chosen, err := r.settings.Settings(ctx)
	at, set := chosen.ReminderTime()
	if err != nil || !set {
		return Summary{}, false, nil
	}
	said, err := r.readSaid()
	if err != nil || !isDue(r.now(), said, at) {
		return Summary{}, false, err
	}
	lock, err := r.home.TryLock(lockName)
	if err != nil || lock == nil { // nil: another process is saying it
		return Summary{}, false, err
	}
	defer func() { _ = lock.Release() }()
	if said, err = r.readSaid(); err != nil || !isDue(r.now(), said, at) {
		return Summary{}, false, err
	}
	s, err := r.WaitingToday(ctx)
	if err != nil {
		return Summary{}, false, err
	}
	text, err := json.Marshal(state{Said: r.now()})
	if err == nil {
		err = home.WriteFile(r.home.Reminder(), text)
	}
	if err != nil {
		return Summary{}, false, fmt.Errorf("record the reminder: %w", err)
	}
	return s, true, nil
}

// isDue reports whether a reminder at the time of day at, as minutes since midnight, is to be said now, if one was last
// said at the time said. A said that is zero, or later than now, stands for none.
func isDue(now, said time.Time, at int) bool {
	said = said.In(now.Location())
	if said.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return false
	}
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, at, 0, 0, now.Location())
	if !now.Before(today) {
		return true
	}
	yesterday := time.Date(now.Year(), now.Month(), now.Day()-1, 0, 0, 0, 0, now.Location())
	return !said.IsZero() && said.Before(yesterday)
}

// readSaid returns when a reminder was last said; zero for never, and for a file that cannot be understood.
func (r *Reminder) readSaid() (time.Time, error) {
	text, err := home.ReadFile(r.home.Reminder(), maxState)
	if errors.Is(err, fs.ErrNotExist) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	var s state
	if json.Unmarshal(text, &s) != nil {
		return time.Time{}, nil
	}
	return s.Said, nil
}
