package network

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"reflect"
	"slices"
	"strings"
	"time"

	"countersign/core/request"
)

// The alerts that are told apart (RFC 8446, section 6.2).
const (
	alertHandshakeFailure     tls.AlertError = 40
	alertNoCertificate        tls.AlertError = 41 // of old versions
	alertUnknownAuthority     tls.AlertError = 48
	alertAccessDenied         tls.AlertError = 49
	alertProtocolVersion      tls.AlertError = 70
	alertInsufficientSecurity tls.AlertError = 71
	alertNoRenegotiation      tls.AlertError = 100 // RFC 5246, section 7.2.2
	alertUnrecognizedName     tls.AlertError = 112
	alertCertificateRequired  tls.AlertError = 116
)

// The beginnings of texts of crypto/tls whose errors have no type.
const (
	unreadableCertificate = "tls: failed to parse certificate from server: "
	oldVersion            = "tls: server selected unsupported protocol version "
)

// tlsFailure returns the failure for an error of the encryption with a host, and nil for any other error.
func (c *trace) tlsFailure(host string, err error) *Failure {
	if bad, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return c.untrusted(host, bad)
	}
	if record, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return notTLS(host, string(record.RecordHeader[:]))
	}
	if alert, ok := alertOf(err, "remote error"); ok {
		return c.alerted(host, alert)
	}
	if alert, ok := alertOf(err, "local error"); ok && alert == alertNoRenegotiation && c.transport.config.ClientCertificate == nil {
		return certificateWanted(host) // a server of TLS 1.2 asks for one after it has read the request
	}
	text := innermost(err).Error()
	switch {
	case strings.HasPrefix(text, oldVersion):
		return onlyOldVersions(host)
	case strings.HasPrefix(text, unreadableCertificate):
		return atTLS(request.Sentencef("net_tls_unreadable", "the certificate of %s cannot be read (%s)", host, Sanitize(strings.TrimPrefix(text, unreadableCertificate), maxText)), renew())
	}
	return nil
}

func innermost(err error) error {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return err
}

func atTLS(what, advice request.Sentence) *Failure {
	return &Failure{Stage: AtTLS, What: what, Advice: advice}
}

// alertOf returns the alert with which the encryption was ended: by the server if operation is "remote error", by this program if it
// is "local error". The type of alerts in crypto/tls is not exported for TCP: it is a number like [tls.AlertError].
func alertOf(err error, operation string) (tls.AlertError, bool) {
	op, ok := errors.AsType[*net.OpError](err)
	for ok && op.Op != operation { // the error of a dialer may have that of the encryption in it
		op, ok = errors.AsType[*net.OpError](op.Err)
	}
	if !ok {
		return 0, false
	}
	number := reflect.ValueOf(op.Err)
	if number.Kind() != reflect.Uint8 {
		return 0, false
	}
	return tls.AlertError(number.Uint()), true // #nosec G115 -- it has eight bits
}

// lacksCertificate reports whether the server asked for a client certificate and there is none.
func (c *trace) lacksCertificate() bool {
	return c.is(asked) && c.transport.config.ClientCertificate == nil
}

func (c *trace) alerted(host string, alert tls.AlertError) *Failure {
	switch {
	case alert == alertProtocolVersion:
		return onlyOldVersions(host)
	case alert == alertUnrecognizedName:
		return atTLS(request.Sentencef("net_tls_name", "what answers at %s does not serve this name", host),
			request.Sentencef("net_tls_name_todo", "check the gateway's address, and ask its operator for the right one"))
	case c.lacksCertificate() || alert == alertCertificateRequired && c.transport.config.ClientCertificate == nil:
		return certificateWanted(host)
	case c.is(asked) && (alert == alertHandshakeFailure || alert >= alertNoCertificate && alert <= alertAccessDenied || alert == alertCertificateRequired):
		return c.certificateJudged(request.Sentence{Text: alertText(alert)})
	case alert == alertHandshakeFailure, alert == alertInsufficientSecurity:
		return atTLS(request.Sentencef("net_tls_no_common", "%s offers no encryption that is still considered secure", host),
			request.Sentencef("net_tls_no_common_todo", "check the gateway's address; if it is right, its operator has to allow TLS 1.3, or TLS 1.2 with ECDHE"))
	}
	return atTLS(request.Sentencef("net_tls_alert", "%s ends the encryption (%s)", host, alertText(alert)),
		request.Sentencef("net_tls_alert_todo", "check the gateway's address; if it is right, ask its operator, and whoever runs the network in between"))
}

// alertText returns the text of an alert without the prefix of the package.
func alertText(alert tls.AlertError) string { return strings.TrimPrefix(alert.Error(), "tls: ") }

