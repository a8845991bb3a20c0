//go:build linux

package kill

import (
	"encoding/binary"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	bolt "go.etcd.io/bbolt"

	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/core/sandbox/signer"
)

// newVersion is the version of the programs that are installed over those of the harness.
const newVersion = "99.1.2"

// buildNew builds a program of [newVersion] and returns its path.
func (h *harness) buildNew(name string, env ...string) string {
	h.Helper()
	return h.build(name, append(env, "GOFLAGS="+os.Getenv("GOFLAGS")+" -ldflags=-X=countersign/core/about.release="+newVersion)...)
}

// version returns what a program says of itself.
func (h *harness) version(program string) string {
	h.Helper()
	out, err := exec.CommandContext(h.ctx, program, "--version").Output()
	h.must(err)
	return string(out)
}

// What runs while a new version is installed over it goes on and ends as it would have, beside programs of the new version, and the next
// start is of the new one.
func TestANewVersionIsInstalledOverARunningOne(t *testing.T) {
	if _, err := exec.LookPath("Xvfb"); err != nil {
		t.Skip("there is no Xvfb for a window")
	}
	h := newHarness(t)
	h.startDisplay()
	newWindow, newTerminal := h.buildNew("countersign"), h.buildNew("countersignctl", "CGO_ENABLED=0")
	if old, now := h.version(h.terminal), h.version(newTerminal); strings.Contains(old, newVersion) || !strings.Contains(now, newVersion) {
		t.Fatalf("the versions are %q and %q", old, now)
	}
	add := func(program, ref string) {
		t.Helper()
		installed := h.terminal
		h.terminal = program
		defer func() { h.terminal = installed }()
		code, lines, errs := h.run("add", h.newFile(ref), "--gateway", "sandbox", "--title", ref, "--reference", ref)
		if code != 0 || len(lines) != 1 {
			t.Fatalf("add: exit code %d: %s", code, errs)
		}
		h.requests[ref] = &known{id: h.parse(lines[0]).ID}
	}

	// A window and terminals of both versions share the home.
	window := h.start(h.window, "--home", h.home, "--no-tray", "--no-notifications")
	h.awaitSettler(window)
	add(h.terminal, "old")
	add(newTerminal, "new")
	signing := h.start(h.terminal, h.args([]string{"sign", "--no-browser", "--timeout", "1m", string(h.requests["old"].id)})...)
	line, running := <-signing.lines
	if !running {
		t.Fatalf("no visit has begun: %s", &signing.errs)
	}

	h.must(os.Rename(newWindow, h.window))
	h.must(os.Rename(newTerminal, h.terminal))
	for _, program := range []string{h.window, h.terminal} {
		if got := h.version(program); !strings.Contains(got, newVersion) {
			t.Errorf("%s is still %s", program, got)
		}
	}
	add(h.terminal, "later")

	// The visit that the old terminal has begun comes to its end, which the old terminal says and the old window settles.
	back, err := signer.Visit{Choice: signer.Sign, StopBeforeReturn: true}.Run(h.ctx, h.parse(line).URL)
	h.must(err)
	h.comeBack(back.Return)
	if code := signing.wait(); code != 0 {
		t.Errorf("the old terminal ends with %d: %s", code, &signing.errs)
	}
	if r := h.checkRequest("old"); r.Status != request.Signed || r.Documents[0].Signed == nil {
		t.Errorf("what the old version began is %s", r.Status)
	}
	if installed, err := os.Readlink(filepath.Join("/proc", strconv.Itoa(window.cmd.Process.Pid), "exe")); err != nil || !strings.HasSuffix(installed, " (deleted)") {
		t.Errorf("the window does not run the program that was replaced: %s, %v", installed, err)
	}
	h.must(window.cmd.Process.Signal(syscall.SIGTERM))
	if code := window.wait(); code != 0 {
		t.Errorf("the old window ends with %d: %s", code, &window.errs)
	}

	next := h.start(h.window, "--home", h.home, "--no-tray", "--no-notifications")
	h.awaitSettler(next)
	if code, lines, errs := h.run("sign", "--no-browser", "--timeout", "1ms", string(h.requests["new"].id)); code != 4 || len(lines) == 0 {
		t.Errorf("sign: exit code %d: %s", code, errs)
	}
	h.must(next.cmd.Process.Signal(syscall.SIGTERM))
	if code := next.wait(); code != 0 {
		t.Errorf("the new window ends with %d: %s", code, &next.errs)
	}
	for ref := range h.requests {
		h.checkRequest(ref)
	}
	h.audit()
}

