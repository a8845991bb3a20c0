package trust

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"iter"
	"slices"
	"strings"

	"countersign/core/certificate"
)

// index finds the certificates of a system by their subjects. Hundreds are installed, and a signature needs one or two of them, so a
// certificate is not parsed before it is asked for. The map has certificates in DER by the DER of the subject, in the order in which
// they were added.
type index map[string][][]byte

// pemTexts are texts of certificates in PEM that an index has. Debian has each certificate in a file of its own and once more in one file for
// all, so those files are compared and not decoded.
type pemTexts map[string]struct{}

// has reports whether the content of a file is one of the texts.
func (t pemTexts) has(content []byte) bool {
	_, found := t[string(bytes.TrimRight(content, "\n"))]
	return found
}

// addPEM adds the certificates of a file that the system trusts. They are those that [x509.CertPool.AppendCertsFromPEM] would add,
// and some that it could not parse. It returns their texts.
func (x index) addPEM(content []byte) pemTexts {
	all := pemTexts{}
	for text, raw := range certificatesInPEM(content) {
		all[strings.TrimRight(text, "\n")] = struct{}{}
		subject := certificate.RawSubject(raw)
		if subject == nil {
			continue
		}
		if known := x[string(subject)]; !slices.ContainsFunc(known, func(k []byte) bool { return bytes.Equal(k, raw) }) {
			x[string(subject)] = append(known, raw)
		}
	}
	return all
}

// named returns a pool of the certificates with these subjects, in DER.
func (x index) named(subjects [][]byte) *x509.CertPool {
	pool := x509.NewCertPool()
	for _, subject := range subjects {
		for _, raw := range x[string(subject)] {
			if cert, err := x509.ParseCertificate(raw); err == nil {
				pool.AddCert(cert)
			}
		}
	}
	return pool
}

// certificatesInPEM yields each block of a PEM file that is labeled as a certificate and has no headers: its text, with what precedes it after
// the block before, and its content.
func certificatesInPEM(content []byte) iter.Seq2[string, []byte] {
	return func(yield func(text string, raw []byte) bool) {
		for texts := string(content); ; {
			block, rest := pem.Decode(content)
			if block == nil {
				return
			}
			text := texts[len(texts)-len(content) : len(texts)-len(rest)]
			if content = rest; block.Type == pemCertificate && len(block.Headers) == 0 && !yield(text, block.Bytes) {
				return
			}
		}
	}
}
