package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"testing"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

// woven is a ledger whose journal is a1 b1 a2 c1 a3 b2.
func woven(t testing.TB) *Ledger {
	t.Helper()
	l := mustNew(t)
	mustAppend(t, l, "a", added("A"))
	mustAppend(t, l, "b", added("B"))
	mustAppend(t, l, "a", launched("a", "t1"))
	mustAppend(t, l, "c", added("C"))
	mustAppend(t, l, "a", returned("t1"))
	mustAppend(t, l, "b", withdrawn)
	return l
}

func TestTheChainIsAsDocumented(t *testing.T) {
	l := woven(t)
	file := mustRead(t, l)
	var head [sha256.Size]byte
	order := []struct {
		id  string
		seq uint64
	}{{"a", 1}, {"b", 1}, {"a", 2}, {"c", 1}, {"a", 3}, {"b", 2}}
	for _, o := range order {
		key := binary.BigEndian.AppendUint64([]byte(o.id+"\x00"), o.seq)
		stored, ok := file["events"][string(key)]
		if !ok {
			t.Fatalf("event %d of %s is not kept under its key", o.seq, o.id)
		}
		head = sha256.Sum256(append(append(head[:], key...), stored...))
	}
	want := Audit{Events: 6, Head: hex.EncodeToString(head[:])}
	if diff := cmp.Diff(want, mustAudit(t, l)); diff != "" {
		t.Errorf("audit (-want +got):\n%s", diff)
	}
}

func TestAnEmptyRegisterHolds(t *testing.T) {
	if diff := cmp.Diff(Audit{}, mustAudit(t, mustNew(t))); diff != "" {
		t.Errorf("audit (-want +got):\n%s", diff)
	}
}

