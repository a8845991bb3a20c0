package ui

import (
	"countersign/core/request"
	"countersign/core/words"
)

// view is one of the lists at the left.
type view struct {
	name       string
	icon       icon
	statuses   []request.Status // all when empty
	emptyTitle string           // what an empty list says
	emptyText  string           // and what to do first
}

// views are the lists in the order of the sidebar and of their shortcuts.
func views(lang words.Language) []view {
	return []view{
		{lang.Say("view.to_sign"), iconPen, []request.Status{request.Pending}, lang.Say("empty.to_sign"), lang.Say("empty.to_sign_text")},
		{lang.Say("view.in_browser"), iconGlobe, []request.Status{request.Signing}, lang.Say("empty.in_browser"), lang.Say("empty.in_browser_text")},
		{
			lang.Say("view.attention"), iconWarning,
			[]request.Status{request.Rejected, request.Canceled, request.Failed, request.Partial, request.Gone},
			lang.Say("empty.attention"), lang.Say("empty.attention_text"),
		},
		{lang.Say("view.signed"), iconCheck, []request.Status{request.Signed}, lang.Say("empty.signed"), lang.Say("empty.signed_text")},
		{lang.Say("view.all"), iconList, nil, lang.Say("empty.all"), lang.Say("empty.all_text")},
	}
}

// count adds up what a view holds.
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
