package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"
	"time"

	"countersign/core/home"
	"countersign/core/ledger"
	"countersign/core/request"
)

// Queue signs many requests, one visit after the other: the next begins when the one before has
// an outcome for each of its requests. One process of a home runs it ([Desk.RunQueue]), and
// that process alone can change it. What is in it survives the end of the process; it comes back
// paused, so that no browser opens unasked.
type Queue struct {
	desk    *Desk
	changed *signal

	turn  sync.Mutex // of those who change it, also while the file is written
	mu    sync.Mutex // of the state alone: who draws does not wait for a disk
	state queueState
}

// QueueState is where a queue stands.
type QueueState struct {
	Here    bool           // this process runs the queue; otherwise nothing else is known of it
	Paused  bool           // nothing begins until somebody resumes
	Reason  string         // why it paused by itself, in words; empty when a person did, or the program ended
	Out     []request.ID   // whose visit is being prepared, or is out
	Visit   *request.Visit // the visit that is out; nil while it is being prepared
	Late    bool           // it is out for longer than the patience: Skip goes on without it
	Waiting []request.ID   // in the order in which they begin
	Done    int            // requests of the present run that have left the queue
	Total   int            // requests of the present run
}

// Left tells how many requests are still to be signed.
func (s QueueState) Left() int { return len(s.Out) + len(s.Waiting) }

// queueState is what the queue knows. What is to survive is in queueFile.
type queueState struct {
	queueFile
	here   bool
	paused bool
	visit  *request.Visit
	lateAt time.Time // when the visit is out for too long
	late   bool
}

func (s queueState) left() int { return len(s.Waiting) + len(s.Out) }

// queueFile is queue.json. A visit that is out is not in it: the requests know their visits.
type queueFile struct {
	Waiting []request.ID `json:"waiting,omitempty"`
	Out     []request.ID `json:"out,omitempty"`
	Total   int          `json:"total"`
	Reason  string       `json:"reason,omitempty"`
}

// Queue is the desk's one queue.
func (d *Desk) Queue() *Queue { return d.queue }

// errElsewhere says that another process has the queue.
var errElsewhere = errors.New("another Countersign window signs the queue of this home: use that one, or close it first")

// State tells where the queue stands.
func (q *Queue) State() QueueState {
	s := q.now()
	if !s.here {
		return QueueState{}
	}
	state := QueueState{
		Here: true, Paused: s.paused, Reason: s.Reason, Out: slices.Clone(s.Out), Visit: s.visit, Late: s.late,
		Waiting: slices.Clone(s.Waiting), Total: s.Total,
	}
	state.Done = state.Total - state.Left()
	return state
}

func (q *Queue) now() queueState {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.state
}

func (q *Queue) set(s queueState) {
	q.mu.Lock()
	q.state = s
	q.mu.Unlock()
	q.changed.send()
}

