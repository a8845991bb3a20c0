package pades

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
	"time"
)

const (
	// noLegalValue is the organization in every certificate and the last line of every visible signature, so that nobody takes one for
	// real.
	noLegalValue = "Practice, no legal value"

	authorityLife   = 20 * 365 * 24 * time.Hour // validity of an authority's certificate
	certificateLife = 365 * 24 * time.Hour      // validity of a signer's certificate
	// backdating is how long before its issue a certificate begins to be valid, for verifiers whose clock is slow.
	backdating = time.Hour
)

// Authority is the certificate authority that issues the certificates of signers at the practice gateways. It is safe for concurrent use.
type Authority struct {
	certificate *x509.Certificate
	key         crypto.Signer
}

// Signer is a person's certificate with its key. It is safe for concurrent use.
type Signer struct {
	certificate *x509.Certificate
	issuer      *x509.Certificate
	key         crypto.Signer
}

// NewAuthority returns a new authority as PEM: its self-signed certificate, then its private key (PKCS #8). now is the time of issue.
func NewAuthority(now time.Time) ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make authority key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber:          newSerial(),
		Subject:               pkix.Name{CommonName: "Countersign practice authority", Organization: []string{noLegalValue}},
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

// ParseAuthority parses what [NewAuthority] returns. An error means that data is something else.
func ParseAuthority(data []byte) (*Authority, error) {
	first, rest := pem.Decode(data)
	second, _ := pem.Decode(rest)
	if first == nil || second == nil || first.Type != "CERTIFICATE" || second.Type != "PRIVATE KEY" {
		return nil, errors.New("not a certificate followed by its private key")
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
	return &Authority{certificate: certificate, key: signer}, nil
}

// Certificate returns the authority's certificate, which verifiers need. The caller must not change it.
func (a *Authority) Certificate() *x509.Certificate { return a.certificate }

// Issue returns a signer with a new key and a certificate for p, which is valid for a year from now.
func (a *Authority) Issue(p Subject, now time.Time) (*Signer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make signer key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: newSerial(),
		Subject: pkix.Name{
			CommonName:         p.Name,
			Country:            []string{p.Country},
			Organization:       []string{noLegalValue},
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
	return &Signer{certificate: certificate, issuer: a.certificate, key: key}, nil
}

// newSerial returns a random serial number of 127 bits: positive and at most 20 bytes long (RFC 5280, 4.1.2.2).
func newSerial() *big.Int {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // crypto/rand.Read never returns an error
	b[0] = b[0]&0x7f | 0x40
	return new(big.Int).SetBytes(b)
}
