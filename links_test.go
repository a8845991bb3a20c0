package countersign_test

import (
	"encoding/json"
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

// readPages returns the Markdown pages of the project by their paths, without the code in them.
func readPages(t *testing.T) map[string]string {
	t.Helper()
	pages := map[string]string{}
	err := filepath.WalkDir(".", func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && (path == "build" || strings.HasPrefix(e.Name(), ".") && path != ".") {
			return filepath.SkipDir
		}
		if filepath.Ext(path) == ".md" {
			text, err := os.ReadFile(path)
			pages[path] = mdCode.ReplaceAllString(string(text), "")
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

// linkTarget returns the path and the heading that a link in a page points to. It reports false for a link to another site.
func linkTarget(page, link string) (path, heading string, ok bool) {
	if strings.Contains(link, "://") || strings.HasPrefix(link, "mailto:") {
		return "", "", false
	}
	file, heading, _ := strings.Cut(link, "#")
	if file == "" {
		return page, heading, true
	}
	return filepath.Join(filepath.Dir(page), filepath.FromSlash(file)), heading, true
}

// TestLinksLeadSomewhere checks that each file and each heading that a page links to exists.
func TestLinksLeadSomewhere(t *testing.T) {
	pages := readPages(t)
	for page, text := range pages {
		for _, m := range mdLink.FindAllStringSubmatch(text, -1) {
			path, heading, ok := linkTarget(page, m[1])
			if !ok {
				continue
			}
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%s links to %s, which does not exist", page, m[1])
			} else if heading != "" && !slices.Contains(anchors(pages[path]), heading) {
				t.Errorf("%s links to %s, and there is no such heading", page, m[1])
			}
		}
	}
}

// TestLinksReachEveryPage checks that each page can be reached from README.md by links alone.
func TestLinksReachEveryPage(t *testing.T) {
	pages := readPages(t)
	reached := map[string]bool{}
	for next := []string{"README.md"}; len(next) > 0; {
		page := next[0]
		next = next[1:]
		if reached[page] {
			continue
		}
		reached[page] = true
		for _, m := range mdLink.FindAllStringSubmatch(pages[page], -1) {
			if path, _, ok := linkTarget(page, m[1]); ok && filepath.Ext(path) == ".md" {
				next = append(next, path)
			}
		}
	}
	for page := range pages {
		if !reached[page] && !strings.Contains(page, "testdata") {
			t.Errorf("no links lead from README.md to %s", page)
		}
	}
}

// anchors returns the names by which a page's headings are linked to: lower case, hyphens for spaces, no punctuation.
func anchors(text string) []string {
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

// TestPicturesHaveWords checks that each picture has a description for people who cannot see it.
func TestPicturesHaveWords(t *testing.T) {
	for page, text := range readPages(t) {
		if strings.Contains(text, "![](") {
			t.Errorf("%s has a picture without a description", page)
		}
	}
}

// TestDependenciesAreExplained checks that docs/dependencies.md has each module and tool that go.mod, tools/go.mod and bench/go.mod require
// directly, and no module that they do not.
func TestDependenciesAreExplained(t *testing.T) {
	var required []string
	for _, folder := range []string{".", "tools", "bench"} {
		for _, path := range readRequired(t, filepath.Join(folder, "go.mod")) {
			if path != strings.TrimSuffix(module, "/") && !slices.Contains(required, path) {
				required = append(required, path)
			}
		}
	}
	page, err := os.ReadFile(filepath.Join("docs", "dependencies.md"))
	if err != nil {
		t.Fatal(err)
	}
	explained := regexp.MustCompile(`(?m)^\|[^|]*\| ([a-z0-9.]+\.[a-z]+/[^ |]+) \|`).FindAllStringSubmatch(string(page), -1)
	for _, row := range explained {
		if !slices.Contains(required, row[1]) {
			t.Errorf("docs/dependencies.md explains %s, which no go.mod requires itself", row[1])
		}
	}
	for _, path := range required {
		if !slices.ContainsFunc(explained, func(row []string) bool { return row[1] == path }) {
			t.Errorf("docs/dependencies.md has no row for %s", path)
		}
	}
	if len(required) < 10 {
		t.Fatalf("go.mod requires only %d modules and tools", len(required))
	}
}

// readRequired returns the paths of the modules and tools that a go.mod requires directly.
func readRequired(t *testing.T, file string) []string {
	t.Helper()
	mod, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var required []string
	block := ""
	for line := range strings.Lines(string(mod)) {
		line = strings.TrimSpace(line)
		line = strings.TrimPrefix(line, "require ") // a single one
		switch {
		case strings.HasSuffix(line, "("):
			block = line
		case line == ")":
			block = ""
		case block == "" && strings.Contains(line, " v"), block == "(" && !strings.HasSuffix(line, "// indirect"), block == "tool (":
			path, _, _ := strings.Cut(line, " ")
			required = append(required, path)
		}
	}
	return required
}

// TestGuideNamesWhatTheWindowShows checks that whatever docs/guide.md has in italics is a text of the English catalog. A
// number in such a text is written as an ellipsis in the guide.
func TestGuideNamesWhatTheWindowShows(t *testing.T) {
	file, err := os.ReadFile(filepath.Join("core", "i18n", "en.json"))
	if err != nil {
		t.Fatal(err)
	}
	var catalog map[string]any
	if err := json.Unmarshal(file, &catalog); err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	for _, entry := range catalog {
		forms, ok := entry.(map[string]any)
		if !ok {
			forms = map[string]any{"": entry}
		}
		for _, text := range forms {
			shown[strings.ReplaceAll(text.(string), "{n}", "…")] = true
		}
	}
	guide := regexp.MustCompile(`\*\*[^*]+\*\*`).ReplaceAllString(readPages(t)[filepath.Join("docs", "guide.md")], "")
	italics := regexp.MustCompile(`\*([^*]+)\*`).FindAllStringSubmatch(guide, -1)
	if len(italics) < 20 {
		t.Fatalf("only %d texts of the window are in the guide", len(italics))
	}
	for _, m := range italics {
		for text := range strings.SplitSeq(strings.ReplaceAll(m[1], "\n", " "), " → ") {
			if !shown[text] {
				t.Errorf("the guide names %q, and the window shows no such text", text)
			}
		}
	}
}
