package home

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"time"

	"countersign/core/request"
)

// Loopback is the only address that services of a home listen on. It is not the name
// "localhost", which may resolve to another address.
const Loopback = "127.0.0.1"

// ErrPortTaken is returned when another program listens on the port.
var ErrPortTaken = request.Errorf("port_in_use", "is used by another program")

// ErrOtherProgram is returned by [Service.Probe] for a port on which another program answers.
var ErrOtherProgram = request.Errorf("return_other_program", "another program answers there")

// Listen listens on a port of the loopback address; 0 picks a free one. It fails with an error that
// wraps [ErrPortTaken] if another program uses the port, or if the system keeps this program from
// using it.
func Listen(ctx context.Context, port int) (net.Listener, error) {
	config := net.ListenConfig{Control: exclusive}
	l, err := config.Listen(ctx, "tcp4", net.JoinHostPort(Loopback, strconv.Itoa(port)))
	if errors.Is(err, errAddressInUse) || errors.Is(err, errNotAllowed) {
		return nil, takenError(port)
	}
	if err != nil {
		return nil, fmt.Errorf("listen on "+Loopback+": %w", err)
	}
	return l, nil
}

func takenError(port int) error {
	return request.Errorf("port_close", "port %d %w: close that program, or choose another port", port, ErrPortTaken)
}

// PortOf returns the port of a listener that [Listen] returned.
func PortOf(l net.Listener) int { return l.Addr().(*net.TCPAddr).Port }

// Service listens on a port for all processes of a home. Each process that needs it makes a
// Service with the same name. The first one serves; the others wait and take over when it
// ends.
type Service struct {
	Home Dir
	Name string // of the lock, and of the file with the port
	Port int    // a fixed port; 0 picks one, which stays the same over restarts
	// Serve answers on l until ctx is done, and closes l.
	Serve func(ctx context.Context, l net.Listener) error
	// Probe returns nil if a process of the home answers on the port, and an error that wraps
	// [ErrOtherProgram] if another program does. If Probe is nil, whatever accepts a connection is
	// taken for a process of the home.
	Probe func(ctx context.Context, port int) error
	Log   *slog.Logger // must not be nil

	mu       sync.Mutex
	started  bool
	kept     bool  // Keep was called
	failure  error // why this process, after the last start, could not listen; nil while it could
	work     sync.WaitGroup
	timeouts timeouts // defaultTimeouts when zero
}

// timeouts bound how long a start waits for other processes.
type timeouts struct {
	answer time.Duration // for the process that holds the lock to answer on the port
	port   time.Duration // for the system to free the port of a process that has just ended
}

var defaultTimeouts = timeouts{answer: 10 * time.Second, port: 500 * time.Millisecond}

func (s *Service) currentTimeouts() timeouts {
	if s.timeouts == (timeouts{}) {
		return defaultTimeouts
	}
	return s.timeouts
}

// pollInterval is the pause between two tries to bind a port that is in use, or to reach a process
// that does not answer yet.
const pollInterval = 20 * time.Millisecond

// Ensure makes sure that a process of the home serves, and returns the port once it answers; ctx
// bounds that wait. From then on this process serves, or waits to take over, until life is done. If
// another program uses a fixed port, Ensure fails with [ErrPortTaken]. A picked port that is taken is
// replaced by another. If nobody answers within ten seconds, Ensure fails. It may be called again,
// from any goroutine: it then starts a service again that has failed.
func (s *Service) Ensure(ctx, life context.Context) (int, error) {
	if err := s.start(ctx, life); err != nil {
		return 0, err
	}
	return s.waitForAnswer(ctx)
}

// Keep makes this process serve on the fixed port, or wait for its turn, until life is done, and never
// gives up: while another program uses the port, it tries again, at least every two seconds. It does
// not wait until anybody answers. Keep may be called again, from any goroutine. It does nothing for a port that
// is picked.
func (s *Service) Keep(life context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept || s.Port == 0 {
		return
	}
	s.kept = true
	s.work.Go(func() { s.keep(life) })
}

// A port that another program uses is tried again after firstRetry, and then after pauses that double
// up to longestRetry.
const (
	firstRetry   = 50 * time.Millisecond
	longestRetry = 2 * time.Second
)

func (s *Service) keep(life context.Context) {
	for pause := firstRetry; life.Err() == nil; pause = min(2*pause, longestRetry) {
		if s.markStarted() && s.keepOnce(life) {
			pause = firstRetry
		}
		select {
		case <-time.After(pause):
		case <-life.Done():
		}
	}
}

// keepOnce waits for the lock, listens on the port and serves until life is done or serving fails. It
// reports whether it served: it did not if life was done while it waited, or if it could not listen.
func (s *Service) keepOnce(life context.Context) bool {
	lock, err := s.Home.WaitLock(life, s.Name)
	if err != nil {
		s.markStopped()
		return false // usually because the program ends
	}
	l, err := Listen(life, s.Port)
	if err != nil {
		s.Log.Debug("a port is not free yet", "name", s.Name, "error", err)
		s.release(lock)
		s.markFailed(err) // an Ensure may be waiting for the answer of this start
		return false
	}
	s.serve(life, l, lock)
	return true
}

