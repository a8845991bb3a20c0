package manual

import (
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/template"

	"github.com/alecthomas/kong"
)

// scripts has a template for each shell.
//
//go:embed shells/*.tmpl
var scripts embed.FS

// quoting returns a text as a shell reads it literally between single quotes, without the quotes.
var quoting = map[string]*strings.Replacer{
	"bash":       strings.NewReplacer(`'`, `'\''`),
	"zsh":        strings.NewReplacer(`'`, `'\''`),
	"fish":       strings.NewReplacer(`\`, `\\`, `'`, `\'`),
	"powershell": strings.NewReplacer(`'`, `''`, `‘`, `‘‘`, `’`, `’’`), // PowerShell takes the typographic ones for quotes as well
}

// Shells returns the names of the shells for which there is a script.
func Shells() []string { return slices.Sorted(maps.Keys(quoting)) }

// point is a place on the command line: behind a command, or behind the name of the program.
type point struct {
	Path     string // of the command, such as /gateway/add; empty for the program
	Commands []word // that may follow
	Flags    []flag
}

// word is something that may come next, and what it means.
type word struct{ Name, Help string }

type flag struct {
	Long, Short, Help string
	HasValue          bool
	Values            []string // among which one chooses; nil if anything may be given
}

// Names returns the names of the flag with their dashes.
func (f flag) Names() []string {
	if f.Short == "" {
		return []string{"--" + f.Long}
	}
	return []string{"--" + f.Long, "-" + f.Short}
}

// Completion returns the script by which a shell completes the command line of a program.
func Completion(app *kong.Application, shell string) (string, error) {
	quotes, known := quoting[shell]
	if !known {
		return "", fmt.Errorf("there is no completion for %s: choose one of %s", shell, strings.Join(Shells(), ", "))
	}
	t, err := template.New(shell+".tmpl").Funcs(template.FuncMap{
		"quote": func(s string) string { return "'" + quotes.Replace(s) + "'" },
		"colon": func(s string) string { return strings.ReplaceAll(s, ":", `\:`) },
		"join":  strings.Join,
		"ident": func(s string) string { return strings.ReplaceAll(s, "-", "_") },
	}).ParseFS(scripts, "shells/"+shell+".tmpl")
	if err != nil {
		return "", err
	}
	var text strings.Builder
	err = t.Execute(&text, struct {
		Program string
		Points  []point
	}{app.Name, points(app.Node, "")})
	return text.String(), err
}

// points returns the places behind a node and the commands below it.
func points(n *kong.Node, path string) []point {
	p := point{Path: path}
	var below []point
	for _, child := range visible(n) {
		p.Commands = append(p.Commands, word{child.Name, child.Help})
		below = append(below, points(child, path+"/"+child.Name)...)
	}
	for _, group := range n.AllFlags(true) {
		for _, f := range group {
			p.Flags = append(p.Flags, newFlags(f)...)
		}
	}
	return append([]point{p}, below...)
}

// newFlags returns a flag and, if it has one, its opposite.
func newFlags(f *kong.Flag) []flag {
	made := flag{Long: f.Name, Help: f.Help, HasValue: !f.IsBool() && !f.IsCounter()}
	if f.Short != 0 {
		made.Short = string(f.Short)
	}
	if f.Enum != "" {
		made.Values = slices.DeleteFunc(f.EnumSlice(), func(s string) bool { return s == "" })
	}
	if f.Tag.Negatable != "" {
		return []flag{made, {Long: "no-" + f.Name, Help: f.Help}}
	}
	return []flag{made}
}
