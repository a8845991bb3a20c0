package desk

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/core/ledger"
	"countersign/core/request"
)

func TestAnOutcomeIsReviewed(t *testing.T) {
	r := newRig(t)
	q := r.add("one")
	if _, err := r.Review(t.Context(), q.ID, request.Accepted, ""); err == nil || !strings.Contains(err.Error(), "only a request that has ended") {
		t.Errorf("while it waits: %v", err)
	}
	q, err := r.Withdraw(t.Context(), q.ID, "")
	r.must(err)
	if _, err := r.Review(t.Context(), q.ID, request.Undecided, ""); err == nil || !strings.Contains(err.Error(), "accepted or returned") {
		t.Errorf("nothing decided: %v", err)
	}
	q, err = r.Review(t.Context(), q.ID, request.SentBack, " why\nwas it\u202e taken back? "+strings.Repeat("x", 3977))
	r.must(err)
	if v := q.Review; v.Decision != request.SentBack || v.By != "ana" || !strings.HasPrefix(v.Note, "why was it taken back? xxx") || len(v.Note) != 4000 || !v.At.Equal(q.UpdatedAt) {
		t.Errorf("review: %+v", v)
	}
	again, err := r.Review(t.Context(), q.ID, request.SentBack, q.Review.Note)
	r.must(err)
	if diff := cmp.Diff(q, again); diff != "" {
		t.Errorf("the same once more is something that happened:\n%s", diff)
	}
	q, err = r.Review(t.Context(), q.ID, request.Accepted, "")
	r.must(err)
	accepted, err := r.ledger.Query(t.Context(), ledger.Query{Decision: request.Accepted})
	r.must(err)
	if q.Review.Decision != request.Accepted || len(accepted.Requests) != 1 {
		t.Errorf("decided anew: %+v, %d accepted", q.Review, len(accepted.Requests))
	}
}
