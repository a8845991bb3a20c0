package ui

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2/theme"

	"countersign/core/desk"
	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/ui/async"
	"countersign/ui/kit"
	"countersign/ui/status"
)

// bulkJob is something that is being done with many requests.
type bulkJob struct {
	action      status.Action
	done, total int // total is -1 while it is not known
	stop        context.CancelFunc
}

// words say how far it is, in numbers.
func (j *bulkJob) words(lang i18n.Language) string {
	done, total := lang.Number(j.done), lang.Number(j.total)
	switch j.action {
	case status.Export:
		if j.total < 0 {
			return lang.Say("take.exporting_some", done)
		}
		return lang.Say("take.exporting", done, total)
	case status.Sign:
		return lang.Say("list.queueing", done, total)
	case status.Check:
		return lang.Say("list.checking", done, total)
	case status.Accept, status.SendBack:
		return lang.Say("review.reviewing", done, total)
	}
	return lang.Say("list.withdrawing", done, total)
}

// maxReasons bounds how many failures are told one by one.
const maxReasons = 5

// bulkResult is how it went.
type bulkResult struct {
	done    int // requests
	unfit   int // that the action is not for
	failed  int
	reasons []string // of the first that failed
}

func (r *bulkResult) fail(err error) {
	r.failed++
	if len(r.reasons) < maxReasons {
		r.reasons = append(r.reasons, kit.Sentence(err.Error()))
	}
}

// showBulk shows how far the job with the selected requests is, or that there is none.
func (w *Window) showBulk() {
	progress := ""
	if w.jobs.bulk != nil {
		progress = w.jobs.bulk.words(w.lang)
	}
	w.list.ShowProgress(progress)
}

// forSelected does an action with all that is selected. It tells whether anything is.
func (w *Window) forSelected(a status.Action) bool {
	ids := w.list.Selected()
	if len(ids) == 0 || w.reviewing() || !slices.Contains([]status.Action{status.Sign, status.Check, status.Withdraw, status.Accept, status.SendBack}, a) {
		return false
	}
	switch {
	case w.jobs.bulk != nil: // one at a time
	case a == status.Sign:
		w.startBulk(a, ids, w.queueAll)
	case a == status.Check:
		w.startBulk(a, ids, w.checkAll)
	case a == status.Accept:
		w.startReview(a, ids, request.Accepted, "")
	case a == status.SendBack:
		w.askNote(w.lang.Say("review.return_title"), w.lang.Count("review.return_many", len(ids)), func(note string) {
			w.startReview(a, ids, request.SentBack, note)
		})
	default:
		w.askReason(len(ids), func(reason string) {
			w.startBulk(a, ids, func(ctx context.Context, ids []request.ID, told func(int)) bulkResult {
				return w.withdrawAll(ctx, ids, reason, told)
			})
		})
	}
	return true
}

// startBulk runs work for many requests. It tells how many it is through with; not of each, so
// that ten thousand are not drawn one by one.
func (w *Window) startBulk(a status.Action, ids []request.ID, work func(ctx context.Context, ids []request.ID, told func(done int)) bulkResult) {
	ctx, stop := context.WithCancel(w.bg.Context())
	job := &bulkJob{action: a, total: len(ids), stop: stop}
	w.jobs.bulk = job
	w.showBulk()
	step := max(len(ids)/100, 1)
	told := func(done int) {
		if done%step == 0 {
			w.bg.Show(func() {
				job.done = done
				w.showBulk()
			})
		}
	}
	async.CallContext(ctx, w.bg, func(ctx context.Context) (bulkResult, error) { return work(ctx, ids, told), ctx.Err() }, func(r bulkResult, err error) {
		stop()
		w.jobs.bulk = nil
		if err == nil {
			w.list.ClearSelection()
		}
		w.showBulk()
		w.tellBulk(a, r, err != nil)
		w.list.Focus()
	})
}

// tellBulk says how it went.
func (w *Window) tellBulk(a status.Action, r bulkResult, stopped bool) {
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
	}
	if r.done == 0 && r.failed > 0 && !stopped {
		said = ""
	}
	if stopped {
		said = w.lang.Say("window.stopped") + " " + said
	}
	if r.unfit > 0 {
		said += " " + w.lang.Count("list.unfit", r.unfit)
	}
	if r.failed == 0 {
		w.notices.tell(said)
		return
	}
	said += " " + w.lang.Count("list.bulk_failed", r.failed)
	said = strings.TrimSpace(said)
	for _, reason := range r.reasons {
		said += "\n" + reason
	}
	w.notices.fail(said)
}

// queueAll puts what waits to be signed into the queue.
func (w *Window) queueAll(ctx context.Context, ids []request.ID, told func(int)) (r bulkResult) {
	var fit []request.ID
	for i, id := range ids {
		told(i)
		switch found, err := w.desk.Get(ctx, id); {
		case ctx.Err() != nil:
			return r
		case err != nil:
			r.fail(err)
		case found.Status == request.Pending:
			fit = append(fit, id)
		default:
			r.unfit++
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

// checkChunk is how many requests are asked for at once, so that those of one visit are asked
// for together.
const checkChunk = 20

// checkAll asks the gateways for what is out, or doubtful.
func (w *Window) checkAll(ctx context.Context, ids []request.ID, told func(int)) (r bulkResult) {
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
		told(i)
		switch found, err := w.desk.Get(ctx, id); {
		case ctx.Err() != nil:
			return r
		case err != nil:
			r.fail(err)
		case found.NextStep == request.StepNone && len(found.PendingDeletes) == 0 && !desk.Doubtful(found):
			r.unfit++
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

// withdrawAll withdraws what is open.
func (w *Window) withdrawAll(ctx context.Context, ids []request.ID, reason string, told func(int)) bulkResult {
	return w.oneByOne(ctx, ids, told, request.Status.Open, func(id request.ID) error {
		_, err := w.desk.Withdraw(ctx, id, reason)
		return err
	})
}

// oneByOne does the same with each request that is in a state it is for.
func (w *Window) oneByOne(ctx context.Context, ids []request.ID, told func(int), fits func(request.Status) bool, do func(request.ID) error) (r bulkResult) {
	for i, id := range ids {
		told(i)
		found, err := w.desk.Get(ctx, id)
		if err == nil && !fits(found.Status) {
			r.unfit++
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

// askReason asks once before many are withdrawn, and why.
func (w *Window) askReason(count int, do func(reason string)) {
	question := kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(w.lang.Count("list.withdraw_text", count))
	w.modals.AskLine(w.lang.Count("list.withdraw_title", count), question, "", w.lang.Say("list.reason"), w.lang.Say("withdraw.yes"), true, do)
}
