package program

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

const (
	// EndTime is how long a program may take to end after it was asked to.
	EndTime = 10 * time.Second

	lastClosing = 2 * time.Second // for closing the ledger when the time is over
)

// EndSignals returns the signals that ask a program to end: an interrupt at its terminal, the end of the terminal, and a request to
// terminate. A program that was started with nohup does not end with its terminal.
func EndSignals() []os.Signal {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}

// Ending exits a program that takes too long to end by itself. A call in the background that never returns would keep the program
// running, and with it the locks of the home; so would the toolkit, whose loop can miss that it was asked to end. The methods may be
// called from any goroutine.
type Ending struct {
	name  string
	limit time.Duration
	out   io.Writer
	exit  func(code int)

	mu    sync.Mutex
	timer *time.Timer // nil before Begin
	over  bool        // Done was called
	last  func() error
}

// NewEnding returns an Ending for the program of that name. If [Ending.Done] is not called within limit after [Ending.Begin], the
// Ending calls the function set by [Ending.Closing], prints a line about it on out, and calls the function exit with 1.
func NewEnding(name string, limit time.Duration, out io.Writer, exit func(code int)) *Ending {
	return &Ending{name: name, limit: limit, out: out, exit: exit}
}

// Closing sets the function that closes the ledger before the Ending exits the program, so that a write that has begun is finished.
// The Ending waits for it for at most lastClosing.
func (e *Ending) Closing(last func() error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.last = last
}

// Begin starts the time within which the program has to end. Calling it again does nothing.
func (e *Ending) Begin() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.timer == nil && !e.over {
		e.timer = time.AfterFunc(e.limit, e.leave)
	}
}

// Done is called when the program has finished its work and is about to exit. If the time since [Ending.Begin] is over already, Done never
// returns, because the Ending is exiting the program.
func (e *Ending) Done() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.over = true
	if e.timer != nil && !e.timer.Stop() {
		e.mu.Unlock()
		select {}
	}
}

func (e *Ending) leave() {
	e.mu.Lock()
	last := e.last
	e.mu.Unlock()
	closed := make(chan error, 1)
	if last == nil {
		closed <- nil
	} else {
		go func() { closed <- last() }()
	}
	left := "what it has written is complete"
	select {
	case err := <-closed:
		if err != nil {
			left = err.Error()
		}
	case <-time.After(lastClosing):
		left = "its ledger could not be closed in time, but what it has written is complete"
	}
	fmt.Fprintf(e.out, "%s: it did not end within %v: %s, and it leaves now\n", e.name, e.limit, left)
	e.exit(1)
}
