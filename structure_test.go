package countersign_test

import (
	"cmp"
	"go/ast"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The limits of the structure. A package that outgrows them is several rooms.
const (
	maxBackArrows   = 40   // in one package
	maxShellLines   = 4500 // of package ui
	maxScreenLines  = 3000 // of each package below ui
	maxWindowFields = 20
	maxVagueDocs    = 30 // in the whole tree
)

// arrow is a reference from one file of a package to something that another file declares.
type arrow struct{ from, to string }

// TestFilesDependOneWay counts the arrows that remain when the files of a package are put in the
// best order: each file above those it refers to. Arrows against that order are circles.
func TestFilesDependOneWay(t *testing.T) {
	for _, room := range rooms(t, "core", "ui", "cmd") {
		files := parse(t, room)
		arrows := readArrows(files)
		rank := map[string]int{}
		for i, file := range arrangeFiles(slices.Sorted(maps.Keys(files)), arrows) {
			rank[file] = i
		}
		var back []string
		for a, names := range arrows {
			if rank[a.from] < rank[a.to] {
				back = append(back, path.Base(a.from)+" uses "+strings.Join(slices.Sorted(maps.Keys(names)), ", ")+" of "+path.Base(a.to))
			}
		}
		if len(back) > maxBackArrows {
			slices.Sort(back)
			t.Errorf("%s: %d of %d arrows between its files run back:\n%s", room, len(back), len(arrows), strings.Join(back, "\n"))
		}
	}
}

// TestTheWindowIsAShellAndScreens holds the sizes of the window's packages and of the Window.
func TestTheWindowIsAShellAndScreens(t *testing.T) {
	for _, room := range rooms(t, "ui") {
		lines, limit := 0, maxScreenLines
		if room == "ui" {
			limit = maxShellLines
		}
		for _, file := range parse(t, room) {
			lines += strings.Count(file.source, "\n")
		}
		if lines > limit {
			t.Errorf("%s has %d lines: at most %d", room, lines, limit)
		}
	}
	fields := -1
	for _, file := range parse(t, "ui") {
		ast.Inspect(file.File, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok && spec.Name.Name == "Window" {
				fields = spec.Type.(*ast.StructType).Fields.NumFields()
			}
			return true
		})
	}
	if fields < 0 || fields >= maxWindowFields {
		t.Errorf("ui.Window has %d fields: it must have fewer than %d", fields, maxWindowFields)
	}
}

// TestFilesAreRenamedInOnePlace: on Windows, a virus scanner or a backup may have a file open for a moment, and package files waits for that.
func TestFilesAreRenamedInOnePlace(t *testing.T) {
	for _, room := range rooms(t, "core", "ui", "cmd") {
		for name, file := range parse(t, room) {
			if strings.Contains(file.source, "os.Rename(") && room != "core/files" {
				t.Errorf("%s renames a file: call files.Rename", name)
			}
		}
	}
}

// TestDocCommentsAreContracts counts doc comments that begin with a verb of no precise meaning,
// where Go's idiom is "returns", "reports whether" or "is".
func TestDocCommentsAreContracts(t *testing.T) {
	var vague []string
	for _, room := range rooms(t, ".") {
		for name, file := range parse(t, room) {
			for _, group := range file.Comments {
				words := strings.Fields(group.Text())
				if len(words) > 1 && slices.Contains([]string{"tells", "gives", "says", "takes"}, words[1]) {
					vague = append(vague, name+": "+words[0]+" "+words[1])
				}
			}
		}
	}
	if len(vague) >= maxVagueDocs {
		slices.Sort(vague)
		t.Errorf("%d comments say what a thing tells, gives, says or takes: say what it returns or does\n%s", len(vague), strings.Join(vague, "\n"))
	}
}

// rooms returns the packages with program code in folders and below them.
func rooms(t *testing.T, folders ...string) []string {
	t.Helper()
	found := map[string]bool{}
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(name string, e fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case e.IsDir() && (e.Name() == "testdata" || e.Name() == "build" || strings.HasPrefix(e.Name(), ".") && e.Name() != "."):
				return filepath.SkipDir
			case strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go"):
				found[filepath.ToSlash(filepath.Dir(name))] = true
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// readArrows returns the arrows between the files of a package, with the names that cause them. It
// works without types: a method counts where only one file declares a method of its name.
func readArrows(files map[string]parsed) map[arrow]map[string]bool {
	names, methods := map[string]string{}, map[string]string{} // to the file that declares them
	for name, file := range files {
		for _, decl := range file.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil {
					names[d.Name.Name] = name
				} else if other, known := methods[d.Name.Name]; known && other != name {
					methods[d.Name.Name] = "" // ambiguous
				} else {
					methods[d.Name.Name] = name
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch s := spec.(type) {
					case *ast.TypeSpec:
						names[s.Name.Name] = name
					case *ast.ValueSpec:
						for _, id := range s.Names {
							names[id.Name] = name
						}
					}
				}
			}
		}
	}
	arrows := map[arrow]map[string]bool{}
	for name, file := range files {
		add := func(to, what string) {
			if to == "" || to == name {
				return
			}
			a := arrow{name, to}
			if arrows[a] == nil {
				arrows[a] = map[string]bool{}
			}
			arrows[a][what] = true
		}
		for _, id := range file.Unresolved {
			add(names[id.Name], id.Name)
		}
		ast.Inspect(file.File, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && !ast.IsExported(s.Sel.Name) {
				add(methods[s.Sel.Name], s.Sel.Name)
			}
			return true
		})
	}
	return arrows
}

// arrangeFiles returns the files in an order in which few arrows lead from a file to a later one. It
// moves one file at a time to where it costs least, until no move helps.
func arrangeFiles(files []string, arrows map[arrow]map[string]bool) []string {
	out := map[string]int{} // arrows that leave a file, less those that reach it
	for a := range arrows {
		out[a.from]++
		out[a.to]--
	}
	order := slices.Clone(files)
	slices.SortStableFunc(order, func(a, b string) int { return cmp.Compare(out[a], out[b]) })
	count := func(from, to string) int { return min(1, len(arrows[arrow{from, to}])) }
	for moved := true; moved; {
		moved = false
		for _, file := range files {
			at := slices.Index(order, file)
			rest := slices.Delete(slices.Clone(order), at, at+1)
			cost := 0 // of standing first: every arrow that leaves the file leads to a later one
			for _, other := range rest {
				cost += count(file, other)
			}
			costs := []int{cost}
			for _, other := range rest {
				cost += count(other, file) - count(file, other)
				costs = append(costs, cost)
			}
			if best := slices.Index(costs, slices.Min(costs)); costs[best] < costs[at] {
				order, moved = slices.Insert(rest, best, file), true
			}
		}
	}
	return order
}
