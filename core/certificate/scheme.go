package certificate

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/ed25519"
	_ "crypto/md5"  // #nosec G501 -- signatures with it are verified, and called weak
	_ "crypto/sha1" // #nosec G505 -- signatures with it are verified, and called weak
	_ "crypto/sha256"
	_ "crypto/sha3"
	_ "crypto/sha512"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
)

// The errors of verifying a signature value. Only [ErrForged] and [ErrMismatch] show that the value is wrong; with the other
// errors, it could not be verified.
var (
	// ErrForged is returned for a signature value that the key did not make over the signed bytes.
	ErrForged = errors.New("the signature was not made with the key of the certificate")
	// ErrMismatch is returned when the key is not of the kind that the algorithm needs: an RSA key for ECDSA, for example.
	ErrMismatch = errors.New("the algorithm does not match the key of the certificate")
	// ErrUnsupported is returned for an algorithm that is not known here.
	ErrUnsupported = errors.New("the algorithm is not supported")
	// ErrUnsupportedKey is returned for a key of a kind, or on a curve, that is not known here.
	ErrUnsupportedKey = errors.New("the key of the certificate is not supported")
	// ErrUselessKey is returned for a key with which others than its owner can sign: an RSA key with a short modulus or an
	// exponent of 1, for example.
	ErrUselessKey = errors.New("the key of the certificate proves nothing")
)

type hashInfo struct {
	hash crypto.Hash // zero when it is not supported
	name string
	weak bool // collisions can be made
}

var hashes = map[string]hashInfo{
	"1.2.840.113549.2.2":      {0, "MD2", true},
	"1.2.840.113549.2.5":      {crypto.MD5, "MD5", true},
	"1.3.14.3.2.26":           {crypto.SHA1, "SHA-1", true},
	"2.16.840.1.101.3.4.2.4":  {crypto.SHA224, "SHA-224", false},
	"2.16.840.1.101.3.4.2.1":  {crypto.SHA256, "SHA-256", false},
	"2.16.840.1.101.3.4.2.2":  {crypto.SHA384, "SHA-384", false},
	"2.16.840.1.101.3.4.2.3":  {crypto.SHA512, "SHA-512", false},
	"2.16.840.1.101.3.4.2.6":  {crypto.SHA512_256, "SHA-512/256", false},
	"2.16.840.1.101.3.4.2.8":  {crypto.SHA3_256, "SHA3-256", false},
	"2.16.840.1.101.3.4.2.9":  {crypto.SHA3_384, "SHA3-384", false},
	"2.16.840.1.101.3.4.2.10": {crypto.SHA3_512, "SHA3-512", false},
}

// HashOf returns the hash with that OID, or [ErrUnsupported]. The hash may be weak: see [Weak]. Some programs write the OID
// of a signature algorithm where a hash belongs; HashOf then returns the hash of that algorithm.
func HashOf(oid asn1.ObjectIdentifier) (crypto.Hash, error) {
	if info := hashes[oid.String()]; info.hash.Available() {
		return info.hash, nil
	}
	if m := methods[oid.String()]; m.hash.Available() {
		return m.hash, nil
	}
	return 0, ErrUnsupported
}

// HashName returns the name of the hash with that OID, or "" when it is not known.
func HashName(oid asn1.ObjectIdentifier) string {
	if info, ok := hashes[oid.String()]; ok {
		return info.name
	}
	for _, info := range hashes {
		if m := methods[oid.String()]; m.hash != 0 && info.hash == m.hash {
			return info.name
		}
	}
	return ""
}

