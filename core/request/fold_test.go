package request_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"countersign/core/request"
)

func TestAddedIsPending(t *testing.T) {
	e := added(2)
	e.Added.Reference, e.Added.Due, e.Added.RemoteID = "L-7", "2026-04-01", "R-1"
	e.Added.Signers = []request.Signer{{Name: "Núria", Email: "nuria@example.org", Country: "ES", Number: "1"}}
	want := request.Request{
		ID: id, Version: 1, Title: "Lease", Reference: "L-7", Gateway: "office", Due: "2026-04-01",
		Status: request.Pending, Attempt: 1, RemoteID: "R-1", AddedRemoteID: "R-1",
		Documents: []request.Document{{Original: e.Added.Documents[0]}, {Original: e.Added.Documents[1]}},
		Signers:   e.Added.Signers, CreatedAt: start, UpdatedAt: start,
	}
	if diff := cmp.Diff(want, mustFold(t, e)); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
}

func TestRefusedEvents(t *testing.T) {
	signing := []request.Event{added(1), launched("t1")}
	signed := []request.Event{added(1), launched("t1"), answered(request.Signed, request.ByGateway)}
	change := func(e request.Event, how func(*request.Event)) request.Event { how(&e); return e }
	tests := []struct {
		name    string
		history []request.Event
		event   request.Event
	}{
		{"a history that does not begin with an addition", nil, launched("t1")},
		{"an addition without details", nil, request.Event{Kind: request.KindAdded}},
		{"a title of blanks", nil, change(added(1), func(e *request.Event) { e.Added.Title = " \t" })},
		{"no gateway", nil, change(added(1), func(e *request.Event) { e.Added.Gateway = "" })},
		{"neither a document nor an id at the gateway", nil, change(added(0), func(e *request.Event) { e.Added.RemoteID = "" })},
		{"a document that was not stored", nil, change(added(2), func(e *request.Event) { e.Added.Documents[1].SHA256 = "" })},
		{"no such kind", signing, request.Event{Kind: "erased"}},

		{"a launch without a visit", signing[:1], request.Event{Kind: request.KindLaunched}},
		{"a visit without an id", signing[:1], launched("")},
		{"a visit to another gateway", signing[:1], change(launched("t1"), func(e *request.Event) { e.Visit.Gateway = "home" })},
		{"a visit for other requests", signing[:1], change(launched("t1"), func(e *request.Event) { e.Visit.Requests = []request.ID{"x"} })},
		{"more documents at the gateway than here", signing[:1], change(launched("t1"), func(e *request.Event) {
			e.Visit.RemoteIDs[id] = request.RemoteIDs{Documents: []string{"1", "2"}}
		})},
		{"a failure without a reason", signing[:1], request.Event{Kind: request.KindLaunchFailed}},

		{"a return without details", signing, request.Event{Kind: request.KindReturned}},
		{"a return without a visit", signing, returned("")},

		{"an answer without details", signing, request.Event{Kind: request.KindAnswered}},
		{"an answer without evidence", signing, answered(request.Signed, "")},
		{"an answer with unknown evidence", signing, answered(request.Signed, "rumor")},
		{"an answer for another visit", signing, change(answered(request.Signed, request.ByGateway), func(e *request.Event) { e.Answer.VisitID = "t0" })},
		{"an unknown status", signing, answered("lost", request.ByGateway)},
		{"results for more documents than there are", signing, answeredEach(request.Partial, request.ByGateway, true, false)},
		{"a rejection that a document proves", signing, answered(request.Rejected, request.ByDocument)},
		{"document evidence where no document was sent", []request.Event{added(0), launched("t1")}, answered(request.Signed, request.ByDocument)},
		{"an answer with an unknown next step", signing, withNext(answered(request.Signed, request.ByGateway), "frame it")},
		{
			"browser evidence after a gateway's unknown code",
			append(signing[:2:2], answered(request.Signing, request.ByGateway)), answered(request.Signed, request.ByBrowser),
		},
		{
			"an answer after it was withdrawn",
			append(signing[:2:2], because(request.KindWithdrawn)), answered(request.Signed, request.ByGateway),
		},
		{
			"an answer after it was withdrawn, with stronger evidence",
			append(signing[:2:2], answered(request.Signing, request.ByBrowser), because(request.KindWithdrawn)), answered(request.Signed, request.ByGateway),
		},
		{
			"an answer for the previous attempt",
			append(signed[:2:2], answered(request.Failed, request.ByBrowser), request.Event{Kind: request.KindReopened}), answered(request.Signed, request.ByGateway),
		},
		{
			"an outcome that becomes unknown again",
			append(signing[:2:2], answered(request.Signed, request.ByBrowser)), answered(request.Signing, request.ByGateway),
		},
		{
			"a second browser return after a rejection",
			append(signing[:2:2], answered(request.Rejected, request.ByBrowser)), answered(request.Signed, request.ByBrowser),
		},
		{
			"a browser return after a failure known from the gateway",
			append(signing[:2:2], answered(request.Failed, request.ByGateway)), answered(request.Signed, request.ByBrowser),
		},
		{
			"an unknown code after a failure known from the browser",
			append(signing[:2:2], answered(request.Failed, request.ByBrowser)), answered(request.Signing, request.ByBrowser),
		},

		{"a stored file without details", signed, request.Event{Kind: request.KindStored}},
		{"a file without a digest", signed, change(stored(0, true), func(e *request.Event) { e.Stored.SHA256 = "" })},
		{"a file that proves nothing before it is signed", signing, stored(0, false)},
		{"a file with an index that is too large", signed, stored(1, true)},
		{"a file with a negative index", signed, stored(-1, true)},
		{"a file of another visit", signed, change(stored(0, true), func(e *request.Event) { e.Stored.VisitID = "t0" })},
		{"a file with an unknown next step", signed, withNext(stored(0, true), "frame it")},
		{"a file that proves nothing over one that does", append(signed[:3:3], stored(0, true)), stored(0, false)},

		{"archiving what is open", signing, because(request.KindArchived)},
		{"archiving what is pending", signing[:1], because(request.KindArchived)},
		{"archiving twice", append(signed[:3:3], because(request.KindArchived)), because(request.KindArchived)},
		{"unarchiving what is not archived", signed, because(request.KindUnarchived)},

		{"a check of a file without details", signed, request.Event{Kind: request.KindFileDamaged}},
		{"damage of a file that the request does not have", signed, checked("other", request.Altered)},
		{"damage of an unknown kind", signed, checked("a", "burnt")},
		{"damage that is known", append(signed[:3:3], checked("a", request.Altered)), checked("a", request.Altered)},
		{"a restored file that was never damaged", signed, checked("a", "")},
		{"a lost port of another visit", signing, lostPort("t0", 8080)},
		{"a lost port without a number", signing, lostPort("t1", 0)},
		{"a lost port without a reason", signing, change(lostPort("t1", 8080), func(e *request.Event) { e.Reason = "" })},
		{"a port that is lost already", append(signing[:2:2], lostPort("t1", 8080)), lostPort("t1", 8081)},
		{"a lost port after the outcome", signed, lostPort("t1", 8080)},
		{"a port that was never lost", signing, heardPort("t1", 8080)},
		{"another port than the lost one", append(signing[:2:2], lostPort("t1", 8080)), heardPort("t1", 8081)},

		{"trouble without a reason", signing, request.Event{Kind: request.KindTrouble}},
		{"trouble when nothing is left to do", signed, because(request.KindTrouble)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := mustFold(t, test.history...)
			after, err := r.Apply(numbered(r, test.event))
			if !errors.Is(err, request.ErrIllegal) {
				t.Errorf("not refused as illegal: %v", err)
			}
			if diff := cmp.Diff(request.Request{}, after); diff != "" {
				t.Errorf("a request is returned with the error (-want +got):\n%s", diff)
			}
		})
	}
}

