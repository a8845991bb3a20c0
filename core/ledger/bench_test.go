package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

// sizes are the numbers of requests: of a first day, of a year, of many years in a large office.
var sizes = []int{10, 10_000, 100_000}

// mustFill returns a ledger with n requests of all kinds.
func mustFill(b testing.TB, n int) *Ledger {
	b.Helper()
	now := start
	l := mustOpen(b, b.TempDir(), Options{Now: func() time.Time { now = now.Add(time.Second); return now }, Exclusive: true})
	outcomes := []request.Status{request.Signed, request.Signed, request.Signed, request.Rejected, request.Failed}
	var changes []Change
	for i := range n {
		id := benchID(i)
		e := added(fmt.Sprintf("Contratación %d de la oficina %d", i, i%17))
		e.Added.Reference = fmt.Sprintf("REF-%06d", i)
		e.Added.Signers = []request.Signer{{Name: fmt.Sprintf("Núria %d", i%101)}}
		e.Added.Due = start.AddDate(0, 0, i%1000).Format(time.DateOnly)
		e.By, e.Added.Practice = fmt.Sprintf("clerk %d", i%5), request.StatePractice("office", i%20 == 0)
		c := Change{ID: request.ID(id), Events: []request.Event{e}}
		if i%10 > 0 {
			c.Events = append(c.Events, launched(id, "t-"+id), returned("t-"+id))
		}
		if i%10 > 1 {
			c.Events = append(c.Events, answered("t-"+id, outcomes[i%len(outcomes)]))
		}
		if i%10 > 1 && i%3 == 0 {
			c.Events = append(c.Events, request.Event{Kind: request.KindArchived})
		}
		changes = append(changes, c)
		if len(changes) == 5000 || i == n-1 {
			mustChange(b, l, changes...)
			changes = nil
		}
	}
	return l
}

// benchID returns an id that is as long as real ones, which are UUIDs of version 7.
func benchID(i int) string { return fmt.Sprintf("0195%04x-%04x-7000-8000-%012x", i>>16, i&0xffff, i) }

func eachSize(b *testing.B, run func(b *testing.B, l *Ledger, n int)) {
	for _, n := range sizes {
		l := mustFill(b, n) // outside of Run, which calls its function several times
		b.Run(fmt.Sprint(n), func(b *testing.B) { run(b, l, n) })
	}
}

func BenchmarkAppend(b *testing.B) {
	eachSize(b, func(b *testing.B, l *Ledger, n int) {
		r := mustGet(b, l, request.ID(benchID(n/2)))
		for b.Loop() {
			r = mustChange(b, l, Change{ID: r.ID, Version: r.Version, Events: []request.Event{returned("late")}})[0]
		}
	})
}

func BenchmarkQueryFirstPage(b *testing.B) {
	queries := []struct {
		name  string
		query Query
	}{
		{"all", Query{Limit: 50}},
		{"not archived", Query{Limit: 50, Archived: Without, Practice: Without}},
		{"archived", Query{Limit: 50, Archived: Only}},
		{"signed", Query{Limit: 50, Statuses: []request.Status{request.Signed}}},
		{"rejected and not reviewed", Query{Limit: 50, Statuses: []request.Status{request.Rejected, request.Failed}, Decision: request.Undecided, Order: ByAddedBy}},
		{"launch failed", Query{Limit: 50, LaunchFailed: true}},
		{"far down", Query{Limit: 50, Skip: 400}},
		{"gateway", Query{Limit: 50, Gateway: "office"}},
		{"rare word", Query{Limit: 50, Search: "ref 000007"}},
		{"common word", Query{Limit: 50, Search: "contratacion"}},
		{"common word and one never met", Query{Limit: 50, Search: "contratacion zzz"}},
	}
	eachSize(b, func(b *testing.B, l *Ledger, _ int) {
		for _, q := range queries {
			b.Run(q.name, func(b *testing.B) {
				for b.Loop() {
					mustQuery(b, l, q.query)
				}
			})
		}
	})
}

