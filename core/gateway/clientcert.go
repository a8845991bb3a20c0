package gateway

import (
	"bytes"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"os"
	"runtime"
	"strings"
	"time"

	"countersign/core/files"
	"countersign/core/request"
)

// clientCertificate reads the certificate and the private key with which this program shows a gateway who it is. The profile
// has to name a certificate. If it names no file for the key, the key is in the file of the certificate. All errors are of the
// type [*SettingError].
func clientCertificate(p Profile) (*tls.Certificate, error) {
	if p.ClientCert == "" {
		return nil, p.settingError("client_key", request.Errorf("setting_key_alone", "there is a private key without a certificate: set client_cert as well"))
	}
	cert, err := readCertificates(p.ClientCert)
	if err == nil {
		err = checkCertificate(p.ClientCert, cert)
	}
	if err != nil {
		return nil, p.settingError("client_cert", err)
	}
	path, key := p.ClientCert, cert
	if p.ClientKey != "" {
		path = p.ClientKey
		if key, err = readCertificates(path); err != nil {
			return nil, p.settingError("client_key", err)
		}
	}
	if err := checkKey(path, key); err != nil {
		return nil, p.settingError("client_key", err)
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil && strings.Contains(err.Error(), "does not match") { // the error has no type
		return nil, p.settingError("client_key", request.Errorf("setting_key_other", "the private key in %s does not belong to the certificate in %s: name the files of one certificate, with that certificate first", path, p.ClientCert))
	}
	if err != nil {
		return nil, p.settingError("client_key", request.Errorf("setting_key_unreadable", "the certificate or the private key in %s cannot be read: get the files again in PEM form", path))
	}
	return &pair, nil
}

// checkCertificate returns an error unless a file has a certificate in PEM form.
func checkCertificate(path string, content []byte) error {
	// PKCS #12 (RFC 7292, section 4): a sequence that begins with the version, 3.
	if bytes.HasPrefix(content, []byte{0x30}) && bytes.Contains(content[:min(len(content), 10)], []byte{0x02, 0x01, 0x03}) {
		return request.Errorf("setting_pkcs12", "%s is a PKCS #12 file: make two files in PEM form of it, with openssl pkcs12 -in FILE -clcerts -nokeys -out CERT and openssl pkcs12 -in FILE -nocerts -nodes -out KEY", path)
	}
	if findBlock(content, func(b *pem.Block) bool { return b.Type == "CERTIFICATE" }) == nil {
		return noCertificate(path)
	}
	return nil
}

func noCertificate(path string) error {
	return request.Errorf("setting_no_certificate", "%s has no certificate in PEM form: name a file of certificates in PEM form", path)
}

// checkKey returns an error unless a file has a private key in PEM form that can be used without a passphrase.
func checkKey(path string, content []byte) error {
	key := findBlock(content, func(b *pem.Block) bool { return strings.HasSuffix(b.Type, "PRIVATE KEY") })
	switch {
	case key == nil:
		return request.Errorf("setting_no_key", "%s has no private key in PEM form: name the file of the key in client_key", path)
	case key.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(key.Headers["Proc-Type"], "ENCRYPTED"): // RFC 7468, section 11; RFC 1421, section 4.6.1.1
		return request.Errorf("setting_key_locked", "the private key in %s has a passphrase, which this program cannot ask for: make a copy without one that only you can read, with openssl pkey -in FILE -out COPY", path)
	}
	return nil
}

// findBlock returns the first PEM block in a file that is wanted, or nil.
func findBlock(content []byte, wanted func(*pem.Block) bool) *pem.Block {
	for block, rest := pem.Decode(content); block != nil; block, rest = pem.Decode(rest) {
		if wanted(block) {
			return block
		}
	}
	return nil
}

// CheckClientCertificate returns a finding about the client certificate of a profile, and none if the profile has none.
func CheckClientCertificate(p Profile, now time.Time) []CheckResult {
	if p.ClientCert == "" && p.ClientKey == "" {
		return nil
	}
	pair, err := clientCertificate(p)
	if err != nil {
		return []CheckResult{NewCheckResult(PartClientCertificate, false, request.SentenceOf(err), request.Sentencef("client_cert_todo", "correct client_cert and client_key of the gateway"))}
	}
	leaf := pair.Leaf
	expires := leaf.NotAfter.Local().Format(time.DateOnly)
	renew := request.Sentencef("client_cert_renew_todo", "ask the gateway's operator for a new client certificate")
	if now.After(leaf.NotAfter) {
		return []CheckResult{NewCheckResult(PartClientCertificate, false, request.Sentencef("client_cert_expired", "the client certificate expired on %s", expires), renew)}
	}
	advice := request.Sentence{}
	if leaf.NotAfter.Sub(now) < expiryNotice {
		advice = renew
	}
	if warning := KeyWarning(p); warning.Text != "" {
		advice = warning
	}
	return []CheckResult{NewCheckResult(PartClientCertificate, true,
		request.Sentencef("client_cert_valid", "%s, issued by %s, valid until %s", Sanitize(leaf.Subject.String()), Sanitize(leaf.Issuer.String()), expires), advice)}
}

// KeyWarning returns what to do if others than its owner can read the private key of a profile's client certificate, and the
// zero value otherwise. On Windows, whose permissions are of another kind, it always returns the zero value.
func KeyWarning(p Profile) request.Sentence {
	path := p.ClientKey
	if path == "" {
		path = p.ClientCert
	}
	info, err := os.Stat(path)
	if path == "" || err != nil || runtime.GOOS == "windows" || info.Mode().Perm()&0o077 == 0 {
		return request.Sentence{}
	}
	return request.Sentencef("client_key_readable", "others on this computer can read or change the private key in %s: let only its owner read it, with chmod 600", path)
}

// readCertificates reads a file of certificates or of a private key, of at most maxAnchorFile bytes.
func readCertificates(path string) ([]byte, error) {
	content, err := files.ReadRegular(path, maxAnchorFile)
	switch {
	case errors.Is(err, files.ErrFolder), errors.Is(err, files.ErrNotRegular):
		return nil, request.Errorf("setting_not_regular", "%s is not a regular file: name a file of certificates in PEM form", path)
	case errors.Is(err, files.ErrTooLarge):
		return nil, request.Errorf("setting_anchors_large", "%s has more than %d MB: name a file of a few certificates in PEM form", path, maxAnchorFile>>20)
	case err != nil:
		return nil, request.Errorf("setting_file_unreadable", "read %s: %w", path, files.WithoutPath(err))
	}
	return content, nil
}
