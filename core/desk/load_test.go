package desk

import (
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"countersign/core/callback"
	"countersign/core/ledger"
	"countersign/core/request"
)

// launchMany writes n requests whose browsers are out into the ledger, in one commit, and returns their return addresses.
func (r *rig) launchMany(n int) (ids []request.ID, addresses []string) {
	r.Helper()
	model := r.add("one")
	port, err := r.listenOn(r.Context(), 0)
	r.must(err)
	var changes []ledger.Change
	for i := range n {
		id, ticket := request.ID(fmt.Sprintf("%s-%05d", model.ID, i)), callback.NewTicket()
		v := request.Visit{
			ID: request.VisitIDOf(ticket), Gateway: "one", Requests: []request.ID{id}, ProcessID: string(id), URL: "https://one.example/x",
			RemoteIDs: map[request.ID]request.RemoteIDs{id: {Request: string(id), Documents: []string{"d0"}}},
		}
		v.ReturnURL = callback.ReturnAddress(port, ticket)
		added := &request.Added{Title: string(id), Gateway: "one", Documents: []request.Original{model.Documents[0].Original}}
		changes = append(changes, ledger.Change{ID: id, Events: []request.Event{{Kind: request.KindAdded, Added: added}, {Kind: request.KindLaunched, Visit: &v}}})
		ids, addresses = append(ids, id), append(addresses, v.ReturnURL)
	}
	_, err = r.ledger.Append(r.Context(), changes...)
	r.must(err)
	return ids, addresses
}

// returnAll opens all addresses at once, each on a connection of its own, and returns how long each answer took. An answer other than
// status 200 is an error.
func returnAll(t testing.TB, addresses []string) (took []time.Duration) {
	t.Helper()
	took = make([]time.Duration, len(addresses))
	transport := &http.Transport{DisableKeepAlives: true}
	client := &http.Client{Transport: transport, Timeout: time.Minute}
	begin := make(chan struct{})
	var browsers sync.WaitGroup
	for i, address := range addresses {
		browsers.Go(func() {
			<-begin
			start := time.Now()
			resp, err := client.Get(address)
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK {
				t.Errorf("status %d, %v", resp.StatusCode, err)
			}
			took[i] = time.Since(start)
		})
	}
	close(begin)
	browsers.Wait()
	slices.Sort(took)
	return took
}

// manyBrowsers is how many browsers come back at once.
const manyBrowsers = 500

// heapInUse returns how many bytes are in use after a garbage collection.
func heapInUse() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestManyBrowsersReturnAtOnce checks that no return is lost, and that nothing of them stays in memory. That no goroutine stays is
// checked when all tests have run.
func TestManyBrowsersReturnAtOnce(t *testing.T) {
	r := newRig(t)
	ids, addresses := r.launchMany(manyBrowsers)
	before := heapInUse()
	took := returnAll(t, addresses)
	t.Logf("of %d returns, half took %v, 99 of 100 took %v, all took %v", len(took), median(took), percentile99(took), took[len(took)-1])
	for _, id := range ids {
		if kinds := r.kinds(id); !slices.Equal(kinds, []request.EventKind{request.KindAdded, request.KindLaunched, request.KindReturned}) {
			t.Errorf("%s: %v", id, kinds)
		}
	}
	r.close()
	if grown := heapInUse() - before; grown > 8<<20 {
		t.Errorf("%d bytes more are in use than before", grown)
	}
}

func percentile99(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)*99/100]
}

// BenchmarkManyReturnsAtOnce measures how long 99 of 100 browsers wait for their landing page when many come back at once, and
// the same for the floor: a plain HTTP server that commits as many times to an open database on the same disk.
func BenchmarkManyReturnsAtOnce(b *testing.B) {
	r := newRig(b)
	var floors, rows []time.Duration
	for b.Loop() {
		b.StopTimer()
		_, addresses := r.launchMany(manyBrowsers)
		floor := slices.Repeat([]string{newFloor(b)}, manyBrowsers)
		floors = append(floors, percentile99(returnAll(b, floor)))
		b.StartTimer()
		rows = append(rows, percentile99(returnAll(b, addresses)))
	}
	b.ReportMetric(0, "ns/op") // the medians are more informative
	b.ReportMetric(float64(median(rows).Milliseconds()), "ms-p99")
	b.ReportMetric(float64(median(floors).Milliseconds()), "ms-floor")
	b.ReportMetric(float64(median(rows))/float64(median(floors)), "x-floor")
}
