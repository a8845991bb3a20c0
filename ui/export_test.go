package ui

import (
	"archive/zip"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"countersign/core/export"
	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/ui/kit"
	"countersign/ui/list"
	"countersign/ui/status"
)

// ownHome sets a temporary home folder, in which files are saved.
func ownHome(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	t.Setenv("HOME", folder)
	t.Setenv("USERPROFILE", folder)
	return folder
}

// line returns the field for a path.
func (f *office) line() *kit.Field {
	f.t.Helper()
	line, ok := f.window.window.Canvas().Focused().(*kit.Field)
	if !ok {
		f.t.Fatalf("no path is asked for: %s", f.says())
	}
	return line
}

// titlesIn returns the titles in a JSON export.
func titlesIn(t *testing.T, path string) []string {
	t.Helper()
	var records []struct{ Title string }
	if err := json.Unmarshal(readFile(t, path), &records); err != nil {
		t.Fatal(err)
	}
	var titles []string
	for _, r := range records {
		titles = append(titles, r.Title)
	}
	return titles
}

func TestAListIsExportedAsItIsFilteredAndSorted(t *testing.T) {
	folder := ownHome(t)
	f := newOffice(t, officeOptions{})
	for _, title := range []string{"Lease", "Minutes", "Lease, second floor"} {
		f.add(title)
	}
	f.settle()
	f.search().SetText("lease")
	f.settle()
	f.ctrlShift(fyne.KeyX)
	f.saying("Export “To sign”")
	if want := filepath.Join(folder, "To sign 2026-11-21.xlsx"); f.line().Text != want {
		t.Errorf("suggested %s, not %s", f.line().Text, want)
	}
	path := filepath.Join(folder, "leases.json")
	f.line().SetText(path)
	f.key(fyne.KeyReturn)
	f.saying("2 requests were exported to " + path)
	if titles := titlesIn(t, path); !slices.Equal(titles, []string{"Lease, second floor", "Lease"}) {
		t.Errorf("exported: %q", titles)
	}
	f.press("Show in folder")
	if shown := <-f.folders; shown != path {
		t.Errorf("the folder of %s was shown", shown)
	}
	f.escape()
	if strings.Contains(f.says(), "Show in folder") && f.window.notices.root.Visible() {
		t.Error("the notice stays")
	}

	// The file exists: it is not replaced, and another name is asked for.
	f.ctrlShift(fyne.KeyX)
	f.saying("Export “To sign”")
	f.line().SetText(path)
	f.key(fyne.KeyReturn)
	f.saying("A file with this name already exists")
	if titles := titlesIn(t, path); len(titles) != 2 {
		t.Errorf("it was replaced: %q", titles)
	}
	f.escape()
	if f.window.jobs.bulk != nil || f.selecting() {
		t.Error("something still seems to be under way")
	}
}

func TestOnlySelectedRequestsAreExported(t *testing.T) {
	folder := ownHome(t)
	f := newOffice(t, officeOptions{lang: i18n.Spanish})
	f.add("Lease")
	f.add("Minutes")
	f.saying("2 en esta vista") // only listed rows can be selected
	f.settle()
	f.window.list.SelectAll()
	f.wait("the selection", func() bool { return len(f.window.list.Selected()) == 2 })
	f.press("Exportar…")
	f.saying("Exportar 2 solicitudes")
	path := filepath.Join(folder, "todo")
	f.line().SetText(path)
	f.key(fyne.KeyReturn) // the extension of the default format is added
	f.saying("Se han exportado 2 solicitudes a " + path + ".xlsx")
	if len(f.window.list.Selected()) != 2 {
		t.Error("it is not selected any more")
	}
}

// slowExport returns a desk whose export runs until it is stopped.
func slowExport(begun chan func(done, total int)) func(*watchedDesk) {
	return func(d *watchedDesk) {
		d.export = func(ctx context.Context, _ export.Table, progress func(done, total int)) (int, error) {
			begun <- progress
			<-ctx.Done()
			return 0, ctx.Err()
		}
	}
}

func TestAnExportShowsProgressAndCanBeStopped(t *testing.T) {
	ownHome(t)
	begun := make(chan func(done, total int), 1)
	f := newOffice(t, officeOptions{wrap: slowExport(begun)})
	f.add("Lease")
	f.settle()
	f.ctrlShift(fyne.KeyX)
	f.saying("Export “To sign”")
	f.key(fyne.KeyReturn)
	progress := <-begun
	progress(1500, -1)
	f.saying("Exporting: 1,500 so far")
	progress(2000, 5000)
	f.saying("Exporting: 2,000 of 5,000")
	f.ctrlShift(fyne.KeyX) // one at a time
	f.press("Stop")
	f.saying("Stopped")
	if f.window.jobs.bulk != nil || f.selecting() || f.window.modals.IsOpen() {
		t.Error("something still seems to be under way")
	}
}

