package countersign_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

var (
	mdLink    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	mdHeading = regexp.MustCompile(`(?m)^#+ +(.*)$`)
	mdCode    = regexp.MustCompile("(?s)```.*?```|`[^`\n]*`")
)

// pages are the pages for people, by their paths.
func pages(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(".", func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && (path == "build" || strings.HasPrefix(e.Name(), ".") && path != ".") {
			return filepath.SkipDir
		}
		if filepath.Ext(path) == ".md" {
			text, err := os.ReadFile(path)
			found[path] = mdCode.ReplaceAllString(string(text), "")
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestLinksLeadSomewhere looks for what the pages link to and show: files, and headings in them.
func TestLinksLeadSomewhere(t *testing.T) {
	all := pages(t)
	for path, text := range all {
		for _, link := range mdLink.FindAllStringSubmatch(text, -1) {
			target := link[1]
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			file, heading, _ := strings.Cut(target, "#")
			at := path
			if file != "" {
				at = filepath.Join(filepath.Dir(path), filepath.FromSlash(file))
			}
			if _, err := os.Stat(at); err != nil {
				t.Errorf("%s links to %s, which is not there", path, target)
				continue
			}
			if heading != "" && !slices.Contains(headings(all[at]), heading) {
				t.Errorf("%s links to %s, and there is no such heading", path, target)
			}
		}
	}
}

// headings are the names by which a page's headings are linked to.
func headings(text string) []string {
	var names []string
	for _, h := range mdHeading.FindAllStringSubmatch(text, -1) {
		name := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
				return unicode.ToLower(r)
			}
			return -1
		}, h[1])
		names = append(names, name)
	}
	return names
}

// TestPicturesHaveWords finds pictures that say nothing to whoever cannot see them.
func TestPicturesHaveWords(t *testing.T) {
	for path, text := range pages(t) {
		if strings.Contains(text, "![](") {
			t.Errorf("%s has a picture without a description", path)
		}
	}
}
