package office_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	bolt "go.etcd.io/bbolt"

	"countersign/core/ledger"
	"countersign/core/office"
	"countersign/core/register"
	"countersign/core/request"
	"countersign/core/team"
	"countersign/core/team/teamtest"
)

// durations are measured one by one.
type durations []time.Duration

func (d *durations) measure(do func()) {
	start := time.Now()
	do()
	*d = append(*d, time.Since(start))
}

// quantile returns the duration below which that part of them is.
func (d durations) quantile(part float64) time.Duration {
	slices.Sort(d)
	return d[int(float64(len(d)-1)*part)]
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// newBenchFixture returns an office on a server of its own, which waits for the disk.
func newBenchFixture(b *testing.B) *fixture {
	b.Helper()
	own, err := teamtest.Start("fsync=on", "max_connections=500")
	if errors.Is(err, teamtest.ErrNotInstalled) {
		b.Skip(err)
	} else if err != nil {
		b.Fatal(err)
	}
	shared := cluster
	cluster = own
	b.Cleanup(func() {
		cluster = shared
		if err := own.Stop(); err != nil {
			b.Error(err)
		}
	})
	return newOffice(b)
}

// report reports quantiles of what was measured and of its floor, and their ratio.
func report(b *testing.B, measured, floor durations, part float64, name string) {
	m, f := measured.quantile(part), floor.quantile(part)
	b.ReportMetric(milliseconds(m), name+"-ms")
	b.ReportMetric(milliseconds(f), name+"-floor-ms")
	b.ReportMetric(float64(m)/float64(f), name+"-ratio")
}

// floor has the least that an append at an office costs: a commit at its server, and one in a file.
type floor struct {
	b        *testing.B
	conn     *pgx.Conn // the session that writes
	listener *pgx.Conn
	file     *bolt.DB
	count    int
}

func newFloor(b *testing.B, f *fixture) *floor {
	b.Helper()
	fl := &floor{b: b}
	var err error
	connect := func() *pgx.Conn {
		conn, err := pgx.Connect(b.Context(), f.dsn(f.owner))
		fl.must(err)
		b.Cleanup(func() { conn.Close(context.Background()) })
		return conn
	}
	fl.conn, fl.listener = connect(), connect()
	fl.exec(fl.conn, "CREATE TABLE public.bare (number bigint PRIMARY KEY, content bytea)")
	fl.exec(fl.listener, "LISTEN bare")
	fl.file, err = bolt.Open(filepath.Join(b.TempDir(), "bare.db"), 0o600, nil)
	fl.must(err)
	b.Cleanup(func() { _ = fl.file.Close() })
	return fl
}

func (f *floor) must(err error) {
	f.b.Helper()
	if err != nil {
		f.b.Fatal(err)
	}
}

func (f *floor) exec(conn *pgx.Conn, statement string, args ...any) {
	f.b.Helper()
	_, err := conn.Exec(f.b.Context(), statement, args...)
	f.must(err)
}

var bareContent = make([]byte, 200) // as long as an event

func (f *floor) commitAtServer() {
	f.count++
	f.exec(f.conn, "INSERT INTO public.bare VALUES ($1, $2)", f.count, bareContent)
}

func (f *floor) commitInFile() {
	f.must(f.file.Update(func(tx *bolt.Tx) error {
		bucket, err := tx.CreateBucketIfNotExists([]byte("bare"))
		if err != nil {
			return err
		}
		return bucket.Put([]byte(fmt.Sprintf("%09d", f.count)), bareContent)
	}))
}

// notify has the server tell the other session something.
func (f *floor) notify() {
	f.exec(f.conn, "NOTIFY bare")
	_, err := f.listener.WaitForNotification(f.b.Context())
	f.must(err)
}

// BenchmarkAppend compares an append at a desk with a bare commit at the server and one in a file.
func BenchmarkAppend(b *testing.B) {
	f := newBenchFixture(b)
	front, fl := f.join(f.clara, "front"), newFloor(b, f)
	f.add(front, "r-1")
	version := 1
	var measured, floor, server, local durations
	for b.Loop() {
		floor.measure(func() { server.measure(fl.commitAtServer); local.measure(fl.commitInFile) })
		measured.measure(func() {
			_, err := front.Ledger.Append(b.Context(), ledger.Change{ID: "r-1", Version: version, Events: []request.Event{{
				Kind: request.KindEdited, By: "somebody", Edited: &request.Edited{Title: fmt.Sprint("Lease ", version)},
			}}})
			fl.must(err)
		})
		version++
	}
	b.ReportMetric(milliseconds(server.quantile(0.5)), "server-ms")
	b.ReportMetric(milliseconds(local.quantile(0.5)), "file-ms")
	report(b, measured, floor, 0.5, "median")
}

// BenchmarkSeen compares the time from an append at the server to its being at another desk with a bare NOTIFY and one commit in a file.
func BenchmarkSeen(b *testing.B) {
	f := newBenchFixture(b)
	front, floor := f.join(f.clara, "front"), f.join(f.max, "first floor")
	fl := newFloor(b, f)
	f.add(front, "r-1")
	f.follow(floor)
	f.awaitRequest(floor, "r-1")
	notices, err := floor.Ledger.Watch(b.Context())
	fl.must(err)
	server, err := team.Open(b.Context(), f.dsn(f.clara), "", "front")
	fl.must(err)
	defer server.Close()
	var measured, least durations
	for seq := 2; b.Loop(); seq++ {
		least.measure(func() { fl.notify(); fl.commitInFile() })
		e := f.edited("r-1", seq, f.clara)
		measured.measure(func() {
			_, err := server.Append(b.Context(), team.NewKey(), register.Head{}, e)
			fl.must(err)
			<-notices
		})
	}
	report(b, measured, least, 0.5, "median")
	report(b, measured, least, 0.99, "99th")
}

// edited returns an event of the desk front.
func (f *fixture) edited(id request.ID, seq int, by string) register.Event {
	return register.Event{Request: string(id), Seq: seq, Content: fmt.Appendf(nil,
		`{"seq":%d,"at":%q,"kind":"edited","by":%q,"desk":"front","edited":{"title":"Lease %d"}}`, seq, time.Now().UTC().Format(time.RFC3339), by, seq)}
}

// BenchmarkFirstLoad has a new desk read the whole register of an office.
func BenchmarkFirstLoad(b *testing.B) {
	f := newBenchFixture(b)
	front := f.join(f.clara, "front")
	server, err := team.Open(b.Context(), f.dsn(f.clara), "", "front")
	if err != nil {
		b.Fatal(err)
	}
	defer server.Close()
	const requests, each = 4000, 5
	for n := 0; n < requests; n += 200 {
		var events []register.Event
		for i := range 200 {
			id := request.ID(fmt.Sprintf("r-%d", n+i))
			events = append(events, register.Event{Request: string(id), Seq: 1, Content: fmt.Appendf(nil,
				`{"seq":1,"at":%q,"kind":"added","by":%q,"desk":"front","added":{"title":"Lease %d","gateway":"one","remote_id":"1"}}`, time.Now().UTC().Format(time.RFC3339), f.clara, n+i)})
			for seq := 2; seq <= each; seq++ {
				events = append(events, f.edited(id, seq, f.clara))
			}
		}
		if _, err := server.Append(b.Context(), team.NewKey(), register.Head{}, events...); err != nil {
			b.Fatal(err)
		}
	}
	loaded := 0
	var took time.Duration
	for b.Loop() {
		copied := *front.Office.Ledger()
		l, err := ledger.Open(b.Context(), b.TempDir(), ledger.Options{Exclusive: true, Office: &copied})
		if err != nil {
			b.Fatal(err)
		}
		start := time.Now()
		if err := l.CatchUp(b.Context()); err != nil {
			b.Fatal(err)
		}
		took += time.Since(start)
		loaded += requests * each
		if err := l.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(loaded)/took.Seconds(), "entries/s")
}

// BenchmarkManyDesks has a hundred desks follow an office, and measures the time from an append to its being at the last of them.
func BenchmarkManyDesks(b *testing.B) {
	f := newBenchFixture(b)
	front := f.join(f.clara, "front")
	f.add(front, "r-1")
	const desks = 100
	seen := make(chan struct{}, desks)
	ctx, stop := context.WithCancel(b.Context())
	var following sync.WaitGroup
	for range desks {
		m := front.Office.Membership()
		link := office.NewLink(m, office.Config{Now: time.Now, Log: slog.New(slog.DiscardHandler)})
		l, err := ledger.Open(ctx, b.TempDir(), ledger.Options{Exclusive: true, Office: link.Ledger()})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { link.Close(); _ = l.Close() })
		if err := l.CatchUp(ctx); err != nil {
			b.Fatal(err)
		}
		notices, err := l.Watch(ctx)
		if err != nil {
			b.Fatal(err)
		}
		following.Go(func() { _ = link.Follow(ctx, l) })
		following.Go(func() {
			for range notices {
				seen <- struct{}{}
			}
		})
		f.awaitLink(link, office.Online)
	}
	defer following.Wait()
	defer stop()
	var measured durations
	version := 1
	for b.Loop() {
		measured.measure(func() {
			if _, err := front.Ledger.Append(ctx, ledger.Change{ID: "r-1", Version: version, Events: []request.Event{{
				Kind: request.KindEdited, By: "somebody", Edited: &request.Edited{Title: fmt.Sprint("Lease ", version)},
			}}}); err != nil {
				b.Fatal(err)
			}
			for range desks {
				<-seen
			}
		})
		version++
	}
	b.ReportMetric(milliseconds(measured.quantile(0.5)), "median-ms")
	b.ReportMetric(milliseconds(measured.quantile(0.99)), "99th-ms")
}
