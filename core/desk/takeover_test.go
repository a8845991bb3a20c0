package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/core/desk/fake"
	"countersign/core/gateway"
	"countersign/core/request"
)

// longer is longer than the patience, whatever the difference between the clocks of two desks.
const longer = time.Hour

// goesAway makes a desk one that has said nothing for longer than the patience.
func (r *rig) goesAway() {
	r.Helper()
	cluster.MustExec(r, r.database, r.database, fmt.Sprintf("UPDATE countersign.leases SET leased_until = clock_timestamp() - interval '1 second' WHERE desk = '%s' AND what LIKE 'here:%%'", r.link.Membership().Desk))
}

// mustTakeOver looks once for visits of desks that are away.
func (r *rig) mustTakeOver() {
	r.Helper()
	r.catchUp()
	r.must(r.takeOver(r.Context()))
}

// asked returns how often the desk has asked its gateway "one" for an outcome.
func (r *rig) asked() (n int) {
	for _, call := range r.One.Seen() {
		if strings.HasPrefix(call, "ask") {
			n++
		}
	}
	return n
}

func TestAnotherDeskTakesOverTheVisitsOfOneThatIsAway(t *testing.T) {
	front, back := newDesks(t)
	front.must(front.link.StayHere(t.Context()))
	q, visit := front.launch("one")
	for _, r := range []*rig{front, back} {
		r.says(q.ID, request.Signed, "finished")
		r.hands(q.ID, signed)
	}
	back.mustTakeOver()
	back.Advance(longer)
	back.mustTakeOver()
	if back.asked() > 0 {
		t.Fatalf("the desk front is at work, and back called its gateway: %v", back.One.Seen())
	}
	front.goesAway()
	back.mustTakeOver()
	r := back.get(q.ID)
	if r.Status != request.Signed || r.Outcome.Evidence != request.ByDocument || r.NextStep != request.StepNone || r.FileState() != request.FilesProve || r.Desk != "front" {
		t.Errorf("got %s by %v, next %q, at %s", r.Status, r.Outcome, r.NextStep, r.Desk)
	}
	if i := slices.IndexFunc(back.events(q.ID), func(e request.Event) bool { return e.Kind == request.KindAnswered }); i < 0 || back.events(q.ID)[i].Desk != "back" {
		t.Errorf("events %v", back.kinds(q.ID))
	}
	asked := back.asked()
	back.Advance(longer)
	back.mustTakeOver()
	if back.asked() != asked {
		t.Error("a visit that is settled is asked about again")
	}

	// The browser comes back to the desk where the visit began, which does not know yet.
	if f := front.get(q.ID); f.Status != request.Signing {
		t.Fatalf("it is %s there", f.Status)
	}
	front.back(visit, "status=done")
	front.must(front.Refresh(t.Context(), q.ID))
	count := map[request.EventKind]int{}
	for _, kind := range front.kinds(q.ID) {
		count[kind]++
	}
	if count[request.KindAnswered] != 1 || count[request.KindStored] != 1 || count[request.KindReturned] != 1 {
		t.Errorf("events %v", front.kinds(q.ID))
	}
}

// The desk that is back and the one that has taken over may settle a visit at the same moment.
func TestTwoDesksSettleAVisitOnce(t *testing.T) {
	front, back := newDesks(t)
	for range 5 {
		q, visit := front.launch("one")
		both := new(sync.WaitGroup)
		both.Add(2)
		for _, r := range []*rig{front, back} {
			r.says(q.ID, request.Signed, "finished")
			r.hands(q.ID, signed)
			r.catchUp()
			met := sync.OnceFunc(func() { both.Done(); both.Wait() }) // both ask before either has an answer
			r.One.Set(func(g *fake.Gateway) { g.AtAsk = met })
		}
		var work sync.WaitGroup
		for _, r := range []*rig{front, back} {
			work.Go(func() {
				if _, err := r.settleVisit(t.Context(), visit.ID); err != nil {
					t.Error(err)
				}
			})
		}
		work.Wait()
		for _, r := range []*rig{front, back} {
			r.catchUp()
			r.must(r.Refresh(t.Context(), q.ID))
			if got := r.kinds(q.ID); !slices.Equal(got, []request.EventKind{request.KindAdded, request.KindLaunched, request.KindAnswered, request.KindStored, request.KindDiscarded}) {
				t.Errorf("events %v", got)
			}
		}
	}
}

func TestOneDeskAtATimeTakesOver(t *testing.T) {
	front, back := newDesks(t)
	q, _ := front.launch("one")
	back.Advance(longer)
	if has, err := front.link.TakeOver(t.Context(), "front", "one"); err != nil || !has { // as any other desk would
		t.Fatal(has, err)
	}
	back.mustTakeOver()
	if n := back.asked(); n > 0 {
		t.Errorf("%d questions while another desk asks", n)
	}
	cluster.MustExec(t, back.database, back.database, "UPDATE countersign.leases SET leased_until = clock_timestamp() WHERE what LIKE 'visits:%'")
	back.mustTakeOver()
	if n := back.asked(); n != 1 {
		t.Errorf("%d questions after that one is gone, too", n)
	}
	if r := back.get(q.ID); r.Version != front.get(q.ID).Version {
		t.Errorf("events %v", back.kinds(q.ID))
	}
}

