package pdf

import (
	"strings"

	"countersign/core/certificate"
)

// UnknownDigest stands for the digest in [Signature.Algorithm] when it is not known. Reports print it, so it must not change.
const UnknownDigest = "an unknown digest"

// describeAlgorithm returns the digest and the key that the message claims, like "SHA-256, RSA 2048". It verifies nothing.
func (m *message) describeAlgorithm() string {
	digest := certificate.HashName(m.signer.DigestAlgorithm.Algorithm)
	if digest == "" {
		digest = UnknownDigest
	}
	if m.certificate == nil {
		return digest
	}
	key := m.certificate.KeyName()
	if scheme, err := certificate.NewScheme(m.signer.SignatureAlgorithm, 0); err == nil && scheme.IsPSS() {
		key = strings.Replace(key, "RSA", "RSA-PSS", 1)
	}
	return digest + ", " + key
}
