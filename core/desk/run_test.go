package desk

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"countersign/core/callback"
	"countersign/core/desk/fake"
	"countersign/core/gateway"
	"countersign/core/home"
	"countersign/core/ledger"
	"countersign/core/request"
)

func TestPausesGrowToTheirLongest(t *testing.T) {
	p := backoff{next: 4 * time.Second, longest: 10 * time.Second}
	var got []time.Duration
	for range 5 {
		got = append(got, p.take())
	}
	if diff := cmp.Diff([]time.Duration{4e9, 6e9, 9e9, 10e9, 10e9}, got); diff != "" {
		t.Error(diff)
	}
}

// launchQuietly writes a request whose browser is out into the ledger, without a listener: goroutines
// that wait for the network keep the clock of a synctest bubble from advancing.
func (r *rig) launchQuietly() (request.Request, request.Visit) {
	r.Helper()
	q := r.add("one")
	v := request.Visit{
		ID: request.VisitIDOf("t-" + string(q.ID)), Gateway: "one", Requests: []request.ID{q.ID}, ProcessID: "p1", URL: "https://one.example/x", ReturnURL: "http://127.0.0.1:1/return/t-" + string(q.ID),
		RemoteIDs: map[request.ID]request.RemoteIDs{q.ID: {Request: "p1", Documents: []string{"d0"}}},
	}
	_, err := r.ledger.Append(r.Context(), ledger.Change{ID: q.ID, Version: q.Version, Events: []request.Event{{Kind: request.KindLaunched, Visit: &v}}})
	r.must(err)
	return r.get(q.ID), v
}

func TestTheRhythmOfAsking(t *testing.T) {
	sampleFiles(t)
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		asked := make(chan struct{}, 1)
		r.One.Set(func(f *fake.Gateway) { f.Asked = asked })
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		d := r.Desk
		go func() { done <- d.settleAll(ctx) }()
		synctest.Wait()
		start := time.Now()
		next := func() time.Duration {
			<-asked
			since := time.Since(start).Round(100 * time.Millisecond)
			start = time.Now()
			return since
		}
		_, visit := r.launchQuietly()
		start = time.Now()
		var got []time.Duration
		for range 12 {
			got = append(got, next())
		}
		// The browser is out, and its return is expected first. The tenths of a second are
		// for the ledger's locks, which also wait in the bubble's time.
		want := []time.Duration{10e9, 15e9, 22.5e9, 33.8e9, 50.6e9, 75.9e9, 113.9e9, 170.9e9, 256.3e9, 300e9, 300e9, 300e9}
		within(t, want, got)
		// The browser is back, and the answer is expected any moment.
		r.back(visit, "status=odd")
		start, got = time.Now(), nil
		for range 15 {
			got = append(got, next())
		}
		within(t, []time.Duration{0, 0.5e9, 0.75e9, 1.1e9, 1.7e9, 2.5e9, 3.8e9, 5.7e9, 8.5e9, 12.8e9, 19.2e9, 28.8e9, 43.2e9, 60e9, 60e9}, got)
		cancel()
		if err := <-done; err != nil && ctx.Err() == nil {
			t.Error(err)
		}
		r.close()
	})
}

func within(t *testing.T, want, got []time.Duration) {
	t.Helper()
	for i := range want {
		if (want[i] - got[i]).Abs() > 200*time.Millisecond {
			t.Errorf("%d: waited %v, want %v", i, got[i], want[i])
		}
	}
}

func TestAfterARestartItIsAskedAtOnceAndThenInTheOldRhythm(t *testing.T) {
	sampleFiles(t)
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.launchQuietly()
		asked := make(chan struct{}, 1)
		r.One.Set(func(f *fake.Gateway) { f.Asked = asked })
		r.restart()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		d := r.Desk
		start := time.Now()
		go func() { done <- d.settleAll(ctx) }()
		var got []time.Duration
		for range 3 {
			<-asked
			got = append(got, time.Since(start))
			start = time.Now()
		}
		// Nobody came back. A hundred abandoned visits must not be asked about every minute.
		within(t, []time.Duration{0, 10e9, 15e9}, got)
		cancel()
		<-done
		r.close()
	})
}

