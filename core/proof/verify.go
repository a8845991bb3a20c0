// Package proof looks at signed files: whether one proves that a document was signed, and what any
// PDF file says of its signatures.
package proof

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"countersign/core/files"
	"countersign/core/gateway"
	"countersign/core/input"
	"countersign/core/pdf"
	"countersign/core/request"
)

// Verified is what was found in one PDF file.
type Verified struct {
	Name      string // the name of the file, in the form of input.Label
	SHA256    string
	Size      int64
	Pages     int  // zero when they cannot be counted
	Encrypted bool // the file is encrypted, and yet opens without a password
	// Signatures are in the order in which they were made, and include document time-stamps.
	Signatures []Signature
	Blank      []string // signature fields that nobody has signed
	Hidden     int      // how many places of the raw file look like a signature and belong to no field
	// AnchorProblems are what could not be used in the trust folder of the home, each with what to do.
	AnchorProblems []request.Sentence
}

// Signature is what was found about one signature. All texts are in English and of limited length;
// what is not known is zero.
type Signature struct {
	Field      string
	Fields     []string  // all its fields, when there are several
	Signer     string    // the name in the certificate
	Issuer     string    // who issued it
	SignedAt   time.Time // as the signer claims
	Stated     string    // SignedAt as the file states it, with its zone
	NoZone     bool      // the file states no zone; SignedAt reads the time as UTC
	Timestamp  bool      // it is a document time-stamp, and nobody's consent
	State      pdf.State
	Whole      bool          // it covers the whole file: nothing was added after it
	Problem    string        // why it is not intact
	Cause      request.Cause // of Problem
	Trusted    bool
	Trust      string        // why it is trusted or not
	Because    request.Cause // of Trust
	Revocation string        // of its certificates, as the file tells it: good, revoked, or not told
	RevokedAt  time.Time     // zero unless it is revoked
	Weak       string        // the digest, when it is intact by one that can be forged today; empty otherwise

	Permission            Permission // the code of Permits
	Forbidden             []string   // the changes in Breach
	Algorithm             string
	Level                 string
	ValidFrom, ValidUntil time.Time // of the certificate
	Stamp                 *Stamp    // nil when it has none
	Added                 int64     // bytes that were added after it
	Changes               []string  // what these bytes do, the gravest first; empty when nothing that matters
	Shows                 bool      // the document may show something else than what was signed
	Permits               string    // the changes that a certifying signature allows
	Breach                string    // what was changed although it is not allowed
	Effect                Effect    // of the bytes that were added after it
	NotComparedAt         int64     // offset of the first of these that could not be compared; zero when all were
}

// Kinds of changes in [Signature.Changes].
const (
	SignatureAdded     = string(pdf.SignatureAdded)
	TimestampAdded     = string(pdf.TimestampAdded)
	ValidationAdded    = string(pdf.ValidationAdded)
	PropertiesChanged  = string(pdf.PropertiesChanged)
	StampAdded         = string(pdf.AppearanceAdded)
	FormFilled         = string(pdf.FormFilled)
	AnnotationChanged  = string(pdf.AnnotationChanged)
	CouldNotBeCompared = string(pdf.NotCompared)
)

// State is what checking a signature or a time-stamp found.
type State = pdf.State

// The states of a signature or a time-stamp.
const (
	Intact    = pdf.Intact
	Broken    = pdf.Broken    // its bytes or its value do not fit
	Unchecked = pdf.Unchecked // it cannot be checked here
)

// Permission is what a certifying signature allows to be changed.
type Permission = pdf.Permission

// The permissions of certifying signatures.
const (
	PermitsNothing  = pdf.PermitsNothing
	PermitsForms    = pdf.PermitsForms
	PermitsComments = pdf.PermitsComments
)

// Intact reports whether the signature is intact.
func (s Signature) Intact() bool { return s.State == pdf.Intact }

// Intact reports whether the time-stamp is intact.
func (s *Stamp) Intact() bool { return s.State == pdf.Intact }

// Stamp is what was found about the time-stamp inside a signature.
type Stamp struct {
	At        time.Time
	Authority string
	State     pdf.State
	Trusted   bool
	Problem   string        // why it is not intact
	Cause     request.Cause // of Problem
	Trust     string        // why it is trusted or not
	Because   request.Cause // of Trust
	Weak      string        // as in [Signature]: such a time-stamp shows no time
}

// Sound reports whether the file has signatures, all of them are intact, and it is not
// [Verified.Altered].
func (v Verified) Sound() bool { return v.Intact() && !v.Altered() }

// Intact reports whether the file has signatures and all of them are intact.
func (v Verified) Intact() bool {
	return len(v.Signatures) > 0 && !slices.ContainsFunc(v.Signatures, func(f Signature) bool { return !f.Intact() })
}

// Broken reports whether a signature of the file is broken. Signatures that cannot be checked here
// do not count.
func (v Verified) Broken() bool {
	return slices.ContainsFunc(v.Signatures, func(f Signature) bool { return f.State == pdf.Broken })
}

// Unchecked returns how many signatures cannot be checked here.
func (v Verified) Unchecked() (n int) {
	for _, f := range v.Signatures {
		if f.State == pdf.Unchecked {
			n++
		}
	}
	return n
}

// Weak returns the name of the digest of the first signature that is weak, which means that it is intact
// and can be forged today because of its digest. It returns "" when no signature is weak.
func (v Verified) Weak() string {
	for _, f := range v.Signatures {
		if f.Weak != "" {
			return f.Weak
		}
	}
	return ""
}

