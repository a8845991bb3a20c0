package home

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/core/home/hometest"
)

func TestTheHomeIsForItsOwnerAlone(t *testing.T) {
	tests := []struct {
		name         string
		before, want fs.FileMode // zero: there is none before
	}{
		{"there is none yet", 0, 0o700},
		{"it is as it should be", 0o700, 0o700},
		{"others may look in", 0o755, 0o700},
		{"a group may write", 0o770, 0o700},
		{"its owner made it stricter", 0o500, 0o500},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "deep", "home")
			if test.before != 0 {
				if err := errors.Join(os.MkdirAll(path, 0o700), os.Chmod(path, test.before)); err != nil {
					t.Fatal(err)
				}
			}
			d, err := Open(path)
			if err != nil {
				t.Fatal(err)
			}
			info, err := os.Stat(d.Path())
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode().Perm() != test.want {
				t.Errorf("mode %v, not %v", info.Mode().Perm(), test.want)
			}
		})
	}
}

func TestAnUnusableHomeIsAnErrorThatSaysWhatToDo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		file:                        "is a file, not a folder: choose another home",
		filepath.Join(file, "home"): "choose a folder you may write to",
	} {
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestAHomeStaysWhereItIsWhenTheWorkingFolderChanges(t *testing.T) {
	t.Chdir(t.TempDir())
	d, err := Open("desk")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := d.WritePort("job", 1); err != nil || d.ReadPort("job") != 1 {
		t.Errorf("port %d, %v", d.ReadPort("job"), err)
	}
}

func TestDefaultFollowsTheEnvironment(t *testing.T) {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		t.Skip("these systems have one place for such data")
	}
	tests := []struct{ name, own, data, home, want string }{
		{"its own variable comes first", "/own", "/data", "/user", "/own"},
		{"then the place for data", "", "/data", "/user", "/data/countersign"},
		{"a relative place is none", "", "data", "/user", "/user/.local/share/countersign"},
		{"then the user's folder", "", "", "/user", "/user/.local/share/countersign"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv(Env, test.own)
			t.Setenv("XDG_DATA_HOME", test.data)
			t.Setenv("HOME", test.home)
			if got, err := Default(); err != nil || got != test.want {
				t.Errorf("%s, %v", got, err)
			}
		})
	}
	t.Run("nowhere", func(t *testing.T) {
		t.Setenv(Env, "")
		t.Setenv("XDG_DATA_HOME", "")
		t.Setenv("HOME", "")
		if _, err := Default(); err == nil || !strings.Contains(err.Error(), "set "+Env) {
			t.Errorf("error: %v", err)
		}
	})
}

func TestAHomeIsNewUntilItHasItsGateways(t *testing.T) {
	d := mustOpen(t)
	if !d.IsNew() {
		t.Error("a fresh home is not new")
	}
	if err := WriteFile(d.Gateways(), nil); err != nil {
		t.Fatal(err)
	}
	if d.IsNew() {
		t.Error("a home with gateways is new")
	}
}

