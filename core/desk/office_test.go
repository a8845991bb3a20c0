package desk

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"countersign/core/desk/fake"
	"countersign/core/gateway"
	"countersign/core/office"
	"countersign/core/request"
	"countersign/core/sealing"
	"countersign/core/secret"
	"countersign/core/team"
	"countersign/core/team/teamtest"
)

var (
	cluster      *teamtest.Cluster
	startCluster = sync.OnceValue(func() (err error) { cluster, err = teamtest.Start(); return err })
)

func TestMain(m *testing.M) {
	code := m.Run()
	if cluster != nil {
		if err := cluster.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// newDesks returns two desks of an office, front and back, each of a clerk of its own. The gateway one is the office's.
func newDesks(t *testing.T) (front, back *rig) {
	t.Helper()
	front, back, floor := newOffice(t)
	floor.share("one", "https://one.example", false)
	for _, r := range []*rig{front, back} {
		r.must(r.Secrets.SetInFile(t.Context(), secret.OfficePrefix+"one", "https://one.example:443", "the secret"))
		r.catchUp()
	}
	return front, back
}

// newOffice returns three desks of an office: front and back of two clerks, and floor of a manager. Each has gateways of its own, one and two.
func newOffice(t *testing.T) (front, back, floor *rig) {
	t.Helper()
	front, back, floor, _ = newOfficeBy(t, func(database string) (team.Made, error) {
		return team.Init(t.Context(), cluster.DSN(database, database), "", "Office of "+database)
	})
	return front, back, floor
}

// newFirstOffice returns the same of an office of format 1, and the address of its database for the owner.
func newFirstOffice(t *testing.T) (front, back, floor *rig, owner string) {
	t.Helper()
	return newOfficeBy(t, func(database string) (team.Made, error) {
		roles, err := cluster.MakeFirstOffice(t.Context(), database, "../team/schema/1.sql")
		return team.Made{Clerk: roles + "_clerk", Manager: roles + "_manager"}, err
	})
}

func newOfficeBy(t *testing.T, makeOffice func(database string) (team.Made, error)) (front, back, floor *rig, owner string) {
	t.Helper()
	switch err := startCluster(); {
	case errors.Is(err, teamtest.ErrNotInstalled):
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
	database := cluster.MustCreate(t)
	made, err := makeOffice(database)
	if err != nil {
		t.Fatal(err)
	}
	join := func(name, role string) *rig {
		login := database + "_" + name
		cluster.MustExec(t, "postgres", "postgres", "CREATE ROLE "+login+" LOGIN")
		cluster.MustExec(t, database, database, "GRANT "+role+" TO "+login)
		r := newRig(t)
		r.database = database
		sealer := sealing.New(sealing.Config{Home: r.dir, Secrets: r.Secrets, Now: r.Now, Log: r.config.Log})
		sealer.Use(t.Context(), r.ledger)
		joiner := office.Joiner{Home: r.dir, Ledger: r.ledger, Key: sealer, Secrets: r.Secrets, Now: r.Now}
		m, err := joiner.Join(t.Context(), office.Joining{DSN: cluster.DSN(login, database), Desk: name})
		r.must(err)
		r.close()
		r.link = office.NewLink(m, office.Config{Secrets: r.Secrets, Now: r.Now, Log: r.config.Log})
		t.Cleanup(r.link.Close)
		r.config.Office = r.link
		r.config.NewID = func() request.ID { return r.NewID() + "-" + request.ID(name) }
		r.open()
		return r
	}
	return join("front", made.Clerk), join("back", made.Clerk), join("floor", made.Manager), cluster.DSN(database, database)
}

// share makes a gateway of the kind fake one of the office.
func (r *rig) share(name, address string, replace bool) {
	r.Helper()
	_, err := r.ShareGateway(r.Context(), gateway.Profile{Name: name, Kind: "fake", URL: address}, secret.Entered{}, replace)
	r.must(err)
}

func (r *rig) events(id request.ID) []request.Event {
	r.Helper()
	events, err := r.ledger.Events(r.Context(), id)
	r.must(err)
	return events
}

// catchUp reads what is new in the office.
func (r *rig) catchUp() {
	r.Helper()
	r.must(r.ledger.CatchUp(r.Context()))
}

// What a browser brings back while the server is away is on disk before the browser gets its page, also if the program then ends, and is
// taken once the server is back.
func TestAReturnIsKeptWhileTheServerIsOutOfReach(t *testing.T) {
	front, back := newDesks(t)
	q, visit := front.launch("one")
	front.says(q.ID, request.Signed, "finished")
	front.hands(q.ID, signed)
	if err := cluster.Kill(); err != nil {
		t.Fatal(err)
	}
	came := front.Now()
	front.back(visit, "status=done")
	front.back(visit, "status=done")
	if r := front.get(q.ID); r.Status != request.Signing || r.Version != q.Version {
		t.Errorf("the request is %s, at version %d", r.Status, r.Version)
	}
	front.restart()
	kept, err := front.ledger.KeptReturns(t.Context())
	if err != nil || len(kept) != 1 || strings.Contains(fmt.Sprint(kept), visit.ReturnURL) {
		t.Fatalf("kept: %+v, %v", kept, err)
	}
	if err := cluster.Restart(); err != nil {
		t.Fatal(err)
	}
	defer front.run()()
	returned := func(e request.Event) bool { return e.Kind == request.KindReturned }
	front.until(q.ID, func(r request.Request) bool {
		return r.Status == request.Signed && r.NextStep == request.StepNone && slices.ContainsFunc(front.events(q.ID), returned)
	})
	events := front.events(q.ID)
	n := slices.IndexFunc(events, returned)
	if e := events[n]; e.At.Before(came) || e.At.After(came.Add(time.Minute)) || e.Desk != "front" || slices.ContainsFunc(events[n+1:], returned) {
		t.Errorf("the browser came at %v: %+v in %v", came, e, front.kinds(q.ID))
	}
	if err := front.handIn(t.Context()); err != nil { // waits for the one that is under way
		t.Error(err)
	}
	if kept, err := front.ledger.KeptReturns(t.Context()); err != nil || len(kept) > 0 {
		t.Errorf("still kept: %+v, %v", kept, err)
	}
	back.catchUp()
	if b := back.get(q.ID); b.Status != request.Signed || b.Desk != "front" {
		t.Errorf("at the other desk: %s, %q", b.Status, b.Desk)
	}
}

func TestEachDeskAsksForItsOwnVisits(t *testing.T) {
	front, back := newDesks(t)
	q, visit := front.launch("one")
	stop := back.run()
	back.catchUp()
	back.must(back.AskNow(t.Context()))
	front.says(q.ID, request.Signed, "finished")
	front.hands(q.ID, signed)
	front.back(visit, "status=done")
	defer front.run()()
	front.until(q.ID, func(r request.Request) bool { return r.Status == request.Signed && r.NextStep == request.StepNone })
	back.catchUp()
	if r := back.get(q.ID); r.Status != request.Signed {
		t.Errorf("at the other desk it is %s", r.Status)
	}
	stop()
	if seen := back.One.Seen(); len(seen) > 0 {
		t.Errorf("the other desk has called the gateway: %v", seen)
	}
	if open, err := back.Unsettled(t.Context()); err != nil || len(open) > 0 {
		t.Errorf("the other desk has to do: %v, %v", open, err)
	}
}

func TestARequestIsSignedWhereItsBrowserIs(t *testing.T) {
	front, back := newDesks(t)
	q, _ := front.launch("one")
	back.catchUp()
	if _, err := back.Sign(t.Context(), q.ID); err == nil || !strings.Contains(err.Error(), "at the desk front") {
		t.Errorf("signed elsewhere: %v", err)
	}
	visits, err := back.SignAnew(t.Context(), q.ID)
	if err != nil || len(visits) != 1 {
		t.Fatalf("%+v, %v", visits, err)
	}
	if r := back.get(q.ID); r.Desk != "back" || r.Visit.ReturnURL == "" {
		t.Errorf("it is at %q: %+v", r.Desk, r.Visit)
	}
	front.catchUp()
	if r := front.get(q.ID); r.Desk != "back" || !r.Visit.Unheard {
		t.Errorf("for the first desk it is at %q: %+v", r.Desk, r.Visit)
	}
}

func TestTwoDesksSignOneRequestAtTheSameMoment(t *testing.T) {
	front, back := newDesks(t)
	q := front.add("one")
	back.catchUp()
	back.One.Set(func(g *fake.Gateway) {
		g.AtPrepare = func() {
			_, err := front.Sign(t.Context(), q.ID)
			front.must(err)
		}
	})
	visits, err := back.Sign(t.Context(), q.ID)
	if len(visits) > 0 || err == nil || !strings.Contains(err.Error(), "is being signed at the desk front") {
		t.Errorf("got %+v, %v", visits, err)
	}
	if r := back.get(q.ID); r.Desk != "front" || r.Attempt != 1 {
		t.Errorf("it is at %q: %v", r.Desk, back.kinds(q.ID))
	}
	if seen := back.One.Seen(); !slices.Equal(seen, []string{"prepare 1", "discard p1"}) {
		t.Errorf("the gateway saw %v", seen)
	}
}

// That a desk lacks the secret of a gateway says nothing about the request.
func TestTheTroubleOfAnotherDeskIsNoEvent(t *testing.T) {
	front, back := newDesks(t)
	q, _ := front.launch("two")
	back.catchUp()
	if err := back.Refresh(t.Context(), q.ID); !errors.Is(err, gateway.ErrOfDesk) {
		t.Errorf("a gateway that is not here was asked: %v", err)
	}
	if r := back.get(q.ID); r.Version != q.Version || r.Trouble != "" {
		t.Errorf("version %d, trouble %q", r.Version, r.Trouble)
	}
}

// Two desks that reopen one request make one new attempt.
func TestTwoDesksReopenOneRequest(t *testing.T) {
	front, back := newDesks(t)
	q := front.add("one")
	_, err := front.Withdraw(t.Context(), q.ID, "")
	front.must(err)
	back.catchUp()
	var work sync.WaitGroup
	for _, r := range []*rig{front, back} {
		work.Go(func() { _, _ = r.Reopen(t.Context(), q.ID) })
	}
	work.Wait()
	for _, r := range []*rig{front, back} {
		r.catchUp()
		if now := r.get(q.ID); now.Attempt != 2 || now.Status != request.Pending || now.Version != 3 {
			t.Errorf("attempt %d, %s, version %d", now.Attempt, now.Status, now.Version)
		}
	}
}
