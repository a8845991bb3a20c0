package office_test

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign/core/home"
	"countersign/core/ledger"
	"countersign/core/office"
	"countersign/core/register"
	"countersign/core/request"
	"countersign/core/sealing"
	"countersign/core/secret"
	"countersign/core/team"
	"countersign/core/workspace"
)

// used returns a home of its own with n requests of two events each, a document, and a practice request.
func (f *fixture) used(n int) (home.Dir, string) {
	f.t.Helper()
	w := f.open(f.newHome())
	digest := f.addFile(w, "r-0", "the lease")
	for i := 1; i < n; i++ {
		f.add(w, request.ID(fmt.Sprintf("r-%d", i)))
	}
	for i := range n {
		f.change(w, request.ID(fmt.Sprintf("r-%d", i)), 1, request.Event{Kind: request.KindWithdrawn, By: "ana", At: time.Date(2025, 5, 1, 12, 0, 0, 0, time.UTC)})
	}
	practice := true
	_, err := w.Ledger.Append(f.t.Context(), ledger.Change{ID: "p-1", Events: []request.Event{{
		Kind: request.KindAdded, By: "ana", Added: &request.Added{Title: "Practice", Gateway: "sandbox", RemoteID: "1", Practice: &practice},
	}}})
	if err != nil {
		f.t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		f.t.Fatal(err)
	}
	return w.Home, digest
}

// change appends an event of a request that is at a version.
func (f *fixture) change(w *workspace.Workspace, id request.ID, version int, e request.Event) {
	f.t.Helper()
	if _, err := w.Ledger.Append(f.t.Context(), ledger.Change{ID: id, Version: version, Events: []request.Event{e}}); err != nil {
		f.t.Fatal(err)
	}
}

// toFar maps the gateway one to far.
func (f *fixture) toFar(_ []ledger.OfficeEvent, used []string) (map[string]string, error) {
	if len(used) != 1 || used[0] != "one" {
		f.t.Errorf("gateways: %q", used)
	}
	return map[string]string{"one": "far"}, nil
}

// bring has a home join with its requests. Its gateway one is called far in the office.
func (f *fixture) bring(dir home.Dir, login string) (office.Brought, error) {
	f.t.Helper()
	w := f.open(dir)
	b, err := w.Joiner.Bring(f.t.Context(), office.Joining{DSN: f.dsn(login), Desk: "front"}, f.toFar, func(int, int) {})
	if err := w.Close(); err != nil {
		f.t.Fatal(err)
	}
	return b, err
}

