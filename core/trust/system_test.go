package trust

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"slices"
	"testing"
)

func pemFiles() map[string][]byte {
	a, b := issuers["a.pem"], issuers["b.pem"]
	return map[string][]byte{
		"nothing":            nil,
		"one":                a,
		"two":                slices.Concat(a, b),
		"comments":           slices.Concat([]byte("# Root A: 1-2-3\n"), a, []byte("\n# Root B\n"), b, []byte("end")),
		"other line ends":    bytes.ReplaceAll(slices.Concat(a, b), []byte("\n"), []byte("\r\n")),
		"no last line end":   bytes.TrimSpace(a),
		"spaces":             bytes.ReplaceAll(a, []byte("\n"), []byte(" \n")),
		"another block":      slices.Concat(issuers["trusted.pem"], a),
		"headers":            slices.Concat(bytes.Replace(a, []byte("-----\n"), []byte("-----\nUse: none\n\n"), 1), b),
		"a line before it":   slices.Concat([]byte("see "), a, b),
		"not base64":         slices.Concat(bytes.Replace(a, []byte("\nM"), []byte("\n!"), 1), b),
		"cut short":          slices.Concat(a[:200], []byte("\n"), b),
		"an end too much":    slices.Concat([]byte("-----END CERTIFICATE-----\n"), a),
		"no bytes":           slices.Concat([]byte("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"), a),
		"words after an end": slices.Concat(bytes.TrimSpace(a), []byte(" and\n"), b),
	}
}

// checkPEM fails the test if a file does not have the certificates that crypto/x509 finds in it.
func checkPEM(t *testing.T, content []byte) {
	t.Helper()
	want, x, subjects := x509.NewCertPool(), index{}, [][]byte{}
	want.AppendCertsFromPEM(content)
	x.addPEM(content)
	for subject := range x {
		subjects = append(subjects, []byte(subject))
	}
	if !x.named(subjects).Equal(want) {
		t.Errorf("other certificates than crypto/x509 finds in %q", content)
	}
}

func TestFilesOfTheSystemHaveTheCertificatesThatTheLibraryFinds(t *testing.T) {
	for name, content := range pemFiles() {
		t.Run(name, func(t *testing.T) { checkPEM(t, content) })
	}
}

func FuzzSystemPEM(f *testing.F) {
	for _, content := range pemFiles() {
		f.Add(content)
	}
	f.Fuzz(checkPEM)
}

func TestOnlyCertificatesThatAreAskedForAreFound(t *testing.T) {
	x := index{}
	for _, name := range []string{"a.pem", "b.pem", "same.pem", "a.pem", "brainpool.pem"} {
		x.addPEM(issuers[name])
	}
	x.addPEM([]byte("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"))
	parse := func(name string) *x509.Certificate {
		block, _ := pem.Decode(issuers[name])
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		return cert
	}
	a, b, same := parse("a.pem"), parse("b.pem"), parse("same.pem")
	pool := func(certificates ...*x509.Certificate) *x509.CertPool {
		p := x509.NewCertPool()
		for _, c := range certificates {
			p.AddCert(c)
		}
		return p
	}
	for name, c := range map[string]struct {
		subjects [][]byte
		want     *x509.CertPool
	}{
		"none":    {nil, pool()},
		"one":     {[][]byte{b.RawSubject, b.RawSubject}, pool(b)},
		"several": {[][]byte{a.RawSubject}, pool(a, same)},
		"unknown": {[][]byte{[]byte("x")}, pool()},
		"all":     {[][]byte{a.RawSubject, b.RawSubject}, pool(a, same, b)},
	} {
		if got := x.named(c.subjects); !got.Equal(c.want) {
			t.Errorf("%s: other certificates than were asked for", name)
		}
	}
	if n := len(x[string(a.RawSubject)]); n != 2 {
		t.Errorf("%d certificates are kept for two", n)
	}
}
