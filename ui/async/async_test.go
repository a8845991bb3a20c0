package async

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
)

func TestRefreshDuringAReadingReadsOnceMore(t *testing.T) {
	var readings []func()
	r := NewRefresher(func(done func()) { readings = append(readings, done) })
	for range 5 {
		r.Refresh()
	}
	if len(readings) != 1 {
		t.Fatalf("%d readings are under way at a time", len(readings))
	}
	readings[0]()
	if len(readings) != 2 {
		t.Fatal("the changes during the reading were not read")
	}
	readings[1]()
	if len(readings) != 2 {
		t.Error("it reads on without a change")
	}
}

// loop is a dispatcher that keeps functions until the test runs them.
type loop struct {
	mu    sync.Mutex
	tasks []func()
}

func (l *loop) dispatch(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tasks = append(l.tasks, f)
}

// run waits until everything in the background is blocked, then runs what was dispatched.
func (l *loop) run() {
	synctest.Wait()
	l.mu.Lock()
	tasks := l.tasks
	l.tasks = nil
	l.mu.Unlock()
	for _, f := range tasks {
		f()
	}
}

func TestOnlyTheLatestAnswerIsShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l loop
		w := New(l.dispatch)
		defer w.Close()
		var latest Latest
		late := make(chan struct{})
		var shown []string
		show := func(answer string, err error) { shown = append(shown, answer) }
		CallLatest(w, &latest, func(ctx context.Context) (string, error) {
			<-ctx.Done() // canceled, but it answers
			<-late
			return "first", nil
		}, show)
		CallLatest(w, &latest, func(context.Context) (string, error) { return "second", nil }, show)
		l.run()
		close(late)
		l.run()
		if !slices.Equal(shown, []string{"second"}) {
			t.Errorf("shown: %q", shown)
		}
		CallLatest(w, &latest, func(ctx context.Context) (string, error) { <-ctx.Done(); return "", ctx.Err() }, show)
		latest.Drop()
		l.run()
		if len(shown) != 1 {
			t.Errorf("a call that was dropped is shown: %q", shown)
		}
	})
}

func TestTaskIsStoppedRestartedAndAbandoned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l loop
		w := New(l.dispatch)
		defer w.Close()
		var task Task
		var told []int
		var ended []error
		runs := 0
		begin := func() {
			runs++
			run := runs
			Run(w, &task, func(ctx context.Context, report func(int)) (struct{}, error) {
				report(run)
				<-ctx.Done()
				report(-run)
				return struct{}{}, ctx.Err()
			}, func(n int) { told = append(told, n) }, func(_ struct{}, err error) { ended = append(ended, err) })
		}
		task.Toggle(begin)
		l.run()
		task.Toggle(begin)
		l.run()
		if runs != 1 || !slices.Equal(told, []int{1, -1}) || len(ended) != 1 || !errors.Is(ended[0], context.Canceled) {
			t.Fatalf("stopped: %d runs told %v and ended with %v", runs, told, ended)
		}
		task.Toggle(begin)
		l.run()
		current := task.Current()
		if !current() {
			t.Error("the run under way is not the current one")
		}
		task.Abandon()
		l.run()
		if current() || !slices.Equal(told, []int{1, -1, 2}) || len(ended) != 1 {
			t.Errorf("abandoned, it told %v and ended with %v", told, ended)
		}
	})
}

func TestAClosedWorkerShowsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l loop
		w := New(l.dispatch)
		Do(w, func(context.Context) error { return nil }, func(error) { t.Error("an answer is shown after closing") })
		synctest.Wait()
		w.Close()
		l.run()
		w.Go(func(context.Context) { t.Error("a closed worker works") })
		w.Show(func() { t.Error("a closed worker shows") })
		l.run()
	})
}
