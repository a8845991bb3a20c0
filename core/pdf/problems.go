package pdf

import (
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"

	"countersign/core/certificate"
)

// This file has the errors of files, the problems of signatures and time-stamps, and the reasons why a signer is trusted
// or not. Each distinct one is a variable, a constant or a function here.

// The errors of a file that cannot be used. They are returned wrapped: compare with errors.Is.
var (
	// ErrEmpty is returned for a file of no bytes.
	ErrEmpty = errors.New("the file is empty")
	// ErrNotPDF is returned for a file without the header of a PDF.
	ErrNotPDF = errors.New("the file is not a PDF")
	// ErrEncrypted is returned by [Check] for every encrypted file, and by [Examine] for one that needs a password.
	ErrEncrypted = errors.New("the PDF is encrypted")
	// ErrDamaged is returned for a file that cannot be parsed, or not within the limits of memory and time.
	ErrDamaged = errors.New("the PDF is damaged or incomplete")
	// ErrTooLarge is returned for a file of more than [MaxSize] bytes; nothing of it is read.
	ErrTooLarge = fmt.Errorf("the file is larger than %d MiB", MaxSize>>20)
)

// errRead is wrapped by errors of the reader that the caller passed in. They say nothing about the file itself.
var errRead = errors.New("could not read the file")

// Details of ErrDamaged and ErrEncrypted.
var (
	errTooMuchMemory  = errors.New("reading it takes more memory than any document should")
	errTooMuchTime    = errors.New("reading it takes more time than any document should")
	errNoEnd          = fmt.Errorf("%w: its end is missing", ErrDamaged)
	errNoPages        = fmt.Errorf("%w: it has no pages", ErrDamaged)
	errNoCatalog      = fmt.Errorf("%w: it has no document catalog", ErrDamaged)
	errBadForm        = fmt.Errorf("%w: its form cannot be read", ErrDamaged)
	errBadFields      = fmt.Errorf("%w: the fields of its form cannot be read", ErrDamaged)
	errProtected      = fmt.Errorf("%w, so a gateway could not sign it: save it without protection first", ErrEncrypted)
	errPasswordNeeded = fmt.Errorf("%w and needs a password to be read", ErrEncrypted)
)

func parserPanic(reason any) error {
	return fmt.Errorf("%w: the parser failed: %v", ErrDamaged, reason)
}

// Problem is why a signature or a time-stamp is not intact. The code and its arguments are the form of
// the problem that no language is in.
type Problem struct {
	Code string
	Args []string
	text string
	// unchecked is set when the signature needs something that this program cannot read, so nothing is known against it.
	unchecked bool
}

// Error returns the problem in English.
func (p *Problem) Error() string { return p.text }

func newProblem(code, format string, args ...any) error {
	p := &Problem{Code: code, text: fmt.Sprintf(format, args...)}
	for _, arg := range args {
		p.Args = append(p.Args, fmt.Sprint(arg))
	}
	return p
}

func newUnchecked(code, format string, args ...any) error {
	p := newProblem(code, format, args...).(*Problem)
	p.unchecked = true
	return p
}

// stateOf returns the state of a signature with that problem. Problems without a code are [Broken].
func stateOf(problem error) State {
	if p, ok := errors.AsType[*Problem](problem); ok && p.unchecked {
		return Unchecked
	}
	return Broken
}

// codeOf returns the problem in err, or nil if it has no code.
func codeOf(err error) *Problem {
	p, ok := errors.AsType[*Problem](err)
	if !ok || p.text != err.Error() {
		return nil
	}
	return p
}

// Problems of a signature as a part of its file: its dictionary and its /ByteRange.
var (
	errNoByteRange        = newProblem("signature_no_byte_range", "the signature does not state which bytes of the file it covers")
	errByteRangeShape     = newProblem("signature_byte_range_shape", "the signature does not cover the file from its first byte on, leaving out only itself")
	errByteRangeOutside   = newProblem("signature_byte_range_outside", "the signature claims to cover bytes that are not in this file")
	errGapNotContents     = newProblem("signature_gap", "the signature leaves out more or less of the file than itself")
	errOtherContents      = newProblem("signature_other_contents", "the signature leaves out a value that is not its own")
	errDuplicateKey       = newProblem("signature_duplicate_key", "the signature has two values for the same entry, so programs may read different signatures")
	errSignatureTooLarge  = newUnchecked("signature_too_large", "the signature is too large to be checked")
	errDuplicateSignature = newProblem("signature_copy", "the signature is a copy of another one in this file")
	errTooManySignatures  = newUnchecked("signature_too_many", "the signature was not checked: the file has more than %d signatures", maxSignatures)
	errBlank              = newProblem("signature_blank", "the signature is blank")
	errNoSubFilter        = newUnchecked("signature_no_format", "the signature does not state its format")
)