// unsupported are the names of algorithms that are not supported, by OID.
var unsupported = map[string]string{
	"1.3.36.3.2.1":            "RIPEMD-160",
	"1.3.36.3.3.1.2":          "RSA with RIPEMD-160",
	"1.2.840.10040.4.1":       "DSA",
	"1.2.840.10040.4.3":       "DSA with SHA-1",
	"2.16.840.1.101.3.4.3.1":  "DSA with SHA-224",
	"2.16.840.1.101.3.4.3.2":  "DSA with SHA-256",
	"1.2.840.113549.1.1.2":    "RSA with MD2",
	"1.2.643.2.2.3":           "GOST R 34.10-2001",
	"1.2.643.2.2.9":           "GOST R 34.11-94",
	"1.2.643.2.2.19":          "GOST R 34.10-2001",
	"1.2.643.7.1.1.1.1":       "GOST R 34.10-2012",
	"1.2.643.7.1.1.1.2":       "GOST R 34.10-2012",
	"1.2.643.7.1.1.2.2":       "GOST R 34.11-2012",
	"1.2.643.7.1.1.2.3":       "GOST R 34.11-2012",
	"1.2.643.7.1.1.3.2":       "GOST R 34.10-2012",
	"1.2.804.2.1.1.1.1.2.1":   "GOST 34.311",
	"1.2.804.2.1.1.1.1.3.1.1": "DSTU 4145",
	"1.2.156.10197.1.401":     "SM3",
	"1.2.156.10197.1.501":     "SM2 with SM3",
	"1.2.156.10197.1.301":     "SM2",
	"1.3.101.113":             "Ed448",
}

// AlgorithmName returns the name of the algorithm with that OID, or the OID itself when it is not known.
func AlgorithmName(oid asn1.ObjectIdentifier) string {
	if name := unsupported[oid.String()]; name != "" {
		return name
	}
	return cmp.Or(HashName(oid), oid.String())
}

// Weak returns the name of hash if collisions can be made for it, and "" otherwise.
func Weak(hash crypto.Hash) string {
	for _, info := range hashes {
		if info.weak && info.hash == hash && hash != 0 {
			return info.name
		}
	}
	return ""
}

// family is the way in which a signature value is verified, apart from its hash.
type family int

const (
	rsaPKCS1   family = iota + 1 // RSASSA-PKCS1-v1_5
	rsaPSS                       // RSASSA-PSS
	ecdsaDER                     // the signature is an Ecdsa-Sig-Value in DER
	ecdsaPlain                   // the signature is the numbers r and s one after the other
	ed25519Pure
	byKey // the algorithm is only a hash; the kind of the key decides
)

// methods are the signature algorithms that can be verified, by OID. If hash is zero, the OID names none: RSASSA-PSS has it
// in its parameters, Ed25519 needs none, and the others use the hash that the caller of [NewScheme] passes.
var methods = map[string]struct {
	family family
	hash   crypto.Hash
}{
	"1.2.840.113549.1.1.1":    {rsaPKCS1, 0},
	"1.2.840.113549.1.1.4":    {rsaPKCS1, crypto.MD5},
	"1.2.840.113549.1.1.5":    {rsaPKCS1, crypto.SHA1},
	"1.3.14.3.2.29":           {rsaPKCS1, crypto.SHA1},
	"1.2.840.113549.1.1.14":   {rsaPKCS1, crypto.SHA224},
	"1.2.840.113549.1.1.11":   {rsaPKCS1, crypto.SHA256},
	"1.2.840.113549.1.1.12":   {rsaPKCS1, crypto.SHA384},
	"1.2.840.113549.1.1.13":   {rsaPKCS1, crypto.SHA512},
	"1.2.840.113549.1.1.16":   {rsaPKCS1, crypto.SHA512_256},
	"2.16.840.1.101.3.4.3.14": {rsaPKCS1, crypto.SHA3_256},
	"2.16.840.1.101.3.4.3.15": {rsaPKCS1, crypto.SHA3_384},
	"2.16.840.1.101.3.4.3.16": {rsaPKCS1, crypto.SHA3_512},
	"1.2.840.113549.1.1.10":   {rsaPSS, 0},
	"1.2.840.10045.2.1":       {ecdsaDER, 0},
	"1.2.840.10045.4.1":       {ecdsaDER, crypto.SHA1},
	"1.2.840.10045.4.3.1":     {ecdsaDER, crypto.SHA224},
	"1.2.840.10045.4.3.2":     {ecdsaDER, crypto.SHA256},
	"1.2.840.10045.4.3.3":     {ecdsaDER, crypto.SHA384},
	"1.2.840.10045.4.3.4":     {ecdsaDER, crypto.SHA512},
	"2.16.840.1.101.3.4.3.10": {ecdsaDER, crypto.SHA3_256},
	"2.16.840.1.101.3.4.3.11": {ecdsaDER, crypto.SHA3_384},
	"2.16.840.1.101.3.4.3.12": {ecdsaDER, crypto.SHA3_512},
	"0.4.0.127.0.7.1.1.4.1.1": {ecdsaPlain, crypto.SHA1}, // BSI TR-03111, section 5.2.1.1
	"0.4.0.127.0.7.1.1.4.1.2": {ecdsaPlain, crypto.SHA224},
	"0.4.0.127.0.7.1.1.4.1.3": {ecdsaPlain, crypto.SHA256},
	"0.4.0.127.0.7.1.1.4.1.4": {ecdsaPlain, crypto.SHA384},
	"0.4.0.127.0.7.1.1.4.1.5": {ecdsaPlain, crypto.SHA512},
	"1.3.101.112":             {ed25519Pure, 0},
}

