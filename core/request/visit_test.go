package request_test

import (
	"encoding/json"
	"strings"
	"testing"

	"countersign/core/request"
)

// An event has the id of its visit where events of older versions have the ticket. Both are read as the id.
func TestTheTicketOfAnOlderEventIsReadAsTheIDOfItsVisit(t *testing.T) {
	const ticket = "0123456789abcdef0123456789abcdef"
	visit := request.VisitIDOf(ticket)
	// The digest was computed with sha256sum.
	if visit != "sha256:3eb1bd439947eb762998e566ccc2e099c791118b2f40579cc4f7da2b5061b7f9" {
		t.Errorf("the id is %s", visit)
	}
	for _, stored := range []string{ticket, string(visit)} {
		var got request.Event
		text := strings.ReplaceAll(`{"visit": {"ticket": "T", "url": "https://office.example/T", "return_url": "http://127.0.0.1:1/return/T"},
			"return": {"ticket": "T"}, "answer": {"ticket": "T"}, "stored": {"ticket": "T"}, "ticket": "T"}`, "T", stored)
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatal(err)
		}
		if got.Visit.ID != visit || got.Return.VisitID != visit || got.Answer.VisitID != visit || got.Stored.VisitID != visit || got.VisitID != visit {
			t.Errorf("from %s: %+v", stored, got)
		}
		if got.Visit.URL != "" || got.Visit.ReturnURL != "" {
			t.Errorf("the addresses are those of the event: %+v", got.Visit)
		}
		again, err := json.Marshal(got)
		if err != nil || strings.Contains(string(again), ticket) || strings.Contains(string(again), "http") {
			t.Errorf("written again: %s, %v", again, err)
		}
	}
}

func TestAVisitIsWrittenWithoutItsAddresses(t *testing.T) {
	e := request.Event{Kind: request.KindLaunched, Visit: &request.Visit{ID: "sha256:1", URL: "https://office.example", ReturnURL: "http://127.0.0.1:1/return/2"}}
	if text, err := json.Marshal(e); err != nil || strings.Contains(string(text), "http") {
		t.Errorf("got %s, %v", text, err)
	}
}