func unknownSubFilter(name string) error {
	return newUnchecked("signature_format", "the signature has a format that this program cannot check (%s)", fmt.Sprintf("%.40q", name))
}

// Problems of a CMS message, and of the key and the algorithms that made it.
var (
	errMalformed            = newUnchecked("signature_malformed", "the signature cannot be read: it is empty or malformed")
	errSignerCount          = newUnchecked("signature_signer_count", "the signature does not have exactly one signer")
	errNoCertificate        = newUnchecked("signature_no_certificate", "the signature does not include the certificate of its signer")
	errNotDetached          = newProblem("signature_not_detached", "the signature is for other content, not for this document")
	errNotTimestamp         = newProblem("signature_no_timestamp", "the time-stamp does not have the content of a time-stamp")
	errSignedAttributes     = newProblem("signature_attributes", "the signed attributes are repeated or contradict each other")
	errMissingAttributes    = newUnchecked("signature_attributes_missing", "the signature does not have all the attributes that it needs")
	errOtherCertificate     = newProblem("signature_other_certificate", "the signature was made for a different certificate than the one it includes")
	errSignedBytesNotPDF    = newProblem("signature_not_pdf", "the signed bytes are not a PDF")
	errChanged              = newProblem("signature_changed", "the document was changed after it was signed")
	errForged               = newProblem("signature_forged", "the signature was not made with the key of its certificate")
	errUnsupportedAlgorithm = newUnchecked("signature_unsupported", "the signature uses an algorithm that this program cannot check")
	errUnsupportedKey       = newUnchecked("signature_key", "the certificate has a key of a kind that this program cannot check")
	errAlgorithmKeyMismatch = newProblem("signature_mismatch", "the algorithm of the signature does not match the key of its certificate")
	errTimestampOfOther     = newProblem("signature_timestamp_of_other", "the time-stamp is for a different signature")
)

// unsupportedAlgorithm returns the problem of an algorithm by its OID.
func unsupportedAlgorithm(oid asn1.ObjectIdentifier) error {
	name := certificate.HashName(oid)
	if name == "" {
		name = fmt.Sprintf("%.60s", oid)
	}
	return newUnchecked("signature_algorithm", "the signature uses an algorithm that this program cannot check (%s)", name)
}

// uselessKey returns the problem of a key that others can sign with, too.
func uselessKey(name string) error {
	return newUnchecked("signature_useless_key", "the key of the certificate is so weak that others can sign with it too (%s)", name)
}

// notRevoked ends every reason that rests on a chain, because no revocation list is ever fetched.
const notRevoked = "revocation was not checked"

func trustedReason(anchor *x509.Certificate) string {
	return fmt.Sprintf("the certificate was issued under %s, which is trusted here; %s", commonName(anchor), notRevoked)
}

const notForTimestamps = "the certificate is not for time-stamping"

const day = "2 January 2006"

func notYetValid(cert *x509.Certificate) string {
	return fmt.Sprintf("the certificate was not yet valid at the time of signing: it is valid from %s", cert.NotBefore.UTC().Format(day))
}

func expired(cert *x509.Certificate) string {
	return fmt.Sprintf("the certificate had expired at the time of signing: it was valid until %s", cert.NotAfter.UTC().Format(day))
}

const (
	selfSigned = "the certificate is self-signed and is not trusted here"
	wrongUsage = "the certificate may not be used for this purpose"
)

func unknownAuthority(issuer string) string {
	return fmt.Sprintf("the certificate does not lead to anyone who is trusted here: it was issued by %s", issuer)
}

func unreadableChain(issuer string) string {
	return fmt.Sprintf("whether the certificate leads to anyone who is trusted here cannot be checked: it was issued by %s", issuer)
}

func weakDigest(name string) string {
	return fmt.Sprintf("the signature uses %s, which can be forged today", name)
}

// commonName returns the common name of a certificate's subject, or its whole distinguished name when it has none.
func commonName(cert *x509.Certificate) string {
	if cert.Subject.CommonName != "" {
		return cert.Subject.CommonName
	}
	return cert.Subject.String()
}

func issuerNotValid(issuer *x509.Certificate) string {
	return fmt.Sprintf("the certificate of the issuer %s was not valid at the time of signing", commonName(issuer))
}

func brokenChain(err error) string {
	return fmt.Sprintf("the certificate chain cannot be verified (%.200s)", err)
}
