package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

// The costs in this file are counts, which are the same on every machine, busy or not. A bound is a little above its figure: whoever makes
// something cheaper lowers both, and whoever has to make it dearer says why in the message of the commit. Allocations are those under the
// race detector, as in make test: it adds some.

// cost is what something took when it was last looked at, and the most that it may take.
type cost struct{ figure, most float64 }

func (c cost) check(t *testing.T, what string, n float64) {
	t.Helper()
	if n > c.most {
		t.Errorf("%s: %.1f, which was %.1f and may be %.1f", what, n, c.figure, c.most)
	}
}

// mustFillForCosts returns a ledger with 3000 requests, whose buckets have several levels of pages.
func mustFillForCosts(t *testing.T) *Ledger {
	t.Helper()
	l := mustNew(t)
	for batch := range 6 {
		mustChange(t, l, additions(batch*500, 500)...)
	}
	return l
}

// additions returns changes that add n requests as an office has them, numbered from first on.
func additions(first, n int) (changes []Change) {
	for i := first; i < first+n; i++ {
		id := fmt.Sprintf("0195%04x-0000-7000-8000-%012x", i, i)
		e := added(fmt.Sprintf("Contratación %d de la oficina %d", i, i%17))
		e.Added.Reference, e.By = fmt.Sprintf("REF-%06d", i), fmt.Sprintf("clerk %d", i%5)
		e.Added.Signers = []request.Signer{{Name: fmt.Sprintf("Núria %d", i%101)}}
		changes = append(changes, Change{ID: request.ID(id), Events: []request.Event{e}})
	}
	return changes
}

// pagesWritten returns how many pages of the file are others after the function do.
func pagesWritten(t *testing.T, l *Ledger, do func()) (n float64) {
	t.Helper()
	before := mustReadFile(t, l)
	do()
	after := mustReadFile(t, l)
	const size = 4096
	for from := 0; from < len(after); from += size {
		if from >= len(before) || !bytes.Equal(before[from:from+size], after[from:from+size]) {
			n++
		}
	}
	return n
}

// A desk waits until the pages of an event are on the disk. Another index, a key that is written although it stays as it is, or a second
// transaction add some.
func TestAnAppendWritesFewPages(t *testing.T) {
	l := mustFillForCosts(t)
	one := pagesWritten(t, l, func() { mustAppend(t, l, additions(1500, 1)[0].ID, withdrawn) })
	cost{40, 41}.check(t, "pages of one event", one)
	batch := pagesWritten(t, l, func() { mustChange(t, l, additions(3000, 500)...) })
	cost{308, 312}.check(t, "pages of 500 additions", batch)
	id, ticket := additions(700, 1)[0].ID, "0123456789abcdef0123456789abcdef"
	mustAppend(t, l, id, launched(string(id), ticket))
	back := pagesWritten(t, l, func() { mustAppend(t, l, id, returned(ticket)) })
	cost{27, 28}.check(t, "pages of a return", back)
	outcome := pagesWritten(t, l, func() { mustAppend(t, l, id, answered(ticket, request.Canceled)) })
	cost{32, 33}.check(t, "pages of its outcome", outcome)
}

// Allocations grow with everything that is read, decoded or encoded: a block of keys that is read and a request that is decoded take some.
// The list is read again at each change that it shows, and a search with each letter.
func TestAPageOfTheListTakesFewAllocations(t *testing.T) {
	l := mustFillForCosts(t)
	for _, page := range []struct {
		what  string
		query Query
		cost
	}{
		{"the last changed", Query{Limit: 50}, cost{1006, 1030}},
		{"by title", Query{Limit: 50, Order: ByTitle}, cost{1004, 1030}},
		{"a word of one request", Query{Limit: 50, Search: "ref 000007"}, cost{87, 95}},
		{"a word of all", Query{Limit: 50, Search: "contratacion"}, cost{1252, 1290}},
	} {
		p, err := l.planQuery(page.query)
		if err != nil {
			t.Fatal(err)
		}
		err = l.readTx(t.Context(), func(tx *bolt.Tx) error {
			page.check(t, page.what, testing.AllocsPerRun(5, func() {
				if _, err := p.page(t.Context(), tx); err != nil {
					t.Fatal(err)
				}
			}))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// A jump reads the landmarks of the order, the milestones near its position, and in each range a few blocks and the keys of one: it passes no thousands
// of keys.
func TestAJumpReadsFewKeys(t *testing.T) {
	l := mustFillForCosts(t)
	for _, q := range []struct {
		Query
		cost
	}{
		{Query{Order: ByCreated, Skip: 1500}, cost{81, 90}},
		{Query{Order: ByTitle, Skip: 1500, Reverse: true}, cost{91, 100}},
	} {
		q.Limit = 1
		p, err := l.planQuery(q.Query)
		if err == nil {
			err = l.readTx(t.Context(), func(tx *bolt.Tx) error { _, err := p.page(t.Context(), tx); return err })
		}
		if err != nil {
			t.Fatal(err)
		}
		q.check(t, fmt.Sprintf("keys and blocks of a jump in order %d", q.Order), float64(p.keys))
	}
}

// An export reads each request once, in passing: it opens nothing and seeks with no new cursor for a row, and those that are decoded together
// share memory, which is used again.
func TestARowOfAllTakesFewAllocations(t *testing.T) {
	l := mustFillForCosts(t)
	rows := 0
	all := testing.AllocsPerRun(1, func() {
		rows = 0
		err := eachPart(t.Context(), l, Query{Order: ByCreated}, func(part []request.Request, _ int) error {
			rows += len(part)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
	cost{0.6, 0.8}.check(t, "allocations of a row", all/float64(rows))
}

// What is allocated for an event is mostly its JSON, twice its request, and its keys.
func TestAnAdditionTakesFewAllocations(t *testing.T) {
	l := mustFillForCosts(t)
	notNow := errors.New("not now")
	changes := additions(3000, 500)
	all := testing.AllocsPerRun(1, func() {
		err := l.writeTx(t.Context(), func(tx *bolt.Tx) error {
			a := l.newAppender(tx)
			_, err := a.appendAll(changes)
			return errors.Join(err, a.finish(), notNow)
		})
		if !errors.Is(err, notNow) {
			t.Fatal(err)
		}
	})
	cost{83, 86}.check(t, "allocations of an addition", all/float64(len(changes)))
}

// A snapshot copies pages. To copy keys takes some allocations for each of some 80,000. Whoever looks meanwhile whether another process waits
// for the file allocates, too.
func TestASnapshotTakesFewAllocations(t *testing.T) {
	l := mustFillForCosts(t)
	path := filepath.Join(t.TempDir(), FileName)
	all := testing.AllocsPerRun(1, func() {
		if err := errors.Join(l.Snapshot(t.Context(), path), os.Remove(path)); err != nil {
			t.Fatal(err)
		}
	})
	cost{135, 2000}.check(t, "allocations of a snapshot", all)
}

// An audit decodes each event and computes everything that follows from its request.
func TestAnAuditTakesFewAllocations(t *testing.T) {
	l := mustFillForCosts(t)
	all := testing.AllocsPerRun(1, func() {
		if a, err := l.Audit(t.Context(), AuditOptions{FileAlone: true}); err != nil || a.Fault != nil || a.Requests != 3000 {
			t.Fatal(a, err)
		}
	})
	cost{32, 34}.check(t, "allocations of a request with one event", all/3000)
}