// certificateJudged returns the failure for a server that asked for a client certificate and ended the connection. why
// is how it did so.
func (c *trace) certificateJudged(why request.Sentence) *Failure {
	if c.lacksCertificate() {
		return certificateWanted(c.url.Hostname())
	}
	return atTLS(request.Sentencef("net_tls_client_refused", "%s refuses the client certificate of this gateway (%s)", c.url.Hostname(), why),
		request.Sentencef("net_tls_client_refused_todo", "ask the gateway's operator whether the certificate in client_cert is the right one, and has not expired"))
}

func certificateWanted(host string) *Failure {
	return atTLS(request.Sentencef("net_tls_client_wanted", "%s requires a client certificate, and none is set for this gateway", host), GetCertificate())
}

// GetCertificate returns the advice for a gateway that wants a client certificate.
func GetCertificate() request.Sentence {
	return request.Sentencef("net_tls_client_wanted_todo", "ask the gateway's operator for one, and set its files as client_cert and client_key")
}

func onlyOldVersions(host string) *Failure {
	return atTLS(request.Sentencef("net_tls_version", "%s only speaks versions of TLS that are no longer secure", host),
		request.Sentencef("net_tls_version_todo", "check the gateway's address; if it is right, its operator has to allow TLS 1.2 or 1.3"))
}

// notTLS returns the failure for a host that answers without encryption. header is how the answer begins.
func notTLS(host, header string) *Failure {
	what := request.Sentencef("net_tls_none", "what answers at %s does not encrypt", host)
	if strings.HasPrefix(header, "HTTP/") {
		what = request.Sentencef("net_tls_http", "what answers at %s speaks unencrypted HTTP where encryption is expected", host)
	}
	return atTLS(what, request.Sentencef("net_tls_none_todo", "check the port in the gateway's address; in a network for guests, open any page in the browser, log in there, and try again"))
}

// handshakeFailed returns the failure for an encryption that was not set up, for no reason that is known.
func (c *trace) handshakeFailed(err error, timeout bool) *Failure {
	host := c.url.Host
	between := request.Sentencef("net_tls_between_todo", "check the port in the gateway's address; if it is right, a firewall or security software in between may be the reason: ask whoever runs the network")
	switch {
	case timeout:
		return atTLS(request.Sentencef("net_tls_timeout", "%s does not set up the encryption in time", host), between)
	case c.lacksCertificate() && isClosed(err):
		return certificateWanted(c.url.Hostname())
	case isClosed(err), errors.Is(err, io.EOF):
		return atTLS(request.Sentencef("net_tls_closed", "the connection to %s was closed while the encryption was set up", host), between)
	}
	return atTLS(request.Sentencef("net_tls_failed", "the encryption with %s cannot be set up (%s)", host, Sanitize(innermost(err).Error(), maxText)), between)
}

// untrusted returns the failure for a certificate that is not accepted.
func (c *trace) untrusted(host string, bad *tls.CertificateVerificationError) *Failure {
	chain := bad.UnverifiedCertificates
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](bad.Err); ok {
		return invalidCertificate(host, chain, invalid)
	}
	if other, ok := errors.AsType[x509.HostnameError](bad.Err); ok && other.Certificate != nil {
		return otherName(host, other.Certificate)
	}
	if _, ok := errors.AsType[x509.SystemRootsError](bad.Err); ok {
		return atTLS(request.Sentencef("net_tls_no_roots", "this system has no list of trusted issuers of certificates"),
			request.Sentencef("net_tls_no_roots_todo", "install the package ca-certificates, or name the gateway's issuer in its ca_file"))
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](bad.Err); ok && len(chain) > 0 {
		return c.unknownIssuer(host, chain)
	}
	return atTLS(request.Sentencef("net_tls_invalid", "the certificate of %s is not valid (%s)", host, problemOf(bad.Err)), renew())
}

// problemOf returns what crypto/x509 says of a certificate, without the prefix of the package.
func problemOf(err error) string {
	return Sanitize(strings.TrimPrefix(err.Error(), "x509: "), maxText)
}

func renew() request.Sentence {
	return request.Sentencef("net_tls_renew_todo", "check the gateway's address; if it is right, its operator has to get another certificate")
}

func invalidCertificate(host string, chain []*x509.Certificate, invalid x509.CertificateInvalidError) *Failure {
	if invalid.Reason != x509.Expired || invalid.Cert == nil {
		return atTLS(request.Sentencef("net_tls_invalid", "the certificate of %s is not valid (%s)", host, problemOf(invalid)), renew())
	}
	date := func(t time.Time) string { return t.Local().Format(time.DateOnly) }
	advice := request.Sentencef("net_tls_expired_todo", "check the date of this computer; if it is right, the gateway's operator has to renew the certificate")
	switch {
	case time.Now().Before(invalid.Cert.NotBefore):
		return atTLS(request.Sentencef("net_tls_early", "the certificate of %s is not valid before %s", host, date(invalid.Cert.NotBefore)), advice)
	case len(chain) > 0 && !chain[0].Equal(invalid.Cert):
		return atTLS(request.Sentencef("net_tls_issuer_expired", "the certificate of %s was issued by %s, whose own certificate expired on %s", host, subjectOf(invalid.Cert), date(invalid.Cert.NotAfter)), advice)
	}
	return atTLS(request.Sentencef("net_tls_expired", "the certificate of %s, issued by %s, expired on %s", host, issuerOf(invalid.Cert), date(invalid.Cert.NotAfter)), advice)
}

