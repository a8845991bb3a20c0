package trust

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
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
	if all, ok := plainCertificates(content); ok {
		return all
	}
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

var (
	pemBegin            = []byte("-----BEGIN ")
	pemBeginCertificate = []byte("-----BEGIN CERTIFICATE-----\n")
	pemEndCertificate   = []byte("-----END CERTIFICATE-----")
)

// plainCertificates returns the certificates of a file in which all blocks are certificates in the usual form: without headers, and
// with lines that end with a line feed. For any other file, it returns false. It is several times as fast as encoding/pem, and the
// files of a system are as a rule like that.
func plainCertificates(content []byte) (all [][]byte, ok bool) {
	for rest := content; ; {
		begin := bytes.Index(rest, pemBegin)
		if begin < 0 {
			return all, true
		}
		if begin > 0 && rest[begin-1] != '\n' || !bytes.HasPrefix(rest[begin:], pemBeginCertificate) {
			return nil, false
		}
		rest = rest[begin+len(pemBeginCertificate):]
		end := bytes.IndexByte(rest, '-') // it is not in the alphabet of base64
		if end < 1 || rest[end-1] != '\n' || !bytes.HasPrefix(rest[end:], pemEndCertificate) {
			return nil, false
		}
		text := rest[:end]
		if rest = rest[end+len(pemEndCertificate):]; len(rest) > 0 && rest[0] != '\n' {
			return nil, false
		}
		raw := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
		n, err := base64.StdEncoding.Decode(raw, text)
		if err != nil {
			return nil, false
		}
		all = append(all, raw[:n])
	}
}
