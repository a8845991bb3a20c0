package desk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"countersign/core/files"
	"countersign/core/request"
)

// ErrTaken says that a copy was not made because something of its name is there already.
var ErrTaken = errors.New("there is a file of that name already, and it stays as it is: choose another name")

// SuggestCopy gives the path of a copy of a signed document that is free now: in a folder, or
// in the usual one where none is given.
func (d *Desk) SuggestCopy(ctx context.Context, id request.ID, document int, folder string) (path string, err error) {
	r, err := d.ledger.Get(ctx, id)
	if err != nil {
		return "", err
	}
	return d.freeName(ctx, folder, outputName(r, document), ".pdf")
}

// freeName gives a path that is free now: in a folder, or in the usual one where none is given.
func (d *Desk) freeName(ctx context.Context, folder, name, ending string) (path string, err error) {
	if folder == "" {
		folder = d.usualFolder()
	}
	name = filepath.Join(folder, name)
	for n := 1; n <= maxSameName && ctx.Err() == nil; n++ {
		path = numbered(name, ending, n)
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			return path, nil
		}
	}
	return path, ctx.Err()
}

// usualFolder is the output folder, or the person's documents.
func (d *Desk) usualFolder() string {
	if s, err := readSettings(d.cfg.Home); err == nil && s.OutputFolder != "" {
		return s.OutputFolder
	}
	own, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	documents := filepath.Join(own, "Documents")
	if info, err := os.Stat(documents); err == nil && info.IsDir() {
		return documents
	}
	return own
}

// SaveCopy copies a kept document to a path that a person chose. It makes no folder and puts
// nothing in the place of anything: see [ErrTaken].
func (d *Desk) SaveCopy(ctx context.Context, digest, path string) error {
	if !filepath.IsAbs(path) {
		return errors.New("a copy needs a folder and a name: give its whole path")
	}
	path = filepath.Clean(path)
	if _, err := os.Lstat(path); err == nil {
		return ErrTaken
	}
	folder := filepath.Dir(path)
	temporary, err := d.copyInto(ctx, folder, digest)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no folder %s: make it first, or choose another one", label(folder))
	}
	if err != nil {
		return notSaved(err)
	}
	defer os.Remove(temporary) // gone already when all went well
	if err := files.Name(temporary, path); errors.Is(err, fs.ErrExist) {
		return ErrTaken
	} else if err != nil {
		return notSaved(err)
	}
	return nil
}

func notSaved(err error) error {
	return fmt.Errorf("the copy could not be saved: %w", files.Cause(err))
}
