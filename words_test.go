package countersign_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// speaking are the rooms that say something in the person's language.
var speaking = append([]string{"core/callback", "core/evidence", "core/explain", "core/export", "core/i18n"}, window...)

// window are the rooms of the window.
var window = []string{"ui", "ui/archiving", "ui/bulk", "ui/checking", "ui/compose", "ui/days", "ui/detail", "ui/files", "ui/filter", "ui/edit", "ui/help", "ui/importing", "ui/kit", "ui/lines", "ui/list", "ui/menus", "ui/notify", "ui/placement", "ui/panes", "ui/prefs", "ui/queuebar", "ui/remind", "ui/report", "ui/saving", "ui/status"}

// silent are the literals with letters in the window's code that nobody reads, or that are
// the same in every language.
var silent = map[string]string{
	"Countersign":     "the program's name",
	"countersign.png": "the name of a resource",
	"Åg":              "letters that are measured",
	"file":            "the scheme of an address",
	".pdf":            "an ending of file names",
	".csv":            "an ending of file names",
	".tsv":            "an ending of file names",
	".xlsx":           "an ending of file names",
	".json":           "an ending of file names",
	".zip":            "an ending of file names",
	"darwin":          "the name of a system",
	"windows":         "the name of a system",
	"https":           "the scheme of an address",
	"http":            "the scheme of an address",

	"the window is closing": "told to the process that handed its files over, in its log",
}

// drawings is where literals are pictures.
const drawings = "ui/kit/icons.go"

// TestTheWindowSaysNothingByItself finds texts in the window's code that are in no catalog,
// and would be in English for everybody.
func TestTheWindowSaysNothingByItself(t *testing.T) {
	unused := maps.Clone(silent)
	code := map[string]parsed{}
	for _, room := range window {
		maps.Copy(code, parse(t, room))
	}
	for path, file := range code {
		if path == drawings {
			continue
		}
		allowed := silentIn(file.File)
		ast.Inspect(file.File, func(n ast.Node) bool {
			literal, ok := n.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING || allowed[literal] {
				return true
			}
			text := unquote(t, literal)
			delete(unused, text)
			if _, ok := silent[text]; !ok && strings.ContainsFunc(text, unicode.IsLetter) {
				t.Errorf("%s says %q by itself: put it into the catalogs of core/i18n", path, text)
			}
			return true
		})
	}
	for text := range unused {
		t.Errorf("the window does not have %q any more", text)
	}
}

// silentIn returns the literals of a file that nobody reads because of where they stand: import paths,
// tags, keys of the catalog, colors of the theme, and the arguments of logs and panics.
func silentIn(file *ast.File) map[*ast.BasicLit]bool {
	found := map[*ast.BasicLit]bool{}
	all := func(nodes ...ast.Expr) {
		for _, n := range nodes {
			if literal, ok := n.(*ast.BasicLit); ok {
				found[literal] = true
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			found[n.Path] = true
		case *ast.Field:
			found[n.Tag] = true
		case *ast.ValueSpec:
			if isName(n.Type, "ThemeColorName") || isKept(n.Type) {
				all(n.Values...)
			}
		case *ast.CallExpr:
			switch f := n.Fun.(type) {
			case *ast.Ident:
				if f.Name == "panic" {
					all(n.Args...)
				}
			case *ast.SelectorExpr:
				switch {
				case (f.Sel.Name == "Say" || f.Sel.Name == "Count") && len(n.Args) > 0:
					all(n.Args[0])
				case (isName(f.X, "Log") || isName(f.X, "log")) && slices.Contains([]string{"Debug", "Info", "Warn", "Error"}, f.Sel.Name):
					all(n.Args...)
				}
			}
		}
		return true
	})
	return found
}

// isName reports whether an expression selects that name from a package or a struct.
func isName(e ast.Expr, name string) bool {
	s, ok := e.(*ast.SelectorExpr)
	return ok && s.Sel.Name == name
}

// isKept reports whether an expression is a type of names that the settings store, which are the same
// in every language.
func isKept(e ast.Expr) bool {
	t, ok := e.(*ast.Ident)
	return ok && (t.Name == "StoredName" || t.Name == "storedName" || t.Name == "period" || t.Name == "problem")
}

var placeholder = regexp.MustCompile(`\{[1-9]\}`)