// markStarted marks the service as started, and reports whether it was not so before.
func (s *Service) markStarted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.started {
		return false
	}
	s.started, s.failure = true, nil
	return true
}

// Wait waits, after life is done, until this process has stopped serving.
func (s *Service) Wait() { s.work.Wait() }

func (s *Service) start(ctx, life context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.started {
		return nil
	}
	s.failure = nil
	lock, err := s.Home.TryLock(s.Name)
	if err != nil {
		return err
	}
	if lock == nil {
		s.work.Go(func() { s.standBy(life) })
	} else {
		l, err := s.bind(ctx)
		if err != nil {
			return errors.Join(err, lock.Release())
		}
		s.work.Go(func() { s.serve(life, l, lock) })
	}
	s.started = true
	return nil
}

func (s *Service) standBy(life context.Context) {
	lock, err := s.Home.WaitLock(life, s.Name)
	if err != nil {
		s.markStopped()
		return // usually because the program ends
	}
	l, err := s.bind(life)
	if err != nil {
		s.Log.Error("could not take over a service", "name", s.Name, "error", err)
		s.release(lock)
		s.markFailed(err)
		return
	}
	s.serve(life, l, lock)
}

// markFailed marks the service as stopped because of err. Calls of Ensure that wait for an answer
// return err, and the next call starts the service again.
func (s *Service) markFailed(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.started, s.failure = false, err
}

func (s *Service) takeoverFailure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failure
}

// markStopped marks the service as stopped, so that the next call of Ensure starts it again.
func (s *Service) markStopped() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.started = false
}

func (s *Service) bind(ctx context.Context) (net.Listener, error) {
	if s.Port != 0 {
		return s.bindRetrying(ctx, s.Port)
	}
	port := s.Home.ReadPort(s.Name)
	l, err := Listen(ctx, port)
	if errors.Is(err, ErrPortTaken) {
		// Another program answers on this port: no process of the home must connect to it.
		if err := s.Home.removePort(s.Name); err != nil {
			return nil, err
		}
		l, err = s.bindRetrying(ctx, port)
	}
	if errors.Is(err, ErrPortTaken) {
		l, err = Listen(ctx, 0)
	}
	if err != nil {
		return nil, err
	}
	if err := s.Home.WritePort(s.Name, PortOf(l)); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// bindRetrying listens on a port that may still be in use for a moment: the lock of a killed process
// is free before its port is. It tries again for as long as the timeouts say, and then fails with
// ErrPortTaken.
func (s *Service) bindRetrying(ctx context.Context, port int) (net.Listener, error) {
	timeout := time.NewTimer(s.currentTimeouts().port)
	defer timeout.Stop()
	retry := time.NewTicker(pollInterval)
	defer retry.Stop()
	for {
		l, err := Listen(ctx, port)
		if !errors.Is(err, ErrPortTaken) {
			return l, err
		}
		select {
		case <-retry.C:
		case <-timeout.C:
			return nil, err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (s *Service) serve(life context.Context, l net.Listener, lock *Lock) {
	defer s.markStopped()
	defer s.release(lock)
	if err := s.Serve(life, l); err != nil {
		s.Log.Error("a service stopped", "name", s.Name, "error", err)
	}
}

func (s *Service) release(lock *Lock) {
	if err := lock.Release(); err != nil {
		s.Log.Warn("could not release a lock", "name", s.Name, "error", err)
	}
}

// waitForAnswer returns the port once a process of the home answers there. It reads the port again
// each time, since the serving process may be about to pick one. If this process was to take over and
// could not listen, the error is the reason. If nobody answers in time, waitForAnswer fails, too.
func (s *Service) waitForAnswer(ctx context.Context) (int, error) {
	unanswered := request.Errorf("service_silent", "the service %q does not answer: close other Countersign programs and try again", s.Name)
	ctx, cancel := context.WithTimeoutCause(ctx, s.currentTimeouts().answer, unanswered)
	defer cancel()
	retry := time.NewTicker(pollInterval)
	defer retry.Stop()
	for {
		port := s.Port
		if port == 0 {
			port = s.Home.ReadPort(s.Name)
		}
		if port != 0 {
			if err := s.probe(ctx, port); err == nil {
				return port, nil
			}
		}
		if err := s.takeoverFailure(); err != nil {
			return 0, err
		}
		select {
		case <-retry.C:
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
}

func (s *Service) probe(ctx context.Context, port int) error {
	if s.Probe != nil {
		return s.Probe(ctx, port)
	}
	var dialer net.Dialer
	c, err := dialer.DialContext(ctx, "tcp4", net.JoinHostPort(Loopback, strconv.Itoa(port)))
	if err != nil {
		return err
	}
	return c.Close()
}
