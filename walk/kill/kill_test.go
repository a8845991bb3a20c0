//go:build linux

// Package kill tests what is left of a home when its programs are killed: the delivered programs are started, and killed by SIGKILL at
// random instants and within their writes. Whatever was said to be done must be there afterwards, once, and every visit that the
// gateway finished must end settled.
package kill

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/core/sandbox/signer"
)

// soak is the environment variable that, set to anything, makes the test kill manyKills programs instead of fewKills.
const soak = "COUNTERSIGN_SOAK"

const (
	fewKills, manyKills = 24, 1000
	killsInWrites       = 300 // the test fails if fewer of manyKills were within a write
	windowKills         = 100 // how many of manyKills are of the window, at most
	checkEvery          = 40  // kills; everything is checked after so many
)

func TestMain(m *testing.M) {
	http.DefaultTransport.(*http.Transport).DisableKeepAlives = true // the signer's: the programs that it talks to are killed
	os.Exit(m.Run())
}

func TestKilledProgramsLoseNothing(t *testing.T) {
	kills := fewKills
	h := newHarness(t)
	if os.Getenv(soak) != "" {
		kills = manyKills
		h.startDisplay()
	}
	for rounds := 0; h.killed() < kills && rounds < 10*kills && !t.Failed(); rounds++ {
		before := h.killed()
		h.round()
		if h.killed() > before && h.killed()%checkEvery == 0 {
			h.checkAll()
			h.report()
		}
	}
	h.finish()
	h.report()
	if inWrites := h.kills[atLedger] + h.kills[inDocument]; inWrites == 0 || kills == manyKills && inWrites < killsInWrites {
		t.Errorf("only %d kills were within a write", inWrites)
	}
}

func (h *harness) report() {
	h.Helper()
	h.Logf("%d kills: %d at the ledger, %d in a document, %d elsewhere; %d of the window; %d requests", h.killed(), h.kills[atLedger], h.kills[inDocument], h.kills[elsewhere], h.windowKills, len(h.requests))
}

func (h *harness) killed() int {
	return h.kills[elsewhere] + h.kills[atLedger] + h.kills[inDocument]
}

// round starts a program that does something chosen at random, kills it, and checks what is left.
func (h *harness) round() {
	h.Helper()
	h.forgetWrites()
	if h.window != "" && h.windowKills < windowKills && h.rand.IntN(manyKills/windowKills) == 0 {
		h.killWindow()
		return
	}
	switch h.rand.IntN(12) {
	case 0, 1, 2:
		h.killAdd()
	case 3, 4, 5, 6:
		h.killSign()
	case 7:
		h.killRefresh()
	case 8:
		h.killReview()
	case 9:
		h.killBackup()
	case 10:
		h.killFirstStart()
	case 11:
		h.killMigration()
	}
}

// end waits for the moment that the aim says, or until done is closed, kills the victim and counts the kill. It returns what the victim
// was doing.
func (h *harness) end(v *victim, a aim, done <-chan struct{}) instant {
	h.Helper()
	h.await(a, done)
	at := h.kill(v)
	h.kills[at]++
	return at
}

// never is a channel that is never closed. It is the done of [harness.end] for a victim that is killed by its aim alone.
var never = make(chan struct{})

// killAdd kills a program that adds a request. If the request is not in the ledger afterwards, it adds the request again. It fails the test
// if the program said that the request was added, and it is not there.
func (h *harness) killAdd() {
	h.Helper()
	h.counted++
	ref := fmt.Sprintf("K%05d", h.counted)
	add := []string{"add", h.newFile(ref), "--gateway", "sandbox", "--title", ref, "--reference", ref}
	v := h.start(h.terminal, h.args(add)...)
	h.end(v, h.nextAim(60*time.Millisecond), never)
	var said []printed
	for line := range v.lines {
		said = append(said, h.parse(line))
	}
	r, there := h.all()[ref]
	switch {
	case len(said) > 1, len(said) == 1 && r.ID != said[0].ID:
		h.Fatalf("%s was added as %v, and is %q", ref, said, r.ID)
	case !there:
		code, lines, errs := h.run(add...)
		if code != 0 || len(lines) != 1 {
			h.Fatalf("add: exit code %d: %s", code, errs)
		}
		r.ID = h.parse(lines[0]).ID
	}
	h.requests[ref] = &known{id: r.ID}
	h.checkRequest(ref)
}

