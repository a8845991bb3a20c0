package ledger

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	bolt "go.etcd.io/bbolt"
	"pgregory.net/rapid"

	"countersign/core/register"
	"countersign/core/request"
)

// mustNewWovenSigned returns a signed ledger whose journal is a1 b1 a2 c1 a3 b2, and the digests of
// its two documents: of a and c, and of b.
func mustNewWovenSigned(t testing.TB) (l *Ledger, one, other string) {
	t.Helper()
	l = mustNewSigned(t)
	put := func(text string) string {
		digest, _, err := l.PutDocument(t.Context(), strings.NewReader(text), 100)
		if err != nil {
			t.Fatal(err)
		}
		return digest
	}
	one, other = put("one document"), put("another document")
	with := func(title, digest string) request.Event {
		e := added(title)
		e.Added.Documents[0].SHA256 = digest
		return e
	}
	mustAppend(t, l, "a", with("A", one))
	mustAppend(t, l, "b", with("B", other))
	mustAppend(t, l, "a", launched("a", "t1"))
	mustAppend(t, l, "c", with("C", one))
	mustAppend(t, l, "a", returned("t1"))
	mustAppend(t, l, "b", withdrawn)
	return l, one, other
}

// rechain computes all links anew, as somebody would who changed something and has no key.
func rechain(tx *bolt.Tx) error {
	journal, events := tx.Bucket(bucketJournal), tx.Bucket(bucketEvents)
	var entries []entry
	err := journal.ForEach(func(_, v []byte) error {
		e, err := parseEntry(v)
		entries = append(entries, e)
		return err
	})
	if err := errors.Join(err, tx.DeleteBucket(bucketJournal)); err != nil {
		return err
	}
	if journal, err = tx.CreateBucket(bucketJournal); err != nil {
		return err
	}
	var c register.Hasher
	var last register.Hash
	for i, e := range entries {
		last = c.Link(last, c.Entry(string(e.id), e.seq, events.Get(eventKey(e.id, e.seq))))
		e.link = last
		if err := journal.Put(encodeNumber(i+1), e.bytes()); err != nil {
			return err
		}
	}
	return nil
}

// signedBy replaces all checkpoints by one of the last entry.
func signedBy(tx *bolt.Tx, key crypto.Signer) error {
	n, link, err := lastEntry(tx)
	if err := errors.Join(err, tx.DeleteBucket(bucketCheckpoints)); err != nil {
		return err
	}
	if _, err := tx.CreateBucket(bucketCheckpoints); err != nil {
		return err
	}
	return putCheckpoint(tx, register.Head{Register: registerID(tx), Count: n, Link: link, At: start}, key)
}

func swap(b *bolt.Bucket, one, other []byte) error {
	first, second := bytes.Clone(b.Get(one)), bytes.Clone(b.Get(other))
	return errors.Join(b.Put(one, second), b.Put(other, first))
}