// PSS are the parameters of RSASSA-PSS.
type PSS struct {
	Hash, Mask crypto.Hash // Mask is the hash of MGF1
	Salt       int         // bytes
}

// Scheme is how one signature value is to be verified.
type Scheme struct {
	Hash   crypto.Hash // of what the key signed; zero when the algorithm names none
	family family
	pss    PSS
}

// NewScheme returns the scheme of an AlgorithmIdentifier, or [ErrUnsupported]. hash is used when the algorithm does not name
// one itself. For a hash where a signature algorithm belongs, which some programs write, the key decides the rest.
func NewScheme(algorithm pkix.AlgorithmIdentifier, hash crypto.Hash) (Scheme, error) {
	m, ok := methods[algorithm.Algorithm.String()]
	if info := hashes[algorithm.Algorithm.String()]; !ok && info.hash != 0 {
		return Scheme{Hash: info.hash, family: byKey}, nil
	}
	if !ok {
		return Scheme{}, ErrUnsupported
	}
	s := Scheme{Hash: m.hash, family: m.family}
	if s.Hash == 0 {
		s.Hash = hash
	}
	if s.family == rsaPSS {
		return s.withPSS(algorithm.Parameters)
	}
	return s, nil
}

// IsPSS reports whether the scheme is RSASSA-PSS.
func (s Scheme) IsPSS() bool { return s.family == rsaPSS }

// Alternatives returns the schemes to try for a signature value: s itself and, if its hash differs from content, the hash of
// the signed content, also s with that hash. Some programs name two hashes in a signature that contradict each other. For
// RSASSA-PSS and Ed25519 it returns only s.
func (s Scheme) Alternatives(content crypto.Hash) []Scheme {
	if s.Hash == content || s.family == rsaPSS || s.family == ed25519Pure {
		return []Scheme{s}
	}
	other := s
	other.Hash = content
	return []Scheme{s, other}
}

// Weak returns the name of a weak hash that the scheme uses, or "" when it uses none.
func (s Scheme) Weak() string {
	return Weak(s.Hash) // MGF1 with a weak hash weakens nothing
}

// pssParameters are the RSASSA-PSS-params of RFC 4055.
type pssParameters struct {
	Hash    pkix.AlgorithmIdentifier `asn1:"explicit,optional,tag:0"`
	MGF     pkix.AlgorithmIdentifier `asn1:"explicit,optional,tag:1"`
	Salt    int                      `asn1:"explicit,optional,tag:2,default:20"`
	Trailer int                      `asn1:"explicit,optional,tag:3,default:1"`
}

var oidMGF1 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 8}

