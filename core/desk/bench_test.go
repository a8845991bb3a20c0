package desk

import (
	"context"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"countersign/core/desk/fake"
	"countersign/core/gateway"
	"countersign/core/request"
)

// BenchmarkSettle measures the time from the return of the browser to the notice about it, and to the
// notice about the outcome of a gateway that answers at once. Both are reported as ratios to a
// floor that is measured alternately: one commit of an open database on the same disk, behind a
// plain HTTP handler.
func BenchmarkSettle(b *testing.B) {
	for name, is := range map[string]func(request.Request) bool{
		"returned": func(q request.Request) bool { return q.ReturnedAt != nil || q.Status.Ended() }, // the gateway may be asked before the browser is back
		"settled":  func(q request.Request) bool { return q.Status == request.Canceled },
	} {
		b.Run(name, func(b *testing.B) { benchmarkSettle(b, is) })
	}
}

func benchmarkSettle(b *testing.B, is func(request.Request) bool) {
	r := newRig(b)
	floor := newFloor(b)
	stop := r.run()
	defer stop()
	var floors, rows []time.Duration
	for b.Loop() {
		b.StopTimer()
		q, visit := r.launch("one")
		r.One.Set(func(f *fake.Gateway) {
			f.Outcomes = map[request.ID]gateway.Outcome{q.ID: fake.NewOutcome(request.Canceled, "canceled", 1)}
		})
		start := time.Now()
		visitPage(b, floor)
		floors = append(floors, time.Since(start))
		watched, end := context.WithCancel(b.Context())
		notices, err := r.ledger.Watch(watched)
		r.must(err)
		b.StartTimer()
		start = time.Now()
		visitPage(b, visit.ReturnURL+"?status=canceled")
		for !is(r.get(q.ID)) {
			<-notices
		}
		rows = append(rows, time.Since(start))
		end()
	}
	b.ReportMetric(0, "ns/op") // the medians are more informative
	b.ReportMetric(float64(median(rows).Microseconds()), "µs-row")
	b.ReportMetric(float64(median(floors).Microseconds()), "µs-floor")
	b.ReportMetric(float64(median(rows))/float64(median(floors)), "x-floor")
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

func visitPage(b *testing.B, address string) {
	resp, err := http.Get(address)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		b.Fatal(err)
	}
	resp.Body.Close()
}

// newFloor serves the minimum that a return could cost.
func newFloor(b *testing.B) (address string) {
	db, err := bolt.Open(filepath.Join(b.TempDir(), "floor.db"), 0o600, nil)
	if err != nil {
		b.Fatal(err)
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := db.Update(func(tx *bolt.Tx) error {
			bucket, err := tx.CreateBucketIfNotExists([]byte("returns"))
			if err != nil {
				return err
			}
			return bucket.Put([]byte(time.Now().String()), []byte(r.URL.RawQuery))
		}); err != nil {
			b.Error(err)
		}
		io.WriteString(w, "You are back.")
	})}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	b.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		server.Close()
		<-served
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	})
	return "http://" + l.Addr().String()
}
