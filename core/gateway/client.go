package gateway

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"net/http"

	"countersign/core/network"
	"countersign/core/request"
)

// maxAnchorFile is the largest size of a file of certificates, in bytes. A certificate has one or two thousand.
const maxAnchorFile = 1 << 20

// Proxies are the proxies between here and the gateways. The zero value has those of the environment, without logins.
type Proxies struct {
	Given  network.Given   // what an administrator has chosen
	Logins *network.Logins // nil if there are none
}

// NewClient returns the HTTP client for a gateway. It follows no redirects, so that credentials
// reach no other host, and waits for the head of an answer no longer than the profile allows. The error is not
// nil if a file of certificates that the profile names cannot be used, and is of the type [*SettingError].
func NewClient(p Profile, proxies Proxies) (*http.Client, error) {
	config := network.Config{Timeout: cmp.Or(p.Timeout, DefaultTimeout), TLS: &tls.Config{MinVersion: tls.VersionTLS12}, Given: proxies.Given, Logins: proxies.Logins}
	if p.CA != "" {
		pool := systemAnchors()
		if !pool.AppendCertsFromPEM([]byte(p.CA)) {
			return nil, p.settingError("ca_file", noCertificate(p.Name))
		}
		config.TLS.RootCAs = pool
	}
	if p.CAFile != "" {
		pool, err := trustAnchors(p.CAFile)
		if err != nil {
			return nil, p.settingError("ca_file", request.Errorf("setting_anchors", "read the trust anchors: %w", err))
		}
		config.TLS.RootCAs = pool
	}
	if p.ClientCert != "" || p.ClientKey != "" {
		if _, err := clientCertificate(p); err != nil {
			return nil, err
		}
		config.ClientCertificate = func() (*tls.Certificate, error) { return clientCertificate(p) }
	}
	return &http.Client{
		Transport:     network.New(config),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

// trustAnchors returns the system's trust anchors and those in a file, which has certificates in PEM form, or in DER form as
// issuers publish their own.
func trustAnchors(path string) (*x509.CertPool, error) {
	content, err := readCertificates(path)
	if err != nil {
		return nil, err
	}
	pool := systemAnchors()
	if pool.AppendCertsFromPEM(content) {
		return pool, nil
	}
	certificates, err := x509.ParseCertificates(content)
	if err != nil || len(certificates) == 0 {
		return nil, noCertificate(path)
	}
	for _, certificate := range certificates {
		pool.AddCert(certificate)
	}
	return pool, nil
}

func systemAnchors() *x509.CertPool {
	pool, err := x509.SystemCertPool()
	if err != nil {
		return x509.NewCertPool()
	}
	return pool
}
