package desk

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/core/desk/fake"
	"countersign/core/gateway"
	"countersign/core/home"
	"countersign/core/request"
)

// stranger serves h on a port until the returned function is called, as another program does.
func (r *rig) stranger(port int, h http.Handler) (end func()) {
	r.Helper()
	l, err := home.Listen(r.Context(), port)
	r.must(err)
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: h}}
	s.Start()
	end = sync.OnceFunc(s.Close)
	r.Cleanup(end)
	return end
}

// comeBack returns the status with which a browser is answered that comes back.
func (r *rig) comeBack(address string) int {
	r.Helper()
	req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, address, nil)
	r.must(err)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	r.must(err)
	resp.Body.Close()
	return resp.StatusCode
}

func isLost(q request.Request) bool  { return q.LostPort != 0 }
func isHeard(q request.Request) bool { return q.LostPort == 0 }

func TestAVisitWhosePortAnotherProgramGotIsSaidAndNotGoneOnWith(t *testing.T) {
	r := newRig(t)
	q, visit := r.launch("one")
	port := mustPort(t, visit.ReturnURL)
	r.close()
	end := r.stranger(port, http.NotFoundHandler()) // answers as a listener does for an unknown ticket
	r.open()
	stop := r.run()
	defer stop()
	if got := r.until(q.ID, isLost); got.LostPort != port || got.HearsReturn() || got.Status != request.Signing {
		t.Errorf("got %+v", got)
	}
	if e := r.last(q.ID); e.Kind != request.KindReturnLost || e.Port != port || e.VisitID != visit.ID || !strings.Contains(e.Reason, fmt.Sprint("port ", port)) {
		t.Errorf("got %+v", e)
	}
	visits, err := r.Sign(t.Context(), q.ID)
	if !errors.Is(err, ErrReturnLost) || len(visits) != 0 || !strings.Contains(err.Error(), fmt.Sprint("port ", port)) {
		t.Errorf("got %v, %v", visits, err)
	}
	if err := r.CheckVisit(t.Context(), *r.get(q.ID).Visit); !errors.Is(err, ErrReturnLost) {
		t.Errorf("the address may be handed out: %v", err)
	}
	lost, err := r.CheckLostReturns(t.Context())
	if err != nil || len(lost) != 1 || lost[port].OK || lost[port].Name != gateway.PartReturn {
		t.Errorf("found %+v, %v", lost, err)
	}

	// What is sent out now comes back to another port, which is heard.
	_, other := r.launch("one")
	if got := r.comeBack(other.ReturnURL + "?status=odd"); mustPort(t, other.ReturnURL) == port || got != http.StatusOK {
		t.Errorf("a new visit comes back to %s and gets %d", other.ReturnURL, got)
	}

	// The port is free again: both are heard.
	end()
	r.until(q.ID, isHeard)
	if e := r.last(q.ID); e.Kind != request.KindReturnHeard || e.Port != port {
		t.Errorf("got %+v", e)
	}
	visits, err = r.Sign(t.Context(), q.ID)
	if err != nil || len(visits) != 1 || visits[0].URL != visit.URL {
		t.Errorf("got %v, %v", visits, err)
	}
	for _, v := range []request.Visit{visit, other} {
		if got := r.comeBack(v.ReturnURL + "?status=odd2"); got != http.StatusOK {
			t.Errorf("%s: %d", v.ReturnURL, got)
		}
	}
	if e := r.last(q.ID); e.Kind != request.KindReturned || e.Return.Code != "odd2" {
		t.Errorf("got %+v", e)
	}
	if lost, err := r.CheckLostReturns(t.Context()); err != nil || len(lost) != 0 {
		t.Errorf("found %+v, %v", lost, err)
	}
}

