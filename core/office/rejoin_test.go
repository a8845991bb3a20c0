package office_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign/core/ledger"
	"countersign/core/office"
	"countersign/core/request"
	"countersign/core/workspace"
)

// forgetAfter takes away all that the register has after an entry, as restoring an older backup of the database does.
func (f *fixture) forgetAfter(number int) {
	f.t.Helper()
	cluster.MustExec(f.t, f.owner, f.owner,
		fmt.Sprintf("DELETE FROM countersign.witnesses WHERE number > %d", number),
		fmt.Sprintf("DELETE FROM countersign.desks WHERE number > %d", number),
		fmt.Sprintf("DELETE FROM countersign.events WHERE number > %d", number),
		"UPDATE countersign.office SET (number, link) = (SELECT number, link FROM countersign.events ORDER BY number DESC LIMIT 1)")
}

func (f *fixture) append(w *workspace.Workspace, id request.ID, events ...request.Event) {
	f.t.Helper()
	r, err := w.Ledger.Get(f.t.Context(), id)
	if err == nil {
		_, err = w.Ledger.Append(f.t.Context(), ledger.Change{ID: id, Version: r.Version, Events: events})
	}
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) catchUp(w *workspace.Workspace) {
	f.t.Helper()
	if err := w.Ledger.CatchUp(f.t.Context()); err != nil {
		f.t.Fatal(err)
	}
}

// rejoin has a desk join anew, and opens it again.
func (f *fixture) rejoin(w *workspace.Workspace) (*workspace.Workspace, office.Rejoined) {
	f.t.Helper()
	r, err := w.Joiner.Rejoin(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		f.t.Fatal(err)
	}
	return f.open(w.Home), r
}

var withdrawn = request.Event{Kind: request.KindWithdrawn, By: "somebody", Reason: "no longer needed"}

const ticket = "c0ffee00c0ffee00c0ffee00c0ffee00"

func launchOf(id request.ID) request.Event {
	return request.Event{Kind: request.KindLaunched, By: "somebody", Visit: &request.Visit{
		ID: request.VisitIDOf(ticket), Gateway: "one", Requests: []request.ID{id}, URL: "https://one.example/" + ticket, ReturnURL: "http://127.0.0.1:1/return/" + ticket,
	}}
}

