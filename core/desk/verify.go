package desk

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"countersign/core/files"
	"countersign/core/gateway"
	"countersign/core/home"
	"countersign/core/ledger"
	"countersign/core/pdf"
)

// Anchors are the certificates that signatures are trusted by: the system's, and those in
// PEM files in the home's trust folder.
func Anchors(dir home.Dir) (*x509.CertPool, error) {
	anchors, err := x509.SystemCertPool()
	if err != nil {
		anchors = x509.NewCertPool()
	}
	files, err := filepath.Glob(filepath.Join(dir.Trust(), "*.pem"))
	if err != nil {
		return nil, fmt.Errorf("read the trust folder: %w", err)
	}
	for _, path := range files {
		pem, err := readAnchors(path)
		if err != nil {
			return nil, fmt.Errorf("read the trust folder: %w", err)
		}
		if !anchors.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s has no certificate in PEM form: mend it or take it away", path)
		}
	}
	return anchors, nil
}

const maxAnchors = 1 << 20 // bytes of a file of certificates

func readAnchors(path string) ([]byte, error) {
	source, size, err := PathFile(path).Open()
	if err != nil {
		return nil, explainFile(label(path), err)
	}
	defer source.Close()
	if size > maxAnchors {
		return nil, fmt.Errorf("%s has more than %d MB: take it away, or split it", label(path), maxAnchors>>20)
	}
	return io.ReadAll(io.NewSectionReader(source, 0, size))
}

// Verified is what a PDF file says of itself, when it is looked at.
type Verified struct {
	Name      string // a label
	SHA256    string
	Size      int64
	Pages     int  // zero when they cannot be counted
	Encrypted bool // it opens without a password all the same
	// Signatures are in the order in which they were made, time-stamps of the whole document among them.
	Signatures []Facts
	Blank      []string // the fields that are there for a signature and have none
	Hidden     int      // what looks like a signature in the raw file and belongs to no field
	// Anchors says why nobody is trusted, where the certificates in the trust folder cannot be read.
	Anchors string
}

// Facts is what is told of one signature. All texts are in English and bounded; what is not known is empty.
type Facts struct {
	Field     string
	Signer    string    // the name in the certificate
	Issuer    string    // who issued it
	SignedAt  time.Time // as the signer claims
	Timestamp bool      // a time-stamp of the whole document, and nobody's consent
	Intact    bool
	Whole     bool   // nothing was added after it
	Problem   string // why it is not intact
	Trusted   bool
	Trust     string // why it is trusted or not

	Algorithm             string
	Level                 string
	ValidFrom, ValidUntil time.Time // of the certificate
	Stamp                 *StampFacts
	Added                 int64    // bytes that were added after it
	Changes               []string // what these do, the gravest first; nothing that matters when there are none
	Shows                 bool     // what is seen of the document may be another than what was signed
	Permits               string   // what its signer allows to be changed, where it certifies the file
	Breach                string   // what was changed without being allowed
}

// The kinds of changes in [Facts.Changes].
const (
	SignatureAdded    = string(pdf.SignatureAdded)
	TimestampAdded    = string(pdf.TimestampAdded)
	ValidationAdded   = string(pdf.ValidationAdded)
	PropertiesChanged = string(pdf.PropertiesChanged)
	StampAdded        = string(pdf.StampAdded)
	FormFilled        = string(pdf.FormFilled)
	AnnotationChanged = string(pdf.AnnotationChanged)
)

// StampFacts is what is told of a time-stamp inside a signature.
type StampFacts struct {
	At        time.Time
	Authority string
	Intact    bool
	Trusted   bool
	Problem   string // why it is not intact
	Trust     string // why it is trusted or not
}

// Sound tells whether a file has signatures, all of them are intact, and shows what was signed with the last one.
func (v Verified) Sound() bool { return v.Intact() && !v.Altered() }

// Intact tells whether a file has signatures and all of them are intact.
func (v Verified) Intact() bool {
	return len(v.Signatures) > 0 && !slices.ContainsFunc(v.Signatures, func(f Facts) bool { return !f.Intact })
}

// Vouched tells whether somebody who is trusted here vouches for everybody who signed.
func (v Verified) Vouched() bool {
	return !slices.ContainsFunc(v.Signatures, func(f Facts) bool { return !f.Timestamp && !f.Trusted })
}

// Altered tells whether a file may show something else than what was signed with the last of its signatures.
func (v Verified) Altered() bool {
	for _, f := range slices.Backward(v.Signatures) {
		if !f.Timestamp {
			return f.Shows || f.Breach != ""
		}
	}
	return false
}

