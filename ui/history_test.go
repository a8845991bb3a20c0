package ui

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"
	"time"

	"countersign/core/ledger"
	"countersign/core/request"
)

// history builds a request for the seed of a test.
type history struct {
	change ledger.Change
	at     time.Time
}

func newHistory(id int, title, reference, gatewayName string, added time.Time, sizes ...int64) *history {
	h := &history{change: ledger.Change{ID: request.ID(fmt.Sprintf("01900000-0000-7000-8000-%012d", id))}, at: added}
	a := &request.Added{Title: title, Reference: reference, Gateway: gatewayName}
	for i, size := range sizes {
		name := title + ".pdf"
		if i > 0 {
			name = fmt.Sprintf("%s, annex %d.pdf", title, i)
		}
		a.Documents = append(a.Documents, request.Original{Name: name, SHA256: digest(title, i), Size: size})
	}
	return h.event(0, request.Event{Kind: request.KindAdded, By: "mara", Added: a})
}

// seedFiles has the content of every file that a seed names, by its SHA-256.
var seedFiles sync.Map

func digest(title string, i int) string {
	content := fmt.Appendf(nil, "%s %d", title, i)
	return seedFile(content)
}

// seedFile returns the SHA-256 of a file of a seed. The file is stored once the window asks for it.
func seedFile(content []byte) string {
	sum := sha256.Sum256(content)
	digest := hex.EncodeToString(sum[:])
	seedFiles.Store(digest, content)
	return digest
}

func (h *history) event(after time.Duration, e request.Event) *history {
	h.at = h.at.Add(after)
	e.At = h.at
	h.change.Events = append(h.change.Events, e)
	return h
}

func (h *history) ticket() string { return digest(string(h.change.ID), len(h.change.Events))[:32] }

// launched starts a visit of the request.
func (h *history) launched(after time.Duration) *history {
	ticket := h.ticket()
	visit := &request.Visit{
		ID: request.VisitIDOf(ticket), Gateway: h.change.Events[0].Added.Gateway, Requests: []request.ID{h.change.ID}, ProcessID: "8f2c",
		URL: "https://sign.example.org/trustedx/esignsp/sign/8f2c41d7-5d0e-4c55-9b0a", ReturnURL: "http://127.0.0.1:41873/return/" + ticket,
	}
	h.event(after, request.Event{Kind: request.KindLaunched, By: "mara", Visit: visit})
	return h.event(time.Second, request.Event{Kind: request.KindOpened, By: "mara"})
}

func (h *history) lastVisit() request.VisitID {
	for i := len(h.change.Events) - 1; i >= 0; i-- {
		if v := h.change.Events[i].Visit; v != nil {
			return v.ID
		}
	}
	return ""
}

func (h *history) returned(after time.Duration, word string) *history {
	return h.event(after, request.Event{Kind: request.KindReturned, Return: &request.Return{VisitID: h.lastVisit(), Code: word}})
}

func (h *history) answered(after time.Duration, s request.Status, e request.Evidence, word, message string, docs ...request.DocumentResult) *history {
	next := request.StepNone
	if s == request.Signed || s == request.Partial {
		next = request.StepFetch
	}
	return h.event(after, request.Event{Kind: request.KindAnswered, Answer: &request.Answer{
		VisitID: h.lastVisit(), Status: s, Code: word, Message: message, Evidence: e, Documents: docs, NextStep: next,
	}})
}

func (h *history) stored(after time.Duration, document int, problem string) *history {
	return h.event(after, request.Event{Kind: request.KindStored, Stored: &request.Stored{
		VisitID: h.lastVisit(), Document: document, SHA256: digest(string(h.change.ID)+"signed", document), Size: 214_311, Proves: problem == "", Problem: problem,
	}})
}
