package request_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"countersign/core/request"
)

// anyEvent draws an event to try on r. Most events fit r, so that histories grow long; the
// others have unknown values, foreign visits or missing details.
func anyEvent(t *rapid.T, r request.Request) request.Event {
	rarely := func(name string) bool { return rapid.IntRange(0, 19).Draw(t, name) == 0 }
	visit := func() request.VisitID {
		if r.Visit == nil || rarely("foreign") {
			return rapid.SampledFrom([]request.VisitID{request.VisitIDOf("t1"), request.VisitIDOf("t2"), ""}).Draw(t, "visit")
		}
		return r.Visit.ID
	}
	next := rapid.SampledFrom([]request.Step{request.StepNone, request.StepAsk, request.StepFetch, request.StepDiscard})
	word := rapid.SampledFrom([]string{"", "finished", "signed", "árbol"})
	e := request.Event{Kind: rapid.SampledFrom([]request.EventKind{
		request.KindLaunched, request.KindLaunched, request.KindLaunchFailed, request.KindOpened, request.KindOpenFailed,
		request.KindReturned, request.KindAnswered, request.KindAnswered, request.KindStored, request.KindStored,
		request.KindTrouble, request.KindDiscarded, request.KindWithdrawn, request.KindReopened, request.KindAdded, request.KindEdited,
		request.KindReviewed, request.KindReviewed, request.KindVouched, request.KindVouched,
		request.KindFileDamaged, request.KindFileDamaged, request.KindFileRestored,
		request.KindReturnLost, request.KindReturnHeard, request.KindArchived, request.KindArchived, request.KindUnarchived, request.KindDetailsChanged,
	}).Draw(t, "kind")}
	if rarely("unknown kind") {
		e.Kind = "erased"
	}
	switch {
	case rarely("no payload"):
	case e.Kind == request.KindAdded:
		e.Added = added(rapid.IntRange(0, 3).Draw(t, "documents")).Added
	case e.Kind == request.KindEdited:
		e.Edited = edited(rapid.SampledFrom([]string{"Lease, second floor", " "}).Draw(t, "title")).Edited
	case e.Kind == request.KindDetailsChanged:
		e.Details = &request.DetailsChange{From: r.SigningDetails(), To: request.SigningDetails{
			Gateway: rapid.SampledFrom([]string{"office", "notary", ""}).Draw(t, "gateway"),
			Signers: rapid.SampledFrom([][]request.Signer{nil, {{Name: "Ana"}}}).Draw(t, "signers"),
		}}
		if rarely("other details") {
			e.Details.From.Gateway = "elsewhere"
		}
	case e.Kind == request.KindReviewed:
		e.By = "ana"
		e.Reviewed = &request.Reviewed{Decision: rapid.SampledFrom(append(request.Decisions(), request.Accepted, "perhaps")).Draw(t, "decision")}
	case e.Kind == request.KindLaunched:
		e.Visit = launched(request.VisitIDOf(fmt.Sprint("t", r.Version))).Visit
		e.Visit.Gateway = r.Gateway
		e.Visit.Practice = rapid.SampledFrom([]*bool{nil, nil, new(true), new(false)}).Draw(t, "practice")
		e.Visit.RemoteIDs[id] = request.RemoteIDs{
			Request:   rapid.SampledFrom([]string{"", "S-1"}).Draw(t, "session"),
			Documents: rapid.SliceOfN(rapid.SampledFrom([]string{"d1", "d2"}), 0, len(r.Documents)+1).Draw(t, "remote documents"),
		}
	case e.Kind == request.KindReturned:
		e.Return = &request.Return{
			VisitID: visit(), Query: map[string][]string{"status": {word.Draw(t, "word")}},
			Rejection: rapid.SampledFrom([]string{"", "", "another process"}).Draw(t, "refuse"),
		}
	case e.Kind == request.KindAnswered:
		e.Answer = &request.Answer{
			VisitID: visit(), Code: word.Draw(t, "word"), NextStep: next.Draw(t, "next"),
			Status:   rapid.SampledFrom(append(request.Statuses(), request.Signed, request.Partial, "lost")).Draw(t, "status"),
			Evidence: rapid.SampledFrom([]request.Evidence{request.ByBrowser, request.ByBrowser, request.ByGateway, request.ByDocument, ""}).Draw(t, "evidence"),
		}
		for range rapid.IntRange(0, len(r.Documents)).Draw(t, "results") {
			e.Answer.Documents = append(e.Answer.Documents, request.DocumentResult{Code: word.Draw(t, "word"), Signed: rapid.Bool().Draw(t, "signed")})
		}
	case e.Kind == request.KindStored:
		e.Stored = stored(rapid.IntRange(-1, len(r.Documents)).Draw(t, "document"), rapid.Bool().Draw(t, "proves")).Stored
		e.Stored.VisitID, e.Stored.NextStep = visit(), next.Draw(t, "next")
		e.Stored.Unchecked = !e.Stored.Proves && rapid.Bool().Draw(t, "unchecked")
		if rarely("unknown step") {
			e.Stored.NextStep = "frame it"
		}
	case e.Kind == request.KindVouched:
		e.By = "ana"
		e.Vouched = &request.Vouched{
			Document: rapid.IntRange(-1, len(r.Documents)).Draw(t, "document"),
			SHA256:   rapid.SampledFrom([]string{"signed", "other"}).Draw(t, "file"),
			Note:     rapid.SampledFrom([]string{"I was there", "by phone", " "}).Draw(t, "note"),
		}
	case e.Kind == request.KindFileDamaged, e.Kind == request.KindFileRestored:
		damage := rapid.SampledFrom([]request.Damage{request.Altered, request.Missing, "", "burnt"}).Draw(t, "damage")
		if e.Kind == request.KindFileRestored && !rarely("restored and damaged") {
			damage = ""
		}
		e.FileCheck = checked(rapid.SampledFrom([]string{"signed", "signed", "other", "a"}).Draw(t, "file"), damage).FileCheck
	case e.Kind == request.KindReturnLost, e.Kind == request.KindReturnHeard:
		e.VisitID, e.Port = visit(), rapid.SampledFrom([]int{8080, 8081, 0}).Draw(t, "port")
		e.Reason = rapid.SampledFrom([]string{"it is taken", "it is taken", ""}).Draw(t, "reason")
	default:
		e.Reason = rapid.SampledFrom([]string{"the line is down", "the line is down", ""}).Draw(t, "reason")
	}
	if e.Kind == request.KindLaunched {
		e.By = rapid.SampledFrom([]string{"", "ana", "bo"}).Draw(t, "person")
	}
	e.Desk = rapid.SampledFrom([]string{"", "", "reception", "notary"}).Draw(t, "desk")
	return numbered(r, e)
}

