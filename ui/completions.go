package ui

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"countersign/core/i18n"
	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/ui/status"
)

const (
	// notifyDelay is how long completions are collected into one notification. It bounds the rate of notifications.
	notifyDelay = 4 * time.Second
	// maxPending bounds the requests that wait to be looked up by [notifier.run]; further ones are not notified of.
	maxPending = 10_000
)

// notifier sends a system notification when signings end while the window is in the background, whichever process
// settled them. A notification holds numbers only, never which request: some systems pass its text through a
// shell.
type notifier struct {
	lang     i18n.Language
	get      func(context.Context, request.ID) (request.Request, error)
	send     func(title, text string)  // nil: no notifications
	front    atomic.Bool               // the window is in the foreground
	pending  chan map[request.ID]bool  // answered requests not looked up yet; its buffer holds one set
	reported map[request.ID]completion // completions already reported, or seen in the window
	failed   func(error)
}

// completion identifies how one attempt at a request ended.
type completion struct {
	attempt int
	status  request.Status
}

func newNotifier(lang i18n.Language, get func(context.Context, request.ID) (request.Request, error), send func(title, text string), failed func(error)) *notifier {
	return &notifier{lang: lang, get: get, send: send, failed: failed, pending: make(chan map[request.ID]bool, 1), reported: map[request.ID]completion{}}
}

// add collects the requests that a ledger notice reports as answered. It never blocks. Only one goroutine may call
// it.
func (n *notifier) add(notice ledger.Notice) {
	if n.send == nil {
		return
	}
	ids := map[request.ID]bool{}
	for _, e := range notice.Events {
		// Only an answer ends a signing in the background; a person withdraws in the window.
		if e.Event.Kind == request.KindAnswered {
			ids[e.ID] = true
		}
	}
	if len(ids) == 0 {
		return
	}
	select {
	case waiting := <-n.pending:
		for id := range ids {
			if len(waiting) < maxPending {
				waiting[id] = true
			}
		}
		ids = waiting
	default:
	}
	n.pending <- ids // never blocks: the buffer is empty, and nobody else sends
}

// run sends notifications until ctx ends.
func (n *notifier) run(ctx context.Context) {
	for {
		select {
		case ids := <-n.pending:
			counts := map[request.Status]int{}
			n.count(ctx, ids, counts)
			if n.front.Load() || len(counts) == 0 {
				continue
			}
			if !n.wait(ctx, counts) {
				return
			}
			if !n.front.Load() {
				n.send(programName, n.text(counts))
			}
		case <-ctx.Done():
			return
		}
	}
}

// wait adds the completions of the next notifyDelay to counts. It returns true once that time is over, and false if ctx
// ends before.
func (n *notifier) wait(ctx context.Context, counts map[request.Status]int) bool {
	enough := time.NewTimer(notifyDelay)
	defer enough.Stop()
	for {
		select {
		case ids := <-n.pending:
			n.count(ctx, ids, counts)
		case <-enough.C:
			return true
		case <-ctx.Done():
			return false
		}
	}
}

// count looks up the requests and adds those that ended to counts, each completion once: the browser and the
// gateway often report the same one, one after the other.
func (n *notifier) count(ctx context.Context, ids map[request.ID]bool, counts map[request.Status]int) {
	for id := range ids {
		r, err := n.get(ctx, id)
		if err != nil {
			if ctx.Err() == nil {
				n.failed(err)
			}
			continue
		}
		now := completion{r.Attempt, r.Status}
		if !r.Status.Ended() || r.Status == request.Withdrawn || n.reported[id] == now {
			continue
		}
		if before, known := n.reported[id]; known && before.attempt == now.attempt && counts[before.status] > 0 {
			counts[before.status]-- // the gateway corrected the outcome
		}
		n.reported[id] = now
		counts[r.Status]++
	}
}

// text returns the text of a notification: how many signings ended, and how.
func (n *notifier) text(counts map[request.Status]int) string {
	all, parts := 0, []string{}
	for _, s := range request.Statuses() {
		if some := counts[s]; some > 0 {
			all += some
			how := strings.ToLower(status.Of(n.lang, request.Request{Status: s}).Label)
			parts = append(parts, n.lang.Say("notify.part", n.lang.Number(some), how))
		}
	}
	return n.lang.Count("notify.ended", all, strings.Join(parts, ", "))
}
