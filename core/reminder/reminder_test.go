package reminder

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"countersign/core/home"
	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/core/settings"
)

// desk is a home with a ledger, a clock and settings.
type desk struct {
	testing.TB
	dir    home.Dir
	ledger *ledger.Ledger
	now    time.Time
	chosen settings.Settings
	person string
}

func (d *desk) Settings(context.Context) (settings.Settings, error) { return d.chosen, nil }

func newDesk(t testing.TB) *desk {
	t.Helper()
	dir, err := home.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{TB: t, dir: dir, now: time.Date(2026, 11, 20, 8, 0, 0, 0, time.Local), chosen: settings.Default()}
	d.chosen.Reminder = "09:00"
	if d.ledger, err = ledger.Open(t.Context(), dir.Path(), ledger.Options{Now: func() time.Time { return d.now }}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.ledger.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func (d *desk) reminder() *Reminder {
	return New(d.dir, d.ledger, d, d.person, func() time.Time { return d.now })
}

// add adds a request that is due on a day, at a gateway.
func (d *desk) add(id request.ID, due, gateway string) {
	d.Helper()
	d.append(id, request.Event{Kind: request.KindAdded, Added: &request.Added{
		Title: "Lease", Gateway: gateway, Due: due, Documents: []request.Original{{Name: "lease.pdf", SHA256: "a", Size: 1}},
	}})
}

func (d *desk) launch(id request.ID, gateway string) {
	d.Helper()
	d.append(id, request.Event{Kind: request.KindLaunched, Visit: &request.Visit{ID: request.VisitIDOf(string(id)), Gateway: gateway, Requests: []request.ID{id}}})
}

func (d *desk) append(id request.ID, e request.Event) {
	d.Helper()
	version := 0
	if r, err := d.ledger.Get(d.Context(), id); err == nil {
		version = r.Version
	}
	if _, err := d.ledger.Append(d.Context(), ledger.Change{ID: id, Version: version, Events: []request.Event{e}}); err != nil {
		d.Fatal(err)
	}
}

// claims reports whether the reminder is said now.
func (d *desk) claims() bool {
	d.Helper()
	_, claimed, err := d.reminder().ClaimReminder(d.Context())
	if err != nil {
		d.Fatal(err)
	}
	return claimed
}

func TestWhatIsDueAndWhatIsSilentIsCounted(t *testing.T) {
	d := newDesk(t)
	d.add("overdue", "2026-11-19", "office")
	d.add("today", "2026-11-20", "office")
	d.add("tomorrow", "2026-11-21", "office")
	d.add("none", "", "office")
	d.add("practice", "2026-11-20", "sandbox")
	for _, gateway := range []string{"office", "sandbox"} {
		d.add(request.ID("silent-"+gateway), "", gateway)
		d.launch(request.ID("silent-"+gateway), gateway)
	}
	d.add("returned", "", "office")
	d.launch("returned", "office")
	d.append("returned", request.Event{Kind: request.KindReturned, Return: &request.Return{VisitID: request.VisitIDOf("returned"), CannotAsk: true}})
	d.now = d.now.AddDate(0, 0, 6)
	d.add("later", "", "office")
	d.launch("later", "office")
	if got, err := d.reminder().WaitingToday(t.Context()); err != nil || got != (Summary{Overdue: 3, SilentDays: 7, Day: "2026-11-26"}) {
		t.Errorf("after six days: %+v, %v", got, err)
	}
	d.now = d.now.AddDate(0, 0, 1).Add(time.Second)
	d.add("for-today", "2026-11-27", "office")
	got, err := d.reminder().WaitingToday(t.Context())
	if want := (Summary{Overdue: 3, DueToday: 1, Silent: 2, SilentDays: 7, Day: "2026-11-27"}); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	d.chosen.SilentDays = 1
	if got, err := d.reminder().WaitingToday(t.Context()); err != nil || got.Silent != 3 {
		t.Errorf("after a day: %+v, %v", got, err)
	}
}

// At a desk of an office, what colleagues have to do is theirs.
func TestWhatConcernsOthersIsNotCounted(t *testing.T) {
	d := newDesk(t)
	for i, person := range []string{"clara", "max", "max"} {
		d.append(request.ID(fmt.Sprintf("r-%d", i)), request.Event{Kind: request.KindAdded, By: person, Added: &request.Added{
			Title: "Lease", Gateway: "office", Due: "2026-11-20", Documents: []request.Original{{Name: "lease.pdf", SHA256: "a", Size: 1}},
		}})
	}
	d.append("r-1", request.Event{
		Kind: request.KindLaunched, By: "clara", Desk: "front", Visit: &request.Visit{ID: "sha256:1", Gateway: "office", Requests: []request.ID{"r-1"}},
	})
	for person, want := range map[string]int{"clara": 2, "max": 2, "ada": 0, "": 3} {
		d.person = person
		if s, err := d.reminder().WaitingToday(t.Context()); err != nil || s.DueToday != want || s.Silent != 0 {
			t.Errorf("%q: %+v, %v", person, s, err)
		}
	}
	d.now = d.now.AddDate(0, 0, 30)
	for person, want := range map[string]int{"clara": 1, "max": 1, "ada": 0} { // the one in the browser
		d.person = person
		if s, err := d.reminder().WaitingToday(t.Context()); err != nil || s.Silent != want {
			t.Errorf("%q: %+v, %v", person, s, err)
		}
	}
}

func TestWhatIsDueTodayIsCountedBesideAnyNumberThatIsOverdue(t *testing.T) {
	d := newDesk(t)
	var changes []ledger.Change
	for i := range Most + 102 {
		due := "2026-11-19"
		if i > Most {
			due = "2026-11-20"
		}
		changes = append(changes, ledger.Change{ID: request.ID("r" + strconv.Itoa(i)), Events: []request.Event{{
			Kind: request.KindAdded, Added: &request.Added{Title: "Lease", Gateway: "office", Due: due, RemoteID: strconv.Itoa(i)},
		}}})
	}
	if _, err := d.ledger.Append(t.Context(), changes...); err != nil {
		t.Fatal(err)
	}
	got, err := d.reminder().WaitingToday(t.Context())
	if want := (Summary{Overdue: Most, DueToday: 101, SilentDays: 7, Day: "2026-11-20"}); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestAReminderIsSaidOnceADay(t *testing.T) {
	d := newDesk(t)
	at := func(day, hour, minute int, want bool) {
		t.Helper()
		d.now = time.Date(2026, 11, day, hour, minute, 0, 0, time.Local)
		if got := d.claims(); got != want {
			t.Errorf("on day %d at %d:%02d: %t", day, hour, minute, got)
		}
	}
	at(20, 8, 59, false)
	at(20, 9, 0, true)
	at(20, 9, 1, false)
	at(20, 23, 59, false)
	at(21, 8, 0, false)
	at(21, 15, 30, true) // the computer slept at nine
	at(22, 8, 59, false)
	at(22, 9, 0, true)
	at(24, 7, 0, true) // nobody was there on the day before
	at(24, 9, 0, false)
	at(25, 7, 0, false) // not earlier than usual because of that
	at(25, 9, 0, true)
	at(23, 10, 0, true) // the clock was set back
	at(23, 11, 0, false)
	d.chosen.Reminder = ""
	at(28, 10, 0, false)
	d.chosen.Reminder = "17:30"
	at(28, 17, 29, true) // missed on the days before
	if err := os.WriteFile(d.dir.Reminder(), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	at(29, 17, 29, false)
	at(29, 17, 30, true)
}

func TestOneOfSeveralProcessesSaysAReminder(t *testing.T) {
	d := newDesk(t)
	d.now = d.now.Add(2 * time.Hour)
	var all sync.WaitGroup
	said := make(chan bool, 8)
	for range cap(said) {
		all.Go(func() {
			_, claimed, err := d.reminder().ClaimReminder(t.Context())
			if err != nil {
				t.Error(err)
			}
			said <- claimed
		})
	}
	all.Wait()
	close(said)
	times := 0
	for claimed := range said {
		if claimed {
			times++
		}
	}
	if times > 1 || times == 0 && !d.claims() {
		t.Errorf("it was said %d times", times)
	}
	if d.claims() {
		t.Error("it is said again")
	}
}
