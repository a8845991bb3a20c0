package async

import "context"

// Task is work that one button stops and begins again. What an earlier run of it reports late is dropped. The zero value
// is ready to use.
type Task struct {
	run  int
	stop context.CancelFunc // nil while nothing is under way
}

// Toggle stops the run under way, or calls begin when there is none.
func (t *Task) Toggle(begin func()) {
	if t.stop != nil {
		t.stop()
		return
	}
	begin()
}

// Abandon cancels the run under way. Nothing more of it is shown.
func (t *Task) Abandon() {
	t.run++
	if t.stop != nil {
		t.stop()
		t.stop = nil
	}
}

// Current returns a function that reports whether the run of now was neither followed by another nor abandoned.
func (t *Task) Current() func() bool {
	run := t.run
	return func() bool { return t.run == run }
}

// Run begins a run of the task: work runs in the background, what it passes to tell is given to show, and its answer to
// done, both on the drawing goroutine. Tell may be called from any goroutine.
func Run[P, A any](w *Worker, t *Task, work func(ctx context.Context, tell func(P)) (A, error), show func(P), done func(A, error)) {
	t.run++
	current := t.Current()
	ctx, stop := context.WithCancel(w.ctx)
	t.stop = stop
	tell := func(p P) {
		w.Show(func() {
			if current() {
				show(p)
			}
		})
	}
	CallContext(ctx, w, func(ctx context.Context) (A, error) { return work(ctx, tell) }, func(answer A, err error) {
		stop()
		if !current() {
			return
		}
		t.stop = nil
		done(answer, err)
	})
}
