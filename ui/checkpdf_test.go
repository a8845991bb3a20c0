package ui

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"countersign/core/i18n"
	"countersign/core/pdf/pdftest"
	"countersign/core/proof"
	"countersign/ui/kit"
	"countersign/ui/uitest"
)

// signedFiles returns files to check, by what was done to them.
func signedFiles(t *testing.T) map[string]string {
	t.Helper()
	plain := pdftest.Plain(t, "Lease")
	signed := pdftest.Sign(t, plain, "Ana Example")
	exchanged := pdftest.Update(t, signed, pdftest.Find(t, signed, "/Type /Page\n").Replace(t, "/Contents 4 0 R", "/Contents 5 0 R"))
	return map[string]string{
		"plain":     write(t, "Plain.pdf", plain),
		"signed":    write(t, "Signed lease.pdf", signed),
		"twice":     write(t, "Signed twice.pdf", pdftest.Sign(t, signed, "Bea Example")),
		"broken":    write(t, "Broken.pdf", []byte(strings.Replace(string(signed), "(Lease)", "(Least)", 1))),
		"exchanged": write(t, "Exchanged.pdf", exchanged),
		"notes":     write(t, "Notes.txt", []byte("Dear Sir or Madam")),
	}
}

// check opens the page that checks files and drops files on it.
func (f *office) check(paths ...string) {
	f.t.Helper()
	f.ctrlShift(fyne.KeyI)
	f.drop(paths...)
}

func TestAnyPDFIsCheckedAndNothingOfItIsKept(t *testing.T) {
	f := newOffice(t, officeOptions{})
	files := signedFiles(t)
	f.ctrlShift(fyne.KeyI)
	f.saying("Check a PDF", "Drop PDF files here or choose them.", "Nothing is stored")
	for name, want := range map[string][]string{
		"plain":     {"Plain.pdf", "This file has no signatures.", "1 page", "SHA-256 "},
		"signed":    {"Signed lease.pdf", "The signature is intact, and nothing visible was changed afterwards. No issuer that is trusted here confirms who signed.", "Ana Example", "intact, issuer not trusted here"},
		"twice":     {"All 2 signatures are intact, and nothing visible was changed afterwards.", "Bea Example"},
		"broken":    {"Do not rely on this file: not all of its signatures are intact.", "The document was changed after it was signed."},
		"exchanged": {"Do not rely on the visible content of this file: it was changed after the last signature.", "intact, but the file was changed afterwards"},
		"notes":     {"Notes.txt is not a PDF: save or print it as a PDF first."},
	} {
		f.escape()
		f.check(files[name])
		f.saying(want...)
		if strings.Contains(f.says(), "Drop PDF files here") {
			t.Errorf("%s: it still asks for files", name)
		}
	}
	f.escape()
	if f.window.modals.IsOpen() {
		t.Error("Escape leaves the page open")
	}
	if rows := f.rows(); len(rows) > 0 {
		t.Errorf("requests were made of them: %v", rows)
	}
	kept, err := filepath.Glob(filepath.Join(f.dir.Path(), "documents", "*"))
	if err != nil || len(kept) > 0 {
		t.Errorf("kept: %v, %v", kept, err)
	}
}

func TestSeveralFilesAreCheckedOneAfterTheOther(t *testing.T) {
	f := newOffice(t, officeOptions{})
	files := signedFiles(t)
	f.check(files["signed"], files["notes"])
	f.drop(files["broken"])
	f.saying("The signature is intact", "Notes.txt is not a PDF", "Do not rely on this file")
}

func TestTheFactsOfASignatureAreShownOnDemand(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.check(signedFiles(t)["twice"])
	f.saying("Bea Example")
	if strings.Contains(f.says(), "ECDSA") {
		t.Error("all facts are shown before somebody asks")
	}
	links := uitest.Find[*kit.Link](f.sheet())
	links[0].TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	f.saying("SHA-256, ECDSA P-256", "PKCS#7", "Issued by Test authority, valid from", "does not lead to an issuer that is trusted here", "there is no timestamp", "another signature")
	links[0].TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	f.settle()
	if strings.Contains(f.says(), "ECDSA") {
		t.Error("the facts were not put away")
	}
}

// A check that was started on a closed page is not shown on the next one.
func TestALateCheckIsDropped(t *testing.T) {
	f := newOffice(t, officeOptions{})
	hold := make(chan struct{})
	f.desk.verify = func(ctx context.Context, path string) (proof.Verified, error) {
		if filepath.Base(path) == "Late.pdf" {
			<-hold
			return proof.Verified{Name: "Late.pdf"}, nil
		}
		return f.desk.Workspace.Verify(ctx, path)
	}
	f.check("/nowhere/Late.pdf")
	f.saying("Checking…")
	f.escape()
	f.ctrlShift(fyne.KeyI)
	close(hold)
	f.drop(signedFiles(t)["plain"])
	f.saying("Plain.pdf", "This file has no signatures.")
	if strings.Contains(f.says(), "Late.pdf") {
		t.Error("a late answer is shown")
	}
}

func TestTheCheckFitsInEveryLanguage(t *testing.T) {
	files := signedFiles(t)
	for _, lang := range i18n.Languages() {
		t.Run(string(lang), func(t *testing.T) {
			f := newOffice(t, officeOptions{lang: lang})
			f.check(files["twice"], files["exchanged"], files["broken"], files["plain"])
			f.saying(lang.Say("pdf.altered"), lang.Say("pdf.broken"), lang.Say("pdf.none"))
			for _, l := range uitest.Find[*kit.Link](f.sheet()) {
				if slices.Contains(uitest.Drawn(l), lang.Say("pdf.details")) {
					uitest.Tap(l)
				}
			}
			f.settle()
			f.fits("the check")
		})
	}
}

func TestADocumentShowsTheFactsOfItsSignature(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.signed("Lease")
	f.saying("Maria Example", "issuer not trusted here")
	var links []*kit.Link
	for _, l := range f.links() {
		if slices.Contains(uitest.Drawn(l), f.window.lang.Say("pdf.details")) {
			links = append(links, l)
		}
	}
	if len(links) != 2 || strings.Contains(f.says(), "SHA-256, ECDSA") {
		t.Fatalf("%d links before somebody asks: %s", len(links), f.says())
	}
	links[1].TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	f.saying("SHA-256, ECDSA P-256", "Issued by Test authority", "Added afterwards", "Nothing")
}