// killSign kills a program that has a request signed, while the signer goes through the gateway's pages and comes back.
func (h *harness) killSign() {
	h.Helper()
	ref := h.pick(func(r request.Request, k *known) bool { return r.Status.Open() && k.finished == "" })
	if ref == "" {
		h.killAdd()
		return
	}
	v := h.start(h.terminal, h.args([]string{"sign", "--no-browser", "--timeout", "20s", string(h.requests[ref].id)})...)
	done, signed, choice := make(chan struct{}), make(chan error, 1), h.choice()
	go func() {
		defer close(done)
		signed <- h.follow(v, ref, choice)
	}()
	h.end(v, h.nextAim(500*time.Millisecond), done)
	h.must(<-signed)
	h.checkRequest(ref)
}

// choice returns what the signer does in a visit, chosen at random: to sign four times of five, and otherwise to cancel.
func (h *harness) choice() signer.Choice {
	if h.rand.IntN(5) == 0 {
		return signer.Cancel
	}
	return signer.Sign
}

// follow does as the signer does in the visit whose address the program v prints, and comes back. It returns when v has printed a line
// without an address, which says how the request ended, or when the output of v ends.
func (h *harness) follow(v *victim, ref string, choice signer.Choice) error {
	for line := range v.lines {
		said, err := parse(line)
		if err != nil || said.URL == "" {
			return err
		}
		back, err := signer.Visit{Choice: choice, StopBeforeReturn: true}.Run(h.ctx, said.URL)
		if err != nil {
			return fmt.Errorf("%s: %w", ref, err)
		}
		h.requests[ref].finished = map[signer.Choice]request.Status{signer.Sign: request.Signed, signer.Cancel: request.Canceled}[choice]
		h.comeBack(back.Return)
	}
	return nil
}

