package record_test

import (
	"encoding/json"
	"testing"
	"time"

	"countersign/core/ledger/record"
	"countersign/core/request"
)

var start = time.Date(2026, 3, 1, 9, 0, 0, 120_000_000, time.UTC)

// pendingLife returns a request that was added and nothing else.
func pendingLife() request.Request {
	return mustFold(request.Event{Kind: request.KindAdded, By: "ana", Added: &request.Added{
		Title: "Contratación 17 de la oficina 3", Reference: "REF-000017", Gateway: "office", Due: "2026-03-31",
		Documents: []request.Original{{Name: "contratacion.pdf", SHA256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", Size: 182_301}},
		Signers:   []request.Signer{{Name: "Núria Puig", Email: "nuria.puig@example.org", Country: "ES", Number: "12345678Z"}},
	}})
}

// signedLife returns a request that was signed, with its signed file stored and its outcome reviewed.
func signedLife() request.Request {
	r := pendingLife()
	visit := request.VisitIDOf("ticket")
	return mustExtend(
		r,
		request.Event{Kind: request.KindLaunched, Visit: &request.Visit{
			ID: visit, Gateway: "office", Requests: []request.ID{id},
			RemoteIDs: map[request.ID]request.RemoteIDs{id: {Request: "S-20260301-000017", Documents: []string{"D-20260301-000017-1"}}},
		}},
		request.Event{Kind: request.KindOpened},
		request.Event{Kind: request.KindReturned, Return: &request.Return{VisitID: visit, Code: "finished"}},
		request.Event{Kind: request.KindAnswered, Answer: &request.Answer{
			VisitID: visit, Status: request.Signed, Code: "signed", Evidence: request.ByGateway, NextStep: request.StepFetch,
			Documents: []request.DocumentResult{{Code: "signed", Signed: true}},
		}},
		request.Event{Kind: request.KindStored, Stored: &request.Stored{
			VisitID: visit, SHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", Size: 201_377, Proves: true, NextStep: request.StepDiscard,
		}},
		request.Event{Kind: request.KindDiscarded},
		request.Event{Kind: request.KindReviewed, By: "ana", Reviewed: &request.Reviewed{Decision: request.Accepted}},
	)
}

func mustFold(events ...request.Event) request.Request {
	return mustExtend(request.Request{ID: id}, events...)
}

// mustExtend applies events to r a minute apart. It panics if one is not possible.
func mustExtend(r request.Request, events ...request.Event) request.Request {
	for _, e := range events {
		e.Seq, e.At = r.Version+1, start.Add(time.Duration(r.Version)*time.Minute)
		next, err := r.Apply(e)
		if err != nil {
			panic(err)
		}
		r = next
	}
	return r
}

// The bounds are counts, so that they hold on any machine.
func TestRecordsAreSmallAndReadInFewAllocations(t *testing.T) {
	for name, bound := range map[string]struct {
		request        request.Request
		bytes          float64 // of those of JSON
		append, decode float64 // allocations
	}{
		"pending": {pendingLife(), 0.5, 1, 4},
		"signed":  {signedLife(), 0.4, 5, 16},
	} {
		text, err := json.Marshal(bound.request)
		if err != nil {
			t.Fatal(err)
		}
		b := record.Append(nil, bound.request)
		if share := float64(len(b)) / float64(len(text)); share > bound.bytes {
			t.Errorf("%s: %d bytes are %.2f of the %d of JSON", name, len(b), share, len(text))
		}
		if n := testing.AllocsPerRun(100, func() { record.Append(b[:0], bound.request) }); n > bound.append {
			t.Errorf("%s: %.0f allocations to write", name, n)
		}
		if n := testing.AllocsPerRun(100, func() { _, _ = record.Decode(id, b) }); n > bound.decode {
			t.Errorf("%s: %.0f allocations to read", name, n)
		}
		without := record.Decoder{WithoutVisits: true}
		n := testing.AllocsPerRun(10, func() {
			for range 100 {
				var r request.Request
				_ = without.Decode(&r, []byte(id), b)
			}
		})
		if n > 20 {
			t.Errorf("%s: %.0f allocations to read a hundred without their visits", name, n)
		}
		n = testing.AllocsPerRun(10, func() {
			for range 100 {
				var r request.Request
				_ = without.Decode(&r, []byte(id), b)
			}
			without.Reuse()
		})
		if n > 4 {
			t.Errorf("%s: %.0f allocations to read a hundred in memory that is used again", name, n)
		}
	}
}

func benchmarkEach(b *testing.B, run func(b *testing.B, r request.Request)) {
	b.Run("pending", func(b *testing.B) { run(b, pendingLife()) })
	b.Run("signed", func(b *testing.B) { run(b, signedLife()) })
}

func BenchmarkDecode(b *testing.B) {
	benchmarkEach(b, func(b *testing.B, r request.Request) {
		stored := record.Append(nil, r)
		b.ReportAllocs()
		b.ReportMetric(float64(len(stored)), "bytes")
		for b.Loop() {
			if _, err := record.Decode(id, stored); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkDecoder(b *testing.B) {
	benchmarkEach(b, func(b *testing.B, r request.Request) {
		stored := record.Append(nil, r)
		d := record.Decoder{WithoutVisits: true}
		b.ReportAllocs()
		for b.Loop() {
			if err := d.Decode(&r, []byte(id), stored); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkDecodeJSON(b *testing.B) {
	benchmarkEach(b, func(b *testing.B, r request.Request) {
		stored, err := json.Marshal(r)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		b.ReportMetric(float64(len(stored)), "bytes")
		for b.Loop() {
			var read request.Request
			if err := json.Unmarshal(stored, &read); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	benchmarkEach(b, func(b *testing.B, r request.Request) {
		b.ReportAllocs()
		var stored []byte
		for b.Loop() {
			stored = record.Append(stored[:0], r)
		}
	})
}

func BenchmarkAppendJSON(b *testing.B) {
	benchmarkEach(b, func(b *testing.B, r request.Request) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := json.Marshal(r); err != nil {
				b.Fatal(err)
			}
		}
	})
}
