package queue

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"countersign/core/desk/desktest"
	"countersign/core/desk/fake"
	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/core/settings"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is a desk with a queue.
type rig struct {
	*desktest.Rig
	queue *Queue
}

func newRig(t *testing.T) *rig {
	r := &rig{Rig: desktest.New(t)}
	r.queue = r.newQueue()
	t.Cleanup(func() { r.queue.Close() }) // before the desk is closed
	return r
}

func (r *rig) newQueue() *Queue {
	patience := settings.NewStore(r.Dir, r.Gateways.Profiles, r.Config.Now, r.Config.Log)
	return New(Config{
		Home: r.Dir, Desk: r.Desk, Ledger: r.Ledger, Now: r.Config.Now, Log: r.Config.Log,
		Patience: func(ctx context.Context, gateway string) time.Duration { return patience.Patience(ctx).Of(gateway) },
	})
}

// restart is what happens when the program ends and starts again.
func (r *rig) restart() {
	r.Helper()
	r.queue.Close()
	r.Restart()
	r.queue = r.newQueue()
}

// runQueue signs the queue in the background until the returned function is called.
func (r *rig) runQueue() (stop func()) {
	r.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	q := r.queue
	go func() { done <- q.Run(ctx) }()
	r.queueIs(func(s State) bool { return s.Here })
	return func() {
		cancel()
		if err := <-done; err != nil {
			r.Error(err)
		}
	}
}

// queueIs waits until a condition holds for the queue.
func (r *rig) queueIs(is func(State) bool) State {
	r.Helper()
	ctx, cancel := context.WithCancel(r.Context())
	states := r.queue.Watch(ctx)
	defer func() {
		cancel()
		for range states {
		}
	}()
	for s := range states {
		if is(s) {
			return s
		}
	}
	r.Fatal("the queue was closed")
	return State{}
}

// isOut returns a condition: the browser is out for these requests, and so many wait behind them.
func isOut(waiting int, ids ...request.ID) func(State) bool {
	return func(s State) bool {
		return s.Visit != nil && cmp.Equal(s.Out, ids) && len(s.Waiting) == waiting
	}
}

// isOpened waits until the browser was opened for a request that many times.
func (r *rig) isOpened(id request.ID, times int) {
	r.Helper()
	r.Until(id, func(request.Request) bool {
		opened := slices.DeleteFunc(r.Events(id), func(e request.Event) bool { return e.Kind != request.KindOpened })
		return len(opened) == times
	})
}

func (r *rig) addMany(gateways ...string) []request.ID {
	var ids []request.ID
	for _, g := range gateways {
		ids = append(ids, r.NewRequest(g).ID)
	}
	return ids
}

func TestTheQueueSignsOneVisitAfterTheOther(t *testing.T) {
	r := newRig(t)
	ids := r.addMany("one", "two", "one", "one") // one visit takes two of a gateway
	defer r.runQueue()()
	r.Must(r.queue.Enqueue(t.Context(), ids...))
	s := r.queueIs(isOut(2, "r1", "r3"))
	r.isOpened("r1", 1)
	if s.Done != 0 || s.Total != 4 || s.Paused || s.Visit.Gateway != "one" {
		t.Errorf("got %+v", s)
	}
	r.End("r1", request.Rejected)
	s = r.queueIs(func(s State) bool { return s.Done == 1 })
	if diff := cmp.Diff([]request.ID{"r3"}, s.Out); diff != "" {
		t.Error(diff)
	}
	r.End("r3", request.Signed)
	s = r.queueIs(isOut(1, "r2"))
	if s.Visit.Gateway != "two" || s.Done != 2 {
		t.Errorf("got %+v", s)
	}
	r.isOpened("r2", 1)
	if _, err := r.Withdraw(t.Context(), "r2", ""); err != nil {
		t.Fatal(err)
	}
	r.queueIs(isOut(0, "r4"))
	r.isOpened("r4", 1)
	r.End("r4", request.Failed)
	s = r.queueIs(func(s State) bool { return s.Left() == 0 })
	if s.Done != 4 || s.Total != 4 || s.Paused || s.Visit != nil || !slices.Equal(s.Finished, []request.ID{"r1", "r3", "r2", "r4"}) {
		t.Errorf("got %+v", s)
	}
	if all := r.Opened(); len(all) != 3 {
		t.Errorf("got %q", all)
	}
	// A queue that was empty counts anew.
	r.Must(r.queue.Enqueue(t.Context(), r.addMany("one")...))
	if s := r.queueIs(isOut(0, "r5")); s.Total != 1 || s.Done != 0 || s.Finished != nil {
		t.Errorf("got %+v", s)
	}
}

