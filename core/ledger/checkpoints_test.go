package ledger

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"

	"countersign/core/register"
	"countersign/core/request"
)

// mustSigned returns the numbers of the entries that have a checkpoint.
func mustSigned(t testing.TB, l *Ledger) (numbers []int) {
	t.Helper()
	for _, k := range slices.Sorted(maps.Keys(mustRead(t, l)["heads"])) {
		numbers = append(numbers, decodeNumber([]byte(k)))
	}
	return numbers
}

// returns returns n events of kind KindReturned for a request whose visit has the ticket t1.
func returns(n int) []request.Event { return slices.Repeat([]request.Event{returned("t1")}, n) }

func TestTheFirstCheckpointTheLastAndOneInAThousandStay(t *testing.T) {
	l := mustNewSigned(t)
	mustAppend(t, l, "a", added("A"), launched("a", "t1"))
	steps := []struct {
		add  int
		want []int
	}{{0, []int{2}}, {1, []int{2, 3}}, {1, []int{2, 4}}, {2500, []int{2, 1000, 2000, 2504}}, {496, []int{2, 1000, 2000, 3000}}, {1, []int{2, 1000, 2000, 3000, 3001}}}
	for _, step := range steps {
		if step.add > 0 {
			mustAppend(t, l, "a", returns(step.add)...)
		}
		if diff := cmp.Diff(step.want, mustSigned(t, l)); diff != "" {
			t.Fatalf("signed (-want +got):\n%s", diff)
		}
	}
	if a := mustAudit(t, l); a.Fault != nil || a.Signed != 3001 || a.Unsigned != 0 || !a.SignedSince.Before(a.SignedAt) {
		t.Errorf("audit: %+v, %+v", a, a.Fault)
	}
	mustEqualItsRebuild(t, l)
}

// stubborn is a key whose Sign fails.
type stubborn struct{ crypto.Signer }

func (stubborn) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return nil, errors.New("the token was pulled out")
}

// While the key is not available, entries are stored unsigned, so that no outcome is lost.
func TestEntriesThatCouldNotBeSignedAreSignedLater(t *testing.T) {
	var key crypto.Signer
	l := mustOpen(t, t.TempDir(), Options{Now: clock(), Exclusive: true, Signer: func(context.Context) crypto.Signer { return key }})
	mustAppend(t, l, "a", added("A"))
	key = stubborn{testKey}
	mustAppend(t, l, "a", launched("a", "t1"))
	if a := mustAudit(t, l); a.Fault != nil || a.Unsigned != 2 {
		t.Fatalf("audit: %+v", a)
	}
	key = testKey
	mustAppend(t, l, "a", returns(1)...)
	key = nil
	mustAppend(t, l, "a", returns(1100)...)
	if a := mustAudit(t, l); a.Fault != nil || a.Signed != 3 || a.Unsigned != 1100 {
		t.Fatalf("audit: %+v", a)
	}
	key = testKey
	for range 2 {
		if err := l.Sign(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]int{3, 1000, 1103}, mustSigned(t, l)); diff != "" {
			t.Errorf("signed (-want +got):\n%s", diff)
		}
	}
}

// The desk must not sign a register that somebody has changed.
func TestAChangedRegisterIsNotSigned(t *testing.T) {
	tests := map[string]func(*bolt.Tx) error{
		"the end is cut off": func(tx *bolt.Tx) error {
			return errors.Join(tx.Bucket(bucketJournal).Delete(encodeNumber(6)), tx.Bucket(bucketEvents).Delete(eventKey("b", 2)), tx.Bucket(bucketRequests).Delete([]byte("b")))
		},
		"an event is altered and the chain computed anew": func(tx *bolt.Tx) error {
			return errors.Join(tx.Bucket(bucketEvents).Put(eventKey("a", 3), []byte(`{"seq":3,"kind":"opened"}`)), rechain(tx))
		},
		"a checkpoint is not JSON": func(tx *bolt.Tx) error { return tx.Bucket(bucketCheckpoints).Put(encodeNumber(6), []byte("{")) },
	}
	for name, tamper := range tests {
		t.Run(name, func(t *testing.T) {
			l, _, _ := mustNewWovenSigned(t)
			mustTamper(t, l, tamper)
			mustAppend(t, l, "x", added("X"))
			mustAppend(t, l, "y", added("Y"))
			if diff := cmp.Diff([]int{1, 6}, mustSigned(t, l)); diff != "" {
				t.Errorf("signed (-want +got):\n%s", diff)
			}
			if err := l.Sign(t.Context()); err == nil {
				t.Error("Sign returned no error")
			}
			if h, err := l.QuickCheck(t.Context(), 3); name != "a checkpoint is not JSON" && (err != nil || h.Fault == nil) {
				t.Errorf("quick check: %+v, %v", h, err)
			}
			if a := mustAudit(t, l); a.Fault == nil {
				t.Error("the register holds")
			}
		})
	}
}