func TestAuditFindsThePositionAndTheKindOfAChange(t *testing.T) {
	events := func(tx *bolt.Tx) *bolt.Bucket { return tx.Bucket(bucketEvents) }
	journal := func(tx *bolt.Tx) *bolt.Bucket { return tx.Bucket(bucketJournal) }
	replace := func(id request.ID, seq int, from, to string) func(*bolt.Tx) error {
		return func(tx *bolt.Tx) error {
			key := eventKey(id, seq)
			changed := bytes.Replace(events(tx).Get(key), []byte(from), []byte(to), 1)
			if bytes.Equal(changed, events(tx).Get(key)) {
				return fmt.Errorf("%s is not in the event", from)
			}
			return events(tx).Put(key, changed)
		}
	}
	stray := func(key []byte) func(*bolt.Tx) error {
		return func(tx *bolt.Tx) error { return events(tx).Put(key, []byte(`{"seq":4,"kind":"withdrawn"}`)) }
	}
	// cut removes the entries after number left, with their events.
	cut := func(tx *bolt.Tx, left int) error {
		for {
			k, v := journal(tx).Cursor().Last()
			if decodeNumber(k) <= left {
				return nil
			}
			e, err := parseEntry(v)
			if err := errors.Join(err, events(tx).Delete(eventKey(e.id, e.seq)), journal(tx).Delete(k)); err != nil {
				return err
			}
		}
	}
	// remove removes entry n and its event, and renumbers the entries after it.
	remove := func(tx *bolt.Tx, n int) error {
		e, err := parseEntry(journal(tx).Get(encodeNumber(n)))
		if err := errors.Join(err, events(tx).Delete(eventKey(e.id, e.seq))); err != nil {
			return err
		}
		for ; journal(tx).Get(encodeNumber(n+1)) != nil; n++ {
			if err := journal(tx).Put(encodeNumber(n), bytes.Clone(journal(tx).Get(encodeNumber(n+1)))); err != nil {
				return err
			}
		}
		return journal(tx).Delete(encodeNumber(n))
	}
	then := func(steps ...func(*bolt.Tx) error) func(*bolt.Tx) error {
		return func(tx *bolt.Tx) error {
			for _, step := range steps {
				if err := step(tx); err != nil {
					return err
				}
			}
			return nil
		}
	}
	rebuilt := func(id request.ID) func(*bolt.Tx) error { // stores the request as its events now fold
		return func(tx *bolt.Tx) error {
			r := request.Request{ID: id}
			for {
				e, err := readEvent(tx, id, r.Version+1)
				if errors.Is(err, ErrNotFound) {
					return storeRequest(tx, r, numberOf(tx, id))
				}
				if err != nil {
					return err
				}
				if r, err = r.Apply(e); err != nil {
					return err
				}
			}
		}
	}
	sign := func(key crypto.Signer) func(*bolt.Tx) error {
		return func(tx *bolt.Tx) error { return signedBy(tx, key) }
	}
	tests := []struct {
		name   string
		tamper func(*bolt.Tx) error
		want   Fault // without Problem, Cause and List
	}{
		{"an event is altered", replace("a", 2, "office", "oddity"), faultAt(Altered, 3, "a", 2)},
		{"the first event is altered", replace("a", 1, "A", "X"), faultAt(Altered, 1, "a", 1)},
		{"the last event is altered", replace("b", 2, "not needed", "is not needed"), faultAt(Altered, 6, "b", 2)},
		{"a link is altered", func(tx *bolt.Tx) error {
			v := bytes.Clone(journal(tx).Get(encodeNumber(2)))
			v[0] ^= 1
			return journal(tx).Put(encodeNumber(2), v)
		}, faultAt(Altered, 2, "b", 1)},
		{"an entry is torn", func(tx *bolt.Tx) error {
			return journal(tx).Put(encodeNumber(2), bytes.Clone(journal(tx).Get(encodeNumber(2))[:40]))
		}, faultAt(Altered, 2, "", 0)},
		{"an event is altered and the chain computed anew", then(replace("a", 2, "office", "oddity"), rechain), faultAt(Altered, 2, "", 0)},
		{"the folded request too", then(replace("a", 1, `"A"`, `"X"`), rechain, rebuilt("a")), faultAt(Altered, 1, "", 0)},

		{"an event is removed", func(tx *bolt.Tx) error { return events(tx).Delete(eventKey("a", 2)) }, faultAt(Removed, 3, "a", 2)},
		{"the first entry is removed", func(tx *bolt.Tx) error { return journal(tx).Delete(encodeNumber(1)) }, faultAt(Removed, 1, "", 0)},
		{"an entry is removed", func(tx *bolt.Tx) error { return journal(tx).Delete(encodeNumber(4)) }, faultAt(Removed, 4, "", 0)},
		{"an event and its entry are removed", func(tx *bolt.Tx) error {
			return errors.Join(journal(tx).Delete(encodeNumber(4)), events(tx).Delete(eventKey("c", 1)))
		}, faultAt(Removed, 4, "", 0)},
		{"and the later ones are renumbered", func(tx *bolt.Tx) error { return remove(tx, 4) }, faultAt(Removed, 4, "a", 3)},
		{"and the chain is computed anew", then(func(tx *bolt.Tx) error { return remove(tx, 4) }, rechain), faultAt(Truncated, 6, "", 0)},

		{"two events change places", func(tx *bolt.Tx) error {
			return swap(events(tx), eventKey("a", 2), eventKey("a", 3))
		}, faultAt(Reordered, 3, "a", 2)},
		{"entries of two requests change places", func(tx *bolt.Tx) error { return swap(journal(tx), encodeNumber(3), encodeNumber(4)) }, faultAt(Reordered, 3, "c", 1)},
		{"entries of one request change places", func(tx *bolt.Tx) error { return swap(journal(tx), encodeNumber(3), encodeNumber(5)) }, faultAt(Reordered, 3, "a", 3)},
		{"entries of one request change places, and all is chained and signed", then(func(tx *bolt.Tx) error {
			return swap(journal(tx), encodeNumber(3), encodeNumber(5))
		}, rechain, sign(testKey)), faultAt(Reordered, 3, "a", 3)},
		{"entries change places and the chain is computed anew", then(func(tx *bolt.Tx) error {
			return swap(journal(tx), encodeNumber(3), encodeNumber(4))
		}, rechain), faultAt(Altered, 2, "", 0)},

		{"the last entry is cut off", func(tx *bolt.Tx) error { return journal(tx).Delete(encodeNumber(6)) }, faultAt(Truncated, 6, "", 0)},
		{"the last entries with their events", func(tx *bolt.Tx) error { return cut(tx, 4) }, faultAt(Truncated, 5, "", 0)},
		{"everything", func(tx *bolt.Tx) error { return cut(tx, 0) }, faultAt(Truncated, 1, "", 0)},
		{"the last entries, and others are added", then(func(tx *bolt.Tx) error { return cut(tx, 5) }, func(tx *bolt.Tx) error {
			if err := events(tx).Put(eventKey("x", 1), []byte(`{"seq":1,"kind":"added"}`)); err != nil {
				return err
			}
			return appendEntry(tx, "x", 1, []byte(`{"seq":1,"kind":"added"}`))
		}), faultAt(Altered, 2, "", 0)},

		{"an entry is repeated", func(tx *bolt.Tx) error {
			return journal(tx).Put(encodeNumber(7), bytes.Clone(journal(tx).Get(encodeNumber(5))))
		}, faultAt(Altered, 7, "a", 3)},
		{"an entry is repeated in the chain", func(tx *bolt.Tx) error {
			return appendEntry(tx, "a", 3, events(tx).Get(eventKey("a", 3)))
		}, faultAt(Foreign, 7, "a", 3)},
		{"an event is added behind the last", stray(eventKey("a", 4)), faultAt(Foreign, 7, "a", 4)},
		{"an event is added before the first", stray(eventKey("a", 0)), faultAt(Foreign, 7, "a", 0)},
		{"an event is added far behind", stray(eventKey("a", -1)), faultAt(Foreign, 7, "a", -1)},
		{"an event of an unknown request is added", stray(eventKey("x", 1)), faultAt(Foreign, 7, "x", 1)},
		{"a malformed event key is added", stray([]byte("xyz")), faultAt(Foreign, 7, "xyz", 0)},
		{"the chain is computed anew and signed with another key", then(replace("a", 2, "office", "oddity"), rechain, sign(otherKey)), faultAt(Foreign, 6, "", 0)},
		{"the checkpoint is signed with another key", sign(otherKey), faultAt(Foreign, 6, "", 0)},
		{"the register gets another id", func(tx *bolt.Tx) error {
			return tx.Bucket(bucketMeta).Put(keyRegister, []byte("0123456789abcdef"))
		}, faultAt(Foreign, 1, "", 0)},
		{"a checkpoint is not JSON", func(tx *bolt.Tx) error { return tx.Bucket(bucketCheckpoints).Put(encodeNumber(6), []byte("{")) }, faultAt(Altered, 6, "", 0)},
		{"a malformed key hides the checkpoints after it", then(replace("a", 2, "office", "oddity"), rechain, func(tx *bolt.Tx) error {
			return tx.Bucket(bucketCheckpoints).Put(append(encodeNumber(2), 0), []byte("{}"))
		}), faultAt(Foreign, 2, "", 0)},
		{"a checkpoint is beyond the end", func(tx *bolt.Tx) error {
			return putCheckpoint(tx, register.Head{Register: registerID(tx), Count: 9, At: start}, otherKey)
		}, faultAt(Foreign, 7, "", 0)},
		{"an event that cannot be is chained and signed", then(func(tx *bolt.Tx) error {
			return errors.Join(events(tx).Put(eventKey("c", 2), []byte(`{"seq":2,"kind":"reopened"}`)), appendEntry(tx, "c", 2, []byte(`{"seq":2,"kind":"reopened"}`)))
		}, sign(testKey)), faultAt(Foreign, 7, "c", 2)},

		{"a stored request is altered", func(tx *bolt.Tx) error {
			r, err := readRequest(tx, "b")
			r.Status = request.Signed
			return errors.Join(err, storeRequest(tx, r, numberOf(tx, r.ID)))
		}, faultAt(Altered, 0, "b", 0)},
		{"a stored request is not JSON", func(tx *bolt.Tx) error { return tx.Bucket(bucketRequests).Put([]byte("b"), []byte("{")) }, faultAt(Altered, 0, "b", 0)},
		{"a request is removed", func(tx *bolt.Tx) error { return tx.Bucket(bucketRequests).Delete([]byte("b")) }, faultAt(Removed, 0, "b", 0)},
		{"the last request is removed", func(tx *bolt.Tx) error { return tx.Bucket(bucketRequests).Delete([]byte("c")) }, faultAt(Removed, 0, "c", 0)},
		{"a request is added", func(tx *bolt.Tx) error { return tx.Bucket(bucketRequests).Put([]byte("aa"), []byte("{}")) }, faultAt(Foreign, 0, "aa", 0)},
		{"a sort key is removed", func(tx *bolt.Tx) error {
			r, err := readRequest(tx, "b")
			return errors.Join(err, change(tx, bucketSortKeys, sortKeyOf(ByTitle, r, numberOf(tx, "b")), false))
		}, faultAt(Removed, 0, "b", 0)},
		{"a sort key of another group is added", func(tx *bolt.Tx) error {
			r, err := readRequest(tx, "b")
			r.Status = request.Signed
			return errors.Join(err, change(tx, bucketSortKeys, sortKeyOf(ByTitle, r, numberOf(tx, "b")), true))
		}, faultAt(Foreign, 0, "b", 0)},
		{"a term of an unknown request is added", func(tx *bolt.Tx) error {
			return change(tx, bucketTerms, termKey("lease", 99), true)
		}, faultAt(Foreign, 0, "", 0)},
		{"a malformed sort key is added", func(tx *bolt.Tx) error { return change(tx, bucketSortKeys, []byte("x"), true) }, faultAt(Foreign, 0, "", 0)},
		{"a term is removed", func(tx *bolt.Tx) error { return change(tx, bucketTerms, termKey("b", numberOf(tx, "b")), false) }, faultAt(Removed, 0, "b", 0)},
		{"an unfinished request is removed", func(tx *bolt.Tx) error { return tx.Bucket(bucketUnfinished).Delete(numberOf(tx, "a").bytes()) }, faultAt(Removed, 0, "a", 0)},
		{"an attempt record is altered", func(tx *bolt.Tx) error {
			r, err := readRequest(tx, "b")
			key, _ := encodeAttemptStat(&r, numberOf(tx, "b"))
			r.Gateway = "another"
			_, value := encodeAttemptStat(&r, numberOf(tx, "b"))
			return errors.Join(err, tx.Bucket(bucketAttemptStats).Put(key, value))
		}, faultAt(Altered, 0, "b", 0)},
		{"a counter is altered", func(tx *bolt.Tx) error { return addToCounter(tx, group{0, statusByte(request.Signing)}, 1) }, faultAt(Altered, 0, "", 0)},
		{"a milestone is altered", func(tx *bolt.Tx) error { return tx.Bucket(bucketMilestones).Put([]byte{0}, []byte{99}) }, faultAt(Altered, 0, "", 0)},
		{"a landmark is altered", func(tx *bolt.Tx) error { return tx.Bucket(bucketLandmarks).Put([]byte{0}, []byte{99}) }, faultAt(Altered, 0, "", 0)},
		{"a milestone is removed", func(tx *bolt.Tx) error { return tx.Bucket(bucketMilestones).Delete([]byte{0}) }, faultAt(Altered, 0, "", 0)},
		{"a counter is removed", func(tx *bolt.Tx) error { return addToCounter(tx, group{0, statusByte(request.Signing)}, -1) }, faultAt(Removed, 0, "", 0)},
		{"a visit is removed", func(tx *bolt.Tx) error { return tx.Bucket(bucketVisits).Delete([]byte(request.VisitIDOf("t1"))) }, faultAt(Removed, 0, "a", 0)},
		{"a visit is altered", func(tx *bolt.Tx) error {
			return tx.Bucket(bucketVisits).Put([]byte(request.VisitIDOf("t1")), []byte("{}"))
		}, faultAt(Altered, 0, "a", 0)},
		{"a last request is added", func(tx *bolt.Tx) error { return tx.Bucket(bucketRequests).Put([]byte("x"), []byte("{}")) }, faultAt(Foreign, 0, "x", 0)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l, _, _ := mustNewWovenSigned(t)
			mustTamper(t, l, test.tamper)
			got := mustAudit(t, l)
			if got.Fault == nil {
				t.Fatal("the register holds")
			}
			if diff := cmp.Diff(test.want, *got.Fault, cmpopts.IgnoreFields(Fault{}, "Problem", "Cause", "List")); diff != "" {
				t.Errorf("fault (-want +got):\n%s\n%s", diff, got.Fault.Problem)
			}
			if got.Fault.Problem == "" || got.Fault.Code == "" || got.Documents > 0 {
				t.Errorf("audit: %+v", got)
			}
		})
	}
}

