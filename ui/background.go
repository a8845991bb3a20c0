package ui

import (
	"context"
	"errors"
	"sync"
)

// background carries calls to the desk away from the goroutine that draws, and their
// answers back to it. It is used on the UI goroutine alone; only the calls themselves
// run elsewhere.
type background struct {
	ctx      context.Context
	cancel   context.CancelFunc
	dispatch func(func()) // the one door back to the UI goroutine
	work     sync.WaitGroup
}

func newBackground(dispatch func(func())) *background {
	b := &background{dispatch: dispatch}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	return b
}

// close ends every call and waits for it. Answers that are still on their way are dropped.
func (b *background) close() {
	b.cancel()
	b.work.Wait()
}

// run does work on a goroutine of its own, until the window closes.
func (b *background) run(work func(context.Context)) {
	if b.ctx.Err() == nil {
		b.work.Go(func() { work(b.ctx) })
	}
}

// show brings f to the UI goroutine, unless the window closes first.
func (b *background) show(f func()) {
	if b.ctx.Err() != nil {
		return
	}
	b.dispatch(func() {
		if b.ctx.Err() == nil {
			f()
		}
	})
}

// ask makes one call and shows its answer.
func ask[T any](b *background, ctx context.Context, call func(context.Context) (T, error), show func(T, error)) {
	b.run(func(context.Context) {
		answer, err := call(ctx)
		b.show(func() { show(answer, err) })
	})
}

// lane is a line of questions of which only the last counts: asking anew stops the
// question before it, and its answer, should it come late, is dropped.
type lane struct {
	generation int
	cancel     context.CancelFunc
}

func (l *lane) drop() {
	l.generation++
	if l.cancel != nil {
		l.cancel()
		l.cancel = nil
	}
}

// askLatest puts a question into a lane.
func askLatest[T any](b *background, l *lane, call func(context.Context) (T, error), show func(T, error)) {
	l.drop()
	generation := l.generation
	ctx, cancel := context.WithCancel(b.ctx)
	l.cancel = cancel
	ask(b, ctx, call, func(answer T, err error) {
		if generation != l.generation {
			return
		}
		l.drop()
		if !errors.Is(err, context.Canceled) {
			show(answer, err)
		}
	})
}

// refresher repeats one reading. However often it is told that something changed, one
// reading is under way at a time, and another follows it; so a busy ledger can neither
// pile up readings nor keep the last one from being shown.
type refresher struct {
	busy, again bool
	read        func(done func())
}

func (r *refresher) refresh() {
	if r.busy {
		r.again = true
		return
	}
	r.busy = true
	r.read(func() {
		r.busy = false
		if r.again {
			r.again = false
			r.refresh()
		}
	})
}
