package certificate

import (
	"crypto/ecdsa"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// affine is a point on a curve, or the point at infinity when x is nil.
type affine struct{ x, y *big.Int }

// add returns the sum of two points. It is not constant-time: verifying a signature involves no secret.
func (c *Curve) add(p, q affine) affine {
	if p.x == nil {
		return q
	}
	if q.x == nil {
		return p
	}
	var top, bottom *big.Int // of the slope
	if p.x.Cmp(q.x) == 0 {
		sum := new(big.Int).Add(p.y, q.y)
		if sum.Mod(sum, c.p).Sign() == 0 {
			return affine{}
		}
		top = new(big.Int).Mul(p.x, p.x)
		top.Mul(top, big.NewInt(3)).Add(top, c.a)
		bottom = new(big.Int).Lsh(p.y, 1)
	} else {
		top, bottom = new(big.Int).Sub(q.y, p.y), new(big.Int).Sub(q.x, p.x)
	}
	slope := bottom.ModInverse(bottom.Mod(bottom, c.p), c.p)
	slope.Mul(slope, top).Mod(slope, c.p)
	x := new(big.Int).Mul(slope, slope)
	x.Sub(x, p.x).Sub(x, q.x).Mod(x, c.p)
	y := new(big.Int).Sub(p.x, x)
	y.Mul(y, slope).Sub(y, p.y).Mod(y, c.p)
	return affine{x, y}
}

// combine returns u·G + v·q, where G is the generator.
func (c *Curve) combine(u, v *big.Int, q affine) affine {
	g := affine{c.x, c.y}
	both := c.add(g, q)
	var sum affine
	for i := max(u.BitLen(), v.BitLen()) - 1; i >= 0; i-- {
		sum = c.add(sum, sum)
		switch {
		case u.Bit(i) == 1 && v.Bit(i) == 1:
			sum = c.add(sum, both)
		case u.Bit(i) == 1:
			sum = c.add(sum, g)
		case v.Bit(i) == 1:
			sum = c.add(sum, q)
		}
	}
	return sum
}

// verify reports whether signature is an ECDSA signature of the digest, made with the key. The
// signature is an Ecdsa-Sig-Value in DER (SEC 1, section 4.1.4) or, if plain is true, the numbers r
// and s one after the other (BSI TR-03111, section 5.2.1).
func (k *ECKey) verify(digest, signature []byte, plain bool) bool {
	r, t, ok := readNumbers(signature)
	if plain {
		half := len(signature) / 2
		r, t, ok = new(big.Int).SetBytes(signature[:half]), new(big.Int).SetBytes(signature[half:]), len(signature)%2 == 0
	}
	n := k.Curve.n
	if !ok || r.Sign() <= 0 || t.Sign() <= 0 || r.Cmp(n) >= 0 || t.Cmp(n) >= 0 {
		return false
	}
	if key := k.standard(); key != nil {
		return ecdsa.Verify(key, digest, r, t)
	}
	e := new(big.Int).SetBytes(digest)
	if excess := 8*len(digest) - n.BitLen(); excess > 0 {
		e.Rsh(e, uint(excess))
	}
	inverse := new(big.Int).ModInverse(t, n)
	u := e.Mul(e, inverse)
	v := inverse.Mul(inverse, r)
	sum := k.Curve.combine(u.Mod(u, n), v.Mod(v, n), affine{k.X, k.Y})
	return sum.x != nil && new(big.Int).Mod(sum.x, n).Cmp(r) == 0
}

// readNumbers reads the two integers of an Ecdsa-Sig-Value. Their encoding need not be the
// shortest. ok is false for anything else.
func readNumbers(signature []byte) (r, t *big.Int, ok bool) {
	element, rest, err := DER(signature)
	s := cryptobyte.String(element)
	var first, second cryptobyte.String
	if err != nil || len(rest) > 0 || !s.ReadASN1(&s, casn1.SEQUENCE) || !s.ReadASN1(&first, casn1.INTEGER) || !s.ReadASN1(&second, casn1.INTEGER) || !s.Empty() {
		return nil, nil, false
	}
	return Integer(first), Integer(second), true
}
