package certificate

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/binary"
	"math/big"

	casn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// hashOIDs are the OBJECT IDENTIFIERs of the hashes, with tag and length.
var hashOIDs = func() map[crypto.Hash][]byte {
	all := map[crypto.Hash][]byte{}
	for text, info := range hashes {
		oid, err := x509.ParseOID(text)
		if err != nil {
			panic(err) // they are constants
		}
		content, err := oid.MarshalBinary()
		if err != nil {
			panic(err)
		}
		all[info.hash] = appendElement([]byte{byte(casn1.OBJECT_IDENTIFIER)}, content)
	}
	delete(all, 0)
	return all
}()

// open returns signature^E mod N, in as many bytes as the modulus has. It returns nil when the signature has another length
// or is not less than the modulus.
func (k *RSAKey) open(signature []byte) []byte {
	size := (k.N.BitLen() + 7) / 8
	s := new(big.Int).SetBytes(signature)
	if len(signature) != size || s.Cmp(k.N) >= 0 {
		return nil
	}
	return s.Exp(s, k.E, k.N).FillBytes(make([]byte, size))
}

// verifyPKCS1v15 reports whether the key made that signature of the digest (RFC 8017, section 8.2.2). The whole padding is
// compared with what it has to be, so nothing can hide in it. The parameters of the hash may be NULL or left out.
func (k *RSAKey) verifyPKCS1v15(hash crypto.Hash, digest, signature []byte) bool {
	if key := k.standard(); key != nil && rsa.VerifyPKCS1v15(key, hash, digest, signature) == nil {
		return true
	}
	oid, ok := hashOIDs[hash]
	opened := k.open(signature)
	if !ok || opened == nil || len(digest) != hash.Size() {
		return false
	}
	for _, parameters := range [][]byte{{byte(casn1.NULL), 0}, nil} {
		algorithm := appendElement([]byte{byte(casn1.SEQUENCE)}, append(bytes.Clone(oid), parameters...))
		info := appendElement([]byte{byte(casn1.SEQUENCE)}, append(algorithm, appendElement([]byte{byte(casn1.OCTET_STRING)}, digest)...))
		padding := len(opened) - 3 - len(info)
		if padding < 8 {
			return false
		}
		want := append(append([]byte{0, 1}, bytes.Repeat([]byte{0xff}, padding)...), 0)
		if bytes.Equal(opened, append(want, info...)) {
			return true
		}
	}
	return false
}

// HashOfPKCS1 returns the OID of the hash that a PKCS #1 v1.5 signature value states inside. It
// returns false if the key of the certificate is no usable RSA key, or if the value states none. It
// verifies nothing.
func (c *Certificate) HashOfPKCS1(value []byte) (asn1.ObjectIdentifier, bool) {
	key, ok := c.PublicKey.(*RSAKey)
	if !ok || !key.usable() {
		return nil, false
	}
	_, rest, ok := bytes.Cut(bytes.TrimPrefix(key.open(value), []byte{0, 1}), []byte{0})
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Digest    []byte
	}
	ok = ok && unmarshalAll(rest, &info)
	return info.Algorithm.Algorithm, ok
}

// verifyPSS reports whether the key made that signature of the digest (RFC 8017, section 8.1.2).
func (k *RSAKey) verifyPSS(p PSS, digest, signature []byte) bool {
	// To crypto/rsa, a salt of zero bytes means one of any length.
	if key := k.standard(); key != nil && p.Mask == p.Hash && p.Salt > 0 {
		return rsa.VerifyPSS(key, p.Hash, digest, signature, &rsa.PSSOptions{SaltLength: p.Salt}) == nil
	}
	encoded := k.open(signature)
	bits := k.N.BitLen() - 1
	if encoded == nil || len(digest) != p.Hash.Size() {
		return false
	}
	if bits%8 == 0 { // then the encoded message is one byte shorter than the modulus
		if encoded[0] != 0 {
			return false
		}
		encoded = encoded[1:]
	}
	return verifyPSSEncoding(p, digest, encoded, bits)
}

// verifyPSSEncoding is EMSA-PSS-VERIFY (RFC 8017, section 9.1.2).
func verifyPSSEncoding(p PSS, digest, encoded []byte, bits int) bool {
	size, length := p.Hash.Size(), len(encoded)
	if length < size+p.Salt+2 || encoded[length-1] != 0xbc {
		return false
	}
	masked, h := bytes.Clone(encoded[:length-size-1]), encoded[length-size-1:length-1]
	unused := byte(0xff) >> (8*length - bits) // the bits of the first byte that may be set
	if masked[0]&^unused != 0 {
		return false
	}
	for i, b := range mask(p.Mask, h, len(masked)) {
		masked[i] ^= b
	}
	masked[0] &= unused
	zeros := len(masked) - p.Salt - 1
	if len(bytes.TrimLeft(masked[:zeros], "\x00")) > 0 || masked[zeros] != 1 {
		return false
	}
	d := p.Hash.New()
	d.Write(make([]byte, 8))
	d.Write(digest)
	d.Write(masked[zeros+1:])
	return bytes.Equal(d.Sum(nil), h)
}

// mask is MGF1 (RFC 8017, appendix B.2.1).
func mask(hash crypto.Hash, seed []byte, length int) []byte {
	var out []byte
	for counter := uint32(0); len(out) < length; counter++ {
		d := hash.New()
		d.Write(seed)
		d.Write(binary.BigEndian.AppendUint32(nil, counter))
		out = d.Sum(out)
	}
	return out[:length]
}
