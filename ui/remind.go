package ui

import (
	"countersign/core/ledger"
	"countersign/core/reminder"
	"countersign/ui/kit"
	"countersign/ui/list"
)

// remindHost implements [remind.Host].
type remindHost struct{ w *Window }

func (h remindHost) ListDue(day string) {
	h.list(h.w.lang.Say("remind.due_view"), reminder.Due(day))
}

func (h remindHost) ListSilent(days int) {
	h.list(h.w.lang.Count("remind.silent_view", days), reminder.Silent(h.w.opts.Now(), days))
}

// list lists the requests of a query. The way back leads to the view that was shown before.
func (h remindHost) list(name string, q ledger.Query) {
	w := h.w
	item := w.arrangement.view
	w.drillFrom(item, w.lang.Say("window.back"), func() { w.onView(item) }, list.View{
		Name: name, Icon: kit.IconDay, Statuses: q.Statuses, EmptyTitle: w.lang.Say("remind.none"),
		Narrow: func(of ledger.Query) ledger.Query {
			of.DueBy, of.To = q.DueBy, q.To
			return of
		},
	})
}

func (h remindHost) Send(text string) {
	if h.w.opts.Remind != nil {
		h.w.opts.Remind(programName, text)
	}
}

func (h remindHost) Failed(err error) {
	h.w.opts.Log.Warn("the reminders cannot be read", "error", err)
}
