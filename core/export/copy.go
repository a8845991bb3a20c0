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

	"countersign/core/filename"
	"countersign/core/files"
	"countersign/core/input"
	"countersign/core/ledger"
	"countersign/core/proof"
	"countersign/core/request"
)

// SuggestCopy returns a path at which there is no file yet, for a copy of the signed file of a document.
// document is an index into the request's documents. The path is in folder. If folder is "", it is in the
// output folder of the settings, or, when none is set, in the person's folder Documents.
func (x *Exporter) SuggestCopy(ctx context.Context, id request.ID, document int, folder string) (path string, err error) {
	r, err := x.cfg.Ledger.Get(ctx, id)
	if err != nil {
		return "", err
	}
	return x.freePath(ctx, folder, signedName(r, document), ".pdf")
}

// freePath returns the first path in folder at which there is nothing yet. The name of the file is name,
// with a number when that is taken, and extension. If folder is "", it uses [Exporter.defaultFolder]. When
// all [maxSameName] names are taken, it returns the path with the last of them. The error is that of ctx.
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

// defaultFolder returns the output folder of the settings. When none is set, it returns the person's
// folder Documents, or the person's home folder if there is no such folder, or "" if that is not known.
func (x *Exporter) defaultFolder() string {
	if s, err := x.cfg.Policy.Settings.Load(x.cfg.Home); err == nil && s.OutputFolder != "" {
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

// SaveCopy copies the stored file with the SHA-256 digest to path, which must be absolute and whose
// folder must exist. It returns [ErrTaken] when there is something at path, and an error when the
// stored file no longer has its digest.
func (x *Exporter) SaveCopy(ctx context.Context, digest, path string) error {
	if !filepath.IsAbs(path) {
		return request.Errorf("copy_no_path", "a copy needs a folder and a name: enter its full path")
	}
	if err := filename.Check(path); err != nil {
		return err
	}
	path = filepath.Clean(path)
	if _, err := os.Lstat(path); err == nil {
		return ErrTaken
	}
	folder := filepath.Dir(path)
	temporary, err := copyInto(ctx, x.cfg.Ledger, folder, digest, files.CreateShared)
	if errors.Is(err, fs.ErrNotExist) {
		return request.Errorf("export_no_folder", "there is no folder %s: create it first, or choose another one", input.PathLabel(folder))
	}
	if err != nil {
		return notSaved(err)
	}
	defer files.Remove(temporary) // gone already when all went well
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

// copyNumbered copies the stored file with the SHA-256 digest into folder, as name.pdf or under the first
// free number; see [nameFirstFree]. It adds no file when a file of one of these names has the same bytes.
func copyNumbered(ctx context.Context, documents proof.Documents, folder, name, digest string) error {
	temporary, err := copyInto(ctx, documents, folder, digest, files.CreateShared)
	if err != nil {
		return err
	}
	defer files.Remove(temporary) // gone already when all went well
	_, err = nameFirstFree(ctx, temporary, filepath.Join(folder, name), digest)
	return err
}

// copyInto copies the stored file with the SHA-256 digest into folder and returns the path of the copy,
// which has a temporary name. It fails, and leaves no copy, when the content no longer has the digest.
// The function create creates the empty file in folder. The caller renames or removes the copy.
func copyInto(ctx context.Context, documents proof.Documents, folder, digest string, create func(folder string) (*os.File, error)) (temporary string, err error) {
	source, err := documents.OpenDocument(ctx, digest)
	if err != nil {
		return "", err
	}
	defer source.Close()
	f, err := create(folder)
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	_, err = io.Copy(io.MultiWriter(f, hash), files.ContextReader(ctx, source))
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil && hex.EncodeToString(hash.Sum(nil)) != digest {
		err = ledger.ErrAltered // while it was copied
	}
	if err != nil {
		return "", errors.Join(err, files.Remove(f.Name()))
	}
	return f.Name(), nil
}

// nameFirstFree renames the file temporary to name.pdf or, while names are taken, to "name (2).pdf" and
// so on, and returns the new path. When one of these files has the SHA-256 digest already, it returns the
// path of that file and leaves temporary as it is. It fails when all [maxSameName] names are taken.
func nameFirstFree(ctx context.Context, temporary, name, digest string) (final string, err error) {
	for n := 1; n <= maxSameName; n++ {
		final = numbered(name, ".pdf", n)
		err := files.RenameNew(temporary, final)
		if !errors.Is(err, fs.ErrExist) {
			return final, err
		}
		if same, err := hasDigest(ctx, final, digest); err != nil || same {
			return final, err
		}
	}
	return "", request.Errorf("copy_names", "there are %d files with the same name already: clean up the folder", maxSameName)
}

func numbered(name, extension string, n int) string {
	if n > 1 {
		return fmt.Sprintf("%s (%d)%s", name, n, extension)
	}
	return name + extension
}

// hasDigest reports whether there is a file with the SHA-256 digest at path. A file that cannot be read
// counts as one with another digest. The error is that of ctx.
func hasDigest(ctx context.Context, path, digest string) (bool, error) {
	found, err := digestOf(ctx, path)
	return found == digest && err == nil, err
}

// digestOf returns the SHA-256 digest of the file at path; empty if it cannot be read. The error is that of ctx.
func digestOf(ctx context.Context, path string) (string, error) {
	f, _, err := files.OpenRegular(path)
	if err != nil {
		return "", nil // the name is taken, by whatever it is
	}
	defer f.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, files.ContextReader(ctx, f)); err != nil {
		return "", ctx.Err()
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
