package ui

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"countersign/core/i18n"
	"countersign/ui/kit"
	"countersign/ui/uitest"
)

// pressInReport presses a link of the report screen.
func (f *office) pressInReport(label string) {
	f.t.Helper()
	for _, l := range uitest.Find[*kit.Link](f.window.report.Content()) {
		if strings.Join(uitest.Drawn(l), " ") == label {
			uitest.Tap(l)
			return
		}
	}
	f.t.Fatalf("there is no link %q:\n%s", label, f.says())
}

func TestTheNumbersAreSavedAndPrintedAsPDF(t *testing.T) {
	folder := ownHome(t)
	f := newOffice(t, officeOptions{seed: officeDay(), lang: i18n.French})
	f.ctrl(fyne.Key8)
	f.counted()
	f.settle()
	f.pressInReport("Enregistrer en PDF…")
	f.saying("Enregistrer les chiffres en PDF")
	path := filepath.Join(folder, "Suivi 2026-11-21.pdf")
	if f.line().Text != path {
		t.Errorf("suggested %s, not %s", f.line().Text, path)
	}
	f.key(fyne.KeyReturn)
	f.saying("Les chiffres ont été enregistrés dans " + path)
	before := readFile(t, path)
	if program, err := exec.LookPath("pdftotext"); err == nil {
		out, err := exec.CommandContext(t.Context(), program, "-layout", path, "-").Output()
		if err != nil {
			t.Fatal(err)
		}
		printed := strings.Join(strings.Fields(string(out)), " ")
		// What stands on the screen stands on the page.
		for _, drawn := range uitest.Texts(f.window.report.Content(), nil) {
			if strings.HasPrefix(drawn, "[") || strings.HasPrefix(drawn, "<") || slices.Contains(strings.Fields(drawn), "…") {
				continue
			}
			if words := strings.Join(strings.Fields(drawn), " "); words != "" && strings.ContainsAny(words, "0123456789") && !strings.Contains(printed, words) {
				t.Errorf("%q is not printed:\n%s", words, out)
			}
		}
		for _, want := range []string{"Suivi", "Du 1 nov. 2026 au 30 nov. 2026", "par mara"} {
			if !strings.Contains(printed, want) {
				t.Errorf("%q is not printed:\n%s", want, out)
			}
		}
	}

	// A second time it is not replaced.
	f.pressInReport("Enregistrer en PDF…")
	f.saying("Enregistrer les chiffres en PDF")
	f.line().SetText(path)
	f.key(fyne.KeyReturn)
	f.saying("Il y a déjà un fichier de ce nom")
	if after := readFile(t, path); string(after) != string(before) {
		t.Error("it was replaced")
	}
	f.escape()

	f.pressInReport("Imprimer…")
	f.wait("the viewer", func() bool { return len(f.opened) > 0 })
	if opened := <-f.opened; filepath.Base(opened) != "Suivi 2026-11-21.pdf" || string(readFile(t, opened)[:5]) != "%PDF-" {
		t.Errorf("opened %s", opened)
	}
}
