//go:build linux

package kill

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"countersign/core/ledger"
	"countersign/core/pdf/pdftest"
	"countersign/core/request"
)

// known is what the harness knows about a request from outside of the ledger.
type known struct {
	id       request.ID
	finished request.Status  // what the signer did at the gateway, in the present visit; empty before
	events   []request.Event // the events that were read last: they have to stay
	notes    []string        // the notes of the reviews that were answered with success: each has to be there once
}

// harness runs programs on one home, kills them, and checks what is left.
type harness struct {
	*testing.T
	ctx      context.Context
	rand     *rand.Rand
	terminal string // the program countersignctl
	window   string // the program countersign; empty where there is no display
	home     string
	files    string // the folder for PDFs
	env      []string
	ledger   *ledger.Ledger
	watcher  *fsnotify.Watcher
	requests map[string]*known // by reference
	counted  int               // the number of the last reference or note that was used
	kills    map[instant]int

	windowKills int

	older    []byte // a ledger of an older form
	migrated int    // the number of requests in older; 0 before they were counted
}

func newHarness(t *testing.T) *harness {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	t.Logf("the seed is %d", seed)
	h := &harness{
		T: t, ctx: t.Context(), rand: rand.New(rand.NewPCG(seed, 0)), home: filepath.Join(t.TempDir(), "home"),
		requests: map[string]*known{}, kills: map[instant]int{},
	}
	// No keyring of whoever runs the tests is used.
	h.env = append(os.Environ(), "DBUS_SESSION_BUS_ADDRESS=", "XDG_RUNTIME_DIR=", "COUNTERSIGN_HOME=", "LC_ALL=C.UTF-8", "XDG_CONFIG_HOME="+t.TempDir())
	h.terminal = h.build("countersignctl", "CGO_ENABLED=0")
	h.files = t.TempDir()
	h.older = h.unzip("../../core/ledger/testdata/schema6/ledger.db.gz")
	h.startGateways()
	var err error
	h.ledger, err = ledger.Open(t.Context(), h.home, ledger.Options{Exclusive: true})
	h.must(err)
	t.Cleanup(func() { h.ledger.Close() })
	h.must(os.MkdirAll(filepath.Join(h.home, "documents"), 0o700))
	h.watcher, err = fsnotify.NewBufferedWatcher(1000)
	h.must(err)
	t.Cleanup(func() { h.watcher.Close() })
	h.must(h.watcher.Add(h.home))
	h.must(h.watcher.Add(filepath.Join(h.home, "documents")))
	return h
}

// newFile writes a PDF that shows the title, and returns its path. Files with different titles have different bytes.
func (h *harness) newFile(title string) string {
	h.Helper()
	path := filepath.Join(h.files, title+".pdf")
	h.must(os.WriteFile(path, pdftest.Plain(h, title), 0o600))
	return path
}

