// Package office has ten programs work as desks of one office while its servers are killed, a standby takes over, the desks are killed and
// the network fails, and checks that what was acknowledged is there once, at every desk.
package office

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"countersign/core/home"
	"countersign/core/ledger"
	"countersign/core/office"
	"countersign/core/register"
	"countersign/core/team"
	"countersign/core/team/teamtest"
	"countersign/core/workspace"
)

func TestMain(m *testing.M) {
	os.Setenv("DBUS_SESSION_BUS_ADDRESS", "") // tests must not use the keyring of whoever runs them
	os.Setenv("XDG_RUNTIME_DIR", "")
	if dir := os.Getenv(workVar); dir != "" {
		if err := work(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// soak makes the test large; see make test-office.
const soak = "COUNTERSIGN_SOAK"

// TestAnOfficeInTrouble is small without [soak]: three desks, one server that is killed, and one network.
func TestAnOfficeInTrouble(t *testing.T) {
	if os.Getenv(soak) == "" {
		h := newHarness(t)
		h.run(3, 1)
		h.await(20)
		h.killServer()
		h.await(20)
		h.killDesk()
		h.loseAnswers()
		h.await(20)
		h.finish()
		return
	}
	h := newHarness(t, "fsync=on")
	h.addStandby()
	h.run(10, 2)
	for range 4 {
		for range 15 {
			h.await(20)
			[]func(){h.killDesk, h.killDesk, h.cutNetwork, h.holdNetwork, h.loseAnswers, h.slowNetwork, h.holdLock}[rand.N(7)]()
		}
		h.failOver()
		h.Logf("%d appends acknowledged, %d of unknown end, %v, %s", h.count(), h.unknown, h.happened, time.Since(h.started).Round(time.Second))
	}
	h.await(200)
	h.finish()
}

// harness has an office, and runs the programs of its desks.
type harness struct {
	*testing.T
	primary, standby *teamtest.Cluster   // there may be no standby
	networks         [][]*teamtest.Proxy // of each network, the ways to the servers
	primaryWay       int                 // in each network
	owner            string              // who owns the database, and its name
	desks            []*desk
	started          time.Time
	happened         map[string]int // how often which trouble was made

	mu           sync.Mutex
	acknowledged map[string]bool // by mark
	unknown      int             // appends that neither succeeded nor were refused
	progress     chan struct{}   // has a value after an append was acknowledged
}

// desk is a desk of the office, with its program.
type desk struct {
	dir     home.Dir
	network int
	program *exec.Cmd
	input   io.Closer
	heard   chan struct{} // closed when all that the program has printed was read
	trouble strings.Builder
}

func newHarness(t *testing.T, settings ...string) *harness {
	t.Helper()
	h := &harness{T: t, acknowledged: map[string]bool{}, happened: map[string]int{}, progress: make(chan struct{}, 1), started: time.Now()}
	var err error
	h.primary, err = teamtest.Start(settings...)
	if errors.Is(err, teamtest.ErrNotInstalled) {
		t.Skip(err)
	}
	h.must(err)
	t.Cleanup(func() { h.must(h.primary.Stop()) })
	h.owner = h.primary.MustCreate(t)
	return h
}

func (h *harness) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *harness) addStandby() {
	var err error
	h.standby, err = h.primary.StartStandby(h.Context())
	h.must(err)
	if len(h.networks) == 0 {
		h.Cleanup(func() { h.must(h.standby.Stop()) })
	}
}

// run makes the office, with desks on networks, and starts their programs.
func (h *harness) run(desks, networks int) {
	made, err := team.Init(h.Context(), h.primary.DSN(h.owner, h.owner), "", "Office")
	h.must(err)
	for range networks {
		var ways []*teamtest.Proxy
		for _, server := range []*teamtest.Cluster{h.primary, h.standby} {
			if server == nil {
				continue
			}
			way, err := teamtest.NewProxy(server)
			h.must(err)
			h.Cleanup(func() { h.must(way.Close()) })
			ways = append(ways, way)
		}
		h.networks = append(h.networks, ways)
	}
	for n := range desks {
		name, role := fmt.Sprintf("desk%d", n), made.Clerk
		if n%2 == 0 {
			role = made.Manager
		}
		h.primary.MustExec(h, "postgres", "postgres", "CREATE ROLE "+name+" LOGIN")
		h.primary.MustExec(h, h.owner, h.owner, "GRANT "+role+" TO "+name)
		dir, err := home.Open(filepath.Join(h.TempDir(), "home"))
		h.must(err)
		w, err := open(h.Context(), dir)
		h.must(err)
		d := &desk{dir: dir, network: n % networks}
		_, err = w.Joiner.Join(h.Context(), office.Joining{DSN: teamtest.DSN(name, h.owner, h.networks[d.network]...), Desk: name})
		h.must(err)
		h.must(w.Close())
		h.desks = append(h.desks, d)
	}
	for _, d := range h.desks {
		h.start(d)
	}
}

// start starts the program of a desk.
func (h *harness) start(d *desk) {
	d.program = exec.Command(os.Args[0]) // #nosec G204 -- this very program
	d.program.Env = append(os.Environ(), workVar+"="+d.dir.Path())
	d.program.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	d.program.Stderr = &d.trouble
	var err error
	d.input, err = d.program.StdinPipe()
	h.must(err)
	out, err := d.program.StdoutPipe()
	h.must(err)
	h.must(d.program.Start())
	d.heard = make(chan struct{})
	go func() {
		defer close(d.heard)
		h.hear(out)
	}()
}

// hear notes what a program prints.
func (h *harness) hear(out io.Reader) {
	for lines := bufio.NewScanner(out); lines.Scan(); {
		words := strings.SplitN(lines.Text(), " ", 3)
		h.mu.Lock()
		if words[0] == "done" {
			h.acknowledged[words[1]] = true
		} else {
			h.unknown++
		}
		h.mu.Unlock()
		select {
		case h.progress <- struct{}{}:
		default:
		}
	}
}

// await waits until the office has acknowledged so many more appends.
func (h *harness) await(more int) {
	h.Helper()
	ctx, cancel := context.WithTimeout(h.Context(), patience)
	defer cancel()
	for want := h.count() + more; h.count() < want; {
		select {
		case <-h.progress:
		case <-ctx.Done():
			h.Fatalf("nothing goes on: %d appends, %d were wanted", h.count(), want)
		}
	}
}

// count returns how many appends were acknowledged.
func (h *harness) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.acknowledged)
}

