package ui

import (
	"slices"
	"time"

	"countersign/core/desk"
	"countersign/core/i18n"
	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/ui/kit"
)

// view is one of the lists at the left.
type view struct {
	key        keptName
	name       string
	icon       kit.Icon
	statuses   []request.Status // all when empty
	emptyTitle string           // what an empty list says
	emptyText  string           // and what to do first

	unanswered bool // only whose browser is out for longer than the patience
	dueSoon    bool // only what is due within days, or overdue
	saved      bool // a person named it
	aside      bool // no view of the sidebar: a number led there
	search     string
	filters    filters
	decision   request.Decision // only outcomes about which this was decided
	// Only what ended then; zero times are no bounds.
	endedFrom, endedTo time.Time
	sort               desk.Sort // the view's usual order; the list's when it has no column
}

// The names of the views, as saved views keep the one they were made from.
const (
	viewToSign     keptName = "to_sign"
	viewInBrowser  keptName = "in_browser"
	viewUnanswered keptName = "no_answer"
	viewAttention  keptName = "attention"
	viewDue        keptName = "due"
	viewSigned     keptName = "signed"
	viewAll        keptName = "all"
)

// dueDays is how far ahead of its date a request is due soon.
const dueDays = desk.DueDays

// views are the lists in the order of the sidebar and of their shortcuts.
func views(lang i18n.Language) []view {
	return []view{
		{key: viewToSign, name: lang.Say("view.to_sign"), icon: kit.IconPen, statuses: []request.Status{request.Pending}, emptyTitle: lang.Say("empty.to_sign"), emptyText: lang.Say("empty.to_sign_text")},
		{key: viewInBrowser, name: lang.Say("view.in_browser"), icon: kit.IconGlobe, statuses: []request.Status{request.Signing}, emptyTitle: lang.Say("empty.in_browser"), emptyText: lang.Say("empty.in_browser_text")},
		{
			key: viewUnanswered, name: lang.Say("list.no_answer"), icon: kit.IconClock, statuses: []request.Status{request.Signing}, unanswered: true,
			emptyTitle: lang.Say("list.empty_no_answer"), emptyText: lang.Say("list.empty_no_answer_text"),
		},
		{
			key: viewAttention, name: lang.Say("view.attention"), icon: kit.IconWarning,
			statuses:   desk.NeedingAttention(),
			emptyTitle: lang.Say("empty.attention"), emptyText: lang.Say("empty.attention_text"),
		},
		{
			key: viewDue, name: lang.Say("list.due_soon"), icon: kit.IconDay, statuses: []request.Status{request.Pending, request.Signing}, dueSoon: true,
			emptyTitle: lang.Say("list.empty_due"), emptyText: lang.Say("list.empty_due_text"), sort: desk.Sort{Column: string(columnDue)},
		},
		{key: viewSigned, name: lang.Say("view.signed"), icon: kit.IconCheck, statuses: []request.Status{request.Signed}, emptyTitle: lang.Say("empty.signed"), emptyText: lang.Say("empty.signed_text")},
		{key: viewAll, name: lang.Say("view.all"), icon: kit.IconList, emptyTitle: lang.Say("empty.all"), emptyText: lang.Say("empty.all_text")},
	}
}

// query asks for what the view holds at a time.
func (v view) query(now time.Time, patience desk.Patience) ledger.Query {
	q := ledger.Query{Statuses: v.statuses, Decision: v.decision, EndedFrom: v.endedFrom, EndedTo: v.endedTo}
	if v.unanswered {
		q = patience.Unanswered(q, now)
	}
	if v.dueSoon {
		q.DueBy = now.AddDate(0, 0, dueDays).Format(time.DateOnly)
	}
	return q
}

// plain tells that the statuses say all of what the view holds, so that its count is known
// without a look at any request.
func (v view) plain() bool {
	return !v.unanswered && !v.dueSoon && v.search == "" && v.filters.narrowsNothing() && v.decision == "" && !v.ofTime()
}

// ofTime tells that only what ended in a time is in the view.
func (v view) ofTime() bool { return !(v.endedFrom.IsZero() && v.endedTo.IsZero()) }

// holdsAll tells that every request of a status is in the view.
func (v view) holdsAll(s request.Status) bool {
	return v.plain() && (len(v.statuses) == 0 || slices.Contains(v.statuses, s))
}

// count adds up what a plain view holds.
func (v view) count(counts map[request.Status]int) int {
	statuses := v.statuses
	if len(statuses) == 0 {
		statuses = request.Statuses()
	}
	sum := 0
	for _, s := range statuses {
		sum += counts[s]
	}
	return sum
}

// whole asks for the view with its own search and filters.
func (v view) whole(now time.Time, patience desk.Patience) ledger.Query {
	q := v.filters.narrow(v.query(now, patience), now)
	q.Search = v.search
	return q
}
