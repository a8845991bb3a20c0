// Package queue has many requests signed one visit after the other: the next visit begins when
// every request of the one before has an outcome. One operating-system process of a home runs the
// queue, and no other can change it. The requests in the queue survive the end of that process; the
// queue is then paused, so that no browser opens unasked.
package queue

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"slices"
	"sync"
	"time"

	"countersign/core/broadcast"
	"countersign/core/home"
	"countersign/core/ledger"
	"countersign/core/lifetime"
	"countersign/core/request"
)

// Desk signs requests. Package desk implements it.
type Desk interface {
	// Together returns the id of the first of the requests, followed by the ids of those that fit
	// into one visit with it.
	Together(ctx context.Context, requests []request.Request) []request.ID
	Sign(ctx context.Context, ids ...request.ID) ([]request.Visit, error)
	OpenBrowser(ctx context.Context, visit request.Visit) error
}

// Ledger is where the queue reads requests and their changes. Package ledger implements it.
type Ledger interface {
	Get(ctx context.Context, id request.ID) (request.Request, error)
	Watch(ctx context.Context) (<-chan ledger.Notice, error)
	Desk() string // the name of this desk in its office
}

// Config is what a queue works with. All of it is needed.
type Config struct {
	Home   home.Dir
	Desk   Desk
	Ledger Ledger
	// Patience returns how long a browser may be out at a gateway.
	Patience func(ctx context.Context, gateway string) time.Duration
	Now      func() time.Time
	Log      *slog.Logger
}

// Queue is the queue of one home. Its methods may be called from any goroutine. Methods
// that change the queue fail while this process does not run it (see [Queue.Run]).
type Queue struct {
	cfg     Config
	life    *lifetime.Lifetime
	changed broadcast.Signal

	turn  sync.Mutex // held during a change, also while the file is written
	mu    sync.Mutex // guards state alone, so that whoever draws does not wait for a disk
	state state
}

// New returns the queue of a home. The caller has to call [Queue.Close].
func New(cfg Config) *Queue { return &Queue{cfg: cfg, life: lifetime.New()} }

// Close ends [Queue.Run] and closes the channels of [Queue.Watch], and waits until both have ended.
func (q *Queue) Close() { q.life.End() }

// State is where a queue stands.
type State struct {
	Here    bool           // this process runs the queue; when false, the rest is unknown and zero
	Paused  bool           // nothing begins until Resume
	Reason  string         // why it paused by itself, in English; empty when a person paused it or the program ended
	Cause   request.Cause  // of Reason
	Out     []request.ID   // requests whose visit is being prepared or in the browser
	Visit   *request.Visit // the visit in the browser; nil while it is being prepared
	Late    bool           // the visit is in the browser for longer than the patience; Skip goes on with the next one
	Waiting []request.ID   // in the order in which they begin
	Done    int            // requests that have left the queue since it was last empty, except those that were removed while they waited
	Total   int            // Done, Out and Waiting together
	// Finished holds the requests that Done counts, in the order in which they left the queue: those that have an outcome,
	// and those that were skipped. They stay until the next requests come into the empty queue.
	Finished []request.ID
}

// Left returns how many requests are still to be signed.
func (s State) Left() int { return len(s.Out) + len(s.Waiting) }

// state is what the queue knows. The part that survives the process is in savedState.
type state struct {
	savedState
	here   bool
	paused bool
	visit  *request.Visit
	lateAt time.Time // when the visit becomes late
	late   bool
}

func (s state) left() int { return len(s.Waiting) + len(s.Out) }

// savedState is the content of queue.json. The visit is not in it: the requests know theirs.
type savedState struct {
	Waiting  []request.ID  `json:"waiting,omitempty"`
	Out      []request.ID  `json:"out,omitempty"`
	Finished []request.ID  `json:"finished,omitempty"`
	Total    int           `json:"total"`
	Reason   string        `json:"reason,omitempty"`
	Cause    request.Cause `json:"cause,omitzero"` // of Reason
}

// errElsewhere is returned by the methods that change the queue while this process does not run it.
var errElsewhere = request.Errorf("queue_elsewhere", "another Countersign window is signing the queue of this home: use that window, or close it first")

