package ledger

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"countersign/core/request"
)

// eachPart calls the function each with the parts that QueryAll finds, in their order.
func eachPart(ctx context.Context, l *Ledger, q Query, each func(part []request.Request, total int) error) error {
	return l.QueryAll(ctx, q, func(part []request.Request, total int) (func() error, error) {
		return func() error { return each(part, total) }, nil
	})
}

// mustQueryAll returns what QueryAll finds, and the last total that it told.
func mustQueryAll(t testing.TB, l *Ledger, q Query) (all []request.Request, total int) {
	t.Helper()
	err := eachPart(t.Context(), l, q, func(part []request.Request, of int) error {
		for _, r := range part {
			kept, err := decodeRequest(r.ID, encodeRequest(r, 1)) // the memory of r is used again
			if err != nil {
				return err
			}
			all = append(all, kept)
		}
		total = of
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all, total
}

func TestAllRowsOfAQueryAreThoseOfItsPages(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := newHistory(rt, t)
		defer h.close()
		h.ledger.rowsPerTx = rapid.IntRange(1, 4).Draw(rt, "rows")
		q, beginnings := h.newQuery()
		want := h.find(q, beginnings)
		for _, plan := range plans {
			h.ledger.commonHits, h.ledger.maxCandidates = plan.common, plan.few
			all, total := mustQueryAll(t, h.ledger, q)
			if diff := cmp.Diff(want, ids(all), emptyIsNil); diff != "" || total != len(want) && (total != -1 || h.onlyStatuses(q)) {
				rt.Fatalf("%s: %+v, total %d (-want +got):\n%s", plan.name, q, total, diff)
			}
			noVisits := cmpopts.IgnoreFields(request.Visit{}, "URL", "ReturnURL", "Unheard")
			for _, got := range all {
				if diff := cmp.Diff(mustGet(t, h.ledger, got.ID), got, noVisits); diff != "" {
					rt.Fatalf("(-want +got):\n%s", diff)
				}
			}
		}
	})
}

func TestOthersWriteWhileAllRowsAreRead(t *testing.T) {
	l := mustNew(t)
	l.rowsPerTx = 2
	const n = 100
	for i := range n {
		mustAppend(t, l, request.ID(fmt.Sprintf("r%03d", i)), added("Lease"))
	}
	seen := map[request.ID]bool{}
	err := eachPart(t.Context(), l, Query{Order: ByCreated}, func(part []request.Request, _ int) error {
		for _, r := range part {
			seen[r.ID] = true
			mustAppend(t, l, r.ID, withdrawn) // waits for ever if a transaction is open
		}
		return nil
	})
	if err != nil || len(seen) != n {
		t.Errorf("%d of %d, %v", len(seen), n, err)
	}
}

func TestReadingAllRowsEndsWithTheFirstError(t *testing.T) {
	l := mustNew(t)
	l.rowsPerTx = 1
	for _, id := range []request.ID{"a", "b", "c"} {
		mustAppend(t, l, id, added("Lease"))
	}
	enough, calls := errors.New("enough"), 0
	err := eachPart(t.Context(), l, Query{}, func([]request.Request, int) error { calls++; return enough })
	if !errors.Is(err, enough) || calls != 1 {
		t.Errorf("%v after %d calls", err, calls)
	}
	err = l.QueryAll(t.Context(), Query{}, func([]request.Request, int) (func() error, error) { return nil, enough })
	if !errors.Is(err, enough) {
		t.Errorf("when a part cannot be used: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	err = eachPart(ctx, l, Query{}, func([]request.Request, int) error { stop(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("when it is canceled: %v", err)
	}
	if err := eachPart(t.Context(), l, Query{Order: 77}, func([]request.Request, int) error { return nil }); err == nil {
		t.Error("there is an order 77")
	}
}

// Parts are used again, so that a request could have something of one that was there before.
func TestRequestsOfAllPartsAreWhatTheyAre(t *testing.T) {
	l := mustNew(t)
	l.rowsPerTx = 2 * partSize
	const n = 20 * partSize
	var changes []Change
	for i := range n {
		e := added(fmt.Sprintf("Lease %d", i))
		for k := range i % 4 {
			e.Added.Signers = append(e.Added.Signers, request.Signer{Name: fmt.Sprintf("Núria %d", k)})
			if i%3 == 0 {
				e.Added.Signers[k].Email = fmt.Sprintf("n%d@example.org", k)
			}
		}
		changes = append(changes, Change{ID: request.ID(fmt.Sprintf("r%04d", i)), Events: []request.Event{e}})
	}
	mustChange(t, l, changes...)
	seen := 0
	err := eachPart(t.Context(), l, Query{Order: ByCreated, Reverse: true}, func(part []request.Request, _ int) error {
		for _, r := range part {
			if diff := cmp.Diff(mustGet(t, l, r.ID), r); diff != "" {
				return fmt.Errorf("request %s (-want +got):\n%s", r.ID, diff)
			}
		}
		seen += len(part)
		return nil
	})
	if err != nil || seen != n {
		t.Errorf("%d of %d, %v", seen, n, err)
	}
}