func TestAuditReadsEveryDocumentOnce(t *testing.T) {
	l, one, other := mustNewWovenSigned(t)
	if a := mustAudit(t, l); a.Fault != nil || a.Documents != 2 || a.Bytes != int64(len("one document")+len("another document")) || a.Requests != 3 {
		t.Fatalf("audit: %+v", a)
	}
	tests := []struct {
		name   string
		change func(path string) error
		digest string
		want   Fault
	}{
		{"replaced", func(path string) error { return os.WriteFile(path, []byte("zwei document"), 0o600) }, one, Fault{Kind: Altered, Request: "a", Document: one}},
		{"cut short", func(path string) error { return os.Truncate(path, 3) }, other, Fault{Kind: Altered, Request: "b", Document: other}},
		{"missing", os.Remove, other, Fault{Kind: Removed, Request: "b", Document: other}},
		{"a folder", func(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) }, one, Fault{Kind: Altered, Request: "a", Document: one}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l, _, _ := mustNewWovenSigned(t)
			if err := test.change(l.DocumentPath(test.digest)); err != nil {
				t.Fatal(err)
			}
			got := mustAudit(t, l).Fault
			if got == nil || !cmp.Equal(test.want, *got, cmpopts.IgnoreFields(Fault{}, "Problem", "Cause", "List")) {
				t.Errorf("fault: %+v", got)
			}
		})
	}
}

