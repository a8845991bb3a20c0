package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const emptyPage = "# Title\n\nBefore\n" + machineBegin + "\n" + machineEnd + "\nBetween\n" + tableBegin + "\n" + tableEnd + "\nAfter\n"

func TestAPageKeepsItsTextAndOlderFigures(t *testing.T) {
	path := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(path, []byte(emptyPage), 0o600); err != nil {
		t.Fatal(err)
	}
	first := []figure{
		{audit, formatSize(1_000_000), duration(4 * time.Second), duration(time.Second), "one"},
		{audit, formatSize(10_000), duration(time.Second), duration(time.Second), "one"},
		{bulkAdd, formatSize(10_000), perSecond(500, time.Second), perSecond(2000, time.Second), "one"},
		{verifyFile, noSize, duration(12 * time.Millisecond), duration(10 * time.Millisecond), "one"},
	}
	second := []figure{{audit, formatSize(10_000), duration(7 * time.Second), duration(time.Second), "two"}}
	for _, figures := range [][]figure{first, second, nil} {
		if err := updatePage(path, "- a machine\n", figures); err != nil {
			t.Fatal(err)
		}
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	page := string(content)
	for _, text := range []string{"# Title\n\nBefore\n", "\nBetween\n", "\nAfter\n", "- a machine\n"} {
		if strings.Count(page, text) != 1 {
			t.Errorf("%q is not in the page once:\n%s", text, page)
		}
	}
	var got []string
	for _, cells := range readRows(page) {
		got = append(got, strings.Join(cells, ", "))
	}
	want := []string{
		"requests added in batches of 500, 10 thousand, 500 a second, SQLite, the same indexes and words, 2.00 thousand a second, 0.25×, ≥ 0.5×, missed, one",
		"audit, 10 thousand, 7.00 s, SHA-256 over the same bytes, 1.00 s, 7.00×, ≤ 5×, missed, two",
		"audit, 1 million, 4.00 s, SHA-256 over the same bytes, 1.00 s, 4.00×, ≤ 5×, met, one",
		"verify of a small signed file, whole process, –, 12.0 ms, pdfsig, 10.0 ms, 1.20×, ≤ 1×, missed, one",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the table has\n%s\nin place of\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestAPageWithoutMarksIsNotWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(path, []byte("# Title\n"+tableEnd+tableBegin), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := updatePage(path, "", nil); err == nil {
		t.Error("a page without marks was written")
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]int{"10k": 10_000, "1m": 1_000_000, "10m": 10_000_000, "300": 300, "": 0, "m": 0, "-3": 0, "5x": 0, "1 k": 0} {
		n, err := parseSize(text)
		if n != want || (err == nil) != (want > 0) {
			t.Errorf("%q is %d, %v", text, n, err)
		}
	}
}