// AllTrusted reports whether all signatures but document time-stamps are trusted by the anchors that the
// file was verified with. It also reports true when there are no such signatures.
func (v Verified) AllTrusted() bool {
	return !slices.ContainsFunc(v.Signatures, func(f Signature) bool { return !f.Timestamp && !f.Trusted })
}

// Altered reports whether the file may show something else than what its last signature was made for.
// Document time-stamps do not count as signatures here, nor in [Verified.Uncompared] and
// [Verified.AlteredBetween].
func (v Verified) Altered() bool {
	for _, f := range slices.Backward(v.Signatures) {
		if !f.Timestamp {
			return f.Effect == ShowsOther
		}
	}
	return false
}

// Uncompared reports whether something was added after a signature and could not be compared with what that signature was made
// for. It reports false if the file is already known to be [Verified.Altered] or [Verified.AlteredBetween].
func (v Verified) Uncompared() bool {
	return !v.Altered() && !v.AlteredBetween() && slices.ContainsFunc(v.Signatures, func(f Signature) bool { return !f.Timestamp && f.Effect == NotCompared })
}

// AlteredBetween reports whether the file shows what its last signature was made for, but may show
// something else than what an earlier one was made for. Form fields filled in between do not count:
// that is how several people sign a form.
func (v Verified) AlteredBetween() bool {
	return !v.Altered() && slices.ContainsFunc(v.Signatures, func(f Signature) bool {
		return !f.Timestamp && (f.Breach != "" || slices.Contains(f.Changes, string(pdf.OtherChange)) || slices.Contains(f.Changes, AnnotationChanged))
	})
}

// Verify checks the signatures of the PDF file at a path, and stores nothing. Signers are trusted
// if their certificates lead to one of anchors; when anchors is nil, nobody is. A broken signature
// is no error. It fails for a file that cannot be read as a PDF or needs a password.
func Verify(ctx context.Context, path string, anchors pdf.Anchors) (Verified, error) {
	name := input.Name(path)
	source, size, err := input.Path(path).Open()
	if err != nil {
		return Verified{}, input.Explain(input.PathLabel(path), err)
	}
	defer source.Close()
	v := Verified{Name: name, Size: size}
	report, err := pdf.Examine(contextReaderAt{ctx, source}, size, pdf.Options{Anchors: anchors})
	switch {
	case ctx.Err() != nil:
		return Verified{}, ctx.Err()
	case errors.Is(err, pdf.ErrEncrypted):
		return Verified{}, fmt.Errorf("%s needs a password to be read: ask for a copy without one", input.PathLabel(path))
	case err != nil:
		return Verified{}, input.Explain(input.PathLabel(path), err)
	}
	v.fill(report)
	hash := sha256.New()
	if _, err := io.Copy(hash, files.ContextReader(ctx, io.NewSectionReader(source, 0, size))); err != nil {
		return Verified{}, input.Explain(input.PathLabel(path), err)
	}
	v.SHA256 = hex.EncodeToString(hash.Sum(nil))
	return v, nil
}

// contextReaderAt fails with the context's error once the context has ended. It keeps the context
// because ReadAt has no parameter for it.
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

func (v *Verified) fill(r pdf.Report) {
	v.Pages, v.Encrypted, v.Hidden = r.Pages, r.Encrypted, r.OrphanedByteRanges
	for _, field := range r.UnsignedFields {
		v.Blank = append(v.Blank, input.Label(field))
	}
	v.Signatures = signaturesOf(r.Signatures)
}

func signaturesOf(signatures []pdf.Signature) []Signature {
	all := make([]Signature, 0, len(signatures))
	for _, s := range signatures {
		f := Signature{
			Field: input.Label(s.Field), Signer: input.Label(s.Signer), SignedAt: s.SignedAt, Timestamp: s.DocTimestamp,
			State: s.State, Whole: s.CoversWholeFile, Problem: s.Problem, Cause: CauseOf(s.Coded), Trusted: s.Trusted, Trust: gateway.Sanitize(s.TrustReason),
			Algorithm: s.Algorithm, Level: s.Level, Added: s.Appended.Bytes, Shows: s.Appended.MayAlterContent(), Permits: s.Permission.String(), Breach: s.Violation, Effect: ChangedAfter(s), NotComparedAt: s.Appended.NotComparedAt,
		}
		f.Revocation, f.RevokedAt = string(s.Revocation.State), s.Revocation.RevokedAt
		f.Stated, f.NoZone, f.Because, f.Weak, f.Permission = s.StatedTime(), s.ZoneUnknown, CauseOf(s.TrustCoded), s.Weak, s.Permission
		for _, field := range s.Fields {
			f.Fields = append(f.Fields, input.Label(field))
		}
		for _, c := range s.Forbidden {
			f.Forbidden = append(f.Forbidden, string(c))
		}
		if len(s.Certificates) > 0 {
			cert := s.Certificates[0]
			f.Issuer, f.ValidFrom, f.ValidUntil = input.Label(cert.IssuerName()), cert.NotBefore, cert.NotAfter
		}
		if t := s.SignatureTimestamp; t != nil {
			f.Stamp = &Stamp{At: t.At, Authority: input.Label(t.Authority), State: t.State, Trusted: t.Trusted, Problem: t.Problem, Cause: CauseOf(t.Coded), Trust: gateway.Sanitize(t.TrustReason), Because: CauseOf(t.TrustCoded), Weak: t.Weak}
		}
		for _, c := range s.Appended.Changes {
			f.Changes = append(f.Changes, string(c))
		}
		all = append(all, f)
	}
	return all
}
