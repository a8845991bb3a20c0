package pdf

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	_ "crypto/sha1" // for version 1 of the signing-certificate attribute only
	_ "crypto/sha256"
	_ "crypto/sha512"
	"crypto/x509/pkix"
	"encoding/asn1"
)

// hashAlgorithms are the digests that are accepted, by OID.
var hashAlgorithms = map[string]crypto.Hash{
	"2.16.840.1.101.3.4.2.4":  crypto.SHA224,
	"2.16.840.1.101.3.4.2.1":  crypto.SHA256,
	"2.16.840.1.101.3.4.2.2":  crypto.SHA384,
	"2.16.840.1.101.3.4.2.3":  crypto.SHA512,
	"2.16.840.1.101.3.4.2.8":  crypto.SHA3_256,
	"2.16.840.1.101.3.4.2.9":  crypto.SHA3_384,
	"2.16.840.1.101.3.4.2.10": crypto.SHA3_512,
}

// weakAlgorithms are digests for which collisions can be made, and the signature algorithms that use them, by OID.
var weakAlgorithms = map[string]bool{
	"1.2.840.113549.2.2":   true, // MD2
	"1.2.840.113549.2.5":   true, // MD5
	"1.3.14.3.2.26":        true, // SHA-1
	"1.3.14.3.2.29":        true, // RSA with SHA-1
	"1.2.840.113549.1.1.2": true, // RSA with MD2
	"1.2.840.113549.1.1.4": true, // RSA with MD5
	"1.2.840.113549.1.1.5": true, // RSA with SHA-1
	"1.2.840.10045.4.1":    true, // ECDSA with SHA-1
	"1.2.840.10040.4.3":    true, // DSA with SHA-1
}

func hashOf(oid asn1.ObjectIdentifier) (crypto.Hash, error) {
	if weakAlgorithms[oid.String()] {
		return 0, errWeakAlgorithm
	}
	if h, ok := hashAlgorithms[oid.String()]; ok && h.Available() {
		return h, nil
	}
	return 0, errUnsupportedAlgorithm
}

// algorithmFamily is how a signature value is verified, apart from its hash.
type algorithmFamily int

const (
	rsaPKCS1 algorithmFamily = iota + 1
	rsaPSS
	ecdsaDER
	ed25519Pure
)

// signatureAlgorithms are the signature algorithms that can be verified, by OID. A hash of zero stands for that of the
// content.
var signatureAlgorithms = map[string]struct {
	family algorithmFamily
	hash   crypto.Hash
}{
	"1.2.840.113549.1.1.1":    {rsaPKCS1, 0},
	"1.2.840.113549.1.1.14":   {rsaPKCS1, crypto.SHA224},
	"1.2.840.113549.1.1.11":   {rsaPKCS1, crypto.SHA256},
	"1.2.840.113549.1.1.12":   {rsaPKCS1, crypto.SHA384},
	"1.2.840.113549.1.1.13":   {rsaPKCS1, crypto.SHA512},
	"2.16.840.1.101.3.4.3.14": {rsaPKCS1, crypto.SHA3_256},
	"2.16.840.1.101.3.4.3.15": {rsaPKCS1, crypto.SHA3_384},
	"2.16.840.1.101.3.4.3.16": {rsaPKCS1, crypto.SHA3_512},
	"1.2.840.113549.1.1.10":   {rsaPSS, 0},
	"1.2.840.10045.2.1":       {ecdsaDER, 0},
	"1.2.840.10045.4.3.1":     {ecdsaDER, crypto.SHA224},
	"1.2.840.10045.4.3.2":     {ecdsaDER, crypto.SHA256},
	"1.2.840.10045.4.3.3":     {ecdsaDER, crypto.SHA384},
	"1.2.840.10045.4.3.4":     {ecdsaDER, crypto.SHA512},
	"2.16.840.1.101.3.4.3.10": {ecdsaDER, crypto.SHA3_256},
	"2.16.840.1.101.3.4.3.11": {ecdsaDER, crypto.SHA3_384},
	"2.16.840.1.101.3.4.3.12": {ecdsaDER, crypto.SHA3_512},
	"1.3.101.112":             {ed25519Pure, 0},
}

// scheme is how one signature is to be verified.
type scheme struct {
	family    algorithmFamily
	content   crypto.Hash // of the document
	signature crypto.Hash // of what the key signed: the document or the signed attributes
	salt      int         // bytes, for RSA-PSS
}

