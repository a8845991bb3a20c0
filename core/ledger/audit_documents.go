package ledger

import (
	"context"
	"errors"
	"time"

	bolt "go.etcd.io/bbolt"

	"countersign/core/ledger/keyset"
	"countersign/core/request"
)

// progressInterval is how often an audit reports its progress while it reads documents.
const progressInterval = 200 * time.Millisecond

// checkDocuments hashes every document that an event names, each once, and reports the first fault. With
// [AuditOptions.Record], it records with the requests of a document that it is damaged, or that it no
// longer is.
func (a *auditor) checkDocuments(ctx context.Context) error {
	defer a.reportProgress()
	damaged, err := a.ledger.damagedDigests(ctx)
	if err != nil && !errors.Is(err, keyset.ErrDamaged) { // of a damaged list the report has a fault
		return err
	}
	buffer := make([]byte, 256<<10)
	previous, reported := "", time.Now()
	var previousID request.ID
	var fault *Fault // of the document with the digest previous
	return a.documents.each(func(key, value []byte) error {
		digest, id := string(key), request.ID(value)
		if digest == previous && fault != nil && id != previousID && a.All {
			previousID = id
			f := *fault
			f.Request = id
			a.fail(f, fault.Sentence())
		}
		if digest == previous || !digestForm.MatchString(digest) {
			return nil
		}
		previous, previousID, fault = digest, id, nil
		size, damage, err := a.hashDocument(ctx, digest, buffer)
		if err != nil {
			return err
		}
		if a.Record && (damage != "" || damaged[digest]) {
			a.ledger.recordCheck(ctx, digest, damage)
		}
		if damage != "" {
			fault = documentFault(digest, id, damage)
			a.fail(*fault, fault.Sentence())
			return nil
		}
		a.report.Documents++
		a.report.Bytes += size
		a.progress.Documents, a.progress.Bytes = a.report.Documents, a.report.Bytes
		if time.Since(reported) > progressInterval {
			a.reportProgress()
			reported = time.Now()
		}
		return nil
	})
}

// hashDocument compares the bytes of a document with its digest, and returns its size in bytes. A
// document that is altered or missing is no error: hashDocument returns the damage. buffer is used for reading.
func (a *auditor) hashDocument(ctx context.Context, digest string, buffer []byte) (size int64, damage request.Damage, err error) {
	f, size, err := a.ledger.openDocument(ctx, digest, buffer)
	if err == nil {
		return size, "", f.Close()
	}
	damage, known := damageOf(err)
	if !known {
		return 0, "", err
	}
	return 0, damage, nil
}

// documentFault returns the fault of a request one of whose documents is damaged.
func documentFault(digest string, id request.ID, damage request.Damage) *Fault {
	f := &Fault{Kind: Altered, Request: id, Document: digest}
	problem := request.Sentencef("audit_document_changed", "the document was changed")
	if damage == request.Missing {
		f.Kind, problem = Removed, request.Sentencef("audit_document_missing", "the document is missing")
	}
	f.Problem, f.Cause = problem.Text, problem.Cause
	return f
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
