package ui

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"

	"countersign/core/request"
	"countersign/ui/kit"
)

// undoTime is how long a review or a withdrawal can be taken back.
const undoTime = 6 * time.Second

// errTakenBack is returned by the work of an action that a person took back.
var errTakenBack = errors.New("taken back")

// decided is an action that a person has decided on, and that is not written yet. It is written when its time is over, when
// another action is decided on, or when the window closes, and not at all when it is taken back.
type decided struct {
	now    context.CancelFunc // has it written at once
	hurry  <-chan struct{}    // closed by now
	over   <-chan time.Time
	undone atomic.Bool
}

// newDecided returns a new action that can be taken back, and has the previous one written at once.
func (w *Window) newDecided() *decided {
	if last := w.jobs.decided; last != nil {
		last.now()
	}
	hurry, now := context.WithCancel(context.Background())
	d := &decided{now: now, hurry: hurry.Done(), over: w.opts.After(undoTime)}
	w.jobs.decided = d
	w.showOffers()
	return d
}

// awaitUndo waits, on a background goroutine, until an action is to be written, and returns the context for writing it. It returns
// errTakenBack if the action is taken back, or if its job was stopped.
func (w *Window) awaitUndo(ctx context.Context, d *decided) (context.Context, error) {
	ctx, err := d.await(ctx, w.bg.Context())
	w.bg.Show(func() { w.endDecided(d) })
	return ctx, err
}

// await is what [Window.awaitUndo] waits for. What is written after that ends when a person stops the job, whose context ctx is, but not
// when the window closes, which ends the context closing as well: it takes nothing back.
func (d *decided) await(ctx, closing context.Context) (context.Context, error) {
	defer d.now()
	select {
	case <-d.over:
	case <-d.hurry:
	case <-ctx.Done():
	}
	stopped := func() bool { return ctx.Err() != nil && closing.Err() == nil }
	if d.undone.Load() || stopped() {
		return nil, errTakenBack
	}
	writing, stop := context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() {
		if stopped() {
			stop()
		}
	})
	return writing, nil
}

// offerUndo shows what was decided, and a button that takes it back.
func (w *Window) offerUndo(d *decided, said string) {
	w.notices.informAbout(aboutUndo, said)
	w.notices.offer(w.lang.Say("undo.undo"), kit.IconBack, w.undo)
}

// undo discards the action that was decided on last, unless it is being written.
func (w *Window) undo() {
	if d := w.jobs.decided; d != nil {
		d.undone.Store(true)
		d.now()
	}
}

// endDecided ends the offer to take an action back.
func (w *Window) endDecided(d *decided) {
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
