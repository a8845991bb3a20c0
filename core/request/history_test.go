package request_test

import (
	"testing"
	"time"

	"countersign/core/request"
)

const id = request.ID("018f0000-0000-7000-8000-000000000001")

var start = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// mustFold folds events and sets their numbers and times.
func mustFold(t testing.TB, events ...request.Event) request.Request {
	t.Helper()
	r := request.Request{ID: id}
	for _, e := range events {
		r = mustApply(t, r, e)
	}
	return r
}

func mustApply(t testing.TB, r request.Request, e request.Event) request.Request {
	t.Helper()
	after, err := r.Apply(numbered(r, e))
	if err != nil {
		t.Fatal(err)
	}
	return after
}

// numbered returns e as the next event of r, a minute after the previous one.
func numbered(r request.Request, e request.Event) request.Event {
	e.Seq = r.Version + 1
	e.At = start.Add(time.Duration(r.Version) * time.Minute)
	return e
}

// added returns the event that adds a request with the given number of documents. A request
// without documents has an id at the gateway.
func added(documents int) request.Event {
	a := &request.Added{Title: "Lease", Gateway: "office"}
	for i := range documents {
		a.Documents = append(a.Documents, request.Original{Name: "lease.pdf", SHA256: string(rune('a' + i)), Size: 10})
	}
	if documents == 0 {
		a.RemoteID = "R-1"
	}
	return request.Event{Kind: request.KindAdded, Added: a}
}

// launched returns the event that launches the given visit.
func launched(visit request.VisitID) request.Event {
	return request.Event{Kind: request.KindLaunched, Visit: &request.Visit{
		ID: visit, Gateway: "office", Requests: []request.ID{id},
		RemoteIDs: map[request.ID]request.RemoteIDs{id: {Request: "S-" + string(visit)}},
	}}
}

// returned returns the event that the browser came back from the given visit.
func returned(visit request.VisitID) request.Event {
	return request.Event{Kind: request.KindReturned, Return: &request.Return{VisitID: visit, Code: "finished"}}
}

// answered returns the event of an answer about the visit t1, without results for documents.
func answered(s request.Status, by request.Evidence) request.Event {
	return request.Event{Kind: request.KindAnswered, Answer: &request.Answer{VisitID: "t1", Status: s, Evidence: by}}
}

// answeredEach returns the event of an answer about the visit t1, with a result for each document.
func answeredEach(s request.Status, by request.Evidence, signed ...bool) request.Event {
	e := answered(s, by)
	for _, yes := range signed {
		e.Answer.Documents = append(e.Answer.Documents, request.DocumentResult{Code: "code", Signed: yes})
	}
	return e
}

// stored returns the event that a signed file was stored. The file has a problem unless it proves the signature.
func stored(document int, proves bool) request.Event {
	s := &request.Stored{Document: document, SHA256: "signed", Size: 20, Proves: proves}
	if !proves {
		s.SHA256, s.Problem = "other", "no signature"
	}
	return request.Event{Kind: request.KindStored, Stored: s}
}

// checked returns the event of a check that found a file damaged, or as it was stored when damage is empty.
func checked(digest string, damage request.Damage) request.Event {
	e := request.Event{Kind: request.KindFileDamaged, FileCheck: &request.FileCheck{SHA256: digest, Role: request.RoleSigned, Damage: damage}}
	if damage == "" {
		e.Kind = request.KindFileRestored
	}
	return e
}

// because returns an event of kind k that needs a reason.
func because(k request.EventKind) request.Event {
	return request.Event{Kind: k, Reason: "the line is down"}
}

func edited(title string) request.Event {
	return request.Event{Kind: request.KindEdited, Edited: &request.Edited{Title: title, Reference: "R-2", Due: "2027-01-31"}}
}

// detailsChanged returns the event that a request, which nobody else changed in this way, changes its gateway.
func detailsChanged(from, to string) request.Event {
	return request.Event{Kind: request.KindDetailsChanged, Details: &request.DetailsChange{
		From: request.SigningDetails{Gateway: from},
		To:   request.SigningDetails{Gateway: to},
	}}
}

// withNext sets the next step of an answer or a stored file.
func withNext(e request.Event, next request.Step) request.Event {
	if e.Answer != nil {
		e.Answer.NextStep = next
	}
	if e.Stored != nil {
		e.Stored.NextStep = next
	}
	return e
}