// TestEveryKeyIsSaid compares the keys that the code uses with those there are, and what is
// said with them with the places in the texts. That the languages agree, core/i18n tests.
func TestEveryKeyIsSaid(t *testing.T) {
	catalog := readCatalogue(t)
	said := map[string]bool{"language.name": true} // for whoever lists the languages
	for _, room := range speaking {
		for path, file := range parse(t, room) {
			ast.Inspect(file.File, func(n ast.Node) bool {
				if method, args := saying(n); method != "" {
					key, ok := args[0].(*ast.BasicLit)
					if !ok {
						t.Errorf("%s says something whose key does not stand there, so that nobody can look it up", path)
						return true
					}
					said[unquote(t, key)] = true
					checkSaying(t, path, unquote(t, key), method, len(args), catalog)
				}
				return true
			})
		}
	}
	checkReasons(t, catalog, said)
	checkWindowReasons(t, catalog, said)
	for key := range catalog {
		if !said[key] && !strings.HasPrefix(key, "advice.code.") { // explain.Request looks these up by the codes of gateways
			t.Errorf("%s is in the catalogs, and nobody says it", key)
		}
	}
}

// saying returns the method and the arguments of a call that takes a text from the catalog, and ""
// for any other node.
func saying(n ast.Node) (method string, args []ast.Expr) {
	call, ok := n.(*ast.CallExpr)
	if !ok || len(call.Args) == 0 {
		return "", nil
	}
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || f.Sel.Name != "Say" && f.Sel.Name != "Count" {
		return "", nil
	}
	if first, ok := call.Args[0].(*ast.Ident); ok && first.Name == "ctx" { // requests are counted, too
		return "", nil
	}
	if of, ok := f.X.(*ast.Ident); ok && (of.Name == "bytes" || of.Name == "strings") {
		return "", nil
	}
	return f.Sel.Name, call.Args
}

// checkSaying compares a call with the text it is for: a string, or one for each form.
func checkSaying(t *testing.T, path, key, method string, args int, catalog map[string]any) {
	t.Helper()
	text, wants := "", 0
	switch found := catalog[key].(type) {
	case nil:
		t.Errorf("%s says %s, which is in no catalog", path, key)
		return
	case string:
		if method != "Say" {
			t.Errorf("%s counts with %s, which has one form only", path, key)
		}
		text, wants = found, 1
	case map[string]any:
		if method != "Count" {
			t.Errorf("%s says %s without the number that its forms are for", path, key)
		}
		text, wants = found["other"].(string), 2
	}
	places := placeholder.FindAllString(text, -1)
	slices.Sort(places)
	wants += len(slices.Compact(places))
	if args != wants {
		t.Errorf("%s says %s with %d arguments, and %q takes %d", path, key, args, text, wants)
	}
}

// reasoning returns the packages whose errors and events have codes: the kinds of gateway are among them.
func reasoning(t *testing.T) []string {
	t.Helper()
	kinds := slices.DeleteFunc(rooms(t, "core/gateway"), func(room string) bool { return strings.HasPrefix(room, "core/gateway/gatewaytest") })
	return append(kinds, "cmd/countersign", "cmd/internal/program", "core/autostart", "core/backup", "core/callback", "core/desk", "core/gateways", "core/diagnosis", "core/evidence", "core/export", "core/filechooser", "core/filename", "core/handover", "core/home", "core/input", "core/ledger", "core/lists", "core/network", "core/office", "core/policy",
		"core/pdf", "core/preview", "core/printout", "core/proof", "core/queue", "core/register", "core/request", "core/sealing", "core/secret", "core/settings", "core/support", "core/team", "core/trust")
}

// terminalOnly matches what sentences name that the window cannot do: a new register key, a rebuild, and backups
// into and from files of a person's choice.
var terminalOnly = regexp.MustCompile(`countersignctl( --home [A-Z]+)? (register new-key|backup [A-Z]+|restore|audit --rebuild)`)

// checkWindowReasons finds sentences with codes that send people to the terminal for what the window can do, unless the
// window has a sentence of its own for the code. It adds the keys of those sentences to said.
func checkWindowReasons(t *testing.T, catalog map[string]any, said map[string]bool) {
	t.Helper()
	commands := func(text any) bool {
		rest := terminalOnly.ReplaceAllString(text.(string), "")
		return strings.Contains(rest, "countersignctl") || strings.Contains(rest, "--in-file")
	}
	for key, text := range catalog {
		if code, own := strings.CutPrefix(key, "here."); own {
			if catalog["reason."+code] == nil {
				t.Errorf("%s has no sentence for the terminal", key)
			}
			if said[key] = true; commands(text) {
				t.Errorf("%s names a command: %s", key, text)
			}
		} else if code, ok := strings.CutPrefix(key, "reason."); ok && commands(text) && catalog["here."+code] == nil {
			t.Errorf("the window says %q: give it a sentence of its own, here.%s", text, code)
		}
	}
}