// unzip returns the content of a file that gzip compressed.
func (h *harness) unzip(path string) []byte {
	h.Helper()
	f, err := os.Open(path)
	h.must(err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	h.must(err)
	content, err := io.ReadAll(z)
	h.must(err)
	return content
}

// isWrite reports whether a notice of the file system is about a write to the ledger, or about the creation of the file of a document
// that is being stored.
func isWrite(name string, op fsnotify.Op) bool {
	base := filepath.Base(name)
	return base == ledger.FileName && op.Has(fsnotify.Write) || strings.HasPrefix(base, "incoming-") && op.Has(fsnotify.Create)
}

func (h *harness) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// build builds one of the programs as it is delivered, and returns its path.
func (h *harness) build(name string, env ...string) string {
	h.Helper()
	path := filepath.Join(h.TempDir(), name)
	build := exec.CommandContext(h.ctx, "go", "build", "-trimpath", "-tags", "x11,migrated_fynedo", "-o", path, "../../cmd/"+name)
	build.Env = append(os.Environ(), env...)
	if out, err := build.CombinedOutput(); err != nil {
		h.Fatalf("build: %v\n%s", err, out)
	}
	return path
}

// startGateways starts the practice gateways of the home as a program of their own, which nobody kills.
func (h *harness) startGateways() {
	h.Helper()
	v := h.start(h.terminal, "--home", h.home, "sandbox")
	h.Cleanup(func() {
		_ = v.cmd.Process.Kill()
		_ = v.cmd.Wait()
	})
	if _, running := <-v.lines; !running {
		h.Fatalf("the practice gateways did not start: %s", &v.errs)
	}
}

// run runs a command of the terminal program to its end. It returns the exit code, the lines of standard output, and standard error.
func (h *harness) run(args ...string) (code int, lines []string, errs string) {
	h.Helper()
	v := h.start(h.terminal, h.args(args)...)
	for line := range v.lines {
		lines = append(lines, line)
	}
	return v.wait(), lines, v.errs.String()
}

func (h *harness) args(args []string) []string {
	return append([]string{"--home", h.home, "--json"}, args...)
}

// printed is a line of the terminal program's output.
type printed struct {
	ID     request.ID
	URL    string
	Status request.Status
}

func (h *harness) parse(line string) printed {
	h.Helper()
	p, err := parse(line)
	h.must(err)
	return p
}

func parse(line string) (p printed, err error) {
	if err := json.Unmarshal([]byte(line), &p); err != nil {
		return p, fmt.Errorf("%q: %w", line, err)
	}
	return p, nil
}

// all returns the requests of the ledger by reference. It fails the test, and goes on, if two requests have the same reference: then a
// request was added twice.
func (h *harness) all() map[string]request.Request {
	h.Helper()
	found := map[string]request.Request{}
	for q := (ledger.Query{Limit: 1000}); ; {
		page, err := h.ledger.Query(h.ctx, q)
		h.must(err)
		for _, r := range page.Requests {
			if _, twice := found[r.Reference]; twice {
				h.Errorf("%s is there twice", r.Reference)
			}
			found[r.Reference] = r
		}
		if q.After = page.Next; q.After == "" {
			return found
		}
	}
}

// checkRequest fails the test if a request has lost an event that was read before, or a review, or has recorded something twice. It
// remembers the events for the next call, and returns the request.
func (h *harness) checkRequest(ref string) request.Request {
	h.Helper()
	k := h.requests[ref]
	r, err := h.ledger.Get(h.ctx, k.id)
	if err != nil {
		h.Fatalf("%s: %v", ref, err)
	}
	events, err := h.ledger.Events(h.ctx, k.id)
	h.must(err)
	if len(events) < len(k.events) {
		h.Fatalf("%s had %d events, and has %d", ref, len(k.events), len(events))
	}
	if diff := cmp.Diff(k.events, events[:len(k.events)], cmpopts.EquateEmpty()); diff != "" {
		h.Errorf("the events of %s changed (-before +now):\n%s", ref, diff)
	}
	k.events = events
	h.checkReviews(ref)
	h.checkOnce(ref)
	return r
}

// checkReviews checks that each review that was answered with success is there once, and no review twice.
func (h *harness) checkReviews(ref string) {
	h.Helper()
	count := map[string]int{}
	for _, e := range h.requests[ref].events {
		if e.Kind == request.KindReviewed {
			count[e.Reviewed.Note]++
		}
	}
	for _, note := range h.requests[ref].notes {
		if count[note] == 0 {
			h.Errorf("%s lost its review %q", ref, note)
		}
	}
	for note, n := range count {
		if n > 1 {
			h.Errorf("%s has its review %q %d times", ref, note, n)
		}
	}
}

// checkOnce checks that a request has no two events of what can happen only once: its addition, the launch of a visit, the storing of a
// file in a visit, and a return of a visit with the same query.
func (h *harness) checkOnce(ref string) {
	h.Helper()
	count := map[string]int{}
	for _, e := range h.requests[ref].events {
		switch e.Kind {
		case request.KindLaunched:
			count["launched "+string(e.Visit.ID)]++
		case request.KindStored:
			count[fmt.Sprintf("stored %s %s", e.Stored.VisitID, e.Stored.SHA256)]++
		case request.KindReturned:
			count[fmt.Sprintf("returned %s %v", e.Return.VisitID, e.Return.Query)]++
		case request.KindAdded:
			count["added"]++
		}
	}
	for what, n := range count {
		if n > 1 {
			h.Errorf("%s: %s is recorded %d times", ref, what, n)
		}
	}
}

// checkAll checks every request and the register, and that there is no request that the harness does not know.
func (h *harness) checkAll() {
	h.Helper()
	found := h.all()
	for ref, k := range h.requests {
		if r, there := found[ref]; !there || r.ID != k.id {
			h.Errorf("%s is lost", ref)
			continue
		}
		h.checkRequest(ref)
	}
	if len(found) != len(h.requests) {
		h.Errorf("%d requests are there, and %d are known", len(found), len(h.requests))
	}
	h.audit()
}

func (h *harness) audit() {
	h.Helper()
	if code, lines, errs := h.run("audit"); code != 0 {
		h.Errorf("audit: exit code %d: %s%s", code, lines, errs)
	}
}

// pick returns the reference of one of the requests for which the function fits returns true, chosen at random. It is empty if there is no
// such request.
func (h *harness) pick(fits func(request.Request, *known) bool) string {
	h.Helper()
	found := h.all()
	var refs []string
	for _, ref := range slices.Sorted(maps.Keys(h.requests)) {
		if fits(found[ref], h.requests[ref]) {
			refs = append(refs, ref)
		}
	}
	if len(refs) == 0 {
		return ""
	}
	return refs[h.rand.IntN(len(refs))]
}
