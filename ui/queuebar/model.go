// Package queuebar shows the queue: how far its requests are, and, when the last of them has left it, how many were
// signed, rejected and so on. It changes the queue only through the functions that it is given.
package queuebar

import (
	"context"
	"errors"
	"slices"

	"countersign/core/explain"
	"countersign/core/i18n"
	"countersign/core/ledger"
	"countersign/core/queue"
	"countersign/core/request"
	"countersign/ui/kit"
	"countersign/ui/status"
)

// Model is the state of the queue as the bar shows it. The zero value is an empty queue. Two models are compared with ==.
type Model struct {
	shown        bool
	sum          bool // the run is over, and state is its sum
	paused       bool
	late         bool
	visit        bool       // a visit is open in the browser
	current      request.ID // the first request of that visit
	currentTitle string
	count        string
	state        string
}

// NewModel returns the model for a state of the queue. The parameter title is the title of the first request whose visit is out.
func NewModel(lang i18n.Language, s queue.State, title string) Model {
	m := Model{shown: s.Left() > 0 || s.Reason != "", paused: s.Paused, late: s.Late && s.Visit != nil, visit: s.Visit != nil}
	if !m.shown {
		return m
	}
	m.count = lang.Count("queue.done", s.Total, lang.Number(s.Done))
	switch {
	case s.Reason != "":
		m.state = kit.Sentence(explain.Reason(lang, s.Reason, s.Cause))
	case s.Paused:
		m.state = lang.Count("queue.paused", s.Left())
	case len(s.Out) == 0 || s.Visit == nil:
		m.state = lang.Say("queue.preparing")
	case m.late:
		m.state = lang.Say("queue.late")
	default:
		m.state = lang.Say("queue.out")
	}
	if len(s.Out) > 0 {
		m.current, m.currentTitle = s.Out[0], title
		if others := len(s.Out) - 1; others > 0 {
			m.currentTitle = lang.Count("queue.with", others, title)
		}
	}
	return m
}

// NewSum returns the model of a run of the queue that is over, with the number of its requests of each status.
func NewSum(lang i18n.Language, counts map[request.Status]int) Model {
	return Model{shown: true, sum: true, count: lang.Say("queue.finished"), state: status.Sum(lang, counts)}
}

// Runs reports whether requests are in the queue, or the queue says why it cannot go on.
func (m Model) Runs() bool { return m.shown && !m.sum }

// Queue is the queue that is followed. Package queue implements it.
type Queue interface {
	Watch(ctx context.Context) <-chan queue.State
}

// Getter returns a request, or an error that wraps [ledger.ErrNotFound].
type Getter func(ctx context.Context, id request.ID) (request.Request, error)

// minRun is the smallest number of requests whose sum is shown. One request shows its outcome itself.
const minRun = 2

// Follow passes each state of a queue to the function show, until ctx ends. When a run of the queue is over, it passes its sum, too, and calls the
// function over with the requests and their number of each status. A run that was over when the queue began to run here is not
// reported again. Both functions are called on the goroutine of Follow.
func Follow(ctx context.Context, lang i18n.Language, q Queue, get Getter, show func(Model), over func([]request.ID, map[request.Status]int)) {
	here := false
	var reported []request.ID
	for s := range q.Watch(ctx) {
		title := ""
		if len(s.Out) > 0 {
			if r, err := get(ctx, s.Out[0]); err == nil {
				title = r.Title
			}
		}
		show(NewModel(lang, s, title))
		began := s.Here && !here
		here = s.Here
		switch {
		case s.Left() > 0:
			reported = nil
		case began:
			reported = s.Finished
		case len(s.Finished) >= minRun && !slices.Equal(s.Finished, reported):
			reported = s.Finished
			if counts, err := countStatuses(ctx, get, s.Finished); err == nil {
				show(NewSum(lang, counts))
				over(s.Finished, counts)
			}
		}
	}
}

// countStatuses returns the number of requests of each status. Requests that are not there any more do not count.
func countStatuses(ctx context.Context, get Getter, ids []request.ID) (map[request.Status]int, error) {
	counts := map[request.Status]int{}
	for _, id := range ids {
		switch r, err := get(ctx, id); {
		case err == nil:
			counts[r.Status]++
		case !errors.Is(err, ledger.ErrNotFound):
			return nil, err
		}
	}
	return counts, nil
}
