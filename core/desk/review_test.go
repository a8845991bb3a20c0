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

// TestAReturnedOutcomeIsReplaced adds a request in place of one that was sent back, with the documents that the home has.
func TestAReturnedOutcomeIsReplaced(t *testing.T) {
	r := newRig(t)
	before := r.add("one")
	n, err := r.Template(t.Context(), before.ID)
	r.must(err)
	n.Replaces = before.ID
	if _, err := r.Add(t.Context(), n); request.CauseOf(err).Code != "replace_open" {
		t.Errorf("while it is open: %v", err)
	}
	_, err = r.Withdraw(t.Context(), before.ID, "")
	r.must(err)
	before, err = r.Review(t.Context(), before.ID, request.SentBack, "the wrong landlord")
	r.must(err)
	found := func(q ledger.Query) int {
		t.Helper()
		got, _, err := r.ledger.Count(t.Context(), q, 10)
		r.must(err)
		page, err := r.ledger.Query(t.Context(), q)
		r.must(err)
		if len(page.Requests) != got {
			t.Errorf("%d are counted, %d listed", got, len(page.Requests))
		}
		return got
	}
	if !before.IsToDo() || found(ledger.Query{ToDo: true}) != 1 || found(ledger.Query{Search: "landlord"}) != 1 {
		t.Error("it is not found")
	}
	n.Title = "another title"
	after, err := r.Add(t.Context(), n)
	r.must(err)
	before, err = r.ledger.Get(t.Context(), before.ID)
	r.must(err)
	if after.Replaces != before.ID || before.ReplacedBy != after.ID || after.Title != "another title" || after.Status != request.Pending || after.ID == before.ID {
		t.Errorf("%+v replaces %+v", after, before)
	}
	if !cmp.Equal(after.Documents[0].Original, before.Documents[0].Original) || !cmp.Equal(after.Signers, before.Signers) || after.Reference != before.Reference {
		t.Errorf("it was added with something else: %+v", after)
	}
	if found(ledger.Query{ToDo: true}) != 0 || found(ledger.Query{Decision: request.SentBack}) != 1 || before.Decision() != request.SentBack {
		t.Error("it is still to do, or no longer sent back")
	}
	// Sent back again, it is to do again.
	before, err = r.Review(t.Context(), before.ID, request.SentBack, "again")
	r.must(err)
	if !before.IsToDo() || before.ReplacedBy != after.ID || found(ledger.Query{ToDo: true}) != 1 {
		t.Errorf("sent back again: %+v", before)
	}
}