// State returns where the queue stands. It is the zero value while this process does not run the queue.
func (q *Queue) State() State {
	s := q.current()
	if !s.here {
		return State{}
	}
	now := State{
		Here: true, Paused: s.paused, Reason: s.Reason, Cause: s.Cause, Out: slices.Clone(s.Out), Visit: s.visit, Late: s.late,
		Waiting: slices.Clone(s.Waiting), Total: s.Total, Finished: s.Finished,
	}
	now.Done = now.Total - now.Left()
	return now
}

func (q *Queue) current() state {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.state
}

func (q *Queue) set(s state) {
	q.mu.Lock()
	q.state = s
	q.mu.Unlock()
	q.changed.Send()
}

// Watch returns a channel that delivers the state at once, and again whenever it has changed. The
// channel is closed when ctx ends or the queue is closed. The queue never waits for a reader: a slow
// reader misses states in between, and never the last one.
func (q *Queue) Watch(ctx context.Context) <-chan State {
	states := make(chan State)
	go func() {
		defer close(states)
		_ = q.life.Run(ctx, func(ctx context.Context) error {
			for {
				changed := q.changed.Listen()
				select {
				case states <- q.State():
				case <-changed:
					continue
				case <-ctx.Done():
					return nil
				}
				select {
				case <-changed:
				case <-ctx.Done():
					return nil
				}
			}
		})
	}()
	return states
}

// isElsewhere reports whether the visit of a request goes on at another desk of the office.
func (q *Queue) isElsewhere(r request.Request) bool {
	return r.Status == request.Signing && r.Desk != q.cfg.Ledger.Desk()
}

// Enqueue puts requests that are pending or in the browser at the end of the queue, except those
// that are in it already. An empty queue begins with them at once, even when it was paused; a queue
// that is not empty stays paused. Requests that cannot be signed are named in the error; the others
// are queued all the same.
func (q *Queue) Enqueue(ctx context.Context, ids ...request.ID) error {
	var failures []error
	var fit []request.ID
	for _, id := range ids {
		r, err := q.cfg.Ledger.Get(ctx, id)
		switch {
		case err != nil:
			failures = append(failures, err)
		case q.isElsewhere(r):
			failures = append(failures, request.Errorf("sign_elsewhere", "%s is being signed at the desk %s: go on there, or start over here", r.Title, r.Desk))
		case r.Status == request.Signed:
			failures = append(failures, request.Errorf("queue_signed", "%s is signed already", r.Title))
		case !r.Status.Open():
			failures = append(failures, request.Errorf("sign_ended", "%s is %s: reopen it first", r.Title, r.Status.Sentence()))
		default:
			fit = append(fit, id)
		}
	}
	err := q.change(func(s *state) {
		if s.left() == 0 {
			s.Total, s.Finished, s.paused, s.Reason, s.Cause = 0, nil, false, "", request.Cause{}
		}
		for _, id := range fit {
			if !slices.Contains(s.Waiting, id) && !slices.Contains(s.Out, id) {
				s.Waiting = append(s.Waiting, id)
				s.Total++
			}
		}
	})
	return errors.Join(append(failures, err)...)
}

// Pause stops the queue from beginning another visit. The visit in the browser goes on.
func (q *Queue) Pause() error {
	return q.change(func(s *state) { s.paused = true })
}

// Resume ends a pause. After a restart, or when the browser did not start, the visit that was out
// is opened again if it has no outcome yet.
func (q *Queue) Resume() error {
	return q.change(func(s *state) { s.paused, s.Reason, s.Cause = false, "", request.Cause{} })
}

// Skip goes on with the next visit. The visit in the browser stays open and settles by itself. Skip does
// nothing while no visit is in the browser.
func (q *Queue) Skip() error {
	return q.change(func(s *state) {
		if s.visit != nil {
			s.finish(s.Out...)
			s.release()
		}
	})
}

// Drop removes requests from those that wait. It does not remove requests whose visit is being
// prepared or in the browser, and ignores ids that are not in the queue.
func (q *Queue) Drop(ids ...request.ID) error {
	return q.change(func(s *state) {
		before := len(s.Waiting)
		s.Waiting = slices.DeleteFunc(slices.Clone(s.Waiting), func(id request.ID) bool { return slices.Contains(ids, id) })
		s.Total -= before - len(s.Waiting)
	})
}