func lostPort(visit request.VisitID, port int) request.Event {
	return request.Event{Kind: request.KindReturnLost, VisitID: visit, Port: port, Reason: "another program has it"}
}

func heardPort(visit request.VisitID, port int) request.Event {
	return request.Event{Kind: request.KindReturnHeard, VisitID: visit, Port: port}
}

func TestALostPortIsKnownUntilItIsHeardAgainOrTheVisitIsOver(t *testing.T) {
	lost := []request.Event{added(1), launched("t1"), lostPort("t1", 8080)}
	if r := mustFold(t, lost...); r.LostPort != 8080 || r.HearsReturn() || r.Trouble != "" || r.NextStep != request.StepAsk {
		t.Errorf("lost: %+v", r)
	}
	if r := mustFold(t, append(lost[:3:3], heardPort("t1", 8080))...); r.LostPort != 0 || !r.HearsReturn() {
		t.Errorf("heard again: %+v", r)
	}
	for _, end := range []request.Event{answered(request.Signed, request.ByGateway), because(request.KindWithdrawn)} {
		if r := mustFold(t, append(lost[:3:3], end)...); r.LostPort != 0 {
			t.Errorf("after %s the port is %d", end.Kind, r.LostPort)
		}
	}
	if r := mustFold(t, append(lost[:3:3], because(request.KindWithdrawn), request.Event{Kind: request.KindReopened}, launched("t2"))...); !r.HearsReturn() {
		t.Errorf("the next visit: %+v", r)
	}
}

