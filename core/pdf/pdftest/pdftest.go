// Package pdftest makes PDF files for tests: plain ones, encrypted ones, and signed ones whose signatures are made by
// another library than the one that checks them. It is for tests alone; no program imports it.
package pdftest

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"sync"
	"testing"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"github.com/digitorus/pdf"
	"github.com/digitorus/pdfsign/sign"
)

// Plain makes a PDF of one page without signatures.
func Plain(t testing.TB, title string) []byte {
	t.Helper()
	return output(t, document(title))
}

// Encrypted makes a PDF that needs a password to be read.
func Encrypted(t testing.TB) []byte {
	t.Helper()
	return EncryptedWith(t, "reader")
}

// EncryptedWith makes a PDF that is encrypted with a password; an empty one makes a file that opens without asking.
func EncryptedWith(t testing.TB, password string) []byte {
	t.Helper()
	d := document("A file with a lock")
	d.SetProtection(fpdf.CnProtectPrint, password, "owner")
	return output(t, d)
}

func document(title string) *fpdf.Fpdf {
	d := fpdf.New("P", "mm", "A4", "")
	d.SetCompression(false) // so that a test can find the words of the page in the file
	d.SetTitle(title, true)
	d.AddPage()
	d.SetFont("Helvetica", "", 14)
	d.MultiCell(0, 8, title, "", "", false)
	return d
}

func output(t testing.TB, d *fpdf.Fpdf) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := d.Output(&b); err != nil {
		t.Fatalf("could not make a PDF: %v", err)
	}
	return b.Bytes()
}

// Sign adds a signature to a PDF and returns the longer file: it begins with the bytes it was given, so signatures that
// are there already stay what they were. The signer's certificate is issued by the test authority of [Anchors].
func Sign(t testing.TB, file []byte, signerName string) []byte {
	t.Helper()
	return SignAs(t, file, NewIdentity(t, signerName))
}

// SignAs is Sign with an identity that was made before.
func SignAs(t testing.TB, file []byte, by Identity) []byte {
	t.Helper()
	r := bytes.NewReader(file)
	parsed, err := pdf.NewReader(r, int64(len(file)))
	if err != nil {
		t.Fatalf("could not read the PDF that is to be signed: %v", err)
	}
	var out bytes.Buffer
	err = sign.Sign(r, &out, parsed, int64(len(file)), sign.SignData{
		Signature: sign.SignDataSignature{
			CertType: sign.ApprovalSignature,
			Info:     sign.SignDataSignatureInfo{Name: by.Certificate.Subject.CommonName, Date: time.Now()},
		},
		Signer:            by.Key,
		DigestAlgorithm:   crypto.SHA256,
		Certificate:       by.Certificate,
		CertificateChains: [][]*x509.Certificate{{by.Certificate, authority(t).Certificate}},
	})
	if err != nil {
		t.Fatalf("could not sign a PDF: %v", err)
	}
	return out.Bytes()
}

// Identity is a key and the certificate for it.
type Identity struct {
	Certificate *x509.Certificate
	Key         crypto.Signer
}

// NewIdentity makes an identity with an elliptic key, issued by the test authority.
func NewIdentity(t testing.TB, name string) Identity {
	t.Helper()
	return NewIdentityFor(t, name, newKey(t))
}

// NewIdentityFor makes an identity for that key, issued by the test authority.
func NewIdentityFor(t testing.TB, name string, key crypto.Signer) Identity {
	t.Helper()
	ca := authority(t)
	id, err := issue(name, key, ca.Certificate, ca.Key)
	if err != nil {
		t.Fatalf("could not issue a certificate: %v", err)
	}
	return id
}

// NewIdentityOf makes an identity whose certificate is for one use alone.
func NewIdentityOf(t testing.TB, name string, use x509.ExtKeyUsage) Identity {
	t.Helper()
	ca := authority(t)
	id, err := issue(name, newKey(t), ca.Certificate, ca.Key, use)
	if err != nil {
		t.Fatalf("could not issue a certificate: %v", err)
	}
	return id
}

// RevocationList is a list of the test authority with nothing in it.
func RevocationList(t testing.TB) []byte {
	t.Helper()
	ca := authority(t)
	list := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: time.Now().Add(-time.Hour), NextUpdate: time.Now().AddDate(0, 1, 0)}
	der, err := x509.CreateRevocationList(rand.Reader, list, ca.Certificate, ca.Key)
	if err != nil {
		t.Fatalf("could not make a list of revoked certificates: %v", err)
	}
	return der
}

// Anchors is a pool with the certificate of the test authority alone.
func Anchors(t testing.TB) *x509.CertPool {
	t.Helper()
	pool := x509.NewCertPool()
	pool.AddCert(Authority(t))
	return pool
}

// Authority is the certificate of the test authority. It is another one in every run.
func Authority(t testing.TB) *x509.Certificate {
	t.Helper()
	return authority(t).Certificate
}

var newAuthority = sync.OnceValues(func() (Identity, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Identity{}, err
	}
	return issue("Test authority", key, nil, key)
})

func authority(t testing.TB) Identity {
	t.Helper()
	id, err := newAuthority()
	if err != nil {
		t.Fatalf("could not make the test authority: %v", err)
	}
	return id
}

func newKey(t testing.TB) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatalf("could not make a key: %v", err)
	}
	return key
}

// issue makes a certificate; without an issuer it is one of an authority, signed by itself.
func issue(name string, key crypto.Signer, issuer *x509.Certificate, issuerKey crypto.Signer, uses ...x509.ExtKeyUsage) (Identity, error) {
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		return Identity{}, fmt.Errorf("make a serial number: %w", err)
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return Identity{}, fmt.Errorf("write the key: %w", err)
	}
	keyID := sha256.Sum256(public)
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: name, Organization: []string{"Countersign tests"}},
		SubjectKeyId:          keyID[:20],
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().AddDate(1, 0, 0),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
		BasicConstraintsValid: true,
		ExtKeyUsage:           uses,
	}
	if issuer == nil {
		template.IsCA, template.KeyUsage = true, x509.KeyUsageCertSign|x509.KeyUsageCRLSign
		issuer = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, key.Public(), issuerKey)
	if err != nil {
		return Identity{}, fmt.Errorf("make a certificate: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return Identity{}, fmt.Errorf("read the certificate: %w", err)
	}
	return Identity{Certificate: cert, Key: key}, nil
}