func TestAPausedQueueBeginsNothing(t *testing.T) {
	r := newRig(t)
	ids := r.addMany("one", "two", "two", "two")
	defer r.runQueue()()
	r.Must(r.queue.Enqueue(t.Context(), ids[:2]...))
	r.queueIs(isOut(1, "r1"))
	r.isOpened("r1", 1)
	r.Must(r.queue.Pause())
	r.Must(r.queue.Enqueue(t.Context(), ids...)) // each once
	r.End("r1", request.Canceled)
	s := r.queueIs(func(s State) bool { return s.Done == 1 })
	if diff := cmp.Diff(State{Here: true, Paused: true, Waiting: []request.ID{"r2", "r3", "r4"}, Done: 1, Total: 4, Finished: []request.ID{"r1"}}, s); diff != "" {
		t.Error(diff)
	}
	r.Must(r.queue.Drop("r2", "r9"))
	if _, err := r.Withdraw(t.Context(), "r3", ""); err != nil { // leaves the queue, too
		t.Fatal(err)
	}
	s = r.queueIs(func(s State) bool { return len(s.Waiting) == 1 })
	if !s.Paused || s.Total != 3 || s.Done != 2 || len(r.Opened()) != 1 {
		t.Errorf("got %+v", s)
	}
	r.Must(r.queue.Resume())
	r.queueIs(isOut(0, "r4"))
	if now := r.Request("r2"); now.Status != request.Pending {
		t.Errorf("what was dropped is %s", now.Status)
	}
}

func TestALaunchThatFailsPausesTheQueue(t *testing.T) {
	r := newRig(t)
	ids := r.addMany("one", "two")
	defer r.runQueue()()
	r.One.Set(func(f *fake.Gateway) { f.PrepareErr = fake.ErrDown })
	r.Must(r.queue.Enqueue(t.Context(), ids...))
	s := r.queueIs(func(s State) bool { return s.Paused })
	if diff := cmp.Diff(State{Here: true, Paused: true, Reason: fake.ErrDown.Error(), Cause: fake.ErrDown.Cause(), Waiting: ids, Total: 2}, s); diff != "" {
		t.Error(diff)
	}
	if now := r.Request("r1"); now.Status != request.Pending || now.Trouble == "" {
		t.Errorf("got %+v", now)
	}
	r.One.Set(func(f *fake.Gateway) { f.PrepareErr = nil })
	r.Must(r.queue.Resume())
	if s := r.queueIs(isOut(1, "r1")); s.Reason != "" || s.Paused {
		t.Errorf("got %+v", s)
	}
}

func TestABrowserThatDoesNotStartPausesTheQueue(t *testing.T) {
	r := newRig(t)
	var fails atomic.Bool
	fails.Store(true)
	open := r.Config.OpenURL
	r.Config.OpenURL = func(address string) error {
		if fails.Load() {
			return errors.Join(open(address), errors.New("no display"))
		}
		return open(address)
	}
	r.restart()
	ids := r.addMany("one", "two")
	defer r.runQueue()()
	r.Must(r.queue.Enqueue(t.Context(), ids...))
	s := r.queueIs(func(s State) bool { return s.Paused })
	if !strings.Contains(s.Reason, "no display") || !cmp.Equal(s.Waiting, ids) || s.Visit != nil {
		t.Errorf("got %+v", s)
	}
	fails.Store(false)
	r.Must(r.queue.Resume())
	r.queueIs(isOut(1, "r1"))
	r.isOpened("r1", 1)
	if all := r.Opened(); len(all) != 2 || all[0] != all[1] {
		t.Errorf("another visit was begun: %q", all)
	}
}