// Two versions that are installed side by side have one window for each home: a start of either gives its files to the window that is open.
func TestTheWindowOfOneVersionTakesTheFilesOfAnother(t *testing.T) {
	if _, err := exec.LookPath("Xvfb"); err != nil {
		t.Skip("there is no Xvfb for a window")
	}
	h := newHarness(t)
	h.startDisplay()
	other := h.buildNew("countersign")
	for _, programs := range [][2]string{{h.window, other}, {other, h.window}} {
		open := h.start(programs[0], "--home", h.home, "--no-tray", "--no-notifications")
		h.awaitSettler(open)
		second := h.start(programs[1], "--home", h.home, h.newFile("Lease"))
		if code := second.wait(); code != 0 || second.errs.Len() > 0 {
			t.Errorf("the second start ends with %d: %s", code, &second.errs)
		}
		if !h.holds(open.cmd.Process.Pid, "window.lock") {
			t.Errorf("the window is gone: %s", &open.errs)
		}
		h.must(open.cmd.Process.Signal(syscall.SIGTERM))
		if code := open.wait(); code != 0 {
			t.Errorf("the window ends with %d: %s", code, &open.errs)
		}
	}
}

// The window of an older program says so, too.
func TestTheWindowOfAnOlderProgramChangesNothingInANewerHome(t *testing.T) {
	if _, err := exec.LookPath("Xvfb"); err != nil {
		t.Skip("there is no Xvfb for a window")
	}
	h := newHarness(t)
	h.startDisplay()
	h.home = filepath.Join(t.TempDir(), "newer")
	if code, _, errs := h.run("add", h.newFile("Lease"), "--gateway", "sandbox"); code != 0 {
		t.Fatalf("add: exit code %d: %s", code, errs)
	}
	path := filepath.Join(h.home, ledger.FileName)
	raiseSchema(t, path)
	before, err := os.ReadFile(path)
	h.must(err)
	window := h.start(h.window, "--home", h.home, "--no-tray", "--no-notifications")
	h.awaitLock(window, "window.lock")
	h.must(window.cmd.Process.Signal(syscall.SIGTERM))
	if code := window.wait(); code != 1 || !strings.Contains(window.errs.String(), "written by a newer version of this program: install that version, or use another home") {
		t.Errorf("the window ends with %d: %s", code, &window.errs)
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
		t.Errorf("the ledger is changed: %v", err)
	}
}

// A program whose schema is older than that of a home says so and changes nothing, whatever it is asked to do.
func TestAnOlderProgramChangesNothingInANewerHome(t *testing.T) {
	h := newHarness(t)
	newer := filepath.Join(t.TempDir(), "newer")
	h.home = newer
	if code, _, errs := h.run("add", h.newFile("Lease"), "--gateway", "sandbox"); code != 0 {
		t.Fatalf("add: exit code %d: %s", code, errs)
	}
	raiseSchema(t, filepath.Join(newer, ledger.FileName))
	before := filesOf(t, newer)
	for _, args := range [][]string{
		{"list"},
		{"add", h.newFile("Minutes"), "--gateway", "sandbox"},
		{"refresh"},
		{"audit"},
		{"audit", "--rebuild"},
		{"backup", filepath.Join(t.TempDir(), "out.tar.gz")},
		{"export", filepath.Join(t.TempDir(), "out.csv")},
	} {
		if code, lines, errs := h.run(args...); code != 1 || len(lines) > 0 || !strings.Contains(errs, "written by a newer version of this program: install that version, or use another home") {
			t.Errorf("%s: exit code %d: %q %s", args[0], code, lines, errs)
		}
	}
	if code, lines, _ := h.run("doctor"); code != 1 || !strings.Contains(strings.Join(lines, "\n"), `"verdict":"bad","detail":"the desk cannot be opened: the ledger was written by a newer version`) {
		t.Errorf("doctor: exit code %d: %q", code, lines)
	}
	for path, content := range filesOf(t, newer) {
		if was, there := before[path]; !there || was != content {
			t.Errorf("%s is changed or new", path)
		}
		delete(before, path)
	}
	for path := range before {
		t.Errorf("%s is gone", path)
	}
}

// raiseSchema makes the schema of a ledger one more than it is.
func raiseSchema(t *testing.T, path string) {
	t.Helper()
	file, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	err = file.Update(func(tx *bolt.Tx) error {
		meta := tx.Bucket([]byte("meta"))
		return meta.Put([]byte("schema"), binary.BigEndian.AppendUint64(nil, binary.BigEndian.Uint64(meta.Get([]byte("schema")))+1))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// filesOf returns the contents of the files in a folder by their paths. Those of locks are left out: they are empty, and made by whoever
// looks whether a lock is free.
func filesOf(t *testing.T, folder string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() || strings.HasSuffix(path, ".lock") {
			return err
		}
		content, err := os.ReadFile(path)
		all[path] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
