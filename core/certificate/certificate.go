// Package certificate reads X.509 certificates (RFC 5280) for the verification of signatures, also those that crypto/x509
// refuses: with negative serial numbers, with names of another form, with keys on curves or with exponents that the
// standard library does not have. It verifies signature values with their keys. It does not decide whether a certificate
// is trusted: chains to anchors are verified by crypto/x509.
package certificate

import (
	"bytes"
	"cmp"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// ErrMalformed is returned by [Parse] for bytes that are not exactly one certificate.
var ErrMalformed = errors.New("the certificate is malformed")

// Certificate is an X.509 certificate. Its bytes must not be modified.
type Certificate struct {
	Raw                     []byte // as it is in its source
	RawTBS                  []byte // the part that the issuer signed, as it is in Raw
	RawIssuer               []byte // the DER of the name
	RawSubject              []byte
	RawSubjectPublicKeyInfo []byte

	SerialNumber          *big.Int // may be negative
	Issuer, Subject       pkix.Name
	NotBefore, NotAfter   time.Time
	SubjectKeyID          []byte // nil when the certificate has none
	AuthorityKeyID        []byte
	KeyUsage              x509.KeyUsage
	ExtendedKeyUsages     []asn1.ObjectIdentifier
	Extensions            []pkix.Extension
	RawSignatureAlgorithm []byte // the AlgorithmIdentifier, in DER
	Signature             []byte // the issuer's signature value

	// PublicKey is a [*RSAKey], a [*ECKey] or an ed25519.PublicKey; nil when it is a key of another kind, or on another
	// curve.
	PublicKey any
	// PSSOnly is set for an RSA key that may only be used with RSASSA-PSS (RFC 4055, section 1.2).
	PSSOnly bool
	// sameAlgorithm is set when RawSignatureAlgorithm is also in RawTBS: only there it is signed (RFC 5280, section 4.1.1.2).
	sameAlgorithm bool
	// Standard is the certificate as crypto/x509 reads it. It is nil when that package refuses it, or would read other
	// values than these.
	Standard *x509.Certificate
}

// Parse reads a certificate in DER or BER. It returns [ErrMalformed] for anything else, also when bytes follow the
// certificate.
func Parse(raw []byte) (*Certificate, error) {
	element, rest, err := Element(raw)
	if err != nil || len(rest) > 0 {
		return nil, ErrMalformed
	}
	der, _, err := DER(element)
	if err != nil {
		return nil, ErrMalformed
	}
	c := &Certificate{Raw: element}
	if c.RawTBS, _, err = Element(Content(element)); err != nil {
		return nil, ErrMalformed
	}
	outer, tbs := cryptobyte.String(der), cryptobyte.String(nil)
	var algorithm, signature cryptobyte.String
	if !outer.ReadASN1(&outer, casn1.SEQUENCE) || !outer.ReadASN1(&tbs, casn1.SEQUENCE) ||
		!outer.ReadASN1Element(&algorithm, casn1.SEQUENCE) || !outer.ReadASN1(&signature, casn1.BIT_STRING) || !outer.Empty() {
		return nil, ErrMalformed
	}
	if len(signature) < 1 || signature[0] != 0 {
		return nil, ErrMalformed
	}
	c.RawSignatureAlgorithm, c.Signature = algorithm, signature[1:]
	if !c.readTBS(tbs) {
		return nil, ErrMalformed
	}
	if cert, err := x509.ParseCertificate(element); err == nil && bytes.Equal(cert.RawSubjectPublicKeyInfo, c.RawSubjectPublicKeyInfo) {
		c.Standard = cert
	}
	return c, nil
}

// RawSubject returns the DER of the subject's name in a certificate in DER. It reads nothing behind that name, which makes it much
// faster than [Parse]. It returns nil for bytes that do not begin like a certificate.
func RawSubject(der []byte) []byte {
	var outer, tbs, subject cryptobyte.String
	outer = der
	if !outer.ReadASN1(&outer, casn1.SEQUENCE) || !outer.ReadASN1(&tbs, casn1.SEQUENCE) || !tbs.SkipOptionalASN1(versionTag) || !tbs.SkipASN1(casn1.INTEGER) ||
		!tbs.SkipASN1(casn1.SEQUENCE) || !tbs.SkipASN1(casn1.SEQUENCE) || !tbs.SkipASN1(casn1.SEQUENCE) ||
		!tbs.ReadASN1Element(&subject, casn1.SEQUENCE) {
		return nil
	}
	return subject
}

var versionTag = casn1.Tag(0).ContextSpecific().Constructed()

// readTBS fills in c from the content of a TBSCertificate, and reports whether it is well-formed (RFC 5280, section 4.1).
func (c *Certificate) readTBS(s cryptobyte.String) bool {
	var serial, algorithm, issuer, validity, subject, key cryptobyte.String
	if !s.SkipOptionalASN1(versionTag) || !s.ReadASN1(&serial, casn1.INTEGER) || !s.ReadASN1Element(&algorithm, casn1.SEQUENCE) ||
		!s.ReadASN1Element(&issuer, casn1.SEQUENCE) || !s.ReadASN1(&validity, casn1.SEQUENCE) ||
		!s.ReadASN1Element(&subject, casn1.SEQUENCE) || !s.ReadASN1Element(&key, casn1.SEQUENCE) {
		return false
	}
	if len(serial) == 0 {
		return false
	}
	c.sameAlgorithm = bytes.Equal(algorithm, c.RawSignatureAlgorithm)
	c.SerialNumber = Integer(serial)
	c.RawIssuer, c.RawSubject, c.RawSubjectPublicKeyInfo = issuer, subject, key
	c.Issuer, c.Subject = displayName(issuer), displayName(subject)
	var ok1, ok2 bool
	c.NotBefore, ok1 = readTime(&validity)
	c.NotAfter, ok2 = readTime(&validity)
	if !ok1 || !ok2 || !validity.Empty() {
		return false
	}
	c.PublicKey, c.PSSOnly = readPublicKey(key)
	return c.readRest(s)
}

func readTime(s *cryptobyte.String) (time.Time, bool) {
	var content cryptobyte.String
	var tag casn1.Tag
	if !s.ReadAnyASN1(&content, &tag) {
		return time.Time{}, false
	}
	t, ok := Time(int(tag), content)
	if !ok {
		t, ok = Time(int(tag), append(bytes.Clone(content), 'Z')) // some programs leave out the zone
	}
	return t.UTC(), ok
}

// Integer returns the number in the content of an INTEGER. Leading bytes that DER forbids are accepted.
func Integer(content []byte) *big.Int {
	n := new(big.Int).SetBytes(content)
	if len(content) > 0 && content[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(content))))
	}
	return n
}

