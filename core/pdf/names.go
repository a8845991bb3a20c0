package pdf

import "crypto/x509"

// subjectName returns the common name of a certificate's subject, or its whole distinguished name when it has none.
func subjectName(cert *x509.Certificate) string {
	if cert.Subject.CommonName != "" {
		return cert.Subject.CommonName
	}
	return cert.Subject.String()
}

// IssuerName returns the common name of a certificate's issuer, or its whole distinguished name when it has none. The name
// comes from the certificate and is not verified.
func IssuerName(cert *x509.Certificate) string {
	if cert.Issuer.CommonName != "" {
		return cert.Issuer.CommonName
	}
	return cert.Issuer.String()
}
