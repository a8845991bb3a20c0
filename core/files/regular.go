package files

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// Errors of [OpenRegular] and [ReadRegular].
var (
	ErrFolder     = errors.New("is a folder")
	ErrNotRegular = errors.New("is not a regular file") // but a pipe, a socket or a device
	ErrTooLarge   = errors.New("is too large")
)

// OpenRegular opens a regular file for reading and returns its size in bytes. The caller closes it. It fails at once with
// [ErrFolder] or [ErrNotRegular] for anything else: opening a pipe waits for somebody to write to it, and reading from a
// device may never end.
func OpenRegular(path string) (*os.File, int64, error) {
	// Checked before opening, because opening can wait already, and after, because the file may have been replaced.
	info, err := os.Stat(path)
	if err == nil {
		err = checkRegular(info)
	}
	if err != nil {
		return nil, 0, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	info, err = f.Stat()
	if err == nil {
		err = checkRegular(info)
	}
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, info.Size(), nil
}

// CheckKind fails with [ErrFolder] or [ErrNotRegular] if there is something else than a regular file at path. It returns nil
// for a regular file and for a path at which nothing is.
func CheckKind(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return checkRegular(info)
}

func checkRegular(info fs.FileInfo) error {
	switch {
	case info.IsDir():
		return ErrFolder
	case !info.Mode().IsRegular():
		return ErrNotRegular
	}
	return nil
}

// ReadRegular returns the content of a regular file of at most limit bytes. It fails with [ErrTooLarge] if there is more,
// and otherwise like [OpenRegular].
func ReadRegular(path string, limit int64) ([]byte, error) {
	f, _, err := OpenRegular(path)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(content)) > limit {
		err = ErrTooLarge
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	return content, nil
}
