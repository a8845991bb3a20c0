package ui

import (
	"context"
	"errors"
	"slices"

	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/input"
	"countersign/core/request"
	"countersign/ui/async"
	"countersign/ui/bulk"
	"countersign/ui/detail"
	"countersign/ui/edit"
	"countersign/ui/kit"
	"countersign/ui/pending"
	"countersign/ui/status"
)

// bulkJob is an action in progress on the selected requests.
type bulkJob struct {
	action      status.Action
	done, total int // total is -1 while it is not known
	stop        context.CancelFunc
	decided     *pending.Decision // how it can be taken back; nil if it cannot
	ids         []request.ID      // what is decided about; nil if the job is no decision
	doing       string            // shown with each of them
	next        func()            // starts the job that follows; nil for none
}

// showBulk shows the progress of the bulk job, or removes it when none is in progress. A decision that can still be undone makes none.
func (w *Window) showBulk() {
	progress := ""
	if j := w.jobs.bulk; j != nil && !w.jobs.canUndo(j) {
		progress = bulk.ProgressText(w.lang, j.action, j.done, j.total)
	}
	w.list.ShowProgress(progress)
}

// forSelected applies an action to the selected requests. It returns false, and does nothing, if no request is selected
// or if the action cannot be applied to several. Where no bulk job can start, it does nothing and returns true.
func (w *Window) forSelected(a status.Action) bool {
	if len(w.list.Selected()) == 0 || w.reviewing() || !a.ForMany() || w.exports(a) {
		return false
	}
	if w.canStartBulk() {
		w.list.WhenCounted(func() { w.beginForSelected(a, w.list.Fitting(a)) })
	}
	return true
}

// beginForSelected applies an action to those of the selected requests for which it is possible, after the question that
// belongs to it. The selection stays, as far as it stays in the list.
func (w *Window) beginForSelected(a status.Action, ids []request.ID) {
	switch {
	case len(ids) == 0:
		w.notices.hint(w.lang.Say("why.none_selected", a.Why(w.lang)))
	case a == status.Sign:
		w.startBulk(a, ids, w.onDesk(bulk.Enqueue))
	case a == status.Check:
		w.startBulk(a, ids, w.onDesk(bulk.Check))
	case a == status.Edit:
		w.askEditMany(ids)
	case a == status.Archive:
		w.startArchive(ids, "")
	case a == status.Unarchive:
		w.startEach(a, ids, func(ctx context.Context, id request.ID) error {
			_, err := w.desk.Unarchive(ctx, id)
			return err
		})
	case a == status.Accept:
		w.startReview(a, ids, request.Accepted, "")
	case a == status.SendBack:
		w.askNote(w.lang.Say("review.return_title"), w.lang.Count("review.return_many", len(ids)), func(note string) {
			w.startReview(a, ids, request.SentBack, note)
		})
	default:
		w.askReason(len(ids), func(reason string) {
			w.startEach(a, ids, func(ctx context.Context, id request.ID) error {
				_, err := w.desk.Withdraw(ctx, id, reason)
				return err
			})
		})
	}
}

// exports reports whether an action writes a file about the selected requests or, if none is selected, about the view.
func (w *Window) exports(a status.Action) bool { return a == status.Export || a == status.SaveSigned }

// doOrAll applies an action to the selected requests, or to the chosen request if none is selected.
func (w *Window) doOrAll(a status.Action) {
	if !w.forSelected(a) {
		w.do(a)
	}
}

// afterBulk calls the function start once no bulk job is in progress, and after those that wait for its end already. One that can
// still be taken back is written at once.
func (w *Window) afterBulk(start func()) {
	b := w.jobs.bulk
	if b == nil {
		start()
		return
	}
	if b.decided != nil {
		b.decided.Hurry()
	}
	if before := b.next; before != nil {
		b.next = func() {
			before()
			w.afterBulk(start)
		}
		return
	}
	b.next = start
}

// endBulk ends the bulk job in progress, and starts the one that follows.
func (w *Window) endBulk() {
	next := w.jobs.bulk.next
	w.jobs.bulk = nil
	w.showBulk()
	w.showOffers()
	w.detail.ShowJob(w.jobs.paneJob(w.chosen.id))
	if next != nil {
		next()
	}
}

// bulkWork carries out an action on requests, on a background goroutine. To show how many are done, it calls the function
// progress.
type bulkWork func(ctx context.Context, ids []request.ID, progress func(done int)) bulk.Result

// onDesk returns the function do as work on the window's desk.
func (w *Window) onDesk(do func(context.Context, bulk.Desk, []request.ID, func(int)) bulk.Result) bulkWork {
	return func(ctx context.Context, ids []request.ID, progress func(int)) bulk.Result {
		return do(ctx, w.desk, ids, progress)
	}
}

