package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	bolt "go.etcd.io/bbolt"

	"countersign/core/files"
	"countersign/core/request"
)

// ErrAltered is returned for a document whose file no longer has the bytes that were stored.
var ErrAltered = request.Errorf("document_altered", "the stored file was altered: put it back from a backup")

// ErrMissing is returned for a document whose file is no longer there. [errors.Is] also takes it for an
// [ErrNotFound].
var ErrMissing error = missingError{request.Errorf("document_missing", "the stored file is missing: put it back from a backup")}

type missingError struct{ error }

func (e missingError) Unwrap() error { return e.error }

func (missingError) Is(target error) bool { return target == ErrNotFound }

// OpenDocument opens a stored document for reading, at its beginning, after comparing its bytes with its
// digest. The caller closes it. It fails with [ErrMissing] or [ErrAltered], and does not open a pipe or a
// device, which could block.
//
// Whatever shows, copies or sends a document opens it here. If the document is damaged, or no longer is,
// OpenDocument records that with every request that has the document. If it cannot write the record, it
// logs the reason.
//
// In the copy of an office's register it first fetches a document that is not here from the server, and then also fails as
// [Server.Document] does.
func (l *Ledger) OpenDocument(ctx context.Context, digest string) (*os.File, error) {
	f, _, err := l.openDocument(ctx, digest, make([]byte, 64<<10))
	if l.opts.Office != nil && errors.Is(err, ErrMissing) {
		if err := l.fetchDocument(ctx, digest); err != nil {
			return nil, err // that it is not here is nothing about the document
		}
		f, _, err = l.openDocument(ctx, digest, make([]byte, 64<<10))
	}
	if damage, known := damageOf(err); known {
		l.recordCheck(ctx, digest, damage)
	}
	return f, err
}

// CheckDocument compares a stored document with its digest, and records what it finds, as
// [Ledger.OpenDocument] does. It returns the same errors.
func (l *Ledger) CheckDocument(ctx context.Context, digest string) error {
	f, err := l.OpenDocument(ctx, digest)
	if err != nil {
		return err
	}
	return f.Close()
}

// CheckFiles checks every stored file of a request, and returns the request with what was found. It fails
// if the request cannot be read, or with the error of ctx. A file that is damaged or cannot be read is no
// error: that is logged.
func (l *Ledger) CheckFiles(ctx context.Context, id request.ID) (request.Request, error) {
	r, err := l.Get(ctx, id)
	if err != nil {
		return request.Request{}, err
	}
	for _, f := range r.Files() {
		if err := l.CheckDocument(ctx, f.SHA256); err != nil {
			if ctx.Err() != nil {
				return request.Request{}, ctx.Err()
			}
			l.opts.Log.Info("a stored file was checked", "request", id, "role", string(f.Role), "error", files.WithoutPath(err))
		}
	}
	return l.Get(ctx, id)
}

// damageOf returns what an error of openDocument says about the document: damage is empty for nil. known
// is false if the document could not be read, so that nothing was found out.
func damageOf(err error) (damage request.Damage, known bool) {
	switch {
	case err == nil:
		return "", true
	case errors.Is(err, ErrAltered):
		return request.Altered, true
	case errors.Is(err, ErrMissing):
		return request.Missing, true
	}
	return "", false
}

// openDocument opens a document and compares its bytes with its digest. It returns the file at its
// beginning, and its size in bytes. It fails with ErrMissing or ErrAltered, and records nothing. buffer
// is used for reading.
func (l *Ledger) openDocument(ctx context.Context, digest string, buffer []byte) (f *os.File, size int64, err error) {
	f, _, err = files.OpenRegular(l.DocumentPath(digest))
	switch {
	case errors.Is(err, files.ErrFolder), errors.Is(err, files.ErrNotRegular):
		return nil, 0, ErrAltered
	case errors.Is(err, fs.ErrNotExist):
		return nil, 0, ErrMissing
	case err != nil:
		return nil, 0, fmt.Errorf("read document %.12s: %w", digest, err)
	}
	sum := sha256.New()
	size, err = io.CopyBuffer(struct{ io.Writer }{sum}, files.ContextReader(ctx, f), buffer)
	if err != nil {
		err = fmt.Errorf("read document %.12s: %w", digest, err)
	} else if hex.EncodeToString(sum.Sum(nil)) != digest {
		err = ErrAltered
	} else {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		_ = f.Close() // it was only read
		return nil, 0, err
	}
	return f, size, nil
}

// recordCheck records what a check of a document found, with every request that has the document and for
// which this is new. damage is empty for a document that is as it was stored. If the record cannot be
// written, recordCheck logs the reason.
func (l *Ledger) recordCheck(ctx context.Context, digest string, damage request.Damage) {
	err := l.eachChecked(ctx, digest, damage, func(r request.Request, e request.Event) error {
		_, err := l.Append(ctx, Change{ID: r.ID, Version: r.Version, Events: []request.Event{e}})
		return err
	})
	if err != nil {
		l.opts.Log.Warn("what a check of a stored file found cannot be recorded", "error", files.WithoutPath(err))
	}
}

// maxCheckTries is how often eachChecked reads the requests, at most, while others change them.
const maxCheckTries = 20

// eachChecked calls the function record with every request that has the document and for which damage is
// new, and with the event to append to it. After an ErrConflict it reads the requests again. It returns
// ErrConflict after maxCheckTries, and any other error of record at once.
func (l *Ledger) eachChecked(ctx context.Context, digest string, damage request.Damage, record func(request.Request, request.Event) error) error {
	for range maxCheckTries {
		found, err := l.findByFile(ctx, digest)
		for _, r := range found {
			if e, isNew := r.FileChecked(digest, damage); isNew && err == nil {
				err = record(r, e)
			}
		}
		if !errors.Is(err, ErrConflict) {
			return err
		}
	}
	return ErrConflict
}

// findByFile returns the requests that have a stored file with a digest: an original, a signed or an
// attached file.
func (l *Ledger) findByFile(ctx context.Context, digest string) (found []request.Request, err error) {
	err = l.readTx(ctx, func(tx *bolt.Tx) error {
		found = nil
		numbers, err := numbersByFile(tx, digest)
		if err != nil {
			return err
		}
		for _, n := range numbers {
			r, err := readNumber(tx, n)
			if err != nil {
				return err
			}
			found = append(found, r)
		}
		return nil
	})
	return found, err
}

// numbersByFile returns the numbers of the requests that have a stored file with a digest, sorted.
func numbersByFile(tx *bolt.Tx, digest string) (all []number, err error) {
	for _, prefix := range []string{documentPrefix, signedPrefix} {
		for n, err := range byTermPrefix(tx, exactTerm(prefix, digest)+"\x00") {
			if err != nil {
				return nil, err
			}
			all = append(all, n)
		}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}
