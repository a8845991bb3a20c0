package list

import (
	"slices"
	"strings"
	"time"

	"countersign/core/i18n"
	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/core/settings"
	"countersign/core/stats"
	"countersign/ui/filter"
	"countersign/ui/kit"
)

// View is a named query: an entry of the sidebar, or a drill-down.
type View struct {
	Key        StoredName
	Name       string
	Icon       kit.Icon
	Statuses   []request.Status // empty for all
	EmptyTitle string           // shown while the list is empty
	EmptyText  string           // likewise: what to do first

	unanswered bool // only requests whose browser has been open for longer than the patience
	toDo       bool // only outcomes that a reviewer returned, and that were not replaced since
	dueSoon    bool // only requests that are overdue or due within dueDays
	Saved      bool // a person saved it
	DrillDown  bool // not in the sidebar: opened from a number
	Search     string
	filters    filter.Filters
	Decision   request.Decision // only outcomes with this decision; empty for all
	Archived   ledger.Among     // which requests, as regards the archive
	Practice   ledger.Among     // likewise, as regards practice; ledger.Both follows what the person chose for the whole window
	// Only requests that ended from EndedFrom on and before EndedTo. A zero time is no bound.
	EndedFrom, EndedTo time.Time
	// Narrow adds the conditions of a drill-down to its query; nil adds none.
	Narrow func(ledger.Query) ledger.Query
	sort   settings.Sort // the view's own order; without a column, the list's order applies
}

// The keys of the views. A saved view stores the key of the view that it was made from.
const (
	viewToSign     StoredName = "to_sign"
	viewInBrowser  StoredName = "in_browser"
	viewUnanswered StoredName = "no_answer"
	ViewAttention  StoredName = "attention"
	ViewReturned   StoredName = "returned"
	ViewDue        StoredName = "due"
	viewSigned     StoredName = "signed"
	viewAll        StoredName = "all"
	ViewArchived   StoredName = "archived"
)

// ToSign is the index of the first view, which has the requests that are to be signed.
const ToSign = 0

// dueDays is the number of days before its due date from which on a request is due soon.
const dueDays = stats.DueDays

// Views returns the built-in views in the order of the sidebar and of their shortcuts.
func Views(lang i18n.Language) []View {
	views := []View{
		{Key: viewToSign, Name: lang.Say("view.to_sign"), Icon: kit.IconPen, Statuses: []request.Status{request.Pending}, EmptyTitle: lang.Say("empty.to_sign"), EmptyText: lang.Say("empty.to_sign_text")},
		{Key: viewInBrowser, Name: lang.Say("view.in_browser"), Icon: kit.IconGlobe, Statuses: []request.Status{request.Signing}, EmptyTitle: lang.Say("empty.in_browser"), EmptyText: lang.Say("empty.in_browser_text")},
		{
			Key: viewUnanswered, Name: lang.Say("list.no_answer"), Icon: kit.IconClock, Statuses: []request.Status{request.Signing}, unanswered: true,
			EmptyTitle: lang.Say("list.empty_no_answer"), EmptyText: lang.Say("list.empty_no_answer_text"),
		},
		{
			Key: ViewAttention, Name: lang.Say("view.attention"), Icon: kit.IconWarning,
			Statuses:   stats.NeedingAttention(),
			EmptyTitle: lang.Say("empty.attention"), EmptyText: lang.Say("empty.attention_text"),
		},
		{
			Key: ViewReturned, Name: lang.Say("view.returned"), Icon: kit.IconBack, toDo: true,
			EmptyTitle: lang.Say("empty.returned"), EmptyText: lang.Say("empty.returned_text"),
		},
		{
			Key: ViewDue, Name: lang.Say("list.due_soon"), Icon: kit.IconDay, Statuses: []request.Status{request.Pending, request.Signing}, dueSoon: true,
			EmptyTitle: lang.Say("list.empty_due"), EmptyText: lang.Say("list.empty_due_text"), sort: settings.Sort{Column: string(columnDue)},
		},
		{Key: viewSigned, Name: lang.Say("view.signed"), Icon: kit.IconCheck, Statuses: []request.Status{request.Signed}, EmptyTitle: lang.Say("empty.signed"), EmptyText: lang.Say("empty.signed_text")},
		{Key: viewAll, Name: lang.Say("view.all"), Icon: kit.IconList, EmptyTitle: lang.Say("empty.all"), EmptyText: lang.Say("empty.all_text")},
	}
	for i := range views {
		views[i].Archived = ledger.Without
	}
	return append(views, View{
		Key: ViewArchived, Name: lang.Say("view.archived"), Icon: kit.IconArchive, Archived: ledger.Only,
		EmptyTitle: lang.Say("empty.archived"), EmptyText: lang.Say("empty.archived_text"),
	})
}

