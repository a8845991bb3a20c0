package ui

import (
	"context"

	"fyne.io/fyne/v2"

	"countersign/core/request"
	"countersign/ui/kit"
	"countersign/ui/pending"
)

// newDecided returns a new action that can be taken back, and has the previous one written at once.
func (w *Window) newDecided() *pending.Decision {
	if last := w.jobs.decided; last != nil {
		last.Hurry()
	}
	d := pending.NewDecision(w.opts.After(pending.UndoTime))
	w.jobs.decided = d
	w.showOffers()
	return d
}

// awaitUndo waits, on a background goroutine, until an action is to be written, and returns the context for writing it. It returns
// [pending.ErrTakenBack] if the action is taken back, or if its job was stopped.
func (w *Window) awaitUndo(ctx context.Context, d *pending.Decision) (context.Context, error) {
	ctx, err := d.Await(ctx, w.bg.Context())
	w.bg.Show(func() { w.endDecided(d) })
	return ctx, err
}

// offerUndo shows what was decided, and a button that takes it back.
func (w *Window) offerUndo(d *pending.Decision, said string) {
	w.notices.informAbout(aboutUndo, said)
	w.notices.offer(w.lang.Say("undo.undo"), kit.IconBack, w.undo)
}

// undo discards the action that was decided on last, unless it is being written.
func (w *Window) undo() {
	if d := w.jobs.decided; d != nil {
		d.TakeBack()
	}
}

// endDecided ends the offer to take an action back.
func (w *Window) endDecided(d *pending.Decision) {
	if w.jobs.decided == d {
		w.jobs.decided = nil
		w.showOffers()
		w.showBulk()
		w.detail.ShowJob(w.jobs.paneJob(w.chosen.id))
		w.notices.settle(aboutUndo)
	}
}

// startUndoable runs the function work as the job of a request, unless the person takes that back in the meantime. The request is
// shown as it will be after the event e, which work appends. See [Window.start].
func (w *Window) startUndoable(id request.ID, doing, said string, e request.Event, work func(context.Context) error) {
	d := w.newDecided()
	e.At = w.opts.Now()
	w.jobs.pending.Add(id, e)
	w.list.Refresh()
	if w.chosen.id == id {
		w.chosen.refresher.Refresh()
	}
	w.startOr(id, doing, func(ctx context.Context) error {
		ctx, err := w.awaitUndo(ctx, d)
		if err != nil {
			return err
		}
		return work(ctx)
	}, func(error) bool { return false })
	w.offerUndo(d, said)
}

// showTakenBack shows that an action was taken back, and leads back to its request.
func (w *Window) showTakenBack(id request.ID) {
	if !w.reviewing() {
		w.choose(id)
		w.focusList()
	}
	w.notices.inform(w.lang.Say("undo.undone"))
}

// onUndo undoes what was decided on last or, in a text field, what was typed there.
func (w *Window) onUndo() {
	if field := w.typing(); field != nil {
		field.TypedShortcut(&fyne.ShortcutUndo{})
		return
	}
	w.undo()
}

// typing returns the text field that has the focus; nil if there is none.
func (w *Window) typing() fyne.Shortcutable {
	field, _ := w.window.Canvas().Focused().(fyne.Shortcutable)
	return field
}
