package backup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"countersign/core/files"
	"countersign/core/home"
	"countersign/core/ledger"
)

// findDocuments copies the documents for a backup that was made without them into the home that was unpacked into work. It takes them
// from the home in which the archive in is. A document that is missing there, or was changed, is left out; the audit reports it.
func (r *archiveReader) findDocuments(in, work string) error {
	if !slices.Contains(strings.Split(r.title, "\n"), withoutDocumentsLine) {
		return nil
	}
	in, err := filepath.Abs(in)
	if err != nil {
		return err
	}
	folder := filepath.Dir(in)
	if filepath.Base(folder) != home.BackupsName {
		return fmt.Errorf("the backup has no documents: put it into the folder %s of the home whose documents it needs", home.BackupsName)
	}
	from, to := filepath.Join(filepath.Dir(folder), documentsDir), filepath.Join(work, documentsDir)
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	l, err := ledger.Open(r.ctx, work, ledger.Options{Exclusive: true, NoOlder: true})
	if err != nil {
		return err
	}
	err = l.EachDocument(r.ctx, func(digest string) error {
		return r.findDocument(digest, filepath.Join(from, digest+".pdf"), filepath.Join(to, digest+".pdf"))
	})
	return errors.Join(err, l.Close())
}

// findDocument copies a document, unless it is missing or does not have its digest.
func (r *archiveReader) findDocument(digest, from, to string) error {
	f, size, err := files.OpenRegular(from)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, files.ErrFolder), errors.Is(err, files.ErrNotRegular):
		return nil
	case err != nil:
		return err
	}
	defer f.Close()
	if size > maxDocument {
		return nil
	}
	copied, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) // #nosec G304 -- a digest in a new folder
	if err != nil {
		return err
	}
	sum, err := r.copyExactly(files.ContextReader(r.ctx, f), copied, size)
	switch err := errors.Join(err, copied.Sync(), copied.Close()); {
	case errors.Is(err, errDamaged), err == nil && sum != digest:
		return files.Remove(to)
	case err != nil:
		return err
	}
	r.summary.Documents++
	r.summary.Files++
	r.summary.Bytes += size
	r.opts.OnProgress(Progress{Files: r.summary.Files, Bytes: r.summary.Bytes})
	return nil
}
