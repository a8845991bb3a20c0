package pdf

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
)

// digestNames are the names of digest algorithms by OID, including the weak ones that are refused.
var digestNames = map[string]string{
	"1.2.840.113549.2.2":      "MD2",
	"1.2.840.113549.2.5":      "MD5",
	"1.3.14.3.2.26":           "SHA-1",
	"2.16.840.1.101.3.4.2.4":  "SHA-224",
	"2.16.840.1.101.3.4.2.1":  "SHA-256",
	"2.16.840.1.101.3.4.2.2":  "SHA-384",
	"2.16.840.1.101.3.4.2.3":  "SHA-512",
	"2.16.840.1.101.3.4.2.8":  "SHA3-256",
	"2.16.840.1.101.3.4.2.9":  "SHA3-384",
	"2.16.840.1.101.3.4.2.10": "SHA3-512",
}

// describeAlgorithm returns the digest and the key that the message claims, like "SHA-256, RSA 2048". It verifies nothing.
func (m message) describeAlgorithm() string {
	digest := digestNames[m.signer.DigestAlgorithm.Algorithm.String()]
	if digest == "" {
		digest = "an unknown digest"
	}
	if m.certificate == nil {
		return digest
	}
	return digest + ", " + describeKey(m.certificate, signatureAlgorithms[m.signer.SignatureAlgorithm.Algorithm.String()].family)
}

func describeKey(cert *x509.Certificate, family algorithmFamily) string {
	switch key := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		if family == rsaPSS {
			return fmt.Sprintf("RSA-PSS %d", key.N.BitLen())
		}
		return fmt.Sprintf("RSA %d", key.N.BitLen())
	case *ecdsa.PublicKey:
		return "ECDSA " + key.Curve.Params().Name
	case ed25519.PublicKey:
		return "Ed25519"
	}
	return "an unknown kind of key"
}