// killDesk kills the program of a desk and starts it again.
func (h *harness) killDesk() {
	h.happened["desks killed"]++
	d := h.desks[rand.N(len(h.desks))]
	h.must(d.program.Process.Kill())
	<-d.heard
	_ = d.program.Wait() // it was killed
	if !d.program.ProcessState.Exited() {
		h.start(d)
		return
	}
	h.Fatalf("the program of a desk has ended: %s", d.trouble.String())
}

// killServer kills the only server and starts it again.
func (h *harness) killServer() {
	h.happened["servers killed"]++
	h.must(h.primary.Kill())
	h.must(h.primary.Restart())
}

// failOver kills the primary and promotes the standby, and then makes a standby for that.
func (h *harness) failOver() {
	h.happened["servers killed, and standbys promoted"]++
	h.must(h.primary.Kill())
	h.must(h.standby.Promote(h.Context()))
	dead := h.primary
	h.primary, h.primaryWay = h.standby, 1-h.primaryWay
	h.await(50)
	h.addStandby()
	for _, ways := range h.networks {
		ways[1-h.primaryWay].Retarget(h.standby)
	}
	_ = dead.Stop() // it was killed
}

// onNetwork makes trouble on one network, and ends it after the desks on the others have gone on.
func (h *harness) onNetwork(what string, trouble func(*teamtest.Proxy)) {
	h.happened[what]++
	ways := h.networks[rand.N(len(h.networks))]
	for _, way := range ways {
		trouble(way)
	}
	if len(h.networks) > 1 {
		h.await(rand.N(60))
	}
	for _, way := range ways {
		way.Mend()
	}
}