func TestVersionCountsEvents(t *testing.T) {
	r := mustFold(t, added(1), launched("t1"))
	if r.Version != 2 {
		t.Errorf("version %d after two events", r.Version)
	}
	for _, seq := range []int{-1, 0, 1, 2, 4} {
		e := returned("t1")
		e.Seq = seq
		if _, err := r.Apply(e); !errors.Is(err, request.ErrIllegal) {
			t.Errorf("event %d after event 2 is not refused: %v", seq, err)
		}
	}
}

func TestFoldNamesTheFirstImpossibleEvent(t *testing.T) {
	r := mustFold(t, added(1))
	events := []request.Event{numbered(request.Request{}, added(1)), numbered(r, stored(0, true)), {Seq: 9}}
	_, err := request.Fold(id, events)
	if !errors.Is(err, request.ErrIllegal) || !strings.Contains(err.Error(), "event 2 (stored)") {
		t.Errorf("error: %v", err)
	}
}

func TestLaunchRecordsTheGatewaysIDs(t *testing.T) {
	e := launched("t1")
	e.Visit.RemoteIDs[id] = request.RemoteIDs{Request: "S-1", Documents: []string{"d0"}}
	r := mustFold(t, added(2), because(request.KindLaunchFailed), e)
	if r.RemoteID != "S-1" || r.Documents[0].RemoteID != "d0" || r.Documents[1].RemoteID != "" {
		t.Errorf("ids %q, %q, %q", r.RemoteID, r.Documents[0].RemoteID, r.Documents[1].RemoteID)
	}
	if r.NextStep != request.StepAsk || r.Trouble != "" || r.Visit.ID != "t1" {
		t.Errorf("next %q, trouble %q, visit %+v", r.NextStep, r.Trouble, r.Visit)
	}
}

func TestReturnedIsTheTimeOfTheFirstReturnThatIsBelieved(t *testing.T) {
	refused := returned("t1")
	refused.Return.Rejection = "it names another process"
	r := mustFold(t, added(1), launched("t1"), refused)
	if r.ReturnedAt != nil {
		t.Fatal("a return that is not believed counts")
	}
	r = mustApply(t, r, returned("t1"))
	if r.ReturnedAt == nil || !r.ReturnedAt.Equal(r.UpdatedAt) {
		t.Fatalf("returned at %v", r.ReturnedAt)
	}
	if again := mustApply(t, r, returned("t1")); !again.ReturnedAt.Equal(*r.ReturnedAt) {
		t.Error("a second return moves the first one's time")
	}
}