// comeBack opens the return address as a browser does. As a person would, it tries again while nothing answers, up to 20 times. It is no
// error if nothing ever answers: the program that listened may have been killed.
func (h *harness) comeBack(address string) {
	client := http.Client{Timeout: 5 * time.Second}
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for range 20 {
		resp, err := client.Get(address)
		if err == nil {
			_, err = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
		if err == nil && resp.StatusCode == http.StatusOK {
			return
		}
		select {
		case <-again.C:
		case <-h.ctx.Done():
			return
		}
	}
}

// killRefresh kills a program that asks the gateways about what is open.
func (h *harness) killRefresh() {
	h.Helper()
	h.end(h.start(h.terminal, h.args([]string{"refresh"})...), h.nextAim(150*time.Millisecond), never)
}

// killReview kills a program that records a person's decision.
func (h *harness) killReview() {
	h.Helper()
	ref := h.pick(func(r request.Request, _ *known) bool { return r.Status.Ended() })
	if ref == "" {
		h.killRefresh()
		return
	}
	h.counted++
	note := fmt.Sprintf("N%05d", h.counted)
	decision := []string{"accepted", "returned"}[h.rand.IntN(2)]
	v := h.start(h.terminal, h.args([]string{"review", string(h.requests[ref].id), "--decision", decision, "--note", note})...)
	h.end(v, h.nextAim(60*time.Millisecond), never)
	if _, said := <-v.lines; said {
		h.requests[ref].notes = append(h.requests[ref].notes, note)
	}
	h.checkRequest(ref)
}

// killBackup kills a program that writes a backup. If there is a file with the backup's name afterwards, it must be a whole backup.
func (h *harness) killBackup() {
	h.Helper()
	folder := h.TempDir()
	out := filepath.Join(folder, "backup.tar.gz")
	h.end(h.start(h.terminal, h.args([]string{"backup", out})...), aim{after: time.Duration(h.rand.Int64N(int64(150 * time.Millisecond)))}, never)
	if _, err := os.Stat(out); err != nil {
		return
	}
	restore := h.start(h.terminal, "--home", filepath.Join(folder, "restored"), "restore", out)
	if code := restore.wait(); code != 0 {
		h.Errorf("a backup that was cut off cannot be restored: %s", &restore.errs)
	}
	h.must(os.RemoveAll(folder))
}

// onHome calls the function do with folder as the home of the harness, restores the home of the harness, and removes folder.
func (h *harness) onHome(folder string, do func()) {
	h.Helper()
	before := h.home
	h.home = folder
	do()
	h.home = before
	h.must(os.RemoveAll(folder))
}

// soon returns a random aim for a program that runs for a moment only.
func (h *harness) soon() aim {
	return aim{after: time.Duration(h.rand.Int64N(int64(60 * time.Millisecond)))}
}

// killFirstStart kills the program that makes a home. The next program must be able to use that home.
func (h *harness) killFirstStart() {
	h.Helper()
	h.onHome(filepath.Join(h.TempDir(), "new"), func() {
		add := []string{"add", h.newFile("First"), "--gateway", "sandbox"}
		h.end(h.start(h.terminal, h.args(add)...), h.soon(), never)
		if code, _, errs := h.run(add...); code != 0 {
			h.Errorf("add to a home whose first program was killed: exit code %d: %s", code, errs)
		}
		h.audit()
	})
}

// killMigration kills the program that brings an older ledger to the present form. The next program must find as many requests in it as
// there were.
func (h *harness) killMigration() {
	h.Helper()
	h.onHome(h.TempDir(), func() {
		h.must(os.WriteFile(filepath.Join(h.home, ledger.FileName), h.older, 0o600))
		h.end(h.start(h.terminal, h.args([]string{"list"})...), h.soon(), never)
		_, lines, errs := h.run("list")
		if h.migrated == 0 {
			h.migrated = len(lines)
		}
		if len(lines) == 0 || len(lines) != h.migrated {
			h.Errorf("%d requests of %d are there after a migration that was killed: %s", len(lines), h.migrated, errs)
		}
	})
}

// finish settles everything without killing anybody, and checks that nothing is missing.
func (h *harness) finish() {
	h.Helper()
	h.run("refresh") // its exit code says whether the gateways answered
	for ref, r := range h.all() {
		switch k := h.requests[ref]; {
		case k == nil:
			h.Errorf("nobody added %q", ref)
		case k.finished != "" && r.Status != k.finished:
			h.Errorf("%s is %s, and the gateway finished it as %s", ref, r.Status, k.finished)
		case k.finished == request.Signed && (r.Outcome.Evidence != request.ByDocument || r.NextStep != request.StepNone):
			h.Errorf("%s is signed by the evidence %q, and still has to do %q: %s", ref, r.Outcome.Evidence, r.NextStep, r.Trouble)
		}
	}
	h.checkAll()
	h.checkLeftovers()
}

// checkLeftovers checks that the files of documents that were cut off are removed once they are old.
func (h *harness) checkLeftovers() {
	h.Helper()
	old := time.Now().Add(-2 * time.Hour)
	for _, path := range h.temporary() {
		h.must(os.Chtimes(path, old, old))
	}
	h.run("list")
	if left := h.temporary(); len(left) > 0 {
		h.Errorf("files of killed programs are kept for ever: %v", left)
	}
}

// temporary returns the files in the home that only a killed program leaves.
func (h *harness) temporary() (paths []string) {
	h.Helper()
	for _, form := range []string{"incoming-*", "documents/incoming-*", ".*-[0-9]*", "ledger.db?*"} {
		found, err := filepath.Glob(filepath.Join(h.home, form))
		h.must(err)
		paths = append(paths, found...)
	}
	return paths
}
