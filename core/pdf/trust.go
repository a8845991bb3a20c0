package pdf

import (
	"crypto/x509"
	"errors"
	"slices"
	"time"

	"countersign/core/certificate"
)

// Anchors are the certificates that are trusted by themselves. The function returns a pool in which all anchors are that have one of
// these subjects, in DER. Others may be in it, too: a chain that ends at one of them is trusted. An Anchors that is nil trusts nobody.
// It may be called several times for one file.
type Anchors func(subjects [][]byte) *x509.CertPool

// chainSources are the certificates from outside a signature that its chain may be built with.
type chainSources struct {
	anchors Anchors
	extra   []*certificate.Certificate // found elsewhere in the file (the /DSS dictionary); not trusted by themselves
}

// trustResult is whether a signer is trusted, and why. The zero value means that there were no anchors.
type trustResult struct {
	trusted bool
	reason  *Problem // nil without anchors
}

// text returns the reason in English.
func (r trustResult) text() string {
	if r.reason == nil {
		return ""
	}
	return r.reason.Error()
}

// trust looks for a chain from the signer's certificate to one of the anchors that is valid at the time at, for that
// use, and sets m.anchored to it. A zero time stands for now. weak is the name of a weak digest, or "". A signature
// with a weak digest is not trusted, and neither is one whose certificate crypto/x509 cannot read: only that package
// verifies chains.
func (m *message) trust(anchors Anchors, at time.Time, use x509.ExtKeyUsage, weak string) trustResult {
	if anchors == nil || m.certificate == nil {
		return trustResult{}
	}
	cert := m.certificate.Standard
	switch {
	case weak != "":
		return trustResult{reason: weakDigest(weak)}
	case use == x509.ExtKeyUsageTimeStamping && !m.certificate.IsForTimestamps():
		return trustResult{reason: notForTimestamps}
	case cert == nil:
		return trustResult{reason: unreadableChain(m.certificate.IssuerName())}
	}
	if at.IsZero() {
		at = time.Now()
	}
	intermediates := x509.NewCertPool()
	subjects := [][]byte{cert.RawSubject, cert.RawIssuer} // of anchors: the certificate may be one itself, and its issuer or theirs
	for _, c := range m.otherCertificates {
		if c.Standard != nil {
			intermediates.AddCert(c.Standard)
			subjects = append(subjects, c.Standard.RawIssuer)
		}
	}
	options := x509.VerifyOptions{Roots: rootsOf(anchors, subjects), Intermediates: intermediates, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{use}}
	chains, err := cert.Verify(options)
	if err == nil {
		chain := chains[0]
		for _, c := range chain {
			if parsed, err := certificate.Parse(c.Raw); err == nil {
				m.anchored = append(m.anchored, parsed)
			}
		}
		return trustResult{true, trustedReason(chain[len(chain)-1])}
	}
	if reason := validityProblem(cert, at); reason != nil {
		// An expired certificate may have no trusted issuer either. A moment inside its validity shows that.
		options.CurrentTime = cert.NotBefore.Add(cert.NotAfter.Sub(cert.NotBefore) / 2)
		if _, err := cert.Verify(options); err != nil {
			reason = alsoUntrusted(reason, m.chainProblem(err))
		}
		return trustResult{reason: reason}
	}
	return trustResult{reason: notRevoked(m.chainProblem(err))}
}

// rootsOf returns the anchors with these subjects. It is never nil: to crypto/x509, that would mean the certificates that the system
// trusts.
func rootsOf(anchors Anchors, subjects [][]byte) *x509.CertPool {
	if roots := anchors(subjects); roots != nil {
		return roots
	}
	return x509.NewCertPool()
}

// validityProblem describes how a moment lies outside the validity of a certificate. It is nil when it lies inside.
func validityProblem(cert *x509.Certificate, at time.Time) *Problem {
	switch {
	case at.Before(cert.NotBefore):
		return notYetValid(cert)
	case at.After(cert.NotAfter):
		return expired(cert)
	}
	return nil
}

// chainProblem describes an error of [x509.Certificate.Verify].
func (m *message) chainProblem(err error) *Problem {
	cert := m.certificate
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		if cert.IsSelfIssued() {
			return selfSigned
		}
		return unknownAuthority(cert.IssuerName())
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		switch invalid.Reason {
		case x509.Expired:
			return issuerNotValid(invalid.Cert)
		case x509.IncompatibleUsage:
			return wrongUsage
		}
	}
	return brokenChain
}

// chain returns the signer's certificate followed by its issuers, as far as they are in the message or the file. Each
// certificate signed the one before it. Whether the last one is trusted is decided elsewhere.
func (m *message) chain() []*certificate.Certificate {
	if m.certificate == nil {
		return nil
	}
	const longest, mostTries = 10, 20 // verifying a value takes long for some keys
	tries := 0
	chain := []*certificate.Certificate{m.certificate}
	for len(chain) < longest {
		last := chain[len(chain)-1]
		if last.IsSelfIssued() {
			break
		}
		i := slices.IndexFunc(m.otherCertificates, func(c *certificate.Certificate) bool {
			if slices.ContainsFunc(chain, c.Equal) || !certificate.SameName(last.RawIssuer, c.RawSubject) || tries == mostTries {
				return false
			}
			tries++
			return last.SignedBy(c)
		})
		if i < 0 {
			break
		}
		chain = append(chain, m.otherCertificates[i])
	}
	return chain
}
