package queue

import (
	"context"
	"errors"
	"slices"
	"time"

	"countersign/core/ledger"
	"countersign/core/request"
)

// Run runs the queue until ctx ends or the queue is closed. While another process of the home runs
// it, Run waits. When a visit cannot begin, the queue pauses with the error as [State.Reason], and
// Run goes on. Some process has to settle visits meanwhile, since the queue advances only with
// their outcomes.
func (q *Queue) Run(ctx context.Context) error {
	return q.life.Run(ctx, func(ctx context.Context) error {
		lock, err := q.cfg.Home.WaitLock(ctx, "queue")
		if err != nil {
			return err
		}
		q.restore()
		err = q.run(ctx)
		q.leave()
		return errors.Join(err, lock.Release())
	})
}

func (q *Queue) run(ctx context.Context) error {
	notices, err := q.cfg.Ledger.Watch(ctx)
	if err != nil {
		return err
	}
	if err := q.forgetEnded(ctx, nil); err != nil {
		return err
	}
	for {
		// Listening comes before looking: a change between the two is not missed.
		changed := q.changed.Listen()
		moved, err := q.step(ctx)
		if err != nil && ctx.Err() == nil {
			err = q.change(func(s *state) { s.stop(err) })
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
			err = q.change(func(s *state) { s.late = s.visit != nil })
		case notice, open := <-notices:
			if !open {
				cancel()
				return nil
			}
			err = q.forgetEnded(ctx, &notice)
		}
		cancel()
		if err != nil && ctx.Err() == nil {
			q.cfg.Log.Warn("the queue could not be updated", "error", err)
		}
	}
}

// untilLate returns a channel that delivers when the visit in the browser becomes late. The channel is
// nil when no visit is in the browser, or when the visit is known to be late. The caller has to call
// cancel.
func (q *Queue) untilLate() (late <-chan time.Time, cancel func()) {
	s := q.current()
	if s.visit == nil || s.late {
		return nil, func() {}
	}
	timer := time.NewTimer(s.lateAt.Sub(q.cfg.Now()))
	return timer.C, func() { timer.Stop() }
}

// forgetEnded removes requests from the queue that have ended, are not in the ledger, are being signed at another desk, or have
// another visit than the one in the browser. It looks at the requests of notice only, or at all
// when notice is nil or has missed some.
func (q *Queue) forgetEnded(ctx context.Context, notice *ledger.Notice) error {
	s := q.State()
	queued := append(slices.Clone(s.Waiting), s.Out...)
	if notice != nil && !notice.Missed {
		queued = slices.DeleteFunc(queued, func(id request.ID) bool {
			return !slices.ContainsFunc(notice.Events, func(n ledger.RequestEvent) bool { return n.ID == id })
		})
	}
	var ended []request.ID
	for _, id := range queued {
		r, err := q.cfg.Ledger.Get(ctx, id)
		if err != nil && !errors.Is(err, ledger.ErrNotFound) {
			return err
		}
		onVisit := s.Visit != nil && slices.Contains(s.Out, id)
		if err != nil || !r.Status.Open() || q.isElsewhere(r) || onVisit && (r.Visit == nil || r.Visit.ID != s.Visit.ID) {
			ended = append(ended, id)
		}
	}
	if len(ended) == 0 {
		return nil
	}
	return q.change(func(s *state) {
		left := func(id request.ID) bool { return slices.Contains(ended, id) }
		for _, id := range ended {
			if slices.Contains(s.Waiting, id) || s.visit != nil && slices.Contains(s.Out, id) {
				s.finish(id)
			}
		}
		s.Waiting = slices.DeleteFunc(s.Waiting, left)
		if s.visit == nil {
			return // what is being prepared is looked at once it is out
		}
		if s.Out = slices.DeleteFunc(s.Out, left); len(s.Out) == 0 {
			s.release()
		}
	})
}

// step begins the next visit if none is out, requests wait, and the queue is not paused. It reports
// whether the queue has changed, either because the visit began or because somebody else changed the
// queue meanwhile; then another step may follow.
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
	err = q.change(func(now *state) {
		if began = !now.paused && slices.Equal(now.Waiting, s.Waiting); !began {
			return // somebody changed the queue meanwhile
		}
		now.Out = next
		now.Waiting = slices.DeleteFunc(now.Waiting, func(id request.ID) bool { return slices.Contains(next, id) })
	})
	if err != nil || !began {
		return err == nil, err
	}
	return true, q.launch(ctx, next)
}

// next returns the requests that begin together: the first that waits, and those that fit into one
// visit with it.
func (q *Queue) next(ctx context.Context, waiting []request.ID) ([]request.ID, error) {
	requests := make([]request.Request, 0, len(waiting))
	for _, id := range waiting {
		r, err := q.cfg.Ledger.Get(ctx, id)
		if err != nil {
			return nil, err
		}
		requests = append(requests, r)
	}
	return q.cfg.Desk.Together(ctx, requests), nil
}

// launch prepares one visit for the requests and opens the browser. Requests that turn out to have
// ended, or to be signed at another desk, leave the queue, and requests that are not in this visit go back to the front of the queue.
func (q *Queue) launch(ctx context.Context, ids []request.ID) error {
	visits, err := q.cfg.Desk.Sign(ctx, ids...)
	if len(visits) == 0 {
		if failed := q.change(func(s *state) { s.takeBack() }); failed != nil {
			return failed
		}
		if failed := q.forgetEnded(ctx, nil); failed != nil {
			return failed
		}
		waiting := q.State().Waiting
		if !slices.ContainsFunc(ids, func(id request.ID) bool { return slices.Contains(waiting, id) }) {
			return nil // there is nothing left to be done about the error
		}
		return err
	}
	visit, lateAt := visits[0], q.cfg.Now().Add(q.cfg.Patience(ctx, visits[0].Gateway))
	err = q.change(func(s *state) {
		s.visit, s.lateAt, s.late = &visit, lateAt, false
		// Somebody else may have begun another visit for some of them: those come next.
		others := slices.DeleteFunc(slices.Clone(s.Out), func(id request.ID) bool { return slices.Contains(visit.Requests, id) })
		s.Out = slices.DeleteFunc(s.Out, func(id request.ID) bool { return slices.Contains(others, id) })
		s.Waiting = append(others, s.Waiting...)
	})
	if err == nil {
		err = q.cfg.Desk.OpenBrowser(ctx, visit)
	}
	if err == nil {
		err = q.forgetEnded(ctx, nil) // the outcome may have come while the browser started
	}
	return err
}