// Watch gives the state now and whenever it has changed, until ctx ends or the desk is closed.
// Nobody waits for a watcher: one that is slow gets the newest state next.
func (q *Queue) Watch(ctx context.Context) <-chan QueueState {
	states := make(chan QueueState)
	go func() {
		defer close(states)
		// Begun by whoever watches; Close waits for it as for any other work.
		_ = q.desk.background(ctx, func(ctx context.Context) error {
			for {
				changed := q.changed.listen()
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

// Enqueue puts requests that are ready or in the browser at the end of the queue, each once. A
// queue that was empty begins with them at once; one that is paused stays so. Those that cannot be signed are
// told, and the others are queued.
func (q *Queue) Enqueue(ctx context.Context, ids ...request.ID) error {
	var failures []error
	var fit []request.ID
	for _, id := range ids {
		r, err := q.desk.ledger.Get(ctx, id)
		switch {
		case err != nil:
			failures = append(failures, err)
		case r.Status == request.Signed:
			failures = append(failures, fmt.Errorf("%s is signed already", r.Title))
		case !r.Status.Open():
			failures = append(failures, fmt.Errorf("%s is %s: re-open it first", r.Title, r.Status))
		default:
			fit = append(fit, id)
		}
	}
	err := q.change(func(s *queueState) {
		if s.left() == 0 {
			s.Total, s.paused, s.Reason = 0, false, ""
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

// Pause lets nothing begin any more. The visit that is out goes on.
func (q *Queue) Pause() error {
	return q.change(func(s *queueState) { s.paused = true })
}

// Resume goes on where the queue stands. After a restart, or when the browser did not start, the
// visit that was out is opened again if it has no outcome yet.
func (q *Queue) Resume() error {
	return q.change(func(s *queueState) { s.paused, s.Reason = false, "" })
}

// Skip goes on without the visit that is out. That one stays open and settles by itself.
func (q *Queue) Skip() error {
	return q.change(func(s *queueState) {
		if s.visit != nil {
			s.letGo()
		}
	})
}

// Drop takes requests out of the queue that have not begun.
func (q *Queue) Drop(ids ...request.ID) error {
	return q.change(func(s *queueState) {
		before := len(s.Waiting)
		s.Waiting = slices.DeleteFunc(slices.Clone(s.Waiting), func(id request.ID) bool { return slices.Contains(ids, id) })
		s.Total -= before - len(s.Waiting)
	})
}

// Clear takes everything out of the queue. A visit that is out stays open and settles by itself.
func (q *Queue) Clear() error {
	return q.change(func(s *queueState) {
		s.Total -= len(s.Waiting)
		s.Waiting, s.paused, s.Reason = nil, false, ""
		if s.visit != nil {
			s.letGo()
		}
	})
}

// letGo ends the queue's interest in the visit that is out.
func (s *queueState) letGo() { s.Out, s.visit, s.late = nil, nil, false }

// takeBack makes the requests whose visit is out the next to begin: Sign goes on with the visit
// where there is one.
func (s *queueState) takeBack() {
	s.Waiting = append(slices.Clone(s.Out), s.Waiting...)
	s.letGo()
}

// stop pauses the queue by itself.
func (s *queueState) stop(cause error) {
	s.takeBack()
	s.paused, s.Reason = true, cause.Error()
}

// change changes the state and keeps it. What is not on disk has not happened.
func (q *Queue) change(change func(*queueState)) error {
	q.turn.Lock()
	defer q.turn.Unlock()
	before := q.now()
	if !before.here {
		return errElsewhere
	}
	after := before
	after.Waiting, after.Out = slices.Clone(after.Waiting), slices.Clone(after.Out)
	change(&after)
	if after.left() == 0 && before.left() > 0 {
		after.paused, after.Reason = false, "" // there is nothing to resume
	}
	if !sameFile(after.queueFile, before.queueFile) {
		text, err := json.Marshal(after.queueFile)
		if err == nil {
			err = home.WriteFile(q.desk.cfg.Home.Queue(), text)
		}
		if err != nil {
			return err
		}
	}
	q.set(after)
	return nil
}

func sameFile(a, b queueFile) bool {
	return slices.Equal(a.Waiting, b.Waiting) && slices.Equal(a.Out, b.Out) && a.Total == b.Total && a.Reason == b.Reason
}

// restore begins with what was left when a process ended.
func (q *Queue) restore() {
	q.turn.Lock()
	defer q.turn.Unlock()
	s := queueState{here: true}
	text, err := os.ReadFile(q.desk.cfg.Home.Queue())
	if err == nil {
		err = json.Unmarshal(text, &s.queueFile)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		q.desk.cfg.Log.Warn("the queue cannot be read", "error", err)
		s.queueFile = queueFile{Reason: "what was in the queue cannot be read: select the requests and sign them again"}
	}
	s.takeBack()
	s.Total = max(s.Total, len(s.Waiting))
	s.paused = len(s.Waiting) > 0
	q.set(s)
}

// leave ends this process's part in the queue. What is in it is on disk.
func (q *Queue) leave() {
	q.turn.Lock()
	defer q.turn.Unlock()
	q.set(queueState{})
}

// RunQueue signs what is in the queue until ctx ends or the desk is closed. When another
// process of the home does that already, it stands by. Outcomes come by [Desk.Run], here or in
// another process.
func (d *Desk) RunQueue(ctx context.Context) error {
	return d.background(ctx, func(ctx context.Context) error {
		lock, err := d.cfg.Home.WaitLock(ctx, "queue")
		if err != nil {
			return err
		}
		d.queue.restore()
		err = d.queue.run(ctx)
		d.queue.leave()
		return errors.Join(err, lock.Release())
	})
}

func (q *Queue) run(ctx context.Context) error {
	notices, err := q.desk.ledger.Watch(ctx)
	if err != nil {
		return err
	}
	if err := q.forgetEnded(ctx, nil); err != nil {
		return err
	}
	for {
		// Listen first and look second, so that nothing falls between.
		changed := q.changed.listen()
		moved, err := q.step(ctx)
		if err != nil && ctx.Err() == nil {
			err = q.change(func(s *queueState) { s.stop(err) })
		}
		if err != nil {
			return err
		}
		if moved {
			continue
		}
		late, cancel := q.untilLate()
		select {
		case <-changed:
		case <-late:
			err = q.change(func(s *queueState) { s.late = s.visit != nil })
		case notice, open := <-notices:
			if !open {
				cancel()
				return nil
			}
			err = q.forgetEnded(ctx, &notice)
		}
		cancel()
		if err != nil && ctx.Err() == nil {
			q.desk.cfg.Log.Warn("the queue stands still", "error", err)
		}
	}
}

// untilLate tells when the visit that is out is out for too long; never, when that is known.
func (q *Queue) untilLate() (late <-chan time.Time, cancel func()) {
	s := q.now()
	if s.visit == nil || s.late {
		return nil, func() {}
	}
	timer := time.NewTimer(s.lateAt.Sub(q.desk.cfg.Now()))
	return timer.C, func() { timer.Stop() }
}

// forgetEnded takes out of the queue what has ended: of the requests that a notice names, or of
// all.
func (q *Queue) forgetEnded(ctx context.Context, notice *ledger.Notice) error {
	s := q.State()
	queued := append(slices.Clone(s.Waiting), s.Out...)
	if notice != nil && !notice.Missed {
		queued = slices.DeleteFunc(queued, func(id request.ID) bool {
			return !slices.ContainsFunc(notice.Events, func(n ledger.Noted) bool { return n.ID == id })
		})
	}
	var ended []request.ID
	for _, id := range queued {
		r, err := q.desk.ledger.Get(ctx, id)
		if err != nil && !errors.Is(err, ledger.ErrNotFound) {
			return err
		}
		onIt := s.Visit != nil && slices.Contains(s.Out, id)
		if err != nil || !r.Status.Open() || onIt && (r.Visit == nil || r.Visit.Ticket != s.Visit.Ticket) {
			ended = append(ended, id)
		}
	}
	if len(ended) == 0 {
		return nil
	}
	return q.change(func(s *queueState) {
		left := func(id request.ID) bool { return slices.Contains(ended, id) }
		s.Waiting = slices.DeleteFunc(s.Waiting, left)
		if s.visit == nil {
			return // what is being prepared is looked at when it is
		}
		if s.Out = slices.DeleteFunc(s.Out, left); len(s.Out) == 0 {
			s.letGo()
		}
	})
}

// step begins the next visit, if it is its turn. It tells whether something has changed.
func (q *Queue) step(ctx context.Context) (moved bool, err error) {
	s := q.State()
	if s.Paused || len(s.Out) > 0 || len(s.Waiting) == 0 {
		return false, nil
	}
	next, err := q.next(ctx, s.Waiting)
	if err != nil {
		return false, err
	}
	began := false
	err = q.change(func(now *queueState) {
		if began = !now.paused && slices.Equal(now.Waiting, s.Waiting); !began {
			return // a person was faster
		}
		now.Out = next
		now.Waiting = slices.DeleteFunc(now.Waiting, func(id request.ID) bool { return slices.Contains(next, id) })
	})
	if err != nil || !began {
		return err == nil, err
	}
	return true, q.launch(ctx, next)
}

// next gives the requests that begin together: the first that waits, and those that fit into
// one visit with it.
func (q *Queue) next(ctx context.Context, waiting []request.ID) ([]request.ID, error) {
	requests, err := q.desk.getAll(ctx, waiting)
	if err != nil {
		return nil, err
	}
	first := requests[0]
	if first.Status != request.Pending {
		return []request.ID{first.ID}, nil
	}
	pending := slices.DeleteFunc(requests, func(r request.Request) bool {
		return r.Status != request.Pending || r.Gateway != first.Gateway
	})
	limit := 1 // a gateway that cannot be opened tells why when it is to sign
	if g, err := q.desk.open(ctx, first.Gateway); err == nil {
		limit = g.Abilities().Documents
	}
	var ids []request.ID
	for _, r := range chunks(pending, limit)[0] {
		ids = append(ids, r.ID)
	}
	return ids, nil
}

// launch sends the browser on the visit of requests that go together. Requests that turn out
// to have ended have none.
func (q *Queue) launch(ctx context.Context, ids []request.ID) error {
	visits, err := q.desk.Sign(ctx, ids...)
	if len(visits) == 0 {
		if err == nil {
			err = q.change(func(s *queueState) { s.takeBack() })
		}
		if err == nil {
			err = q.forgetEnded(ctx, nil)
		}
		return err
	}
	visit, lateAt := visits[0], q.desk.cfg.Now().Add(q.desk.Patience(ctx).Of(visits[0].Gateway))
	err = q.change(func(s *queueState) {
		s.visit, s.lateAt, s.late = &visit, lateAt, false
		// Somebody else may have sent some of them on a visit of their own: those come next.
		others := slices.DeleteFunc(slices.Clone(s.Out), func(id request.ID) bool { return slices.Contains(visit.Requests, id) })
		s.Out = slices.DeleteFunc(s.Out, func(id request.ID) bool { return slices.Contains(others, id) })
		s.Waiting = append(others, s.Waiting...)
	})
	if err == nil {
		err = q.desk.OpenBrowser(ctx, visit)
	}
	if err == nil {
		err = q.forgetEnded(ctx, nil) // it may have been faster than we
	}
	return err
}
