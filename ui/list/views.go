package list

import (
	"slices"
	"time"

	"countersign/core/i18n"
	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/core/settings"
	"countersign/core/stats"
	"countersign/ui/kit"
)

// View is one of the lists at the left.
type View struct {
	Key        StoredName
	Name       string
	Icon       kit.Icon
	Statuses   []request.Status // all when empty
	EmptyTitle string           // what an empty list says
	EmptyText  string           // and what to do first

	unanswered bool // only whose browser is out for longer than the patience
	dueSoon    bool // only what is due within days, or overdue
	Saved      bool // a person named it
	DrillDown  bool // no view of the sidebar: a number led there
	Search     string
	filters    filters
	Decision   request.Decision // only outcomes about which this was decided
	// Only what ended then; zero times are no bounds.
	EndedFrom, EndedTo time.Time
	sort               settings.Sort // the view's usual order; the list's when it has no column
}

// The names of the views, as saved views keep the one they were made from.
const (
	viewToSign     StoredName = "to_sign"
	viewInBrowser  StoredName = "in_browser"
	viewUnanswered StoredName = "no_answer"
	ViewAttention  StoredName = "attention"
	ViewDue        StoredName = "due"
	viewSigned     StoredName = "signed"
	viewAll        StoredName = "all"
)

// dueDays is how far ahead of its date a request is due soon.
const dueDays = stats.DueDays

// Views are the lists in the order of the sidebar and of their shortcuts.
func Views(lang i18n.Language) []View {
	return []View{
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
			Key: ViewDue, Name: lang.Say("list.due_soon"), Icon: kit.IconDay, Statuses: []request.Status{request.Pending, request.Signing}, dueSoon: true,
			EmptyTitle: lang.Say("list.empty_due"), EmptyText: lang.Say("list.empty_due_text"), sort: settings.Sort{Column: string(columnDue)},
		},
		{Key: viewSigned, Name: lang.Say("view.signed"), Icon: kit.IconCheck, Statuses: []request.Status{request.Signed}, EmptyTitle: lang.Say("empty.signed"), EmptyText: lang.Say("empty.signed_text")},
		{Key: viewAll, Name: lang.Say("view.all"), Icon: kit.IconList, EmptyTitle: lang.Say("empty.all"), EmptyText: lang.Say("empty.all_text")},
	}
}

// query asks for what the view holds at a time.
func (v View) query(now time.Time, patience settings.Patience) ledger.Query {
	q := ledger.Query{Statuses: v.Statuses, Decision: v.Decision, EndedFrom: v.EndedFrom, EndedTo: v.EndedTo}
	if v.unanswered {
		q = patience.Unanswered(q, now)
	}
	if v.dueSoon {
		q.DueBy = now.AddDate(0, 0, dueDays).Format(time.DateOnly)
	}
	return q
}

// CountedByStatus tells that the statuses say all of what the view holds, so that its count is known
// without a look at any request.
func (v View) CountedByStatus() bool {
	return !v.unanswered && !v.dueSoon && v.Search == "" && v.filters.matchAll() && v.Decision == "" && !v.hasEndedBounds()
}

// hasEndedBounds tells that only what ended in a time is in the view.
func (v View) hasEndedBounds() bool { return !(v.EndedFrom.IsZero() && v.EndedTo.IsZero()) }

// IncludesAll tells that every request of a status is in the view.
func (v View) IncludesAll(s request.Status) bool {
	return v.CountedByStatus() && (len(v.Statuses) == 0 || slices.Contains(v.Statuses, s))
}

// Total adds up what a plain view holds.
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

// FullQuery asks for the view with its own search and filters.
func (v View) FullQuery(now time.Time, patience settings.Patience) ledger.Query {
	q := v.filters.apply(v.query(now, patience), now)
	q.Search = v.Search
	return q
}
