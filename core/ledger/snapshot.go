package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
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
	err = f.Close()
	whole := path + ".whole" // with the addresses, also in pages that the file no longer uses
	defer os.Remove(whole)
	err = errors.Join(err, l.copyFile(ctx, whole))
	if err == nil {
		err = l.copyWithoutLaunches(ctx, whole, path)
	}
	if err != nil && ctx.Err() != nil {
		err = ctx.Err() // bbolt does not wrap the error of the writer
	}
	if err != nil {
		return errors.Join(fmt.Errorf("copy the ledger: %w", err), os.Remove(path))
	}
	return nil
}

// copyFile copies the ledger's file, as it is in one transaction, to a file at path, which it creates or
// replaces.
func (l *Ledger) copyFile(ctx context.Context, path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) // #nosec G304 -- a file that the caller made for the copy
	if err != nil {
		return err
	}
	l.letGo() // if it is open for writing, others could not read it meanwhile
	err = l.readTx(ctx, func(tx *bolt.Tx) error {
		_, err := tx.WriteTo(contextWriter{ctx, f})
		return err
	})
	return errors.Join(err, f.Close())
}

// copyWithoutLaunches copies all buckets but bucketLaunches from one file to another, which is empty; from and to
// are the paths. Nobody else has either file open.
func (l *Ledger) copyWithoutLaunches(ctx context.Context, from, to string) error {
	return l.catchPanic(func() error {
		old, err := bolt.Open(from, 0o600, &bolt.Options{ReadOnly: true, FreelistType: bolt.FreelistMapType})
		if err != nil {
			return err
		}
		err = old.View(func(tx *bolt.Tx) error {
			return l.fillFile(to, tx, func(fresh *bolt.DB) error {
				b := &rebuilder{ctx: ctx, guard: l.catchPanic, copied: isCopy(tx), old: tx, fresh: fresh, maxPuts: l.putsPerTx}
				return b.steps(b.createBuckets, b.copyAllButLaunches)
			})
		})
		return errors.Join(err, old.Close())
	})
}

// contextWriter fails once its context is done.
type contextWriter struct {
	ctx context.Context
	w   io.Writer
}

func (c contextWriter) Write(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.w.Write(p)
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
