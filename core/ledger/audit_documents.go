package ledger

import (
	"context"
	"errors"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"

	"countersign/core/ledger/keyset"
	"countersign/core/request"
)

// progressInterval is how often an audit reports its progress while it reads documents.
const progressInterval = 200 * time.Millisecond

// namedDocument is a document with a request that has an event which names it.
type namedDocument struct {
	digest string
	id     request.ID
	again  bool // it is the document of the one before

	size   int64
	damage request.Damage // empty for a sound document
}

// checkDocuments hashes every document that an event names, each once and several at the same time, and reports the first fault. With
// [AuditOptions.Record], it records with the requests of a document that it is damaged, or that it no
// longer is.
func (a *auditor) checkDocuments(ctx context.Context) error {
	defer a.reportProgress()
	damaged, err := a.ledger.damagedDigests(ctx)
	if err != nil && !errors.Is(err, keyset.ErrDamaged) { // of a damaged list the report has a fault
		return err
	}
	reported := time.Now()
	var before namedDocument
	err = inOrder(ctx, a.ledger.catchPanic, a.eachDocument, a.hasherOf(ctx), func(d namedDocument) error {
		if d.again {
			if before.damage != "" && d.id != before.id && a.All {
				a.failDocument(d.digest, d.id, before.damage)
				before.id = d.id
			}
			return nil
		}
		if a.copied && d.damage == request.Missing { // the server has it
			before = namedDocument{}
			return nil
		}
		before = d
		if a.Record && (d.damage != "" || damaged[d.digest]) {
			a.ledger.recordCheck(ctx, d.digest, d.damage)
		}
		if d.damage != "" {
			a.failDocument(d.digest, d.id, d.damage)
			if a.stopped() && !a.Record { // nobody is told about the others
				return errFaultFound
			}
			return nil
		}
		a.report.Documents++
		a.report.Bytes += d.size
		a.progress.Documents, a.progress.Bytes = a.report.Documents, a.report.Bytes
		if time.Since(reported) > progressInterval {
			a.reportProgress()
			reported = time.Now()
		}
		return nil
	})
	if errors.Is(err, errFaultFound) {
		return nil
	}
	return err
}

// eachDocument sends the documents that events name, in the order of their digests.
func (a *auditor) eachDocument(send func(namedDocument) error) error {
	before := ""
	return a.documents.each(func(key, value []byte) error {
		d := namedDocument{digest: string(key), id: request.ID(value), again: string(key) == before}
		if !isDigest(d.digest) {
			return nil
		}
		before = d.digest
		return send(d)
	})
}

// hasherOf returns a function that compares the bytes of a document with its digest, and sets its size in bytes and its damage. It may
// be called on several goroutines.
func (a *auditor) hasherOf(ctx context.Context) func(namedDocument) (namedDocument, error) {
	buffers := sync.Pool{New: func() any { return new([256 << 10]byte) }}
	return func(d namedDocument) (namedDocument, error) {
		if d.again {
			return d, nil
		}
		buffer := buffers.Get().(*[256 << 10]byte)
		defer buffers.Put(buffer)
		f, size, err := a.ledger.openDocument(ctx, d.digest, buffer[:])
		if err == nil {
			d.size = size
			return d, f.Close()
		}
		damage, known := damageOf(err)
		if !known {
			return d, err
		}
		d.damage = damage
		return d, nil
	}
}

// failDocument puts a fault into the report for a request one of whose documents is damaged.
func (a *auditor) failDocument(digest string, id request.ID, damage request.Damage) {
	f, problem := Fault{Kind: Altered, Request: id, Document: digest}, request.Sentencef("audit_document_changed", "the document was changed")
	if damage == request.Missing {
		f.Kind, problem = Removed, request.Sentencef("audit_document_missing", "the document is missing")
	}
	a.fail(f, problem)
}

// damagedDigests returns the digests of all files that are recorded as damaged with a request. It reads
// no file.
func (l *Ledger) damagedDigests(ctx context.Context) (map[string]bool, error) {
	digests := map[string]bool{}
	err := l.readTx(ctx, func(tx *bolt.Tx) error {
		for n, err := range byTermPrefix(tx, damagedTerm+"\x00") {
			if err != nil {
				return err
			}
			r, err := readNumber(tx, n)
			if err != nil {
				return err
			}
			for _, f := range r.DamagedFiles() {
				digests[f.SHA256] = true
			}
		}
		return nil
	})
	return digests, err
}
