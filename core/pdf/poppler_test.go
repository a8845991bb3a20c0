package pdf_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"countersign/core/pdf"
	"countersign/core/pdf/pdftest"

	"github.com/smallstep/pkcs7"
)

// outcome is what a program reports for one signature.
type outcome struct {
	valid, whole bool
}

// askPoppler runs pdfsig on a file.
func askPoppler(t *testing.T, file []byte) []outcome {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("pdfsig is asked on other systems")
	}
	program, err := exec.LookPath("pdfsig")
	if err != nil {
		t.Fatal("this test asks poppler for a second opinion: install the package poppler-utils, which brings pdfsig")
	}
	path := filepath.Join(t.TempDir(), "signed.pdf")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	// It exits with an error when a signature is not valid, so only its output counts.
	out, _ := exec.CommandContext(ctx, program, "-nocert", path).Output()
	var all []outcome
	for _, part := range strings.Split(string(out), "\nSignature #")[1:] {
		all = append(all, outcome{
			valid: strings.Contains(part, "Signature is Valid."),
			whole: strings.Contains(part, "\n  - Total document signed"),
		})
	}
	return all
}

func TestPopplerAgrees(t *testing.T) {
	one := pdftest.Sign(t, pdftest.Plain(t, "Lease"), "Ann Example")
	two := pdftest.Sign(t, one, "Bob Example")
	slot := pdftest.SignatureField{SubFilter: "ETSI.CAdES.detached", Field: "By hand"}
	byHand := message{by: rsaIdentity(t), at: time.Now()}
	byHand.signingCertificate = byHand.by.Certificate.Raw
	ours := pdftest.Embed(t, pdftest.Plain(t, "Lease"), slot, byHand.make(t))
	otherKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	forged := message{by: pdftest.Identity{Certificate: byHand.by.Certificate, Key: otherKey}, at: time.Now()}
	for name, file := range map[string][]byte{
		"no signature":                pdftest.Plain(t, "Lease"),
		"one signature":               one,
		"two signatures":              two,
		"something added":             appendText(one, "\n% and more\n"),
		"a letter changed":            replace(t, one, "Lease", "Least"),
		"a letter changed before two": replace(t, two, "Lease", "Least"),
		"made by hand":                ours,
		"made by hand, added to":      pdftest.Embed(t, ours, slot, message{by: rsaIdentity(t), at: time.Now()}.make(t)),
		"made by hand, a letter":      replace(t, ours, "Lease", "Least"),
		"made with another key":       pdftest.Embed(t, pdftest.Plain(t, "Lease"), slot, forged.make(t)),
	} {
		t.Run(name, func(t *testing.T) {
			theirs, mine := askPoppler(t, file), read(t, file)
			if len(theirs) != len(mine) {
				t.Fatalf("poppler finds %d signatures, we find %d", len(theirs), len(mine))
			}
			for i, s := range mine {
				if got := (outcome{s.Intact(), s.CoversWholeFile}); got != theirs[i] {
					t.Errorf("signature %d: poppler reports %+v, we report %+v (%s)", i+1, theirs[i], got, s.Problem)
				}
			}
		})
	}
}

// Another library accepts the handmade messages, so the tests that refuse a variant of one refuse it for that variant.
func TestHandmadeMessagesAreValid(t *testing.T) {
	document := []byte("%PDF- and so on")
	for name, m := range map[string]message{
		"elliptic":      {by: pdftest.NewIdentity(t, "Ann Example"), withoutAttributes: true},
		"RSA":           {by: rsaIdentity(t), at: time.Now()},
		"RSA and BER":   {by: rsaIdentity(t), indefinite: true},
		"RSA, unsigned": {by: rsaIdentity(t), withoutAttributes: true},
	} {
		parsed, err := pkcs7.Parse(m.make(t)(document))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		parsed.Content = document
		if err := parsed.Verify(); err != nil && name != "elliptic" { // it does not support id-ecPublicKey as a signature algorithm
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSignaturesOfAnotherLibraryAreIntact(t *testing.T) {
	by := rsaIdentity(t)
	for name, add := range map[string]func(*pkcs7.SignedData) error{
		"with attributes": func(s *pkcs7.SignedData) error { return s.AddSigner(by.Certificate, by.Key, pkcs7.SignerInfoConfig{}) },
		"without": func(s *pkcs7.SignedData) error {
			return s.SignWithoutAttr(by.Certificate, by.Key, pkcs7.SignerInfoConfig{})
		},
	} {
		sign := func(signed []byte) []byte {
			s, err := pkcs7.NewSignedData(signed)
			if err != nil {
				t.Fatal(err)
			}
			s.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA256)
			if err := add(s); err != nil {
				t.Fatal(err)
			}
			s.Detach()
			return must(s.Finish())
		}
		file := pdftest.Embed(t, pdftest.Plain(t, "Lease"), pdftest.SignatureField{SubFilter: detached}, sign)
		got, err := pdf.Signatures(bytes.NewReader(file), int64(len(file)), pdftest.Anchors(t))
		if err != nil || len(got) != 1 || !got[0].Intact() || !got[0].Trusted {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}