var verb = regexp.MustCompile(`%[.0-9]*[a-z]`)

// checkReasons compares the sentences that have codes with those of the English catalog, and adds
// their keys to said. In the code they are calls with a code and a format. It also looks for the names
// of the constants of the type Part.
func checkReasons(t *testing.T, catalog map[string]any, said map[string]bool) {
	t.Helper()
	check := func(path, code, format string) {
		n := 0
		want := verb.ReplaceAllStringFunc(strings.ReplaceAll(format, "%q", "\u201c%s\u201d"), func(string) string { n++; return "{" + strconv.Itoa(n) + "}" })
		want = strings.ReplaceAll(want, "'", "\u2019")
		said["reason."+code] = true
		if got := catalog["reason."+code]; got != want {
			t.Errorf("%s has the sentence %q for the code %s, and the catalogs %q", path, want, code, got)
		}
	}
	shared := constants(t, "core/request")
	var literal func(e ast.Expr) (string, bool)
	literal = func(e ast.Expr) (string, bool) {
		if sum, ok := e.(*ast.BinaryExpr); ok {
			x, isX := literal(sum.X)
			y, isY := literal(sum.Y)
			return x + y, isX && isY
		}
		if s, ok := e.(*ast.SelectorExpr); ok && isPackage(s.X, "request") {
			return shared[s.Sel.Name], shared[s.Sel.Name] != ""
		}
		l, ok := e.(*ast.BasicLit)
		if !ok {
			return "", false
		}
		return unquote(t, l), true
	}
	found := 0
	for _, room := range reasoning(t) {
		for path, file := range parse(t, room) {
			ast.Inspect(file.File, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.CallExpr:
					name := ""
					switch f := n.Fun.(type) {
					case *ast.Ident:
						name = f.Name
					case *ast.SelectorExpr:
						if isPackage(f.X, "request") {
							name = f.Sel.Name
						}
					}
					if !slices.Contains([]string{"Sentencef", "Errorf", "newFileFault", "newProblem", "newUnchecked", "reason"}, name) {
						return true
					}
					code, ok := literal(n.Args[0])
					if !ok {
						return true // newFileFault itself and newUnchecked
					}
					if format, ok := literal(n.Args[1]); ok {
						found++
						check(path, code, format)
					} else {
						said["reason."+code] = true // a constant, which the test of package proof compares
					}
				case *ast.ValueSpec:
					if name, ok := n.Type.(*ast.Ident); !isName(n.Type, "Part") && (!ok || name.Name != "Part") {
						return true
					}
					for _, value := range n.Values {
						part, _ := literal(value)
						key := "part." + strings.ReplaceAll(part, " ", "_")
						said[key] = true
						if catalog[key] == nil {
							t.Errorf("%s has the part %q, and the catalogs have no name for it", path, part)
						}
					}
				}
				return true
			})
		}
	}
	if found < 50 {
		t.Errorf("only %d sentences with codes were found", found)
	}
	for _, code := range []string{"call", "call_status", "call_message", "call_status_message"} { // TestAnErrorAndItsCauseAreTheSameSentence
		said["reason."+code] = true
	}
}

// constants returns the text constants of a room.
func constants(t *testing.T, room string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, file := range parse(t, room) {
		ast.Inspect(file.File, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == 1 {
				if l, ok := spec.Values[0].(*ast.BasicLit); ok && l.Kind == token.STRING {
					found[spec.Names[0].Name] = unquote(t, l)
				}
			}
			return true
		})
	}
	return found
}

// isPackage reports whether an expression is the name of a package.
func isPackage(e ast.Expr, name string) bool {
	of, ok := e.(*ast.Ident)
	return ok && of.Name == name
}

func readCatalogue(t *testing.T) map[string]any {
	t.Helper()
	data, err := os.ReadFile("core/i18n/en.json")
	if err != nil {
		t.Fatal(err)
	}
	var catalog map[string]any
	if err := json.Unmarshal(data, &catalog); err != nil {
		t.Fatal(err)
	}
	return catalog
}

// parsed is a file of program code.
type parsed struct {
	*ast.File
	source string
}

// parse reads the program code of a room. The files have their comments, and their unresolved names.
func parse(t *testing.T, room string) map[string]parsed {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(filepath.FromSlash(room), "*.go"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no code in %s: %v", room, err)
	}
	files := map[string]parsed{}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, source, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.ToSlash(path)] = parsed{file, string(source)}
	}
	return files
}

func unquote(t *testing.T, literal *ast.BasicLit) string {
	t.Helper()
	text, err := strconv.Unquote(literal.Value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