// Sign finds out by itself, before anything else has looked.
func TestSignNotesALostPort(t *testing.T) {
	r := newRig(t)
	q, visit := r.launch("one")
	r.close()
	end := r.stranger(mustPort(t, visit.ReturnURL), http.NotFoundHandler())
	r.open()
	if _, err := r.Sign(t.Context(), q.ID); !errors.Is(err, ErrReturnLost) || !isLost(r.get(q.ID)) {
		t.Errorf("got %v, %+v", err, r.get(q.ID))
	}
	end()
	if visits, err := r.Sign(t.Context(), q.ID); err != nil || len(visits) != 1 || isLost(r.get(q.ID)) {
		t.Errorf("got %v, %v, %+v", visits, err, r.get(q.ID))
	}
}

// A program that has the port sees the ticket, and sends the browser on to the port that is used now, with
// what it wants to be true.
func TestAReturnThatAnotherProgramSendsOnIsNotTaken(t *testing.T) {
	r := newRig(t)
	r.One.Set(func(f *fake.Gateway) { f.ByBrowser = true }) // so that it would be believed
	q, visit := r.launch("one")
	port, newPort := mustPort(t, visit.ReturnURL), 0
	r.close()
	r.stranger(port, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		to := url.URL{Scheme: "http", Host: fmt.Sprint(home.Loopback, ":", newPort), Path: req.URL.Path, RawQuery: "status=signed"}
		http.Redirect(w, req, to.String(), http.StatusFound)
	}))
	r.open()
	var err error
	newPort, err = r.listenOn(t.Context(), 0)
	r.must(err)
	before := len(r.kinds(q.ID))
	if got := r.comeBack(visit.ReturnURL + "?status=canceled"); got != http.StatusNotFound || newPort == port {
		t.Errorf("the browser gets %d from port %d", got, newPort)
	}
	if now := r.get(q.ID); now.Outcome != nil || now.Status != request.Signing || len(r.kinds(q.ID)) != before {
		t.Errorf("got %+v", now)
	}
}

func TestSignAnewBeginsAnotherVisitAtAPortThatIsHeard(t *testing.T) {
	r := newRig(t)
	q, visit := r.launch("one")
	port := mustPort(t, visit.ReturnURL)
	r.close()
	r.stranger(port, http.NotFoundHandler())
	r.open()
	visits, err := r.SignAnew(t.Context(), q.ID)
	if err != nil || len(visits) != 1 || visits[0].ID == visit.ID || mustPort(t, visits[0].ReturnURL) == port {
		t.Fatalf("got %v, %v", visits, err)
	}
	now := r.get(q.ID)
	if now.Attempt != 2 || !now.HearsReturn() || len(now.PendingDeletes) != 1 {
		t.Errorf("got %+v", now)
	}
	if got := r.comeBack(visits[0].ReturnURL + "?status=odd"); got != http.StatusOK {
		t.Errorf("the browser gets %d", got)
	}
	want := []request.EventKind{request.KindAdded, request.KindLaunched, request.KindWithdrawn, request.KindReopened, request.KindLaunched, request.KindReturned}
	if diff := cmp.Diff(want, r.kinds(q.ID)); diff != "" {
		t.Error(diff)
	}
}

func TestSignAnewKeepsAnOutcomeThatTheGatewayHas(t *testing.T) {
	r := newRig(t)
	q, visit := r.launch("one")
	r.One.Set(func(f *fake.Gateway) {
		f.Outcomes = map[request.ID]gateway.Outcome{q.ID: fake.NewOutcome(request.Signed, "finished", 1)}
		f.Files = map[request.ID][][]byte{q.ID: {signed}}
	})
	if visits, err := r.SignAnew(t.Context(), q.ID); err != nil || len(visits) != 0 {
		t.Errorf("got %v, %v", visits, err)
	}
	if now := r.get(q.ID); now.Status != request.Signed || now.Visit.ID != visit.ID {
		t.Errorf("got %+v", now)
	}
	// One that has ended otherwise, and one that nobody has signed yet, are signed as well.
	pending := r.add("one")
	if visits, err := r.SignAnew(t.Context(), pending.ID); err != nil || len(visits) != 1 {
		t.Errorf("got %v, %v", visits, err)
	}
	_, err := r.Withdraw(t.Context(), pending.ID, "")
	r.must(err)
	if visits, err := r.SignAnew(t.Context(), pending.ID); err != nil || len(visits) != 1 {
		t.Errorf("got %v, %v", visits, err)
	}
}