// maxNames is how many names of a certificate are shown.
const maxNames = 3

func otherName(host string, cert *x509.Certificate) *Failure {
	names := slices.Clone(cert.DNSNames)
	for _, ip := range cert.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		return atTLS(request.Sentencef("net_tls_common_name", "the certificate of %s has no alternative name (SAN), only the common name %s", host, subjectOf(cert)),
			request.Sentencef("net_tls_common_name_todo", "the gateway's operator has to get a certificate that names %s as an alternative name", host))
	}
	if len(names) > maxNames {
		names = append(names[:maxNames], "…")
	}
	return atTLS(request.Sentencef("net_tls_other_name", "the certificate that %s shows is for another name: %s", host, Sanitize(strings.Join(names, ", "), maxText)),
		request.Sentencef("net_tls_other_name_todo", "check the gateway's address; in a network for guests, open any page in the browser, log in there, and try again"))
}

// weak are the signatures of certificates that crypto/x509 no longer accepts.
var weak = []x509.SignatureAlgorithm{x509.MD2WithRSA, x509.MD5WithRSA, x509.SHA1WithRSA, x509.DSAWithSHA1, x509.ECDSAWithSHA1}

// unknownIssuer returns the failure for a chain that leads to nobody who is trusted here.
func (c *trace) unknownIssuer(host string, chain []*x509.Certificate) *Failure {
	leaf, last := chain[0], end(chain)
	for _, cert := range chain {
		if !isSelfIssued(cert) && slices.Contains(weak, cert.SignatureAlgorithm) {
			return atTLS(request.Sentencef("net_tls_weak", "the certificate of %s is signed with %s, which is no longer secure", host, cert.SignatureAlgorithm), renew())
		}
	}
	install := request.Sentencef("net_tls_issuer_todo", "check the gateway's address; if the issuer is that of your office, or of its security software, get its root certificate from the administrator, and install it in the system or name it in the gateway's ca_file")
	switch {
	case isSelfIssued(leaf):
		return atTLS(request.Sentencef("net_tls_self_signed", "the certificate of %s was issued by the server itself", host),
			request.Sentencef("net_tls_self_signed_todo", "check the gateway's address; if its operator confirms this certificate, name it in the gateway's ca_file"))
	case !isSelfIssued(last) && issuerAddress(last) != "":
		return atTLS(request.Sentencef("net_tls_incomplete", "%s does not send the certificate of %s, who issued its own", host, issuerOf(last)),
			request.Sentencef("net_tls_incomplete_todo", "ask the gateway's operator to install the whole chain; until then, get that certificate from %s and name its file in the gateway's ca_file", issuerAddress(last)))
	case c.proxy != nil && c.is(tunneled):
		return atTLS(request.Sentencef("net_tls_inspected", "the certificate of %s is issued by %s, whom this computer does not trust; perhaps the proxy %s opens encrypted connections", host, issuerOf(last), ProxyName(c.proxy)), install)
	}
	return atTLS(issuedByUnknown(host, issuerOf(last)), install)
}

func issuedByUnknown(host, issuer string) request.Sentence {
	return request.Sentencef("net_tls_unknown_issuer", "the certificate of %s is issued by %s, whom this computer does not trust", host, issuer)
}

// issuerAddress returns the web address at which the certificate of an issuer is (RFC 5280, section 4.2.2.1), or "".
func issuerAddress(cert *x509.Certificate) string {
	for _, address := range cert.IssuingCertificateURL {
		if strings.HasPrefix(address, "http") {
			return Sanitize(address, maxText)
		}
	}
	return ""
}

// end follows a chain from its first certificate, and returns the last one whose issuer is not in the chain.
func end(chain []*x509.Certificate) *x509.Certificate {
	last := chain[0]
	for range chain {
		i := slices.IndexFunc(chain, func(cert *x509.Certificate) bool {
			return !cert.Equal(last) && string(cert.RawSubject) == string(last.RawIssuer)
		})
		if i < 0 || isSelfIssued(last) {
			break
		}
		last = chain[i]
	}
	return last
}

func isSelfIssued(cert *x509.Certificate) bool {
	return string(cert.RawSubject) == string(cert.RawIssuer)
}

func issuerOf(cert *x509.Certificate) string {
	name := cert.Issuer
	return cmp.Or(Sanitize(cmp.Or(name.CommonName, strings.Join(name.Organization, ", "), name.String()), maxText), "?")
}

func subjectOf(cert *x509.Certificate) string {
	name := cert.Subject
	return cmp.Or(Sanitize(cmp.Or(name.CommonName, strings.Join(name.Organization, ", "), name.String()), maxText), "?")
}
