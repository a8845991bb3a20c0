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
	// maxOpened bounds how many names of the folder are read.
	maxOpened = 10_000
	// temporaryFor is how long a copy that did not get its name is left alone: it may still be written.
	temporaryFor = time.Hour
)

// OpenCopy returns the path of a read-only copy of a stored file, for the system's viewer. So a viewer that
// saves changes nothing that is stored. digest is the SHA-256 of an original, a signed or an attached file
// of the request. The copy has the name of the document, with a number when another file has that name, and
// is in the folder [countersign/core/home.Dir.Opened]. A copy that is there already is used again. The error
// is [ledger.ErrMissing] or [ledger.ErrAltered] when the stored file is not what it was.
func (x *Exporter) OpenCopy(ctx context.Context, id request.ID, digest string) (path string, err error) {
	r, err := x.cfg.Ledger.Get(ctx, id)
	if err != nil {
		return "", err
	}
	name, err := openedName(r, digest)
	if err != nil {
		return "", err
	}
	folder := x.cfg.Home.Opened()
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", notSaved(err)
	}
	x.TidyOpened()
	temporary, err := copyInto(ctx, x.cfg.Ledger, folder, digest, createPrivate)
	if errors.Is(err, ledger.ErrMissing) || errors.Is(err, ledger.ErrAltered) {
		return "", err
	}
	if err != nil {
		return "", notSaved(err)
	}
	defer os.Remove(temporary) // gone already when it got its name
	if path, err = nameFirstFree(ctx, temporary, filepath.Join(folder, name), digest); err != nil {
		return "", notSaved(err)
	}
	now := x.cfg.Now() // a copy that is used again is kept for longer
	if err := errors.Join(os.Chtimes(path, now, now), os.Chmod(path, 0o400)); err != nil {
		return "", notSaved(err)
	}
	return path, nil
}

// createPrivate creates a temporary file for a copy that stays in the home (0600).
func createPrivate(folder string) (*os.File, error) { return os.CreateTemp(folder, ".countersign-*") }

// openedName returns the name, without extension, for a copy of the file of r with that digest.
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

// TidyOpened removes the copies for viewers that nobody has opened for [openedFor]. Failures are only
// logged: the next call tries again.
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
