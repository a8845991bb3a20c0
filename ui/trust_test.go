package ui

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"countersign/core/i18n"
	"countersign/core/pdf/pdftest"
	"countersign/core/trust"
)

// newAnchor returns a certificate that issued itself, in DER. It is always the same, so that pictures are.
func newAnchor(t *testing.T, name string, from, until time.Time) []byte {
	t.Helper()
	seed := sha256.Sum256([]byte(name))
	key := ed25519.NewKeyFromSeed(seed[:])
	form := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: from, NotAfter: until}
	der, err := x509.CreateCertificate(nil, form, form, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// seedAnchors fills the trust folder: one anchor is valid, one is expired, and two files are not used.
func (f *office) seedAnchors() {
	f.t.Helper()
	now := f.window.opts.Now()
	for name, content := range map[string][]byte{
		"registry.cer":      newAnchor(f.t, "Town Registry", now.AddDate(-2, 0, 0), now.AddDate(8, 0, 0)),
		"agency/old.der":    newAnchor(f.t, "Certification Agency Root of 2006, Class 2", now.AddDate(-20, 0, 0), now.AddDate(-1, 0, 0)),
		"agency/letter.cer": []byte("Dear Sir or Madam"),
		"notes.txt":         []byte("Dear Sir or Madam"),
	} {
		path := filepath.Join(f.dir.Trust(), filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			f.t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			f.t.Fatal(err)
		}
	}
}

func TestAnchorsAreListedWithWhatCannotBeUsed(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.openTrust()
	f.saying("No certificates have been added here.")
	f.escape()
	f.seedAnchors()
	f.openTrust()
	f.saying("Town Registry", "Certification Agency Root of 2006, Class 2", "expired", "SHA-256 ",
		"trust/agency/letter.cer has no certificate: replace it with the certificate of an issuer, or remove it.",
		"Skipped, because their names do not end like those of certificates: notes.txt")
	if n := strings.Count(f.says(), "expired"); n != 1 {
		t.Errorf("%d anchors are expired", n)
	}
}

// openTrust opens the list of anchors.
func (f *office) openTrust() {
	f.t.Helper()
	f.ctrl(fyne.KeyComma)
	f.press(f.window.lang.Say("prefs.trust"))
	f.saying(f.window.lang.Say("prefs.trust_about"))
}

func TestAnAnchorIsAddedByDroppingAndRemovedByKeyboard(t *testing.T) {
	f := newOffice(t, officeOptions{})
	files := signedFiles(t)
	f.openTrust()
	f.saying("No certificates have been added here.")
	authority := write(t, "Authority of the town.crt", pdftest.Authority(t).Raw)
	f.drop(authority, files["notes"])
	f.saying("One certificate was added.", "Notes.txt has no certificate", "Test authority")
	f.drop(authority)
	f.saying("One was here already.")
	f.escape()
	f.check(files["signed"])
	f.saying("intact, and trusted")
	f.escape()

	f.openTrust()
	f.saying("Test authority")
	f.tabToButton("Remove")
	f.key(fyne.KeyReturn)
	f.saying("Stop trusting Test authority?")
	f.escape()
	f.saying("Test authority", "Add certificates…")
	f.tabToButton("Remove")
	f.key(fyne.KeyReturn)
	f.saying("Stop trusting Test authority?")
	f.tabToButton("Remove")
	f.key(fyne.KeyReturn)
	f.saying("Test authority is no longer trusted here.", "No certificates have been added here.")
	if set := trust.Read(f.dir); len(set.Anchors) > 0 {
		t.Errorf("it is still there: %+v", set)
	}
	f.drop(files["notes"])
	f.saying("Notes.txt has no certificate")
	f.escape()
	f.check(files["signed"])
	f.saying("intact, issuer not trusted here")
}

func TestWhatCannotBeUsedIsToldInTheLanguageOfTheWindow(t *testing.T) {
	f := newOffice(t, officeOptions{lang: i18n.French})
	f.seedAnchors()
	f.openTrust()
	f.saying("trust/agency/letter.cer ne contient aucun certificat")
	f.escape()
	f.check(signedFiles(t)["signed"])
	f.saying("trust/agency/letter.cer ne contient aucun certificat")
}
