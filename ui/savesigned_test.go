package ui

import (
	"archive/zip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"countersign/core/filechooser"
	"countersign/ui/kit"
	"countersign/ui/status"
	"countersign/ui/uitest"
)

func TestTheSignedFilesOfAViewAreSavedInOneZIPFile(t *testing.T) {
	folder := ownHome(t)
	f, d := newOfficeWithDialogs(t, sealingDesk())
	f.signed("Lease")
	f.signed("Offer")
	f.add("Not yet")
	f.ctrl(fyne.Key7)
	f.settle()
	f.ctrlShift(fyne.KeyG)
	f.saying("Save signed PDFs", "One ZIP file", "Lease.pdf", "Parts: {reference}  {title}  {date}")
	field := uitest.Find[*kit.Field](f.window.window.Canvas().Overlays().Top())[0]
	field.SetText("{name}")
	f.saying("A pattern for names needs at least one of these parts")
	f.press("Choose where…")
	if !f.window.modals.IsOpen() {
		t.Fatal("a pattern that is none was taken")
	}
	field.SetText("{date} {title}")
	f.saying("2026-11-21 Lease.pdf")
	f.press("Choose where…")
	asked := d.await(f)
	if asked.Kind != filechooser.SaveFile || filepath.Ext(asked.Name) != ".zip" {
		t.Errorf("asked %+v", asked)
	}
	path := filepath.Join(folder, "all.zip")
	d.choose(path)
	f.saying("2 signed PDFs were saved to " + path + ". 1 request has no signed PDF.")
	archive, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	if len(archive.File) != 2 || !strings.HasPrefix(archive.File[0].Name, "2026-11-21 ") {
		t.Errorf("%d files, the first %s", len(archive.File), archive.File[0].Name)
	}
	f.press("Show in folder")
	if shown := <-f.folders; shown != path {
		t.Errorf("the folder of %s was shown", shown)
	}
	f.ctrlShift(fyne.KeyG)
	f.saying("2026-11-21 Lease.pdf") // the pattern was remembered
	f.press("Choose where…")
	d.await(f)
	d.choose(path)
	f.saying("A file with this name already exists and was not overwritten")
}

func TestTheSignedFilesOfTheSelectionAreSavedInAFolder(t *testing.T) {
	folder := ownHome(t)
	f, d := newOfficeWithDialogs(t, sealingDesk())
	f.signed("Lease")
	f.add("Not yet")
	f.ctrl(fyne.Key7)
	f.settle()
	f.window.list.SelectAll()
	f.wait("the number of signed files", func() bool { return f.window.list.CountFor(status.SaveSigned) == 1 })
	listHost{f.window}.DoSelected(status.SaveSigned)
	f.saying("2 selected requests")
	f.pick("One ZIP file")
	f.saying("Files in a folder")
	f.pick("Files in a folder")
	f.press("Choose where…")
	if asked := d.await(f); asked.Kind != filechooser.OpenFolder {
		t.Errorf("asked %+v", asked)
	}
	d.choose(folder)
	f.saying("1 signed PDF was saved to " + folder)
	if _, err := os.Stat(filepath.Join(folder, "Lease.pdf")); err != nil {
		t.Error(err)
	}
}

func TestTitleReferenceAndIDAreCopied(t *testing.T) {
	f := newOffice(t, officeOptions{})
	r := f.show("Lease")
	f.window.do(status.CopyTitle)
	if got := f.app.Clipboard().Content(); got != "Lease" {
		t.Errorf("copied %q", got)
	}
	f.saying("Copied: Lease")
	f.window.do(status.CopyID)
	if got := f.app.Clipboard().Content(); got != string(r.ID) {
		t.Errorf("copied %q", got)
	}
	f.window.do(status.CopyReference)
	f.saying("This request has no reference.")
}

func TestTheSignedFileIsMailedAndPrintedByItsName(t *testing.T) {
	mailed, printed := make(chan string, 10), make(chan string, 10)
	refused := false
	o := sealingDesk()
	o.options = func(o *Options) {
		o.Mail = func(path string) error {
			if refused {
				return os.ErrNotExist
			}
			mailed <- path
			return nil
		}
		o.Print = func(path string) (bool, error) { printed <- path; return true, nil }
	}
	f := newOffice(t, o)
	f.signed("Lease")
	f.window.do(status.Mail)
	if path := <-mailed; filepath.Base(path) != "Lease (signed).pdf" {
		t.Errorf("%s was mailed", path)
	}
	f.window.do(status.Print)
	if path := <-printed; filepath.Base(path) != "Lease (signed).pdf" {
		t.Errorf("%s was printed", path)
	}
	f.saying("Print it from there.")
	refused = true
	f.window.do(status.Mail)
	f.saying("attach it to your message")
	if path := <-f.folders; filepath.Base(path) != "Lease (signed).pdf" {
		t.Errorf("the folder of %s was shown", path)
	}
}
