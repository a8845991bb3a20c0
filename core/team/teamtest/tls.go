package teamtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Authority is an issuer of certificates.
type Authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	// Certificate is the authority's own certificate, as PEM.
	Certificate []byte
}

// Certificate is a certificate with its private key, both as PEM.
type Certificate struct{ Certificate, Key []byte }

// NewAuthority makes an authority of its own.
func NewAuthority(name string) (*Authority, error) {
	template := x509.Certificate{
		Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().AddDate(1, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	a := &Authority{certificate: &template}
	own, err := a.issue(&template)
	if err != nil {
		return nil, err
	}
	a.Certificate = own.Certificate
	block, _ := pem.Decode(own.Certificate)
	a.certificate, err = x509.ParseCertificate(block.Bytes)
	return a, err
}

// Issue issues a certificate that holds until a day: one for a server if the name is that of a host or an address, and one for a login.
func (a *Authority) Issue(name string, until time.Time) (Certificate, error) {
	template := x509.Certificate{Subject: pkix.Name{CommonName: name}, NotAfter: until, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	if ip := net.ParseIP(name); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{name}
	}
	return a.issue(&template)
}

// issue issues a certificate with a new key. The first one that an authority issues is its own.
func (a *Authority) issue(template *x509.Certificate) (Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Certificate{}, err
	}
	if a.key == nil {
		a.key = key
	}
	if template.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127)); err != nil {
		return Certificate{}, err
	}
	template.NotBefore = time.Now().AddDate(-1, 0, 0)
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, &key.PublicKey, a.key)
	if err != nil {
		return Certificate{}, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return Certificate{}, err
	}
	encode := func(kind string, der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}) }
	return Certificate{encode("CERTIFICATE", der), encode("PRIVATE KEY", private)}, nil
}

// CertificateRole is the role whose members the server of [StartTLS] lets in with a certificate for their name alone, when somebody has made that role.
const CertificateRole = "has_certificate"

// StartTLS makes a new cluster whose server also listens at 127.0.0.1 and takes only encrypted connections there, which it answers with a
// certificate. It asks for a password there, but lets the members of [CertificateRole] in with a certificate of an authority.
func StartTLS(server Certificate, logins *Authority, settings ...string) (c *Cluster, err error) {
	for range 5 { // another program may take the port that was free
		c, err = start(settings, func(c *Cluster) error {
			return errors.Join(c.initialize("hostssl all +"+CertificateRole+" 127.0.0.1/32 cert\nhostssl all all 127.0.0.1/32 scram-sha-256\nhost all all all reject\n"),
				c.write("logins.crt", logins.Certificate), c.UseCertificate(server), c.listen())
		})
		if err == nil || !strings.Contains(err.Error(), "could not bind") {
			break
		}
	}
	return c, err
}

// listen has the server listen at 127.0.0.1, on a port that is free, and encrypt.
func (c *Cluster) listen() error {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	c.port = free.Addr().(*net.TCPAddr).Port
	c.settings = append(slices.Clone(c.settings), "ssl=on", "ssl_ca_file=logins.crt", "listen_addresses=127.0.0.1", fmt.Sprint("port=", c.port))
	return free.Close()
}

// UseCertificate replaces the certificate of the server of [StartTLS], which has the new one after it was started again.
func (c *Cluster) UseCertificate(of Certificate) error {
	return errors.Join(c.write("server.crt", of.Certificate), c.write("server.key", of.Key))
}

// write writes a file that only the server reads.
func (c *Cluster) write(name string, content []byte) error {
	path := filepath.Join(c.data(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		return err
	}
	if os.Geteuid() == 0 {
		return os.Chown(path, nobody, nobody)
	}
	return nil
}

// TLS returns how a login connects to a database of the server of [StartTLS] by a name of its host, with more words of a DSN.
func (c *Cluster) TLS(host, login, database, more string) string {
	return fmt.Sprintf("host=%s port=%d user=%s dbname=%s %s", host, c.port, login, database, more)
}