// try is an event that was applied, with the request before and after it.
type try struct {
	before, after request.Request
	event         request.Event
	err           error
}

// grow applies random events and returns the history of those that were accepted. If see
// is not nil, it is called with every try.
func grow(t *rapid.T, see func(try)) []request.Event {
	r := request.Request{ID: id}
	var history []request.Event
	for range rapid.IntRange(1, 60).Draw(t, "tries") {
		e := anyEvent(t, r)
		if r.Version == 0 && rapid.Bool().Draw(t, "begins well") {
			e = numbered(r, added(rapid.IntRange(0, 3).Draw(t, "documents")))
		}
		after, err := r.Apply(e)
		if see != nil {
			see(try{r, after, e, err})
		}
		if err == nil {
			r, history = after, append(history, e)
		}
	}
	return history
}

func mustFoldAll(t rapid.TB, events []request.Event) request.Request {
	t.Helper()
	r, err := request.Fold(id, events)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAnyOrderOfEventsKeepsTheRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		grow(t, func(try try) {
			if try.err != nil {
				if !errors.Is(try.err, request.ErrIllegal) {
					t.Fatalf("refused for another reason: %v", try.err)
				}
				return
			}
			for rule, holds := range rules(try.before, try.after, try.event) {
				if !holds {
					t.Fatalf("%s: broken by %+v, which leads to\n%+v", rule, try.event, try.after)
				}
			}
		})
	})
}

