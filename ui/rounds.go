package ui

import "context"

// rounds is work on a page that one button stops, and begins again. What comes of an earlier round is late, and
// dropped. It is for the drawing goroutine.
type rounds struct {
	round int
	stop  context.CancelFunc // nil while nothing is under way
}

// press stops what is under way, or begins again.
func (r *rounds) press(begin func()) {
	if r.stop != nil {
		r.stop()
		return
	}
	begin()
}

// end leaves what is under way alone; nothing more is shown of it.
func (r *rounds) end() {
	r.round++
	if r.stop != nil {
		r.stop()
		r.stop = nil
	}
}

// beginRound does the work of a round in the background, and has what it tells and what comes of it shown. The work may tell
// from any goroutine.
func beginRound[P, A any](r *rounds, bg *background, work func(ctx context.Context, tell func(P)) (A, error), show func(P), done func(A, error)) {
	r.round++
	round := r.round
	ctx, stop := context.WithCancel(bg.ctx)
	r.stop = stop
	tell := func(p P) {
		bg.show(func() {
			if r.round == round {
				show(p)
			}
		})
	}
	ask(bg, ctx, func(ctx context.Context) (A, error) { return work(ctx, tell) }, func(answer A, err error) {
		stop()
		if r.round != round {
			return
		}
		r.stop = nil
		done(answer, err)
	})
}