// AlteredBetween tells whether a file may show something else than was signed with some of its signatures, although it shows
// what was signed with the last one. Fields that were filled in between are how several people sign a form.
func (v Verified) AlteredBetween() bool {
	return !v.Altered() && slices.ContainsFunc(v.Signatures, func(f Facts) bool {
		return !f.Timestamp && (f.Breach != "" || slices.Contains(f.Changes, string(pdf.SomethingElse)) || slices.Contains(f.Changes, AnnotationChanged))
	})
}

// Verify tells what any PDF file says of its signatures; nothing of it is kept. A file that cannot be read as a PDF is
// an error.
func Verify(ctx context.Context, path string, anchors *x509.CertPool) (Verified, error) {
	name := label(filepath.Base(path))
	source, size, err := PathFile(path).Open()
	if err != nil {
		return Verified{}, explainFile(label(path), err)
	}
	defer source.Close()
	v := Verified{Name: name, Size: size}
	report, err := pdf.Examine(contextReaderAt{ctx, source}, size, pdf.Options{Anchors: anchors})
	switch {
	case ctx.Err() != nil:
		return Verified{}, ctx.Err()
	case errors.Is(err, pdf.ErrEncrypted):
		return Verified{}, fmt.Errorf("%s needs a password to be read: ask for a copy without one", label(path))
	case err != nil:
		return Verified{}, explainFile(label(path), err)
	}
	v.take(report)
	hash := sha256.New()
	if _, err := io.Copy(hash, files.Reader(ctx, io.NewSectionReader(source, 0, size))); err != nil {
		return Verified{}, explainFile(label(path), err)
	}
	v.SHA256 = hex.EncodeToString(hash.Sum(nil))
	return v, nil
}

// contextReaderAt reads until its context ends.
type contextReaderAt struct {
	ctx context.Context
	io.ReaderAt
}

func (r contextReaderAt) ReadAt(p []byte, off int64) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.ReaderAt.ReadAt(p, off)
}

// Verify is [Verify] with the anchors of this desk. Where these cannot be read it says so, and trusts nobody.
func (d *Desk) Verify(ctx context.Context, path string) (Verified, error) {
	anchors, problem := Anchors(d.cfg.Home)
	v, err := Verify(ctx, path, anchors)
	if err == nil && problem != nil {
		v.Anchors = problem.Error()
	}
	return v, err
}

func (v *Verified) take(r pdf.Report) {
	v.Pages, v.Encrypted, v.Hidden = r.Pages, r.Encrypted, r.Hidden
	for _, field := range r.Waiting {
		v.Blank = append(v.Blank, label(field))
	}
	v.Signatures = factsOf(r.Signatures)
}

func factsOf(signatures []pdf.Signature) []Facts {
	all := make([]Facts, 0, len(signatures))
	for _, s := range signatures {
		f := Facts{
			Field: label(s.Field), Signer: label(s.Signer), SignedAt: s.SignedAt, Timestamp: s.Timestamp,
			Intact: s.Intact, Whole: s.CoversWholeFile, Problem: s.Problem, Trusted: s.Trusted, Trust: gateway.Bounded(s.Trust),
			Algorithm: s.Algorithm, Level: s.Level, Added: s.Added.Bytes, Shows: s.Added.Shows(), Permits: s.Permits.String(), Breach: s.Breach,
		}
		if len(s.Certificates) > 0 {
			cert := s.Certificates[0]
			f.Issuer, f.ValidFrom, f.ValidUntil = label(pdf.IssuerOf(cert)), cert.NotBefore, cert.NotAfter
		}
		if t := s.Stamp; t != nil {
			f.Stamp = &StampFacts{At: t.At, Authority: label(t.Authority), Intact: t.Intact, Trusted: t.Trusted, Problem: t.Problem, Trust: gateway.Bounded(t.Trust)}
		}
		for _, c := range s.Added.Changes {
			f.Changes = append(f.Changes, string(c))
		}
		all = append(all, f)
	}
	return all
}

// errKeptMissing says that a document of the register is not in the home any more.
var errKeptMissing = errors.New("its kept copy is missing: restore the home from a backup")

// SignaturesOf gives what a kept document says of its signatures, as it is found today.
func (d *Desk) SignaturesOf(ctx context.Context, digest string) ([]Facts, error) {
	f, err := d.ledger.OpenDocument(digest)
	if errors.Is(err, ledger.ErrNotFound) {
		return nil, errKeptMissing
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	// Without anchors nobody is trusted, which is told where a file is checked by itself.
	anchors, _ := Anchors(d.cfg.Home)
	report, err := pdf.Examine(contextReaderAt{ctx, f}, info.Size(), pdf.Options{Anchors: anchors})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("its signatures cannot be read: %w", err)
	}
	return factsOf(report.Signatures), nil
}
