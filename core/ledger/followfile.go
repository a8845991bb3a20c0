package ledger

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"

	"countersign/core/request"
)

const (
	// lookEvery is the time between two looks at the ledger's file, which find a change that the system tells nothing of. A look costs
	// one call of stat.
	lookEvery = 2 * time.Second
	// coarseClock is the coarsest resolution that file systems have for the time of a change (FAT: two seconds).
	coarseClock = 2 * time.Second
	// noticeTime is how long the system may need to tell of a change; see [Ledger.ProbeNotices].
	noticeTime = time.Second
)

// ErrNoNotices is returned by [Ledger.ProbeNotices] when the system tells of no changes in the ledger's folder.
var ErrNoNotices = request.Errorf("notices_none", "the system does not report changes in the folder")

// followFile starts a goroutine that wakes those of [Ledger.Watch] after each write to the file, also by another process. With
// [Options.Exclusive] it does nothing. The operating system tells of most changes at once. It may tell of none: when all of its watches
// are in use, and on some file systems. Therefore the goroutine also looks at the file by itself.
func (l *Ledger) followFile() {
	if l.opts.Exclusive {
		return
	}
	watcher, err := l.watchFolder()
	if err != nil {
		l.opts.Log.Warn("changes by other programs will be seen some seconds late", "error", err)
	}
	started := l.background(func() { l.follow(watcher) })
	if !started && watcher != nil {
		_ = watcher.Close()
	}
}

// watchFolder returns a watcher of the ledger's folder, which the caller closes.
func (l *Ledger) watchFolder() (*fsnotify.Watcher, error) {
	watcher, err := l.newWatcher()
	if err != nil {
		return nil, fmt.Errorf("watch %s: %w", l.dir, err)
	}
	if err := watcher.Add(l.dir); err != nil {
		return nil, errors.Join(fmt.Errorf("watch %s: %w", l.dir, err), watcher.Close())
	}
	return watcher, nil
}

// follow sends l.changes after each change of the file until the ledger is closed, and closes the watcher. The watcher may be nil.
func (l *Ledger) follow(watcher *fsnotify.Watcher) {
	var events chan fsnotify.Event // nil without a watcher: then nothing is ever received
	var failures chan error
	if watcher != nil {
		defer watcher.Close()
		events, failures = watcher.Events, watcher.Errors
	}
	look := time.NewTicker(l.lookEvery)
	defer look.Stop()
	seen := l.lookAtFile()
	for {
		select {
		case e := <-events:
			if filepath.Base(e.Name) == FileName {
				l.changes.Send()
			}
		case err := <-failures:
			l.opts.Log.Warn("could not watch the ledger", "error", err)
			l.changes.Send()
		case <-look.C:
			now := l.lookAtFile()
			if now.differsFrom(seen) {
				l.changes.Send()
			}
			seen = now
		case <-l.stopped.Done():
			return
		}
	}
}

// fileLook is what one look at the ledger's file has found.
type fileLook struct {
	at   time.Time
	info os.FileInfo // nil when the file could not be found
}

func (l *Ledger) lookAtFile() fileLook {
	look := fileLook{at: time.Now()}
	if info, err := os.Stat(filepath.Join(l.dir, FileName)); err == nil {
		look.info = info
	}
	return look
}

// differsFrom reports whether the file may have changed since an earlier look. A file that was changed less than coarseClock before
// that look counts as changed: a second change may have left its time as it was. A file that cannot be found now does not.
func (now fileLook) differsFrom(before fileLook) bool {
	switch {
	case now.info == nil:
		return false // a rebuild is about to replace the file
	case before.info == nil || !isUnchanged(now.info, before.info):
		return true
	}
	return !now.info.ModTime().Before(before.at.Add(-coarseClock))
}

// isUnchanged reports whether now describes the same file as before, with the same size and the same time of its last change.
func isUnchanged(now, before os.FileInfo) bool {
	return os.SameFile(now, before) && now.Size() == before.Size() && now.ModTime().Equal(before.ModTime())
}

// ProbeNotices makes a temporary file in the ledger's folder and returns nil when the operating system tells of it within noticeTime.
// If ProbeNotices fails, changes by other programs are seen some seconds late. The error is [ErrNoNotices] if the system accepts to
// watch the folder and tells nothing.
func (l *Ledger) ProbeNotices(ctx context.Context) error {
	watcher, err := l.watchFolder()
	if err != nil {
		return request.Errorf("notices_refused", "the system cannot watch another folder: %w", err)
	}
	defer watcher.Close()
	probe, err := os.CreateTemp(l.dir, "incoming-*") // a name that is removed later if this program is killed now
	if err != nil {
		return l.explain(err)
	}
	defer os.Remove(probe.Name())
	defer probe.Close()
	ctx, cancel := context.WithTimeoutCause(ctx, noticeTime, ErrNoNotices)
	defer cancel()
	for {
		select {
		case e := <-watcher.Events:
			if filepath.Base(e.Name) == filepath.Base(probe.Name()) {
				return nil
			}
		case err := <-watcher.Errors:
			return request.Errorf("notices_refused", "the system cannot watch another folder: %w", err)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