// Scope is what applies to all views of the window.
type Scope struct {
	Patience     settings.Patience
	HidePractice bool   // practice requests are left out
	Login        string // of whoever works here, in an office
	Mine         bool   // the built-in views begin with the requests that concern Login
}

// Practice returns which requests are listed, as regards practice.
func (s Scope) Practice() ledger.Among {
	if s.HidePractice {
		return ledger.Without
	}
	return ledger.Both
}

// query returns the query of the view without its search and filters.
func (v View) query(now time.Time, scope Scope) ledger.Query {
	q := ledger.Query{Statuses: v.Statuses, Decision: v.Decision, ToDo: v.toDo, EndedFrom: v.EndedFrom, EndedTo: v.EndedTo, Archived: v.Archived, Practice: v.Practice}
	if q.Practice == ledger.Both {
		q.Practice = scope.Practice()
	}
	if v.unanswered {
		q = scope.Patience.Unanswered(q, now)
	}
	if v.Narrow != nil {
		q = v.Narrow(q)
	}
	if v.dueSoon {
		q.DueBy = now.AddDate(0, 0, dueDays).Format(time.DateOnly)
	}
	return q
}

// IsMine reports whether a person of an office sees only their own requests when they choose the view: those that concern them; see
// [request.Request.Concerns]. What a reviewer returns comes back to them, whatever they chose for the other views.
func (v View) IsMine(scope Scope) bool {
	return scope.Login != "" && !v.Saved && !v.DrillDown && (scope.Mine || v.toDo)
}

// CountedByStatus reports whether the view is defined by statuses alone, so that the desk's counts by status, without what is
// archived, suffice to count it, unless it [View.IsMine].
func (v View) CountedByStatus() bool {
	return v.Narrow == nil && v.Archived == ledger.Without && v.Practice == ledger.Both && !v.unanswered && !v.dueSoon && !v.toDo && v.Search == "" && v.filters.MatchAll() && v.Decision == "" && !v.hasEndedBounds()
}

// hasEndedBounds reports whether the view is limited to requests that ended in a period.
func (v View) hasEndedBounds() bool { return !(v.EndedFrom.IsZero() && v.EndedTo.IsZero()) }

// IncludesAll reports whether the view contains every request of a status.
func (v View) IncludesAll(s request.Status) bool {
	return v.CountedByStatus() && (len(v.Statuses) == 0 || slices.Contains(v.Statuses, s))
}

// Total returns how many requests the view contains, given the number of requests of each status. The result is right
// only if [View.CountedByStatus] returns true.
func (v View) Total(counts map[request.Status]int) int {
	statuses := v.Statuses
	if len(statuses) == 0 {
		statuses = request.Statuses()
	}
	sum := 0
	for _, s := range statuses {
		sum += counts[s]
	}
	return sum
}

// FullQuery returns the query of the view with its own search and filters.
func (v View) FullQuery(now time.Time, scope Scope) ledger.Query {
	q := withSearch(v.filters.Apply(v.query(now, scope), now), v.Search)
	if v.IsMine(scope) {
		q.AddedOrLaunchedBy = scope.Login
	}
	return q
}

// withSearch adds a search to a query. A search also finds what is archived.
func withSearch(q ledger.Query, search string) ledger.Query {
	if q.Search = search; strings.TrimSpace(search) != "" && q.Archived == ledger.Without {
		q.Archived = ledger.Both
	}
	return q
}
