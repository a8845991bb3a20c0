package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// numberAndNoun matches the verb of a number before a word that ends like a plural.
var numberAndNoun = regexp.MustCompile(`%d (?:more )?[a-z]+s\b`)

// TestNoNumberStandsBeforeAFixedPlural finds formats that would say "1 rows". A text for one thing and for several is chosen by
// many or counted, or the number stands behind the noun: "rows: 1".
func TestNoNumberStandsBeforeAFixedPlural(t *testing.T) {
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if f, ok := call.Fun.(*ast.Ident); ok && f.Name == "counted" {
					return false
				}
			}
			if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				text, err := strconv.Unquote(literal.Value)
				if found := numberAndNoun.FindString(text); err == nil && found != "" {
					t.Errorf("%s: %q says %q also for one", path, text, found)
				}
			}
			return true
		})
	}
}

func TestCounts(t *testing.T) {
	for n, want := range map[int]string{0: "0 rows, 0 bytes were", 1: "1 row, 1 byte was", 2: "2 rows, 2 bytes were"} {
		if got := many(n, "row") + ", " + bytesWere(n); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
