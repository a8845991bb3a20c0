package pdf

import (
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"time"

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
	// ErrEncrypted is returned for a file that needs a password, or something else, to be opened.
	ErrEncrypted = errors.New("the PDF can only be opened with a password")
	// ErrProtected is returned by [Check] for an encrypted file that opens without a password. Its author restricted what may be
	// done with it.
	ErrProtected = errors.New("the PDF opens without a password, but is protected against changes")
	// ErrDamaged is returned for a file that cannot be parsed, or not within the limits of memory and time.
	ErrDamaged = errors.New("the PDF is damaged or incomplete")
	// ErrTooLarge is returned for a file of more than [MaxSize] bytes; nothing of it is read.
	ErrTooLarge = fmt.Errorf("the file is larger than %d MiB", MaxSize>>20)
)

// errRead is wrapped by errors of the reader that the caller passed in. They say nothing about the file itself.
var errRead = errors.New("could not read the file")

// Details of ErrDamaged and ErrEncrypted.
var (
	errTooMuchMemory = errors.New("reading it takes more memory than any document should")
	errTooMuchTime   = errors.New("reading it takes more time than any document should")
	errNoEnd         = fmt.Errorf("%w: its end is missing", ErrDamaged)
	errNoPages       = fmt.Errorf("%w: it has no pages", ErrDamaged)
	errNoCatalog     = fmt.Errorf("%w: it has no document catalog", ErrDamaged)
	errBadForm       = fmt.Errorf("%w: its form cannot be read", ErrDamaged)
	errBadFields     = fmt.Errorf("%w: the fields of its form cannot be read", ErrDamaged)
	errUnreadable    = fmt.Errorf("%w: its parts do not fit together", ErrDamaged)

	errUnknownEncryption = fmt.Errorf("%w, or in a way that is not known here", ErrEncrypted)
)

// Problem is why a signature or a time-stamp is not intact, or why its signer is trusted or not. Code and Args are the
// problem as data, from which package explain makes its text in any language.
type Problem struct {
	Code string
	Args []Argument
	text string
	// unchecked is set when the signature needs something that this program cannot read, so nothing is known against it.
	unchecked bool
}

// Argument is an argument of a [Problem]: a text that is the same in every language, or another problem.
type Argument struct {
	Text    string
	Problem *Problem // nil for a text
}

// Error returns the problem in English.
func (p *Problem) Error() string { return p.text }

// newProblem returns a [*Problem] with a code. Its English text is made of format and args as by [fmt.Sprintf], and args
// are also its Args.
func newProblem(code, format string, args ...any) error {
	p := &Problem{Code: code, text: fmt.Sprintf(format, args...)}
	for _, arg := range args {
		if inner, ok := arg.(*Problem); ok {
			p.Args = append(p.Args, Argument{Problem: inner})
		} else {
			p.Args = append(p.Args, Argument{Text: fmt.Sprint(arg)})
		}
	}
	return p
}

// newUnchecked is like newProblem, for a problem that makes a signature [Unchecked] and not [Broken].
func newUnchecked(code, format string, args ...any) error {
	p := newProblem(code, format, args...).(*Problem)
	p.unchecked = true
	return p
}

// stateOf returns the state of a signature with that problem: [Unchecked] for a [Problem] that newUnchecked made, and
// [Broken] for any other error.
func stateOf(problem error) State {
	if p, ok := errors.AsType[*Problem](problem); ok && p.unchecked {
		return Unchecked
	}
	return Broken
}

// codeOf returns the [Problem] in err. It returns nil if err wraps none, or if err adds anything to its text.
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
	errBytesBefore        = newUnchecked("signature_bytes_before", "bytes were put before the beginning of the PDF; the signature is intact without them")
	errBlank              = newProblem("signature_blank", "the signature is blank")
	errNoSubFilter        = newUnchecked("signature_no_format", "the signature does not state its format")
)

func unknownSubFilter(name string) error {
	return newUnchecked("signature_format", "the signature has a format that this program cannot check (%s)", fmt.Sprintf("%.40q", name))
}

// Problems of a CMS message, and of the key and the algorithms that made it.
var (
	errMalformed             = newUnchecked("signature_malformed", "the signature cannot be read: it is empty or malformed")
	errSignerCount           = newUnchecked("signature_signer_count", "the signature does not have exactly one signer")
	errNoCertificate         = newUnchecked("signature_no_certificate", "the signature does not include the certificate of its signer")
	errUnreadableCertificate = newUnchecked("signature_certificate", "the certificate of the signer cannot be read by this program")
	errNotDetached           = newProblem("signature_not_detached", "the signature is for other content, not for this document")
	errNotTimestamp          = newProblem("signature_no_timestamp", "the timestamp does not have the content of a timestamp")
	errSignedAttributes      = newProblem("signature_attributes", "the signed attributes are repeated or contradict each other")
	errMissingAttributes     = newUnchecked("signature_attributes_missing", "the signature does not have all the attributes that it needs")
	errOtherCertificate      = newProblem("signature_other_certificate", "the signature was made for a different certificate than the one it includes")
	errSignedBytesNotPDF     = newProblem("signature_not_pdf", "the signed bytes are not a PDF")
	errChanged               = newProblem("signature_changed", "the document was changed after it was signed")
	errForged                = newProblem("signature_forged", "the signature was not made with the key of its certificate")
	errUnsupportedAlgorithm  = newUnchecked("signature_unsupported", "the signature uses an algorithm that this program cannot check")
	errUnsupportedKey        = newUnchecked("signature_key", "the certificate has a key of a kind that this program cannot check")
	errAlgorithmKeyMismatch  = newProblem("signature_mismatch", "the algorithm of the signature does not match the key of its certificate")
	errTimestampOfOther      = newProblem("signature_timestamp_of_other", "the timestamp is for a different signature")
)

