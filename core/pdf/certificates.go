package pdf

import (
	"crypto/x509"
)

const maxCertificate = 1 << 20 // bytes of a certificate in a stream

// dssCertificates returns the certificates that a file keeps beside its signatures (the /DSS entry of its catalog).
// Signatures that are to last, and time-stamps above all, often leave theirs there. Where a certificate was found proves
// nothing and need not: the signature has to have been made with its key. What cannot be read is left out.
func dssCertificates(d *document) (found []*x509.Certificate, err error) {
	defer recoverDamaged(&err)
	entries := d.array(d.dict(d.catalog()["DSS"])["Certs"])
	for _, entry := range entries[:min(len(entries), maxCertificates)] {
		if cert, err := x509.ParseCertificate(d.decodeStream(entry, maxCertificate)); err == nil {
			found = append(found, cert)
		}
	}
	return found, nil
}