// BenchmarkLargerLedger reports how much longer a query takes in a ledger that is a hundred times
// as large. The two are measured in turn, so that the ratio is comparable between machines.
func BenchmarkLargerLedger(b *testing.B) {
	query := func(q Query) func(*Ledger) {
		q.Limit = 50
		return func(l *Ledger) { mustQuery(b, l, q) }
	}
	questions := map[string]func(*Ledger){
		"ids":           asked(b, func(l *Ledger) error { _, err := l.IDs(b.Context(), Query{Order: ByTitle}, 50); return err }),
		"people":        asked(b, func(l *Ledger) error { _, err := l.People(b.Context()); return err }),
		"count":         asked(b, func(l *Ledger) error { _, _, err := l.Count(b.Context(), Query{Gateway: "office"}, 50); return err }),
		"due first":     query(Query{DueBy: "2026-03-03"}),
		"out for long":  query(Query{LeftBefore: start.Add(time.Minute), Order: ByTitle}),
		"not archived":  query(Query{Archived: Without, Practice: Without}),
		"archived":      query(Query{Archived: Only, Order: ByTitle}),
		"of one minute": query(Query{From: start, To: start.Add(time.Minute)}),
	}
	for o := ByChanged; o.Valid(); o++ {
		questions[fmt.Sprintf("order %d", o)] = query(Query{Order: o})
		questions[fmt.Sprintf("order %d reversed", o)] = query(Query{Order: o, Reverse: true})
	}
	small, large := mustFill(b, 100), mustFill(b, 10_000)
	for _, name := range slices.Sorted(maps.Keys(questions)) {
		b.Run(name, func(b *testing.B) {
			var ofSmall, ofLarge time.Duration
			for b.Loop() {
				began := time.Now()
				questions[name](small)
				between := time.Now()
				questions[name](large)
				ofSmall, ofLarge = ofSmall+between.Sub(began), ofLarge+time.Since(between)
			}
			b.ReportMetric(float64(ofLarge)/float64(ofSmall), "times-small")
		})
	}
}

// BenchmarkTransaction reports how much longer a transaction takes than one of bbolt alone, which is
// the floor. The two are measured in one run, so that the ratio is comparable between machines.
func BenchmarkTransaction(b *testing.B) {
	kinds := []struct {
		name  string
		ours  func(l *Ledger, ctx context.Context) error
		floor func(db *bolt.DB) error
	}{
		{
			"read",
			func(l *Ledger, ctx context.Context) error { return l.readTx(ctx, look) },
			func(db *bolt.DB) error { return db.View(look) },
		},
		{
			"write",
			func(l *Ledger, ctx context.Context) error { return l.writeTx(ctx, touch) },
			func(db *bolt.DB) error { return db.Update(touch) },
		},
	}
	eachSize(b, func(b *testing.B, l *Ledger, _ int) {
		for _, k := range kinds {
			b.Run(k.name, func(b *testing.B) {
				floor := mustMeasureFloor(b, l, k.floor)
				for b.Loop() {
					if err := k.ours(l, b.Context()); err != nil {
						b.Fatal(err)
					}
				}
				each := b.Elapsed() / time.Duration(b.N)
				b.ReportMetric(float64(floor.Nanoseconds()), "floor-ns/op")
				b.ReportMetric(float64(each)/float64(floor), "times-floor")
			})
		}
	})
}

// BenchmarkPassing measures a write when another process has just written, so that the file has to come from there.
func BenchmarkPassing(b *testing.B) {
	l := mustFill(b, 10)
	ledgers := []*Ledger{l, mustOpen(b, l.dir, Options{Exclusive: true})}
	for i := 0; b.Loop(); i++ {
		if err := ledgers[i%2].writeTx(b.Context(), touch); err != nil {
			b.Fatal(err)
		}
	}
}

func asked(b *testing.B, question func(*Ledger) error) func(*Ledger) {
	return func(l *Ledger) {
		if err := question(l); err != nil {
			b.Fatal(err)
		}
	}
}

func look(tx *bolt.Tx) error { schemaOf(tx); return nil }

func touch(tx *bolt.Tx) error { return tx.Bucket(bucketMeta).Put([]byte("touched"), encodeNumber(1)) }