// withPSS returns the scheme with the parameters of RSASSA-PSS. Omitted hashes stand for SHA-1.
func (s Scheme) withPSS(parameters asn1.RawValue) (Scheme, error) {
	var p pssParameters
	if !unmarshalAll(parameters.FullBytes, &p) || p.Trailer != 1 || p.Salt < 0 || p.Salt > 512 {
		return Scheme{}, ErrUnsupported
	}
	s.pss = PSS{Hash: crypto.SHA1, Mask: crypto.SHA1, Salt: p.Salt}
	var err error
	if len(p.Hash.Algorithm) > 0 {
		if s.pss.Hash, err = HashOf(p.Hash.Algorithm); err != nil {
			return Scheme{}, err
		}
	}
	if len(p.MGF.Algorithm) > 0 {
		var mask pkix.AlgorithmIdentifier
		if !p.MGF.Algorithm.Equal(oidMGF1) || !unmarshalAll(p.MGF.Parameters.FullBytes, &mask) {
			return Scheme{}, ErrUnsupported
		}
		if s.pss.Mask, err = HashOf(mask.Algorithm); err != nil {
			return Scheme{}, err
		}
	}
	s.Hash = s.pss.Hash
	return s, nil
}

// unmarshalAll reports whether b is exactly one DER value that fits out, a pointer as for [asn1.Unmarshal].
func unmarshalAll(b []byte, out any) bool {
	rest, err := asn1.Unmarshal(b, out)
	return err == nil && len(rest) == 0
}

// VerifyDigest returns nil when the key of the certificate signed the digest, and one of the errors of this package
// otherwise. digest has to be made with the hash of the scheme. Ed25519 signs no digest: see [Scheme.Verify].
func (s Scheme) VerifyDigest(c *Certificate, digest, value []byte) error {
	if s.family == ed25519Pure {
		return ErrUnsupported
	}
	return s.verify(c, digest, nil, value)
}

// Verify is like [Scheme.VerifyDigest], but takes the signed bytes instead of their digest.
func (s Scheme) Verify(c *Certificate, signed, value []byte) error {
	if s.family == ed25519Pure {
		return s.verify(c, nil, signed, value)
	}
	if !s.Hash.Available() {
		return ErrUnsupported
	}
	h := s.Hash.New()
	h.Write(signed)
	return s.verify(c, h.Sum(nil), nil, value)
}

func (s Scheme) verify(c *Certificate, digest, signed, value []byte) error {
	ok := false
	if s.family == byKey {
		s.family = ecdsaDER
		if _, isRSA := c.PublicKey.(*RSAKey); isRSA {
			s.family = rsaPKCS1
		}
	}
	switch key := c.PublicKey.(type) {
	case *RSAKey:
		if s.family != rsaPSS && s.family != rsaPKCS1 || s.family == rsaPKCS1 && c.PSSOnly {
			return ErrMismatch
		}
		if !key.usable() {
			return ErrUselessKey
		}
		if s.family == rsaPSS {
			ok = key.verifyPSS(s.pss, digest, value)
		} else {
			ok = key.verifyPKCS1v15(s.Hash, digest, value)
		}
	case *ECKey:
		if s.family != ecdsaDER && s.family != ecdsaPlain {
			return ErrMismatch
		}
		ok = key.verify(digest, value, s.family == ecdsaPlain)
	case ed25519.PublicKey:
		if s.family != ed25519Pure {
			return ErrMismatch
		}
		ok = ed25519.Verify(key, signed, value)
	default:
		return ErrUnsupportedKey
	}
	if !ok {
		return ErrForged
	}
	return nil
}

// CheckSignature returns nil when the key of the certificate made that signature value over the signed bytes, with an
// algorithm that is not weak, and one of the errors of this package otherwise; [ErrUnsupported] for a weak one. algorithm is
// the AlgorithmIdentifier in DER.
func (c *Certificate) CheckSignature(algorithm, signed, value []byte) error {
	var a pkix.AlgorithmIdentifier
	if !unmarshalAll(algorithm, &a) {
		return ErrUnsupported
	}
	s, err := NewScheme(a, 0)
	if err != nil {
		return err
	}
	if s.Weak() != "" {
		return ErrUnsupported
	}
	return s.Verify(c, bytes.Clone(signed), value)
}