// startEach calls the function do for each of the requests that the action includes, as the bulk job.
func (w *Window) startEach(a status.Action, ids []request.ID, do func(context.Context, request.ID) error) {
	w.startBulk(a, ids, func(ctx context.Context, ids []request.ID, progress func(int)) bulk.Result {
		return bulk.Each(ctx, w.desk, ids, progress, a, func(id request.ID) error { return do(ctx, id) })
	})
}

// startArchive puts those of the requests away that have ended, one after the other.
func (w *Window) startArchive(ids []request.ID, reason string) {
	w.startEach(status.Archive, ids, func(ctx context.Context, id request.ID) error {
		_, err := w.desk.Archive(ctx, id, reason)
		return err
	})
}

// reportBulk shows what a bulk job did.
func (w *Window) reportBulk(said string, failed bool) {
	if failed {
		w.notices.fail(said)
		return
	}
	w.notices.inform(said)
}

// startBulk calls the function work on a background goroutine, as the bulk job. To show how many requests are done, work calls
// its argument progress, after each request if it likes: that redraws about a hundred times at most.
func (w *Window) startBulk(a status.Action, ids []request.ID, work bulkWork) {
	w.afterBulk(func() { w.startBulkNow(a, ids, work) })
}

func (w *Window) startBulkNow(a status.Action, ids []request.ID, work bulkWork) {
	ctx, stop := context.WithCancel(w.bg.Context())
	job := &bulkJob{action: a, total: len(ids), stop: stop}
	w.jobs.bulk = job
	step := max(len(ids)/100, 1)
	progress := func(done int) {
		if done%step == 0 {
			w.bg.Show(func() {
				job.done = done
				w.showBulk()
			})
		}
	}
	if slices.Contains([]status.Action{status.Withdraw, status.Accept, status.SendBack, status.Archive}, a) {
		job.decided, job.ids, job.doing = w.newDecided(), ids, w.lang.Say("review.deciding")
		switch a {
		case status.Withdraw:
			job.doing = w.lang.Say("doing.withdraw")
		case status.Archive:
			job.doing = w.lang.Say("doing.archive")
		}
		w.detail.ShowJob(w.jobs.paneJob(w.chosen.id))
		w.offerUndo(job.decided, w.lang.Count("undo.many", len(ids)))
	}
	w.showBulk()
	async.CallContext(ctx, w.bg, func(ctx context.Context) (r bulk.Result, err error) {
		if job.decided != nil {
			if ctx, err = w.awaitUndo(ctx, job.decided); err != nil {
				return r, err
			}
		}
		return work(ctx, ids, progress), ctx.Err()
	}, func(r bulk.Result, err error) {
		stop()
		if errors.Is(err, pending.ErrTakenBack) {
			w.notices.inform(w.lang.Say("undo.undone"))
		} else {
			w.list.KeepListed()
			w.reportBulk(r.Text(w.lang, a, err != nil))
		}
		w.endBulk()
		w.focusListUnlessTyping()
	})
}

// askReason asks for one reason for withdrawing several requests, and passes the reason, which may be empty, to the function
// do. If the question is dismissed, do is not called.
func (w *Window) askReason(count int, do func(reason string)) {
	question := kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(w.lang.Count("list.withdraw_text", count))
	title := w.lang.Count("list.withdraw_title", count)
	if selected := len(w.list.Selected()); count < selected {
		title = w.lang.Count("list.withdraw_some", count, w.lang.Number(selected))
	}
	w.modals.AskLine(title, question, "", w.lang.Say("list.reason"), w.lang.Say("withdraw.yes"), widget.DangerImportance, true, w.problemOf(input.Reason), do)
}

func (w *Window) editor() *edit.Editor {
	return edit.New(w.lang, w.desk, w.bg, w.modals, w.onKey, w.opts.Now, w.showError)
}

// askEdit opens the sheet in which a request is changed.
func (w *Window) askEdit(m detail.Model) {
	w.editor().Open(edit.Values{ID: m.ID, Title: m.Title, Reference: m.Reference, Due: m.Due, Waits: m.Allows(status.Sign)})
}

// askEditMany asks how requests are to be signed, and changes those that are pending.
func (w *Window) askEditMany(ids []request.ID) {
	w.editor().OpenMany(len(ids), func(change edit.Change) {
		w.startEach(status.Edit, ids, func(ctx context.Context, id request.ID) error {
			_, err := w.desk.ChangeDetails(ctx, id, change)
			return err
		})
	})
}
