package certificate

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"fmt"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// RSAKey is an RSA public key. Unlike that of crypto/rsa it has an exponent of any size.
type RSAKey struct {
	N, E *big.Int
}

// Limits of RSA keys. Verifying with a longer modulus takes too long, and a shorter one can be factored. With an exponent of
// 1 everybody can sign.
const (
	minModulus  = 1024  // bits
	maxModulus  = 16384 // bits
	minExponent = 3
	maxExponent = 256 // bits: the largest that FIPS 186-5, appendix A.1.1, allows
)

// standard returns the key for crypto/rsa, or nil when that package does not accept its exponent.
func (k *RSAKey) standard() *rsa.PublicKey {
	if k.E.BitLen() > 31 {
		return nil
	}
	return &rsa.PublicKey{N: k.N, E: int(k.E.Int64())}
}

// usable reports whether the modulus and the exponent of the key are odd and within the limits.
func (k *RSAKey) usable() bool {
	return k.N.BitLen() >= minModulus && k.N.BitLen() <= maxModulus && k.N.Bit(0) == 1 &&
		k.E.Cmp(big.NewInt(minExponent)) >= 0 && k.E.Bit(0) == 1 && k.E.BitLen() <= maxExponent
}

// ECKey is a point on an elliptic curve.
type ECKey struct {
	Curve *Curve
	X, Y  *big.Int
}

// standard returns the key for crypto/ecdsa, or nil when the standard library does not have its curve.
func (k *ECKey) standard() *ecdsa.PublicKey {
	if k.Curve.standard == nil {
		return nil
	}
	size := (k.Curve.p.BitLen() + 7) / 8
	const uncompressed = 4
	encoded := append([]byte{uncompressed}, k.X.FillBytes(make([]byte, size))...)
	key, err := ecdsa.ParseUncompressedPublicKey(k.Curve.standard, append(encoded, k.Y.FillBytes(make([]byte, size))...))
	if err != nil {
		return nil // then our own arithmetic decides
	}
	return key
}

// Contents of the OBJECT IDENTIFIERs of key algorithms.
var (
	keyRSA     = []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01}
	keyOldRSA  = []byte{0x55, 0x08, 0x01, 0x01} // of X.509 itself, in older certificates
	keyRSAPSS  = []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a}
	keyEC      = []byte{0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01}
	keyEd25519 = []byte{0x2b, 0x65, 0x70}
)

// readPublicKey reads a SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7). It returns nil for a key that cannot be used.
// pssOnly is as in [Certificate.PSSOnly].
func readPublicKey(info cryptobyte.String) (key any, pssOnly bool) {
	var algorithm, oid, bits cryptobyte.String
	if !info.ReadASN1(&info, casn1.SEQUENCE) || !info.ReadASN1(&algorithm, casn1.SEQUENCE) ||
		!info.ReadASN1(&bits, casn1.BIT_STRING) || !info.Empty() ||
		!algorithm.ReadASN1(&oid, casn1.OBJECT_IDENTIFIER) || len(bits) < 2 || bits[0] != 0 {
		return nil, false
	}
	bits = bits[1:]
	switch {
	case bytes.Equal(oid, keyRSA), bytes.Equal(oid, keyOldRSA):
		return readRSAKey(bits), false
	case bytes.Equal(oid, keyRSAPSS):
		return readRSAKey(bits), true
	case bytes.Equal(oid, keyEC):
		return readECKey(algorithm, bits), false
	case bytes.Equal(oid, keyEd25519) && len(bits) == ed25519.PublicKeySize:
		return ed25519.PublicKey(bits), false
	}
	return nil, false
}

// readRSAKey reads an RSAPublicKey (RFC 8017, appendix A.1.1). Some cards write the modulus without its leading zero, so that
// it looks negative; it is read as the number that was meant.
func readRSAKey(der cryptobyte.String) any {
	element, rest, err := DER(der)
	s := cryptobyte.String(element)
	var n, e cryptobyte.String
	if err != nil || len(rest) > 0 || !s.ReadASN1(&s, casn1.SEQUENCE) || !s.ReadASN1(&n, casn1.INTEGER) || !s.ReadASN1(&e, casn1.INTEGER) || !s.Empty() {
		return nil
	}
	return &RSAKey{N: new(big.Int).SetBytes(n), E: new(big.Int).SetBytes(e)}
}

// readECKey reads a point (SEC 1, section 2.3.4) on the curve that the parameters name.
func readECKey(parameters, point cryptobyte.String) any {
	curve := readCurve(parameters)
	if curve == nil {
		return nil
	}
	x, y, ok := curve.point(point)
	if !ok {
		return nil
	}
	return &ECKey{curve, x, y}
}

// UnknownKey is the name of a key of an unknown kind. Reports print it, so it must not change.
const UnknownKey = "an unknown kind of key"

// KeyName returns the kind and size of the key as a text, like "RSA 2048" or "ECDSA P-256", or [UnknownKey].
func (c *Certificate) KeyName() string {
	switch key := c.PublicKey.(type) {
	case *RSAKey:
		return fmt.Sprintf("RSA %d", key.N.BitLen())
	case *ECKey:
		return "ECDSA " + key.Curve.Name
	case ed25519.PublicKey:
		return "Ed25519"
	}
	return UnknownKey
}

// Curve is an elliptic curve over a prime field with a cofactor of 1: y² = x³ + ax + b.
type Curve struct {
	Name          string
	p, a, b, x, y *big.Int
	n             *big.Int
	oid           string         // the content of its OBJECT IDENTIFIER
	standard      elliptic.Curve // nil when the standard library does not have it
}

