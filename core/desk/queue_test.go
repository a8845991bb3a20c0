package desk

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"countersign/core/request"
)

// runQueue signs the queue in the background until the returned function is called.
func (r *rig) runQueue() (stop func()) {
	r.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	d := r.Desk
	go func() { done <- d.RunQueue(ctx) }()
	r.queueIs(func(s QueueState) bool { return s.Here })
	return func() {
		cancel()
		if err := <-done; err != nil {
			r.Error(err)
		}
	}
}

// queueIs waits until the queue is as it should be.
func (r *rig) queueIs(is func(QueueState) bool) QueueState {
	r.Helper()
	ctx, cancel := context.WithCancel(r.Context())
	states := r.Queue().Watch(ctx)
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
	r.Fatal("the desk was closed")
	return QueueState{}
}

// isOut tells that the browser is on the visit of these requests, and so many are behind it.
func isOut(waiting int, ids ...request.ID) func(QueueState) bool {
	return func(s QueueState) bool {
		return s.Visit != nil && cmp.Equal(s.Out, ids) && len(s.Waiting) == waiting
	}
}

// browsers gives the addresses that browsers were sent to.
func (r *rig) browsers() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.opened)
}

// isOpened waits until a browser was sent for a request so many times.
func (r *rig) isOpened(id request.ID, times int) {
	r.Helper()
	r.until(id, func(request.Request) bool {
		opened := slices.DeleteFunc(r.kinds(id), func(k request.Kind) bool { return k != request.KindOpened })
		return len(opened) == times
	})
}

// end gives a request an outcome.
func (r *rig) end(id request.ID, s request.Status) {
	r.Helper()
	_, err := r.change(r.Context(), id, func(q request.Request) ([]request.Event, error) {
		return []request.Event{answerEvent(q.Visit.Ticket, verdict(s, string(s), len(q.Documents)), request.ByGateway, request.Nothing)}, nil
	})
	r.must(err)
}

func (r *rig) addMany(gateways ...string) []request.ID {
	var ids []request.ID
	for _, g := range gateways {
		ids = append(ids, r.add(g).ID)
	}
	return ids
}

func TestTheQueueSignsOneVisitAfterTheOther(t *testing.T) {
	r := newRig(t)
	ids := r.addMany("one", "two", "one", "one") // two of a gateway go together
	defer r.runQueue()()
	r.must(r.Queue().Enqueue(t.Context(), ids...))
	s := r.queueIs(isOut(2, "r1", "r3"))
	r.isOpened("r1", 1)
	if s.Done != 0 || s.Total != 4 || s.Paused || s.Visit.Gateway != "one" {
		t.Errorf("got %+v", s)
	}
	r.end("r1", request.Rejected)
	s = r.queueIs(func(s QueueState) bool { return s.Done == 1 })
	if diff := cmp.Diff([]request.ID{"r3"}, s.Out); diff != "" {
		t.Error(diff)
	}
	r.end("r3", request.Signed)
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
	r.end("r4", request.Failed)
	s = r.queueIs(func(s QueueState) bool { return s.Left() == 0 })
	if s.Done != 4 || s.Total != 4 || s.Paused || s.Visit != nil {
		t.Errorf("got %+v", s)
	}
	if all := r.browsers(); len(all) != 3 {
		t.Errorf("got %q", all)
	}
	// The next run counts anew.
	r.must(r.Queue().Enqueue(t.Context(), r.addMany("one")...))
	if s := r.queueIs(isOut(0, "r5")); s.Total != 1 || s.Done != 0 {
		t.Errorf("got %+v", s)
	}
}

