package office_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"countersign/core/ledger"
	"countersign/core/office"
	"countersign/core/request"
	"countersign/core/team"
	"countersign/core/workspace"
)

// addFile adds a request with a document, and returns its digest.
func (f *fixture) addFile(w *workspace.Workspace, id request.ID, content string) string {
	f.t.Helper()
	digest, size, err := w.Ledger.PutDocument(f.t.Context(), strings.NewReader(content), 1000)
	if err != nil {
		f.t.Fatal(err)
	}
	_, err = w.Ledger.Append(f.t.Context(), ledger.Change{ID: id, Events: []request.Event{{
		Kind: request.KindAdded, By: "somebody", Added: &request.Added{Title: "Lease", Gateway: "one", Documents: []request.Original{{Name: "lease.pdf", SHA256: digest, Size: size}}},
	}}})
	if err != nil {
		f.t.Fatal(err)
	}
	return digest
}

func TestWhatIsForgottenIsGoneEverywhere(t *testing.T) {
	f := newFixture(t)
	cluster.MustExec(t, "postgres", "postgres", "GRANT "+f.owner+" TO "+f.max)
	front, floor := f.join(f.clara, "front"), f.join(f.max, "first floor")
	gone, kept := f.addFile(front, "r-1", "secret"), f.addFile(front, "r-2", "shared")
	f.addFile(front, "r-3", "shared")
	f.catchUp(floor)
	for _, digest := range []string{gone, kept} {
		if err := floor.Ledger.CheckDocument(t.Context(), digest); err != nil {
			t.Fatal(err)
		}
	}
	get := func(id request.ID) request.Request {
		r, err := floor.Ledger.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if err := front.Office.Forget(t.Context(), get("r-1")); !errors.Is(err, team.ErrRefused) {
		t.Errorf("a clerk: %v", err)
	}
	if err := floor.Office.Forget(t.Context(), get("r-2")); !errors.Is(err, team.ErrRefused) {
		t.Errorf("a file that another request has, too: %v", err)
	}
	if err := floor.Office.Forget(t.Context(), get("r-1")); err != nil {
		t.Fatal(err)
	}
	for _, w := range []*workspace.Workspace{front, floor} {
		f.catchUp(w)
		if _, err := os.Stat(w.Ledger.DocumentPath(gone)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the file is there: %v", err)
		}
		if _, err := w.Ledger.OpenDocument(t.Context(), gone); !errors.Is(err, ledger.ErrNotFound) || !strings.Contains(err.Error(), "forgotten") {
			t.Errorf("opened: %v", err)
		}
		if err := w.Ledger.CheckDocument(t.Context(), kept); err != nil {
			t.Errorf("another file: %v", err)
		}
		if r := get("r-1"); r.Version != 1 || r.Documents[0].SHA256 != gone || len(r.DamagedFiles()) > 0 {
			t.Errorf("the request: %+v", r)
		}
		if a, err := w.Audit(t.Context(), nil, nil); err != nil || a.Fault != nil || a.Documents != 1 {
			t.Errorf("audit: %+v, %v", a, err)
		}
	}
}

func TestAnOlderProgramDoesNotReadANewerOffice(t *testing.T) {
	f := newFixture(t)
	front := f.join(f.clara, "front")
	f.add(front, "r-1")
	cluster.MustExec(t, f.owner, f.owner, "UPDATE countersign.office SET format = format + 1")
	if err := front.Ledger.CatchUp(t.Context()); !errors.Is(err, team.ErrNewer) || front.Office.State().Reach != office.OutOfReach {
		t.Errorf("catch up of a desk that was connected: %v, %v", err, front.Office.State())
	}
	again := f.open(front.Home)
	if err := again.Ledger.CatchUp(t.Context()); !errors.Is(err, team.ErrNewer) {
		t.Errorf("catch up: %v", err)
	}
	if _, err := again.Ledger.Get(t.Context(), "r-1"); err != nil {
		t.Errorf("what was read is not there: %v", err)
	}
	if _, err := f.tryJoin(f.newHome(), office.Joining{DSN: f.dsn(f.max), Desk: "first floor"}); !errors.Is(err, team.ErrNewer) {
		t.Errorf("join: %v", err)
	}
}