func TestAfterAnUnknownCodeTheGatewayIsAskedAgain(t *testing.T) {
	odd := withNext(answered(request.Signing, request.ByGateway), request.StepDiscard)
	odd.Answer.Code, odd.Answer.Message = "tamper", "hm"
	r := mustFold(t, added(1), launched("t1"), odd)
	if r.NextStep != request.StepAsk {
		t.Errorf("next: %q", r.NextStep)
	}
	want := &request.Outcome{Code: "tamper", Message: "hm", Evidence: request.ByGateway, At: r.UpdatedAt, WithoutFiles: request.ByGateway}
	if diff := cmp.Diff(want, r.Outcome); diff != "" {
		t.Errorf("outcome (-want +got):\n%s", diff)
	}
}

func TestAllSignedFilesTogetherProveTheOutcome(t *testing.T) {
	tests := []struct {
		name   string
		events []request.Event
		want   request.Evidence
	}{
		{"the only one", []request.Event{answeredEach(request.Signed, request.ByBrowser, true), stored(0, true)}, request.ByDocument},
		{"one of two", []request.Event{answeredEach(request.Signed, request.ByGateway, true, true), stored(1, true)}, request.ByGateway},
		{"both of two", []request.Event{answeredEach(request.Signed, request.ByGateway, true, true), stored(1, true), stored(0, true)}, request.ByDocument},
		{"a file with a problem", []request.Event{answeredEach(request.Signed, request.ByGateway, true), stored(0, false)}, request.ByGateway},
		{"a good one after it", []request.Event{answeredEach(request.Signed, request.ByGateway, true), stored(0, false), stored(0, true)}, request.ByDocument},
		{"all that were signed of a partial one", []request.Event{answeredEach(request.Partial, request.ByGateway, false, true), stored(1, true)}, request.ByDocument},
		{"a partial one that names none", []request.Event{answered(request.Partial, request.ByGateway), stored(0, true)}, request.ByGateway},
		{"the gateway says later that no more were signed", []request.Event{
			answeredEach(request.Signed, request.ByBrowser, true, true), stored(0, true), answeredEach(request.Partial, request.ByGateway, true, false),
		}, request.ByDocument},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			documents := max(1, len(test.events[0].Answer.Documents))
			r := mustFold(t, append([]request.Event{added(documents), launched("t1")}, test.events...)...)
			if r.Outcome.Evidence != test.want {
				t.Errorf("evidence: %s, not %s", r.Outcome.Evidence, test.want)
			}
			if confirmed := test.want != request.ByBrowser; r.Outcome.Confirmed() != confirmed {
				t.Errorf("confirmed: %t", r.Outcome.Confirmed())
			}
		})
	}
}

func TestAStrongerAnswerReplacesTheResultOfEveryDocument(t *testing.T) {
	r := mustFold(t, added(2), launched("t1"), answeredEach(request.Signed, request.ByBrowser, true, true), answered(request.Rejected, request.ByGateway))
	if missing := r.MissingFiles(); len(missing) > 0 {
		t.Errorf("a rejected request waits for the files %v", missing)
	}
}

// A file that the desk fetched names the visit it was fetched for.
func TestAFileOfTheCurrentVisitIsStored(t *testing.T) {
	e := stored(0, true)
	e.Stored.VisitID = "t1"
	r := mustFold(t, added(1), launched("t1"), answeredEach(request.Signed, request.ByGateway, true), withNext(e, request.StepDiscard))
	want := &request.SignedFile{SHA256: "signed", Size: 20, Proves: true}
	if diff := cmp.Diff(want, r.Documents[0].Signed); diff != "" {
		t.Errorf("signed file (-want +got):\n%s", diff)
	}
	if r.Outcome.Evidence != request.ByDocument || r.NextStep != request.StepDiscard {
		t.Errorf("evidence %s, next %q", r.Outcome.Evidence, r.NextStep)
	}
	// The ticket of the visit before does not fit the new attempt.
	again := mustFold(
		t, added(1), launched("t1"), answered(request.Failed, request.ByGateway), request.Event{Kind: request.KindReopened}, launched("t2"),
	)
	if _, err := again.Apply(numbered(again, e)); !errors.Is(err, request.ErrIllegal) {
		t.Errorf("a file of an earlier visit: %v", err)
	}
	e.Stored.VisitID = "t2"
	if again = mustApply(t, again, e); again.Documents[0].Signed == nil {
		t.Error("a file of the visit in progress is not stored")
	}
}

