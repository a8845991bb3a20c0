package ui

import (
	"countersign/ui/detail"
	"countersign/ui/status"
)

// offers reports whether an action does something now: with the selected requests, if there are any and it can be applied to
// several, or else with the chosen request.
func (w *Window) offers(a status.Action) bool {
	if a.ForMany() && len(w.list.Selected()) > 0 {
		return w.offersMany(a)
	}
	m := w.detail.Shown()
	return !w.reviewing() && m.ID != "" && m.ID == w.chosen.id && m.Allows(a) && !w.isBusy(m, a)
}

// offersNext reports whether the chosen request has a next step that can be performed now.
func (w *Window) offersNext() bool {
	return w.offers(w.detail.Shown().NextStep) || w.composer.IsShown()
}

// offersMany reports whether an action does something with the selected requests. While that is being found out, it returns
// true.
func (w *Window) offersMany(a status.Action) bool {
	return !w.reviewing() && len(w.list.Selected()) > 0 && w.canStartBulk() && w.list.CountFor(a) != 0
}

// canStartBulk reports whether a bulk job can start: there is one at a time, but one that can still be taken back is written before the
// next one.
func (w *Window) canStartBulk() bool {
	b := w.jobs.bulk
	return b == nil || b.next == nil && w.jobs.canUndo(b)
}

// isBusy reports whether an action has to wait for another one on the same request.
func (w *Window) isBusy(m detail.Model, a status.Action) bool {
	return w.jobs.of(m.ID) != nil && !status.RunsBeside(a)
}

// showOffers makes the items of the menu gray that do nothing now, and the others black.
func (w *Window) showOffers() {
	if w.chrome.menu != nil {
		w.chrome.menu.Update()
	}
}

// refuse shows why an action is not possible for a request. A notice that has to stay is not replaced.
func (w *Window) refuse(m detail.Model, a status.Action) {
	why := a.Why(w.lang)
	switch {
	case m.ID == "":
		why = w.lang.Say("why.none_chosen")
	case a == status.None:
		why = w.lang.Say("why.no_step")
	case m.Allows(a):
		why = w.lang.Say("why.busy", w.jobs.paneJob(m.ID).Doing)
	}
	w.notices.hint(why)
}