// readRest reads what follows the key: the two unique identifiers, which are skipped, and the extensions. It reports
// whether that is well-formed.
func (c *Certificate) readRest(s cryptobyte.String) bool {
	const issuerID, subjectID = casn1.Tag(1), casn1.Tag(2)
	for _, tag := range []casn1.Tag{issuerID, subjectID} {
		if !s.SkipOptionalASN1(tag.ContextSpecific()) {
			return false
		}
	}
	if s.Empty() {
		return true
	}
	var extensions cryptobyte.String
	if !s.ReadASN1(&extensions, casn1.Tag(3).ContextSpecific().Constructed()) || !s.Empty() ||
		!extensions.ReadASN1(&extensions, casn1.SEQUENCE) {
		return false
	}
	for !extensions.Empty() {
		var one, oid, value, critical cryptobyte.String
		var present bool
		if !extensions.ReadASN1(&one, casn1.SEQUENCE) || !one.ReadASN1(&oid, casn1.OBJECT_IDENTIFIER) ||
			!one.ReadOptionalASN1(&critical, &present, casn1.BOOLEAN) || !one.ReadASN1(&value, casn1.OCTET_STRING) || !one.Empty() {
			return false
		}
		id, ok := readOID(oid)
		if !ok {
			continue
		}
		if c.extension(id) != nil {
			continue // RFC 5280, section 4.2, allows each only once; crypto/x509 refuses the certificate
		}
		c.Extensions = append(c.Extensions, pkix.Extension{Id: id, Critical: present && len(critical) == 1 && critical[0] != 0, Value: value})
	}
	c.readExtensions()
	return true
}