func TestAPausedQueueBeginsNothing(t *testing.T) {
	r := newRig(t)
	ids := r.addMany("one", "two", "two", "two")
	defer r.runQueue()()
	r.must(r.Queue().Enqueue(t.Context(), ids[:2]...))
	r.queueIs(isOut(1, "r1"))
	r.isOpened("r1", 1)
	r.must(r.Queue().Pause())
	r.must(r.Queue().Enqueue(t.Context(), ids...)) // each once
	r.end("r1", request.Canceled)
	s := r.queueIs(func(s QueueState) bool { return s.Done == 1 })
	if diff := cmp.Diff(QueueState{Here: true, Paused: true, Waiting: []request.ID{"r2", "r3", "r4"}, Done: 1, Total: 4}, s); diff != "" {
		t.Error(diff)
	}
	r.must(r.Queue().Drop("r2", "r9"))
	if _, err := r.Withdraw(t.Context(), "r3", ""); err != nil { // leaves the queue, too
		t.Fatal(err)
	}
	s = r.queueIs(func(s QueueState) bool { return len(s.Waiting) == 1 })
	if !s.Paused || s.Total != 3 || s.Done != 2 || len(r.browsers()) != 1 {
		t.Errorf("got %+v", s)
	}
	r.must(r.Queue().Resume())
	r.queueIs(isOut(0, "r4"))
	if now := r.get("r2"); now.Status != request.Pending {
		t.Errorf("what was dropped is %s", now.Status)
	}
}

func TestALaunchThatFailsPausesTheQueue(t *testing.T) {
	r := newRig(t)
	ids := r.addMany("one", "two")
	defer r.runQueue()()
	r.one.set(func(f *fake) { f.prepareErr = errDown })
	r.must(r.Queue().Enqueue(t.Context(), ids...))
	s := r.queueIs(func(s QueueState) bool { return s.Paused })
	if diff := cmp.Diff(QueueState{Here: true, Paused: true, Reason: errDown.Error(), Waiting: ids, Total: 2}, s); diff != "" {
		t.Error(diff)
	}
	if now := r.get("r1"); now.Status != request.Pending || now.Trouble == "" {
		t.Errorf("got %+v", now)
	}
	r.one.set(func(f *fake) { f.prepareErr = nil })
	r.must(r.Queue().Resume())
	if s := r.queueIs(isOut(1, "r1")); s.Reason != "" || s.Paused {
		t.Errorf("got %+v", s)
	}
}

func TestABrowserThatDoesNotStartPausesTheQueue(t *testing.T) {
	r := newRig(t)
	fails := true
	r.config.OpenURL = func(address string) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.opened = append(r.opened, address); fails {
			return errors.New("no display")
		}
		return nil
	}
	r.restart()
	ids := r.addMany("one", "two")
	defer r.runQueue()()
	r.must(r.Queue().Enqueue(t.Context(), ids...))
	s := r.queueIs(func(s QueueState) bool { return s.Paused })
	if !strings.Contains(s.Reason, "no display") || !cmp.Equal(s.Waiting, ids) || s.Visit != nil {
		t.Errorf("got %+v", s)
	}
	r.mu.Lock()
	fails = false
	r.mu.Unlock()
	r.must(r.Queue().Resume())
	r.queueIs(isOut(1, "r1"))
	r.isOpened("r1", 1)
	if all := r.browsers(); len(all) != 2 || all[0] != all[1] {
		t.Errorf("another visit was begun: %q", all)
	}
}

func TestTheQueueSurvivesTheEndOfTheProgram(t *testing.T) {
	r := newRig(t)
	ids := r.addMany("one", "two", "two", "two")
	stop := r.runQueue()
	r.must(r.Queue().Enqueue(t.Context(), ids...))
	r.queueIs(isOut(3, "r1"))
	r.isOpened("r1", 1)
	before, err := os.ReadFile(r.dir.Queue())
	r.must(err)
	stop()
	r.restart()
	// What was on disk at any moment is what is there now, however the program ended.
	if after, err := os.ReadFile(r.dir.Queue()); err != nil || string(after) != string(before) {
		t.Errorf("%s, %v", after, err)
	}
	if info, err := os.Stat(r.dir.Queue()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v", info, err)
	}
	if _, err := r.Withdraw(t.Context(), "r3", ""); err != nil {
		t.Fatal(err)
	}
	defer r.runQueue()()
	s := r.queueIs(func(s QueueState) bool { return s.Here && len(s.Waiting) < 4 })
	if diff := cmp.Diff(QueueState{Here: true, Paused: true, Waiting: []request.ID{"r1", "r2", "r4"}, Done: 1, Total: 4}, s); diff != "" {
		t.Error(diff)
	}
	if len(r.browsers()) != 1 {
		t.Error("a browser opened unasked")
	}
	r.must(r.Queue().Resume())
	s = r.queueIs(isOut(2, "r1"))
	r.isOpened("r1", 2)
	if all := r.browsers(); len(all) != 2 || all[0] != all[1] || s.Visit.ProcessID != "p1" {
		t.Errorf("another visit was begun: %q", all)
	}
	// A visit that settled before anybody resumed is not opened again.
	r.end("r1", request.Signed)
	r.queueIs(isOut(0, "r2", "r4"))
}

