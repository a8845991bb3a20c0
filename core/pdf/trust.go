package pdf

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"
)

// notRevoked is said with every verdict on a chain: no list of revoked certificates is fetched from anywhere.
const notRevoked = "whether it was revoked since was not checked"

// trustResult is what is found of the chain of a signer.
type trustResult struct {
	trusted bool
	reason  string // why, or why not
}

// trust looks for a chain from the signer to one of the anchors, valid at that time, or now when it is not known. Without
// anchors there is nothing to be said.
func (m *message) trust(anchors *x509.CertPool, at time.Time, use x509.ExtKeyUsage) trustResult {
	if anchors == nil || m.certificate == nil { // nil would mean the anchors of the system
		return trustResult{}
	}
	if use == x509.ExtKeyUsageTimeStamping && !slices.Contains(m.certificate.ExtKeyUsage, use) {
		return trustResult{reason: "its certificate is not one for time-stamps"}
	}
	if at.IsZero() {
		at = time.Now()
	}
	intermediates := x509.NewCertPool()
	for _, c := range m.otherCertificates {
		intermediates.AddCert(c)
	}
	options := x509.VerifyOptions{Roots: anchors, Intermediates: intermediates, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{use}}
	chains, err := m.certificate.Verify(options)
	if err == nil {
		chain := chains[0]
		return trustResult{true, fmt.Sprintf("its certificate leads to %s, which is trusted here; %s", subjectName(chain[len(chain)-1]), notRevoked)}
	}
	if words := validityProblem(m.certificate, at); words != "" {
		options.CurrentTime = m.certificate.NotBefore.Add(m.certificate.NotAfter.Sub(m.certificate.NotBefore) / 2)
		if _, err := m.certificate.Verify(options); err != nil {
			words += ", and " + m.chainProblem(err)
		}
		return trustResult{reason: words}
	}
	return trustResult{reason: m.chainProblem(err) + "; " + notRevoked}
}

// validityProblem says how a moment lies outside the time a certificate is for; nothing when it lies in it.
func validityProblem(cert *x509.Certificate, at time.Time) string {
	const day = "2 January 2006"
	switch {
	case at.Before(cert.NotBefore):
		return fmt.Sprintf("its certificate was not yet valid when it was signed: it is valid from %s on", cert.NotBefore.UTC().Format(day))
	case at.After(cert.NotAfter):
		return fmt.Sprintf("its certificate had expired when it was signed: it was valid until %s", cert.NotAfter.UTC().Format(day))
	}
	return ""
}

// chainProblem says why no chain was found.
func (m *message) chainProblem(err error) string {
	cert := m.certificate
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		if bytes.Equal(cert.RawIssuer, cert.RawSubject) {
			return "its certificate vouches for itself: nobody who is trusted here issued it"
		}
		return fmt.Sprintf("its certificate leads to nobody who is trusted here: it was issued by %s", IssuerOf(cert))
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		switch invalid.Reason {
		case x509.Expired:
			return fmt.Sprintf("the certificate of %s, which it leads to, was not valid when it was signed", subjectName(invalid.Cert))
		case x509.IncompatibleUsage:
			return "its certificate is not meant for this use"
		}
	}
	return fmt.Sprintf("its chain of certificates does not hold (%.200s)", err)
}

func subjectName(cert *x509.Certificate) string {
	if cert.Subject.CommonName != "" {
		return cert.Subject.CommonName
	}
	return cert.Subject.String()
}

// IssuerOf is who issued a certificate, by the name that it gives.
func IssuerOf(cert *x509.Certificate) string {
	if cert.Issuer.CommonName != "" {
		return cert.Issuer.CommonName
	}
	return cert.Issuer.String()
}

// chain is the signer's certificate and, as far as they were found, those of its issuers, one after the other. Each is
// the issuer of the one before it by its signature; whether the last is trusted is another question.
func (m *message) chain() []*x509.Certificate {
	if m.certificate == nil {
		return nil
	}
	const longest = 10
	chain := []*x509.Certificate{m.certificate}
	for len(chain) < longest {
		last := chain[len(chain)-1]
		if bytes.Equal(last.RawIssuer, last.RawSubject) {
			break
		}
		at := slices.IndexFunc(m.otherCertificates, func(c *x509.Certificate) bool {
			return bytes.Equal(c.RawSubject, last.RawIssuer) && !slices.ContainsFunc(chain, c.Equal) && last.CheckSignatureFrom(c) == nil
		})
		if at < 0 {
			break
		}
		chain = append(chain, m.otherCertificates[at])
	}
	return chain
}
