// Package uitest is shared by the tests of the window's packages: a queue that replaces the goroutine that draws,
// golden files, and functions that find what is drawn. No program imports it.
package uitest

import (
	"bytes"
	"runtime"
	"sync"
	"testing"
	"time"
)

// Patience is how long [Queue.Wait] waits before the test fails. It has room for a machine that is busy with other work.
const Patience = 25 * time.Second

// Queue replaces the drawing goroutine in a test. Functions that are dispatched wait in the queue until the test calls
// [Queue.Drain] or [Queue.Wait], which run them on the test's goroutine.
type Queue struct {
	mu    sync.Mutex
	tasks []func()
	count int           // of all functions that were dispatched
	news  chan struct{} // holds a value if something was dispatched since the last receive
}

// NewQueue returns an empty queue.
func NewQueue() *Queue { return &Queue{news: make(chan struct{}, 1)} }

// Dispatch adds a function to the queue. It may be called from any goroutine.
func (q *Queue) Dispatch(f func()) {
	q.mu.Lock()
	q.tasks = append(q.tasks, f)
	q.count++
	q.mu.Unlock()
	select {
	case q.news <- struct{}{}:
	default:
	}
}

// Dispatched returns the number of functions that were ever dispatched.
func (q *Queue) Dispatched() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.count
}

// News returns a channel from which a value can be received after something was dispatched: one value, however many
// functions were dispatched since the last receive. [Queue.Wait] receives from it, too.
func (q *Queue) News() <-chan struct{} { return q.news }

// Drain runs the functions in the queue until it is empty, including those that are added meanwhile.
func (q *Queue) Drain() {
	for {
		q.mu.Lock()
		tasks := q.tasks
		q.tasks = nil
		q.mu.Unlock()
		if len(tasks) == 0 {
			return
		}
		for _, f := range tasks {
			f()
		}
	}
}

// empty reports whether the queue is empty.
func (q *Queue) empty() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.tasks) == 0
}

// Wait drains the queue, again and again, until the function holds returns true. After [Patience] it fails the test at
// once; the message has what, which says what was waited for, and the result of the function state.
func (q *Queue) Wait(t *testing.T, what string, holds func() bool, state func() string) {
	t.Helper()
	deadline := time.After(Patience)
	for {
		q.Drain()
		if holds() {
			return
		}
		select {
		case <-q.news:
		case <-time.After(20 * time.Millisecond): // a call may end without a dispatch
		case <-deadline:
			t.Fatalf("waited in vain for %s; it says:\n%s", what, state())
		}
	}
}

// Idle reports whether no call of an async.Worker is under way and every answer was shown.
func (q *Queue) Idle() bool {
	// A call dispatches its answer before it ends, so the order of the two checks matters.
	return !calling() && q.empty()
}

// calling reports whether the stack of any goroutine has a call of package async.
func calling() bool {
	stacks := make([]byte, 1<<18)
	for {
		n := runtime.Stack(stacks, true)
		if n < len(stacks) {
			return bytes.Contains(stacks[:n], []byte("countersign/ui/async.CallContext["))
		}
		stacks = make([]byte, 2*len(stacks))
	}
}
