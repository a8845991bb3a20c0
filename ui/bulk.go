package ui

import (
	"context"
	"errors"
	"slices"
	"strings"

	"fyne.io/fyne/v2/theme"

	"countersign/core/desk"
	"countersign/core/explain"
	"countersign/core/i18n"
	"countersign/core/input"
	"countersign/core/request"
	"countersign/ui/async"
	"countersign/ui/kit"
	"countersign/ui/status"
)

// bulkJob is an action in progress on the selected requests.
type bulkJob struct {
	action      status.Action
	done, total int // total is -1 while it is not known
	stop        context.CancelFunc
	decided     *decided     // how it can be taken back; nil if it cannot
	ids         []request.ID // what is decided about; nil if the job is no decision
	doing       string       // shown with each of them
	next        func()       // starts the job that follows; nil for none
}

// progressText returns a sentence that says what the job does and how many of its requests are done.
func (j *bulkJob) progressText(lang i18n.Language) string {
	done, total := lang.Number(j.done), lang.Number(j.total)
	switch j.action {
	case status.Export:
		if j.total < 0 {
			return lang.Say("export.running_some", done)
		}
		return lang.Say("export.running", done, total)
	case status.Sign:
		return lang.Say("list.queueing", done, total)
	case status.Check:
		return lang.Say("list.checking", done, total)
	case status.Accept, status.SendBack:
		return lang.Say("review.reviewing", done, total)
	case status.Archive:
		return lang.Say("archive.running", done, total)
	case status.Unarchive:
		return lang.Say("archive.running_back", done, total)
	}
	return lang.Say("list.withdrawing", done, total)
}

// maxReasons is the number of failures of a bulk job that are reported with their reason; the rest are only counted.
const maxReasons = 5

// bulkResult counts how a bulk job ended.
type bulkResult struct {
	done    int // requests
	skipped int // requests whose status does not allow the action
	failed  int
	reasons []error // of the first failures, up to maxReasons
}

func (r *bulkResult) fail(err error) {
	r.failed++
	if len(r.reasons) < maxReasons {
		r.reasons = append(r.reasons, err)
	}
}

// showBulk shows the progress of the bulk job, or removes it when none is in progress.
func (w *Window) showBulk() {
	progress := ""
	if w.jobs.bulk != nil {
		progress = w.jobs.bulk.progressText(w.lang)
	}
	w.list.ShowProgress(progress)
}

// forSelected applies an action to the selected requests. It returns false, and does nothing, if no request is selected
// or if the action cannot be applied to several. Where no bulk job can start, it does nothing and returns true.
func (w *Window) forSelected(a status.Action) bool {
	ids := w.list.Selected()
	if len(ids) == 0 || w.reviewing() || !slices.Contains([]status.Action{status.Sign, status.Check, status.Withdraw, status.Accept, status.SendBack, status.Archive, status.Unarchive}, a) {
		return false
	}
	switch {
	case !w.canStartBulk():
	case a == status.Sign:
		w.startBulk(a, ids, w.queueAll)
	case a == status.Check:
		w.startBulk(a, ids, w.checkAll)
	case a == status.Archive:
		w.startArchive(ids, "")
	case a == status.Unarchive:
		w.startBulk(a, ids, w.unarchiveAll)
	case a == status.Accept:
		w.startReview(a, ids, request.Accepted, "")
	case a == status.SendBack:
		w.askNote(w.lang.Say("review.return_title"), w.lang.Count("review.return_many", len(ids)), func(note string) {
			w.startReview(a, ids, request.SentBack, note)
		})
	default:
		w.askReason(len(ids), func(reason string) {
			w.startBulk(a, ids, func(ctx context.Context, ids []request.ID, progress func(int)) bulkResult {
				return w.withdrawAll(ctx, ids, reason, progress)
			})
		})
	}
	return true
}

// canStartBulk reports whether a bulk job can start: there is one at a time, but one that can still be taken back is written before the
// next one.
func (w *Window) canStartBulk() bool {
	b := w.jobs.bulk
	return b == nil || b.next == nil && b.decided != nil && b.decided == w.jobs.decided
}

// afterBulk calls the function start once no bulk job is in progress. One that can still be taken back is written at once.
func (w *Window) afterBulk(start func()) {
	b := w.jobs.bulk
	if b == nil {
		start()
		return
	}
	if b.decided != nil {
		b.decided.now()
	}
	b.next = start
}

// endBulk ends the bulk job in progress, and starts the one that follows.
func (w *Window) endBulk() {
	next := w.jobs.bulk.next
	w.jobs.bulk = nil
	w.showBulk()
	w.detail.ShowJob(w.jobs.doing(w.chosen.id))
	if next != nil {
		next()
	}
}

// startBulk calls the function work on a background goroutine, as the bulk job. To show how many requests are done, work calls
// its argument progress, after each request if it likes: that redraws about a hundred times at most.
func (w *Window) startBulk(a status.Action, ids []request.ID, work func(ctx context.Context, ids []request.ID, progress func(done int)) bulkResult) {
	w.afterBulk(func() { w.startBulkNow(a, ids, work) })
}

