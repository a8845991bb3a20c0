package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

// Snapshot copies the ledger, as it is in one transaction, to a new file at path. It fails with [fs.ErrExist] if
// there is a file already; after any other failure there is none. The launches are not copied: a home that is
// made of the copy does not hear the returns of visits that began here. Writers wait until the file is copied. The copy is not synced to
// disk.
func (l *Ledger) Snapshot(ctx context.Context, path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) // #nosec G304 -- a new file where the caller wants the copy
	if err != nil {
		return fmt.Errorf("copy the ledger: %w", err)
	}
	if err := errors.Join(l.copyTo(ctx, f), f.Close()); err != nil {
		return errors.Join(fmt.Errorf("copy the ledger: %w", err), os.Remove(path))
	}
	return nil
}

// copyTo copies the ledger to a file.
func (l *Ledger) copyTo(ctx context.Context, f *os.File) (err error) {
	// Nobody writes to the ledger's file meanwhile, so its newest head is that of the transaction. If it stayed open for writing, others
	// could not read it. An error of the copy is none of the transaction, which would say that the ledger's disk is full.
	readErr := l.readReleased(ctx, func(tx *bolt.Tx) error { err = copyPages(ctx, tx.DB().Path(), f); return nil })
	if errors.Is(err, errStructure) {
		err = l.damaged(err)
	}
	return errors.Join(readErr, err)
}

// EachDocument calls the function each with the digest of every document that an event names: once for each
// digest, sorted, and whether or not the file exists. No lock is held during a call. EachDocument stops at the
// first error that a call returns, and returns it.
func (l *Ledger) EachDocument(ctx context.Context, each func(digest string) error) error {
	dir, err := os.MkdirTemp("", "countersign-documents-*")
	if err != nil {
		return fmt.Errorf("list the documents: %w", err)
	}
	defer os.RemoveAll(dir)
	digests := &sorter{dir: filepath.Join(dir, "sorting"), maxBytes: l.sortBytes}
	defer digests.close()
	var from []byte
	for done := false; !done; {
		err := l.readTx(ctx, func(tx *bolt.Tx) (err error) {
			from, err = collectDocuments(ctx, tx, from, digests)
			return err
		})
		if err != nil {
			return err
		}
		done = from == nil
	}
	before := ""
	return digests.each(func(key, _ []byte) error {
		digest := string(key)
		if digest == before || !isDigest(digest) {
			return nil
		}
		before = digest
		return each(digest)
	})
}

// documentsIn returns the digests of the documents that a stored event names: none if it cannot be read, which an audit reports.
func documentsIn(stored []byte) []string {
	if !bytes.Contains(stored, []byte(`256"`)) { // the end of the name that a digest has in JSON: few events have one
		return nil
	}
	e, err := request.DecodeEvent(stored)
	if err != nil {
		return nil
	}
	return documentsOf(e)
}

// collectDocuments adds the digests of a batch of events, beginning at the key from, to a sorter. It returns the
// key of the next event, or nil at the end.
func collectDocuments(ctx context.Context, tx *bolt.Tx, from []byte, digests *sorter) ([]byte, error) {
	cursor := tx.Bucket(bucketEvents).Cursor()
	k, v := cursor.Seek(from)
	for range batchSize {
		if err := ctx.Err(); err != nil || k == nil {
			return nil, err
		}
		for _, digest := range documentsIn(v) {
			if err := digests.add([]byte(digest), nil); err != nil {
				return nil, err
			}
		}
		k, v = cursor.Next()
	}
	return bytes.Clone(k), nil
}
