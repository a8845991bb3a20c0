package desk

import (
	"context"
	"math/rand/v2"
	"net/url"
	"os"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"countersign/core/desk/fake"
	"countersign/core/gateway"
	"countersign/core/ledger"
	"countersign/core/request"
)

// soak is the environment variable that makes the tests of load long.
const soak = "COUNTERSIGN_SOAK"

// day is an office whose people sign all day, in virtual time.
type day struct {
	*rig
	rand *rand.Rand

	mu       sync.Mutex
	outcomes map[request.ID]gateway.Outcome
	want     map[request.ID]request.Status
}

// newDay opens a desk on a clock that runs with the virtual time, and settles in the background until the returned function is called.
// Nobody listens on the network: a goroutine that waits for it would keep the virtual time from advancing.
func newDay(t *testing.T) (d *day, stop func()) {
	d = &day{
		rig: newRig(t), rand: rand.New(rand.NewPCG(1, 2)), outcomes: map[request.ID]gateway.Outcome{}, want: map[request.ID]request.Status{},
	}
	d.config.Now = time.Now
	d.restart()
	d.One.Set(func(f *fake.Gateway) {
		f.OutcomeOf = func(id request.ID) gateway.Outcome {
			d.mu.Lock()
			defer d.mu.Unlock()
			return d.outcomes[id]
		}
		f.FileOf = func(request.ID) []byte { return signed }
	})
	ctx, cancel := context.WithCancel(context.Background())
	settled := make(chan error, 1)
	go func() { settled <- d.settleAll(ctx) }()
	return d, func() {
		cancel()
		if err := <-settled; err != nil && ctx.Err() == nil {
			t.Error(err)
		}
	}
}

// sign lets a person go to the gateway with a request and decide within some minutes. One browser of eight does not come back.
func (d *day) sign() {
	q, visit := d.launchQuietly()
	d.mu.Lock()
	status := request.Signed
	if d.rand.IntN(10) == 0 {
		status = request.Canceled
	}
	thinks, returns := time.Duration(d.rand.Int64N(int64(5*time.Minute))), d.rand.IntN(8) > 0
	d.want[q.ID] = status
	d.mu.Unlock()
	time.Sleep(thinks) // virtual time
	d.mu.Lock()
	d.outcomes[q.ID] = fake.NewOutcome(status, string(status), 1)
	d.mu.Unlock()
	if returns {
		d.back(visit, url.Values{"status": {string(status)}}.Encode())
	}
}

// signMany lets people sign n requests in the given time, and waits until all of them are settled.
func (d *day) signMany(n int, within time.Duration) {
	var people sync.WaitGroup
	for range n {
		people.Go(d.sign)
		time.Sleep(within / time.Duration(n)) // virtual time
	}
	people.Wait()
	time.Sleep(20 * time.Minute) // virtual time: longer than any pause before a gateway is asked about a browser that is out
	synctest.Wait()
}

// check checks that every request has the outcome that its gateway has, and that nothing is left to be done.
func (d *day) check() {
	d.Helper()
	for id, status := range d.want {
		if q := d.get(id); q.Status != status || q.NextStep != request.StepNone || status == request.Signed && q.Outcome.Evidence != request.ByDocument {
			d.Errorf("%s is %s and has to do %q, want %s: %s", id, q.Status, q.NextStep, status, q.Trouble)
		}
	}
	clear(d.want)
	clear(d.outcomes)
	audit, err := d.ledger.Audit(d.Context(), ledger.AuditOptions{})
	d.must(err)
	if audit.Fault != nil {
		d.Error(audit.Fault)
	}
}

// TestAnOfficesDay signs for eight hours.
func TestAnOfficesDay(t *testing.T) {
	sampleFiles(t)
	signings := 25
	if os.Getenv(soak) != "" {
		signings = 2000
	}
	synctest.Test(t, func(t *testing.T) {
		d, stop := newDay(t)
		d.signMany(signings, 8*time.Hour)
		d.check()
		stop()
	})
}

// TestManySigningsLeaveNothingBehind signs ten thousand times, and looks whether goroutines, open files or memory grow.
func TestManySigningsLeaveNothingBehind(t *testing.T) {
	if os.Getenv(soak) == "" {
		t.Skip("it takes minutes: set COUNTERSIGN_SOAK=1 to run it")
	}
	sampleFiles(t)
	synctest.Test(t, func(t *testing.T) {
		d, stop := newDay(t)
		defer stop()
		const each = 1000
		d.signMany(each, 4*time.Hour)
		d.check()
		goroutines, files, heap := runtime.NumGoroutine(), d.openFiles(), heapInUse()
		for range 9 {
			d.signMany(each, 4*time.Hour)
			d.check()
			t.Logf("%d goroutines, %d open files, %d bytes", runtime.NumGoroutine(), d.openFiles(), heapInUse())
		}
		if now := runtime.NumGoroutine(); now > goroutines {
			t.Errorf("%d goroutines, %d before", now, goroutines)
		}
		if now := d.openFiles(); now > files {
			t.Errorf("%d open files, %d before", now, files)
		}
		if grown := heapInUse() - heap; grown > 16<<20 {
			t.Errorf("%d bytes more are in use than before", grown)
		}
	})
}

// openFiles returns how many files this process has open; 0 where the system does not tell.
func (d *day) openFiles() int {
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(open)
}