// Clear empties the queue and ends a pause. A visit in the browser stays open and settles by itself.
// Requests whose visit is being prepared stay in the queue.
func (q *Queue) Clear() error {
	return q.change(func(s *state) {
		s.Total -= len(s.Waiting)
		s.Waiting, s.paused, s.Reason, s.Cause = nil, false, "", request.Cause{}
		if s.visit != nil {
			s.finish(s.Out...)
			s.release()
		}
	})
}

// finish notes that requests leave the queue, except those that were already counted as such.
func (s *state) finish(ids ...request.ID) {
	for _, id := range ids {
		if !slices.Contains(s.Finished, id) {
			s.Finished = append(slices.Clip(s.Finished), id)
		}
	}
}

// release makes the queue stop following the visit in the browser.
func (s *state) release() { s.Out, s.visit, s.late = nil, nil, false }

// takeBack moves the requests whose visit is out back to the front of those that wait. [Desk.Sign]
// will go on with the visit that they have.
func (s *state) takeBack() {
	s.Waiting = append(slices.Clone(s.Out), s.Waiting...)
	s.release()
}

// stop pauses the queue because of an error, which becomes the reason of the pause, and calls takeBack.
func (s *state) stop(cause error) {
	s.takeBack()
	s.paused, s.Reason, s.Cause = true, cause.Error(), request.CauseOf(cause)
}

// change calls the function edit with a copy of the state and makes the edited copy the state. If the
// part that survives the process has changed, it writes that to queue.json first; when this fails, the
// state stays as it was. It fails with errElsewhere while this process does not run the queue.
func (q *Queue) change(edit func(*state)) error {
	q.turn.Lock()
	defer q.turn.Unlock()
	before := q.current()
	if !before.here {
		return errElsewhere
	}
	after := before
	after.Waiting, after.Out = slices.Clone(after.Waiting), slices.Clone(after.Out)
	edit(&after)
	if after.left() == 0 && before.left() > 0 {
		after.paused, after.Reason, after.Cause = false, "", request.Cause{} // there is nothing to resume
	}
	if !equalSaved(after.savedState, before.savedState) {
		text, err := json.Marshal(after.savedState)
		if err == nil {
			err = home.WriteFile(q.cfg.Home.Queue(), text)
		}
		if err != nil {
			return err
		}
	}
	q.set(after)
	return nil
}

func equalSaved(a, b savedState) bool {
	return slices.Equal(a.Waiting, b.Waiting) && slices.Equal(a.Out, b.Out) && slices.Equal(a.Finished, b.Finished) && a.Total == b.Total && a.Reason == b.Reason && a.Cause.Equal(b.Cause)
}

// restore makes this process the one that runs the queue, with the requests that were in the queue when
// the last process ended. If there are any, the queue is paused. A file that cannot be read is set
// aside, and the queue is empty then.
func (q *Queue) restore() {
	q.turn.Lock()
	defer q.turn.Unlock()
	s := state{here: true}
	text, err := home.ReadFile(q.cfg.Home.Queue(), home.MaxFile)
	if err == nil {
		err = json.Unmarshal(text, &s.savedState)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		aside, asideErr := home.SetAside(q.cfg.Home.Queue())
		q.cfg.Log.Warn("the queue cannot be read", "error", errors.Join(err, asideErr), "set aside", aside)
		lost := request.Sentencef("queue_unreadable", "the queue cannot be read: select the requests and sign them again")
		s.savedState = savedState{Reason: lost.Text, Cause: lost.Cause}
	}
	s.takeBack()
	s.Waiting, s.Finished = withoutDuplicates(s.Waiting), withoutDuplicates(s.Finished)
	s.Total = max(s.Total, len(s.Waiting))
	s.paused = len(s.Waiting) > 0
	q.set(s)
}

// withoutDuplicates returns the ids in their order, each once.
func withoutDuplicates(ids []request.ID) []request.ID {
	seen := make(map[request.ID]bool, len(ids))
	return slices.DeleteFunc(ids, func(id request.ID) bool {
		again := seen[id]
		seen[id] = true
		return again
	})
}

// leave makes this process one that does not run the queue.
func (q *Queue) leave() {
	q.turn.Lock()
	defer q.turn.Unlock()
	q.set(state{})
}