func TestOneGatewayThatHangsKeepsNoOtherWaiting(t *testing.T) {
	r := newRig(t)
	release := make(chan struct{})
	hanging := make(chan struct{}, 2*askAtOnce)
	r.One.Set(func(f *fake.Gateway) {
		f.AtAsk = func() {
			hanging <- struct{}{}
			<-release
		}
	})
	stop := r.run()
	for range askAtOnce + 2 {
		_, visit := r.launch("one")
		r.back(visit, "status=signed")
	}
	for range askAtOnce {
		<-hanging
	}
	q, visit := r.launch("two")
	r.Two.Set(func(f *fake.Gateway) {
		f.Outcomes = map[request.ID]gateway.Outcome{q.ID: fake.NewOutcome(request.Canceled, "canceled", 1)}
	})
	r.back(visit, "status=canceled")
	r.until(q.ID, func(q request.Request) bool { return q.Status == request.Canceled })
	if len(hanging) != 0 {
		t.Error("a gateway is asked for more visits at once than it should be")
	}
	close(release)
	stop()
}

func TestAReturnStartsTheAskingAndTheRestFollows(t *testing.T) {
	r := newRig(t)
	stop := r.run()
	defer stop()
	q, visit := r.launch("one")
	r.says(q.ID, request.Signed, "finished")
	r.hands(q.ID, signed)
	// Settling may begin by asking about open requests: the answer comes after the return.
	r.One.Set(func(f *fake.Gateway) {
		f.AtAsk = func() { r.until(q.ID, func(q request.Request) bool { return q.ReturnedAt != nil }) }
	})
	resp, err := http.Get(visit.ReturnURL + "?status=signed")
	r.must(err)
	resp.Body.Close()
	now, err := r.Await(t.Context(), q.ID)
	r.must(err)
	if now[0].Status != request.Signed {
		t.Errorf("got %+v", now[0])
	}
	r.until(q.ID, func(q request.Request) bool {
		return q.NextStep == request.StepNone && q.Outcome.Evidence == request.ByDocument
	})
	if diff := cmp.Diff([]request.EventKind{request.KindReturned, request.KindAnswered, request.KindStored, request.KindDiscarded}, r.behind(q.ID)); diff != "" {
		t.Error(diff)
	}
}

func TestARestartSettlesWhatWasOpen(t *testing.T) {
	r := newRig(t)
	q, visit := r.launch("one")
	port := mustPort(t, visit.ReturnURL)
	r.restart()
	r.says(q.ID, request.Signed, "finished")
	r.hands(q.ID, signed)
	stop := r.run()
	r.until(q.ID, func(q request.Request) bool { return q.NextStep == request.StepNone })
	if now := r.get(q.ID); now.Status != request.Signed || now.Outcome.Evidence != request.ByDocument {
		t.Errorf("got %+v", now)
	}
	// The listener has the same port again, so that a late return arrives.
	again, err := r.listen(t.Context(), gateway.Profile{})
	if err != nil || again != port {
		t.Errorf("it listens on %d, not %d: %v", again, port, err)
	}
	resp, err := http.Get(visit.ReturnURL + "?status=late")
	r.must(err)
	resp.Body.Close()
	if last := r.last(q.ID); last.Kind != request.KindReturned || last.Return.Code != "late" {
		t.Errorf("got %+v", last)
	}
	stop()
}

func TestWhatIsWithdrawnIsDeletedByWhoeverRuns(t *testing.T) {
	r := newRig(t)
	stop := r.run()
	defer stop()
	q, _ := r.launch("one")
	_, err := r.Withdraw(t.Context(), q.ID, "")
	r.must(err)
	r.until(q.ID, func(q request.Request) bool { return q.NextStep == request.StepNone })
	if !slices.Contains(r.One.Seen(), "discard p1") {
		t.Errorf("got %v", r.One.Seen())
	}
}

