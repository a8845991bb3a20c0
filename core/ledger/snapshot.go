package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

// FileName is the name of a ledger's file in its folder.
const FileName = fileName

// Snapshot copies the ledger's file, as it is in one transaction, to a file that must not be
// there. Who writes meanwhile waits for as long as the copying takes.
func (l *Ledger) Snapshot(ctx context.Context, path string) (err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("copy the ledger: %w", err)
	}
	err = l.readTx(ctx, func(tx *bolt.Tx) error {
		_, err := tx.WriteTo(contextWriter{ctx, f})
		return err
	})
	if err != nil && ctx.Err() != nil {
		err = ctx.Err() // the store tells of it in words alone
	}
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(fmt.Errorf("copy the ledger: %w", err), os.Remove(path))
	}
	return nil
}

// contextWriter stops writing when its context ends.
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

// EachDocument gives the digest of every document that an event names, each once, in order. It
// does not look whether the documents are there. The ledger is free while each is told.
func (l *Ledger) EachDocument(ctx context.Context, each func(digest string) error) error {
	dir, err := os.MkdirTemp("", "countersign-documents-*")
	if err != nil {
		return fmt.Errorf("list the documents: %w", err)
	}
	defer os.RemoveAll(dir)
	all := &sorter{dir: filepath.Join(dir, "sorting"), maxBytes: l.sortBytes}
	defer all.close()
	var from []byte
	for done := false; !done; {
		err := l.readTx(ctx, func(tx *bolt.Tx) (err error) {
			from, err = collectDocuments(ctx, tx, from, all)
			return err
		})
		if err != nil {
			return err
		}
		done = from == nil
	}
	before := ""
	return all.each(func(key, _ []byte) error {
		digest := string(key)
		if digest == before || !digestForm.MatchString(digest) {
			return nil
		}
		before = digest
		return each(digest)
	})
}

// collectDocuments goes through a batch of the events. It gives the key of the one that comes
// next; nil at the end.
func collectDocuments(ctx context.Context, tx *bolt.Tx, from []byte, all *sorter) ([]byte, error) {
	cursor := tx.Bucket(bucketEvents).Cursor()
	k, v := cursor.Seek(from)
	for range batchSize {
		if err := ctx.Err(); err != nil || k == nil {
			return nil, err
		}
		var e request.Event
		if err := json.Unmarshal(v, &e); err == nil { // what is none is for the audit to find
			for _, digest := range documentsOf(e) {
				if err := all.add([]byte(digest), nil); err != nil {
					return nil, err
				}
			}
		}
		k, v = cursor.Next()
	}
	return bytes.Clone(k), nil
}