// unsupportedAlgorithm returns the problem of an algorithm by its OID.
func unsupportedAlgorithm(oid asn1.ObjectIdentifier) error {
	return newUnchecked("signature_algorithm", "the signature uses an algorithm that this program cannot check (%s)", fmt.Sprintf("%.60s", certificate.AlgorithmName(oid)))
}

// uselessKey returns the problem of a key that others can sign with, too.
func uselessKey(name string) error {
	return newUnchecked("signature_useless_key", "the key of the certificate is so weak that others can sign with it too (%s)", name)
}

// reason is like newProblem, for the reason why a signer is trusted or not.
func reason(code, format string, args ...any) *Problem {
	return newProblem(code, format, args...).(*Problem)
}

// notRevoked returns a reason that rests on a chain, with the note that the file does not tell whether it was revoked.
func notRevoked(why *Problem) *Problem {
	return reason("trust_not_revoked", "%s; the file does not show whether it was revoked", why)
}

// notRevokedThen returns a reason that rests on a chain, once the file has shown that no certificate of it was revoked.
func notRevokedThen(why *Problem) *Problem {
	if chain := withoutNote(why); chain != nil {
		return reason("trust_good", "%s; it was not revoked", chain)
	}
	return why
}

// revokedLater returns a reason that rests on the chain of a time-stamp, whose authority was revoked later; see [isHarmless].
func revokedLater(why *Problem) *Problem {
	if chain := withoutNote(why); chain != nil {
		return reason("trust_revoked_later", "%s; it was revoked only later, and for another reason than a stolen key", chain)
	}
	return why
}

// withoutNote returns the reason that [notRevoked] added its note to, or nil if why has no such note.
func withoutNote(why *Problem) *Problem {
	if why == nil || why.Code != "trust_not_revoked" || len(why.Args) != 1 {
		return nil
	}
	return why.Args[0].Problem
}

// revokedReason returns the reason why a signer is not trusted whose certificate, or that of an issuer, was revoked.
func revokedReason(r Revocation) *Problem {
	return reason("trust_revoked", "the certificate of %s was revoked on %s", r.Subject, r.RevokedAt.Format(time.DateOnly))
}

func trustedReason(anchor *x509.Certificate) *Problem {
	return notRevoked(reason("trust_anchor", "the certificate was issued under %s, which is trusted here", certificate.NameOf(anchor)))
}

func notYetValid(cert *x509.Certificate) *Problem {
	return reason("trust_not_yet_valid", "the certificate was not yet valid at the time of signing: it is valid from %s", cert.NotBefore.UTC().Format(time.DateOnly))
}

func expired(cert *x509.Certificate) *Problem {
	return reason("trust_expired", "the certificate had expired at the time of signing: it was valid until %s", cert.NotAfter.UTC().Format(time.DateOnly))
}

// alsoUntrusted returns two reasons as one.
func alsoUntrusted(first, second *Problem) *Problem {
	return reason("trust_both", "%s, and %s", first, second)
}

// Reasons why a signer is not trusted.
var (
	notForTimestamps = reason("trust_not_for_timestamps", "the certificate is not for timestamping")
	selfSigned       = reason("trust_self_signed", "the certificate is self-signed and is not trusted here")
	wrongUsage       = reason("trust_usage", "the certificate may not be used for this purpose")
	brokenChain      = reason("trust_chain", "the certificates that lead from the signer to an issuer cannot be verified")
)

func unknownAuthority(issuer string) *Problem {
	return reason("trust_unknown", "the certificate does not lead to an issuer that is trusted here: it was issued by %s", issuer)
}

func issuerNotValid(issuer *x509.Certificate) *Problem {
	return reason("trust_issuer_not_valid", "the certificate of the issuer %s was not valid at the time of signing", certificate.NameOf(issuer))
}

func unreadableChain(issuer string) *Problem {
	return reason("trust_unreadable", "it cannot be checked whether the certificate leads to an issuer that is trusted here: it was issued by %s", issuer)
}

func weakDigest(name string) *Problem {
	return reason("trust_weak", "the signature uses %s, which can be forged today", name)
}