func TestAHomeBringsItsRequestsAlong(t *testing.T) {
	f := newFixture(t)
	floor := f.join(f.max, "floor")
	dir, digest := f.used(3)
	b, err := f.bring(dir, f.clara)
	if err != nil || b.Requests != 3 || b.Events != 6 || b.Practice != 1 {
		t.Fatalf("%+v, %v", b, err)
	}
	front := f.open(dir)
	for _, w := range []*workspace.Workspace{front, floor} {
		f.catchUp(w)
		events, err := w.Ledger.Events(t.Context(), "r-0")
		if err != nil || len(events) != 2 {
			t.Fatalf("%d events, %v", len(events), err)
		}
		if e := events[1]; e.By != f.clara || e.Desk != "front" || e.Brought == nil || e.Brought.By != "ana" || e.At.Year() != 2025 {
			t.Errorf("%+v, brought %+v", e, e.Brought)
		}
		if r, err := w.Ledger.Get(t.Context(), "r-0"); err != nil || r.Gateway != "far" || r.Status != request.Withdrawn {
			t.Errorf("%+v, %v", r, err)
		}
		if _, err := w.Ledger.Get(t.Context(), "p-1"); !errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("the practice request: %v", err)
		}
		if file, err := w.Ledger.OpenDocument(t.Context(), digest); err != nil {
			t.Errorf("its document: %v", err)
		} else {
			file.Close()
		}
		if a, err := w.Audit(t.Context(), nil, nil); err != nil || a.Fault != nil {
			t.Errorf("audit: %+v, %v", a.Fault, err)
		}
		if a, err := w.Office.Audit(t.Context(), w.Ledger, func(int, int) {}); err != nil || a.Fault != nil {
			t.Errorf("audit of the server: %+v, %v", a.Fault, err)
		}
	}

	// The register as it was is bound by its own signature, and is still there.
	events, err := front.Ledger.OfficeEvents(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	var bound struct {
		Kind    string `json:"kind"`
		Brought struct {
			Register  string            `json:"register"`
			Count     int               `json:"count"`
			Head      string            `json:"head"`
			SignedAt  time.Time         `json:"signed_at"`
			Signature []byte            `json:"signature"`
			Key       ed25519.PublicKey `json:"key"`
			Requests  int               `json:"requests"`
			After     int               `json:"after"`
			Until     int               `json:"until"`
		} `json:"brought"`
	}
	if err := json.Unmarshal(events[len(events)-1].Content, &bound); err != nil || bound.Kind != "brought" {
		t.Fatalf("%s, %v", events[len(events)-1].Content, err)
	}
	link, err := register.ParseHash(bound.Brought.Head)
	if err != nil {
		t.Fatal(err)
	}
	signed := register.Checkpoint{Head: register.Head{Register: bound.Brought.Register, Count: bound.Brought.Count, Link: link, At: bound.Brought.SignedAt}, Signature: bound.Brought.Signature}
	if !signed.SignedBy(bound.Brought.Key) || bound.Brought.Count != 7 || bound.Brought.Until-bound.Brought.After != 6 || bound.Brought.Requests != 3 {
		t.Errorf("%+v", bound)
	}
	a, err := front.AuditFile(t.Context(), b.Folder, nil, nil)
	if err != nil || a.Fault != nil || a.Events != 7 || a.Head != bound.Brought.Head {
		t.Errorf("the register as it was: %+v, %v", a, err)
	}
	before, err := ledger.Open(t.Context(), b.Folder, ledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer before.Close()
	if _, err := before.Get(t.Context(), "p-1"); err != nil {
		t.Errorf("the practice request is not there: %v", err)
	}
}

// TestWhatCannotBeBroughtChangesNothing is about homes that stay of their own, and about the office.
func TestWhatCannotBeBroughtChangesNothing(t *testing.T) {
	f := newFixture(t)
	floor := f.join(f.max, "floor")
	refused := func(dir home.Dir, login, words string) {
		t.Helper()
		if _, err := f.bring(dir, login); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("brought: %v, want %q", err, words)
		}
		if _, err := os.Lstat(dir.Office()); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: it is a desk: %v", words, err)
		}
		w := f.open(dir)
		if _, err := w.Ledger.Get(t.Context(), "p-1"); err != nil {
			t.Errorf("%s: its requests are gone: %v", words, err)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}
	ahead, _ := f.used(1) // as of a computer whose clock was wrong
	w := f.open(ahead)
	f.change(w, "r-0", 2, request.Event{Kind: request.KindReopened, By: "ana", At: time.Now().Add(24 * time.Hour)})
	f.change(w, "r-0", 3, request.Event{Kind: request.KindWithdrawn, By: "ana"})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	refused(ahead, f.max, "which is in the future")
	dir, _ := f.used(1)
	refused(dir, f.ada, "an auditor only reads")

	w = f.open(dir)
	visit := request.Visit{ID: "v-1", Gateway: "one", Requests: []request.ID{"r-1"}, URL: "https://one.example", ReturnURL: "http://127.0.0.1:1/return/x", ProcessID: "1", RemoteIDs: map[request.ID]request.RemoteIDs{"r-1": {Request: "1"}}}
	f.add(w, "r-1")
	f.change(w, "r-1", 1, request.Event{Kind: request.KindLaunched, By: "ana", Visit: &visit})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	refused(dir, f.max, "is not settled yet")
	cluster.MustExec(t, f.owner, f.owner, "UPDATE countersign.office SET format = 1")
	refused(dir, f.max, "team upgrade")
	f.catchUp(floor)
	if desks, err := floor.Office.Desks(t.Context()); err != nil || len(desks) != 1 {
		t.Errorf("desks: %+v, %v", desks, err)
	}
}

