// Package bulk carries out actions on many requests, one after the other, and says what came of it. It does not draw and
// starts no goroutine.
package bulk

import (
	"context"
	"strings"

	"countersign/core/explain"
	"countersign/core/i18n"
	"countersign/core/queue"
	"countersign/core/request"
	"countersign/ui/kit"
	"countersign/ui/status"
)

// Desk is what the actions need of the desk.
type Desk interface {
	Get(ctx context.Context, id request.ID) (request.Request, error)
	Refresh(ctx context.Context, ids ...request.ID) error
	Queue() *queue.Queue
}

// maxReasons is the number of failures that are reported with their reason; the rest are only counted.
const maxReasons = 5

// Result counts how an action on many requests ended.
type Result struct {
	Done    int // requests
	skipped int // requests for which it was not possible any more
	failed  int
	reasons []error // of the first failures, up to maxReasons
}

// Fail counts a request with which the action failed.
func (r *Result) Fail(err error) {
	r.failed++
	if len(r.reasons) < maxReasons {
		r.reasons = append(r.reasons, err)
	}
}

// ProgressText returns a sentence that says what an action on many requests does and how many of them are done. The number
// total is negative while it is not known.
func ProgressText(lang i18n.Language, a status.Action, done, total int) string {
	n, of := lang.Number(done), lang.Number(total)
	switch a {
	case status.Export:
		if total < 0 {
			return lang.Say("export.running_some", n)
		}
		return lang.Say("export.running", n, of)
	case status.SaveSigned:
		if total < 0 {
			return lang.Say("saving.running_some", n)
		}
		return lang.Say("saving.running", n, of)
	case status.Sign:
		return lang.Say("list.queueing", n, of)
	case status.Check:
		return lang.Say("list.checking", n, of)
	case status.Edit:
		return lang.Say("edit.changing", n, of)
	case status.Accept, status.SendBack:
		return lang.Say("review.reviewing", n, of)
	case status.Archive:
		return lang.Say("archive.running", n, of)
	case status.Unarchive:
		return lang.Say("archive.running_back", n, of)
	}
	return lang.Say("list.withdrawing", n, of)
}

// Text returns what was done with the requests, and whether something failed. Set stopped if a person stopped the action
// before its end.
func (r Result) Text(lang i18n.Language, a status.Action, stopped bool) (said string, failed bool) {
	switch a {
	case status.Sign:
		said = lang.Count("list.queued", r.Done)
	case status.Check:
		said = lang.Count("list.checked", r.Done)
	case status.Withdraw:
		said = lang.Count("list.withdrawn", r.Done)
	case status.Edit:
		said = lang.Count("edit.changed", r.Done)
	case status.Accept:
		said = lang.Count("review.accepted", r.Done)
	case status.SendBack:
		said = lang.Count("review.returned", r.Done)
	case status.Archive:
		said = lang.Count("archive.done", r.Done)
	case status.Unarchive:
		said = lang.Count("archive.done_back", r.Done)
	}
	if r.Done == 0 && r.failed > 0 && !stopped {
		said = ""
	}
	if stopped {
		said = lang.Say("window.stopped") + " " + said
	}
	if r.skipped > 0 {
		said += " " + lang.Count("list.unfit", r.skipped)
	}
	if r.failed == 0 {
		return said, false
	}
	said += " " + lang.Count("list.bulk_failed", r.failed)
	said = strings.TrimSpace(said)
	for _, reason := range r.reasons {
		said += "\n" + kit.Sentence(explain.Error(lang, reason))
	}
	return said, true
}

// Enqueue puts those of the requests that wait into the queue, with one call, and counts the others as skipped.
// The function progress gets the number of requests whose status was read.
func Enqueue(ctx context.Context, d Desk, ids []request.ID, progress func(int)) (r Result) {
	var fit []request.ID
	r = Each(ctx, d, ids, progress, status.Sign, func(id request.ID) error {
		fit = append(fit, id)
		return nil
	})
	r.Done = 0 // none is in the queue yet
	if len(fit) == 0 || ctx.Err() != nil {
		return r
	}
	switch err := d.Queue().Enqueue(ctx, fit...); {
	case err == nil:
		r.Done = len(fit)
	case ctx.Err() == nil:
		r.Fail(err)
	}
	return r
}

// checkChunk is how many requests are refreshed with one call. Requests of the same visit then need one question
// to their gateway.
const checkChunk = 20

// Check asks the gateways about those of the requests for which that is possible, and counts the others as skipped.
func Check(ctx context.Context, d Desk, ids []request.ID, progress func(int)) (r Result) {
	var some []request.ID
	flush := func() {
		if len(some) == 0 {
			return
		}
		err := d.Refresh(ctx, some...)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			r.Fail(err)
		}
		r.Done += len(some)
		some = nil
	}
	for i, id := range ids {
		progress(i)
		switch found, err := d.Get(ctx, id); {
		case ctx.Err() != nil:
			return r
		case err != nil:
			r.Fail(err)
		case !status.Check.Includes(found):
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

// Each calls the function do, one call after the other, with each of the ids whose request the action includes; it
// counts the other requests as skipped. An error of do is counted and does not stop it; the end of ctx does. Before each
// request, the function progress gets the number of requests before it.
func Each(ctx context.Context, d Desk, ids []request.ID, progress func(int), a status.Action, do func(request.ID) error) (r Result) {
	for i, id := range ids {
		progress(i)
		found, err := d.Get(ctx, id)
		if err == nil && !a.Includes(found) {
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
			r.Fail(err)
		default:
			r.Done++
		}
	}
	return r
}
