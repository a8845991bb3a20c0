package pdf

import (
	"slices"
	"time"

	"countersign/core/certificate"
)

// Signature is what a PDF file itself shows of one signature in it. Texts are in English.
type Signature struct {
	Field        string    // the fully qualified name of its form field
	Fields       []string  // the names of all its form fields, Field first; nil when it has only that one
	Signer       string    // the name in the certificate, see [certificate.Certificate.Name]
	SignedAt     time.Time // as the signer claims, in the zone that is stated, or as the authority states when DocTimestamp is set; zero when not known
	ZoneUnknown  bool      // SignedAt was stated without a time zone, and is read as UTC
	DocTimestamp bool      // it is a document time-stamp: it shows when the file existed, and not that anyone agreed to it

	State           State    // whether it is intact
	CoversWholeFile bool     // nothing was appended after this signature
	Trusted         bool     // it is intact, and its certificate had a chain to one of the anchors at [Signature.SigningTime]
	Problem         string   // why it is not intact; empty when it is
	Coded           *Problem // Problem with its code; nil when it has none
	Weak            string   // the digest, when it is one that can be forged today, like "SHA-1"; empty otherwise. A weak signature is never trusted.

	ContentsOffset int64 // offset of the signature's value in the file; zero when not known
	CoveredEnd     int64 // offset where the covered bytes end; zero when not known

	// ByteRange are the offset and the length of each of the two covered parts of the file, in bytes. It is zero when the
	// file has no well-formed one.
	ByteRange [4]int64
	// CMS is the SignedData as it is in the file, without the zeros that pad it. It must not be modified.
	CMS []byte
	// Certificates are the signer's and, as far as they are in the file, those of its issuers. Each issued the one before
	// it. Only Trusted shows whether they lead to an anchor.
	Certificates []*certificate.Certificate

	Algorithm          string              // the digest and the key, as the signature claims: "SHA-256, RSA 2048"
	Level              string              // the kind of signature, like "PAdES B-T"; empty when it is not intact
	SignatureTimestamp *SignatureTimestamp // the time-stamp in the signature; nil without one, or when the signature is not intact
	TrustReason        string              // why it is trusted or not; empty without anchors, or when it is not intact
	TrustCoded         *Problem            // TrustReason with its code; nil without anchors, or when it is not intact

	Revocation Revocation // what the file says about the revocation of its certificates
	evidence   evidence

	Appended   Appended   // what was appended to the file after it; zero when it is not intact
	Permission Permission // what its signer allows to be changed, if the signature certifies the file
	Violation  string     // which changes the signer did not allow, as a sentence; empty when there are none
	Forbidden  []Change   // the changes that Violation is about
}

// SignatureTimestamp is the time-stamp in the unsigned attributes of a signature (RFC 3161, appendix A): the statement of
// an authority that the signature existed at that time.
type SignatureTimestamp struct {
	At          time.Time
	Authority   string   // the name in its certificate
	State       State    // whether it is for this signature, and made with the key of its certificate
	Weak        string   // as in [Signature]: a time-stamp with such a digest shows no time
	Trusted     bool     // it is intact, and its certificate is one for time-stamping with a chain to an anchor
	Problem     string   // why it is not intact, in English; empty when it is
	Coded       *Problem // Problem with its code; nil when it has none
	TrustReason string   // why it is trusted or not, in English; empty when there were no anchors or it is not intact
	TrustCoded  *Problem // TrustReason with its code; nil when it is empty
	evidence    evidence
}

// Intact reports whether the signature is intact.
func (s *Signature) Intact() bool { return s.State == Intact }

// Intact reports whether the time-stamp is intact.
func (t *SignatureTimestamp) Intact() bool { return t.State == Intact }

// StatedTime returns SignedAt as it is stated: with its time zone, or without one. It is empty when the time is not known.
func (s *Signature) StatedTime() string {
	switch {
	case s.SignedAt.IsZero():
		return ""
	case s.ZoneUnknown:
		return s.SignedAt.Format(time.DateTime)
	}
	return s.SignedAt.Format(time.DateTime + " -07:00")
}

// SigningTime returns the time in a trusted time-stamp of the signature, or else the time that the signer claims.
func (s *Signature) SigningTime() time.Time {
	if s.SignatureTimestamp != nil && s.SignatureTimestamp.Trusted {
		return s.SignatureTimestamp.At
	}
	return s.SignedAt
}

// SignedAfter returns the intact signatures that were made after the file had its first length bytes: their values come
// after these bytes, and they cover them. Document time-stamps are left out. If the file also continues a document of that
// length (see [Continues]), each of these signatures was made over that document. A length of zero returns none. Weak
// signatures are left out: another document may have the same digest.
func SignedAfter(signatures []Signature, length int64) []Signature {
	return slices.DeleteFunc(slices.Clone(signatures), func(s Signature) bool {
		return !s.Intact() || s.Weak != "" || s.DocTimestamp || length <= 0 || s.ContentsOffset < length || s.CoveredEnd <= length
	})
}