func TestTheQueueSurvivesTheEndOfTheProgram(t *testing.T) {
	r := newRig(t)
	ids := r.addMany("one", "two", "two", "two")
	stop := r.runQueue()
	r.Must(r.queue.Enqueue(t.Context(), ids...))
	r.queueIs(isOut(3, "r1"))
	r.isOpened("r1", 1)
	before, err := os.ReadFile(r.Dir.Queue())
	r.Must(err)
	stop()
	r.restart()
	// Ending the program writes nothing: the file is as it would be after a crash.
	if after, err := os.ReadFile(r.Dir.Queue()); err != nil || string(after) != string(before) {
		t.Errorf("%s, %v", after, err)
	}
	if info, err := os.Stat(r.Dir.Queue()); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v", info, err)
	}
	if _, err := r.Withdraw(t.Context(), "r3", ""); err != nil {
		t.Fatal(err)
	}
	defer r.runQueue()()
	s := r.queueIs(func(s State) bool { return s.Here && len(s.Waiting) < 4 })
	if diff := cmp.Diff(State{Here: true, Paused: true, Waiting: []request.ID{"r1", "r2", "r4"}, Done: 1, Total: 4, Finished: []request.ID{"r3"}}, s); diff != "" {
		t.Error(diff)
	}
	if len(r.Opened()) != 1 {
		t.Error("a browser opened unasked")
	}
	r.Must(r.queue.Resume())
	s = r.queueIs(isOut(2, "r1"))
	r.isOpened("r1", 2)
	if all := r.Opened(); len(all) != 2 || all[0] != all[1] || s.Visit.ProcessID != "p1" {
		t.Errorf("another visit was begun: %q", all)
	}
	// A visit that settled before anybody resumed is not opened again.
	r.End("r1", request.Signed)
	r.queueIs(isOut(0, "r2", "r4"))
}

func TestAVisitThatIsOutForLongCanBeSkipped(t *testing.T) {
	r := newRig(t)
	var lunch sync.Once
	r.Config.OpenURL = func(string) error {
		lunch.Do(func() { r.Advance(time.Hour) })
		return nil
	}
	r.restart()
	ids := r.addMany("one", "two")
	defer r.runQueue()()
	r.Must(r.queue.Enqueue(t.Context(), ids...))
	s := r.queueIs(func(s State) bool { return s.Late })
	if !isOut(1, "r1")(s) || s.Paused {
		t.Errorf("got %+v", s)
	}
	r.Must(r.queue.Skip())
	if s = r.queueIs(isOut(0, "r2")); s.Late || s.Done != 1 {
		t.Errorf("got %+v", s)
	}
	// The visit stays open and settles by itself.
	if now := r.Request("r1"); now.Status != request.Signing || now.NextStep != request.StepAsk {
		t.Errorf("got %+v", now)
	}
	r.Must(r.queue.Clear())
	if diff := cmp.Diff(State{Here: true, Done: 2, Total: 2, Finished: []request.ID{"r1", "r2"}}, r.queue.State()); diff != "" {
		t.Error(diff)
	}
}

func TestRequestsThatCannotBeSignedAreToldAndTheOthersQueued(t *testing.T) {
	r := newRig(t)
	ids := r.addMany("one", "one", "one")
	_, err := r.Withdraw(t.Context(), "r1", "")
	r.Must(err)
	_, err = r.Sign(t.Context(), "r2") // its browser is out already
	r.Must(err)
	defer r.runQueue()()
	err = r.queue.Enqueue(t.Context(), append(ids, "nobody")...)
	if err == nil || !strings.Contains(err.Error(), "withdrawn: reopen it first") || !strings.Contains(err.Error(), "nobody") {
		t.Errorf("got %v", err)
	}
	// The queue reuses the visit of r2.
	if s := r.queueIs(isOut(1, "r2")); s.Total != 2 || s.Visit.ProcessID != "p1" {
		t.Errorf("got %+v", s)
	}
}

