// Package uitest is what the tests of the window's packages share: a queue in the place of the goroutine that draws, and
// finders that look at what is drawn. No program imports it.
package uitest

import (
	"bytes"
	"runtime"
	"sync"
	"testing"
	"time"
)

// Patience is how long a test waits for something before it fails. It has room for a machine that is busy with other work.
const Patience = 2 * time.Minute

// Queue is the dispatcher of a test: it keeps what is to run on the drawing goroutine, which is the test's own, until
// the test drains it.
type Queue struct {
	mu    sync.Mutex
	tasks []func()
	count int           // of all that were ever given
	news  chan struct{} // holds one value while something was given since the last look
}

// NewQueue returns an empty queue.
func NewQueue() *Queue { return &Queue{news: make(chan struct{}, 1)} }

// Dispatch puts a function into the queue. It may be called from any goroutine.
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

// Given counts the functions that were ever dispatched.
func (q *Queue) Given() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.count
}

// News receives when something was dispatched.
func (q *Queue) News() <-chan struct{} { return q.news }

// Drain runs what is in the queue, and what that puts into it.
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

// empty reports whether nothing waits to be run.
func (q *Queue) empty() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.tasks) == 0
}

// Wait drains the queue until something holds. When that takes longer than [Patience], the test fails, with what state
// returns in its message.
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
		case <-time.After(20 * time.Millisecond): // a call may end without any news
		case <-deadline:
			t.Fatalf("waited in vain for %s; it says:\n%s", what, state())
		}
	}
}

// Idle reports whether no call of an async.Worker is under way, and every answer was shown.
func (q *Queue) Idle() bool {
	// Whoever calls in the background puts the answer into the queue before it ends, so the calls are looked at first.
	return !calling() && q.empty()
}

// calling reports whether a goroutine is in a call of the package async.
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