func TestAnotherKeySignsEverythingAnew(t *testing.T) {
	l, _, _ := mustNewWovenSigned(t)
	mustAppend(t, l, "a", returns(1000)...)
	before, err := l.RegisterState(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	mustAppend(t, l, "c", withdrawn)
	if err := l.SignWithNewKey(t.Context(), otherKey, before.Head); err != nil {
		t.Fatal(err)
	}
	if a := mustAuditWith(t, l, AuditOptions{Key: otherKey.Public().(ed25519.PublicKey)}); a.Fault != nil || a.Unsigned > 0 {
		t.Errorf("audit: %+v", a.Fault)
	}
	if a := mustAudit(t, l); a.Fault == nil || a.Fault.Kind != Foreign {
		t.Errorf("audit with the key before: %+v", a.Fault)
	}
	before.Link[0] ^= 1
	if err := l.SignWithNewKey(t.Context(), testKey, before.Head); err == nil {
		t.Error("a register that was not audited is signed")
	}
}

func TestIdsAreOneWord(t *testing.T) {
	l := mustNew(t)
	for _, id := range []request.ID{"", "a b", "a\x00", "a\nb", " a", "\xff"} {
		if _, err := l.Append(t.Context(), Change{ID: id, Events: []request.Event{added("A")}}); !errors.Is(err, request.ErrIllegal) {
			t.Errorf("%q: %v", id, err)
		}
	}
}

// checkText checks the text form of a register, using only docs/register.md and the hash functions.
func checkText(t *testing.T, text string, key ed25519.PublicKey) (entries, others, signatures int) {
	t.Helper()
	var c register.Hasher
	var last register.Hash
	id, count := "", 0
	hash := func(text string) register.Hash {
		h, err := register.ParseHash(text)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	for line := range strings.Lines(text) {
		w := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 6)
		switch w[0] {
		case "register":
			id = w[1]
		case "before":
			count, last = mustInt(t, w[1]), hash(w[2])
		case "entry", "other":
			if count++; mustInt(t, w[1]) != count {
				t.Fatalf("entry %s, not %d", w[1], count)
			}
			if w[0] == "other" {
				last = c.Link(last, hash(w[3]))
				others++
			} else {
				last = c.Link(last, c.Entry(w[3], mustInt(t, w[4]), []byte(w[5])))
				entries++
			}
			if last != hash(w[2]) {
				t.Fatalf("the chain does not hold at %d", count)
			}
		case "signed":
			s := register.Checkpoint{Head: register.Head{Register: id, Count: mustInt(t, w[1]), Link: hash(w[2]), At: mustTime(t, w[3])}, Signature: mustBase64(t, w[4])}
			if s.Count != count || s.Link != last || !s.SignedBy(key) {
				t.Fatalf("not signed: %s", line)
			}
			signatures++
		default:
			t.Fatalf("what is %q", line)
		}
	}
	return entries, others, signatures
}

func TestAnExcerptCanBeCheckedOnItsOwn(t *testing.T) {
	l := mustNewSigned(t)
	mustAppend(t, l, "x", added("a title of another's"), launched("x", "t1"))
	mustAppend(t, l, "a", added("A"))
	mustAppend(t, l, "x", returns(700)...)
	mustAppend(t, l, "a", launched("a", "t2"))
	mustAppend(t, l, "x", returns(2000)...)
	mustAppend(t, l, "a", returned("t2"), withdrawn)
	excerpts, err := l.Excerpts(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	for _, p := range excerpts {
		if _, err := p.WriteTo(&b); err != nil {
			t.Fatal(err)
		}
	}
	entries, others, signatures := checkText(t, b.String(), testKey.Public().(ed25519.PublicKey))
	if entries != 4 || others < 900 || others > 2000 || signatures != 2 || len(excerpts) != 2 {
		t.Errorf("%d entries, %d others, %d signatures", entries, others, signatures)
	}
	if strings.Contains(b.String(), "another's") {
		t.Error("the excerpt has the title of another request")
	}
	if _, err := l.Excerpts(t.Context(), "nobody"); !errors.Is(err, ErrNotFound) {
		t.Errorf("of no request: %v", err)
	}
}

func TestAnExcerptOfUnsignedEntriesHasNoSignature(t *testing.T) {
	excerpts, err := mustNewWoven(t).Excerpts(t.Context(), "b")
	if err != nil || len(excerpts) != 1 || excerpts[0].Checkpoint.Signature != nil || len(excerpts[0].Entries) != 5 {
		t.Fatalf("%+v, %v", excerpts, err)
	}
	var b bytes.Buffer
	if _, err := excerpts[0].WriteTo(&b); err != nil || strings.Contains(b.String(), "signed") {
		t.Errorf("%s, %v", b.String(), err)
	}
}

func TestAnExportHasTheWholeChain(t *testing.T) {
	l := mustNewSigned(t)
	mustAppend(t, l, "a", added("A\nB"), launched("a", "t1"))
	mustAppend(t, l, "a", returns(batchSize+5)...)
	var b bytes.Buffer
	reported := 0
	if err := l.Export(t.Context(), &b, func(n, total int) { reported = n }); err != nil {
		t.Fatal(err)
	}
	entries, others, signatures := checkText(t, b.String(), testKey.Public().(ed25519.PublicKey))
	if entries != batchSize+7 || others != 0 || signatures != 12 || reported != entries {
		t.Errorf("%d entries, %d others, %d signatures, %d reported", entries, others, signatures, reported)
	}
	b.Reset()
	if err := mustNew(t).Export(t.Context(), &b, func(int, int) {}); err != nil || strings.Count(b.String(), "\n") != 2 {
		t.Errorf("of an empty one: %q, %v", b.String(), err)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.Export(canceled, io.Discard, func(int, int) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
}

// Whoever can change events can delete checkpoints, forge them, or put old ones back.
func TestNothingIsSignedAfterForgedCheckpoints(t *testing.T) {
	altered := func(tx *bolt.Tx) error {
		return errors.Join(tx.Bucket(bucketEvents).Put(eventKey("a", 3), []byte(`{"seq":3,"kind":"opened"}`)), rechain(tx))
	}
	last := func(tx *bolt.Tx) error { return tx.Bucket(bucketCheckpoints).Delete(encodeNumber(6)) }
	tests := []struct {
		name    string
		tamper  func(*bolt.Tx) error
		another bool // a process that has not verified a checkpoint before notices it, too
	}{
		{"all are deleted", func(tx *bolt.Tx) error {
			return errors.Join(last(tx), tx.Bucket(bucketCheckpoints).Delete(encodeNumber(1)), altered(tx))
		}, false},
		{"the last is deleted", func(tx *bolt.Tx) error { return errors.Join(last(tx), altered(tx)) }, false},
		{"the last is forged", func(tx *bolt.Tx) error {
			n, link, err := lastEntry(tx)
			return errors.Join(err, altered(tx), putCheckpoint(tx, register.Head{Register: registerID(tx), Count: n, Link: link, At: start}, otherKey))
		}, true},
		{"the last is forged for what was altered", func(tx *bolt.Tx) error { return errors.Join(altered(tx), signedBy(tx, otherKey)) }, true},
		{"a malformed key is after them", func(tx *bolt.Tx) error {
			return errors.Join(altered(tx), tx.Bucket(bucketCheckpoints).Put([]byte("\xffbehind all"), []byte("{}")))
		}, true},
	}
	for _, test := range tests {
		for _, another := range []bool{false, test.another} {
			l, _, _ := mustNewWovenSigned(t)
			mustTamper(t, l, test.tamper)
			if another {
				l = mustOpen(t, l.dir, l.opts)
			}
			mustAppend(t, l, "x", added("X"))
			if err := l.Sign(t.Context()); !errors.Is(err, errRegisterChanged) {
				t.Errorf("%s: asked to sign: %v", test.name, err)
			}
			for _, n := range mustSigned(t, l) {
				if n > 6 {
					t.Errorf("%s (another process: %v): entry %d was signed", test.name, another, n)
				}
			}
		}
	}
}

func TestTheVerifiedHeadIsSignedWithTheKey(t *testing.T) {
	l, _, _ := mustNewWovenSigned(t)
	if h := l.VerifiedHead(); h.Count != 6 {
		t.Errorf("verified: %+v", h)
	}
	other := mustOpen(t, l.dir, l.opts)
	if h := other.VerifiedHead(); h.Count != 0 {
		t.Errorf("verified without looking: %+v", h)
	}
	if err := other.Sign(t.Context()); err != nil || other.VerifiedHead().Count != 6 {
		t.Errorf("verified: %+v, %v", other.VerifiedHead(), err)
	}
	mustTamper(t, l, func(tx *bolt.Tx) error { return signedBy(tx, otherKey) })
	other = mustOpen(t, l.dir, l.opts)
	if err := other.Sign(t.Context()); !errors.Is(err, errRegisterChanged) || other.VerifiedHead().Count != 0 {
		t.Errorf("verified: %+v, %v", other.VerifiedHead(), err)
	}
}
