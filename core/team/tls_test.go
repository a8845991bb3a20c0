package team

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/core/request"
	"countersign/core/team/teamtest"
)

// secured is an office on a server that encrypts. Its certificate, of the office's own authority, is for localhost.
type secured struct {
	*testing.T
	authority *teamtest.Authority
	cluster   *teamtest.Cluster
	owner     string // who owns the database, and its name
	issuer    string // the file with the certificate of the authority
}

const password = "a long password"

func newSecured(t *testing.T) *secured {
	t.Helper()
	// A DSN of this test says what it means, whatever the environment says.
	for _, name := range []string{"PGSSLMODE", "PGSSLROOTCERT", "PGSSLCERT", "PGSSLKEY", "PGPASSWORD"} {
		t.Setenv(name, "")
	}
	s := &secured{T: t}
	var err error
	s.authority, err = teamtest.NewAuthority("Authority of the office")
	s.must(err)
	s.cluster, err = teamtest.StartTLS(s.issue("localhost", 1), s.authority)
	if errors.Is(err, teamtest.ErrNotInstalled) {
		t.Skip(err)
	}
	s.must(err)
	t.Cleanup(func() { s.must(s.cluster.Stop()) })
	s.issuer = s.file(s.authority.Certificate)
	s.owner = s.cluster.MustCreate(t)
	made, err := Init(t.Context(), s.cluster.DSN(s.owner, s.owner), "", "Office")
	s.must(err)
	s.cluster.MustExec(t, "postgres", "postgres", "CREATE ROLE clara LOGIN PASSWORD '"+password+"'", "CREATE ROLE max LOGIN",
		"CREATE ROLE "+teamtest.CertificateRole, "GRANT "+teamtest.CertificateRole+" TO max")
	s.cluster.MustExec(t, s.owner, s.owner, "GRANT "+made.Clerk+" TO clara", "GRANT "+made.Manager+" TO max")
	return s
}

func (s *secured) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// issue issues a certificate of the office's authority that holds for so many days, or has not held for so many.
func (s *secured) issue(name string, days int) teamtest.Certificate {
	s.Helper()
	c, err := s.authority.Issue(name, time.Now().AddDate(0, 0, days))
	s.must(err)
	return c
}

// file writes a file and returns its path.
func (s *secured) file(content []byte) string {
	s.Helper()
	path := filepath.Join(s.TempDir(), "file.pem")
	s.must(os.WriteFile(path, content, 0o600))
	return path
}

// open connects to the office, and returns how the connection is encrypted.
func (s *secured) open(dsn, password string) (string, error) {
	o, err := Open(s.Context(), dsn, password, "test")
	if err != nil {
		return "", err
	}
	defer o.Close()
	server, err := o.Server(s.Context())
	s.must(err)
	return server.TLS, nil
}

func TestADeskConnectsToAServerThatIsVerified(t *testing.T) {
	s := newSecured(t)
	files := func(c teamtest.Certificate) string {
		return " sslcert=" + s.file(c.Certificate) + " sslkey=" + s.file(c.Key)
	}
	key := func(login string) string { return files(s.issue(login, 1)) }
	foreign, err := teamtest.NewAuthority("Somebody else")
	s.must(err)
	byOther, err := foreign.Issue("max", time.Now().AddDate(0, 0, 1))
	s.must(err)
	for name, c := range map[string]struct{ dsn, password string }{
		"by a name":                      {s.cluster.TLS("localhost", "clara", s.owner, "sslmode=verify-full sslrootcert="+s.issuer), password},
		"by default, where issuers are":  {s.cluster.TLS("localhost", "clara", s.owner, "sslrootcert="+s.issuer), password},
		"by default, at another machine": {s.cluster.TLS("LOCALHOST", "clara", s.owner, "sslrootcert="+s.issuer), password},
		"with a certificate":             {s.cluster.TLS("localhost", "max", s.owner, "sslrootcert="+s.issuer+key("max")), ""},
	} {
		if encryption, err := s.open(c.dsn, c.password); err != nil || encryption != "TLSv1.3" {
			t.Errorf("%s: %q, %v", name, encryption, err)
		}
	}
	for name, c := range map[string]struct {
		dsn, password string
		want          error
	}{
		"a wrong password":         {s.cluster.TLS("localhost", "clara", s.owner, "sslrootcert="+s.issuer), "another", ErrLogin},
		"no certificate":           {s.cluster.TLS("localhost", "max", s.owner, "sslrootcert="+s.issuer), password, ErrLogin},
		"that of somebody else":    {s.cluster.TLS("localhost", "max", s.owner, "sslrootcert="+s.issuer+key("clara")), "", ErrLogin},
		"one by somebody else":     {s.cluster.TLS("localhost", "max", s.owner, "sslrootcert="+s.issuer+files(byOther)), "", ErrLogin},
		"one that has expired":     {s.cluster.TLS("localhost", "max", s.owner, "sslrootcert="+s.issuer+files(s.issue("max", -1))), "", ErrUnreachable},
		"without being encrypted":  {s.cluster.TLS("localhost", "clara", s.owner, "sslmode=disable"), password, ErrLogin},
		"not encrypted, far away":  {s.cluster.TLS("LOCALHOST", "clara", s.owner, "sslmode=disable"), password, errors.ErrUnsupported},
		"perhaps not, far away":    {s.cluster.TLS("LOCALHOST", "clara", s.owner, "sslmode=prefer"), password, errors.ErrUnsupported},
		"nobody who listens there": {"host=LOCALHOST port=1 user=clara dbname=x sslrootcert=" + s.issuer, password, ErrUnreachable},
	} {
		_, err := s.open(c.dsn, c.password)
		if c.want == errors.ErrUnsupported && request.CauseOf(err).Code == "office_dsn_plain" {
			continue
		}
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAServerThatIsNotVerifiedIsNotUsed is about real servers with certificates that are not good enough.
func TestAServerThatIsNotVerifiedIsNotUsed(t *testing.T) {
	s := newSecured(t)
	foreign, err := teamtest.NewAuthority("Somebody else")
	s.must(err)
	at := func(host, more string) string { return s.cluster.TLS(host, "clara", s.owner, more) }
	expect := func(dsn, says string) {
		t.Helper()
		_, err := s.open(dsn, password)
		if !errors.Is(err, ErrUntrusted) || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), password) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", dsn, err, says)
		}
	}
	expect(at("127.0.0.1", "sslrootcert="+s.issuer), "the certificate that 127.0.0.1 shows is for another name: localhost")
	expect(at("localhost", "sslrootcert="+s.file(foreign.Certificate)), "the certificate of localhost is issued by Authority of the office, whom this computer does not trust")
	expect(at("localhost", "sslmode=verify-ca sslrootcert="+s.file(foreign.Certificate)), "whom this computer does not trust")
	expect(at("LOCALHOST", ""), "whom this computer does not trust")

	s.must(s.cluster.Kill())
	s.must(s.cluster.UseCertificate(s.issue("localhost", -1)))
	s.must(s.cluster.Restart())
	expect(at("localhost", "sslrootcert="+s.issuer), "the certificate of localhost, issued by Authority of the office, expired on ")
	expect(at("localhost", "sslmode=verify-ca sslrootcert="+s.issuer), "expired on ")
}