func TestCloseEndsWhatRuns(t *testing.T) {
	r := newRig(t)
	_, visit := r.launch("one")
	asking := make(chan struct{})
	release := make(chan struct{})
	r.One.Set(func(f *fake.Gateway) {
		f.AtAsk = func() {
			close(asking)
			<-release
		}
	})
	ran := make(chan error, 1)
	d := r.Desk
	go func() { ran <- d.Run(context.Background()) }() // ended by Close
	r.back(visit, "status=signed")
	<-asking
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		d.Close()
	}()
	<-d.life.Context().Done()
	for { // until the listener is gone: a Close that does not wait would return soon after
		conn, err := net.Dial("tcp4", strings.TrimPrefix(visit.ReturnURL[:strings.LastIndex(visit.ReturnURL, "/return/")], "http://"))
		if err != nil {
			break
		}
		conn.Close()
	}
	for range 100_000 {
		runtime.Gosched()
	}
	select {
	case <-closed:
		t.Error("it did not wait for what was under way")
	default:
	}
	close(release)
	<-closed
	if err := <-ran; err != nil {
		t.Error(err)
	}
	if err := d.Run(context.Background()); err != nil {
		t.Errorf("after the end: %v", err)
	}
	r.Desk = nil
}

func TestAwaitTellsWhenTheTimeIsOver(t *testing.T) {
	r := newRig(t)
	q, _ := r.launch("one")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Await(ctx, q.ID); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// What another program did may be known only by looking: where the system tells of no changes, or when the time runs out at that moment.
func TestAwaitLooksOnceMoreBeforeItsTimeIsOver(t *testing.T) {
	sampleFiles(t)
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t) // its ledger looks for no changes of other processes
		q, _ := r.launchQuietly()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		type answer struct {
			requests []request.Request
			err      error
		}
		waiting := make(chan answer, 1)
		go func() {
			requests, err := r.Await(ctx, q.ID)
			waiting <- answer{requests, err}
		}()
		synctest.Wait()
		other, err := ledger.Open(ctx, r.dir.Path(), ledger.Options{Exclusive: true})
		r.must(err)
		_, err = other.Append(ctx, ledger.Change{ID: q.ID, Version: q.Version, Events: []request.Event{{Kind: request.KindWithdrawn, Reason: "by mistake"}, {Kind: request.KindDiscarded}}})
		r.must(errors.Join(err, other.Close()))
		synctest.Wait()
		cancel()
		if got := <-waiting; got.err != nil || got.requests[0].Status != request.Withdrawn {
			t.Errorf("got %+v, %v", got.requests, got.err)
		}
	})
}

func TestAwaitTellsThatTheDeskWasClosed(t *testing.T) {
	sampleFiles(t)
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		q, _ := r.launchQuietly()
		d := r.Desk
		waiting := make(chan error, 1)
		go func() {
			_, err := d.Await(t.Context(), q.ID)
			waiting <- err
		}()
		synctest.Wait()
		r.close()
		if err := <-waiting; err == nil || !strings.Contains(err.Error(), "desk was closed") {
			t.Errorf("got %v", err)
		}
	})
}

