package home

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/core/home/hometest"
)

var (
	// endless timeouts make a test wait for an event rather than for the clock.
	endless = timeouts{answer: time.Hour, port: time.Hour}
	// none ends after the first try.
	none = timeouts{answer: time.Nanosecond, port: time.Nanosecond}
)

// mustServe makes a service that sends its name to clients, and to the channel when it starts.
func mustServe(t *testing.T, d Dir, name string) (s *Service, serves chan string) {
	t.Helper()
	serves = make(chan string, 1)
	return &Service{Home: d, Name: "hall", Log: slog.New(slog.DiscardHandler), timeouts: endless, Serve: func(ctx context.Context, l net.Listener) error {
		serves <- name
		return answerWith(name)(ctx, l)
	}}, serves
}

func mustEnsure(t *testing.T, s *Service, life context.Context) int {
	t.Helper()
	port, err := s.Ensure(t.Context(), life)
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// lifetime returns a context for a service. The end of the test cancels it and waits for the
// service.
func lifetime(t *testing.T, s *Service) (life context.Context, end func()) {
	life, cancel := context.WithCancel(t.Context())
	end = func() { cancel(); s.Wait() }
	t.Cleanup(end)
	return life, end
}

func TestTheFirstServesAndTheSecondTakesOver(t *testing.T) {
	d := mustOpen(t)
	first, serves := mustServe(t, d, "first")
	life, end := lifetime(t, first)
	port := mustEnsure(t, first, life)
	<-serves

	second, takesOver := mustServe(t, d, "second")
	secondLife, _ := lifetime(t, second)
	if got := mustEnsure(t, second, secondLife); got != port {
		t.Errorf("the second names port %d, not %d", got, port)
	}
	if name := mustAsk(t, port); name != "first" {
		t.Errorf("%s answers while the first serves", name)
	}
	end()
	<-takesOver
	if name := mustAsk(t, port); name != "second" {
		t.Errorf("%s answers after the first has ended", name)
	}
	if got := mustEnsure(t, second, secondLife); got != port {
		t.Errorf("the port is %d now, not %d", got, port)
	}
}

// The same between processes, whether the first ends or is killed.
func TestAnotherProcessTakesOverOnTheSamePort(t *testing.T) {
	for name, end := range map[string]func(*hometest.Process){"the first ends": (*hometest.Process).MustStop, "the first is killed": (*hometest.Process).MustKill} {
		t.Run(name, func(t *testing.T) {
			d := mustOpen(t)
			first := hometest.MustStart(t, "serve", d.Path(), "first")
			said := map[string]bool{first.MustReadLine(): true, first.MustReadLine(): true} // in either order
			port := d.ReadPort("hall")
			if ready := fmt.Sprint("ready ", port); !said["serves"] || !said[ready] {
				t.Fatalf("the first says %v", said)
			}
			second := hometest.MustStart(t, "serve", d.Path(), "second")
			if got, want := second.MustReadLine(), fmt.Sprint("ready ", port); got != want {
				t.Fatalf("the second says %q, not %q", got, want)
			}
			if name := mustAsk(t, port); name != "first" {
				t.Errorf("%s answers while the first serves", name)
			}
			end(first)
			if got := second.MustReadLine(); got != "serves" {
				t.Fatalf("the second says %q", got)
			}
			if name := mustAsk(t, port); name != "second" {
				t.Errorf("%s answers after the first has ended", name)
			}
			second.MustStop()
		})
	}
}

func TestAPortIsPickedOnceAndKept(t *testing.T) {
	d := mustOpen(t)
	var ports []int
	for range 3 {
		s, serves := mustServe(t, d, "it")
		life, end := lifetime(t, s)
		ports = append(ports, mustEnsure(t, s, life))
		<-serves
		end()
	}
	if ports[0] == 0 || ports[1] != ports[0] || ports[2] != ports[0] {
		t.Errorf("ports %v", ports)
	}
}

func TestAPickedPortThatIsTakenIsPickedAgain(t *testing.T) {
	d := mustOpen(t)
	taken := mustListen(t)
	if err := d.WritePort("hall", PortOf(taken)); err != nil {
		t.Fatal(err)
	}
	s, _ := mustServe(t, d, "it")
	s.timeouts = timeouts{answer: time.Hour, port: time.Nanosecond}
	life, _ := lifetime(t, s)
	port := mustEnsure(t, s, life)
	if port == PortOf(taken) || d.ReadPort("hall") != port {
		t.Errorf("port %d, noted as %d, taken is %d", port, d.ReadPort("hall"), PortOf(taken))
	}
	if name := mustAsk(t, port); name != "it" {
		t.Errorf("%q answers", name)
	}
}

// The port of a killed process may be in use for a moment longer than its lock. While its
// successor waits for the port, no process must connect to it.
func TestAPortThatIsFreeInAMomentIsKept(t *testing.T) {
	d := mustOpen(t)
	dying := mustListen(t)
	if err := d.WritePort("hall", PortOf(dying)); err != nil {
		t.Fatal(err)
	}
	s, _ := mustServe(t, d, "it")
	life, _ := lifetime(t, s)
	ensured := make(chan int)
	go func() {
		port, err := s.Ensure(t.Context(), life)
		if err != nil {
			t.Error(err)
		}
		ensured <- port
	}()
	for d.ReadPort("hall") != 0 { // until it has found the port in use
		runtime.Gosched()
	}
	if err := dying.Close(); err != nil {
		t.Fatal(err)
	}
	if port := <-ensured; port != PortOf(dying) || d.ReadPort("hall") != port {
		t.Errorf("port %d, noted as %d, not %d", port, d.ReadPort("hall"), PortOf(dying))
	}
}

func TestAFixedPortThatIsTakenIsAnErrorThatNamesIt(t *testing.T) {
	d := mustOpen(t)
	taken := mustListen(t)
	s, _ := mustServe(t, d, "it")
	s.Port, s.timeouts = PortOf(taken), none
	life, _ := lifetime(t, s)
	_, err := s.Ensure(t.Context(), life)
	if !errors.Is(err, ErrPortTaken) || !strings.Contains(err.Error(), fmt.Sprint("port ", s.Port)) {
		t.Fatalf("error: %v", err)
	}
	// It has released the lock, and can start once the port is free.
	lock, err := d.TryLock("hall")
	if lock == nil || err != nil {
		t.Fatalf("the lock is not free: %v", err)
	}
	mustRelease(t, lock)
	if err := taken.Close(); err != nil {
		t.Fatal(err)
	}
	s.timeouts = endless
	if port := mustEnsure(t, s, life); port != s.Port {
		t.Errorf("port %d, not %d", port, s.Port)
	}
	if d.ReadPort("hall") != 0 {
		t.Error("a fixed port is noted as if it had been picked")
	}
}

func TestAServiceThatFailedIsStartedAgain(t *testing.T) {
	d := mustOpen(t)
	s, serves := mustServe(t, d, "it")
	well := s.Serve
	failed := make(chan struct{})
	s.Serve = func(_ context.Context, l net.Listener) error {
		defer close(failed)
		return errors.Join(errors.New("out of order"), l.Close())
	}
	life, _ := lifetime(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-failed; cancel() }()
	// It may or may not answer before it fails.
	if _, err := s.Ensure(ctx, life); err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	<-failed
	s.Wait()
	s.Serve = well
	mustEnsure(t, s, life)
	<-serves
}

// A service that could not take over can be started again later.
func TestATakeoverThatFailedIsTriedAgain(t *testing.T) {
	d := mustOpen(t)
	lock, err := d.TryLock("hall")
	if err != nil {
		t.Fatal(err)
	}
	taken := mustListen(t)
	s, serves := mustServe(t, d, "it")
	s.Port, s.timeouts = PortOf(taken), none
	life, _ := lifetime(t, s)
	if _, err := s.Ensure(canceled(t), life); !errors.Is(err, context.Canceled) {
		t.Fatalf("error: %v", err)
	}
	mustRelease(t, lock) // it gets the lock, but not the port
	s.Wait()
	if err := taken.Close(); err != nil {
		t.Fatal(err)
	}
	s.timeouts = endless
	mustEnsure(t, s, life)
	<-serves
}

func TestNoAnswerIsAnErrorThatSaysWhatToDo(t *testing.T) {
	d := mustOpen(t)
	lock, err := d.TryLock("hall") // of a process that does not serve
	if err != nil {
		t.Fatal(err)
	}
	defer mustRelease(t, lock)
	s, _ := mustServe(t, d, "it")
	s.timeouts = none
	life, _ := lifetime(t, s)
	if _, err := s.Ensure(t.Context(), life); err == nil || !strings.Contains(err.Error(), "close other Countersign programs") {
		t.Errorf("error: %v", err)
	}
	if _, err := s.Ensure(canceled(t), life); !errors.Is(err, context.Canceled) {
		t.Errorf("error after canceling: %v", err)
	}
}

func TestManyAtOnceAreServedByOne(t *testing.T) {
	d := mustOpen(t)
	s, serves := mustServe(t, d, "it")
	life, _ := lifetime(t, s)
	var wait sync.WaitGroup
	ports := make([]int, 10)
	for i := range ports {
		wait.Go(func() {
			port, err := s.Ensure(t.Context(), life)
			if err != nil {
				t.Error(err)
			}
			ports[i] = port
		})
	}
	wait.Wait()
	for _, p := range ports {
		if p != ports[0] {
			t.Errorf("ports %v", ports)
		}
	}
	<-serves
	select {
	case <-serves:
		t.Error("it serves twice")
	default:
	}
}

func TestADeletedHomeHasNoService(t *testing.T) {
	d := mustOpen(t)
	s, _ := mustServe(t, d, "it")
	if err := os.RemoveAll(filepath.Clean(d.Path())); err != nil {
		t.Fatal(err)
	}
	life, _ := lifetime(t, s)
	if _, err := s.Ensure(t.Context(), life); err == nil {
		t.Error("no error")
	}
}

func TestServicesListenOnTheLoopbackAddressAlone(t *testing.T) {
	l := mustListen(t)
	if ip := l.Addr().(*net.TCPAddr).IP.String(); ip != "127.0.0.1" {
		t.Errorf("it listens on %s", ip)
	}
}

func mustListen(t *testing.T) net.Listener {
	t.Helper()
	l, err := Listen(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func canceled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// probeNamed returns a probe that takes only servers of these names for processes of the home.
func probeNamed(names ...string) func(context.Context, int) error {
	return func(ctx context.Context, port int) error {
		c, err := new(net.Dialer).DialContext(ctx, "tcp4", net.JoinHostPort(Loopback, strconv.Itoa(port)))
		if err != nil {
			return err
		}
		defer c.Close()
		name, err := io.ReadAll(io.LimitReader(c, 100))
		if err == nil && !slices.Contains(names, string(name)) {
			err = ErrOtherProgram
		}
		return err
	}
}

// serveStranger lets another program answer on a port until the returned function is called. Port 0 picks one.
func serveStranger(t *testing.T, port int) (got int, end func()) {
	t.Helper()
	l, err := Listen(t.Context(), port)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() { answerWith("stranger")(ctx, l) })
	end = sync.OnceFunc(func() { cancel(); work.Wait(); l.Close() })
	t.Cleanup(end)
	return PortOf(l), end
}

// Two programs start at once, and another program has the fixed port: neither takes its answers for those of
// the other one.
func TestAFixedPortThatAnotherProgramAnswersIsTakenForBoth(t *testing.T) {
	d := mustOpen(t)
	port, end := serveStranger(t, 0)
	lock, err := d.TryLock("hall") // of the first program, while it tries for the port
	if err != nil {
		t.Fatal(err)
	}
	second, serves := mustServe(t, d, "second")
	probed, isSecond := make(chan struct{}), probeNamed("second")
	second.Probe = func(ctx context.Context, port int) error {
		defer func() {
			select {
			case probed <- struct{}{}:
			default:
			}
		}()
		return isSecond(ctx, port)
	}
	second.Port, second.timeouts = port, timeouts{answer: time.Hour, port: time.Nanosecond}
	life, _ := lifetime(t, second)
	ensured := make(chan error)
	go func() {
		_, err := second.Ensure(t.Context(), life)
		ensured <- err
	}()
	<-probed // it has met the stranger
	mustRelease(t, lock)
	if err := <-ensured; !errors.Is(err, ErrPortTaken) || !strings.Contains(err.Error(), fmt.Sprint("port ", port)) {
		t.Fatalf("error: %v", err)
	}
	end()
	second.timeouts = endless
	if got := mustEnsure(t, second, life); got != port {
		t.Errorf("port %d, not %d", got, port)
	}
	<-serves
}

// The process that served was killed, another program got its port, and the next process of the home has not
// taken over yet: the port that is noted is not that of the home.
func TestAPortThatAStrangerGotIsNotNamed(t *testing.T) {
	d := mustOpen(t)
	port, _ := serveStranger(t, 0)
	if err := d.WritePort("hall", port); err != nil {
		t.Fatal(err)
	}
	lock, err := d.TryLock("hall")
	if err != nil {
		t.Fatal(err)
	}
	s, serves := mustServe(t, d, "it")
	probed := make(chan struct{})
	isIt, once := probeNamed("it"), sync.Once{}
	s.Probe = func(ctx context.Context, port int) error {
		err := isIt(ctx, port)
		once.Do(func() { close(probed) })
		return err
	}
	s.timeouts = timeouts{answer: time.Hour, port: time.Nanosecond}
	life, _ := lifetime(t, s)
	ensured := make(chan int)
	go func() {
		got, err := s.Ensure(t.Context(), life)
		if err != nil {
			t.Error(err)
		}
		ensured <- got
	}()
	<-probed // it has met the stranger
	mustRelease(t, lock)
	if got := <-ensured; got == port || mustAsk(t, got) != "it" {
		t.Errorf("port %d, that of the stranger is %d", got, port)
	}
	<-serves
}

func TestAPortIsKeptTryingForUntilItIsFree(t *testing.T) {
	d := mustOpen(t)
	port, end := serveStranger(t, 0)
	s, serves := mustServe(t, d, "it")
	tried := make(chan struct{}, 100)
	s.Port, s.Probe, s.Log = port, probeNamed("it"), slog.New(sentOn(tried))
	life, _ := lifetime(t, s)
	s.Keep(life)
	s.Keep(life) // once is enough
	<-tried
	end()
	<-serves
	if name := mustAsk(t, port); name != "it" {
		t.Errorf("%q answers", name)
	}
	if got := mustEnsure(t, s, life); got != port {
		t.Errorf("port %d, not %d", got, port)
	}
}

// TestWhoWaitsForAPortThatIsTriedForLearnsThatItIsTaken checks what an Ensure returns that begins while a Keep tries for the port.
func TestWhoWaitsForAPortThatIsTriedForLearnsThatItIsTaken(t *testing.T) {
	d := mustOpen(t)
	port, _ := serveStranger(t, 0)
	s, _ := mustServe(t, d, "it")
	s.timeouts = timeouts{answer: time.Hour, port: time.Millisecond}
	probed := make(chan struct{}, 1)
	s.Port, s.Probe = port, func(context.Context, int) error {
		select {
		case probed <- struct{}{}:
		default:
		}
		return errors.New("a stranger answers")
	}
	life, _ := lifetime(t, s)
	waited := make(chan error, 1)
	var once sync.Once
	s.Log = slog.New(handlerFunc(func() { // the port was tried for, and nobody knows yet
		once.Do(func() {
			go func() {
				_, err := s.Ensure(t.Context(), life)
				waited <- err
			}()
			<-probed
		})
	}))
	s.Keep(life)
	if err := <-waited; !errors.Is(err, ErrPortTaken) {
		t.Errorf("got %v", err)
	}
}

// handlerFunc is a handler of log records that is called for each.
type handlerFunc func()

func (handlerFunc) Enabled(context.Context, slog.Level) bool    { return true }
func (f handlerFunc) Handle(context.Context, slog.Record) error { f(); return nil }
func (f handlerFunc) WithAttrs([]slog.Attr) slog.Handler        { return f }
func (f handlerFunc) WithGroup(string) slog.Handler             { return f }

// sentOn returns a handler of log records that sends on a channel for each.
func sentOn(c chan<- struct{}) slog.Handler { return sender{slog.DiscardHandler, c} }

type sender struct {
	slog.Handler
	c chan<- struct{}
}

func (sender) Enabled(context.Context, slog.Level) bool { return true }

func (s sender) Handle(context.Context, slog.Record) error {
	select {
	case s.c <- struct{}{}:
	default:
	}
	return nil
}

func TestAKeptServiceTakesOverFromAnotherProcess(t *testing.T) {
	d := mustOpen(t)
	port, endStranger := serveStranger(t, 0)
	endStranger() // a free port
	first, serves := mustServe(t, d, "first")
	first.Port = port
	life, end := lifetime(t, first)
	mustEnsure(t, first, life)
	<-serves
	second, takesOver := mustServe(t, d, "second")
	second.Port = port
	secondLife, _ := lifetime(t, second)
	second.Keep(secondLife)
	end()
	<-takesOver
	if name := mustAsk(t, port); name != "second" {
		t.Errorf("%q answers", name)
	}
}