func mustMeasureFloor(b *testing.B, l *Ledger, do func(*bolt.DB) error) time.Duration {
	b.Helper()
	db, err := bolt.Open(filepath.Join(l.dir, FileName), 0o600, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	const rounds = 200
	began := time.Now()
	for range rounds {
		if err := do(db); err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(began) / rounds
}

// BenchmarkAudit reports how much longer an audit takes than the least it has to do, which is to
// read the journal and the events once and to hash all of their bytes.
func BenchmarkAudit(b *testing.B) {
	for _, n := range []int{1000, 30_000} {
		l := mustFill(b, n)
		l.opts.Signer = signing(testKey)
		if err := l.Sign(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var floor, audit time.Duration
			entries := 0
			for b.Loop() {
				began := time.Now()
				mustWalk(b, l)
				between := time.Now()
				a := mustAudit(b, l)
				if a.Fault != nil {
					b.Fatalf("%+v", a.Fault)
				}
				floor, audit, entries = floor+between.Sub(began), audit+time.Since(between), a.Events
			}
			b.ReportMetric(float64(audit)/float64(floor), "times-the-floor")
			b.ReportMetric(float64(audit.Nanoseconds())/float64(b.N*entries), "ns/entry")
		})
	}
}

// BenchmarkDecodingAlone reports how much longer it takes to decode all events, on all processors and nothing else, than to hash them
// and than to copy the file to disk. An audit cannot come nearer to the first of these floors, nor a rebuild to the second. Each
// time is the shortest of all rounds.
func BenchmarkDecodingAlone(b *testing.B) {
	l := mustFill(b, 30_000)
	var events [][]byte
	err := l.readTx(b.Context(), func(tx *bolt.Tx) error {
		return tx.Bucket(bucketEvents).ForEach(func(_, v []byte) error { events = append(events, bytes.Clone(v)); return nil })
	})
	if err != nil {
		b.Fatal(err)
	}
	decode := func() {
		var running sync.WaitGroup
		for part := range slices.Chunk(events, len(events)/runtime.GOMAXPROCS(0)+1) {
			running.Go(func() {
				for _, v := range part {
					if _, err := decodeEvent("", 0, v); err != nil {
						b.Error(err)
					}
				}
			})
		}
		running.Wait()
	}
	copied := filepath.Join(b.TempDir(), "copy")
	rounds := []func(){
		decode,
		func() { mustWalk(b, l) },
		func() {
			if err := errors.Join(copyWhole(filepath.Join(l.dir, FileName), copied), os.Remove(copied)); err != nil {
				b.Fatal(err)
			}
		},
	}
	shortest := []time.Duration{math.MaxInt64, math.MaxInt64, math.MaxInt64}
	for b.Loop() {
		for i, do := range rounds {
			began := time.Now()
			do()
			shortest[i] = min(shortest[i], time.Since(began))
		}
	}
	b.ReportMetric(float64(shortest[0])/float64(shortest[1]), "times-hashing")
	b.ReportMetric(float64(shortest[0])/float64(shortest[2]), "times-a-copy")
	b.ReportMetric(float64(shortest[0].Nanoseconds())/float64(len(events)), "ns/event")
}

// mustWalk reads and hashes every key and every value of the journal and the events.
func mustWalk(tb testing.TB, l *Ledger) {
	tb.Helper()
	sum := sha256.New()
	err := l.readTx(tb.Context(), func(tx *bolt.Tx) error {
		for _, name := range [][]byte{bucketJournal, bucketEvents} {
			c := tx.Bucket(name).Cursor()
			for k, v := c.First(); k != nil; k, v = c.Next() {
				sum.Write(k)
				sum.Write(v)
			}
		}
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
}

// BenchmarkAttemptStats reports how much longer it takes to read all records than to walk over
// their keys and values in a file that stays open.
func BenchmarkAttemptStats(b *testing.B) {
	eachSize(b, func(b *testing.B, l *Ledger, n int) {
		walk := func(tx *bolt.Tx) error {
			return tx.Bucket(bucketAttemptStats).ForEach(func(_, _ []byte) error { return nil })
		}
		floor := mustMeasureFloor(b, l, func(db *bolt.DB) error { return db.View(walk) })
		for b.Loop() {
			met := 0
			if err := l.AttemptStats(b.Context(), StatQuery{}, func(AttemptStat) error { met++; return nil }); err != nil || met != n {
				b.Fatal(met, err)
			}
		}
		each := b.Elapsed() / time.Duration(b.N)
		b.ReportMetric(float64(each)/float64(floor), "times-floor")
		b.ReportMetric(float64(each.Nanoseconds())/float64(n), "ns/record")
	})
}
