// Package files has the few operations on files that several packages need: to open a file only if
// it is a regular one, to stop reading when a context ends, to rename and remove files that other
// programs hold for a moment, to find what is behind links, to give a file its final name without
// replacing another, and to make a rename durable.
//
// It knows no folder layout and no file format. Its errors are those of the operating system;
// the caller adds what the user can do about them.
package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// ContextReader returns a reader that reads from r, and fails with the context's error once ctx is
// done. It does not interrupt a Read that is under way.
func ContextReader(ctx context.Context, r io.Reader) io.Reader { return contextReader{ctx, r} }

type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// RenameNew renames the complete file at temporary to final, in the same folder. It fails with
// [fs.ErrExist] if final exists, and never replaces it. After a success the file may still have its
// temporary name as well, which the caller removes.
func RenameNew(temporary, final string) error {
	// Link never replaces a file, and is atomic even if the machine crashes. But not every file
	// system has links.
	if err := os.Link(temporary, final); err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	return renameNew(temporary, final)
}

// renameNew is [RenameNew] without links. It reserves the name with an empty file, which it then
// replaces; a crash in between leaves the empty file.
func renameNew(temporary, final string) error {
	f, err := os.OpenFile(final, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // #nosec G304 -- a folder that the user chose, and a name that was made safe
	if err != nil {
		return err
	}
	err = f.Close()
	if err == nil {
		err = Rename(temporary, final)
	}
	if err != nil {
		return errors.Join(err, Remove(final))
	}
	return nil
}

// SyncDir syncs a folder to disk, so that renames in it survive a crash. It does nothing on
// systems that cannot sync a folder.
func SyncDir(dir string) error {
	d, err := os.Open(dir) // #nosec G304 -- a folder that the user chose, and a name that was made safe
	if err != nil {
		return fmt.Errorf("sync the folder: %w", err)
	}
	defer d.Close()
	// Some systems cannot sync a directory and do not need to.
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, fs.ErrInvalid) && !errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("sync the folder: %w", err)
	}
	return nil
}

// WithoutPath returns the cause of an error of the file system, without the operation and the path.
// Callers use it for a temporary file, whose name means nothing to the user, and for the log, which
// must not contain the titles of documents. An error that has no path is returned as it is.
func WithoutPath(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	if link, ok := errors.AsType[*os.LinkError](err); ok {
		return link.Err
	}
	return err
}