// TestBringingGoesOnWhereItWasInterrupted interrupts it after some of the events, and before office.toml is written.
func TestBringingGoesOnWhereItWasInterrupted(t *testing.T) {
	const requests = 300 // 600 events, which are three calls or more
	f := newFixture(t)
	dir, _ := f.used(requests)
	// The office takes the first calls: a request further on has an event that it refuses.
	w := f.open(dir)
	f.change(w, request.ID(fmt.Sprintf("r-%d", requests-1)), 2, request.Event{Kind: request.KindReopened, By: "ana"})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	cluster.MustExec(t, f.owner, f.owner, "UPDATE countersign.kinds SET writer = 'owner' WHERE kind = 'reopened'")
	if b, err := f.bring(dir, f.clara); !errors.Is(err, team.ErrRefused) {
		t.Fatalf("%+v, %v", b, err)
	}
	m, err := office.Read(dir)
	if err != nil || m == nil || m.Bringing == nil {
		t.Fatalf("%+v, %v", m, err)
	}
	w = f.open(dir)
	f.catchUp(w)
	if head, err := w.Ledger.Head(t.Context()); err != nil || head.Count < 200 || head.Count > 2*requests {
		t.Errorf("the office has %d entries of it, %v", head.Count, err)
	}
	if _, err := w.Joiner.Leave(t.Context(), false); err == nil || !strings.Contains(err.Error(), "--bring") {
		t.Errorf("it has left: %v", err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	// As if it had been stopped before office.toml was written.
	if err := os.Rename(dir.Office(), filepath.Join(t.TempDir(), "office.toml")); err != nil {
		t.Fatal(err)
	}
	cluster.MustExec(t, f.owner, f.owner, "UPDATE countersign.kinds SET writer = 'clerk' WHERE kind = 'reopened'")
	b, err := f.bring(dir, f.clara)
	if err != nil || b.Requests != requests || b.Events != 2*requests+1 {
		t.Fatalf("%+v, %v", b, err)
	}
	floor := f.join(f.max, "floor")
	f.catchUp(floor)
	head, err := floor.Ledger.Head(t.Context())
	if want := 2*requests + 1 + 4; err != nil || head.Count != want { // two desks, of which one has enrolled twice, and what was brought
		t.Errorf("the office has %d entries, not %d (%v)", head.Count, want, err)
	}
	if unfit, err := floor.Ledger.Unfit(t.Context()); err != nil || len(unfit) > 0 {
		t.Errorf("%+v, %v", unfit, err)
	}
	if m, err := office.Read(dir); err != nil || m == nil || m.Bringing != nil {
		t.Errorf("%+v, %v", m, err)
	}
}

// A home that was stopped before office.toml was written, when its ledger was the empty copy already, joins with its requests or not at all.
func TestJoiningForgetsNothingThatIsLeftToBring(t *testing.T) {
	f := newFixture(t)
	member := f.join(f.max, "floor").Office.Membership()
	dir, _ := f.used(2)
	w := f.open(dir)
	head, err := w.Ledger.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Joiner.Key.StartOver(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.Ledger.BecomeCopy(t.Context(), dir.LeftOffice("brought-"+member.ID), ledger.Office{Register: member.ID, Desk: "front", Login: f.clara, Format: 2}, head); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := f.tryJoin(dir, office.Joining{DSN: f.dsn(f.clara), Desk: "front"}); request.CauseOf(err).Code != "bring_stopped" {
		t.Errorf("it has joined: %v", err)
	}
	other := newOffice(t)
	if _, err := other.tryJoin(dir, office.Joining{DSN: other.dsn(other.clara), Desk: "front"}); request.CauseOf(err).Code != "bring_elsewhere" {
		t.Errorf("it has joined another office: %v", err)
	}
	if b, err := other.bring(dir, other.clara); request.CauseOf(err).Code != "bring_elsewhere" {
		t.Errorf("another office has what was left to bring: %+v, %v", b, err)
	}
	if b, err := f.bring(dir, f.clara); err != nil || b.Requests != 2 {
		t.Errorf("%+v, %v", b, err)
	}
}

// What one program has begun, another one does not do at the same time.
func TestOneProgramAtATimeJoinsOrLeaves(t *testing.T) {
	f := newFixture(t)
	front := f.join(f.clara, "front")
	lock, err := front.Home.TryLock("office")
	if err != nil || lock == nil {
		t.Fatal(lock, err)
	}
	refused := map[string]func() error{
		"join":   func() error { _, err := front.Joiner.Join(t.Context(), office.Joining{}); return err },
		"bring":  func() error { _, err := front.Joiner.Bring(t.Context(), office.Joining{}, nil, nil); return err },
		"rejoin": func() error { _, err := front.Joiner.Rejoin(t.Context()); return err },
		"leave":  func() error { _, err := front.Joiner.Leave(t.Context(), false); return err },
	}
	for name, do := range refused {
		if err := do(); err == nil || !strings.Contains(err.Error(), "another program") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
	if _, err := front.Joiner.Leave(t.Context(), false); err != nil {
		t.Error(err)
	}
}

// TestBringingIsLookedAtStoppedAndGoesOn does so in one program, as a window does.
func TestBringingIsLookedAtStoppedAndGoesOn(t *testing.T) {
	f := newFixture(t)
	dir, _ := f.used(250) // more than are brought at a time
	w := f.open(dir)
	before, err := w.Ledger.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	joining := office.Joining{DSN: f.dsn(f.clara), Desk: "front"}
	plan, err := w.Joiner.PlanBringing(t.Context(), joining, f.toFar)
	if err != nil || plan.Requests != 250 || plan.Practice != 1 || plan.Gateways["one"] != "far" || plan.Login != f.clara || plan.Role != team.Clerk {
		t.Errorf("%+v, %v", plan, err)
	}
	refused := errors.New("no such gateway")
	if _, err := w.Joiner.PlanBringing(t.Context(), joining, func([]ledger.OfficeEvent, []string) (map[string]string, error) { return nil, refused }); !errors.Is(err, refused) {
		t.Error(err)
	}
	after, err := w.Ledger.Head(t.Context())
	if m, readErr := office.Read(dir); err != nil || readErr != nil || m != nil || after != before {
		t.Errorf("looking has changed something: %+v, %+v, %v, %v", m, after, err, readErr)
	}
	if has, err := w.Joiner.HasRequests(t.Context()); err != nil || !has {
		t.Errorf("it has requests: %v, %v", has, err)
	}

	// bring has a program bring requests along, and stops it as soon as more than so many are in the office.
	bring := func(w *workspace.Workspace, enough int) ([]int, error) {
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		var told []int
		_, err := w.Joiner.Bring(ctx, joining, f.toFar, func(requests, total int) {
			if told = append(told, requests); total != 250 {
				t.Errorf("of %d", total)
			}
			if requests > enough {
				stop()
			}
		})
		joining = office.Joining{} // it does not matter any more
		return told, err
	}
	if told, err := bring(w, 0); !errors.Is(err, context.Canceled) || len(told) != 2 || told[0] != 0 || told[1] > 100 {
		t.Fatalf("stopped: %v, told %v", err, told)
	}
	if told, err := bring(w, 150); !errors.Is(err, context.Canceled) || told[len(told)-1] >= 250 {
		t.Fatalf("stopped once more: %v, told %v", err, told)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	// The home is opened anew, and follows the office meanwhile.
	w = f.open(dir)
	if m := w.Office.Membership(); m.Bringing == nil {
		t.Error("nothing is left to do")
	}
	stop := f.follow(w)
	if told, err := bring(w, 250); err != nil || told[len(told)-1] != 250 {
		t.Errorf("%v, told %v", err, told)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	front := f.open(dir)
	if audit := f.audit(front); audit.Fault != nil || audit.Entries != 502 { // with two of the office
		t.Errorf("%+v", audit)
	}
	if m := front.Office.Membership(); m.Bringing != nil {
		t.Errorf("left to do: %+v", m.Bringing)
	}
}

// TestAHomeThatHasLeftBringsItsNewRequestsAlong: each time the register as it was is kept, beside those of the times before.
func TestAHomeThatHasLeftBringsItsNewRequestsAlong(t *testing.T) {
	f := newFixture(t)
	dir, _ := f.used(1)
	first, err := f.bring(dir, f.clara)
	if err != nil {
		t.Fatal(err)
	}
	w := f.open(dir)
	if _, err := w.Joiner.Leave(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	w = f.open(dir)
	f.add(w, "r-new")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	second, err := f.bring(dir, f.clara)
	if err != nil || second.Requests != 1 || second.Folder == first.Folder {
		t.Fatalf("%+v, %v", second, err)
	}
	w = f.open(dir)
	f.catchUp(w)
	for _, id := range []request.ID{"r-0", "r-new"} {
		if _, err := w.Ledger.Get(t.Context(), id); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	if audit := f.audit(w); audit.Fault != nil {
		t.Errorf("%+v", audit.Fault)
	}
}

// The end of the register that is bound is signed, so nothing is brought while the key is not there yet, as in a keyring that a person is still unlocking.
func TestNothingIsBroughtBeforeTheRegisterIsSigned(t *testing.T) {
	f := newFixture(t)
	dir, _ := f.used(1)
	signed := false
	sealer := sealing.New(sealing.Config{Home: dir, Secrets: secret.Open(dir), Now: time.Now, Log: slog.New(slog.DiscardHandler), Trouble: func(error) {}})
	l, err := ledger.Open(t.Context(), dir.Path(), ledger.Options{Signer: func(ctx context.Context) crypto.Signer {
		if !signed {
			return nil
		}
		return sealer.Signer(ctx)
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	sealer.Use(t.Context(), l)
	defer sealer.Close()
	if _, err := l.Append(t.Context(), ledger.Change{ID: "r-later", Events: []request.Event{{Kind: request.KindAdded, By: "ana", Added: &request.Added{Title: "Later", Gateway: "one", RemoteID: "7"}}}}); err != nil {
		t.Fatal(err)
	}
	j := office.Joiner{Home: dir, Ledger: l, Key: sealer, Secrets: secret.Open(dir), Now: time.Now}
	bring := func() (office.Brought, error) {
		return j.Bring(t.Context(), office.Joining{DSN: f.dsn(f.clara), Desk: "front"}, f.toFar, func(int, int) {})
	}
	if b, err := bring(); request.CauseOf(err).Code != "key_later" {
		t.Errorf("%+v, %v", b, err)
	}
	if m, err := office.Read(dir); m != nil || err != nil {
		t.Errorf("it is a desk: %+v, %v", m, err)
	}
	signed = true
	if b, err := bring(); err != nil || b.Requests != 2 {
		t.Errorf("%+v, %v", b, err)
	}
}

// What a home has lost of its documents does not keep it from bringing along what it has: the office lacks them as well.
func TestADamagedDocumentKeepsNoHomeFromBringingItsRequestsAlong(t *testing.T) {
	f := newFixture(t)
	dir, digest := f.used(3)
	if err := os.WriteFile(dir.Document(digest), []byte("altered"), 0o600); err != nil {
		t.Fatal(err)
	}
	if b, err := f.bring(dir, f.clara); err != nil || b.Requests != 3 {
		t.Fatalf("%+v, %v", b, err)
	}
	floor := f.join(f.max, "floor")
	f.catchUp(floor)
	if _, err := floor.Ledger.OpenDocument(t.Context(), digest); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("the office has a document: %v", err)
	}
}
