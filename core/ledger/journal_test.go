package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

// mustNewWoven returns a ledger whose journal is a1 b1 a2 c1 a3 b2.
func mustNewWoven(t testing.TB) *Ledger {
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
	l := mustNewWoven(t)
	file := mustRead(t, l)
	head := strings.Repeat("0", 64)
	order := []struct {
		id  string
		seq int
	}{{"a", 1}, {"b", 1}, {"a", 2}, {"c", 1}, {"a", 3}, {"b", 2}}
	for _, o := range order {
		stored, ok := file["events"][string(eventKey(request.ID(o.id), o.seq))]
		if !ok {
			t.Fatalf("event %d of %s is not kept under its key", o.seq, o.id)
		}
		entry := sha256.Sum256(fmt.Appendf(nil, "%s %d %s\n", o.id, o.seq, stored))
		link := sha256.Sum256(fmt.Appendf(nil, "%s %x\n", head, entry))
		head = hex.EncodeToString(link[:])
	}
	want := Audit{Events: 6, Requests: 3, Unsigned: 6, Head: head}
	if diff := cmp.Diff(want, mustAudit(t, l)); diff != "" {
		t.Errorf("audit (-want +got):\n%s", diff)
	}
}

func TestAnEmptyRegisterHolds(t *testing.T) {
	if diff := cmp.Diff(Audit{}, mustAudit(t, mustNew(t))); diff != "" {
		t.Errorf("audit (-want +got):\n%s", diff)
	}
}

func TestAuditContinuesAfterABatch(t *testing.T) {
	l := mustNew(t)
	events := []request.Event{added("A")}
	for range batchSize {
		events = append(events, returned("t"))
	}
	mustAppend(t, l, "a", events...)
	if a := mustAudit(t, l); a.Fault != nil || a.Events != batchSize+1 {
		t.Errorf("audit: %+v", a)
	}
	mustTamper(t, l, func(tx *bolt.Tx) error { return tx.Bucket(bucketEvents).Delete(eventKey("a", batchSize+1)) })
	if a := mustAudit(t, l); a.Fault == nil || a.Fault.Number != batchSize+1 {
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
		if again := e.bytes(); !bytes.Equal(b, again) {
			t.Errorf("read %x, written again %x", b, again)
		}
	})
}
