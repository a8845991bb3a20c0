package backup

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign/core/ledger"
	"countersign/core/request"
)

// mustNotHear fails the test if the home in a folder hears the return of a browser, or does not say that it
// hears none for a request.
func mustNotHear(t *testing.T, dir, ticket string, id request.ID) {
	t.Helper()
	l, err := ledger.Open(t.Context(), dir, ledger.Options{Exclusive: true})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := l.VisitByTicket(t.Context(), ticket); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("the return is heard: %v", err)
	}
	if r, err := l.Get(t.Context(), id); err != nil || r.Status != request.Signing || !r.Visit.Unheard {
		t.Errorf("the request is %+v, %v", r, err)
	}
}

func TestABackupHasNoAddressAndItsHomeHearsNoBrowserThatWasOut(t *testing.T) {
	d := newDesk(t)
	const ticket = "c0ffee00c0ffee00c0ffee00c0ffee00"
	launched := request.Event{Kind: request.KindLaunched, Visit: &request.Visit{
		ID: request.VisitIDOf(ticket), Gateway: "office", Requests: []request.ID{"r0"},
		URL: "https://office.example/sign?back=" + ticket, ReturnURL: "http://127.0.0.1:1/return/" + ticket,
	}}
	if _, err := d.ledger.Append(t.Context(), ledger.Change{ID: "r0", Version: 1, Events: []request.Event{launched}}); err != nil {
		t.Fatal(err)
	}
	out, _ := d.backup(Options{})
	for _, e := range unpack(t, out) {
		if strings.Contains(e.text, ticket) {
			t.Errorf("%s has the ticket", e.Name)
		}
	}
	to := filepath.Join(t.TempDir(), "to")
	if s, err := Restore(t.Context(), out, to, Options{}); err != nil || s.Out != 1 {
		t.Errorf("restored: %+v, %v", s, err)
	}
	mustNotHear(t, to, ticket, "r0")
	if _, err := d.ledger.VisitByTicket(t.Context(), ticket); err != nil {
		t.Errorf("the home that launched it: %v", err)
	}
}

// The events of an older backup have tickets.
func TestTheHomeOfAnOlderBackupHearsNoBrowserThatWasOut(t *testing.T) {
	d := newDesk(t)
	out, _ := d.backup(Options{})
	packed, err := os.ReadFile("../ledger/testdata/schema6/ledger.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	zip, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	old, err := io.ReadAll(zip)
	if err != nil {
		t.Fatal(err)
	}
	entries := unpack(t, out)
	entries[0].text, entries[1].text = titleText+"\nentries 16\n", string(old)
	in, to := filepath.Join(t.TempDir(), "in"), filepath.Join(t.TempDir(), "to")
	if err := os.WriteFile(in, pack(t, entries, true), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := Restore(t.Context(), in, to, Options{}); err != nil || s.Out != 2 {
		t.Errorf("restored: %+v, %v", s, err)
	}
	mustNotHear(t, to, strings.Repeat("1", 32), "out")
}