// rules returns the properties that every accepted event must preserve, and whether each holds.
func rules(before, after request.Request, e request.Event) map[string]bool {
	files, proofs, undamaged := 0, 0, 0
	for _, d := range after.Documents {
		if d.Signed != nil {
			files++
			if d.Signed.Proves {
				proofs++
			}
			undamaged += count(d.Signed.IsProof())
		}
	}
	sameAttempt := before.Attempt == after.Attempt
	fresh := after.Visit == nil && after.Outcome == nil && after.ReturnedAt == nil && after.NextStep == request.StepNone && files+len(after.Attached) == 0
	outcome := after.Status.Ended() && after.Status != request.Withdrawn
	return map[string]bool{
		"the status is one of the list":                             after.Status.Valid(),
		"the version counts the events":                             after.Version == before.Version+1 && after.Version == e.Seq,
		"the last event's time is kept":                             after.UpdatedAt.Equal(e.At),
		"the first event's time is kept":                            before.Version == 0 || after.CreatedAt.Equal(before.CreatedAt),
		"an attempt is a new one after reopening alone":             after.Attempt == before.Attempt+count(e.Kind == request.KindReopened || before.Version == 0),
		"what was added stays":                                      before.Version == 0 || cmp.Equal(originals(before), originals(after)) && (before.Title == after.Title || e.Kind == request.KindEdited) && before.AddedRemoteID == after.AddedRemoteID,
		"how it is signed changes while it waits":                   before.Version == 0 || before.SigningDetails().Equal(after.SigningDetails()) || e.Kind == request.KindDetailsChanged && before.Status == request.Pending && after.SigningDetails().Equal(e.Details.To),
		"a request without documents stays at its gateway":          before.Version == 0 || len(after.Documents) > 0 || before.Gateway == after.Gateway,
		"a pending request has nothing of an attempt":               after.Status != request.Pending || fresh && after.RemoteID == after.AddedRemoteID,
		"a request in the browser has a visit to ask of":            after.Status != request.Signing || after.Visit != nil && after.NextStep == request.StepAsk,
		"an outcome is known somehow":                               !outcome || after.Outcome != nil && after.Visit != nil,
		"where the browser is belongs to a visit":                   after.Visit != nil || after.Desk == "",
		"who launched is known where the desk is":                   after.Desk != "" || after.LaunchedBy == "",
		"where the browser is changes with the visit alone":         after.Desk == before.Desk && after.LaunchedBy == before.LaunchedBy || after.Visit == nil || e.Kind == request.KindLaunched && after.Desk == e.Desk && after.LaunchedBy == e.By,
		"a return belongs to a visit":                               after.ReturnedAt == nil || after.Visit != nil,
		"the next step is one of the list":                          after.NextStep.Valid(),
		"evidence gets stronger alone":                              !sameAttempt || before.Outcome == nil || after.Outcome != nil && !before.Outcome.Evidence.Stronger(after.Outcome.Evidence) || e.Kind == request.KindFileDamaged && before.Outcome.Evidence == request.ByDocument,
		"a file without an outcome is a proof, or all there can be": files+len(after.Attached) == 0 || outcome || before.Status.Open() && files == proofs || after.Status == request.Withdrawn,
		"proofs of all documents are taken as such":                 after.Status != request.Signed || undamaged == 0 || undamaged < len(after.Documents) || after.Outcome.Evidence == request.ByDocument,
		"a damaged file proves no outcome":                          after.Status != request.Signed || after.FileState() != request.FilesDamaged || after.Outcome.Evidence != request.ByDocument,
		"a check of a file leaves the status":                       e.FileCheck == nil || after.Status == before.Status && cmp.Equal(before.Review, after.Review),
		"a proof is never lost":                                     !sameAttempt || proofs >= proofsOf(before),
		"an outcome is reviewed by nothing but a review":            after.Review == nil || cmp.Equal(after.Review, before.Review) || e.Kind == request.KindReviewed && after.Review.At.Equal(e.At) && after.Review.By == e.By,
		"a review changes nothing but itself":                       e.Kind != request.KindReviewed || cmp.Equal(withoutReview(before), withoutReview(after)),
		"a review is of the outcome as it is":                       after.Review == nil || after.Status.Ended() && sameAttempt && (before.Status == after.Status || e.Kind == request.KindReviewed),
		"what is only known better stays reviewed":                  before.Review == nil || after.Review != nil || before.Status != after.Status || e.Kind == request.KindStored && !e.Stored.Proves || e.Kind == request.KindAnswered && after.Status == request.Partial,
		"what was decided is told of outcomes alone":                (after.Decision() != "") == after.Status.Ended() && (after.Decision() == request.Undecided) == (after.Status.Ended() && after.Review == nil),
		"when it ended is known of what has":                        (after.EndedAt != nil) == after.Status.Ended() && (after.EndedAt == nil || before.Status == after.Status && after.EndedAt.Equal(*before.EndedAt) || after.EndedAt.Equal(e.At)),
		"a person's word changes the vouchers alone":                e.Kind != request.KindVouched || cmp.Equal(withoutVouchers(before), withoutVouchers(after)),
		"a port is lost while the browser may come back":            after.LostPort == 0 || after.Status == request.Signing && (before.LostPort == after.LostPort || e.Kind == request.KindReturnLost),
		"nobody vouches for a proof":                                !vouchedProof(after),
		"an archived request has ended":                             after.Archived == nil || after.Status.Ended() && sameAttempt,
		"archiving changes nothing else":                            e.Kind != request.KindArchived && e.Kind != request.KindUnarchived || cmp.Equal(withoutArchive(before), withoutArchive(after)),
		"practice is practice until the next launch or gateway":     before.Version == 0 || before.Practice == after.Practice || e.Kind == request.KindLaunched || before.Gateway != after.Gateway,
		"a request without documents is proven by none":             len(after.Documents) > 0 || after.Outcome == nil || after.Outcome.Evidence != request.ByDocument,
	}
}