func TestAVisitThatIsOutForLongCanBeSkipped(t *testing.T) {
	r := newRig(t)
	patient := 0
	r.config.OpenURL = func(string) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		if patient++; patient == 1 {
			r.now = r.now.Add(time.Hour) // the signer went to lunch
		}
		return nil
	}
	r.restart()
	ids := r.addMany("one", "two")
	defer r.runQueue()()
	r.must(r.Queue().Enqueue(t.Context(), ids...))
	s := r.queueIs(func(s QueueState) bool { return s.Late })
	if !isOut(1, "r1")(s) || s.Paused {
		t.Errorf("got %+v", s)
	}
	r.must(r.Queue().Skip())
	if s = r.queueIs(isOut(0, "r2")); s.Late || s.Done != 1 {
		t.Errorf("got %+v", s)
	}
	// It stays open, and settles by itself.
	if now := r.get("r1"); now.Status != request.Signing || now.Next != request.Ask {
		t.Errorf("got %+v", now)
	}
	r.must(r.Queue().Clear())
	if diff := cmp.Diff(QueueState{Here: true, Done: 2, Total: 2}, r.Queue().State()); diff != "" {
		t.Error(diff)
	}
}

func TestRequestsThatCannotBeSignedAreToldAndTheOthersQueued(t *testing.T) {
	r := newRig(t)
	ids := r.addMany("one", "one", "one")
	_, err := r.Withdraw(t.Context(), "r1", "")
	r.must(err)
	_, err = r.Sign(t.Context(), "r2") // its browser is out already
	r.must(err)
	defer r.runQueue()()
	err = r.Queue().Enqueue(t.Context(), append(ids, "nobody")...)
	if err == nil || !strings.Contains(err.Error(), "withdrawn: re-open it first") || !strings.Contains(err.Error(), "nobody") {
		t.Errorf("got %v", err)
	}
	// It goes on with the visit there is.
	if s := r.queueIs(isOut(1, "r2")); s.Total != 2 || s.Visit.ProcessID != "p1" {
		t.Errorf("got %+v", s)
	}
}

func TestOneProcessRunsTheQueue(t *testing.T) {
	r := newRig(t)
	ids := r.addMany("one")
	stop := r.runQueue()
	other, err := Open(t.Context(), r.config)
	r.must(err)
	defer func() { r.must(other.Close()) }()
	if err := other.Queue().Enqueue(t.Context(), ids...); err == nil || !strings.Contains(err.Error(), "another Countersign window") {
		t.Errorf("got %v", err)
	}
	if s := other.Queue().State(); !cmp.Equal(s, QueueState{}) {
		t.Errorf("got %+v", s)
	}
	stop()
	if err := r.Queue().Pause(); err == nil {
		t.Error("a queue that nobody runs was changed")
	}
}

func TestAQueueThatCannotBeReadIsTold(t *testing.T) {
	r := newRig(t)
	ids := r.addMany("one")
	for name, text := range map[string]string{"damaged": `{"waiting":["r1"`, "of requests that are not there": `{"waiting":["x","y"],"out":["z"],"total":1}`} {
		r.must(os.WriteFile(r.dir.Queue(), []byte(text), 0o600))
		stop := r.runQueue()
		s := r.queueIs(func(s QueueState) bool { return s.Left() == 0 })
		if s.Paused || json.Valid([]byte(text)) == (s.Reason != "") {
			t.Errorf("%s: got %+v", name, s)
		}
		stop()
	}
	defer r.runQueue()()
	r.must(r.Queue().Enqueue(t.Context(), ids...))
	if s := r.queueIs(isOut(0, "r1")); s.Reason != "" || s.Total != 1 {
		t.Errorf("got %+v", s)
	}
}