func (w *Window) startBulkNow(a status.Action, ids []request.ID, work func(ctx context.Context, ids []request.ID, progress func(done int)) bulkResult) {
	ctx, stop := context.WithCancel(w.bg.Context())
	job := &bulkJob{action: a, total: len(ids), stop: stop}
	w.jobs.bulk = job
	w.showBulk()
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
		w.detail.ShowJob(w.jobs.doing(w.chosen.id))
		w.offerUndo(job.decided, w.lang.Count("undo.many", len(ids)))
	}
	async.CallContext(ctx, w.bg, func(ctx context.Context) (r bulkResult, err error) {
		if job.decided != nil {
			if ctx, err = w.awaitUndo(ctx, job.decided); err != nil {
				return r, err
			}
		}
		return work(ctx, ids, progress), ctx.Err()
	}, func(r bulkResult, err error) {
		stop()
		if err == nil && slices.Equal(w.list.Selected(), ids) {
			w.list.ClearSelection()
		}
		if errors.Is(err, errTakenBack) {
			w.notices.inform(w.lang.Say("undo.undone"))
		} else {
			w.reportBulk(a, r, err != nil)
		}
		w.endBulk()
		if w.modals.NoOverlay() && w.typing() == nil {
			w.focusList()
		}
	})
}

// reportBulk shows the result of a bulk job as a notice.
func (w *Window) reportBulk(a status.Action, r bulkResult, stopped bool) {
	said := ""
	switch a {
	case status.Sign:
		said = w.lang.Count("list.queued", r.done)
	case status.Check:
		said = w.lang.Count("list.checked", r.done)
	case status.Withdraw:
		said = w.lang.Count("list.withdrawn", r.done)
	case status.Accept:
		said = w.lang.Count("review.accepted", r.done)
	case status.SendBack:
		said = w.lang.Count("review.returned", r.done)
	case status.Archive:
		said = w.lang.Count("archive.done", r.done)
	case status.Unarchive:
		said = w.lang.Count("archive.done_back", r.done)
	}
	if r.done == 0 && r.failed > 0 && !stopped {
		said = ""
	}
	if stopped {
		said = w.lang.Say("window.stopped") + " " + said
	}
	if r.skipped > 0 {
		said += " " + w.lang.Count("list.unfit", r.skipped)
	}
	if r.failed == 0 {
		w.notices.inform(said)
		return
	}
	said += " " + w.lang.Count("list.bulk_failed", r.failed)
	said = strings.TrimSpace(said)
	for _, reason := range r.reasons {
		said += "\n" + kit.Sentence(explain.Error(w.lang, reason))
	}
	w.notices.fail(said)
}

// queueAll puts those of the requests that are pending into the queue, with one call, and counts the others as skipped.
// The function progress gets the number of requests whose status was read.
func (w *Window) queueAll(ctx context.Context, ids []request.ID, progress func(int)) (r bulkResult) {
	var fit []request.ID
	for i, id := range ids {
		progress(i)
		switch found, err := w.desk.Get(ctx, id); {
		case ctx.Err() != nil:
			return r
		case err != nil:
			r.fail(err)
		case found.Status == request.Pending:
			fit = append(fit, id)
		default:
			r.skipped++
		}
	}
	if len(fit) == 0 {
		return r
	}
	if err := w.desk.Queue().Enqueue(ctx, fit...); err != nil {
		r.fail(err)
		return r
	}
	r.done = len(fit)
	return r
}

// checkChunk is how many requests are refreshed with one call. Requests of the same visit then need one question
// to their gateway.
const checkChunk = 20

// checkAll asks the gateways about those of the requests that have a next step, documents to delete at the gateway, or a
// doubtful outcome (see [desk.Doubtful]). It counts the others as skipped.
func (w *Window) checkAll(ctx context.Context, ids []request.ID, progress func(int)) (r bulkResult) {
	var some []request.ID
	flush := func() {
		if len(some) == 0 || ctx.Err() != nil {
			return
		}
		if err := w.desk.Refresh(ctx, some...); err != nil {
			r.fail(err)
		}
		r.done += len(some)
		some = nil
	}
	for i, id := range ids {
		progress(i)
		switch found, err := w.desk.Get(ctx, id); {
		case ctx.Err() != nil:
			return r
		case err != nil:
			r.fail(err)
		case found.NextStep == request.StepNone && len(found.PendingDeletes) == 0 && !desk.Doubtful(found):
			r.skipped++
		default:
			some = append(some, id)
		}
		if len(some) == checkChunk {
			flush()
		}
	}
	flush()
	return r
}

// withdrawAll withdraws those of the requests that are open, one after the other.
func (w *Window) withdrawAll(ctx context.Context, ids []request.ID, reason string, progress func(int)) bulkResult {
	return w.oneByOne(ctx, ids, progress, request.Status.Open, func(id request.ID) error {
		_, err := w.desk.Withdraw(ctx, id, reason)
		return err
	})
}

// oneByOne calls the function do, one call after the other, with each of the ids whose request has a status for which
// the function fits returns true; it counts the other requests as skipped. An error of do is counted and does not stop
// it; the end of ctx does. Before each request, the function progress gets the number of requests before it.
func (w *Window) oneByOne(ctx context.Context, ids []request.ID, progress func(int), fits func(request.Status) bool, do func(request.ID) error) (r bulkResult) {
	for i, id := range ids {
		progress(i)
		found, err := w.desk.Get(ctx, id)
		if err == nil && !fits(found.Status) {
			r.skipped++
			continue
		}
		if err == nil {
			err = do(id)
		}
		switch {
		case ctx.Err() != nil:
			return r
		case err != nil:
			r.fail(err)
		default:
			r.done++
		}
	}
	return r
}

// askReason asks for one reason for withdrawing several requests, and passes the reason, which may be empty, to the function
// do. If the question is dismissed, do is not called.
func (w *Window) askReason(count int, do func(reason string)) {
	question := kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(w.lang.Count("list.withdraw_text", count))
	w.modals.AskLine(w.lang.Count("list.withdraw_title", count), question, "", w.lang.Say("list.reason"), w.lang.Say("withdraw.yes"), true, w.problemOf(input.Reason), do)
}
