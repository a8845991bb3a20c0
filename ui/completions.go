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
	// gather is how long endings are counted before they are told together; so there are
	// never more notifications than that.
	gather = 4 * time.Second
	// maxGathered bounds what waits to be told. Who misses so much looks at the window.
	maxGathered = 10_000
)

// notifier tells of signings that end while the window is not in front, whichever process
// of the home settles them. It says how many, and never which: on some systems a
// notification passes through a shell.
type notifier struct {
	lang   i18n.Language
	get    func(context.Context, request.ID) (request.Request, error)
	send   func(title, text string)  // none when nil
	front  atomic.Bool               // the window is in front
	noted  chan map[request.ID]bool  // what was answered and not looked at yet; holds one
	told   map[request.ID]completion // what was told, or seen in the window
	failed func(error)
}

// completion is one end of a request; another attempt may have another.
type completion struct {
	attempt int
	status  request.Status
}

func newNotifier(lang i18n.Language, get func(context.Context, request.ID) (request.Request, error), send func(title, text string), failed func(error)) *notifier {
	return &notifier{lang: lang, get: get, send: send, failed: failed, noted: make(chan map[request.ID]bool, 1), told: map[request.ID]completion{}}
}

// add hears what was written to the ledger. One goroutine may call it; it never waits.
func (n *notifier) add(notice ledger.Notice) {
	if n.send == nil {
		return
	}
	ids := map[request.ID]bool{}
	for _, e := range notice.Events {
		// Nothing but an answer ends a signing, and withdrawing is done by a person here.
		if e.Event.Kind == request.KindAnswered {
			ids[e.ID] = true
		}
	}
	if len(ids) == 0 {
		return
	}
	select {
	case waiting := <-n.noted:
		for id := range ids {
			if len(waiting) < maxGathered {
				waiting[id] = true
			}
		}
		ids = waiting
	default:
	}
	n.noted <- ids // there is room: nobody else sends
}

// run tells until ctx ends.
func (n *notifier) run(ctx context.Context) {
	for {
		select {
		case ids := <-n.noted:
			counts := map[request.Status]int{}
			n.look(ctx, ids, counts)
			if n.front.Load() || len(counts) == 0 {
				continue
			}
			if !n.wait(ctx, counts) {
				return
			}
			if !n.front.Load() {
				n.send(programName, n.say(counts))
			}
		case <-ctx.Done():
			return
		}
	}
}

// wait counts what else ends meanwhile.
func (n *notifier) wait(ctx context.Context, counts map[request.Status]int) bool {
	enough := time.NewTimer(gather)
	defer enough.Stop()
	for {
		select {
		case ids := <-n.noted:
			n.look(ctx, ids, counts)
		case <-enough.C:
			return true
		case <-ctx.Done():
			return false
		}
	}
}

// look counts the requests that have ended, each end once: the browser and the gateway
// often say the same, one after the other.
func (n *notifier) look(ctx context.Context, ids map[request.ID]bool, counts map[request.Status]int) {
	for id := range ids {
		r, err := n.get(ctx, id)
		if err != nil {
			if ctx.Err() == nil {
				n.failed(err)
			}
			continue
		}
		now := completion{r.Attempt, r.Status}
		if !r.Status.Ended() || r.Status == request.Withdrawn || n.told[id] == now {
			continue
		}
		if before, known := n.told[id]; known && before.attempt == now.attempt && counts[before.status] > 0 {
			counts[before.status]-- // it ended otherwise than it looked a moment ago
		}
		n.told[id] = now
		counts[r.Status]++
	}
}

// say tells how many signings ended, and how.
func (n *notifier) say(counts map[request.Status]int) string {
	all, parts := 0, []string{}
	for _, s := range request.Statuses() {
		if some := counts[s]; some > 0 {
			all += some
			how := strings.ToLower(status.Of(n.lang, request.Request{Status: s}).Word)
			parts = append(parts, n.lang.Say("notify.part", n.lang.Number(some), how))
		}
	}
	return n.lang.Count("notify.ended", all, strings.Join(parts, ", "))
}
