// Package files has what every room that handles files needs in the same way: a copy that
// stops when nobody wants it any more, and a name that is given to a whole file once.
//
// It knows no folder and no format, and tells nobody what to do: its errors are those of the
// system, for the caller to put into words.
package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Reader reads from r until the context ends, and fails with the context's error from then on.
// A read that is under way is not broken off.
func Reader(ctx context.Context, r io.Reader) io.Reader { return contextReader{ctx, r} }

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

// Name gives a whole file of the same folder a name that nothing has; else it fails with
// [fs.ErrExist], and what is there stays as it is. The temporary name may last: the caller removes it.
func Name(temporary, final string) error {
	// A link is there whole or not at all, also when the machine stops; not every disk has links.
	if err := os.Link(temporary, final); err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	// Making the file fails where there is one; it is ours to replace from then on.
	f, err := os.OpenFile(final, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	err = f.Close()
	if err == nil {
		err = os.Rename(temporary, final)
	}
	if err != nil {
		return errors.Join(err, os.Remove(final))
	}
	return nil
}

// SyncDir makes a rename in a folder durable.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("make a rename durable: %w", err)
	}
	defer d.Close()
	// Some systems cannot sync a directory and do not need to.
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, fs.ErrInvalid) && !errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("make a rename durable: %w", err)
	}
	return nil
}

// Cause is what went wrong with a file, without the file's name: for a temporary file, whose name
// helps nobody, and for a log, which is to have no titles in it.
func Cause(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	if link, ok := errors.AsType[*os.LinkError](err); ok {
		return link.Err
	}
	return err
}
