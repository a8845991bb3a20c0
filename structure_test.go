package countersign_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Limits of the structure of a package, and of the tree.
const (
	mostBack      = 40   // arrows between the files of a package that run against the best order
	mostOfUI      = 4500 // lines of program of ui, from which on they fail
	mostOfScreen  = 3000 // lines of program of each package of ui, from which on they fail
	mostOfWindow  = 20   // fields of ui.Window, from which on they fail
	mostOddPhrase = 166  // doc comments without Go's own idiom, from which on they fail; it only ever falls
)

// TestFilesDependOneWay finds the order of each package's files in which the fewest arrows run back, and fails when
// more than mostBack do.
func TestFilesDependOneWay(t *testing.T) {
	for _, folder := range codeFolders(t, "ui", "core") {
		arrows := arrowsOf(t, folder)
		position := map[string]int{}
		for i, file := range bestOrder(arrows) {
			position[file] = i
		}
		var back []string
		for a, names := range arrows {
			if position[a.from] < position[a.to] {
				back = append(back, fmt.Sprintf("  %s -> %s: %s", a.from, a.to, strings.Join(slices.Sorted(maps.Keys(names)), " ")))
			}
		}
		if len(back) > mostBack {
			slices.Sort(back)
			t.Errorf("%s: %d arrows between its files run back, and at most %d may:\n%s", folder, len(back), mostBack, strings.Join(back, "\n"))
		}
	}
}

// arrow is a dependency of one file of a package on another.
type arrow struct{ from, to string }

// arrowsOf returns the dependencies between the files of a package, with the names that make them.
func arrowsOf(t *testing.T, folder string) map[arrow]map[string]bool {
	t.Helper()
	files := parseNames(t, folder)
	owner, methods := map[string]string{}, map[string]string{}
	for path, file := range files {
		declare(path, file, owner, methods)
	}
	arrows := map[arrow]map[string]bool{}
	add := func(from, to, name string) {
		if to == "" || to == from {
			return
		}
		a := arrow{filepath.Base(from), filepath.Base(to)}
		if arrows[a] == nil {
			arrows[a] = map[string]bool{}
		}
		arrows[a][name] = true
	}
	for path, file := range files {
		for _, name := range file.Unresolved {
			add(path, owner[name.Name], name.Name)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				add(path, methods[s.Sel.Name], "."+s.Sel.Name)
			}
			return true
		})
	}
	return arrows
}

// parseNames parses the program code of a package, and resolves the names within each file.
func parseNames(t *testing.T, folder string) map[string]*ast.File {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]*ast.File{}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		if files[path], err = parser.ParseFile(token.NewFileSet(), path, nil, 0); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// declare records the file of each package-level name, and of each unexported method. The file of a method is empty when
// several files declare one of its name.
func declare(path string, file *ast.File, names, methods map[string]string) {
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			name := d.Name.Name
			if d.Recv == nil {
				names[name] = path
			} else if other, ok := methods[name]; ok && other != path {
				methods[name] = ""
			} else if !d.Name.IsExported() {
				methods[name] = path
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					names[s.Name.Name] = path
				case *ast.ValueSpec:
					for _, n := range s.Names {
						names[n.Name] = path
					}
				}
			}
		}
	}
}

// bestOrder returns files from low to high, so that few arrows run from a lower to a higher one. It begins with the files
// that need few others, and moves each file to where it costs least until nothing improves.
func bestOrder(arrows map[arrow]map[string]bool) []string {
	degree := map[string]int{}
	for a := range arrows {
		degree[a.from]++
		degree[a.to]--
	}
	order := slices.Sorted(maps.Keys(degree))
	slices.SortStableFunc(order, func(a, b string) int { return degree[a] - degree[b] })
	for improved := true; improved; {
		improved = false
		for _, file := range slices.Clone(order) {
			at := slices.Index(order, file)
			rest := slices.Delete(slices.Clone(order), at, at+1)
			// The costs are relative to the lowest position, and each step passes one file.
			cost, now, best, bestAt := 0, 0, 0, 0
			for i, passed := range rest {
				if arrows[arrow{passed, file}] != nil {
					cost++
				}
				if arrows[arrow{file, passed}] != nil {
					cost--
				}
				if i+1 == at {
					now = cost
				}
				if cost < best {
					best, bestAt = cost, i+1
				}
			}
			if best < now {
				order, improved = slices.Insert(rest, bestAt, file), true
			}
		}
	}
	return order
}

func TestTheWindowsRoomsStaySmall(t *testing.T) {
	for _, folder := range codeFolders(t, "ui") {
		most, lines := mostOfScreen, 0
		if folder == "ui" {
			most = mostOfUI
		}
		for path := range parseNames(t, folder) {
			code, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			lines += bytes.Count(code, []byte("\n"))
		}
		if lines >= most {
			t.Errorf("%s has %d lines of program, and has to stay below %d", folder, lines, most)
		}
	}
	fields := 0
	for _, file := range parseNames(t, "ui") {
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.TypeSpec); ok && s.Name.Name == "Window" {
				fields = s.Type.(*ast.StructType).Fields.NumFields()
			}
			return true
		})
	}
	if fields == 0 || fields >= mostOfWindow {
		t.Errorf("ui.Window has %d fields, and has to stay below %d", fields, mostOfWindow)
	}
}

// oddPhrase is how a doc comment begins that does not say what a function returns, reports or does.
var oddPhrase = regexp.MustCompile(`^\S+ (?:tells|gives|says|takes)\b`)

func TestDocCommentsUseTheIdiom(t *testing.T) {
	var found []string
	for _, folder := range codeFolders(t, ".") {
		paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			files := token.NewFileSet()
			file, err := parser.ParseFile(files, path, nil, parser.ParseComments|parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if doc := docOf(n); doc != nil && oddPhrase.MatchString(doc.Text()) {
					first, _, _ := strings.Cut(doc.Text(), "\n")
					found = append(found, fmt.Sprintf("  %s: %s", files.Position(doc.Pos()), first))
				}
				return true
			})
		}
	}
	if len(found) >= mostOddPhrase {
		t.Errorf("%d doc comments begin with tells, gives, says or takes, and fewer than %d may:\n%s", len(found), mostOddPhrase, strings.Join(found, "\n"))
	}
}

// docOf returns the doc comment of a declaration; nil when there is none.
func docOf(n ast.Node) *ast.CommentGroup {
	switch n := n.(type) {
	case *ast.FuncDecl:
		return n.Doc
	case *ast.GenDecl:
		return n.Doc
	case *ast.TypeSpec:
		return n.Doc
	case *ast.ValueSpec:
		return n.Doc
	case *ast.Field:
		return n.Doc
	}
	return nil
}

// codeFolders returns the folders with Go code below some folders, with slashes.
func codeFolders(t *testing.T, roots ...string) []string {
	t.Helper()
	found := map[string]bool{}
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
			if filepath.Ext(path) == ".go" {
				found[filepath.ToSlash(filepath.Dir(path))] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return slices.Sorted(maps.Keys(found))
}