func TestWriteFileReplacesForTheOwnerAlone(t *testing.T) {
	d := mustOpen(t)
	if err := os.WriteFile(d.Secrets(), []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	reader, err := os.Open(d.Secrets())
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if err := WriteFile(d.Secrets(), []byte("new")); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(d.Secrets()); err != nil || string(got) != "new" {
		t.Errorf("%q, %v", got, err)
	}
	if info, err := os.Stat(d.Secrets()); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	// A process that has the old file open can still read it.
	if got, err := io.ReadAll(reader); err != nil || string(got) != "old" {
		t.Errorf("%q, %v", got, err)
	}
	mustHold(t, d, "secrets.json")
}

func TestAReaderNeverSeesAPartOfAFile(t *testing.T) {
	d := mustOpen(t)
	contents := [][]byte{bytes.Repeat([]byte("a"), 100_000), bytes.Repeat([]byte("b"), 50_000)}
	if err := WriteFile(d.Gateways(), contents[0]); err != nil {
		t.Fatal(err)
	}
	written := make(chan error)
	go func() {
		var err error
		for i := range 50 {
			err = errors.Join(err, WriteFile(d.Gateways(), contents[i%2]))
		}
		written <- err
	}()
	for {
		got, err := os.ReadFile(d.Gateways())
		if err != nil || (!bytes.Equal(got, contents[0]) && !bytes.Equal(got, contents[1])) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
		select {
		case err := <-written:
			if err != nil {
				t.Error(err)
			}
			return
		default:
		}
	}
}

func TestWriteFileThatFailsLeavesNothing(t *testing.T) {
	d := mustOpen(t)
	if err := os.Mkdir(d.Gateways(), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(d.Gateways(), []byte("x")); err == nil || !strings.Contains(err.Error(), d.Gateways()) {
		t.Errorf("in the place of a folder: %v", err)
	}
	mustHold(t, d, "gateways.toml")
	if err := WriteFile(filepath.Join(d.Path(), "none", "x"), nil); err == nil || !strings.Contains(err.Error(), "choose a folder") {
		t.Errorf("in no folder: %v", err)
	}
}

func TestEachServiceHasAPort(t *testing.T) {
	d := mustOpen(t)
	for job, port := range map[string]int{"one": 1, "other": 65535} {
		if err := d.WritePort(job, port); err != nil {
			t.Fatal(err)
		}
	}
	for job, want := range map[string]int{"one": 1, "other": 65535, "none": 0} {
		if got := d.ReadPort(job); got != want {
			t.Errorf("%s: %d, not %d", job, got, want)
		}
	}
	for _, damaged := range []string{"", "x", "0", "-1", "65536", "80 81"} {
		if err := os.WriteFile(filepath.Join(d.Path(), "one.port"), []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := d.ReadPort("one"); got != 0 {
			t.Errorf("%q is read as %d", damaged, got)
		}
	}
}

func TestALockIsHeldOnce(t *testing.T) {
	d := mustOpen(t)
	first, err := d.TryLock("job")
	if first == nil || err != nil {
		t.Fatalf("not free at the start: %v", err)
	}
	if second, err := d.TryLock("job"); second != nil || err != nil {
		t.Errorf("taken twice: %v", err)
	}
	other, err := d.TryLock("another job")
	if other == nil || err != nil {
		t.Fatalf("another job is not free: %v", err)
	}
	mustRelease(t, other)
	mustRelease(t, first)
	again, err := d.TryLock("job")
	if again == nil || err != nil {
		t.Fatalf("not free afterwards: %v", err)
	}
	mustRelease(t, again)
}

// The lock of a process is free once the process has ended, even if it was killed.
func TestALockPassesBetweenProcesses(t *testing.T) {
	for name, end := range map[string]func(*hometest.Process){"it ends": (*hometest.Process).MustStop, "it is killed": (*hometest.Process).MustKill} {
		t.Run(name, func(t *testing.T) {
			d := mustOpen(t)
			c := hometest.MustStart(t, "hold the job", d.Path())
			c.MustReadLine()
			if l, err := d.TryLock("job"); l != nil || err != nil {
				t.Fatalf("taken from another process: %v", err)
			}
			waited := make(chan *Lock)
			go func() {
				l, err := d.WaitLock(t.Context(), "job")
				if err != nil {
					t.Error(err)
				}
				waited <- l
			}()
			select {
			case <-waited:
				t.Fatal("waiting is over while the other process has the job")
			default:
			}
			end(c)
			l := <-waited
			next := hometest.MustStart(t, "hold the job", d.Path())
			mustRelease(t, l)
			next.MustReadLine() // and it goes on to another process
			next.MustStop()
		})
	}
}

func TestWaitingForALockCanBeCanceled(t *testing.T) {
	d := mustOpen(t)
	l, err := d.TryLock("job")
	if err != nil {
		t.Fatal(err)
	}
	defer mustRelease(t, l)
	ctx, cancel := context.WithCancel(t.Context())
	waited := make(chan error)
	go func() {
		_, err := d.WaitLock(ctx, "job")
		waited <- err
	}()
	cancel()
	if err := <-waited; err != context.Canceled { // without any advice
		t.Errorf("error: %v", err)
	}
}

func TestALockInADeletedHomeIsAnErrorThatSaysWhatToDo(t *testing.T) {
	d := mustOpen(t)
	if err := os.Remove(d.Path()); err != nil {
		t.Fatal(err)
	}
	_, now := d.TryLock("job")
	_, later := d.WaitLock(t.Context(), "job")
	for _, err := range []error{now, later} {
		if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "choose a folder") {
			t.Errorf("error: %v", err)
		}
	}
}

// mustHold fails the test if the home has other files than these.
func mustHold(t *testing.T, d Dir, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(d.Path())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

// Windows allows 260 characters in a path unless a program asks for more, which the functions of package os do.
func TestAHomeMayHaveALongPath(t *testing.T) {
	path := t.TempDir()
	for len(path) < 300 {
		path = filepath.Join(path, strings.Repeat("long ", 7)+"x")
	}
	d, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	file := d.Document(strings.Repeat("a", 64))
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), WriteFile(file, []byte("document")), d.CheckWritable()); err != nil {
		t.Fatal(err)
	}
	if content, err := ReadFile(file, 100); string(content) != "document" {
		t.Errorf("%q, %v", content, err)
	}
	lock, err := d.TryLock("window")
	if err != nil || lock == nil {
		t.Fatal(lock, err)
	}
	if again, err := d.TryLock("window"); again != nil || err != nil {
		t.Error("the lock is taken twice", err)
	}
	if err := errors.Join(lock.Release(), RemoveFile(file)); err != nil {
		t.Error(err)
	}
	if others := d.OpenToOthers(); others != "" && runtime.GOOS != "windows" {
		t.Errorf("others can open %s", others)
	}
}
