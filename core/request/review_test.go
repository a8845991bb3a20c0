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

func TestAReviewIsKeptBesideTheOutcome(t *testing.T) {
	ended := mustFold(t, added(1), launched("t1"), judged(request.Rejected, request.ByGateway, false))
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

func TestWhatHasNotEndedCannotBeReviewed(t *testing.T) {
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

func TestAReviewLastsAsLongAsTheOutcomeItWasOf(t *testing.T) {
	odd := stored(0, false)
	odd.Stored.SHA256 = "odd"
	tests := []struct {
		name    string
		history []request.Event // the last one comes after the review
		stays   bool
	}{
		{"the gateway confirms it", []request.Event{added(1), launched("t1"), answered(request.Rejected, request.ByBrowser), answered(request.Rejected, request.ByGateway)}, true},
		{"the signed file proves it", []request.Event{added(1), launched("t1"), judged(request.Signed, request.ByGateway, true), stored(0, true)}, true},
		{"it is called otherwise", []request.Event{added(1), launched("t1"), answered(request.Rejected, request.ByGateway), edited("Lease, again")}, true},
		{"a late return", []request.Event{added(1), launched("t1"), answered(request.Rejected, request.ByGateway), returned("t1")}, true},
		{"a file is attached that nothing can be held against", []request.Event{added(0), launched("t1"), answered(request.Signed, request.ByBrowser), stored(0, false)}, true},
		{"the same files are signed, says the gateway too", []request.Event{added(2), launched("t1"), judged(request.Partial, request.ByBrowser, true, false), judged(request.Partial, request.ByGateway, true, false)}, true},
		{"a file comes that was here already", []request.Event{added(1), launched("t1"), judged(request.Signed, request.ByGateway, true), odd, odd}, true},
		{"the gateway says otherwise", []request.Event{added(1), launched("t1"), answered(request.Signed, request.ByBrowser), answered(request.Rejected, request.ByGateway)}, false},
		{"the browser says more", []request.Event{added(1), launched("t1"), answered(request.Failed, request.ByBrowser), answered(request.Signed, request.ByBrowser)}, false},
		{"other files are signed than was said", []request.Event{added(2), launched("t1"), judged(request.Partial, request.ByBrowser, true, false), judged(request.Partial, request.ByGateway, false, true)}, false},
		{"the file that comes is not what was sent", []request.Event{added(1), launched("t1"), judged(request.Signed, request.ByGateway, true), odd}, false},
		{"it is opened again", []request.Event{added(1), launched("t1"), answered(request.Rejected, request.ByGateway), {Kind: request.KindReopened}}, false},
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

func TestWhenItEndedIsKnown(t *testing.T) {
	r := mustFold(t, added(1), launched("t1"))
	if r.Ended != nil {
		t.Fatalf("ended at %v", r.Ended)
	}
	r = mustApply(t, r, judged(request.Signed, request.ByBrowser, true))
	at := *r.Ended
	if r = mustApply(t, r, judged(request.Signed, request.ByGateway, true)); !r.Ended.Equal(at) || at.Equal(r.UpdatedAt) {
		t.Errorf("known better: ended at %v, not %v", r.Ended, at)
	}
	r = mustFold(t, added(1), launched("t1"), answered(request.Failed, request.ByBrowser), answered(request.Rejected, request.ByGateway))
	if !r.Ended.Equal(r.UpdatedAt) {
		t.Errorf("ended otherwise: at %v", r.Ended)
	}
	if r = mustApply(t, r, request.Event{Kind: request.KindReopened}); r.Ended != nil {
		t.Errorf("opened again: ended at %v", r.Ended)
	}
}