// withoutReview returns r with the fields cleared that a review may change.
func withoutReview(r request.Request) request.Request {
	r.Review, r.Version, r.UpdatedAt = nil, 0, time.Time{}
	return r
}

// withoutArchive returns r with the fields cleared that archiving may change.
func withoutArchive(r request.Request) request.Request {
	r.Archived, r.Version, r.UpdatedAt = nil, 0, time.Time{}
	return r
}

// withoutVouchers returns r with the fields cleared that a person's word for a file may change.
func withoutVouchers(r request.Request) request.Request {
	r.Version, r.UpdatedAt = 0, time.Time{}
	r.Attached, r.Documents = slices.Clone(r.Attached), slices.Clone(r.Documents)
	for i := range r.Attached {
		r.Attached[i].Voucher = nil
	}
	for i, d := range r.Documents {
		if d.Signed != nil {
			file := *d.Signed
			file.Voucher = nil
			r.Documents[i].Signed = &file
		}
	}
	return r
}

func vouchedProof(r request.Request) bool {
	return slices.ContainsFunc(r.Documents, func(d request.Document) bool {
		return d.Signed != nil && d.Signed.Voucher != nil && (d.Signed.Proves || !d.Signed.Unchecked)
	})
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

func originals(r request.Request) (all []request.Original) {
	for _, d := range r.Documents {
		all = append(all, d.Original)
	}
	return all
}

func proofsOf(r request.Request) (n int) {
	for _, d := range r.Documents {
		n += count(d.Signed != nil && d.Signed.Proves)
	}
	return n
}

func TestFoldIsDeterministic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		history := grow(t, nil)
		if diff := cmp.Diff(mustFoldAll(t, history), mustFoldAll(t, history)); diff != "" {
			t.Fatalf("folded again (-first +second):\n%s", diff)
		}
	})
}