func TestOneProcessRunsTheQueue(t *testing.T) {
	r := newRig(t)
	ids := r.addMany("one")
	stop := r.runQueue()
	other := r.newQueue() // as another process has it
	defer other.Close()
	if err := other.Enqueue(t.Context(), ids...); err == nil || !strings.Contains(err.Error(), "another Countersign window") {
		t.Errorf("got %v", err)
	}
	if s := other.State(); !cmp.Equal(s, State{}) {
		t.Errorf("got %+v", s)
	}
	stop()
	if err := r.queue.Pause(); err == nil {
		t.Error("a queue that nobody runs was changed")
	}
}

func TestARequestIsInTheQueueOnce(t *testing.T) {
	ids := []request.ID{"a", "b", "a", "c", "b"}
	if got := withoutDuplicates(ids); !slices.Equal(got, []request.ID{"a", "b", "c"}) {
		t.Errorf("got %q", got)
	}
}

func TestAQueueThatCannotBeReadIsTold(t *testing.T) {
	r := newRig(t)
	ids := r.addMany("one")
	for name, text := range map[string]string{"damaged": `{"waiting":["r1"`, "of requests that are not there": `{"waiting":["x","y"],"out":["z"],"total":1}`} {
		r.Must(os.WriteFile(r.Dir.Queue(), []byte(text), 0o600))
		stop := r.runQueue()
		s := r.queueIs(func(s State) bool { return s.Left() == 0 })
		if s.Paused || json.Valid([]byte(text)) == (s.Reason != "") {
			t.Errorf("%s: got %+v", name, s)
		}
		stop()
	}
	if aside, err := os.ReadFile(r.Dir.Queue() + ".damaged"); err != nil || string(aside) != `{"waiting":["r1"` {
		t.Errorf("set aside is %q, %v", aside, err)
	}
	defer r.runQueue()()
	r.Must(r.queue.Enqueue(t.Context(), ids...))
	if s := r.queueIs(isOut(0, "r1")); s.Reason != "" || s.Total != 1 {
		t.Errorf("got %+v", s)
	}
}

// A colleague at another desk may sign what waits here. That is no reason for the queue to stop.
func TestWhatIsSignedAtAnotherDeskLeavesTheQueue(t *testing.T) {
	r := newRig(t)
	ids := r.addMany("one", "two", "one", "two")
	elsewhere := func(id request.ID) {
		t.Helper()
		visit := &request.Visit{ID: request.VisitIDOf("at front " + string(id)), Gateway: "two", Requests: []request.ID{id}}
		_, err := r.Ledger.Append(t.Context(), ledger.Change{ID: id, Version: 1, Events: []request.Event{{Kind: request.KindLaunched, By: "clara", Desk: "front", Visit: visit}}})
		r.Must(err)
	}
	elsewhere(ids[3])
	defer r.runQueue()()
	err := r.queue.Enqueue(t.Context(), ids...)
	if err == nil || !strings.Contains(err.Error(), "is being signed at the desk front") {
		t.Errorf("got %v", err)
	}
	r.queueIs(isOut(1, ids[0], ids[2]))
	elsewhere(ids[1])
	s := r.queueIs(isOut(0, ids[0], ids[2]))
	if s.Paused || s.Done != 1 || s.Total != 3 {
		t.Errorf("got %+v", s)
	}
}

// It may happen just when its turn comes.
func TestWhatBeginsAtAnotherDeskMeanwhileDoesNotStopTheQueue(t *testing.T) {
	r := newRig(t)
	ids := r.addMany("one", "two")
	r.One.Set(func(g *fake.Gateway) {
		g.AtPrepare = func() {
			visit := &request.Visit{ID: request.VisitIDOf("at front"), Gateway: "one", Requests: ids[:1]}
			_, err := r.Ledger.Append(t.Context(), ledger.Change{ID: ids[0], Version: 1, Events: []request.Event{{Kind: request.KindLaunched, By: "clara", Desk: "front", Visit: visit}}})
			r.Must(err)
		}
	})
	defer r.runQueue()()
	r.Must(r.queue.Enqueue(t.Context(), ids...))
	s := r.queueIs(isOut(0, ids[1]))
	if s.Paused || s.Done != 1 || s.Total != 2 {
		t.Errorf("got %+v", s)
	}
}
