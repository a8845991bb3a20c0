package pdf

import (
	"crypto/x509"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
)

// findCertificates returns the certificates that a file keeps beside its signatures (the /DSS entry of its catalog).
// Signatures that are to last, and time-stamps above all, often leave theirs there. Where a certificate was found proves
// nothing and need not: the signature has to have been made with its key. What cannot be read is left out.
func findCertificates(ctx *model.Context) (found []*x509.Certificate, err error) {
	defer damagedOnPanic(&err)
	catalog, err := ctx.Catalog()
	if err != nil {
		return nil, damaged(err)
	}
	store, err := ctx.DereferenceDict(catalog["DSS"])
	if err != nil || store == nil {
		return nil, nil
	}
	entries, err := ctx.DereferenceArray(store["Certs"])
	if err != nil {
		return nil, nil
	}
	for _, entry := range entries[:min(len(entries), maxCertificates)] {
		stream, _, err := ctx.DereferenceStreamDict(entry)
		if err != nil || stream == nil || stream.Decode() != nil {
			continue
		}
		if cert, err := x509.ParseCertificate(stream.Content); err == nil {
			found = append(found, cert)
		}
	}
	return found, nil
}