func TestTheEvidenceOfARequestIsSaved(t *testing.T) {
	folder := ownHome(t)
	f := newOffice(t, sealingDesk())
	f.signed("Lease")
	f.ctrlShift(fyne.KeyE)
	f.saying("Save the evidence for this request")
	if want := filepath.Join(folder, "Lease (evidence).zip"); f.line().Text != want {
		t.Errorf("suggested %s, not %s", f.line().Text, want)
	}
	path := filepath.Join(folder, "mine.zip")
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	f.line().SetText(filepath.Join(folder, "mine"))
	f.key(fyne.KeyReturn)
	f.saying("A file with this name already exists")
	if left := readFile(t, path); string(left) != "mine" {
		t.Error("it was replaced")
	}
	f.line().SetText(filepath.Join(folder, "theirs.zip"))
	f.key(fyne.KeyReturn)
	f.saying("The evidence was saved to "+filepath.Join(folder, "theirs.zip"), "Show in folder")
	r, err := zip.OpenReader(filepath.Join(folder, "theirs.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := r.Open("check.sh"); err != nil {
		t.Error(err)
	}
	f.press("Show in folder")
	if shown := <-f.folders; shown != filepath.Join(folder, "theirs.zip") {
		t.Errorf("the folder of %s was shown", shown)
	}
}

// A line of text cannot hold the bytes of such a name, so the dialog remembers the folder.
func TestAFileIsSavedInAFolderWhoseNameIsNotUTF8(t *testing.T) {
	folder := filepath.Join(ownHome(t), "a\xf1o")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Skip("this file system has names in UTF-8 only")
	}
	f := newOffice(t, sealingDesk())
	f.window.system.files.Saved(filepath.Join(folder, "x"))
	f.signed("Lease")
	f.ctrlShift(fyne.KeyE)
	f.saying("Save the evidence for this request")
	shown := strings.ToValidUTF8(folder, "\ufffd")
	if want := filepath.Join(shown, "Lease (evidence).zip"); f.line().Text != want {
		t.Errorf("suggested %q, not %q", f.line().Text, want)
	}
	f.line().SetText(filepath.Join(shown, "theirs"))
	f.key(fyne.KeyReturn)
	f.saying("The evidence was saved to")
	if _, err := os.Stat(filepath.Join(folder, "theirs.zip")); err != nil {
		t.Error(err)
	}
}

// What is saved may fail, or end, while the person does something else.
func TestAnExportThatEndsInterruptsNobody(t *testing.T) {
	f := newOffice(t, officeOptions{seed: officeDay()})
	f.ctrl(fyne.Key7)
	f.settle()
	path := filepath.Join(t.TempDir(), "all.csv")
	export := func() {
		f.window.export(exportJob{query: f.window.list.Query()}, path)
	}
	export()
	f.ctrl(fyne.KeyF)
	f.saying("requests were exported to")
	if f.window.typing() == nil {
		t.Error("the search field lost the keyboard")
	}
	export()
	f.ctrl(fyne.KeyN)
	f.saying("already exists")
}

func TestAnExportOfADrillDownHasItsName(t *testing.T) {
	f := newOffice(t, officeOptions{seed: officeDay()})
	f.ctrl(fyne.Key7)
	f.settle()
	f.window.drillInto(f.window.builtIn(list.ViewAttention))
	f.settle()
	f.ctrlShift(fyne.KeyX)
	f.saying("Export “Needs attention”")
	f.escape()
	f.ctrlShift(fyne.KeyG)
	f.saying("Needs attention")
}

func TestEvidenceOfARequestThatIsBusyIsNotDroppedSilently(t *testing.T) {
	f, _ := undoOffice(t)
	f.ctrl(fyne.Key9)
	f.listing(8)
	id := f.window.chosen.id
	f.ctrl(fyne.KeyI)
	f.window.putEvidence(id, filepath.Join(t.TempDir(), "pack.zip"))
	f.saying("Another action on this request has to end first")
}

func TestNoJobThatFollowsAnotherIsLost(t *testing.T) {
	f := newOffice(t, officeOptions{seed: officeDay()})
	f.ctrl(fyne.Key7)
	f.settle()
	var begun []string
	f.window.startEach(status.Check, []request.ID{f.window.chosen.id}, func(context.Context, request.ID) error { return nil })
	f.window.afterBulk(func() { begun = append(begun, "first") })
	f.window.afterBulk(func() { begun = append(begun, "second") })
	f.settle()
	if len(begun) != 2 || begun[0] != "first" {
		t.Errorf("begun: %q", begun)
	}
}
