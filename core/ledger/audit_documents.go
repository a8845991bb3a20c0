package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"countersign/core/files"
	"countersign/core/request"
)

// progressInterval is how often an audit reports its progress while it reads documents.
const progressInterval = 200 * time.Millisecond

// checkDocuments hashes every document that an event names, each once, up to the first fault.
func (a *auditor) checkDocuments(ctx context.Context) error {
	defer a.reportProgress()
	buffer := make([]byte, 256<<10)
	previous, reported := "", time.Now()
	err := a.documents.each(func(key, value []byte) error {
		digest := string(key)
		if digest == previous || !digestForm.MatchString(digest) {
			return nil
		}
		previous = digest
		size, err := a.hashDocument(ctx, digest, request.ID(value), buffer)
		if err != nil {
			return err
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
	if errors.Is(err, errFaultFound) {
		return nil
	}
	return err
}

// hashDocument reads a document, compares its digest and returns its size in bytes. It returns
// errFaultFound after a fault.
func (a *auditor) hashDocument(ctx context.Context, digest string, id request.ID, buffer []byte) (size int64, err error) {
	fail := func(k FaultKind, problem request.Sentence) (int64, error) {
		a.fail(Fault{Kind: k, Request: id, Document: digest}, problem)
		return 0, errFaultFound
	}
	f, err := a.ledger.OpenDocument(digest)
	if errors.Is(err, ErrNotFound) {
		return fail(Removed, request.Sentencef("audit_document_missing", "the document is missing"))
	}
	if errors.Is(err, errNotAFile) {
		return fail(Altered, request.SentenceOf(errNotAFile))
	}
	if err != nil {
		return 0, fmt.Errorf("read document %.12s: %w", digest, err)
	}
	defer f.Close()
	sum := sha256.New()
	size, err = io.CopyBuffer(struct{ io.Writer }{sum}, files.ContextReader(ctx, f), buffer)
	if err != nil {
		return 0, fmt.Errorf("read document %.12s: %w", digest, err)
	}
	if hex.EncodeToString(sum.Sum(nil)) != digest {
		return fail(Altered, request.Sentencef("audit_document_changed", "the document was changed"))
	}
	return size, nil
}