var curves = append(standardCurves(), otherCurves()...)

func standardCurves() (all []*Curve) {
	for oid, curve := range map[string]elliptic.Curve{
		"\x2b\x81\x04\x00\x21": elliptic.P224(), "\x2a\x86\x48\xce\x3d\x03\x01\x07": elliptic.P256(),
		"\x2b\x81\x04\x00\x22": elliptic.P384(), "\x2b\x81\x04\x00\x23": elliptic.P521(),
	} {
		p := curve.Params()
		all = append(all, &Curve{
			Name: p.Name, p: p.P, a: new(big.Int).Sub(p.P, big.NewInt(3)), b: p.B, x: p.Gx, y: p.Gy, n: p.N, oid: oid, standard: curve,
		})
	}
	return all
}

func otherCurves() (all []*Curve) {
	number := func(hex string) *big.Int {
		n, ok := new(big.Int).SetString(hex, 16)
		if !ok {
			panic("a parameter of a curve is not hexadecimal") // they are constants
		}
		return n
	}
	for _, c := range parameters {
		all = append(all, &Curve{
			Name: c.name, p: number(c.p), a: number(c.a), b: number(c.b), x: number(c.x), y: number(c.y), n: number(c.n), oid: c.oid,
		})
	}
	return all
}

// readCurve reads ECParameters: the name of a curve (RFC 5480, section 2.1.1), or its parameters written out (X9.62), all of
// which must be those of a known curve. A forger who chooses the generator can make a private key that fits any public
// key (CVE-2020-0601). It returns nil for other curves.
func readCurve(s cryptobyte.String) *Curve {
	var oid, explicit cryptobyte.String
	if s.PeekASN1Tag(casn1.OBJECT_IDENTIFIER) {
		if !s.ReadASN1(&oid, casn1.OBJECT_IDENTIFIER) || !s.Empty() {
			return nil
		}
		for _, c := range curves {
			if c.oid == string(oid) {
				return c
			}
		}
		return nil
	}
	if !s.ReadASN1(&explicit, casn1.SEQUENCE) || !s.Empty() {
		return nil
	}
	for _, c := range curves {
		if c.hasParameters(explicit) {
			return c
		}
	}
	return nil
}

// hasParameters reports whether the content of a SpecifiedECDomain (SEC 1, appendix C.2) are the parameters of the curve.
func (c *Curve) hasParameters(s cryptobyte.String) bool {
	var version, fieldID, field, prime, curve, a, b, base, order, cofactor cryptobyte.String
	primeField := []byte{0x2a, 0x86, 0x48, 0xce, 0x3d, 0x01, 0x01}
	if !s.ReadASN1(&version, casn1.INTEGER) || !s.ReadASN1(&fieldID, casn1.SEQUENCE) || !s.ReadASN1(&curve, casn1.SEQUENCE) ||
		!s.ReadASN1(&base, casn1.OCTET_STRING) || !s.ReadASN1(&order, casn1.INTEGER) {
		return false
	}
	hasCofactor := !s.Empty()
	if hasCofactor && (!s.ReadASN1(&cofactor, casn1.INTEGER) || Integer(cofactor).Cmp(big.NewInt(1)) != 0) {
		return false
	}
	if !fieldID.ReadASN1(&field, casn1.OBJECT_IDENTIFIER) || !bytes.Equal(field, primeField) || !fieldID.ReadASN1(&prime, casn1.INTEGER) ||
		!curve.ReadASN1(&a, casn1.OCTET_STRING) || !curve.ReadASN1(&b, casn1.OCTET_STRING) { // a seed may follow
		return false
	}
	x, y, ok := c.point(base)
	same := func(n []byte, want *big.Int) bool { return new(big.Int).SetBytes(n).Cmp(want) == 0 }
	return ok && same(prime, c.p) && same(a, c.a) && same(b, c.b) && same(order, c.n) && x.Cmp(c.x) == 0 && y.Cmp(c.y) == 0
}

// onCurve reports whether a point is on the curve.
func (c *Curve) onCurve(x, y *big.Int) bool {
	if x.Cmp(c.p) >= 0 || y.Cmp(c.p) >= 0 {
		return false
	}
	left := new(big.Int).Mul(y, y)
	return left.Sub(left, c.rightSide(x)).Mod(left, c.p).Sign() == 0
}

// rightSide returns x³ + ax + b, the right side of the equation of the curve, modulo its prime.
func (c *Curve) rightSide(x *big.Int) *big.Int {
	n := new(big.Int).Mul(x, x)
	n.Add(n, c.a).Mul(n, x).Add(n, c.b)
	return n.Mod(n, c.p)
}

// point decodes the octet string of a point, compressed or not. ok is false unless the point is on the curve.
func (c *Curve) point(encoded []byte) (x, y *big.Int, ok bool) {
	size := (c.p.BitLen() + 7) / 8
	const even, odd, uncompressed = 2, 3, 4
	switch {
	case len(encoded) == 1+2*size && encoded[0] == uncompressed:
		x, y = new(big.Int).SetBytes(encoded[1:1+size]), new(big.Int).SetBytes(encoded[1+size:])
	case len(encoded) == 1+size && (encoded[0] == even || encoded[0] == odd):
		x = new(big.Int).SetBytes(encoded[1:])
		if y = new(big.Int).ModSqrt(c.rightSide(x), c.p); y == nil {
			return nil, nil, false
		}
		if y.Bit(0) != uint(encoded[0]&1) {
			y.Sub(c.p, y)
		}
	default:
		return nil, nil, false
	}
	return x, y, c.onCurve(x, y)
}
