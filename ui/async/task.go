package async

import "context"

// Task is work that one button starts and stops, run after run. Late reports of an earlier run are dropped. The zero
// value is ready to use.
type Task struct {
	run  int
	stop context.CancelFunc // nil while nothing is under way
}

// Toggle cancels the run under way, or calls begin if there is none; begin should call [Run]. The done function of a
// canceled run is still called.
func (t *Task) Toggle(begin func()) {
	if t.stop != nil {
		t.stop()
		return
	}
	begin()
}

// Abandon cancels the run under way and drops everything that it still reports. Its done function is not called.
func (t *Task) Abandon() {
	t.run++
	if t.stop != nil {
		t.stop()
		t.stop = nil
	}
}

// Current returns a function that reports whether, since the call of Current, no run has begun and none was abandoned.
func (t *Task) Current() func() bool {
	run := t.run
	return func() bool { return t.run == run }
}

// Run starts a run of a task: the function work runs in the background. The function show is called with every value
// that work passes to report, and the function done with what work returns, both on the drawing goroutine. The function
// report may be called from any goroutine. Run does not cancel an earlier run; call it from the function that is passed
// to [Task.Toggle], or after [Task.Abandon].
func Run[P, A any](w *Worker, t *Task, work func(ctx context.Context, report func(P)) (A, error), show func(P), done func(A, error)) {
	t.run++
	current := t.Current()
	ctx, stop := context.WithCancel(w.ctx)
	t.stop = stop
	report := func(p P) {
		w.Show(func() {
			if current() {
				show(p)
			}
		})
	}
	CallContext(ctx, w, func(ctx context.Context) (A, error) { return work(ctx, report) }, func(answer A, err error) {
		stop()
		if !current() {
			return
		}
		t.stop = nil
		done(answer, err)
	})
}