func (h *harness) cutNetwork()  { h.onNetwork("networks cut", (*teamtest.Proxy).Cut) }
func (h *harness) holdNetwork() { h.onNetwork("networks held", (*teamtest.Proxy).Hold) }
func (h *harness) slowNetwork() { h.onNetwork("networks slowed", (*teamtest.Proxy).Slow) }

// loseAnswers cuts a network after the server has done what it was asked for, and before a desk hears of it.
func (h *harness) loseAnswers() {
	h.onNetwork("answers lost", func(way *teamtest.Proxy) {
		way.HoldAnswers()
		if len(h.networks) > 1 {
			h.await(20)
		}
		way.Cut()
	})
}

// holdLock has somebody hold the lock that each append needs, in a transaction that they leave open for a second.
func (h *harness) holdLock() {
	h.happened["transactions left open"]++
	h.must(h.primary.Exec(h.Context(), h.owner, h.owner, "BEGIN; SELECT FROM countersign.office FOR UPDATE; SELECT pg_sleep(1)"))
}

// finish ends all programs, and checks what the office and the desks have.
func (h *harness) finish() {
	for _, d := range h.desks {
		h.must(d.input.Close())
	}
	for n, d := range h.desks {
		<-d.heard
		if err := d.program.Wait(); err != nil {
			h.Errorf("desk %d: %v: %s", n, err, d.trouble.String())
		}
	}
	server, err := team.Open(h.Context(), h.primary.DSN(h.owner, h.owner), "", "")
	h.must(err)
	defer server.Close()
	number, link, err := server.Head(h.Context())
	h.must(err)
	for n, d := range h.desks {
		h.check(n, d, number, link)
	}
	h.Logf("%d desks, %d entries, %d appends acknowledged, %d of unknown end, %v, in %s", len(h.desks), number, len(h.acknowledged), h.unknown, h.happened, time.Since(h.started).Round(time.Second))
}

// check checks that the copy of a desk has the last entry of the office, that it is sound, and that it has all that was acknowledged, once.
func (h *harness) check(n int, d *desk, number int, link register.Hash) {
	h.Helper()
	w, err := open(h.Context(), d.dir)
	h.must(err)
	defer w.Close()
	h.must(w.Office.CatchUp(h.Context(), w.Ledger))
	if head, err := w.Ledger.Head(h.Context()); err != nil || head.Count != number || head.Link != link {
		h.Errorf("desk %d has read up to %d, %s; the office has %d, %s; %v", n, head.Count, head.Link, number, link, err)
	}
	if audit, err := w.Audit(h.Context(), nil, nil); err != nil || audit.Fault != nil || audit.Events != number {
		h.Errorf("desk %d: the audit says %+v, %v", n, audit, err)
	}
	if unfit, err := w.Ledger.Unfit(h.Context()); err != nil || len(unfit) > 0 {
		h.Errorf("desk %d: %+v do not fit, %v", n, unfit, err)
	}
	h.checkAppends(n, w)
}

// checkAppends checks that a desk has all that was acknowledged, and that all events of an append are there once or none.
func (h *harness) checkAppends(n int, w *workspace.Workspace) {
	h.Helper()
	ids, err := w.IDs(h.Context(), ledger.Query{}, 1_000_000)
	h.must(err)
	seen := map[string]bool{} // reasons
	for _, id := range ids {
		events, err := w.Events(h.Context(), id)
		h.must(err)
		for _, e := range events {
			if seen[e.Reason] {
				h.Errorf("desk %d: the event %q is there twice", n, e.Reason)
			}
			seen[e.Reason] = true
		}
	}
	there := map[string]int{} // events, by mark
	for reason := range seen {
		mark, _, _ := strings.Cut(reason, " ")
		there[mark]++
	}
	for reason := range seen {
		mark, _, _ := strings.Cut(reason, " ")
		if _, total, _ := strings.Cut(reason, "/"); total != strconv.Itoa(there[mark]) {
			h.Errorf("desk %d: a part of the append %s is there: %d events of %s", n, mark, there[mark], total)
		}
	}
	for mark := range h.acknowledged {
		if there[mark] == 0 {
			h.Errorf("desk %d: the append %s was acknowledged and is not there", n, mark)
		}
	}
}