// impostor listens where a client looks for a PostgreSQL server.
type impostor struct {
	listener net.Listener
	config   *tls.Config // nil for one that does not encrypt
	work     sync.WaitGroup

	mu   sync.Mutex
	read bytes.Buffer // what clients have said, without the encryption
}

func (s *secured) newImpostor(certificate *teamtest.Certificate) *impostor {
	s.Helper()
	i := &impostor{}
	if certificate != nil {
		pair, err := tls.X509KeyPair(certificate.Certificate, certificate.Key)
		s.must(err)
		i.config = &tls.Config{Certificates: []tls.Certificate{pair}}
	}
	var err error
	i.listener, err = net.Listen("tcp", "127.0.0.1:0")
	s.must(err)
	i.work.Go(func() {
		for {
			conn, err := i.listener.Accept()
			if err != nil {
				return
			}
			i.serve(conn)
		}
	})
	return i
}

// serve answers a client's question whether the server encrypts, asks for the password in plain words, and hears what it says.
func (i *impostor) serve(conn net.Conn) {
	defer conn.Close()
	if _, err := io.ReadFull(conn, make([]byte, 8)); err != nil { // SSLRequest
		return
	}
	answer := "N"
	if i.config != nil {
		answer = "S"
	}
	if _, err := conn.Write([]byte(answer)); err != nil {
		return
	}
	if i.config != nil {
		conn = tls.Server(conn, i.config)
	}
	length := make([]byte, 4) // of the startup message, with these bytes
	if _, err := io.ReadFull(conn, length); err != nil {
		return
	}
	said := make([]byte, binary.BigEndian.Uint32(length)-4)
	if _, err := io.ReadFull(conn, said); err == nil {
		_, _ = conn.Write([]byte{'R', 0, 0, 0, 8, 0, 0, 0, 3}) // AuthenticationCleartextPassword
	}
	rest := make([]byte, 200)
	n, _ := conn.Read(rest)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.read.Write(append(said, rest[:n]...))
}

// end returns what the impostor was told.
func (i *impostor) end() string {
	_ = i.listener.Close()
	i.work.Wait()
	return i.read.String()
}

func TestAnImpostorIsToldNothing(t *testing.T) {
	s := newSecured(t)
	foreign, err := teamtest.NewAuthority("Authority of the office") // a name is no proof
	s.must(err)
	byOther, err := foreign.Issue("localhost", time.Now().AddDate(0, 0, 1))
	s.must(err)
	good, other, expired := s.issue("localhost", 1), s.issue("db.example.org", 1), s.issue("localhost", -1)
	for name, c := range map[string]struct {
		certificate *teamtest.Certificate
		more, says  string
	}{
		"another name":            {&other, "sslrootcert=" + s.issuer, "is for another name: db.example.org"},
		"another issuer":          {&byOther, "sslrootcert=" + s.issuer, "whom this computer does not trust"},
		"another issuer still":    {&byOther, "sslmode=verify-ca sslrootcert=" + s.issuer, "whom this computer does not trust"},
		"expired":                 {&expired, "sslrootcert=" + s.issuer, "expired on"},
		"no encryption":           {nil, "sslrootcert=" + s.issuer, "LOCALHOST does not encrypt"},
		"no encryption, required": {nil, "sslmode=require", "LOCALHOST does not encrypt"},
		"the system's issuers":    {&good, "", "whom this computer does not trust"},
		"a good certificate":      {&good, "sslrootcert=" + s.issuer, ""}, // shows that the impostor hears what there is to hear
	} {
		i := s.newImpostor(c.certificate)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		port := i.listener.Addr().(*net.TCPAddr).Port
		_, err := Open(ctx, fmt.Sprintf("host=LOCALHOST port=%d user=clara dbname=office %s", port, c.more), password, "test")
		cancel()
		heard := i.end()
		if c.says == "" {
			if !strings.Contains(heard, "clara") || !strings.Contains(heard, password) {
				t.Errorf("%s: heard only %q (%v)", name, heard, err)
			}
			continue
		}
		if heard != "" {
			t.Errorf("%s: was told %q", name, heard)
		}
		if !errors.Is(err, ErrUntrusted) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
}
