// Package filter restricts a list of requests: the filters themselves, the form in which they are set, and the line that
// names those that are set. It knows no list and no view.
package filter

import (
	"cmp"
	"slices"
	"time"

	"countersign/core/i18n"
	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/ui/days"
)

// Filters restrict the requests of a list. The zero value restricts nothing. Two values are compared with ==.
type Filters struct {
	statuses statusSet
	review   request.Decision // of the outcome; empty for any, also for none
	gateway  string
	person   string
	mine     string // login of the person who added the requests, or launched them; empty for everyone
	desk     string
	changed  period
	from, to string // the first and the last day of customDays, as 2006-01-02; either may be empty
	problem  problem
}

// Mine returns the filter for the requests that the person with a login at the office's server added or launched.
func Mine(login string) Filters { return Filters{mine: login} }

// Of returns the filters with those requests alone that a person added or launched, or with those of everyone if login is empty.
func (f Filters) Of(login string) Filters {
	f.mine = login
	return f
}

// IsMine reports whether only requests of one person are listed, as [Mine] has them.
func (f Filters) IsMine() bool { return f.mine != "" }

// problem is what must be wrong with a request, for it to be listed.
type problem storedName

// The problems that the list can be filtered by.
const (
	anyProblem   problem = "" // also none
	launchFailed problem = "launch failed"
	fileDamaged  problem = "file damaged"
)

// problems returns all problems in the order of the select.
func problems() []problem { return []problem{anyProblem, launchFailed, fileDamaged} }

// name returns the name of a problem for a person.
func (p problem) name(lang i18n.Language) string {
	switch p {
	case launchFailed:
		return lang.Say("filter.launch_failed")
	case fileDamaged:
		return lang.Say("filter.damaged")
	}
	return lang.Say("filter.any_problem")
}

// decisions returns the decisions that the list can be filtered by, in the order of the select.
func decisions() []request.Decision {
	return append([]request.Decision{""}, request.Decisions()...)
}

// decisionName returns the name of a filter by a decision for a person; the empty decision filters by none.
func decisionName(lang i18n.Language, d request.Decision) string {
	switch d {
	case request.Undecided:
		return lang.Say("filter.not_reviewed")
	case request.Accepted:
		return lang.Say("filter.accepted")
	case request.SentBack:
		return lang.Say("filter.returned")
	}
	return lang.Say("filter.any_review")
}

// period is the time within which a request must have been changed last, to be listed.
type period storedName

// The periods. All but customDays end at the present moment, also in a view that was saved earlier.
const (
	anyTime    period = ""
	today      period = "today"
	week       period = "7 days"
	month      period = "30 days"
	year       period = "year"
	customDays period = "two days" // between two days that a person chose
)

// periods returns all periods in the order of the select.
func periods() []period { return []period{anyTime, today, week, month, year, customDays} }

// name returns the name of a period for a person.
func (p period) name(lang i18n.Language) string {
	switch p {
	case today:
		return lang.Say("list.today")
	case week:
		return lang.Say("list.week")
	case month:
		return lang.Say("list.month")
	case year:
		return lang.Say("list.year")
	case customDays:
		return lang.Say("win.between")
	}
	return lang.Say("list.any_time")
}

// start returns when a period that ends now begins; the zero time for anyTime and customDays.
func (p period) start(now time.Time) time.Time {
	y, m, d := now.Date()
	day := time.Date(y, m, d, 0, 0, 0, 0, now.Location())
	switch p {
	case today:
		return day
	case week:
		return day.AddDate(0, 0, -6)
	case month:
		return day.AddDate(0, 0, -29)
	case year:
		return time.Date(y, time.January, 1, 0, 0, 0, 0, now.Location())
	}
	return time.Time{}
}

// Apply returns q restricted by the filters as well. It replaces the gateway, the persons, the desk, the problem and the beginning of
// the time of the last change that q has. If no request can meet both q and the filters, the query finds nothing.
func (f Filters) Apply(q ledger.Query, now time.Time) ledger.Query {
	if f.statuses != 0 {
		q.Statuses = f.statuses.among(q.Statuses)
		q.None = len(q.Statuses) == 0
	}
	if f.review != "" {
		q.None = q.None || q.Decision != "" && q.Decision != f.review
		q.Decision = f.review
	}
	q.LaunchFailed, q.Damaged = f.problem == launchFailed, f.problem == fileDamaged
	q.Gateway, q.Person, q.From = f.gateway, f.person, f.changed.start(now)
	q.AddedOrLaunchedBy, q.Desk = cmp.Or(f.mine, q.AddedOrLaunchedBy), f.desk
	if f.changed == customDays {
		q.From = days.StartOf(f.from, now.Location())
		if last := days.StartOf(f.to, now.Location()); !last.IsZero() {
			if end := last.AddDate(0, 0, 1); q.To.IsZero() || end.Before(q.To) {
				q.To = end
			}
		}
	}
	return q
}

// MatchAll reports whether the filters restrict nothing.
func (f Filters) MatchAll() bool {
	if f.changed == customDays && f.from == "" && f.to == "" {
		f.changed = anyTime
	}
	return f == Filters{}
}

// storedName is a name in the settings file. It is never translated or changed later.
type storedName string

// The names of stored filters.
const (
	savedStatus  storedName = "status"
	savedReview  storedName = "review"
	savedGateway storedName = "gateway"
	savedPerson  storedName = "person"
	savedMine    storedName = "mine" // the login
	savedDesk    storedName = "desk"
	savedChanged storedName = "changed"
	savedFrom    storedName = "from"
	savedTo      storedName = "to"
	savedProblem storedName = "problem"
)

// Save writes the filters that are set into the query of a saved view.
func (f Filters) Save(query map[string]string) {
	for name, value := range map[storedName]string{
		savedStatus: f.statuses.save(), savedReview: string(f.review), savedGateway: f.gateway, savedPerson: f.person, savedMine: f.mine, savedDesk: f.desk,
		savedChanged: string(f.changed), savedFrom: f.from, savedTo: f.to, savedProblem: string(f.problem),
	} {
		if value != "" {
			query[string(name)] = value
		}
	}
}

// Saved returns the filters of the query of a saved view. Names and values that are not known are ignored, because a person
// may have edited the settings.
func Saved(query map[string]string) Filters {
	stored := func(name storedName) string { return query[string(name)] }
	f := Filters{statuses: savedStatuses(stored(savedStatus)), gateway: stored(savedGateway), person: stored(savedPerson), mine: stored(savedMine), desk: stored(savedDesk)}
	if d := request.Decision(stored(savedReview)); slices.Contains(decisions(), d) {
		f.review = d
	}
	if p := period(stored(savedChanged)); slices.Contains(periods(), p) {
		f.changed = p
	}
	if f.changed == customDays {
		f.from, f.to = validDay(stored(savedFrom)), validDay(stored(savedTo))
	}
	if p := problem(stored(savedProblem)); slices.Contains(problems(), p) {
		f.problem = p
	}
	return f
}

// validDay returns day if it has the format of [time.DateOnly]; otherwise the empty string.
func validDay(day string) string {
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		return ""
	}
	return day
}
