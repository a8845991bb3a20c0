package countersign_test

import (
	"go/ast"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestPromisesAreHeldByTests checks that each test that docs/security.md names exists, and that each row of its tables names one.
func TestPromisesAreHeldByTests(t *testing.T) {
	page, err := os.ReadFile("docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	exists := testNames(t)
	name := regexp.MustCompile("`((?:Test|Fuzz|Benchmark)[A-Z][A-Za-z0-9_]*)`")
	_, promises, found := strings.Cut(string(page), "\n## Promises\n")
	if !found {
		t.Fatal("docs/security.md has no promises")
	}
	promises, _, _ = strings.Cut(promises, "\n## ")
	for line := range strings.Lines(promises) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| ---") || strings.HasSuffix(line, "| tests |\n") {
			continue
		}
		names := name.FindAllStringSubmatch(line, -1)
		if len(names) == 0 {
			t.Errorf("a promise names no test: %s", line)
		}
		for _, n := range names {
			if !exists[n[1]] {
				t.Errorf("there is no test %s, but docs/security.md names it", n[1])
			}
		}
	}
}

// testNames returns the names of all tests, fuzz tests and benchmarks of the tree.
func testNames(t *testing.T) map[string]bool {
	t.Helper()
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`)
	names := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range declared.FindAllStringSubmatch(string(text), -1) {
			names[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestFuzzTestsAreListed checks that docs/development.md lists each fuzz test with its package, and no other.
func TestFuzzTestsAreListed(t *testing.T) {
	page, err := os.ReadFile("docs/development.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, room := range regexp.MustCompile("`((?:core|ui)[a-z0-9/]*)`: ((?:`Fuzz\\w+`(?:, )?)+)").FindAllStringSubmatch(string(page), -1) {
		for _, name := range regexp.MustCompile(`Fuzz\w+`).FindAllString(room[2], -1) {
			listed[room[1]+" "+name] = true
		}
	}
	declared := regexp.MustCompile(`(?m)^func (Fuzz\w+)\(`)
	err = filepath.WalkDir(".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range declared.FindAllStringSubmatch(string(text), -1) {
			name := filepath.ToSlash(filepath.Dir(path)) + " " + m[1]
			if !listed[name] {
				t.Errorf("docs/development.md does not list %s", name)
			}
			delete(listed, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range listed {
		t.Errorf("there is no %s, but docs/development.md lists it", name)
	}
}

// TestMessagesOfTheLogAreOfTheProgram checks that what a record of the log says happened, and the keys of what it adds, are constants of the
// code: core/support lets them leave the office.
func TestMessagesOfTheLogAreOfTheProgram(t *testing.T) {
	given := map[string]string{"core/desk/takeover.go": "failed"} // by its callers, as literals
	found := 0
	for _, room := range rooms(t, "core", "ui", "cmd") {
		for path, file := range parse(t, room) {
			ast.Inspect(file.File, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				f, ok := call.Fun.(*ast.SelectorExpr)
				if !ok || !slices.Contains([]string{"Debug", "Info", "Warn", "Error"}, f.Sel.Name) || len(call.Args) == 0 {
					return true
				}
				if x, ok := f.X.(*ast.Ident); !isName(f.X, "Log") && !isName(f.X, "log") && (!ok || x.Name != "log") {
					return true
				}
				found++
				for i, arg := range call.Args {
					_, literal := arg.(*ast.BasicLit)
					name, named := arg.(*ast.Ident)
					if (i == 0 || i%2 == 1) && !literal && (!named || given[path] != name.Name) {
						t.Errorf("%s logs a message or a key that is no literal", path)
					}
				}
				return true
			})
		}
	}
	if found < 80 {
		t.Errorf("only %d records were found", found)
	}
}
