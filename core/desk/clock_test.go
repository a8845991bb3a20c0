package desk

import (
	"slices"
	"testing"
	"time"

	"countersign/core/desk/fake"
	"countersign/core/ledger"
	"countersign/core/request"
)

// The clock of a computer may be set back or forward at any moment of a signing.
func TestAClockThatIsSetLosesNothing(t *testing.T) {
	const year = 365 * 24 * time.Hour
	for name, steps := range map[string][]time.Duration{
		"back":           {-time.Hour, -24 * time.Hour, -time.Hour, -year},
		"forward":        {time.Hour, 24 * time.Hour, year, 10 * year},
		"there and back": {10 * year, -10 * year, 3 * time.Hour, -3 * time.Hour},
		"slept":          {0, 12 * time.Hour, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			other := r.add("one")
			r.Advance(steps[0])
			q, visit := r.launch("one")
			r.Advance(steps[1])
			r.back(visit, "status=signed")
			r.says(q.ID, request.Signed, "finished")
			r.hands(q.ID, signed)
			r.Advance(steps[2])
			r.must(r.AskNow(t.Context())) // is not put off until the former time
			r.Advance(steps[3])
			r.must(r.Refresh(t.Context(), q.ID))
			now := r.get(q.ID)
			if now.Status != request.Signed || now.Outcome.Evidence != request.ByDocument || now.NextStep != request.StepNone {
				t.Errorf("got %+v", now)
			}
			// Each order has all rows, once.
			for order := ledger.ByChanged; order <= ledger.ByReviewedBy; order++ {
				ids, err := r.ledger.IDs(t.Context(), ledger.Query{Order: order}, 10)
				r.must(err)
				slices.Sort(ids)
				if !slices.Equal(ids, []request.ID{other.ID, q.ID}) && order != ledger.ByEnded {
					t.Errorf("order %d has %v", order, ids)
				}
			}
			r.must(r.ledger.AttemptStats(t.Context(), ledger.StatQuery{}, func(a ledger.AttemptStat) error {
				if a.Status == request.Signed && a.Took < 0 {
					t.Errorf("the signing took %v", a.Took)
				}
				return nil
			}))
			audit, err := r.ledger.Audit(t.Context(), ledger.AuditOptions{})
			r.must(err)
			if audit.Fault != nil {
				t.Error(audit.Fault)
			}
		})
	}
}

// After the clock was set back, the outcome is asked for at once when a person comes to the window.
func TestAskNowDoesNotWaitForATimeThatHasBeenBefore(t *testing.T) {
	r := newRig(t)
	r.launch("one")
	r.must(r.AskNow(t.Context()))
	r.Advance(-24 * time.Hour)
	r.One.Set(func(f *fake.Gateway) { f.Asked = make(chan struct{}, 1) })
	r.must(r.AskNow(t.Context()))
	asked := false
	r.One.Set(func(f *fake.Gateway) { asked = len(f.Asked) > 0 })
	if !asked {
		t.Error("the gateway was not asked")
	}
}
