package request_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/core/request"
)

// step is an event to try on a request in every status.
type step struct {
	name  string
	event request.Event
}

// steps returns an event of every kind, and an answer of every status. Each event is valid
// in itself, so that only the status of the request can be the reason to refuse it.
func steps() []step {
	all := []step{
		{"added", added(1)},
		{"launched", launched("t2")},
		{"launch failed", because(request.KindLaunchFailed)},
		{"opened", request.Event{Kind: request.KindOpened}},
		{"open failed", because(request.KindOpenFailed)},
		{"returned", returned("t1")},
		{"stored", stored(0, false)},
		{"trouble", because(request.KindTrouble)},
		{"discarded", request.Event{Kind: request.KindDiscarded}},
		{"withdrawn", because(request.KindWithdrawn)},
		{"reopened", request.Event{Kind: request.KindReopened}},
		{"edited", edited("Lease, second floor")},
		{"details changed", detailsChanged("office", "notary")},
	}
	for _, s := range request.Statuses() {
		all = append(all, step{"answered " + string(s), answered(s, request.ByGateway)})
	}
	return all
}

// historyTo returns the shortest history that leads to a status.
func historyTo(s request.Status) []request.Event {
	switch s {
	case request.Pending:
		return []request.Event{added(1)}
	case request.Signing:
		return []request.Event{added(1), launched("t1")}
	case request.Withdrawn:
		return []request.Event{added(1), because(request.KindWithdrawn)}
	}
	return []request.Event{added(1), launched("t1"), answered(s, request.ByGateway)}
}

// legal lists for each status the steps that are possible and the statuses they lead to.
// Every other step is refused.
var legal = map[request.Status]map[string]request.Status{
	request.Pending: {
		"launched":        request.Signing,
		"launch failed":   request.Pending,
		"returned":        request.Pending,
		"withdrawn":       request.Withdrawn,
		"details changed": request.Pending,
	},
	request.Signing: {
		"opened":            request.Signing,
		"open failed":       request.Signing,
		"returned":          request.Signing,
		"trouble":           request.Signing,
		"withdrawn":         request.Withdrawn,
		"answered signing":  request.Signing,
		"answered signed":   request.Signed,
		"answered partial":  request.Partial,
		"answered rejected": request.Rejected,
		"answered canceled": request.Canceled,
		"answered failed":   request.Failed,
		"answered gone":     request.Gone,
	},
	request.Signed:    {"returned": request.Signed, "stored": request.Signed},
	request.Partial:   {"returned": request.Partial, "stored": request.Partial, "reopened": request.Pending},
	request.Rejected:  {"returned": request.Rejected, "reopened": request.Pending},
	request.Canceled:  {"returned": request.Canceled, "reopened": request.Pending},
	request.Failed:    {"returned": request.Failed, "reopened": request.Pending},
	request.Gone:      {"returned": request.Gone, "reopened": request.Pending},
	request.Withdrawn: {"returned": request.Withdrawn, "reopened": request.Pending},
}

func TestEveryStatusAllowsExactlyTheLegalSteps(t *testing.T) {
	for _, from := range request.Statuses() {
		for _, s := range steps() {
			t.Run(fmt.Sprintf("%s, %s", from, s.name), func(t *testing.T) {
				r := mustFold(t, historyTo(from)...)
				if r.Status != from {
					t.Fatalf("the history leads to %s", r.Status)
				}
				after, err := r.Apply(numbered(r, s.event))
				want, ok := legal[from][s.name]
				if s.name == "edited" { // possible in every status
					want, ok = from, true
				}
				switch {
				case ok && err != nil:
					t.Errorf("refused: %v", err)
				case ok && after.Status != want:
					t.Errorf("leads to %s, not %s", after.Status, want)
				case !ok && !errors.Is(err, request.ErrIllegal):
					t.Errorf("not refused as illegal: %v", err)
				}
			})
		}
	}
}

func TestOnlyStrongerEvidenceReplacesAnOutcome(t *testing.T) {
	kinds := []request.Evidence{request.ByBrowser, request.ByGateway, request.ByDocument}
	for i, known := range kinds {
		for j, told := range kinds {
			t.Run(fmt.Sprintf("known by %s, answered by %s", known, told), func(t *testing.T) {
				r := mustFold(t, added(1), launched("t1"), answered(request.Signed, known))
				after, err := r.Apply(numbered(r, answered(request.Partial, told)))
				if better := j > i; better != (err == nil) {
					t.Fatalf("better evidence: %t; error: %v", better, err)
				}
				if err == nil && (after.Status != request.Partial || after.Outcome.Evidence != told) {
					t.Errorf("it is %s by %s", after.Status, after.Outcome.Evidence)
				}
			})
		}
	}
}

func TestStatuses(t *testing.T) {
	type traits struct{ Open, Ended, Reopenable bool }
	open, final, again := traits{Open: true}, traits{Ended: true}, traits{Ended: true, Reopenable: true}
	want := map[request.Status]traits{
		request.Pending: open, request.Signing: open, request.Signed: final,
		request.Partial: again, request.Rejected: again, request.Canceled: again, request.Failed: again, request.Gone: again, request.Withdrawn: again,
	}
	got := map[request.Status]traits{}
	for _, s := range request.Statuses() {
		if !s.Valid() {
			t.Errorf("%s is listed and not valid", s)
		}
		got[s] = traits{s.Open(), s.Ended(), s.Reopenable()}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("traits (-want +got):\n%s", diff)
	}
	for _, s := range []request.Status{"", "SIGNED", "lost"} {
		if s.Valid() || s.Open() || s.Ended() || s.Reopenable() {
			t.Errorf("%q passes for a status", s)
		}
	}
}
