package pdf

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"io"

	"countersign/core/certificate"
)

// This file verifies the two forms of signatures that ISO 32000-2 has deprecated. Both are still in many files.

// certificates returns the certificates in the /Cert entry. It skips those that cannot be read.
func (d *signatureDict) certificates() (all []*certificate.Certificate) {
	for _, der := range d.certs {
		element, _, err := certificate.Element(der) // some programs write zeros after a certificate
		if err != nil {
			continue
		}
		if cert, err := certificate.Parse(element); err == nil {
			all = append(all, cert)
		}
	}
	return all
}

// readPKCS1 reads an RSA value in an OCTET STRING and the certificates of its signer as a message without attributes.
func readPKCS1(d signatureDict) (message, error) {
	var m message
	all := d.certificates()
	switch {
	case len(all) == 0 && len(d.certs) > 0:
		return m, errUnreadableCertificate
	case len(all) == 0:
		return m, errNoCertificate
	}
	m.certificate, m.otherCertificates = all[0], all[1:]
	der, _, err := certificate.DER(d.contents)
	if err != nil || !unmarshalAll(der, &m.signer.Signature) {
		return m, errMalformed
	}
	return m, nil
}

// verifyOldForm fills in a signature of one of the old forms, and returns the problem of one that is not intact.
func (s *Signature) verifyOldForm(r io.ReaderAt, m message, subFilter string, document digester, c chainSources) error {
	var err error
	if len(m.attributes) == 0 {
		if err = checkSignedHead(r); err != nil {
			return err
		}
	}
	if subFilter == subFilterPKCS1 {
		s.Level = levelPKCS1
		err = s.verifyPKCS1(m, document)
	} else {
		s.Level = levelPKCS7
		err = s.verifyDigestAsContent(m, document)
	}
	if err != nil {
		return err
	}
	s.SignatureTimestamp = m.signatureTimestamp(c)
	found := m.trust(c.anchors, s.SigningTime(), x509.ExtKeyUsageAny, s.Weak)
	s.Trusted, s.TrustReason, s.TrustCoded = found.trusted, found.text(), found.reason
	s.evidence = m.evidence()
	return nil
}

// verifyDigestAsContent verifies a message whose content is the SHA-1 of the covered bytes. A
// message without content may be for that digest or, against the standard, for the covered bytes
// themselves.
func (s *Signature) verifyDigestAsContent(m message, document digester) error {
	digest, err := document(crypto.SHA1)
	if err != nil {
		return err
	}
	if !m.contentType.Equal(oidData) {
		return errNotDetached
	}
	if len(m.content) > 0 && !bytes.Equal(m.content, digest) {
		return errChanged
	}
	if len(m.content) == 0 {
		if weak, err := m.verify(document); err == nil {
			s.Weak = weak
			return nil
		}
	}
	weak, err := m.verify(digestOf(digest))
	s.Weak = cmp.Or(weak, certificate.Weak(crypto.SHA1))
	return err
}

// oidRSA is rsaEncryption (RFC 8017, appendix A.1), which names no digest.
var oidRSA = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}

var oidSHA1 = asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}

// verifyPKCS1 verifies an RSA value over the covered bytes. The value states inside which digest it was made with: SHA-1 in
// the standard, others in practice.
func (s *Signature) verifyPKCS1(m message, document digester) error {
	m.signer.SignatureAlgorithm.Algorithm = oidRSA
	hash, ok := m.certificate.HashOfPKCS1(m.signer.Signature)
	if !ok {
		hash = oidSHA1 // then the value does not verify, for a reason that follows
	}
	m.signer.DigestAlgorithm.Algorithm = hash
	s.Algorithm = m.describeAlgorithm()
	weak, err := m.verify(document)
	s.Weak = weak
	return err
}
