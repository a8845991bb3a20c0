package request_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/core/request"
)

func reviewed(d request.Decision, note string) request.Event {
	return request.Event{Kind: request.KindReviewed, By: "bea", Reviewed: &request.Reviewed{Decision: d, Note: note}}
}

func TestAReviewLeavesTheOutcomeAsItIs(t *testing.T) {
	ended := mustFold(t, added(1), launched("t1"), answeredEach(request.Rejected, request.ByGateway, false))
	if ended.Decision() != request.Undecided {
		t.Fatalf("decided: %q", ended.Decision())
	}
	r := mustApply(t, ended, reviewed(request.SentBack, "ask again"))
	want := &request.Review{Decision: request.SentBack, Note: "ask again", By: "bea", At: r.UpdatedAt}
	if diff := cmp.Diff(want, r.Review); diff != "" {
		t.Errorf("review (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(ended.Outcome, r.Outcome); diff != "" || r.Status != request.Rejected {
		t.Errorf("the outcome is another (-before +after):\n%s", diff)
	}
	if r = mustApply(t, r, reviewed(request.Accepted, "")); r.Decision() != request.Accepted || r.Review.Note != "" {
		t.Errorf("decided again: %+v", r.Review)
	}
}

func TestReviewsThatAreRefused(t *testing.T) {
	ended := mustFold(t, added(1), because(request.KindWithdrawn))
	tests := []struct {
		name string
		r    request.Request
		e    request.Event
	}{
		{"pending", mustFold(t, added(1)), reviewed(request.Accepted, "")},
		{"in the browser", mustFold(t, added(1), launched("t1")), reviewed(request.Accepted, "")},
		{"nothing decided", ended, reviewed(request.Undecided, "")},
		{"an unknown decision", ended, reviewed("perhaps", "")},
		{"no decision", ended, request.Event{Kind: request.KindReviewed}},
	}
	for _, test := range tests {
		if _, err := test.r.Apply(numbered(test.r, test.e)); !errors.Is(err, request.ErrIllegal) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func TestAReviewLastsAsLongAsItsOutcome(t *testing.T) {
	odd := stored(0, false)
	odd.Stored.SHA256 = "odd"
	tests := []struct {
		name    string
		history []request.Event // the last one comes after the review
		stays   bool
	}{
		{"the gateway confirms it", []request.Event{added(1), launched("t1"), answered(request.Rejected, request.ByBrowser), answered(request.Rejected, request.ByGateway)}, true},
		{"the signed file proves it", []request.Event{added(1), launched("t1"), answeredEach(request.Signed, request.ByGateway, true), stored(0, true)}, true},
		{"its title changes", []request.Event{added(1), launched("t1"), answered(request.Rejected, request.ByGateway), edited("Lease, again")}, true},
		{"a late return", []request.Event{added(1), launched("t1"), answered(request.Rejected, request.ByGateway), returned("t1")}, true},
		{"a file is attached and there is no original", []request.Event{added(0), launched("t1"), answered(request.Signed, request.ByBrowser), stored(0, false)}, true},
		{"the gateway reports the same documents as signed", []request.Event{added(2), launched("t1"), answeredEach(request.Partial, request.ByBrowser, true, false), answeredEach(request.Partial, request.ByGateway, true, false)}, true},
		{"a file is stored again", []request.Event{added(1), launched("t1"), answeredEach(request.Signed, request.ByGateway, true), odd, odd}, true},
		{"the gateway reports another outcome", []request.Event{added(1), launched("t1"), answered(request.Signed, request.ByBrowser), answered(request.Rejected, request.ByGateway)}, false},
		{"the browser returns again with another outcome", []request.Event{added(1), launched("t1"), answered(request.Failed, request.ByBrowser), answered(request.Signed, request.ByBrowser)}, false},
		{"the gateway reports other documents as signed", []request.Event{added(2), launched("t1"), answeredEach(request.Partial, request.ByBrowser, true, false), answeredEach(request.Partial, request.ByGateway, false, true)}, false},
		{"the signed file is not what was sent", []request.Event{added(1), launched("t1"), answeredEach(request.Signed, request.ByGateway, true), odd}, false},
		{"it is reopened", []request.Event{added(1), launched("t1"), answered(request.Rejected, request.ByGateway), {Kind: request.KindReopened}}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			last := len(test.history) - 1
			r := mustApply(t, mustFold(t, test.history[:last]...), reviewed(request.Accepted, ""))
			if r = mustApply(t, r, test.history[last]); (r.Review != nil) != test.stays {
				t.Errorf("review: %+v", r.Review)
			}
		})
	}
}

func TestEndedIsTheTimeOfTheOutcome(t *testing.T) {
	r := mustFold(t, added(1), launched("t1"))
	if r.EndedAt != nil {
		t.Fatalf("ended at %v", r.EndedAt)
	}
	r = mustApply(t, r, answeredEach(request.Signed, request.ByBrowser, true))
	at := *r.EndedAt
	if r = mustApply(t, r, answeredEach(request.Signed, request.ByGateway, true)); !r.EndedAt.Equal(at) || at.Equal(r.UpdatedAt) {
		t.Errorf("known better: ended at %v, not %v", r.EndedAt, at)
	}
	r = mustFold(t, added(1), launched("t1"), answered(request.Failed, request.ByBrowser), answered(request.Rejected, request.ByGateway))
	if !r.EndedAt.Equal(r.UpdatedAt) {
		t.Errorf("ended otherwise: at %v", r.EndedAt)
	}
	if r = mustApply(t, r, request.Event{Kind: request.KindReopened}); r.EndedAt != nil {
		t.Errorf("opened again: ended at %v", r.EndedAt)
	}
}
