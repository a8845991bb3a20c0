package team

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"countersign/core/register"
	"countersign/core/request"
)

const (
	// partSize is the size of the parts in which documents are stored and sent.
	partSize = 1 << 20
	// partTime is how long the server may take for one part, or to put all parts together.
	partTime = time.Minute
	// MaxDocument is the largest size of a document in bytes.
	MaxDocument = 512 * partSize
)

var (
	// ErrNoDocument is returned by [Office.Document] for a document that was never stored.
	ErrNoDocument = request.Errorf("office_document_none", "the office’s server does not have the document")
	// ErrForgotten is returned by [Office.Document] for a document whose content was deleted.
	ErrForgotten = request.Errorf("office_document_forgotten", "the office has forgotten the content of the document")
)

// PutDocument stores what r has, up to its end, and returns its SHA-256 as the server has computed it. Nobody sees the document before all
// of it is there. A document that is there already is left as it is.
func (o *Office) PutDocument(ctx context.Context, r io.Reader) (digest register.Hash, err error) {
	upload := uuid.New()
	sum := sha256.New()
	part := make([]byte, partSize)
	for number := 0; ; number++ {
		n, err := io.ReadFull(r, part)
		if err == io.EOF && number > 0 {
			break
		}
		if err != nil && err != io.EOF && !errors.Is(err, io.ErrUnexpectedEOF) {
			return digest, fmt.Errorf("read the document: %w", err)
		}
		if number*partSize+n > MaxDocument {
			return digest, request.Errorf("office_document_size", "a document of more than %s is not stored at the office: %w", request.Bytes(MaxDocument), ErrRefused)
		}
		sum.Write(part[:n])
		err = o.callForPart(ctx, func(ctx context.Context) error {
			_, err := o.pool.Exec(ctx, "SELECT countersign.put($1, $2, $3)", upload, number, part[:n])
			return err
		})
		if err != nil {
			return digest, err
		}
		if n < partSize {
			break
		}
	}
	err = o.callForPart(ctx, func(ctx context.Context) error {
		return o.pool.QueryRow(ctx, "SELECT countersign.finish($1)", upload).Scan(hash(&digest))
	})
	if err != nil {
		return digest, err
	}
	if digest != register.Hash(sum.Sum(nil)) {
		return digest, request.Errorf("office_document_changed", "the office’s server has stored another document than it was given")
	}
	return digest, nil
}

// Document writes the content of a document to w. It fails with [ErrNoDocument] or [ErrForgotten] before it writes anything, and with
// another error after it has written all, if the content is not what the digest says. So the caller keeps what was written only
// if the error is nil.
func (o *Office) Document(ctx context.Context, digest register.Hash, w io.Writer) error {
	var forgotten bool
	err := o.callForPart(ctx, func(ctx context.Context) error {
		return o.pool.QueryRow(ctx, "SELECT forgotten_at IS NOT NULL FROM countersign.documents WHERE sha256 = $1", digest[:]).Scan(&forgotten)
	})
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return ErrNoDocument
	case err != nil:
		return err
	case forgotten:
		return ErrForgotten
	}
	sum := sha256.New()
	// One part at a time: a reader that is slow holds no connection, and a part is all that is in memory.
	for number := 0; ; number++ {
		var part []byte
		err := o.callForPart(ctx, func(ctx context.Context) error {
			return o.pool.QueryRow(ctx, "SELECT content FROM countersign.parts WHERE sha256 = $1 AND part = $2", digest[:], number).Scan(&part)
		})
		if errors.Is(err, pgx.ErrNoRows) {
			break
		}
		if err != nil {
			return err
		}
		sum.Write(part)
		if _, err := w.Write(part); err != nil {
			return fmt.Errorf("write the document: %w", err)
		}
	}
	if digest != register.Hash(sum.Sum(nil)) {
		return request.Errorf("office_document_damaged", "the office’s server has another content for the document %s", digest)
	}
	return nil
}

// callForPart asks the server, which has partTime for the answer.
func (o *Office) callForPart(ctx context.Context, ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, partTime)
	defer cancel()
	return o.call(ctx, func() error { return ask(ctx) })
}