func TestApplyChangesNeitherItsReceiverNorTheEvent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var history []request.Event
		r := request.Request{ID: id}
		for range rapid.IntRange(1, 30).Draw(t, "tries") {
			e := anyEvent(t, r)
			// Copies that share nothing with what Apply receives.
			untouched, same := mustFoldAll(t, mustCopy(t, history)), mustCopy(t, e)
			after, err := r.Apply(e)
			if diff := cmp.Diff(untouched, r, cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("%s changed the receiver (-before +after):\n%s", e.Kind, diff)
			}
			if diff := cmp.Diff(same, e, cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("the event was changed (-before +after):\n%s", diff)
			}
			if err == nil {
				r, history = after, append(history, e)
			}
		}
	})
}

func TestAReturnThatIsLateOrForeignOrNotBelievedChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		history := grow(t, nil)
		if len(history) == 0 {
			t.Skip("nothing was added")
		}
		r := mustFoldAll(t, history)
		e := numbered(r, returned("foreign"))
		e.Return.Rejection = rapid.SampledFrom([]string{"", "another process"}).Draw(t, "refuse")
		if r.Visit != nil && (r.Status != request.Signing || e.Return.Rejection != "") {
			e.Return.VisitID = rapid.SampledFrom([]request.VisitID{request.VisitIDOf("foreign"), r.Visit.ID}).Draw(t, "visit")
		}
		after, err := r.Apply(e)
		if err != nil {
			t.Fatalf("refused: %v", err)
		}
		r.Version, r.UpdatedAt = e.Seq, e.At
		if diff := cmp.Diff(r, after); diff != "" {
			t.Fatalf("the return changed (-before +after):\n%s", diff)
		}
	})
}

func TestFoldingSurvivesJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		history := grow(t, nil)
		written := mustCopy(t, history)
		if diff := cmp.Diff(history, written, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("events (-before +after the round trip):\n%s", diff)
		}
		r := mustFoldAll(t, history)
		if diff := cmp.Diff(r, mustFoldAll(t, written), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("fold of the decoded events (-want +got):\n%s", diff)
		}
		// A ledger continues from the stored request, not from the events.
		half := rapid.IntRange(0, len(history)).Draw(t, "half")
		from := mustCopy(t, mustFoldAll(t, history[:half]))
		for _, e := range written[half:] {
			next, err := from.Apply(e)
			if err != nil {
				t.Fatalf("refused after the round trip: %v", err)
			}
			from = mustCopy(t, next)
		}
		if diff := cmp.Diff(r, from, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("request (-want +got after the round trip):\n%s", diff)
		}
	})
}

// The properties above mean little unless the random histories reach every status. The
// seeds are fixed, so the result is always the same.
func TestRandomHistoriesReachEveryStatus(t *testing.T) {
	met, decided := map[request.Status]int{}, map[request.Decision]int{}
	histories := rapid.Custom(func(t *rapid.T) []request.Event { return grow(t, nil) })
	for seed := range 500 {
		r := mustFoldAll(t, histories.Example(seed))
		met[r.Status]++
		decided[r.Decision()]++
	}
	for _, s := range request.Statuses() {
		if met[s] == 0 {
			t.Errorf("none ends as %s: %v", s, met)
		}
	}
	for _, d := range request.Decisions() {
		if decided[d] == 0 {
			t.Errorf("none ends as %s: %v", d, decided)
		}
	}
}

// mustCopy copies v through JSON, the form in which events and requests are stored.
func mustCopy[T any](t rapid.TB, v T) (out T) {
	t.Helper()
	b, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}
