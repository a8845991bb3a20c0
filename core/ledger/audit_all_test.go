package ledger

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"

	"countersign/core/ledger/keyset"
	"countersign/core/request"
)

// where is what of a fault says where it is.
type where struct {
	Kind     FaultKind
	Number   int
	Request  request.ID
	Seq      int
	Document string
}

func mustListFaults(t *testing.T, l *Ledger) []where {
	t.Helper()
	opts := AuditOptions{Key: testKey.Public().(ed25519.PublicKey)}
	opts.All = true
	var all []where
	for _, f := range mustAuditWith(t, l, opts).Faults {
		all = append(all, where{f.Kind, f.Number, f.Request, f.Seq, f.Document})
	}
	return all
}

func TestAnAuditOfASoundLedgerListsNothing(t *testing.T) {
	l, _, _ := mustNewWovenSigned(t)
	if all := mustListFaults(t, l); len(all) > 0 {
		t.Errorf("got %+v", all)
	}
}

// The journal is a1 b1 a2 c1 a3 b2. Each test has its faults listed, and none that only follows from another one.
func TestAnAuditListsEveryFault(t *testing.T) {
	alter := func(id request.ID, seq int, from, to string) func(*bolt.Tx) error {
		return func(tx *bolt.Tx) error {
			events := tx.Bucket(bucketEvents)
			stored := events.Get(eventKey(id, seq))
			if !bytes.Contains(stored, []byte(from)) {
				return errors.New("there is nothing to alter")
			}
			return events.Put(eventKey(id, seq), bytes.Replace(stored, []byte(from), []byte(to), 1))
		}
	}
	remove := func(bucket, key []byte) func(*bolt.Tx) error {
		return func(tx *bolt.Tx) error { return tx.Bucket(bucket).Delete(key) }
	}
	for name, test := range map[string]struct {
		tamper []func(*bolt.Tx) error
		want   []where
	}{
		"two events altered": {
			[]func(*bolt.Tx) error{alter("b", 1, `"B"`, `"X"`), alter("c", 1, `"C"`, `"Y"`)},
			[]where{{Kind: Altered, Number: 2, Request: "b", Seq: 1}, {Kind: Altered, Number: 4, Request: "c", Seq: 1}},
		},
		"two events of one request altered": {
			[]func(*bolt.Tx) error{alter("b", 1, `"B"`, `"X"`), alter("b", 2, "not needed", "not wanted")},
			[]where{{Kind: Altered, Number: 2, Request: "b", Seq: 1}, {Kind: Altered, Number: 6, Request: "b", Seq: 2}},
		},
		"an event removed, another one altered": {
			[]func(*bolt.Tx) error{remove(bucketEvents, eventKey("a", 2)), alter("b", 2, "not needed", "not wanted")},
			[]where{{Kind: Removed, Number: 3, Request: "a", Seq: 2}, {Kind: Altered, Number: 6, Request: "b", Seq: 2}},
		},
		"an entry removed": {
			[]func(*bolt.Tx) error{remove(bucketJournal, encodeNumber(4))},
			[]where{{Kind: Removed, Number: 4}, {Kind: Foreign, Number: 7, Request: "c", Seq: 1}},
		},
		"stored requests removed and altered": {
			[]func(*bolt.Tx) error{remove(bucketRequests, []byte("a")), func(tx *bolt.Tx) error {
				return tx.Bucket(bucketRequests).Put([]byte("c"), append(bytes.Clone(tx.Bucket(bucketRequests).Get([]byte("c"))), 0))
			}},
			[]where{{Kind: Removed, Request: "a"}, {Kind: Altered, Request: "c"}},
		},
		"requests without events": {
			[]func(*bolt.Tx) error{func(tx *bolt.Tx) error {
				stored := tx.Bucket(bucketRequests).Get([]byte("c"))
				return errors.Join(tx.Bucket(bucketRequests).Put([]byte("aa"), stored), tx.Bucket(bucketRequests).Put([]byte("z"), stored))
			}},
			[]where{{Kind: Foreign, Request: "aa"}, {Kind: Foreign, Request: "z"}},
		},
		"all events of a request removed": {
			[]func(*bolt.Tx) error{remove(bucketEvents, eventKey("c", 1)), remove(bucketRequests, []byte("c"))},
			[]where{{Kind: Removed, Number: 4, Request: "c", Seq: 1}},
		},
		"index entries removed": {
			[]func(*bolt.Tx) error{func(tx *bolt.Tx) error {
				return errors.Join(change(tx, bucketTerms, termKey("a", numberOf(tx, "a")), false), change(tx, bucketTerms, termKey("c", numberOf(tx, "c")), false))
			}},
			[]where{{Kind: Removed, Request: "a"}, {Kind: Removed, Request: "c"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			l, _, _ := mustNewWovenSigned(t)
			for _, how := range test.tamper {
				mustTamper(t, l, how)
			}
			if diff := cmp.Diff(test.want, mustListFaults(t, l)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
			if first := mustAudit(t, l).Fault; first == nil || first.Kind != test.want[0].Kind || first.Request != test.want[0].Request {
				t.Errorf("alone, the first is %+v", first)
			}
		})
	}
}

// Requests are folded and documents hashed on several goroutines, but the faults come in the order of the journal, then of the ids, then
// of the digests; alone, the first of them is reported.
func TestTheFaultsOfAnAuditAreInOrder(t *testing.T) {
	l := mustNew(t)
	const requests = 3*eventsAtOnce + 7
	var changes []Change
	for i := range requests {
		e := added(fmt.Sprint(i))
		e.Added.Documents[0].SHA256 = fmt.Sprintf("%064x", i)
		changes = append(changes, Change{ID: request.ID(fmt.Sprintf("r%06d", i)), Events: []request.Event{e}})
	}
	mustChange(t, l, changes...)
	var want []where
	mustTamper(t, l, func(tx *bolt.Tx) (err error) {
		for i := 3; i < requests; i += 100 { // an altered event, a request that is missing behind it, and one that has no events
			id, next := changes[i].ID, changes[i+1].ID
			stored := tx.Bucket(bucketEvents).Get(eventKey(id, 1))
			want = append(want, where{Kind: Altered, Number: i + 1, Request: id, Seq: 1})
			err = errors.Join(err, tx.Bucket(bucketEvents).Put(eventKey(id, 1), append(bytes.Clone(stored), ' ')),
				tx.Bucket(bucketRequests).Delete([]byte(next)), tx.Bucket(bucketRequests).Put([]byte(next+"x"), []byte("{}")))
		}
		return err
	})
	for i := 3; i < requests; i += 100 {
		want = append(want, where{Kind: Removed, Request: changes[i+1].ID}, where{Kind: Foreign, Request: changes[i+1].ID + "x"})
	}
	for i := 0; len(want) < maxFaults; i++ { // no document was stored
		want = append(want, where{Kind: Removed, Request: changes[i].ID, Document: fmt.Sprintf("%064x", i)})
	}
	for range 3 {
		if diff := cmp.Diff(want, mustListFaults(t, l)); diff != "" {
			t.Fatalf("faults (-want +got):\n%s", diff)
		}
		if f := mustAuditWith(t, l, AuditOptions{}).Fault; f == nil || f.Number != 4 {
			t.Errorf("alone, the first is %+v", f)
		}
	}
}

func TestAnAuditListsEveryRequestOfADamagedDocument(t *testing.T) {
	l, one, other := mustNewWovenSigned(t)
	if err := errors.Join(os.Remove(l.DocumentPath(one)), os.WriteFile(l.DocumentPath(other), []byte("another text"), 0o600)); err != nil {
		t.Fatal(err)
	}
	want := map[where]bool{
		{Kind: Removed, Request: "a", Document: one}: true, {Kind: Removed, Request: "c", Document: one}: true, {Kind: Altered, Request: "b", Document: other}: true,
	}
	got := map[where]bool{}
	for _, w := range mustListFaults(t, l) {
		got[w] = true
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

// A seal does not hold if an event before it was altered, although its own entry has the link that it names.
func TestASealDoesNotHoldBehindAFaultThatIsListed(t *testing.T) {
	l, _, _ := mustNewWovenSigned(t)
	opts := AuditOptions{Key: testKey.Public().(ed25519.PublicKey)}
	opts.All = true
	seal := sealOf(t, l)
	opts.Seal = &seal
	if a := mustAuditWith(t, l, opts); !a.Seal.Holds {
		t.Fatalf("the seal of a sound ledger: %+v", a.Seal)
	}
	mustTamper(t, l, func(tx *bolt.Tx) error {
		e := tx.Bucket(bucketEvents)
		return e.Put(eventKey("b", 1), bytes.Replace(e.Get(eventKey("b", 1)), []byte(`"B"`), []byte(`"X"`), 1))
	})
	if a := mustAuditWith(t, l, opts); a.Seal.Holds || len(a.Faults) != 1 {
		t.Errorf("seal %+v, faults %+v", a.Seal, a.Faults)
	}
}

// A list whose blocks cannot be read is a fault in either kind of audit, its rows are not shown as if they were all, and a rebuild
// makes it anew.
func TestADamagedListIsFoundAndMadeAnew(t *testing.T) {
	for list, ask := range map[string]func(*Ledger) error{
		string(bucketSortKeys): func(l *Ledger) error { _, err := l.Query(t.Context(), Query{}); return err },
		string(bucketTerms):    func(l *Ledger) error { _, err := l.People(t.Context()); return err },
	} {
		t.Run(list, func(t *testing.T) {
			l, _, _ := mustNewWovenSigned(t)
			before := mustRead(t, l)
			mustTamper(t, l, func(tx *bolt.Tx) error {
				b := tx.Bucket([]byte(list))
				first, value := b.Cursor().First()
				return b.Put(bytes.Clone(first), append(bytes.Clone(value), 0xff))
			})
			for _, all := range []bool{false, true} {
				a := mustAuditWith(t, l, AuditOptions{Key: testKey.Public().(ed25519.PublicKey), All: all})
				if a.Fault == nil || a.Fault.Kind != Altered || a.Fault.List != list || all && len(a.Faults) != 1 {
					t.Errorf("all %t: fault %+v of %+v", all, a.Fault, a.Faults)
				}
			}
			if err := ask(l); !errors.Is(err, keyset.ErrDamaged) || l.Damage() != nil {
				t.Errorf("asked: %v, damage %v", err, l.Damage())
			}
			mustRebuild(t, l)
			if diff := cmp.Diff(before, mustRead(t, l)); diff != "" {
				t.Errorf("not mended (-before +after):\n%s", diff)
			}
		})
	}
}