func TestMissingFiles(t *testing.T) {
	r := mustFold(t, added(3), launched("t1"), answeredEach(request.Partial, request.ByGateway, true, false, true))
	if diff := cmp.Diff([]int{0, 2}, r.MissingFiles()); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{2}, mustApply(t, r, stored(0, false)).MissingFiles()); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
}

// Without the original there is nothing to compare a signed file with.
func TestAFileOfARequestWithoutDocumentsIsStoredAndProvesNothing(t *testing.T) {
	r := mustFold(t, added(0), launched("t1"), answered(request.Signed, request.ByBrowser), stored(0, false))
	second := stored(0, false)
	second.Stored.SHA256 = "second"
	r = mustApply(t, mustApply(t, r, second), stored(0, false)) // the first one again
	want := []request.SignedFile{{SHA256: "second", Size: 20, Problem: "no signature"}, {SHA256: "other", Size: 20, Problem: "no signature"}}
	if diff := cmp.Diff(want, r.Attached); diff != "" {
		t.Errorf("attached (-want +got):\n%s", diff)
	}
	if r.Outcome.Evidence != request.ByBrowser || len(r.Documents) > 0 {
		t.Errorf("evidence %s, documents %v", r.Outcome.Evidence, r.Documents)
	}
	for name, e := range map[string]request.Event{"a proof": stored(0, true), "a second document": stored(1, false)} {
		if _, err := r.Apply(numbered(r, e)); !errors.Is(err, request.ErrIllegal) {
			t.Errorf("%s is not refused: %v", name, err)
		}
	}
}

// A person may attach signed files before the outcome is known.
func TestFilesStoredBeforeTheOutcomeCountOnceItIsKnown(t *testing.T) {
	r := mustFold(t, added(2), launched("t1"), stored(0, true), because(request.KindTrouble))
	if r.Status != request.Signing || r.NextStep != request.StepAsk || r.Documents[0].Signed == nil || r.Trouble == "" {
		t.Fatalf("after the first file: %+v", r)
	}
	r = mustApply(t, r, withNext(stored(1, true), request.StepDiscard))
	if r.Status != request.Signing || r.NextStep != request.StepAsk {
		t.Fatalf("a file alone has ended it: %+v", r)
	}
	r = mustApply(t, r, answeredEach(request.Signed, request.ByBrowser, true, true))
	if r.Outcome.Evidence != request.ByDocument {
		t.Errorf("both files are here, and the evidence is %s", r.Outcome.Evidence)
	}
	r = mustFold(t, added(0), launched("t1"), stored(0, false))
	if r.Status != request.Signing || len(r.Attached) != 1 || r.Outcome != nil {
		t.Errorf("a file of a request whose documents were never here: %+v", r)
	}
}

