package ledger

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	bolt "go.etcd.io/bbolt"

	"countersign/core/register"
)

func sealOf(t testing.TB, l *Ledger) register.Seal {
	t.Helper()
	s, err := l.RegisterState(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return register.Seal{At: start, Count: s.Count, Link: s.Link, Register: s.Register, Key: register.Fingerprint(testKey.Public().(ed25519.PublicKey))}
}

func TestASealProvesThatNothingBeforeItWasChanged(t *testing.T) {
	key := testKey.Public().(ed25519.PublicKey)
	other := otherKey.Public().(ed25519.PublicKey)
	title := func(tx *bolt.Tx) error {
		e := tx.Bucket(bucketEvents)
		return e.Put(eventKey("a", 1), bytes.Replace(e.Get(eventKey("a", 1)), []byte(`"A"`), []byte(`"X"`), 1))
	}
	tests := []struct {
		name   string
		tamper func(*bolt.Tx) error
		seal   func(*register.Seal)
		want   SealResult
		fault  bool
	}{
		{"nothing happened", nil, nil, SealResult{Holds: true}, false},
		{"the desk has another key since", nil, func(s *register.Seal) { s.Key = register.Fingerprint(other) }, SealResult{Holds: true, OtherKey: true}, false},
		{"an event before it is altered", title, nil, SealResult{Kind: Altered}, true},
		{"and all is written and signed anew, with the desk's own key", func(tx *bolt.Tx) error {
			return errors.Join(title(tx), rechain(tx), signedBy(tx, testKey))
		}, nil, SealResult{Kind: Altered}, true},
		{"cut back, and signed anew with the desk's own key", func(tx *bolt.Tx) error {
			for n := 7; n > 4; n-- {
				e, err := parseEntry(tx.Bucket(bucketJournal).Get(encodeNumber(n)))
				if err := errors.Join(err, tx.Bucket(bucketJournal).Delete(encodeNumber(n)), tx.Bucket(bucketEvents).Delete(eventKey(e.id, e.seq))); err != nil {
					return err
				}
			}
			return signedBy(tx, testKey)
		}, nil, SealResult{Kind: Truncated}, true},
		{"an event after it is altered", func(tx *bolt.Tx) error {
			return tx.Bucket(bucketEvents).Put(eventKey("c", 2), []byte("{}"))
		}, nil, SealResult{Holds: true}, true},
		{"it is of another register", nil, func(s *register.Seal) { s.Register, s.Link = "0123456789abcdef", register.Hash{} }, SealResult{Kind: Foreign}, true},
		{"it is of what never was", nil, func(s *register.Seal) { s.Link[0] ^= 1 }, SealResult{Kind: Altered}, true},
		{"it counts what never was", nil, func(s *register.Seal) { s.Count = 100 }, SealResult{Kind: Truncated}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l, _, _ := mustNewWovenSigned(t)
			seal := sealOf(t, l)
			mustAppend(t, l, "c", withdrawn)
			if test.tamper != nil {
				mustTamper(t, l, test.tamper)
			}
			if test.seal != nil {
				test.seal(&seal)
			}
			got := mustAuditWith(t, l, AuditOptions{Key: key, Seal: &seal})
			if got.Seal == nil || (got.Fault != nil) != test.fault {
				t.Fatalf("audit: %+v, %+v", got, got.Fault)
			}
			test.want.Count, test.want.At = seal.Count, seal.At
			if diff := cmp.Diff(test.want, *got.Seal, cmpopts.IgnoreFields(SealResult{}, "Problem", "Cause")); diff != "" {
				t.Errorf("seal (-want +got):\n%s", diff)
			}
			if (got.Seal.Problem == "") != got.Seal.Holds || (got.Seal.Code == "") != got.Seal.Holds {
				t.Errorf("problem: %q", got.Seal.Problem)
			}
		})
	}
}

// A head that is kept outside of the home reveals a register that was computed and signed anew.
func TestAuditComparesTheRegisterWithAHeadFromOutside(t *testing.T) {
	tests := []struct {
		name   string
		tamper func(*bolt.Tx) error
		want   Fault // zero if the register holds
	}{
		{"nothing is changed", func(*bolt.Tx) error { return nil }, Fault{}},
		{"an event is altered, and all is signed anew", func(tx *bolt.Tx) error {
			e := tx.Bucket(bucketEvents)
			return errors.Join(e.Put(eventKey("a", 1), bytes.Replace(e.Get(eventKey("a", 1)), []byte(`"A"`), []byte(`"X"`), 1)), rechain(tx), signedBy(tx, testKey))
		}, Fault{Kind: Altered, Number: 1}},
		{"the last entry is cut off, and all is signed anew", func(tx *bolt.Tx) error {
			return errors.Join(tx.Bucket(bucketEvents).Delete(eventKey("b", 2)), tx.Bucket(bucketJournal).Delete(encodeNumber(6)), signedBy(tx, testKey))
		}, Fault{Kind: Truncated, Number: 6}},
	}
	for _, test := range tests {
		l, _, _ := mustNewWovenSigned(t)
		noted := l.VerifiedHead()
		mustTamper(t, l, test.tamper)
		a := mustAuditWith(t, l, AuditOptions{Key: testKey.Public().(ed25519.PublicKey), Pinned: noted})
		var got Fault
		if a.Fault != nil {
			got = *a.Fault
		}
		if diff := cmp.Diff(test.want, got, cmpopts.IgnoreFields(Fault{}, "Problem", "Cause")); diff != "" {
			t.Errorf("%s: fault (-want +got):\n%s", test.name, diff)
		}
	}
}

// Two copies of one home go on by themselves, with the same key. Each holds, and the seal of one does not hold in the
// other. The audit says that the seal may be of a copy.
func TestASealOfACopyThatWentOnIsToldFromTampering(t *testing.T) {
	l, _, _ := mustNewWovenSigned(t)
	dir := t.TempDir()
	if err := l.Snapshot(t.Context(), filepath.Join(dir, FileName)); err != nil {
		t.Fatal(err)
	}
	copied := mustOpen(t, dir, Options{Now: clock(), Exclusive: true, Signer: signing(testKey)})
	mustAppend(t, copied, "copy", added("Of the copy"))
	seal := sealOf(t, copied)
	codeOf := func() string {
		t.Helper()
		a := mustAuditWith(t, l, AuditOptions{Key: testKey.Public().(ed25519.PublicKey), Seal: &seal})
		if a.Seal == nil || a.Seal.Holds || a.Fault == nil {
			t.Fatalf("audit: %+v", a)
		}
		return a.Seal.Code
	}
	if code := codeOf(); code != "audit_seal_beyond" {
		t.Errorf("before this desk went on: %s", code)
	}
	mustAppend(t, l, "here", added("Here"))
	if code := codeOf(); code != "audit_seal_diverged" {
		t.Errorf("after this desk went on: %s", code)
	}
	// Without the key, nobody can make a second history that is signed.
	mustTamper(t, l, func(tx *bolt.Tx) error {
		e := tx.Bucket(bucketEvents)
		return errors.Join(e.Put(eventKey("here", 1), bytes.Replace(e.Get(eventKey("here", 1)), []byte("Here"), []byte("Hier"), 1)), rechain(tx))
	})
	if code := codeOf(); code == "audit_seal_diverged" || code == "audit_seal_beyond" {
		t.Errorf("after tampering: %s", code)
	}
}
