package pdf

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// Signature is one signature of a PDF, as far as it can be told without asking anyone.
type Signature struct {
	Field     string    // the full name of its form field
	Signer    string    // the common name in the certificate, or else its whole subject
	SignedAt  time.Time // as the signer claims; only a Timestamp is a witness
	Timestamp bool      // a document time-stamp: it says when the file was there, and nothing of what anyone agreed to

	Intact          bool   // the bytes it speaks for are as they were signed, with the key of its certificate
	CoversWholeFile bool   // nothing was added after this signature
	Trusted         bool   // it is intact, and its chain ended in one of the anchors at the time it claims
	Problem         string // in words for people; empty when intact

	At  int64 // where in the file the signature itself stands; zero when that is not known
	End int64 // it speaks for the bytes before this one; zero when that is not known

	// ByteRange are the two parts of the file that were signed, each as its place and its length in bytes; zero when it is
	// not a well-formed one.
	ByteRange [4]int64
	// CMS is the signature itself as it stands in the file, without the zeros it is padded with. It is not to be changed.
	CMS []byte
	// Certificates are the signer's and, as far as they were found in the file, those of its issuers, each the issuer of the
	// one before it. Whom they lead to is told by Trusted alone.
	Certificates []*x509.Certificate

	Algorithm string              // the digest and the key in words, as the signature says: "SHA-256, RSA 2048"
	Level     string              // the kind of signature as far as it can be told: "PAdES B-T"; empty when it is not intact
	Stamp     *SignatureTimestamp // the time-stamp inside the signature; nil when it has none
	Trust     string              // why it is trusted or not, in words; empty when it is not intact or nobody asked with anchors

	Added   Appended   // what was added to the file after it; not told of one that is not intact
	Permits Permission // what its signer allows to be changed, where the signature certifies the file
	Breach  string     // which changes it did not allow, in words; empty when there are none
}

const maxSignatures = 256 // verified in one file: each of them reads the whole file

const (
	subFilterPKCS7     = "adbe.pkcs7.detached"
	subFilterCAdES     = "ETSI.CAdES.detached"
	subFilterTimestamp = "ETSI.RFC3161"
)

var (
	errDuplicateSignature = errors.New("it repeats another signature of this file")
	errTooManySignatures  = fmt.Errorf("it was not checked: the file has more than %d signatures", maxSignatures)
	errSignedBytesNotPDF  = errors.New("the signed bytes are not a PDF")
)

// Signatures returns the signatures of a file in the order in which they were made. A file without signatures has none
// and no error; an error means that the file cannot be read as a PDF.
//
// A chain is built with the certificates that the signature and the file bring, and only to the anchors: without anchors
// no signature is trusted. An encrypted file is read when it opens without a password.
func Signatures(r io.ReaderAt, size int64, anchors *x509.CertPool) ([]Signature, error) {
	report, err := Examine(r, size, Options{Anchors: anchors})
	return report.Signatures, err
}

// chainSources is what the chain of a signer is built with.
type chainSources struct {
	anchors *x509.CertPool
	extra   []*x509.Certificate // found in the file, outside of its signatures
}

// verify fills in what can be told of a claim and returns why it is not intact.
func (s *Signature) verify(r io.ReaderAt, size int64, c signatureDict, t chainSources) error {
	if len(c.contents) > maxContents {
		return errSignatureTooLarge
	}
	m, messageErr := parseMessage(c.contents, t.extra)
	s.describe(m)
	s.CMS = trimPadding(c.contents)
	signed, err := newByteRange(c.byteRange, size)
	if err != nil {
		return err
	}
	s.At, s.End = signed.gapStart, signed.end
	s.ByteRange = [4]int64{0, signed.gapStart, signed.gapEnd, signed.end - signed.gapEnd}
	if err := signed.checkGap(r, c); err != nil {
		return err
	}
	s.CoversWholeFile = signed.coversWholeFile(size)
	if len(bytes.Trim(c.contents, "\x00")) == 0 {
		return errors.New("the signature itself is blank")
	}
	document := func(h crypto.Hash) ([]byte, error) { return signed.digest(r, h) }
	switch c.subFilter {
	case subFilterPKCS7, subFilterCAdES:
		if messageErr != nil {
			return messageErr
		}
		if err := s.verifySignature(r, m, document, t); err != nil {
			return err
		}
		s.Level, s.Permits = m.baselineLevel(c.subFilter, s.Stamp), c.permission
		return nil
	case subFilterTimestamp:
		if messageErr != nil {
			return messageErr
		}
		s.Level = levelDocTimestamp
		return s.verifyDocTimestamp(m, document, t)
	case "":
		return errors.New("it does not say what kind of signature it is")
	}
	return fmt.Errorf("it is a kind of signature that this program cannot check (%.40q)", c.subFilter)
}

func (s *Signature) describe(m message) {
	if m.certificate == nil {
		return
	}
	s.Signer, s.Certificates, s.Algorithm = subjectName(m.certificate), m.chain(), m.describeAlgorithm()
	if !m.signingTime.IsZero() {
		s.SignedAt = m.signingTime
	}
}

func (s *Signature) verifySignature(r io.ReaderAt, m message, document digester, t chainSources) error {
	if len(m.content) > 0 || !m.contentType.Equal(oidData) {
		return errNotDetached
	}
	if len(m.signer.Attributes.FullBytes) == 0 {
		// Without attributes the bytes alone are signed, and a set of signed attributes is a row of bytes too: it could
		// be taken from another signature and passed off as a document.
		head, err := readRange(r, 0, int64(len(headerStart)))
		if err != nil {
			return err
		}
		if string(head) != headerStart {
			return errSignedBytesNotPDF
		}
	}
	if err := m.verify(document); err != nil {
		return err
	}
	s.Stamp = m.signatureTimestamp(t)
	found := m.trust(t.anchors, s.SigningTime(), x509.ExtKeyUsageAny)
	s.Trusted, s.Trust = found.trusted, found.reason
	return nil
}

func (s *Signature) verifyDocTimestamp(m message, document digester, t chainSources) error {
	info, at, err := readTSTInfo(m)
	if err != nil {
		return err
	}
	s.SignedAt = at
	if err := checkTimestamp(m, info, document); err != nil {
		return err
	}
	found := m.trust(t.anchors, at, x509.ExtKeyUsageTimeStamping)
	s.Trusted, s.Trust = found.trusted, found.reason
	return nil
}

// SigningTime is the time of signing that a trusted time-stamp inside the signature vouches for, or else the one that the
// signer claims.
func (s *Signature) SigningTime() time.Time {
	if s.Stamp != nil && s.Stamp.Trusted {
		return s.Stamp.At
	}
	return s.SignedAt
}

// trimPadding leaves off the zeros behind a signature, where its length is told.
func trimPadding(contents []byte) []byte {
	if h, ok := readHeader(contents); ok && !h.indefinite {
		return contents[:h.size+h.length]
	}
	return contents
}

// SignedAfter returns the intact signatures that were made after the first length bytes of the file were there: each
// stands behind them and speaks for them and for what came after. Time-stamps do not count. Together with [Continues] one
// of them is the proof that a document of that length was signed and not another one.
func SignedAfter(signatures []Signature, length int64) []Signature {
	return slices.DeleteFunc(slices.Clone(signatures), func(s Signature) bool {
		return !s.Intact || s.Timestamp || length <= 0 || s.At < length || s.End <= length
	})
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
