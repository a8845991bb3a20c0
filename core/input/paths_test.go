package input

import (
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadPaths(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home) // on Windows
	drive, addressed, shared := "", "/a/Léase #.pdf", []string{"/a.pdf", "file://other/a.pdf"}
	if runtime.GOOS == "windows" {
		drive, addressed, shared = "/C:", `C:\a\Léase #.pdf`, []string{`C:\a.pdf`, `\\other\a.pdf`}
	}
	for text, want := range map[string][]string{
		"/a/b.pdf\r\n\n  /c d.pdf  \n": {"/a/b.pdf", "/c d.pdf"},
		`"/a b.pdf"`:                   {"/a b.pdf"},
		`'/a b.pdf' "/c.pdf"`:          {"/a b.pdf", "/c.pdf"},
		`"Lease" final.pdf`:            {`"Lease" final.pdf`},
		`'tis.pdf`:                     {`'tis.pdf`},
		"file://" + drive + "/a/L%C3%A9ase%20%23.pdf":             {addressed},
		"FILE://localhost" + drive + "/a.pdf\nfile://other/a.pdf": shared,
		"file:///a%00b\nfile://%zz":                               {"file:///a%00b", "file://%zz"},
		"~/a.pdf\n~ana/b.pdf":                                     {filepath.Join(home, "a.pdf"), "~ana/b.pdf"},
		"":                                                        nil,
		"\ufeff/a.pdf\x00":                                        {"/a.pdf"},
		strings.Repeat("a\n", maxPastedPaths+5):                   slices.Repeat([]string{"a"}, maxPastedPaths),
		`C:\Users\ana\b.pdf` + "\n" + `"C:\Users\a b.pdf"`:        {`C:\Users\ana\b.pdf`, `C:\Users\a b.pdf`},
	} {
		if diff := cmp.Diff(want, ReadPaths(text)); diff != "" {
			t.Errorf("%.50q: %s", text, diff)
		}
	}
}

func FuzzReadPaths(f *testing.F) {
	for _, seed := range []string{"", "/a\n\"b\" 'c'", "file:///%2e%2e/a", "\"", "'\"'\" ", "~/"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		paths := ReadPaths(text)
		for _, p := range paths {
			if p == "" || strings.Contains(p, "\n") && !strings.Contains(strings.ToLower(text), "file://") {
				t.Errorf("the path %q", p)
			}
		}
		if len(paths) > maxPastedPaths {
			t.Errorf("%d paths", len(paths))
		}
	})
}
