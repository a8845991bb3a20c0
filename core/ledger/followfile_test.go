package ledger

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/google/go-cmp/cmp"

	"countersign/core/home/hometest"
)

// refused is what fsnotify returns when no inotify instance is left (inotify_init(2)).
func refused() (*fsnotify.Watcher, error) { return nil, syscall.EMFILE }

// silent returns a watcher that never says anything, as on some file systems.
func silent() (*fsnotify.Watcher, error) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	w.Events = make(chan fsnotify.Event)
	return w, nil
}

func TestChangesAreSeenWhereTheSystemTellsOfNone(t *testing.T) {
	for name, watcher := range map[string]func() (*fsnotify.Watcher, error){"refused": refused, "silent": silent} {
		t.Run(name, func(t *testing.T) {
			l := mustOpen(t, t.TempDir(), Options{})
			l.newWatcher, l.lookEvery = watcher, time.Millisecond
			notices := mustWatch(t, t.Context(), l)
			for _, name := range []string{"a", "b"} {
				hometest.MustStart(t, "add one", l.dir, name).MustStop()
				if diff := cmp.Diff([]string{name + " 1 added"}, mustReceive(t, notices, 1)); diff != "" {
					t.Errorf("told (-want +got):\n%s", diff)
				}
			}
			mustRebuild(t, l) // replaces the file
			hometest.MustStart(t, "add one", l.dir, "c").MustStop()
			mustReceive(t, notices, 1)
		})
	}
}

func TestALookSeesEveryKindOfChange(t *testing.T) {
	l := mustNew(t)
	path := filepath.Join(l.dir, FileName)
	long := time.Now().Add(-time.Hour)
	mustSetTime := func(at time.Time) {
		t.Helper()
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	mustSetTime(long)
	before := l.lookAtFile()
	if l.lookAtFile().differsFrom(before) {
		t.Error("a file that nobody writes has changed")
	}
	mustSetTime(long.Add(time.Second))
	if !l.lookAtFile().differsFrom(before) {
		t.Error("another time is no change")
	}
	mustSetTime(long)
	if err := os.Truncate(path, before.info.Size()+1); err != nil {
		t.Fatal(err)
	}
	mustSetTime(long)
	if !l.lookAtFile().differsFrom(before) {
		t.Error("another size is no change")
	}
	// The clock of the file system has not moved on since the look.
	mustSetTime(time.Now())
	young := l.lookAtFile()
	if !l.lookAtFile().differsFrom(young) {
		t.Error("a change within the resolution of the clock is missed")
	}
	if err := os.Rename(path, path+"-away"); err != nil {
		t.Fatal(err)
	}
	missing := l.lookAtFile()
	if missing.differsFrom(before) {
		t.Error("a missing file is read")
	}
	if err := os.WriteFile(path, make([]byte, before.info.Size()), 0o600); err != nil {
		t.Fatal(err)
	}
	mustSetTime(long)
	if now := l.lookAtFile(); !now.differsFrom(before) || !now.differsFrom(missing) {
		t.Error("another file is no change")
	}
}

func TestTheProbeKnowsWhetherTheSystemTellsOfChanges(t *testing.T) {
	l := mustNew(t)
	if err := l.ProbeNotices(t.Context()); err != nil {
		t.Error(err)
	}
	l.newWatcher = refused
	if err := l.ProbeNotices(t.Context()); !errors.Is(err, syscall.EMFILE) {
		t.Errorf("refused: %v", err)
	}
	l.newWatcher = silent
	if err := l.ProbeNotices(t.Context()); !errors.Is(err, ErrNoNotices) {
		t.Errorf("silent: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.ProbeNotices(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(l.dir, "incoming-*")); left != nil {
		t.Errorf("left behind: %v", left)
	}
}
