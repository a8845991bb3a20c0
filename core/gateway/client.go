package gateway

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"countersign/core/request"
)

const (
	connectTimeout = 10 * time.Second
	maxAnchorFile  = 1 << 20 // bytes; a certificate has one or two thousand
)

// NewClient returns the HTTP client for a gateway. It follows no redirects, so that
// credentials reach no other host, and waits for the head of an answer no longer than the
// profile allows. An error about the profile's trust anchors is of the type [*SettingError].
func NewClient(p Profile) (*http.Client, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if p.CAFile != "" {
		pool, err := trustAnchors(p.CAFile)
		if err != nil {
			return nil, p.settingError("ca_file", request.Errorf("setting_anchors", "read the trust anchors: %w", err))
		}
		config.RootCAs = pool
	}
	timeout := p.Timeout
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: min(connectTimeout, timeout)}).DialContext,
			TLSClientConfig:        config,
			TLSHandshakeTimeout:    min(connectTimeout, timeout),
			ResponseHeaderTimeout:  timeout,
			MaxResponseHeaderBytes: 64 << 10,
			MaxIdleConnsPerHost:    4,
			IdleConnTimeout:        30 * time.Second,
			ForceAttemptHTTP2:      true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

// trustAnchors returns the system's trust anchors and those in a PEM file.
func trustAnchors(path string) (*x509.CertPool, error) {
	pem, err := readAnchors(path)
	if err != nil {
		return nil, err
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, request.Errorf("setting_no_certificate", "%s has no certificate in PEM form: name a file of certificates in PEM form", path)
	}
	return pool, nil
}

// readAnchors reads a regular file of at most maxAnchorFile bytes. Reading a pipe or a device
// might never end.
func readAnchors(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, request.Errorf("setting_not_regular", "%s is not a regular file: name a file of certificates in PEM form", path)
	}
	f, err := os.Open(path) // #nosec G304 -- the certificates that the user named for a gateway
	if err != nil {
		return nil, err
	}
	pem, err := io.ReadAll(io.LimitReader(f, maxAnchorFile+1))
	if err == nil && len(pem) > maxAnchorFile {
		err = request.Errorf("setting_anchors_large", "%s has more than %d MB: name a file of a few certificates in PEM form", path, maxAnchorFile>>20)
	}
	return pem, errors.Join(err, f.Close())
}
