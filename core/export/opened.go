package export

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"countersign/core/files"
	"countersign/core/ledger"
	"countersign/core/request"
)

const (
	// openedFor is how long a copy for a viewer is kept after it was last opened or changed. It is long,
	// because a viewer may show it for days.
	openedFor = 7 * 24 * time.Hour
	// maxOpened is how many files of the folder TidyOpened looks at, at most.
	maxOpened = 10_000
	// temporaryFor is how long a copy is kept that still has its temporary name: it may still be written.
	temporaryFor = time.Hour
)

// OpenCopy makes a read-only copy of a stored file for the system's viewer and returns its path. The viewer
// gets a copy so that it cannot change the stored file. digest is the SHA-256 of an original, a signed or an
// attached file of the request. The copy has the name of the document, with a number when another file has
// that name, and is in the folder [countersign/core/home.Dir.Opened]. A copy that is there already is used
// again. The error is [ledger.ErrMissing] if the request has no such file or the stored file is gone, and
// [ledger.ErrAltered] if the stored file no longer has the digest. OpenCopy also removes old copies; see
// [Exporter.TidyOpened].
func (x *Exporter) OpenCopy(ctx context.Context, id request.ID, digest string) (path string, err error) {
	r, err := x.cfg.Ledger.Get(ctx, id)
	if err != nil {
		return "", err
	}
	name, err := openedName(r, digest)
	if err != nil {
		return "", err
	}
	path, err = x.forViewer(ctx, name, digest, func(folder string) (string, error) {
		return copyInto(ctx, x.cfg.Ledger, folder, digest, createPrivate)
	})
	if err == nil || errors.Is(err, ledger.ErrMissing) || errors.Is(err, ledger.ErrAltered) {
		return path, err
	}
	return "", notSaved(err)
}

// forViewer puts a read-only file into the folder of copies for viewers, under the first name of [nameFirstFree], and returns
// its path. The function create makes it in the folder, under a temporary name, with bytes that have the SHA-256 digest. A file
// that is there already is used again.
func (x *Exporter) forViewer(ctx context.Context, name, digest string, create func(folder string) (temporary string, err error)) (path string, err error) {
	folder := x.cfg.Home.Opened()
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	x.TidyOpened()
	temporary, err := create(folder)
	if err != nil {
		return "", err
	}
	defer files.Remove(temporary) // gone already when it got its name
	if path, err = nameFirstFree(ctx, temporary, filepath.Join(folder, name), digest); err != nil {
		return "", err
	}
	// The temporary name goes first: it may be another name of the same file, and on Windows a file that can only be read can be written again
	// once one of its names was removed.
	_ = files.Remove(temporary)
	now := x.cfg.Now() // a copy that is used again is kept for longer
	return path, errors.Join(os.Chtimes(path, now, now), os.Chmod(path, 0o400))
}

// createPrivate creates a file with a temporary name that only its owner can read. It is for copies that
// stay in the home.
func createPrivate(folder string) (*os.File, error) { return os.CreateTemp(folder, ".countersign-*") }

// openedName returns the name, without extension, for a copy of the file of r with that digest. The error
// is [ledger.ErrMissing] if r has no such file.
func openedName(r request.Request, digest string) (string, error) {
	for _, f := range r.Files() {
		switch {
		case f.SHA256 != digest:
		case f.Role == request.RoleOriginal:
			return safeName(r.Documents[f.Document].Name), nil
		case f.Role == request.RoleSigned:
			return signedName(r, f.Document), nil
		default:
			return signedName(r, 0), nil
		}
	}
	return "", ledger.ErrMissing
}

// TidyOpened removes the copies for viewers that nobody has opened for [openedFor], and unfinished copies
// that are older than [temporaryFor]. Failures are only logged: the next call tries again.
func (x *Exporter) TidyOpened() {
	folder := x.cfg.Home.Opened()
	opened, err := os.Open(folder) // #nosec G304 -- a folder of the home
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	var entries []fs.DirEntry
	if err == nil {
		entries, err = opened.ReadDir(maxOpened)
		_ = opened.Close() // it was only read
	}
	if err != nil && !errors.Is(err, io.EOF) {
		x.cfg.Log.Info("the copies for viewers cannot be tidied", "error", files.WithoutPath(err))
	}
	for _, entry := range entries {
		kept := openedFor
		if strings.HasPrefix(entry.Name(), ".countersign-") {
			kept = temporaryFor
		}
		info, err := entry.Info()
		if err != nil || !info.Mode().IsRegular() || info.ModTime().After(x.cfg.Now().Add(-kept)) {
			continue
		}
		if err := os.Remove(filepath.Join(folder, entry.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			x.cfg.Log.Info("a copy for a viewer cannot be removed", "error", files.WithoutPath(err))
		}
	}
}
