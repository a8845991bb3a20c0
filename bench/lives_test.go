package main

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"countersign/core/ledger"
	"countersign/core/request"
)

// TestLivesAreWhatAProgramWrites folds every life, and compares the bytes of each event with those that the program would store.
func TestLivesAreWhatAProgramWrites(t *testing.T) {
	for _, r := range addedOnly(3) {
		checkStored(t, r)
	}
	o := office{seed: 1, requests: 5000}
	now := map[request.ID]request.Request{}
	var last time.Time
	events, statuses := 0, map[request.Status]int{}
	for r := range o.events() {
		e := checkStored(t, r)
		if e.Seq != r.Seq || e.At.Before(last) {
			t.Fatalf("event %d at %v after %v: %s", r.Seq, e.At, last, r.Event)
		}
		before, known := now[r.ID]
		if !known {
			before.ID = r.ID
		}
		after, err := before.Apply(e)
		if err != nil {
			t.Fatal(err)
		}
		now[r.ID], last = after, e.At
		events++
	}
	pending := 0
	for _, r := range now {
		statuses[r.Status]++
		if r.HasPendingWork() {
			pending++
		}
	}
	if len(now) != o.requests || events < 6*o.requests || pending > 100 {
		t.Errorf("%d requests, %d events, %d unfinished", len(now), events, pending)
	}
	for _, s := range []request.Status{request.Pending, request.Signing, request.Signed, request.Rejected, request.Canceled, request.Failed, request.Gone, request.Withdrawn} {
		if statuses[s] == 0 {
			t.Errorf("no request is %s", s)
		}
	}
}

func addedOnly(n int) []ledger.Recorded {
	return slices.Collect(office{seed: 1, requests: n, additions: true}.events())
}

// checkStored returns the event that was recorded, after comparing its bytes with those that the program would store.
func checkStored(t *testing.T, r ledger.Recorded) (e request.Event) {
	t.Helper()
	if err := json.Unmarshal(r.Event, &e); err != nil {
		t.Fatalf("%v\n%s", err, r.Event)
	}
	if again, err := json.Marshal(e); err != nil || string(again) != string(r.Event) {
		t.Fatalf("the program would write\n%s\nand not\n%s\n%v", again, r.Event, err)
	}
	return e
}

func TestLivesAreTheSameEachTime(t *testing.T) {
	list := func(seed uint64) (all []string) {
		for r := range (office{seed: seed, requests: 300}).events() {
			all = append(all, string(r.ID)+string(r.Event))
		}
		return all
	}
	if !slices.Equal(list(1), list(1)) {
		t.Error("the same seed makes other lives")
	}
	if slices.Equal(list(1), list(2)) {
		t.Error("another seed makes the same lives")
	}
}

func TestIDsAreOfVersion7AndInOrder(t *testing.T) {
	o := office{seed: 1, requests: 1000}
	for n := range o.requests {
		id := o.id(n)
		if len(id) != 36 || id[14] != '7' || n > 0 && id <= o.id(n-1) {
			t.Fatalf("%s after %s", id, o.id(n-1))
		}
	}
}

func BenchmarkLives(b *testing.B) {
	bytes, n := 0, 0
	for b.Loop() {
		for r := range (office{seed: 1, requests: 100_000}).events() {
			bytes += len(r.Event)
			n++
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/event")
	b.ReportMetric(float64(bytes)/float64(b.N)/100_000, "B/request")
	b.ReportMetric(float64(n)/float64(b.N)/100_000, "events/request")
}

// TestVisitsAreDifferent checks that no two launches of an office have the same visit, which would mix up their requests.
func TestVisitsAreDifferent(t *testing.T) {
	seen := map[request.VisitID]request.ID{}
	for r := range (office{seed: 1, requests: 5000}).events() {
		e := checkStored(t, r)
		if e.Kind != request.KindLaunched {
			continue
		}
		if other, known := seen[e.Visit.ID]; known {
			t.Fatalf("%s and %s have the same visit", other, r.ID)
		}
		seen[e.Visit.ID] = r.ID
	}
}