// A visit that began a moment ago is left to its desk, also if that never says that it is at work, as one without a window.
func TestADeskThatLacksTheGatewayDoesNotTakeOver(t *testing.T) {
	front, back := newDesks(t)
	_, _ = front.launch("one")
	back.mustTakeOver()
	back.Advance(longer)
	back.Secrets.Change(func(s *fake.Secrets) { clear(s.Kept) })
	back.mustTakeOver()
	if seen := back.One.Seen(); len(seen) > 0 {
		t.Errorf("it has called the gateway: %v", seen)
	}
	if has, err := front.link.TakeOver(t.Context(), "front", "one"); err != nil || !has {
		t.Errorf("it has reserved what it cannot do: %v", err)
	}
}

// A gateway of the same name at another desk may be another one. What it does not know is no outcome.
func TestAnotherGatewayOfTheSameNameDecidesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		says request.Status
		code string
		file func() []byte
		err  string
	}{
		"it knows no such visit":   {request.Gone, "gone", nil, "does not know the visit"},
		"it says something else":   {request.Signing, "queued", nil, ""},
		"it has another file":      {request.Signed, "", func() []byte { return someoneElses }, ""},
		"the file proves nothing":  {request.Signed, "", func() []byte { return unsignedNewer }, ""},
		"it cannot be asked there": {request.Signed, "", nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			front, back := newDesks(t)
			q, _ := front.launch("one")
			if c.code != "" {
				back.says(q.ID, c.says, c.code)
			} else {
				outcome := gateway.Outcome{Status: c.says, NeedsProof: true, Documents: make([]request.DocumentResult, 1)}
				back.One.Set(func(g *fake.Gateway) { g.Outcomes = map[request.ID]gateway.Outcome{q.ID: outcome} })
			}
			if c.file != nil {
				back.hands(q.ID, c.file())
			}
			back.Advance(longer)
			back.catchUp()
			err := back.takeOver(t.Context())
			if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("got %v", err)
			}
			if r := back.get(q.ID); r.Version != q.Version {
				t.Errorf("events %v", back.kinds(q.ID))
			}
			if back.asked() == 0 {
				t.Error("it was not asked")
			}
		})
	}
}

func TestOnlyADeskThatKnowsTheGatewayDeletesThere(t *testing.T) {
	front, back := newDesks(t)
	discarded := func() bool {
		return slices.ContainsFunc(back.One.Seen(), func(call string) bool { return strings.HasPrefix(call, "discard") })
	}
	q, _ := front.launch("one")
	front.says(q.ID, request.Signed, "finished")
	front.hands(q.ID, signed)
	front.One.Set(func(g *fake.Gateway) { g.DiscardErr = errors.New("busy") })
	_ = front.Refresh(t.Context(), q.ID)
	if r := front.get(q.ID); r.NextStep != request.StepDiscard {
		t.Fatalf("next is %q", r.NextStep)
	}
	back.Advance(longer)
	back.mustTakeOver()
	if discarded() || back.get(q.ID).NextStep != request.StepDiscard {
		t.Error("a desk that has heard nothing of the gateway deletes there")
	}
	other, _ := front.launch("one")
	back.says(other.ID, request.Signed, "finished")
	back.hands(other.ID, signed)
	back.Advance(longer)
	back.mustTakeOver()
	if r := back.get(other.ID); r.Status != request.Signed || r.NextStep != request.StepNone || !discarded() {
		t.Errorf("next is %q: %v", r.NextStep, back.One.Seen())
	}
}

func TestADeskThatRunsTakesOver(t *testing.T) {
	front, back := newDesks(t)
	q, _ := front.launch("one")
	back.says(q.ID, request.Signed, "finished")
	back.hands(q.ID, signed)
	back.catchUp()
	back.Advance(longer)
	defer back.run()()
	back.until(q.ID, func(r request.Request) bool { return r.Status == request.Signed && r.NextStep == request.StepNone })
}

func TestADeskThatRunsIsAtWork(t *testing.T) {
	front, back := newDesks(t)
	if away, err := back.link.Away(t.Context()); err != nil || !slices.Equal(away, []string{"floor", "front"}) {
		t.Fatalf("got %v, %v", away, err)
	}
	told := &toldOffice{Office: front.Desk.cfg.Office, told: make(chan struct{})}
	front.Desk.cfg.Office = told
	stop := front.run()
	<-told.told
	stop()
	if away, err := back.link.Away(t.Context()); err != nil || !slices.Equal(away, []string{"floor"}) {
		t.Errorf("got %v, %v", away, err)
	}
}

// toldOffice is an office that closes told when it knows that this desk is at work.
type toldOffice struct {
	Office
	told chan struct{}
	once sync.Once
}

func (o *toldOffice) StayHere(ctx context.Context) error {
	err := o.Office.StayHere(ctx)
	o.once.Do(func() { close(o.told) })
	return err
}
