package ui

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"countersign/core/filechooser"
	"countersign/core/pdf/pdftest"
	"countersign/core/request"
)

// dialogs stands in for the file dialogs of the system.
type dialogs struct {
	opened   chan filechooser.Dialog
	answers  chan filechooser.Answer
	failures chan error
	closed   chan struct{}
}

func newDialogs() *dialogs {
	return &dialogs{opened: make(chan filechooser.Dialog, 10), answers: make(chan filechooser.Answer), failures: make(chan error), closed: make(chan struct{}, 10)}
}

func (d *dialogs) show(ctx context.Context, asked filechooser.Dialog) (filechooser.Answer, error) {
	d.opened <- asked
	select {
	case a := <-d.answers:
		return a, nil
	case err := <-d.failures:
		return filechooser.Answer{}, err
	case <-ctx.Done():
		d.closed <- struct{}{}
		return filechooser.Answer{}, ctx.Err()
	}
}

// await waits until a dialog is open, and returns what it asks.
func (d *dialogs) await(f *office) (asked filechooser.Dialog) {
	f.t.Helper()
	f.wait("a dialog of the system", func() bool {
		select {
		case asked = <-d.opened:
			return true
		default:
			return false
		}
	})
	return asked
}

// choose ends the dialog with the paths that a person chose.
func (d *dialogs) choose(paths ...string) { d.answers <- filechooser.Answer{Paths: paths, Filter: -1} }

func newOfficeWithDialogs(t *testing.T, o officeOptions) (*office, *dialogs) {
	t.Helper()
	d := newDialogs()
	more := o.options
	o.options = func(o *Options) {
		o.FileDialogs = d.show
		if more != nil {
			more(o)
		}
	}
	return newOffice(t, o), d
}

