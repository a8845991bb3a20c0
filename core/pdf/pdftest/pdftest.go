// Package pdftest makes PDF files for tests: plain, encrypted and signed ones. Another library than that of core/pdf makes
// the signatures. Only tests import it. Its functions fail the test instead of returning an error.
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
	"slices"
	"sync"
	"testing"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"github.com/digitorus/pdf"
	"github.com/digitorus/pdfsign/sign"
)

// Plain returns an unsigned PDF of one page, whose text and title are both title.
func Plain(t testing.TB, title string) []byte {
	t.Helper()
	return output(t, document(title))
}

// Encrypted returns a PDF that needs a password to be read.
func Encrypted(t testing.TB) []byte {
	t.Helper()
	return EncryptedWith(t, "reader")
}

// EncryptedWith returns an encrypted PDF. With an empty password it opens without one.
func EncryptedWith(t testing.TB, password string) []byte {
	t.Helper()
	d := document("A file with a lock")
	d.SetProtection(fpdf.CnProtectPrint, password, "owner")
	return output(t, d)
}

func document(title string) *fpdf.Fpdf {
	d := fpdf.New("P", "mm", "A4", "")
	d.SetCompression(false) // so that a test can find the text of the page in the file
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

// Sign returns the PDF with a signature in an incremental update. The result begins with the bytes of file, so earlier
// signatures stay intact. The signer's certificate is issued by the test authority of [Anchors].
func Sign(t testing.TB, file []byte, signerName string) []byte {
	t.Helper()
	return SignAs(t, file, NewIdentity(t, signerName))
}

// SignAs is [Sign] with an existing identity.
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

// Identity is a private key with its certificate.
type Identity struct {
	Certificate *x509.Certificate
	Key         crypto.Signer
}

// NewIdentity returns an identity with a new P-256 key and a certificate of the test authority.
func NewIdentity(t testing.TB, name string) Identity {
	t.Helper()
	return NewIdentityFor(t, name, newKey(t))
}

// NewIdentityFor returns an identity with that key and a certificate of the test authority.
func NewIdentityFor(t testing.TB, name string, key crypto.Signer) Identity {
	t.Helper()
	ca := authority(t)
	id, err := issue(name, key, ca.Certificate, ca.Key)
	if err != nil {
		t.Fatalf("could not issue a certificate: %v", err)
	}
	return id
}

// NewIdentityWithUse is [NewIdentity] with an extended key usage in the certificate.
func NewIdentityWithUse(t testing.TB, name string, use x509.ExtKeyUsage) Identity {
	t.Helper()
	ca := authority(t)
	id, err := issue(name, newKey(t), ca.Certificate, ca.Key, use)
	if err != nil {
		t.Fatalf("could not issue a certificate: %v", err)
	}
	return id
}

// RevocationList returns an empty CRL of the test authority in DER.
func RevocationList(t testing.TB) []byte {
	t.Helper()
	ca := authority(t)
	list := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: time.Now().Add(-time.Hour), NextUpdate: time.Now().AddDate(0, 1, 0)}
	der, err := x509.CreateRevocationList(rand.Reader, list, ca.Certificate, ca.Key)
	if err != nil {
		t.Fatalf("could not make a CRL: %v", err)
	}
	return der
}

// Anchors returns anchors with only the certificate of the test authority.
func Anchors(t testing.TB) func(subjects [][]byte) *x509.CertPool {
	t.Helper()
	return AnchorsOf(Authority(t))
}

// AnchorsOf returns anchors with only these certificates. Like those of a system, they have no certificate with another subject than
// was asked for.
func AnchorsOf(trusted ...*x509.Certificate) func(subjects [][]byte) *x509.CertPool {
	return func(subjects [][]byte) *x509.CertPool {
		pool := x509.NewCertPool()
		for _, c := range trusted {
			if slices.ContainsFunc(subjects, func(s []byte) bool { return bytes.Equal(s, c.RawSubject) }) {
				pool.AddCert(c)
			}
		}
		return pool
	}
}

// Authority returns the certificate of the test authority. Each process has its own.
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

// issue makes a certificate for key, signed with issuerKey. If issuer is nil, it makes the
// self-signed certificate of an authority.
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

// AuthorityIdentity returns the test authority with its key.
func AuthorityIdentity(t testing.TB) Identity {
	t.Helper()
	return authority(t)
}
