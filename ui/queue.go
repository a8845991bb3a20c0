package ui

import (
	"context"

	"countersign/core/explain"
	"countersign/core/queue"
	"countersign/core/request"
	"countersign/ui/async"
	"countersign/ui/kit"
	"countersign/ui/queuebar"
)

// signAll puts requests into the queue. It shows an error for those that cannot be signed.
func (w *Window) signAll(ids []request.ID) {
	w.changeQueue(func(ctx context.Context, q *queue.Queue) error { return q.Enqueue(ctx, ids...) })
}

// changeQueue calls the function change with the queue on a background goroutine, and shows its error as a notice.
func (w *Window) changeQueue(change func(context.Context, *queue.Queue) error) {
	async.Do(w.bg, func(ctx context.Context) error { return change(ctx, w.desk.Queue()) }, func(err error) {
		if err != nil {
			w.notices.fail(kit.Sentence(explain.Error(w.lang, err)))
		}
	})
}

// showVisiting shows the request whose visit is open in the browser.
func (w *Window) showVisiting(id request.ID) { w.showRequest(id, request.Signing) }

// followQueue shows the changes of the queue until ctx ends, and the sum of each run.
func (w *Window) followQueue(ctx context.Context) {
	queuebar.Follow(ctx, w.lang, w.desk.Queue(), w.desk.Get, func(m queuebar.Model) { w.bg.Show(func() { w.showQueue(m) }) }, w.system.notifier.AddQueueRun)
}

// showQueue shows the state of the queue. When the queue ends, a notice about it is out of date and is removed.
func (w *Window) showQueue(m queuebar.Model) {
	if w.chrome.queue.Runs() && !m.Runs() {
		w.notices.clearInfo()
	}
	w.chrome.queue.Set(m)
	w.showOffers()
}
