// Package notify tells a person, with notifications of the system, what happened while the window was in the background.
package notify

import (
	"context"
	"slices"
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
	// maxPending bounds the requests that wait to be looked up by [Notifier.Run]; further ones are not notified of.
	maxPending = 10_000
)

// Notifier sends a system notification when signings end, or outcomes are returned by a reviewer, while the window is in the
// background, whichever process did that. A notification holds numbers only, never which request: some systems pass its text through a
// shell.
type Notifier struct {
	lang     i18n.Language
	person   string
	get      func(context.Context, request.ID) (request.Request, error)
	send     func(text string)         // nil: no notifications
	front    atomic.Bool               // the window is in the foreground
	pending  chan map[request.ID]news  // of requests not looked up yet; its buffer holds one set
	runs     chan queueRun             // the last run of the queue that is over; its buffer holds one
	reported map[request.ID]completion // completions already reported, or seen in the window
	returned map[request.ID]time.Time  // likewise the times of reviews that returned an outcome
	failed   func(error)
}

// news is what happened to a request.
type news struct{ answered, returned bool }

func (n news) and(more news) news {
	return news{n.answered || more.answered, n.returned || more.returned}
}

// queueRun is a run of the queue that is over, with the number of its requests of each status.
type queueRun struct {
	ids    []request.ID
	counts map[request.Status]int
}

// tally collects the content of one notification: which signings ended, and how; how many outcomes were returned; and the sum of a run
// of the queue.
type tally struct {
	ended    map[request.ID]request.Status
	returned int
	run      queueRun
}

func (t tally) empty() bool { return len(t.ended) == 0 && t.returned == 0 && len(t.run.ids) == 0 }

// add adds a run of the queue that is over. Its sum says how its requests ended, so they are not said one by one.
func (t *tally) add(b queueRun) {
	t.run = b
	for _, id := range b.ids {
		delete(t.ended, id)
	}
}

// completion identifies how one attempt at a request ended.
type completion struct {
	attempt int
	status  request.Status
}

// New returns a notifier, which does nothing until [Notifier.Run]. It tells of requests that concern a person, or of all if person is empty; see
// [request.Request.Concerns]. It reads them with the function get, and sends the texts of notifications with the function send, which may be nil. The
// function failed is called with errors of get.
func New(lang i18n.Language, person string, get func(context.Context, request.ID) (request.Request, error), send func(text string), failed func(error)) *Notifier {
	return &Notifier{lang: lang, person: person, get: get, send: send, failed: failed, pending: make(chan map[request.ID]news, 1), runs: make(chan queueRun, 1), reported: map[request.ID]completion{}, returned: map[request.ID]time.Time{}}
}

// SetFront notes whether the window is in the foreground. It may be called from any goroutine.
func (n *Notifier) SetFront(front bool) { n.front.Store(front) }

// Add collects the requests that a ledger notice reports as answered, or as returned by a reviewer. It never blocks. Only one goroutine may call
// it.
func (n *Notifier) Add(notice ledger.Notice) {
	if n.send == nil {
		return
	}
	ids := map[request.ID]news{}
	for _, e := range notice.Events {
		// Only an answer ends a signing in the background; a person withdraws in the window.
		happened := news{e.Event.Kind == request.KindAnswered, e.Event.Reviewed != nil && e.Event.Reviewed.Decision == request.SentBack}
		if happened != (news{}) {
			ids[e.ID] = ids[e.ID].and(happened)
		}
	}
	if len(ids) == 0 {
		return
	}
	select {
	case waiting := <-n.pending:
		for id, happened := range ids {
			if len(waiting) < maxPending {
				waiting[id] = waiting[id].and(happened)
			}
		}
		ids = waiting
	default:
	}
	n.pending <- ids // never blocks: the buffer is empty, and nobody else sends
}

// AddQueueRun notes that a run of the queue is over, with the number of its requests of each status. It never blocks. Only one goroutine
// may call it.
func (n *Notifier) AddQueueRun(ids []request.ID, counts map[request.Status]int) {
	if n.send == nil {
		return
	}
	select {
	case <-n.runs: // an older one that was not looked at
	default:
	}
	n.runs <- queueRun{ids, counts} // never blocks: the buffer is empty, and nobody else sends
}

// Run sends notifications until ctx ends.
func (n *Notifier) Run(ctx context.Context) {
	for {
		counts := tally{ended: map[request.ID]request.Status{}}
		select {
		case ids := <-n.pending:
			n.count(ctx, ids, &counts)
		case b := <-n.runs:
			counts.add(b)
		case <-ctx.Done():
			return
		}
		if n.front.Load() || counts.empty() {
			continue
		}
		if !n.wait(ctx, &counts) {
			return
		}
		if !n.front.Load() {
			n.send(n.text(counts))
		}
	}
}

// wait adds the completions of the next notifyDelay to counts. It returns true once that time is over, and false if ctx
// ends before.
func (n *Notifier) wait(ctx context.Context, counts *tally) bool {
	enough := time.NewTimer(notifyDelay)
	defer enough.Stop()
	for {
		select {
		case ids := <-n.pending:
			n.count(ctx, ids, counts)
		case b := <-n.runs:
			counts.add(b)
		case <-enough.C:
			return true
		case <-ctx.Done():
			return false
		}
	}
}

// count looks up the requests and adds those that ended or were returned to counts, each completion once: the browser and
// the gateway often report the same one, one after the other.
func (n *Notifier) count(ctx context.Context, ids map[request.ID]news, counts *tally) {
	for id, happened := range ids {
		r, err := n.get(ctx, id)
		if err != nil {
			if ctx.Err() == nil {
				n.failed(err)
			}
			continue
		}
		if !r.Concerns(n.person) {
			continue
		}
		if happened.returned && r.IsToDo() && !n.returned[id].Equal(r.Review.At) {
			n.returned[id] = r.Review.At
			counts.returned++
		}
		now := completion{r.Attempt, r.Status}
		if !happened.answered || !r.Status.Ended() || r.Status == request.Withdrawn || n.reported[id] == now {
			continue
		}
		n.reported[id] = now
		if !slices.Contains(counts.run.ids, id) {
			counts.ended[id] = r.Status // the gateway may have corrected the outcome
		}
	}
}

// text returns the text of a notification: the sum of a run of the queue, how many other signings ended, and how, and how many outcomes were
// returned.
func (n *Notifier) text(counts tally) string {
	var sentences []string
	if some := counts.run; len(some.ids) > 0 {
		sentences = append(sentences, n.lang.Count("notify.queue", len(some.ids), status.Sum(n.lang, some.counts)))
	}
	if all := len(counts.ended); all > 0 {
		byStatus := map[request.Status]int{}
		for _, s := range counts.ended {
			byStatus[s]++
		}
		sentences = append(sentences, n.lang.Count("notify.ended", all, status.Sum(n.lang, byStatus)))
	}
	if counts.returned > 0 {
		sentences = append(sentences, n.lang.Count("notify.returned", counts.returned))
	}
	return strings.Join(sentences, "\n")
}
