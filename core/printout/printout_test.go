package printout

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2/theme"
)

func sample() Document {
	return Document{
		Title: "Review – Überblick", Lines: []string{"From 1 Nov 2026 to 30 Nov 2026", "Practice requests are not counted."}, Footer: "Mara Vidal, 30 Nov 2026",
		Numbers: []Number{{"Waiting", "12"}, {"Signed in this period", "1,204"}},
		Sections: []Section{
			{Heading: "By gateway", Columns: []string{"Gateway", "Signed", "Not signed"}, Rows: [][]string{{"Ajuntament de Sant Cugat", "1,200", "3"}, {"Łódź", "4", "0"}}, Names: 1},
			{Heading: "Time to sign", Lines: []string{"Half of the signings took no longer than 4 minutes.", "Mener la signature à bien, œuvre d’ici."}},
		},
		At: time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC), Regular: theme.DefaultTextFont().Content(), Bold: theme.DefaultTextBoldFont().Content(),
	}
}

// text returns the text of a PDF file as another program reads it.
func text(t *testing.T, d Document) string {
	t.Helper()
	var file bytes.Buffer
	if err := Write(&file, d); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.pdf")
	if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	program, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("install pdftotext (Debian: poppler-utils) to read what was written")
	}
	out, err := exec.CommandContext(t.Context(), program, "-layout", path, "-").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

func TestADocumentHasAllOfItsTexts(t *testing.T) {
	got := text(t, sample())
	for _, want := range []string{"Review – Überblick", "From 1 Nov 2026", "Practice requests", "12", "1,204", "Ajuntament de Sant Cugat", "Łódź", "1,200", "Half of the signings", "Mener la signature à bien, œuvre d’ici.", "Mara Vidal, 30 Nov 2026", "1/1"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing:\n%s", want, got)
		}
	}
}

func TestALongTableGoesOnWithItsHeadings(t *testing.T) {
	d := sample()
	for i := range 120 {
		d.Sections[0].Rows = append(d.Sections[0].Rows, []string{fmt.Sprintf("Gateway %03d", i), "1", "2"})
	}
	pages := strings.Split(strings.TrimSuffix(text(t, d), "\f"), "\f")
	if len(pages) < 3 {
		t.Fatalf("%d pages", len(pages))
	}
	seen := 0
	for i, page := range pages {
		seen += strings.Count(page, "Gateway ") - strings.Count(page, "Gateway  ") // rows, not headings
		if i < len(pages)-1 && !strings.Contains(page, "Not signed") {
			t.Errorf("page %d has no headings:\n%s", i+1, page)
		}
		if want := fmt.Sprintf("%d/%d", i+1, len(pages)); !strings.Contains(page, want) {
			t.Errorf("page %d does not say %s", i+1, want)
		}
	}
	if seen < 120 {
		t.Errorf("only %d rows", seen)
	}
}

// Nothing that people write stops a document from being written.
func TestAnyTextCanBeWritten(t *testing.T) {
	for _, odd := range []string{"عقد إيجار", "חוזה", "契約書", "สัญญา", "🙂 \U0001F600", "a\x00b\ufffd\u200b\ue000", strings.Repeat("long", 500), "", " ", "a\nb"} {
		d := sample()
		d.Title, d.Footer, d.Lines = odd, odd, []string{odd}
		d.Numbers[0] = Number{odd, odd}
		d.Sections[0].Heading, d.Sections[0].Rows, d.Sections[1].Lines = odd, [][]string{{odd, odd, odd}, {odd}, {}}, []string{odd}
		var file bytes.Buffer
		if err := Write(&file, d); err != nil || !bytes.HasPrefix(file.Bytes(), []byte("%PDF-")) {
			t.Errorf("%q: %v", odd, err)
		}
	}
}
