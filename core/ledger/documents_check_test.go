package ledger

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"countersign/core/request"
)

// mustStore stores documents with these contents, and returns their digests.
func mustStore(t testing.TB, l *Ledger, contents ...string) (digests []string) {
	t.Helper()
	for _, content := range contents {
		digest, _, err := l.PutDocument(t.Context(), strings.NewReader(content), int64(len(content)))
		if err != nil {
			t.Fatal(err)
		}
		digests = append(digests, digest)
	}
	return digests
}

// mustHaveSigned adds a request with a stored original and a stored signed file that proves the signature.
func mustHaveSigned(t testing.TB, l *Ledger, id request.ID, ticket string) (original, signed string) {
	t.Helper()
	digests := mustStore(t, l, "the original", "the signed file")
	add := added("Lease " + string(id))
	add.Added.Documents[0].SHA256 = digests[0]
	mustAppend(t, l, id, add, launched(string(id), ticket), answered(ticket, request.Signed),
		request.Event{Kind: request.KindStored, Stored: &request.Stored{VisitID: request.VisitIDOf(ticket), SHA256: digests[1], Size: 15, Proves: true}})
	return digests[0], digests[1]
}

func mustOverwrite(t testing.TB, l *Ledger, digest, content string) {
	t.Helper()
	if err := os.WriteFile(l.DocumentPath(digest), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Who only asks whether everything holds does not wait for the documents behind the first one that is damaged.
func TestAnAuditGoesOnBehindADamagedDocumentForWhoRecordsOrListsIt(t *testing.T) {
	l := mustNew(t)
	var contents []string
	for i := range 50 {
		contents = append(contents, fmt.Sprint("document ", i))
	}
	digests := mustStore(t, l, contents...)
	for i, digest := range digests {
		add := added(fmt.Sprint("Lease ", i))
		add.Added.Documents[0].SHA256 = digest
		mustAppend(t, l, request.ID(fmt.Sprint(i)), add)
	}
	first := slices.Min(digests)
	mustOverwrite(t, l, first, "something else")
	for _, test := range []struct {
		AuditOptions
		documents int
	}{{AuditOptions{}, 0}, {AuditOptions{All: true}, 49}, {AuditOptions{Record: true}, 49}} {
		if a := mustAuditWith(t, l, test.AuditOptions); a.Fault == nil || a.Fault.Document != first || a.Documents != test.documents {
			t.Errorf("%+v: %+v, fault %+v", test.AuditOptions, a, a.Fault)
		}
	}
}

func TestADamagedDocumentIsNotOpenedAndEveryRequestSaysSo(t *testing.T) {
	for name, test := range map[string]struct {
		damage func(path string) error
		want   error
		says   request.Damage
	}{
		"one byte is changed":       {func(p string) error { return os.WriteFile(p, []byte("the signed fale"), 0o600) }, ErrAltered, request.Altered},
		"the end is cut off":        {func(p string) error { return os.Truncate(p, 3) }, ErrAltered, request.Altered},
		"a folder has its place":    {func(p string) error { return errors.Join(os.Remove(p), os.Mkdir(p, 0o700)) }, ErrAltered, request.Altered},
		"it is gone":                {os.Remove, ErrMissing, request.Missing},
		"a link leads nowhere":      {func(p string) error { return errors.Join(os.Remove(p), os.Symlink(p+"-none", p)) }, ErrMissing, request.Missing},
		"another file has its name": {func(p string) error { return errors.Join(os.Remove(p), os.Symlink(os.DevNull, p)) }, ErrAltered, request.Altered},
	} {
		t.Run(name, func(t *testing.T) {
			l := mustNew(t)
			_, signed := mustHaveSigned(t, l, "a", "t1")
			mustHaveSigned(t, l, "b", "t2")
			mustAppend(t, l, "c", added("Another"))
			if err := test.damage(l.DocumentPath(signed)); err != nil {
				t.Fatal(err)
			}
			for range 3 { // it is recorded once
				f, err := l.OpenDocument(t.Context(), signed)
				if !errors.Is(err, test.want) || f != nil || request.CauseOf(err).Code == "" {
					t.Fatalf("opened %v, %v", f, err)
				}
			}
			for _, id := range []request.ID{"a", "b"} {
				r := mustGet(t, l, id)
				if r.Version != 5 || r.Documents[0].Signed.Damage != test.says || r.Outcome.Evidence != request.ByGateway || r.Status != request.Signed {
					t.Errorf("%s is at version %d by %s: %+v", id, r.Version, r.Outcome.Evidence, r.Documents[0].Signed)
				}
			}
			if r := mustGet(t, l, "c"); r.Version != 1 {
				t.Error("a request without the file was changed")
			}
			page, err := l.Query(t.Context(), Query{Damaged: true})
			if err != nil || page.Total != 2 {
				t.Errorf("%d requests are found by their damage, %v", page.Total, err)
			}
			if n, _, err := l.Count(t.Context(), Query{Damaged: true, Statuses: []request.Status{request.Signed}}, 10); n != 2 || err != nil {
				t.Errorf("%d requests are counted, %v", n, err)
			}
		})
	}
}

func TestADocumentThatIsBackIsRecorded(t *testing.T) {
	l := mustNew(t)
	original, signed := mustHaveSigned(t, l, "a", "t1")
	mustOverwrite(t, l, signed, "something else")
	mustOverwrite(t, l, original, "something else")
	r, err := l.CheckFiles(t.Context(), "a")
	if err != nil || len(r.DamagedFiles()) != 2 || r.Outcome.Evidence != request.ByGateway {
		t.Fatalf("found %+v, %v", r.DamagedFiles(), err)
	}
	mustOverwrite(t, l, signed, "the signed file")
	mustOverwrite(t, l, original, "the original")
	if r, err = l.CheckFiles(t.Context(), "a"); err != nil || len(r.DamagedFiles()) != 0 || r.Outcome.Evidence != request.ByDocument || r.Version != 8 {
		t.Errorf("found %+v, version %d by %s, %v", r.DamagedFiles(), r.Version, r.Outcome.Evidence, err)
	}
	if page, err := l.Query(t.Context(), Query{Damaged: true}); err != nil || len(page.Requests) > 0 {
		t.Errorf("still found by its damage: %+v, %v", page.Requests, err)
	}
	if a := mustAudit(t, l); a.Fault != nil {
		t.Errorf("audit: %+v", a.Fault)
	}
}

func TestWhatCannotBeReadIsNotCalledDamaged(t *testing.T) {
	l := mustNew(t)
	_, signed := mustHaveSigned(t, l, "a", "t1")
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.OpenDocument(canceled, signed); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if _, err := l.CheckFiles(canceled, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if r := mustGet(t, l, "a"); len(r.DamagedFiles()) > 0 {
		t.Errorf("recorded %+v", r.DamagedFiles())
	}
}

func TestTheSameFindingOfTwoProcessesIsRecordedOnce(t *testing.T) {
	l := mustNew(t)
	_, signed := mustHaveSigned(t, l, "a", "t1")
	calls := 0
	err := l.eachChecked(t.Context(), signed, request.Altered, func(r request.Request, e request.Event) error {
		if calls++; calls == 1 { // the other process is faster
			mustAppend(t, l, "a", e)
		}
		_, err := l.Append(t.Context(), Change{ID: r.ID, Version: r.Version, Events: []request.Event{e}})
		return err
	})
	if r := mustGet(t, l, "a"); err != nil || calls != 1 || r.Version != 5 {
		t.Errorf("%d calls, version %d, %v", calls, r.Version, err)
	}
}

func TestAnAuditRecordsEveryDamagedDocument(t *testing.T) {
	l := mustNew(t)
	original, signed := mustHaveSigned(t, l, "a", "t1")
	mustOverwrite(t, l, signed, "something else")
	if err := os.Remove(l.DocumentPath(original)); err != nil {
		t.Fatal(err)
	}
	if a := mustAudit(t, l); a.Fault == nil || mustGet(t, l, "a").Version != 4 {
		t.Errorf("without being asked to record: %+v, version %d", a.Fault, mustGet(t, l, "a").Version)
	}
	audit := func() Audit {
		a, err := l.Audit(t.Context(), AuditOptions{Record: true})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	if a, r := audit(), mustGet(t, l, "a"); a.Fault == nil || len(r.DamagedFiles()) != 2 {
		t.Errorf("fault %+v, recorded %+v", a.Fault, r.DamagedFiles())
	}
	mustOverwrite(t, l, signed, "the signed file")
	mustOverwrite(t, l, original, "the original")
	if a, r := audit(), mustGet(t, l, "a"); a.Fault != nil || len(r.DamagedFiles()) != 0 || r.Outcome.Evidence != request.ByDocument {
		t.Errorf("fault %+v, recorded %+v by %s", a.Fault, r.DamagedFiles(), r.Outcome.Evidence)
	}
}

// A home of the schema before has no terms for signed files, and no evidence without files.
func TestAConvertedLedgerFindsDamage(t *testing.T) {
	l := mustNew(t)
	_, signed := mustHaveSigned(t, l, "a", "t1")
	mustDowngrade(t, l, 6)
	again := mustOpen(t, l.dir, Options{Exclusive: true})
	mustOverwrite(t, again, signed, "something else")
	if err := again.CheckDocument(t.Context(), signed); !errors.Is(err, ErrAltered) {
		t.Fatalf("error %v", err)
	}
	if r := mustGet(t, again, "a"); r.Documents[0].Signed.Damage != request.Altered || r.Outcome.Evidence != request.ByGateway {
		t.Errorf("%+v by %s", r.Documents[0].Signed, r.Outcome.Evidence)
	}
}