func TestAGatewayThatDoesNotAnswerIsAskedOnceInARefresh(t *testing.T) {
	r := newRig(t)
	a, _ := r.launch("one")
	b, _ := r.launch("one")
	c, _ := r.launch("two")
	r.One.Set(func(f *fake.Gateway) { f.AskErr = fake.ErrDown })
	r.Two.Set(func(f *fake.Gateway) {
		f.Outcomes = map[request.ID]gateway.Outcome{c.ID: fake.NewOutcome(request.Canceled, "canceled", 1)}
	})
	if err := r.Refresh(t.Context(), a.ID, b.ID, c.ID); !errors.Is(err, fake.ErrDown) {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff([]string{"prepare 1", "prepare 1", "ask"}, r.One.Seen()); diff != "" {
		t.Error(diff)
	}
	if now := r.get(c.ID); now.Status != request.Canceled {
		t.Errorf("the other gateway was left out: %+v", now)
	}
}

func TestAwaitIsOverWhenNothingMoreIsToBeExpected(t *testing.T) {
	r := newRig(t)
	q, _ := r.launch("one")
	r.says(q.ID, request.Signed, "finished")
	r.One.Set(func(f *fake.Gateway) { f.FetchErr = fake.ErrDown })
	if err := r.Refresh(t.Context(), q.ID); err == nil {
		t.Error("the download did not fail")
	}
	got, err := r.Await(t.Context(), q.ID)
	if err != nil || got[0].Status != request.Signed || got[0].Trouble == "" {
		t.Errorf("got %+v, %v", got, err)
	}
}

// Two programs on one home both receive the return and both settle, and nothing is recorded twice.
func TestTwoDesksOnOneHome(t *testing.T) {
	r := newRig(t)
	r.close()
	r.alone = false
	r.open()
	second := r.second()
	q, visit := r.launch("one")
	r.says(q.ID, request.Signed, "finished")
	r.hands(q.ID, signed)
	var work sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	for _, d := range []*Desk{r.Desk, second.Desk} {
		work.Go(func() {
			if err := d.Run(ctx); err != nil {
				t.Error(err)
			}
		})
		work.Go(func() { // as countersignctl refresh does at the same time
			if err := d.Refresh(context.Background(), q.ID); err != nil {
				t.Error(err)
			}
		})
		work.Go(func() {
			resp, err := http.Get(visit.ReturnURL + "?status=signed")
			if err != nil {
				t.Error(err)
				return
			}
			resp.Body.Close()
		})
	}
	r.until(q.ID, func(q request.Request) bool { return q.NextStep == request.StepNone && q.Status == request.Signed })
	// The other desk sees it, too.
	got, err := second.Await(ctx, q.ID)
	if err != nil || got[0].Outcome.Evidence != request.ByDocument {
		t.Errorf("got %+v, %v", got, err)
	}
	cancel()
	work.Wait()
	count := map[request.EventKind]int{}
	for _, k := range r.kinds(q.ID) {
		count[k]++
	}
	want := map[request.EventKind]int{request.KindAdded: 1, request.KindLaunched: 1, request.KindReturned: 1, request.KindAnswered: 1, request.KindStored: 1, request.KindDiscarded: 1}
	if diff := cmp.Diff(want, count); diff != "" {
		t.Error(diff)
	}
	second.close()
}

func TestWhoStandsByTakesOver(t *testing.T) {
	r := newRig(t)
	r.close()
	r.alone = false
	r.open()
	q, visit := r.launch("one") // the first desk listens for returns
	second := r.second()
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- second.Run(ctx) }()
	r.close()
	// The second desk binds the port as soon as the first has released it.
	for {
		resp, err := http.Get(visit.ReturnURL + "?status=signed")
		if err == nil {
			resp.Body.Close()
			break
		}
	}
	events, err := second.ledger.Events(ctx, q.ID)
	if err != nil || events[len(events)-1].Kind != request.KindReturned {
		t.Errorf("got %v, %v", events, err)
	}
	cancel()
	if err := <-ran; err != nil {
		t.Error(err)
	}
	second.close()
}

// The window asks whenever it gets the focus, which is too often to ask the gateways each time.
func TestAskingNowAsksForWhatIsOutAndNotTooOften(t *testing.T) {
	r := newRig(t)
	q, _ := r.launch("one")
	r.launch("two")
	r.says(q.ID, request.Canceled, "canceled")
	r.must(r.AskNow(t.Context()))
	if now := r.get(q.ID); now.Status != request.Canceled {
		t.Errorf("got %+v", now)
	}
	r.must(r.AskNow(t.Context()))
	if calls := r.Two.Seen(); len(calls) != 2 { // prepare, ask
		t.Errorf("the other gateway was called: %v", calls)
	}
	r.Advance(askAgain)
	r.must(r.AskNow(t.Context()))
	if calls := r.Two.Seen(); len(calls) != 3 {
		t.Errorf("later, the other gateway was called: %v", calls)
	}
}

func TestReturnsComeToThePortOfTheSettings(t *testing.T) {
	r := newRig(t)
	choose := func(port int) {
		r.must(os.WriteFile(r.dir.Settings(), fmt.Appendf(nil, "callback_port = %d\n", port), 0o600))
	}
	own, err := r.listenOn(t.Context(), 0)
	r.must(err)
	choose(own)
	_, visit := r.launch("one")
	if want := callback.ReturnAddress(own, path.Base(visit.ReturnURL)); visit.ReturnURL != want { // the desk's own port stays
		t.Errorf("it comes back to %s", visit.ReturnURL)
	}
	free, err := home.Listen(t.Context(), 0)
	r.must(err)
	fixed := home.PortOf(free)
	r.must(free.Close())
	choose(fixed)
	if _, visit = r.launch("one"); visit.ReturnURL != callback.ReturnAddress(fixed, path.Base(visit.ReturnURL)) {
		t.Errorf("it comes back to %s", visit.ReturnURL)
	}
}
