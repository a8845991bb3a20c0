package pdf

import (
	"bytes"
	"crypto/x509"
	"errors"
	"slices"
	"time"
)

// chainSources are the certificates from outside a signature that its chain may be built with.
type chainSources struct {
	anchors *x509.CertPool      // the roots; nil trusts nobody
	extra   []*x509.Certificate // found elsewhere in the file (the /DSS dictionary); not trusted by themselves
}

// trustResult is whether a signer is trusted, and why. The zero value means that there were no anchors.
type trustResult struct {
	trusted bool
	reason  string
}

// trust looks for a chain from the signer's certificate to one of the anchors that is valid at that time for that use.
// A zero time stands for now.
func (m *message) trust(anchors *x509.CertPool, at time.Time, use x509.ExtKeyUsage) trustResult {
	if anchors == nil || m.certificate == nil { // to crypto/x509, nil anchors would mean those of the system
		return trustResult{}
	}
	if use == x509.ExtKeyUsageTimeStamping && !slices.Contains(m.certificate.ExtKeyUsage, use) {
		return trustResult{reason: notForTimestamps}
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
		return trustResult{true, trustedReason(chain[len(chain)-1])}
	}
	if reason := validityProblem(m.certificate, at); reason != "" {
		// An expired certificate may have no trusted issuer either. A moment inside its validity shows that.
		options.CurrentTime = m.certificate.NotBefore.Add(m.certificate.NotAfter.Sub(m.certificate.NotBefore) / 2)
		if _, err := m.certificate.Verify(options); err != nil {
			reason += ", and " + m.chainProblem(err)
		}
		return trustResult{reason: reason}
	}
	return trustResult{reason: m.chainProblem(err) + "; " + notRevoked}
}

// validityProblem describes how a moment lies outside the validity of a certificate. It is empty when it lies inside.
func validityProblem(cert *x509.Certificate, at time.Time) string {
	switch {
	case at.Before(cert.NotBefore):
		return notYetValid(cert)
	case at.After(cert.NotAfter):
		return expired(cert)
	}
	return ""
}

// chainProblem describes an error of [x509.Certificate.Verify].
func (m *message) chainProblem(err error) string {
	cert := m.certificate
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		if bytes.Equal(cert.RawIssuer, cert.RawSubject) {
			return selfSigned
		}
		return unknownAuthority(cert)
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		switch invalid.Reason {
		case x509.Expired:
			return issuerNotValid(invalid.Cert)
		case x509.IncompatibleUsage:
			return wrongUsage
		}
	}
	return brokenChain(err)
}

// chain returns the signer's certificate followed by its issuers, as far as they are in the message or the file. Each
// certificate signed the one before it. Whether the last one is trusted is decided elsewhere.
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
		i := slices.IndexFunc(m.otherCertificates, func(c *x509.Certificate) bool {
			return bytes.Equal(c.RawSubject, last.RawIssuer) && !slices.ContainsFunc(chain, c.Equal) && last.CheckSignatureFrom(c) == nil
		})
		if i < 0 {
			break
		}
		chain = append(chain, m.otherCertificates[i])
	}
	return chain
}