func TestAddOpensTheDialogOfTheSystemAtOnce(t *testing.T) {
	f, d := newOfficeWithDialogs(t, officeOptions{})
	var paths []string
	for i := range 30 {
		path := filepath.Join(t.TempDir(), fmt.Sprintf("Größe %d.pdf", i))
		if err := os.WriteFile(path, pdftest.Plain(t, fmt.Sprint("text ", i)), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	f.ctrl(fyne.KeyO)
	asked := d.await(f)
	if asked.Kind != filechooser.OpenFiles || len(asked.Filters) != 4 || !slices.Equal(asked.Filters[0].Extensions, []string{".pdf", ".csv", ".tsv", ".xlsx"}) || asked.Filters[3].Extensions != nil {
		t.Errorf("asked %+v", asked)
	}
	if f.window.modals.IsOpen() {
		t.Error("the form is open before anything was chosen")
	}
	d.choose(paths...)
	f.saying("Größe 0.pdf", "30 to add")
	f.escape()
	f.ctrl(fyne.KeyO)
	if asked := d.await(f); asked.Folder != filepath.Dir(paths[0]) {
		t.Errorf("the dialog begins in %s", asked.Folder)
	}
	d.choose()
	f.wait("the dialog to end", func() bool { return !f.window.system.files.IsOpen() })
	if f.window.modals.IsOpen() {
		t.Error("a dismissed dialog opens the form")
	}
}

func TestOneDialogIsOpenAtATime(t *testing.T) {
	over := make(chan time.Time)
	f, d := newOfficeWithDialogs(t, officeOptions{options: func(o *Options) {
		o.After = func(time.Duration) <-chan time.Time { return over }
	}})
	f.ctrl(fyne.KeyO)
	d.await(f)
	f.ctrl(fyne.KeyO)
	f.ctrlShift(fyne.KeyM)
	f.ctrlShift(fyne.KeyI)
	f.window.system.files.Folder(func(string) { t.Error("a second dialog") })
	if f.window.modals.IsOpen() || len(d.opened) > 0 {
		t.Error("something was opened over the dialog")
	}
	over <- noon
	f.saying("Choose in the window that has opened.")
	f.escape()
	<-d.closed
	f.wait("the dialog to end", func() bool { return !f.window.system.files.IsOpen() })
	if f.window.window.Canvas().Overlays().Top() != nil {
		t.Error("the window is still covered")
	}
	f.ctrl(fyne.KeyO)
	d.await(f)
	f.window.Close()
	<-d.closed // else the program would wait for a person
}

func TestWithoutADialogOfTheSystemTheToolkitAsks(t *testing.T) {
	userFolders(t)
	f, d := newOfficeWithDialogs(t, officeOptions{})
	f.ctrl(fyne.KeyO)
	d.await(f)
	d.failures <- fmt.Errorf("%w: no portal", filechooser.ErrNoDialog)
	f.wait("the form", f.window.composer.IsShown)
	f.press("Browse…")
	d.await(f)
	d.failures <- filechooser.ErrNoDialog
	f.saying("Choose documents")
	f.escape()
	f.press("Browse…")
	d.await(f)
	d.failures <- filechooser.ErrNotLocal
	f.saying("What was chosen is not a file of this computer")
}

func TestTheSystemAsksWhereToSave(t *testing.T) {
	folder := ownHome(t)
	f, d := newOfficeWithDialogs(t, sealingDesk())
	f.signed("Lease")
	f.ctrlShift(fyne.KeyX)
	asked := d.await(f)
	if asked.Kind != filechooser.SaveFile || asked.Folder != folder || filepath.Ext(asked.Name) != ".xlsx" || len(asked.Filters) != 3 {
		t.Errorf("asked %+v", asked)
	}
	// The person chose the second format, and the dialog left the extension as it was.
	d.answers <- filechooser.Answer{Paths: []string{filepath.Join(folder, "Table.xlsx")}, Filter: 1}
	f.saying("exported to " + filepath.Join(folder, "Table.csv"))
	f.ctrlShift(fyne.KeyX)
	d.await(f)
	d.choose(filepath.Join(folder, "Table.csv"))
	f.saying("A file with this name already exists and was not overwritten") // in the sheet with the path
	if f.line().Text != filepath.Join(folder, "Table.csv") {
		t.Errorf("the sheet has %s", f.line().Text)
	}
}

// TestANameStaysWhileItsFolderIsChosen chooses another folder from the sheet with the path, once without an answer.
func TestANameStaysWhileItsFolderIsChosen(t *testing.T) {
	folder := ownHome(t)
	f, d := newOfficeWithDialogs(t, sealingDesk())
	f.signed("Lease")
	f.ctrlShift(fyne.KeyX)
	d.await(f)
	d.failures <- filechooser.ErrNoDialog
	f.saying("[Choose folder…]")
	line := f.line()
	line.SetText(filepath.Join(folder, "Month end.csv"))
	f.press("Choose folder…")
	d.await(f)
	f.escape()
	<-d.closed
	f.wait("the dialog to end", func() bool { return !f.window.system.files.IsOpen() })
	if !f.window.modals.IsOpen() || line.Text != filepath.Join(folder, "Month end.csv") {
		t.Fatalf("a dismissed dialog loses the name: %s", f.says())
	}
	f.press("Choose folder…")
	d.await(f)
	other := t.TempDir()
	d.choose(other)
	f.wait("the dialog to end", func() bool { return !f.window.system.files.IsOpen() })
	if f.line() != line || line.Text != filepath.Join(other, "Month end.csv") {
		t.Errorf("the path is %s", line.Text)
	}
	f.key(fyne.KeyReturn)
	f.saying("exported to " + filepath.Join(other, "Month end.csv"))
}

func TestTheSignedFileIsChosenWithTheDialogOfTheSystem(t *testing.T) {
	f, d := newOfficeWithDialogs(t, officeOptions{})
	r := f.show("Lease")
	f.press("Sign in browser")
	f.saying("[Open browser again]")
	f.settle()
	f.ctrlShift(fyne.KeyA)
	asked := d.await(f)
	if asked.Kind != filechooser.OpenFile || asked.Title != "Attach the signed PDF" || asked.Accept != "Attach" {
		t.Errorf("asked %+v", asked)
	}
	d.choose(filepath.Join(t.TempDir(), "missing.pdf"))
	f.saying("There is no file missing.pdf")
	if got, err := f.desk.Get(t.Context(), r.ID); err != nil || got.Status != request.Signing {
		t.Errorf("%v, %v", got.Status, err)
	}
}