// The process that listened ends, another program gets its port, and the next process of the home takes over.
func TestASecondProcessThatTakesOverSaysThatThePortIsLost(t *testing.T) {
	r := newRig(t)
	r.alone = false
	r.restart()
	q, visit := r.launch("one")
	port := mustPort(t, visit.ReturnURL)
	r.close()
	lock, err := r.dir.TryLock("callback") // of the process that listens, until it ends
	r.must(err)
	end := r.stranger(port, http.NotFoundHandler())
	r.open()
	second := r.second()
	defer second.close()
	stops := []func(){r.run(), second.run()}
	defer func() {
		for _, stop := range stops {
			stop()
		}
	}()
	r.must(lock.Release())
	r.until(q.ID, isLost)
	end()
	r.until(q.ID, isHeard)
	if got := r.comeBack(visit.ReturnURL + "?status=odd"); got != http.StatusOK {
		t.Errorf("the browser gets %d", got)
	}
	if got := r.last(q.ID); got.Kind != request.KindReturned {
		t.Errorf("got %+v", got)
	}
}

func TestAFixedPortOfAnotherProgramIsAnErrorForTwoProgramsAtOnce(t *testing.T) {
	r := newRig(t)
	r.alone = false
	r.restart()
	l, err := home.Listen(t.Context(), 0)
	r.must(err)
	port := home.PortOf(l)
	r.must(l.Close())
	end := r.stranger(port, http.NotFoundHandler())
	r.must(os.WriteFile(r.dir.Gateways(), []byte(strings.Replace(fake.Profiles, `"https://one.example"`, fmt.Sprintf("\"https://one.example\"\ncallback_port = %d", port), 1)), 0o600))
	second := r.second()
	defer second.close()
	one, two := r.add("one"), r.add("one")
	sign := func(d *Desk, id request.ID) func() {
		return func() {
			visits, err := d.Sign(context.WithoutCancel(t.Context()), id)
			if len(visits) > 0 || !errors.Is(err, home.ErrPortTaken) || !strings.Contains(err.Error(), fmt.Sprint("port ", port)) {
				t.Errorf("got %v, %v", visits, err)
			}
		}
	}
	var work sync.WaitGroup
	work.Go(sign(r.Desk, one.ID))
	work.Go(sign(second.Desk, two.ID))
	work.Wait()
	p, err := r.Profile("one")
	r.must(err)
	if found := second.CheckReturn(t.Context(), p); found.OK {
		t.Errorf("found %+v", found)
	}
	end()
	for _, q := range []request.Request{one, two} {
		if visits, err := second.Sign(t.Context(), q.ID); err != nil || len(visits) != 1 || mustPort(t, visits[0].ReturnURL) != port {
			t.Errorf("got %v, %v", visits, err)
		}
	}
}

// The deletion of the earlier visit's copies, for example, may be written while the new visit is prepared.
func TestSignAnewBeginsAgainWhenTheRequestChangesMeanwhile(t *testing.T) {
	r := newRig(t)
	q, visit := r.launch("one")
	changed := false
	r.One.Set(func(f *fake.Gateway) {
		f.AtPrepare = func() {
			if !changed {
				changed = true
				_, err := r.Edit(t.Context(), q.ID, "Another title", "", "")
				r.must(err)
			}
		}
	})
	visits, err := r.SignAnew(t.Context(), q.ID)
	if err != nil || len(visits) != 1 || visits[0].ID == visit.ID || !changed {
		t.Errorf("got %v, %v", visits, err)
	}
}
