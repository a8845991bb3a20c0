package proof

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign/core/desk/fake"
	"countersign/core/home"
	"countersign/core/ledger"
	"countersign/core/pdf/pdftest"
	"countersign/core/trust"
)

func TestVerifyReadsAnyPDF(t *testing.T) {
	samples := fake.Samples(t)
	path := filepath.Join(t.TempDir(), "signed.pdf")
	if err := os.WriteFile(path, samples.Signed, 0o600); err != nil {
		t.Fatal(err)
	}
	dir, err := home.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	c := NewChecker(dir, nil)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	anchors := trust.Read(dir).Named
	v, err := Verify(t.Context(), path, anchors)
	if err != nil || len(v.Signatures) != 1 || !v.Sound() || v.Signatures[0].Trusted || !strings.Contains(v.Signatures[0].Trust, "an issuer that is trusted here") {
		t.Errorf("got %+v, %v", v, err)
	}
	if sum := fmt.Sprintf("%x", sha256.Sum256(samples.Signed)); v.SHA256 != sum || v.Size != int64(len(samples.Signed)) || v.Pages != 1 || v.Name != "signed.pdf" {
		t.Errorf("got %+v", v)
	}
	if _, err := Verify(t.Context(), path+".missing", anchors); err == nil || !strings.Contains(err.Error(), "there is no file") {
		t.Errorf("got %v", err)
	}
	must(os.MkdirAll(dir.Trust(), 0o700))
	must(os.WriteFile(filepath.Join(dir.Trust(), "odd.pem"), []byte("odd"), 0o600))
	if v, err := c.Verify(t.Context(), path); err != nil || !v.Sound() || v.Signatures[0].Trusted || len(v.AnchorProblems) != 1 || !strings.Contains(v.AnchorProblems[0].Text, "odd.pem has no certificate") {
		t.Errorf("with an odd anchor: %+v, %v", v, err)
	}
	must(os.WriteFile(filepath.Join(dir.Trust(), "authority.cer"), pdftest.Authority(t).Raw, 0o600))
	if v, err := c.Verify(t.Context(), path); err != nil || !v.Signatures[0].Trusted || len(v.AnchorProblems) != 1 {
		t.Errorf("with the authority: %+v, %v", v, err)
	}
	must(os.WriteFile(path, pdftest.Encrypted(t), 0o600))
	if _, err := c.Verify(t.Context(), path); err == nil || !strings.Contains(err.Error(), "needs a password to be read") {
		t.Errorf("with a password: %v", err)
	}
}

// A file that shows something else than its last signature covers is not sound.
func TestAFileThatWasChangedAfterItWasSignedIsNotSound(t *testing.T) {
	samples := fake.Samples(t)
	page := pdftest.Find(t, samples.Signed, "/Type /Page\n")
	exchanged := pdftest.Update(t, samples.Signed, page.Replace(t, "/Contents 4 0 R", "/Contents 5 0 R"))
	for name, test := range map[string]struct {
		file    []byte
		intact  bool
		altered bool
		between bool
	}{
		"signed":                      {samples.Signed, true, false, false},
		"signed twice":                {pdftest.Sign(t, samples.Signed, "Bea"), true, false, false},
		"exchanged":                   {exchanged, true, true, false},
		"exchanged, and signed again": {pdftest.Sign(t, exchanged, "Bea"), true, false, true},
		"exchanged, and badly signed": {pdftest.Embed(t, exchanged, pdftest.SignatureField{}, func([]byte) []byte { return nil }), false, false, false},
		"not signed":                  {samples.Original, false, false, false},
		"changed where it was signed": {fake.Flipped(samples.Signed), false, false, false},
	} {
		path := filepath.Join(t.TempDir(), "file.pdf")
		if err := os.WriteFile(path, test.file, 0o600); err != nil {
			t.Fatal(err)
		}
		v, err := Verify(t.Context(), path, nil)
		if err != nil || v.Intact() != test.intact || v.Altered() != test.altered || v.AlteredBetween() != test.between || v.Sound() != (test.intact && !test.altered) {
			t.Errorf("%s: %+v, %v", name, v.Signatures, err)
		}
	}
}

func TestTheSignaturesOfKeptDocumentsAreToldAsTheyAreToday(t *testing.T) {
	samples := fake.Samples(t)
	dir, err := home.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	l, err := ledger.Open(t.Context(), dir.Path(), ledger.Options{Exclusive: true})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	original, _, err := l.PutDocument(t.Context(), bytes.NewReader(samples.Original), 1<<20)
	must(err)
	signed, _, err := l.PutDocument(t.Context(), bytes.NewReader(samples.Signed), 1<<20)
	must(err)
	c := NewChecker(dir, l)
	before, err := c.SignaturesOf(t.Context(), original)
	must(err)
	after, err := c.SignaturesOf(t.Context(), signed)
	must(err)
	if len(before) != 0 || len(after) != 1 || after[0].Signer != "Ana" || !after[0].Intact() || after[0].Problem != "" || after[0].SignedAt.IsZero() {
		t.Errorf("before %+v, after %+v", before, after)
	}
	must(os.WriteFile(l.DocumentPath(signed), fake.Flipped(samples.Signed), 0o600))
	if after, err = c.SignaturesOf(t.Context(), signed); !errors.Is(err, ledger.ErrAltered) || after != nil {
		t.Errorf("after it was changed: %+v, %v", after, err)
	}
	noPDF, _, err := l.PutDocument(t.Context(), strings.NewReader("no PDF"), 1<<20)
	must(err)
	if _, err := c.SignaturesOf(t.Context(), noPDF); err == nil {
		t.Error("what is no PDF has signatures")
	}
	must(os.Remove(l.DocumentPath(original)))
	if _, err := c.SignaturesOf(t.Context(), original); !errors.Is(err, ledger.ErrMissing) {
		t.Errorf("missing: %v", err)
	}
}