func TestAuditNamesTheFirstPlaceThatDoesNotHold(t *testing.T) {
	events := func(tx *bolt.Tx) *bolt.Bucket { return tx.Bucket(bucketEvents) }
	journal := func(tx *bolt.Tx) *bolt.Bucket { return tx.Bucket(bucketJournal) }
	swap := func(b *bolt.Bucket, one, other []byte) error {
		first, second := bytes.Clone(b.Get(one)), bytes.Clone(b.Get(other))
		if err := b.Put(one, second); err != nil {
			return err
		}
		return b.Put(other, first)
	}
	stray := func(key []byte) func(*bolt.Tx) error {
		return func(tx *bolt.Tx) error { return events(tx).Put(key, []byte(`{"seq":4,"kind":"withdrawn"}`)) }
	}
	const (
		altered   = "the event, or the chain before it, was altered"
		gone      = "the event was removed"
		unordered = "the events of the request are out of order"
		entryGone = "a journal entry was removed"
		past      = "an event was written past the journal"
	)
	tests := []struct {
		name   string
		tamper func(*bolt.Tx) error
		want   Fault
	}{
		{"an event is altered", func(tx *bolt.Tx) error {
			e := events(tx)
			return e.Put(eventKey("a", 2), bytes.Replace(e.Get(eventKey("a", 2)), []byte("t1"), []byte("t2"), 1))
		}, Fault{3, "a", 2, altered}},
		{"the first event is altered", func(tx *bolt.Tx) error {
			return events(tx).Put(eventKey("a", 1), []byte("{}"))
		}, Fault{1, "a", 1, altered}},
		{"the last event is altered", func(tx *bolt.Tx) error {
			return events(tx).Put(eventKey("b", 2), []byte("{}"))
		}, Fault{6, "b", 2, altered}},
		{"an event is removed", func(tx *bolt.Tx) error { return events(tx).Delete(eventKey("a", 2)) }, Fault{3, "a", 2, gone}},
		{"two events change places", func(tx *bolt.Tx) error {
			return swap(events(tx), eventKey("a", 2), eventKey("a", 3))
		}, Fault{3, "a", 2, altered}},
		{"the first entry is removed", func(tx *bolt.Tx) error { return journal(tx).Delete(number(1)) }, Fault{1, "", 0, entryGone}},
		{"an entry is removed", func(tx *bolt.Tx) error { return journal(tx).Delete(number(4)) }, Fault{4, "", 0, entryGone}},
		{"the last entry is removed", func(tx *bolt.Tx) error { return journal(tx).Delete(number(6)) }, Fault{6, "b", 2, past}},
		{"an event and its entry are removed", func(tx *bolt.Tx) error {
			if err := journal(tx).Delete(number(4)); err != nil {
				return err
			}
			return events(tx).Delete(eventKey("c", 1))
		}, Fault{4, "", 0, entryGone}},
		{"entries of two requests change places", func(tx *bolt.Tx) error { return swap(journal(tx), number(3), number(4)) }, Fault{3, "c", 1, altered}},
		{"entries of one request change places", func(tx *bolt.Tx) error { return swap(journal(tx), number(3), number(5)) }, Fault{3, "a", 3, unordered}},
		{"a link is altered", func(tx *bolt.Tx) error {
			v := bytes.Clone(journal(tx).Get(number(2)))
			v[0] ^= 1
			return journal(tx).Put(number(2), v)
		}, Fault{2, "b", 1, altered}},
		{"an entry is torn", func(tx *bolt.Tx) error {
			return journal(tx).Put(number(2), journal(tx).Get(number(2))[:40])
		}, Fault{2, "", 0, "a journal entry is too short"}},
		{"an entry is told twice", func(tx *bolt.Tx) error {
			return journal(tx).Put(number(7), journal(tx).Get(number(5)))
		}, Fault{7, "a", 3, unordered}},
		{"an event is added behind the last", stray(eventKey("a", 4)), Fault{7, "a", 4, past}},
		{"an event is added before the first", stray(eventKey("a", 0)), Fault{7, "a", 0, past}},
		{"an event is added far behind", stray(eventKey("a", -1)), Fault{7, "a", -1, past}},
		{"an event of an unknown request is added", stray(eventKey("x", 1)), Fault{7, "x", 1, past}},
		{"something is added that is no event", stray([]byte("xyz")), Fault{7, "xyz", 0, past}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := woven(t)
			intact := mustAudit(t, l)
			mustTamper(t, l, test.tamper)
			got := mustAudit(t, l)
			if got.Fault == nil {
				t.Fatal("the register holds")
			}
			if diff := cmp.Diff(test.want, *got.Fault); diff != "" {
				t.Errorf("fault (-want +got):\n%s", diff)
			}
			if got.Events != test.want.Number-1 {
				t.Errorf("%d entries hold before entry %d", got.Events, test.want.Number)
			}
			if got.Events == intact.Events && got.Head != intact.Head {
				t.Errorf("the chain as far as it holds ends with %s, not %s", got.Head, intact.Head)
			}
		})
	}
}

// A long journal is read in pieces, and others write in between.
func TestAuditReadsOnWhereAPieceEnds(t *testing.T) {
	l := mustNew(t)
	events := []request.Event{added("A")}
	for range auditPiece {
		events = append(events, returned("t"))
	}
	mustAppend(t, l, "a", events...)
	if a := mustAudit(t, l); a.Fault != nil || a.Events != auditPiece+1 {
		t.Errorf("audit: %+v", a)
	}
	mustTamper(t, l, func(tx *bolt.Tx) error { return tx.Bucket(bucketEvents).Delete(eventKey("a", auditPiece+1)) })
	if a := mustAudit(t, l); a.Fault == nil || a.Fault.Number != auditPiece+1 {
		t.Errorf("audit: %+v", a)
	}
}

func FuzzParseEntry(f *testing.F) {
	f.Add([]byte{})
	f.Add(make([]byte, sha256.Size+8))
	f.Add(append(make([]byte, sha256.Size+7), "\x01a"...))
	f.Add(append(bytes.Repeat([]byte{0xff}, sha256.Size+8), "a\x00b"...))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := parseEntry(b)
		if (err != nil) != (len(b) < sha256.Size+9) {
			t.Fatalf("%d bytes: %v", len(b), err)
		}
		if err != nil {
			return
		}
		again := append(binary.BigEndian.AppendUint64(bytes.Clone(e.link[:]), uint64(e.seq)), e.id...)
		if !bytes.Equal(b, again) {
			t.Errorf("read %x, written again %x", b, again)
		}
	})
}
