package ui

import (
	"archive/zip"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"countersign/core/i18n"
)

// collects opens the page with what support needs, and waits until all of it is shown.
func (f *office) collects() {
	f.t.Helper()
	f.ctrlShift(fyne.KeyF5)
	save := f.window.lang.Say("support.save")
	f.wait("what is collected", func() bool { b := f.button(save); return b != nil && !b.Disabled() })
	f.settle()
}

func TestWhatSupportNeedsIsShownBeforeItIsSaved(t *testing.T) {
	folder := ownHome(t)
	f := newOffice(t, officeOptions{wrap: func(d *watchedDesk) { d.found = deskFindings() }})
	f.add("Lease of Ana")
	f.collects()
	f.saying("Read it before you save it", "── README.txt ──", "What support needs to know of a home of Countersign")
	f.key(fyne.KeyEnd)
	f.settle()
	f.saying("── log.txt ──", "there is no log")
	f.press("Save…")
	f.saying("Save what support needs")
	path := filepath.Join(folder, "Countersign for support 2026-11-21.zip")
	if f.line().Text != path {
		t.Errorf("suggested %s, not %s", f.line().Text, path)
	}
	f.key(fyne.KeyReturn)
	f.saying("What support needs was saved to " + path)
	archive, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	var names []string
	for _, member := range archive.File {
		r, err := member.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil || strings.Contains(string(text), "Lease") {
			t.Errorf("%s: %s, %v", member.Name, text, err)
		}
		names = append(names, member.Name)
	}
	if got := strings.Join(names, " "); got != "README.txt versions.txt diagnosis.txt settings.txt gateways.txt log.txt" {
		t.Errorf("saved: %s", got)
	}

	// The file exists: it is not replaced, and another name is asked for.
	f.collects()
	f.press("Save…")
	f.saying("Save what support needs")
	f.line().SetText(path)
	f.key(fyne.KeyReturn)
	f.saying("A file with this name already exists")
}

func TestCollectingSpeaksTheLanguageOfTheWindowAndStopsWhenItIsLeft(t *testing.T) {
	f := newOffice(t, officeOptions{lang: i18n.Catalan})
	f.collects()
	f.saying("El que necessita el suport", "Llegiu-ho abans de desar-ho", "── README.txt ──")
	f.escape()
	if f.window.modals.IsOpen() {
		t.Error("Escape does not close it")
	}
}