// newScheme returns the scheme for two algorithm identifiers of a SignerInfo, or errWeakAlgorithm or
// errUnsupportedAlgorithm.
func newScheme(signature, digest pkix.AlgorithmIdentifier) (scheme, error) {
	if weakAlgorithms[signature.Algorithm.String()] {
		return scheme{}, errWeakAlgorithm
	}
	content, err := hashOf(digest.Algorithm)
	if err != nil {
		return scheme{}, err
	}
	m, ok := signatureAlgorithms[signature.Algorithm.String()]
	if !ok {
		return scheme{}, errUnsupportedAlgorithm
	}
	s := scheme{family: m.family, content: content, signature: m.hash}
	if s.signature == 0 {
		s.signature = content
	}
	if s.family == rsaPSS {
		return s.withPSS(signature.Parameters)
	}
	return s, nil
}

// pssParameters are the RSASSA-PSS-params of RFC 4055.
type pssParameters struct {
	Hash    pkix.AlgorithmIdentifier `asn1:"explicit,optional,tag:0"`
	MGF     pkix.AlgorithmIdentifier `asn1:"explicit,optional,tag:1"`
	Salt    int                      `asn1:"explicit,optional,tag:2,default:20"`
	Trailer int                      `asn1:"explicit,optional,tag:3,default:1"`
}

var oidMGF1 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 8}

// withPSS returns the scheme with the parameters of RSA-PSS. Omitted hashes default to SHA-1, which is refused.
func (s scheme) withPSS(parameters asn1.RawValue) (scheme, error) {
	var p pssParameters
	if !unmarshalAll(parameters.FullBytes, &p) || p.Trailer != 1 || p.Salt < 0 || p.Salt > 512 {
		return scheme{}, errUnsupportedAlgorithm
	}
	if len(p.Hash.Algorithm) == 0 || len(p.MGF.Algorithm) == 0 {
		return scheme{}, errWeakAlgorithm
	}
	hash, err := hashOf(p.Hash.Algorithm)
	if err != nil {
		return scheme{}, err
	}
	var mask pkix.AlgorithmIdentifier
	if !p.MGF.Algorithm.Equal(oidMGF1) || !unmarshalAll(p.MGF.Parameters.FullBytes, &mask) ||
		!mask.Algorithm.Equal(p.Hash.Algorithm) {
		return scheme{}, errUnsupportedAlgorithm
	}
	s.signature, s.salt = hash, p.Salt
	return s, nil
}

// verify checks a signature value. The digest is that of the signed bytes. attributes are these bytes when they are signed
// attributes, and nil when the document itself is signed; Ed25519 needs the bytes, so it supports only the former.
func (s scheme) verify(key any, digest, attributes, signature []byte) error {
	if attributes == nil && s.signature != s.content {
		return errUnsupportedAlgorithm
	}
	switch key := key.(type) {
	case *rsa.PublicKey:
		return s.verifyRSA(key, digest, signature)
	case *ecdsa.PublicKey:
		if s.family != ecdsaDER {
			return errAlgorithmKeyMismatch
		}
		return forgedUnless(ecdsa.VerifyASN1(key, digest, signature))
	case ed25519.PublicKey:
		if s.family != ed25519Pure {
			return errAlgorithmKeyMismatch
		}
		if attributes == nil {
			return errUnsupportedAlgorithm
		}
		return forgedUnless(ed25519.Verify(key, attributes, signature))
	}
	return errUnsupportedAlgorithm
}

func (s scheme) verifyRSA(key *rsa.PublicKey, digest, signature []byte) error {
	switch s.family {
	case rsaPKCS1:
		return forgedUnless(rsa.VerifyPKCS1v15(key, s.signature, digest, signature) == nil)
	case rsaPSS:
		salt := s.salt
		if salt == 0 {
			salt = rsa.PSSSaltLengthAuto // crypto/rsa reads zero as this anyway; a signature without salt verifies
		}
		return forgedUnless(rsa.VerifyPSS(key, s.signature, digest, signature, &rsa.PSSOptions{SaltLength: salt}) == nil)
	}
	return errAlgorithmKeyMismatch
}

func forgedUnless(ok bool) error {
	if ok {
		return nil
	}
	return errForged
}
