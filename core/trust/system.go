package trust

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"slices"

	"countersign/core/certificate"
)

// index finds the certificates of a system by their subjects. Hundreds are installed, and a signature needs one or two of them, so a
// certificate is not parsed before it is asked for. The map has certificates in DER by the DER of the subject, in the order in which
// they were added.
type index map[string][][]byte

// addPEM adds the certificates of a file that the system trusts. They are those that [x509.CertPool.AppendCertsFromPEM] would add,
// and some that it could not parse.
func (x index) addPEM(content []byte) {
	for _, raw := range certificatesInPEM(content) {
		subject := certificate.RawSubject(raw)
		if subject == nil {
			continue
		}
		if known := x[string(subject)]; !slices.ContainsFunc(known, func(k []byte) bool { return bytes.Equal(k, raw) }) {
			x[string(subject)] = append(known, raw)
		}
	}
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

// certificatesInPEM returns the content of each block of a PEM file that is labeled as a certificate and has no headers.
func certificatesInPEM(content []byte) [][]byte {
	var all [][]byte
	for {
		block, rest := pem.Decode(content)
		if block == nil {
			return all
		}
		if content = rest; block.Type == pemCertificate && len(block.Headers) == 0 {
			all = append(all, block.Bytes)
		}
	}
}