func TestAuditDoesWithoutAKeyOnlyWhereNothingIsSigned(t *testing.T) {
	if a := mustAuditWith(t, mustNewWoven(t), AuditOptions{}); a.Fault != nil || a.Unsigned != 6 {
		t.Errorf("audit: %+v", a)
	}
	l, _, _ := mustNewWovenSigned(t)
	if a := mustAuditWith(t, l, AuditOptions{}); a.Fault == nil || a.Fault.Kind != Removed {
		t.Errorf("audit: %+v", a)
	}
}

func TestAuditReportsProgressAndCanBeCanceled(t *testing.T) {
	l, _, _ := mustNewWovenSigned(t)
	var last Progress
	mustAuditWith(t, l, AuditOptions{Key: testKey.Public().(ed25519.PublicKey), OnProgress: func(p Progress) { last = p }})
	if want := (Progress{Entries: 6, Total: 6, Requests: 3, Documents: 2, Bytes: 28}); last != want {
		t.Errorf("last progress: %+v", last)
	}
	for most := 0; ; most++ {
		_, err := l.Audit(&endsAfter{Context: t.Context(), most: most}, AuditOptions{Key: testKey.Public().(ed25519.PublicKey)})
		if err == nil {
			if most < 10 {
				t.Errorf("it ended after %d looks", most)
			}
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
}

// Entries that are added after the chain was walked are left to the next audit.
func TestAuditWhileOthersWrite(t *testing.T) {
	l, _, _ := mustNewWovenSigned(t)
	reports := 0
	a := mustAuditWith(t, l, AuditOptions{Key: testKey.Public().(ed25519.PublicKey), OnProgress: func(Progress) {
		if reports++; reports == 1 { // the chain was walked
			mustAppend(t, l, "a", returned("t1"))
			mustAppend(t, l, "aa", added("AA"))
			mustAppend(t, l, "z", added("Z"))
		}
	}})
	if a.Fault != nil || a.Requests != 5 || a.Events != 6 {
		t.Errorf("audit: %+v, %+v", a, a.Fault)
	}
}

// The result is the same if the sorters have to use files.
func TestAuditHoldsLittleInMemory(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	t.Setenv("TMP", folder) // on Windows
	l, one, _ := mustNewWovenSigned(t)
	l.sortBytes = 1
	if a := mustAudit(t, l); a.Fault != nil || a.Documents != 2 || a.Requests != 3 {
		t.Errorf("audit: %+v", a)
	}
	if err := os.Remove(l.DocumentPath(one)); err != nil {
		t.Fatal(err)
	}
	if a := mustAudit(t, l); a.Fault == nil || a.Fault.Document != one {
		t.Errorf("audit: %+v", a)
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestAuditAsJSONOmitsEmptyMembers(t *testing.T) {
	text, err := json.Marshal(mustAudit(t, mustNew(t)))
	if want := `{"events":0,"head":"","requests":0,"documents":0,"bytes":0,"signed":0,"unsigned":0}`; err != nil || string(text) != want {
		t.Errorf("%s, %v", text, err)
	}
}

// An audit finds every index entry that was deleted or changed.
func TestAuditFindsEveryMissingOrChangedIndexEntry(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := newHistory(rt, t)
		defer h.close()
		audit := func() *Fault {
			a, err := h.ledger.Audit(t.Context(), AuditOptions{})
			if err != nil {
				rt.Fatal(err)
			}
			return a.Fault
		}
		if f := audit(); f != nil && f.Document == "" { // the documents of a history do not exist
			rt.Fatalf("a history does not hold: %+v", f)
		}
		all := mustRead(t, h.ledger)
		bucket := rapid.SampledFrom([]string{"numbers", "views", "figures", "words", "open", "visits"}).Draw(rt, "bucket")
		keys := slices.Sorted(maps.Keys(all[bucket]))
		if len(keys) == 0 {
			return
		}
		key := rapid.SampledFrom(keys).Draw(rt, "key")
		mustTamper(t, h.ledger, func(tx *bolt.Tx) error {
			if cursorOf(tx, []byte(bucket)).set != nil {
				return change(tx, []byte(bucket), []byte(key), false)
			}
			if rapid.Bool().Draw(rt, "changed") {
				return tx.Bucket([]byte(bucket)).Put([]byte(key), []byte(all[bucket][key]+" "))
			}
			return tx.Bucket([]byte(bucket)).Delete([]byte(key))
		})
		if f := audit(); f == nil || f.List != bucket {
			rt.Fatalf("%q of %s: %+v", key, bucket, f)
		}
	})
}

// Entries that are added between the checks of requests and indexes are no fault, and hide none.
func TestAuditWhileTheIndexesChange(t *testing.T) {
	for _, tampered := range []bool{false, true} {
		l, _, _ := mustNewWovenSigned(t)
		done := false
		a := mustAuditWith(t, l, AuditOptions{Key: testKey.Public().(ed25519.PublicKey), OnProgress: func(p Progress) {
			if done || p.Requests == 0 {
				return
			}
			done = true
			mustAppend(t, l, "a", answered("t1", request.Failed), reopened, launched("a", "t2"))
			mustAppend(t, l, "d", added("D"))
			if tampered {
				mustTamper(t, l, func(tx *bolt.Tx) error { return change(tx, bucketTerms, termKey("c", numberOf(tx, "c")), false) })
			}
		}})
		if !done || (a.Fault != nil) != tampered {
			t.Errorf("tampered %v: %+v", tampered, a.Fault)
		}
	}
}

func faultAt(kind FaultKind, number int, id request.ID, seq int) Fault {
	return Fault{Kind: kind, Number: number, Request: id, Seq: seq}
}

// Goroutines of the process may write while it audits. Each batch is checked as it was at one moment, and no write waits for ever.
func TestAnAuditBesideWritesOfTheSameProcess(t *testing.T) {
	l := mustNew(t)
	mustAppend(t, l, "first", added("A"))
	written := make(chan error, 1)
	go func() {
		var err error
		for i := 0; i < 300 && err == nil; i++ {
			_, err = l.Append(t.Context(), Change{ID: request.ID(fmt.Sprint(i)), Events: []request.Event{added("A")}})
		}
		written <- err
	}()
	for {
		if a := mustAudit(t, l); a.Fault != nil {
			t.Fatalf("fault: %+v", a.Fault)
		}
		select {
		case err := <-written:
			if err != nil {
				t.Error(err)
			}
			return
		default:
		}
	}
}
