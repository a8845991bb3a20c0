package evidence

import (
	"crypto"
	"crypto/ed25519"
	"embed"
	"io"
	"time"

	"countersign/core/i18n"
	"countersign/core/pdf"
	"countersign/core/request"
)

// Pack is the content of an evidence pack: everything about one request that is needed to verify it without this program.
type Pack struct {
	Request     request.Request
	Events      []request.Event
	StatusText  string // the status as text, in the language
	GatewayText string // the gateway as text: its name, kind and address

	Register        string        // the register's id
	RegisterExcerpt []byte        // the excerpt of the register with the events, in the format of core/register
	SigningKey      crypto.Signer // the register key, an Ed25519 key, which also signs the manifest

	// WitnessKeys are the keys of the desks of an office whose signatures are in the excerpt. A home of its own has none.
	WitnessKeys []ed25519.PublicKey

	Originals []PDFFile // in the order of the request's documents
	Signed    []PDFFile // the signed file of each document, in the same order; Open is nil for a document without one
	Attached  []PDFFile // signed files of a request without documents

	CreatedAt time.Time     // when the pack is made; the report shows all times in its zone
	Language  i18n.Language // of the report; empty stands for English
}

// PDFFile is a PDF file of a pack. Open may be called once; the pack closes what it returns.
type PDFFile struct {
	SHA256     string // hexadecimal
	Size       int64  // bytes
	Open       func() (io.ReadCloser, error)
	Signatures []pdf.Signature
}

// ErrFileChanged is returned for a file whose content does not have the SHA-256 of its [PDFFile].
var ErrFileChanged = request.Errorf("evidence_file_changed", "a stored file was changed: restore the home from a backup")

//go:embed pack/check.sh pack/README.txt pack/report.html
var embedded embed.FS
