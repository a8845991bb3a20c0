package ui

import (
	"fyne.io/fyne/v2"

	"countersign/ui/detail"
	"countersign/ui/menus"
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

// showRowMenu opens the menu of the selection or, if that has fewer than two requests, of the chosen request.
func (w *Window) showRowMenu(p status.Possible, at fyne.Position) {
	m := menus.ForOne(w.lang, p, w.jobs.of(w.chosen.id) != nil, w.do)
	if n := len(w.list.Selected()); n > 1 {
		m = menus.ForMany(w.lang, n, !w.canStartBulk(), w.list.CountFor, w.doSelected)
	}
	menus.Show(m, w.window.Canvas(), at)
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