func TestEditChangesTitleReferenceAndDueDate(t *testing.T) {
	r := mustFold(t, added(1), launched("t1"))
	after := mustApply(t, r, edited("Lease, second floor"))
	if after.Title != "Lease, second floor" || after.Reference != "R-2" || after.Due != "2027-01-31" || after.Status != r.Status {
		t.Errorf("got %+v", after)
	}
	for name, e := range map[string]request.Event{"nothing": {Kind: request.KindEdited}, "a title of spaces": edited(" ")} {
		if _, err := r.Apply(numbered(r, e)); !errors.Is(err, request.ErrIllegal) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestHowAPendingRequestIsSignedCanChange(t *testing.T) {
	first := added(1)
	first.Added.Signers, first.Added.Signature = []request.Signer{{Name: "Ana"}}, &request.SignatureOptions{Reason: "agreed"}
	r := mustFold(t, first, because(request.KindLaunchFailed))
	to := request.SigningDetails{
		Gateway: "notary", Signers: []request.Signer{{Name: "Bea"}}, CopyRecipients: []request.CopyRecipient{{Name: "Carl"}},
		Signature: &request.SignatureOptions{Reason: "seen", Rectangle: &request.Rectangle{X: 1.5, Y: 2, Width: 3, Height: 4}},
	}
	change := func(from, to request.SigningDetails) request.Event {
		return request.Event{Kind: request.KindDetailsChanged, Details: &request.DetailsChange{From: from, To: to}}
	}
	after := mustApply(t, r, change(r.SigningDetails(), to))
	if !after.SigningDetails().Equal(to) || after.Status != request.Pending || after.Trouble != "" || after.Attempt != 1 {
		t.Errorf("got %+v", after)
	}
	if r.Gateway != "office" || r.Signers[0].Name != "Ana" {
		t.Errorf("the request before was changed: %+v", r)
	}
	if _, err := after.Apply(numbered(after, launched("t1"))); !errors.Is(err, request.ErrIllegal) {
		t.Errorf("launched at the gateway that it had before: %v", err)
	}
	for name, e := range map[string]request.Event{
		"nothing":                       {Kind: request.KindDetailsChanged},
		"no gateway":                    change(r.SigningDetails(), request.SigningDetails{}),
		"details that it does not have": change(to, r.SigningDetails()),
	} {
		if _, err := r.Apply(numbered(r, e)); !errors.Is(err, request.ErrIllegal) {
			t.Errorf("%s: %v", name, err)
		}
	}
	there := mustFold(t, added(0))
	if _, err := there.Apply(numbered(there, detailsChanged("office", "notary"))); !errors.Is(err, request.ErrIllegal) {
		t.Errorf("it exists at another gateway: %v", err)
	}
}

func TestARequestKnowsWhoAddedItAndWhenItsVisitBegan(t *testing.T) {
	first := added(1)
	first.By = "ana"
	r := mustFold(t, first, launched("t1"))
	if r.AddedBy != "ana" || r.LaunchedAt == nil || !r.LaunchedAt.Equal(r.UpdatedAt) {
		t.Errorf("by %q, launched %v", r.AddedBy, r.LaunchedAt)
	}
	r = mustApply(t, r, answered(request.Failed, request.ByGateway))
	if r = mustApply(t, r, request.Event{Kind: request.KindReopened}); r.LaunchedAt != nil || r.AddedBy != "ana" {
		t.Errorf("opened again: %+v", r)
	}
}

func TestARequestOfAnOfficeKnowsWhereItsBrowserIsAndWhoLaunchedIt(t *testing.T) {
	at := func(desk, person string, e request.Event) request.Event {
		e.Desk, e.By = desk, person
		return e
	}
	want := func(r request.Request, desk, person string) {
		t.Helper()
		if r.Desk != desk || r.LaunchedBy != person {
			t.Errorf("after event %d: launched at %q by %q, want %q by %q", r.Version, r.Desk, r.LaunchedBy, desk, person)
		}
	}
	r := mustFold(t, at("reception", "ana", added(1)))
	want(r, "", "")
	r = mustApply(t, r, at("notary", "bo", launched("t1")))
	want(r, "notary", "bo")
	r = mustApply(t, r, at("reception", "ana", because(request.KindWithdrawn)))
	want(r, "notary", "bo")
	r = mustApply(t, r, at("reception", "ana", request.Event{Kind: request.KindReopened}))
	want(r, "", "")
	r = mustApply(t, r, at("reception", "", launched("t2")))
	want(r, "reception", "")
	if r.AddedBy != "ana" {
		t.Errorf("added by %q", r.AddedBy)
	}
	want(mustFold(t, at("", "ana", added(1)), at("", "ana", launched("t1"))), "", "")
}

// In an event and in a request, a home of its own has no desk. The order of the members is that of the events that are chained.
func TestTheDeskIsWrittenBehindThePerson(t *testing.T) {
	for want, e := range map[string]request.Event{
		`{"seq":2,"at":"2026-03-01T09:00:00Z","kind":"opened","by":"ana"}`:                    {Seq: 2, At: start, Kind: request.KindOpened, By: "ana"},
		`{"seq":2,"at":"2026-03-01T09:00:00Z","kind":"opened","by":"ana","desk":"reception"}`: {Seq: 2, At: start, Kind: request.KindOpened, By: "ana", Desk: "reception"},
	} {
		if got, err := json.Marshal(e); err != nil || string(got) != want {
			t.Errorf("%s, %v, want %s", got, err, want)
		}
	}
}

// Copies that are left at the gateway could still be signed.
func TestTheCopiesOfAnEarlierAttemptAreStillToBeDeleted(t *testing.T) {
	r := mustFold(t, added(1), launched("t1"), because(request.KindWithdrawn), request.Event{Kind: request.KindReopened}, launched("t2"))
	if !r.HasPendingWork() || r.NextStep != request.StepAsk || len(r.PendingDeletes) != 1 || r.PendingDeletes[0] != "t1" {
		t.Fatalf("got %+v", r)
	}
	if _, err := r.Apply(numbered(r, request.Event{Kind: request.KindDiscarded, VisitID: "t2"})); !errors.Is(err, request.ErrIllegal) {
		t.Errorf("the visit that is under way is deleted: %v", err)
	}
	r = mustApply(t, r, request.Event{Kind: request.KindDiscarded, VisitID: "t1"})
	if len(r.PendingDeletes) != 0 || r.NextStep != request.StepAsk {
		t.Errorf("got %+v", r)
	}
}

// A signature known only from the browser may not exist.
func TestASignatureKnownFromTheBrowserMayBeReopened(t *testing.T) {
	for evidence, want := range map[request.Evidence]bool{request.ByBrowser: true, request.ByGateway: false} {
		r := mustFold(t, added(1), launched("t1"), answeredEach(request.Signed, evidence, true))
		after, err := r.Apply(numbered(r, request.Event{Kind: request.KindReopened}))
		if r.Reopenable() != want || (err == nil) != want || want && after.Status != request.Pending {
			t.Errorf("known by %s: %t, %v", evidence, r.Reopenable(), err)
		}
	}
}

func TestWithdrawingDuringAVisitRequiresDeletion(t *testing.T) {
	r := mustFold(t, added(1), launched("t1"), because(request.KindWithdrawn))
	if r.NextStep != request.StepDiscard || r.Visit == nil {
		t.Fatalf("next %q, visit %v", r.NextStep, r.Visit)
	}
	r = mustApply(t, mustApply(t, r, because(request.KindTrouble)), request.Event{Kind: request.KindDiscarded})
	if r.NextStep != request.StepNone || r.Trouble != "" {
		t.Errorf("next %q, trouble %q", r.NextStep, r.Trouble)
	}
	if _, err := r.Apply(numbered(r, request.Event{Kind: request.KindDiscarded})); !errors.Is(err, request.ErrIllegal) {
		t.Errorf("a second deletion is not refused: %v", err)
	}
	if r := mustFold(t, added(1), because(request.KindWithdrawn)); r.NextStep != request.StepNone {
		t.Errorf("next %q though no gateway knows of it", r.NextStep)
	}
}

func TestReopenResetsEverythingButTheAttempt(t *testing.T) {
	tests := []struct {
		name      string
		documents int
		history   []request.Event
	}{
		{"partial with a file", 2, []request.Event{answeredEach(request.Partial, request.ByGateway, true, false), stored(0, true)}},
		{"partial with files that were never here", 0, []request.Event{answered(request.Partial, request.ByBrowser), stored(0, false)}},
		{"failed, with copies to delete", 1, []request.Event{withNext(answered(request.Failed, request.ByGateway), request.StepDiscard), because(request.KindTrouble)}},
		{"withdrawn after its return", 1, []request.Event{returned("t1"), because(request.KindWithdrawn)}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := added(test.documents)
			e.Added.RemoteID = "R-1"
			r := mustFold(t, append([]request.Event{e, launched("t1")}, test.history...)...)
			want := mustFold(t, e)
			want.Attempt, want.Version, want.UpdatedAt = 2, r.Version+1, numbered(r, e).At
			if r.NextStep == request.StepDiscard { // the copies are still to be deleted
				want.PendingDeletes = []request.VisitID{"t1"}
			}
			if diff := cmp.Diff(want, mustApply(t, r, request.Event{Kind: request.KindReopened}), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
		})
	}
}

// A request is a value, so Apply must not change what another caller holds.
func TestApplySharesNothingWithItsReceiver(t *testing.T) {
	another := stored(0, false)
	another.Stored.SHA256 = "another"
	tests := []struct {
		name    string
		history []request.Event
		event   request.Event
	}{
		{"a file is stored", []request.Event{added(2), launched("t1"), answeredEach(request.Signed, request.ByGateway, true, true)}, stored(0, true)},
		{"a file proves the outcome", []request.Event{added(1), launched("t1"), answeredEach(request.Signed, request.ByGateway, true)}, stored(0, true)},
		{"a file is attached again", []request.Event{added(0), launched("t1"), answered(request.Signed, request.ByBrowser), stored(0, false), another}, stored(0, false)},
		{"documents get names", []request.Event{added(1)}, launched("t1")},
		{"it is opened again", []request.Event{added(1), launched("t1"), answeredEach(request.Partial, request.ByGateway, true), stored(0, false)}, request.Event{Kind: request.KindReopened}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r, untouched := mustFold(t, test.history...), mustFold(t, test.history...)
			mustApply(t, r, test.event)
			if diff := cmp.Diff(untouched, r); diff != "" {
				t.Errorf("the receiver changed (-before +after):\n%s", diff)
			}
		})
	}
}

// A signer whom the gateway turned away may go back and choose another certificate.
func TestABrowserMayReturnAgainAfterAFailure(t *testing.T) {
	for _, status := range []request.Status{request.Signed, request.Rejected, request.Failed, request.Canceled} {
		failed := mustFold(t, added(1), launched("t1"), answered(request.Failed, request.ByBrowser))
		r := mustApply(t, failed, answered(status, request.ByBrowser))
		if r.Status != status || r.Outcome.Evidence != request.ByBrowser || r.Attempt != 1 {
			t.Errorf("got %+v", r)
		}
	}
}

func TestAFailedLaunchIsKnownUntilABrowserLeavesOrTheVisitIsOver(t *testing.T) {
	notPrepared := []request.Event{added(1), because(request.KindLaunchFailed)}
	notOpened := []request.Event{added(1), launched("t1"), because(request.KindOpenFailed)}
	for name, test := range map[string]struct {
		history []request.Event
		failed  bool
	}{
		"not prepared":           {notPrepared, true},
		"prepared later":         {append(notPrepared[:2:2], launched("t1")), false},
		"withdrawn":              {append(notPrepared[:2:2], because(request.KindWithdrawn)), false},
		"not opened":             {notOpened, true},
		"opened later":           {append(notOpened[:3:3], request.Event{Kind: request.KindOpened}), false},
		"asking failed as well":  {append(notOpened[:3:3], because(request.KindTrouble)), true},
		"opened in another way":  {append(notOpened[:3:3], returned("t1")), false},
		"an old return is heard": {append(notOpened[:3:3], returned("t0")), true},
		"only asking failed":     {append(notOpened[:2:2], request.Event{Kind: request.KindOpened}, because(request.KindTrouble)), false},
		"reopened":               {append(notOpened[:3:3], because(request.KindWithdrawn), request.Event{Kind: request.KindReopened}), false},
	} {
		if r := mustFold(t, test.history...); r.LaunchFailed() != test.failed {
			t.Errorf("%s: %t", name, r.LaunchFailed())
		}
	}
}