var (
	oidSubjectKeyID     = asn1.ObjectIdentifier{2, 5, 29, 14}
	oidKeyUsage         = asn1.ObjectIdentifier{2, 5, 29, 15}
	oidSubjectAltName   = asn1.ObjectIdentifier{2, 5, 29, 17}
	oidIssuerAltName    = asn1.ObjectIdentifier{2, 5, 29, 18}
	oidAuthorityKeyID   = asn1.ObjectIdentifier{2, 5, 29, 35}
	oidExtendedKeyUsage = asn1.ObjectIdentifier{2, 5, 29, 37}
)

func (c *Certificate) extension(oid asn1.ObjectIdentifier) []byte {
	for _, e := range c.Extensions {
		if e.Id.Equal(oid) {
			return e.Value
		}
	}
	return nil
}

// readExtensions fills in what the extensions state. Those that cannot be read are treated as absent. That makes no
// certificate trusted, because crypto/x509 reads the extensions again when it verifies a chain.
func (c *Certificate) readExtensions() {
	if s := cryptobyte.String(c.extension(oidSubjectKeyID)); s != nil {
		var id cryptobyte.String
		if s.ReadASN1(&id, casn1.OCTET_STRING) {
			c.SubjectKeyID = id
		}
	}
	if s := cryptobyte.String(c.extension(oidAuthorityKeyID)); s != nil {
		var id cryptobyte.String
		if s.ReadASN1(&s, casn1.SEQUENCE) && s.ReadASN1(&id, casn1.Tag(0).ContextSpecific()) {
			c.AuthorityKeyID = id
		}
	}
	if s := cryptobyte.String(c.extension(oidKeyUsage)); s != nil {
		var bits asn1.BitString
		if s.ReadASN1BitString(&bits) {
			for i := range 9 {
				if bits.At(i) != 0 {
					c.KeyUsage |= 1 << uint(i)
				}
			}
		}
	}
	if s := cryptobyte.String(c.extension(oidExtendedKeyUsage)); s != nil && s.ReadASN1(&s, casn1.SEQUENCE) {
		for !s.Empty() {
			var oid cryptobyte.String
			if !s.ReadASN1(&oid, casn1.OBJECT_IDENTIFIER) {
				break
			}
			if id, ok := readOID(oid); ok {
				c.ExtendedKeyUsages = append(c.ExtendedKeyUsages, id)
			}
		}
	}
}

// oidTimeStamping is the purpose id-kp-timeStamping (RFC 3161, section 2.3).
var oidTimeStamping = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 8}

// IsForTimestamps reports whether the certificate states that it is for time-stamping.
func (c *Certificate) IsForTimestamps() bool {
	return slices.ContainsFunc(c.ExtendedKeyUsages, oidTimeStamping.Equal)
}

// Equal reports whether two certificates are the same bytes.
func (c *Certificate) Equal(other *Certificate) bool { return bytes.Equal(c.Raw, other.Raw) }

// IsSelfIssued reports whether the issuer has the name of the subject, as in a root.
func (c *Certificate) IsSelfIssued() bool { return SameName(c.RawIssuer, c.RawSubject) }

// Name returns what the subject is called: the common name, or else what the certificate has in its place, see [displayed].
// For a subject without any name it is an alternative name, such as an e-mail address (RFC 5280, section 4.2.1.6). It is empty if
// there is none either, and it is not verified.
func (c *Certificate) Name() string {
	return cmp.Or(displayed(c.Subject), alternativeName(c.extension(oidSubjectAltName)))
}

// IssuerName returns what the issuer is called, as [Certificate.Name] does for the subject. It is not verified.
func (c *Certificate) IssuerName() string {
	return cmp.Or(displayed(c.Issuer), alternativeName(c.extension(oidIssuerAltName)))
}

// SignedBy reports whether the key of issuer made the signature of c with an algorithm that is not weak, and the subject of
// issuer is the issuer named in c. It does not look at validity or usages.
func (c *Certificate) SignedBy(issuer *Certificate) bool {
	return c.sameAlgorithm && SameName(c.RawIssuer, issuer.RawSubject) && issuer.CheckSignature(c.RawSignatureAlgorithm, c.RawTBS, c.Signature) == nil
}
