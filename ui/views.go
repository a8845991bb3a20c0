package ui

import "countersign/core/request"

// view is one of the lists at the left.
type view struct {
	name       string
	icon       icon
	statuses   []request.Status // all when empty
	emptyTitle string           // what an empty list says
	emptyText  string           // and what to do first
}

// views are the lists in the order of the sidebar and of their shortcuts.
func views() []view {
	return []view{
		{wordViewToSign, iconPen, []request.Status{request.Pending}, wordEmptyToSign, wordEmptyToSignText},
		{wordViewInBrowser, iconGlobe, []request.Status{request.Signing}, wordEmptyInBrowser, wordEmptyInBrowserText},
		{
			wordViewAttention, iconWarning,
			[]request.Status{request.Rejected, request.Canceled, request.Failed, request.Partial, request.Gone},
			wordEmptyAttention, wordEmptyAttentionText,
		},
		{wordViewSigned, iconCheck, []request.Status{request.Signed}, wordEmptySigned, wordEmptySignedText},
		{wordViewAll, iconList, nil, wordEmptyAll, wordEmptyAllText},
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
