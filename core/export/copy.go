package export

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"countersign/core/files"
	"countersign/core/input"
	"countersign/core/proof"
	"countersign/core/request"
	"countersign/core/settings"
)

// SuggestCopy returns a path for a copy of a signed document that is free now: in folder, or in the
// default folder when that is empty. document is an index into the request's documents.
func (x *Exporter) SuggestCopy(ctx context.Context, id request.ID, document int, folder string) (path string, err error) {
	r, err := x.cfg.Ledger.Get(ctx, id)
	if err != nil {
		return "", err
	}
	return x.freePath(ctx, folder, signedName(r, document), ".pdf")
}

// freePath returns the first path that is free now: name, numbered where needed, in folder or in the
// default folder.
func (x *Exporter) freePath(ctx context.Context, folder, name, extension string) (path string, err error) {
	if folder == "" {
		folder = x.defaultFolder()
	}
	name = filepath.Join(folder, name)
	for n := 1; n <= maxSameName && ctx.Err() == nil; n++ {
		path = numbered(name, extension, n)
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			return path, nil
		}
	}
	return path, ctx.Err()
}

// defaultFolder returns the output folder of the settings, or else the person's own documents.
func (x *Exporter) defaultFolder() string {
	if s, err := settings.Load(x.cfg.Home); err == nil && s.OutputFolder != "" {
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

// SaveCopy copies the kept document of a digest to an absolute path. It makes no folder. It fails with
// [ErrTaken] when something of that name is there.
func (x *Exporter) SaveCopy(ctx context.Context, digest, path string) error {
	if !filepath.IsAbs(path) {
		return request.Errorf("copy_no_path", "a copy needs a folder and a name: give its whole path")
	}
	path = filepath.Clean(path)
	if _, err := os.Lstat(path); err == nil {
		return ErrTaken
	}
	folder := filepath.Dir(path)
	temporary, err := copyInto(ctx, x.cfg.Ledger, folder, digest)
	if errors.Is(err, fs.ErrNotExist) {
		return request.Errorf("export_no_folder", "there is no folder %s: make it first, or choose another one", input.Label(folder))
	}
	if err != nil {
		return notSaved(err)
	}
	defer os.Remove(temporary) // gone already when all went well
	if err := files.RenameNew(temporary, path); errors.Is(err, fs.ErrExist) {
		return ErrTaken
	} else if err != nil {
		return notSaved(err)
	}
	return nil
}

func notSaved(err error) error {
	return request.Errorf("copy_failed", "the copy could not be saved: %w", files.WithoutPath(err))
}

// copyNumbered copies a kept document into a folder under a name, with a number when that is taken.
// It does nothing when one of those names is a copy already.
func copyNumbered(ctx context.Context, documents proof.Documents, folder, name, digest string) error {
	temporary, err := copyInto(ctx, documents, folder, digest)
	if err != nil {
		return err
	}
	defer os.Remove(temporary) // gone already when all went well
	return nameFirstFree(ctx, temporary, filepath.Join(folder, name), digest)
}

// copyInto copies a kept document into a folder under a temporary name, and checks that it still has
// its digest. The caller renames or removes the file.
func copyInto(ctx context.Context, documents proof.Documents, folder, digest string) (temporary string, err error) {
	source, err := proof.Open(documents, digest)
	if err != nil {
		return "", err
	}
	defer source.Close()
	f, err := os.CreateTemp(folder, ".countersign-*")
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	_, err = io.Copy(io.MultiWriter(f, hash), files.ContextReader(ctx, source))
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil && hex.EncodeToString(hash.Sum(nil)) != digest {
		err = request.Errorf("kept_changed", "the kept file is no longer what came from the gateway: restore the home from a backup")
	}
	if err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// nameFirstFree renames a temporary file to the first numbered name that is free, unless a file with
// one of these names has the same content.
func nameFirstFree(ctx context.Context, temporary, name, digest string) error {
	for n := 1; n <= maxSameName; n++ {
		final := numbered(name, ".pdf", n)
		err := files.RenameNew(temporary, final)
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
		if same, err := hasDigest(ctx, final, digest); err != nil || same {
			return err
		}
	}
	return request.Errorf("copy_names", "there are %d files of the same name already: clear up the folder", maxSameName)
}

func numbered(name, extension string, n int) string {
	if n > 1 {
		return fmt.Sprintf("%s (%d)%s", name, n, extension)
	}
	return name + extension
}

// hasDigest reports whether there is a file with that digest at a path. A file that cannot be read
// counts as another one.
func hasDigest(ctx context.Context, path, digest string) (bool, error) {
	if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() {
		return false, nil // the name is taken, by whatever it is
	}
	f, err := os.Open(path)
	if err != nil {
		return false, nil // the name is taken, by whatever it is
	}
	defer f.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, files.ContextReader(ctx, f)); err != nil {
		return false, ctx.Err()
	}
	return hex.EncodeToString(hash.Sum(nil)) == digest, nil
}
