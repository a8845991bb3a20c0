package sandbox

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"path/filepath"
	"time"
)

const (
	authorityFile = "authority.pem"
	// noValue stands in every certificate, so that nobody who meets one later takes it for more than it is.
	noValue = "Practice, no legal value"

	authorityLife   = 20 * 365 * 24 * time.Hour
	certificateLife = 365 * 24 * time.Hour
	// backdating keeps a fresh certificate valid for a checker whose clock is a little slow.
	backdating = time.Hour
)

// authority is the practice certificate authority.
type authority struct {
	certificate *x509.Certificate
	key         crypto.Signer
}

// identity is one signer's certificate with its key, made for one signature and then forgotten: the
// gateway keeps no signer's key on disk.
type identity struct {
	certificate *x509.Certificate
	issuer      *x509.Certificate
	key         crypto.Signer
}

// person is somebody who signs, or is asked to.
type person struct {
	Name, Email, Country, Number string
}

// same reports whether both have the same citizen identifier, which is what a gateway goes by.
func (p person) same(q person) bool {
	return p.Country == q.Country && p.Number == q.Number
}

// openAuthority reads dir's authority, or makes it. The certificate and its key share one file, so that
// two processes starting together can never end up with the certificate of one and the key of the other.
func openAuthority(dir string, now time.Time) (*authority, error) {
	data, err := readOrCreate(filepath.Join(dir, authorityFile), func() ([]byte, error) { return newAuthority(now) })
	if err != nil {
		return nil, err
	}
	return parseAuthority(data)
}

func newAuthority(now time.Time) ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make authority key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber:          newSerial(),
		Subject:               pkix.Name{CommonName: "Countersign practice authority", Organization: []string{noValue}},
		NotBefore:             now.Add(-24 * time.Hour).UTC(),
		NotAfter:              now.Add(authorityLife).UTC(),
		IsCA:                  true,
		MaxPathLenZero:        true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("make authority certificate: %w", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode authority key: %w", err)
	}
	return append(
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})...), nil
}

func parseAuthority(data []byte) (*authority, error) {
	first, rest := pem.Decode(data)
	second, _ := pem.Decode(rest)
	if first == nil || second == nil || first.Type != "CERTIFICATE" || second.Type != "PRIVATE KEY" {
		return nil, fmt.Errorf("%s is not a certificate with its key", authorityFile)
	}
	certificate, err := x509.ParseCertificate(first.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read authority certificate: %w", err)
	}
	key, err := x509.ParsePKCS8PrivateKey(second.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read authority key: %w", err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, errors.New("the authority's key cannot sign")
	}
	return &authority{certificate: certificate, key: signer}, nil
}

// certificatePEM gives the authority's certificate alone.
func (a *authority) certificatePEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.certificate.Raw})
}

// issue makes a fresh key and a certificate for p, good from now on.
func (a *authority) issue(p person, now time.Time) (*identity, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make signer key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: newSerial(),
		Subject: pkix.Name{
			CommonName:         p.Name,
			Country:            []string{p.Country},
			Organization:       []string{noValue},
			OrganizationalUnit: []string{"Countersign practice gateway"},
			SerialNumber:       "IDC" + p.Country + "-" + p.Number, // ETSI EN 319 412-1, 5.1.3
		},
		NotBefore:             now.Add(-backdating).UTC(),
		NotAfter:              now.Add(certificateLife).UTC(),
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		return nil, fmt.Errorf("issue certificate: %w", err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("read issued certificate: %w", err)
	}
	return &identity{certificate: certificate, issuer: a.certificate, key: key}, nil
}

// newSerial gives 127 random bits, positive as RFC 5280 asks.
func newSerial() *big.Int {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails: it ends the process instead
	b[0] = b[0]&0x7f | 0x40
	return new(big.Int).SetBytes(b)
}
