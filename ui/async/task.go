package async

import "context"

// Task is work that one button starts and stops, run after run. Late reports of an earlier run are dropped. The zero
// value is ready to use.
type Task struct {
	run  int
	stop context.CancelFunc // nil while nothing is under way
}

// Toggle cancels the run under way, or calls begin if there is none. A canceled run still ends with its done.
func (t *Task) Toggle(begin func()) {
	if t.stop != nil {
		t.stop()
		return
	}
	begin()
}

// Abandon cancels the run under way and drops everything it still reports.
func (t *Task) Abandon() {
	t.run++
	if t.stop != nil {
		t.stop()
		t.stop = nil
	}
}

// Current returns a function that reports whether the latest run is still the latest and was not abandoned.
func (t *Task) Current() func() bool {
	run := t.run
	return func() bool { return t.run == run }
}

// Run starts a run of a task: work runs in the background, show is called with every value that work passes to report,
// and done with its answer, both on the drawing goroutine. Report may be called from any goroutine.
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
