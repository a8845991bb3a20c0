package home

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// Loopback is the only address services of a home listen on: the literal, since
// "localhost" may resolve to something else.
const Loopback = "127.0.0.1"

// ErrPortTaken says that a port is used by another program.
var ErrPortTaken = errors.New("is used by another program")

// Listen binds a port of the loopback address; port zero picks a free one.
func Listen(ctx context.Context, port int) (net.Listener, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp4", net.JoinHostPort(Loopback, strconv.Itoa(port)))
	if errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, syscall.EACCES) {
		return nil, fmt.Errorf("port %d %w: close that program, or choose another port", port, ErrPortTaken)
	}
	if err != nil {
		return nil, fmt.Errorf("listen on this machine: %w", err)
	}
	return l, nil
}

// PortOf is the port of a listener made by [Listen].
func PortOf(l net.Listener) int { return l.Addr().(*net.TCPAddr).Port }

// Service is something that listens on a loopback port, run by one process of the home
// for all of them. Every process that needs it makes one with the same name: the first
// serves, the others stand by and serve when it has ended.
type Service struct {
	Home Dir
	Name string // of the lock and of the file with the port
	Port int    // a fixed port; zero for one that is picked once and kept
	// Serve answers on the listener until ctx ends, and closes it.
	Serve func(ctx context.Context, l net.Listener) error
	Log   *slog.Logger

	mu       sync.Mutex
	started  bool
	work     sync.WaitGroup
	timeouts timeouts // the usual one when zero
}

// timeouts is how long to wait for what takes a moment at most.
type timeouts struct {
	answer time.Duration // for the process that has the lock to answer on the port
	port   time.Duration // for a process that has just ended to let go of the port
}

var defaultTimeouts = timeouts{answer: 3 * time.Second, port: 500 * time.Millisecond}

func (s *Service) currentTimeouts() timeouts {
	if s.timeouts == (timeouts{}) {
		return defaultTimeouts
	}
	return s.timeouts
}

// pollInterval is how often to look whether it is so.
const pollInterval = 20 * time.Millisecond

// Ensure makes sure that somebody serves and gives the port. This process goes on serving,
// or standing by, until life ends. A fixed port that another program uses is an error; a
// picked one that is taken is picked again.
func (s *Service) Ensure(ctx, life context.Context) (int, error) {
	if err := s.start(ctx, life); err != nil {
		return 0, err
	}
	return s.waitForAnswer(ctx)
}

// Wait waits until this process serves and stands by no more, after life has ended.
func (s *Service) Wait() { s.work.Wait() }

func (s *Service) start(ctx, life context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.started {
		return nil
	}
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
		return // the program ends
	}
	l, err := s.bind(life)
	if err != nil {
		s.Log.Error("could not take over a service", "name", s.Name, "error", err)
		s.release(lock)
		s.markStopped()
		return
	}
	s.serve(life, l, lock)
}

// markStopped makes the next Ensure start anew. Without it, a service that failed once would
// stay away for as long as the program runs.
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
		// Whoever answers there is not ours: nobody is to be sent to it.
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

// bindRetrying binds a port that may be in use for a moment longer: when a process is killed,
// its lock is free before its port is.
func (s *Service) bindRetrying(ctx context.Context, port int) (net.Listener, error) {
	enough := time.NewTimer(s.currentTimeouts().port)
	defer enough.Stop()
	retry := time.NewTicker(pollInterval)
	defer retry.Stop()
	for {
		l, err := Listen(ctx, port)
		if !errors.Is(err, ErrPortTaken) {
			return l, err
		}
		select {
		case <-retry.C:
		case <-enough.C:
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

// waitForAnswer gives the port once somebody answers there. The process that serves may just
// be binding it.
func (s *Service) waitForAnswer(ctx context.Context) (int, error) {
	unanswered := fmt.Errorf("nobody answers for %s: close other Countersign programs and try again", s.Name)
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
			var dialer net.Dialer
			if c, err := dialer.DialContext(ctx, "tcp4", net.JoinHostPort(Loopback, strconv.Itoa(port))); err == nil {
				return port, c.Close()
			}
		}
		select {
		case <-retry.C:
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
}