func TestWhatARestoredDatabaseLostIsHandedIn(t *testing.T) {
	f := newFixture(t)
	front, floor := f.join(f.clara, "front"), f.join(f.max, "first floor")
	f.add(front, "r-1")
	f.add(floor, "r-2") // entry 4
	f.catchUp(front)
	f.append(front, "r-1", launchOf("r-1"))
	f.append(front, "r-2", withdrawn)
	f.catchUp(floor)
	f.forgetAfter(3)

	for _, w := range []*workspace.Workspace{front, floor} {
		if err := w.Office.CatchUp(t.Context(), w.Ledger); !errors.Is(err, ledger.ErrParted) {
			t.Fatalf("the desk has not noticed: %v", err)
		}
		if err := tryAdd(t.Context(), w, "r-9"); err == nil {
			t.Error("a desk that has parted writes")
		}
	}
	f.forgetAfter(3) // of what was tried
	floor, r := f.rejoin(floor)
	if r.Common != 3 || r.Lost != 3 || r.HandedIn != 1 || r.Others != 2 || len(r.Unfit) > 0 {
		t.Errorf("first floor: %+v", r)
	}
	front, r = f.rejoin(front)
	if r.Common != 4 || r.Lost != 2 || r.HandedIn != 2 || r.Others != 0 || len(r.Unfit) > 0 {
		t.Errorf("front: %+v", r)
	}
	f.catchUp(floor)
	for _, w := range []*workspace.Workspace{front, floor} {
		one, err := w.Ledger.Get(t.Context(), "r-1")
		if err != nil || one.Status != request.Signing || one.Visit.Unheard != (w == floor) {
			t.Errorf("r-1: %+v, %v", one, err)
		}
		if two, err := w.Ledger.Get(t.Context(), "r-2"); err != nil || two.Status != request.Withdrawn {
			t.Errorf("r-2: %+v, %v", two, err)
		}
		a, err := w.Audit(t.Context(), nil, nil)
		if err != nil || a.Fault != nil || a.Events != 8 || len(a.Unfit) > 0 {
			t.Errorf("audit: %+v, %v", a, err)
		}
	}
	if _, err := front.Joiner.Rejoin(t.Context()); !errors.Is(err, office.ErrNotParted) {
		t.Errorf("once more: %v", err)
	}
	before, err := ledger.Open(t.Context(), r.Folder, ledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer before.Close()
	if head, err := before.Head(t.Context()); err != nil || head.Count != 6 {
		t.Errorf("what was read is not kept: %+v, %v", head, err)
	}
}

// A gateway of the office that a restored database has lost is shared again by the desk that did so, with the same words.
func TestALostGatewayOfTheOfficeIsSharedAgain(t *testing.T) {
	f := newFixture(t)
	front, floor := f.join(f.clara, "front"), f.join(f.max, "first floor") // entry 2
	const far = `{"name":"far","settings":{"kind":"trident","url":"https://far.example"}}`
	if err := floor.Office.ShareGateway(t.Context(), json.RawMessage(far)); err != nil {
		t.Fatal(err)
	}
	if err := floor.Office.RemoveGateway(t.Context(), "other"); err != nil {
		t.Fatal(err)
	}
	f.catchUp(floor)
	f.catchUp(front)
	f.forgetAfter(2)
	front, r := f.rejoin(front)
	if r.Lost != 2 || r.HandedIn != 0 || r.Others != 2 {
		t.Errorf("front: %+v", r)
	}
	_, r = f.rejoin(floor)
	if r.Lost != 2 || r.HandedIn != 2 || len(r.Unfit) > 0 {
		t.Errorf("first floor: %+v", r)
	}
	f.catchUp(front)
	events, err := front.Ledger.OfficeEvents(t.Context(), 3) // behind two desks that joined and one that joined anew
	if err != nil || len(events) < 2 || !strings.Contains(string(events[0].Content), far) || !strings.Contains(string(events[1].Content), "gateway_removed") {
		t.Errorf("%v, %v", events, err)
	}
	if a, err := front.Audit(t.Context(), nil, nil); err != nil || a.Fault != nil {
		t.Errorf("audit: %+v, %v", a, err)
	}
}

// A desk that joined after the backup is one again, and an event for which it is too late is named.
func TestWhatNoLongerFitsIsNamed(t *testing.T) {
	f := newFixture(t)
	floor := f.join(f.max, "first floor")
	f.add(floor, "r-1") // entry 2
	front := f.join(f.clara, "front")
	f.catchUp(front)
	f.append(front, "r-1", withdrawn)
	f.add(front, "r-2")
	f.forgetAfter(2)
	cellar := f.join(f.max, "cellar")
	f.catchUp(cellar)
	f.append(cellar, "r-1", request.Event{Kind: request.KindEdited, By: "somebody", Edited: &request.Edited{Title: "Another"}})

	front, r := f.rejoin(front)
	if r.Common != 2 || r.Lost != 3 || r.HandedIn != 1 || len(r.Unfit) != 1 {
		t.Fatalf("%+v", r)
	}
	if u := r.Unfit[0]; u.Request != "r-1" || u.Seq != 2 || u.Kind != "withdrawn" || u.Number != 4 || u.Problem == "" {
		t.Errorf("%+v", u)
	}
	if one, err := front.Ledger.Get(t.Context(), "r-1"); err != nil || one.Title != "Another" {
		t.Errorf("r-1: %+v, %v", one, err)
	}
	desks, err := front.Office.Desks(t.Context())
	if err != nil || len(desks) != 3 || !strings.HasPrefix(desks[2].Name, "front") {
		t.Errorf("%+v, %v", desks, err)
	}
}

// Whatever the point at which a desk that joins anew is stopped: called again, it comes to the same end.
func TestJoiningAnewGoesOn(t *testing.T) {
	f := newFixture(t)
	front := f.join(f.clara, "front")
	for n := range 5 {
		f.add(front, request.ID(fmt.Sprintf("r-%d", n)))
	}
	f.forgetAfter(3)
	if err := cluster.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := front.Joiner.Rejoin(t.Context()); err == nil {
		t.Error("it joined anew without a server")
	}
	if err := cluster.Restart(); err != nil {
		t.Fatal(err)
	}
	// The old ledger is aside, and one event is handed in.
	member, err := office.Read(front.Home)
	if err != nil {
		t.Fatal(err)
	}
	folder := front.Home.LeftOffice(member.ID)
	if err := front.Ledger.BeginAnew(t.Context(), folder); err != nil {
		t.Fatal(err)
	}
	if err := front.Close(); err != nil {
		t.Fatal(err)
	}
	front = f.open(front.Home)
	f.catchUp(front)
	before, err := ledger.Open(t.Context(), folder, ledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	entries, err := before.Entries(t.Context(), 3, 1)
	if err := errors.Join(err, before.Close()); err != nil {
		t.Fatal(err)
	}
	if err := front.Ledger.HandIn(t.Context(), entries[0].Event); err != nil {
		t.Fatal(err)
	}
	f.noteRejoining(front, folder)
	if err := front.Close(); err != nil {
		t.Fatal(err)
	}
	front = f.open(front.Home)
	f.catchUp(front)
	if s := front.Office.State(); s.Reach != office.Parted || !errors.Is(s.Problem, office.ErrRejoining) {
		t.Errorf("it is %+v", s)
	}
	if err := tryAdd(t.Context(), front, "r-9"); !errors.Is(err, office.ErrRejoining) {
		t.Errorf("a desk that is not done writes: %v", err)
	}
	front, r := f.rejoin(front)
	if r.HandedIn != 2 || r.Common != 4 {
		t.Errorf("%+v", r)
	}
	for n := range 5 {
		if _, err := front.Ledger.Get(t.Context(), request.ID(fmt.Sprintf("r-%d", n))); err != nil {
			t.Error(err)
		}
	}
}

// A desk that was stopped when its ledger had its second name, in the folder, and not yet another file in its place, joins anew.
func TestJoiningAnewGoesOnFromItsFirstStep(t *testing.T) {
	f := newFixture(t)
	front := f.join(f.clara, "front")
	f.add(front, "r-1")
	f.add(front, "r-2") // entry 3
	f.forgetAfter(2)
	folder := front.Home.LeftOffice(front.Office.Membership().ID)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(filepath.Join(front.Home.Path(), ledger.FileName), filepath.Join(folder, ledger.FileName)); err != nil {
		t.Fatal(err)
	}
	f.noteRejoining(front, folder)
	if err := front.Close(); err != nil {
		t.Fatal(err)
	}
	front, r := f.rejoin(f.open(front.Home))
	if r.Folder != folder || r.Lost != 1 || r.HandedIn != 1 {
		t.Errorf("%+v", r)
	}
	if _, err := front.Ledger.Get(t.Context(), "r-2"); err != nil {
		t.Error(err)
	}
}

// noteRejoining has office.toml say that joining anew has begun.
func (f *fixture) noteRejoining(w *workspace.Workspace, folder string) {
	f.t.Helper()
	text, err := os.ReadFile(w.Home.Office())
	if err == nil {
		err = os.WriteFile(w.Home.Office(), fmt.Appendf(text, "rejoining = %q\n", filepath.Base(folder)), 0o600)
	}
	if err != nil {
		f.t.Fatal(err)
	}
}

// What is brought along stands where the event brought says, also if the register has lost a part of it meanwhile, and what was before it.
func TestWhatIsBroughtAlongIsBoundWhereItIsAfterJoiningAnew(t *testing.T) {
	f := newFixture(t)
	floor := f.join(f.max, "floor")
	for i := range 5 {
		f.add(floor, request.ID(fmt.Sprintf("floor-%d", i)))
	}
	dir, _ := f.used(120) // 240 events, which are two calls
	w := f.open(dir)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	_, err := w.Joiner.Bring(ctx, office.Joining{DSN: f.dsn(f.clara), Desk: "front"}, f.toFar, func(requests, _ int) {
		if requests > 0 {
			stop()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("stopped: %v", err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f.forgetAfter(1)
	w, _ = f.rejoin(f.open(dir))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if b, err := f.bring(dir, f.clara); err != nil || b.Requests != 120 {
		t.Fatalf("%+v, %v", b, err)
	}
	w = f.open(dir)
	f.catchUp(w)
	entries, err := w.Ledger.Entries(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var bound struct {
		Brought *struct{ After, Until int }
	}
	first, last := 0, 0
	for _, e := range entries {
		if strings.HasPrefix(e.Request, "r-") {
			if last = e.Number; first == 0 {
				first = e.Number
			}
		} else if strings.Contains(string(e.Content), `"kind":"brought"`) {
			if err := json.Unmarshal(e.Content, &bound); err != nil {
				t.Fatal(err)
			}
		}
	}
	if bound.Brought == nil || bound.Brought.After >= first || bound.Brought.Until < last {
		t.Errorf("the entries %d to %d, bound as %+v", first, last, bound.Brought)
	}
}

func TestADamagedDocumentKeepsNoDeskFromJoiningAnew(t *testing.T) {
	f := newFixture(t)
	front := f.join(f.clara, "front")
	digest := f.addFile(front, "r-1", "the lease")
	f.forgetAfter(1)
	if err := os.WriteFile(front.Home.Document(digest), []byte("altered"), 0o600); err != nil {
		t.Fatal(err)
	}
	front, r := f.rejoin(front)
	if r.HandedIn != 1 {
		t.Errorf("%+v", r)
	}
	if _, err := front.Ledger.Get(t.Context(), "r-1"); err != nil {
		t.Error(err)
	}
}
