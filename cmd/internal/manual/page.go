// Package manual writes the manual pages of a program, and the scripts by which shells complete its command line. Both are made of
// the definition of the command line, so they never lack a command or a flag. It knows no command by name.
package manual

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// Page is a manual page in the language of troff, with the macros of man.
type Page struct {
	Name string // of its file, such as countersignctl-add.1
	Text string
}

// Section is a section of a manual page that is not made of the command line, such as EXIT STATUS.
type Section struct {
	Title string // in capitals
	Text  string // its paragraphs, with an empty line between two of them
}

// Pages returns the manual pages of a program: one of the program, which has the sections, too, and one of each command. The version
// is shown at their foot.
func Pages(app *kong.Application, version string, sections ...Section) []Page {
	pages := []Page{newPage(app.Node, version, sections)}
	for _, n := range commands(app.Node) {
		pages = append(pages, newPage(n, version, nil))
	}
	return pages
}

// commands returns all commands below a node, each before its own, without those that are hidden.
func commands(n *kong.Node) (all []*kong.Node) {
	for _, child := range visible(n) {
		all = append(append(all, child), commands(child)...)
	}
	return all
}

// visible returns the commands of a node that are not hidden.
func visible(n *kong.Node) (children []*kong.Node) {
	for _, child := range n.Children {
		if !child.Hidden {
			children = append(children, child)
		}
	}
	return children
}

// pageName returns the name of a command's page, without its section.
func pageName(n *kong.Node) string { return strings.ReplaceAll(n.FullPath(), " ", "-") }

func newPage(n *kong.Node, version string, sections []Section) Page {
	var w page
	w.line(".TH", strings.ToUpper(pageName(n)), "1", "", version, "")
	w.section("NAME")
	w.text(pageName(n) + ` \- ` + escaped(strings.TrimSuffix(n.Help, ".")))
	w.section("SYNOPSIS")
	w.synopsis(n)
	if len(n.Positional) > 0 {
		w.section("ARGUMENTS")
		for _, arg := range n.Positional {
			w.entry(italic(arg.Name), arg.Help)
		}
	}
	if children := visible(n); len(children) > 0 {
		w.section("COMMANDS")
		for _, child := range children {
			w.entry(bold(child.Path())+", "+bold(pageName(child))+"(1)", child.Help)
		}
	}
	w.flags("OPTIONS", n.Flags)
	for parent := n.Parent; parent != nil; parent = parent.Parent {
		title := "OPTIONS OF ALL COMMANDS"
		if parent.Parent != nil {
			title = strings.ToUpper("options of " + parent.Path())
		}
		w.flags(title, parent.Flags)
	}
	for _, s := range sections {
		w.section(s.Title)
		for i, paragraph := range strings.Split(s.Text, "\n\n") {
			if i > 0 {
				w.line(".PP")
			}
			w.text(escaped(paragraph))
		}
	}
	if n.Parent != nil {
		w.section("SEE ALSO")
		w.text(bold(pageName(n.Parent)) + "(1)")
	}
	return Page{pageName(n) + ".1", w.String()}
}

// page is a page that is being written.
type page struct{ strings.Builder }

// line writes a line with a macro and its arguments.
func (p *page) line(macro string, args ...string) {
	p.WriteString(macro)
	for _, arg := range args {
		fmt.Fprintf(p, ` "%s"`, strings.ReplaceAll(escaped(arg), `"`, `\(dq`))
	}
	p.WriteString("\n")
}

func (p *page) section(title string) { p.line(".SH", title) }

// text writes a line of text, which is escaped already.
func (p *page) text(s string) {
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s // it is no macro
	}
	_, _ = io.WriteString(p, s+"\n")
}

// entry writes an entry of a list: a term, which is escaped already, and what it means.
func (p *page) entry(term, meaning string) {
	p.line(".TP")
	p.text(term)
	p.text(escaped(meaning))
}

func (p *page) synopsis(n *kong.Node) {
	words := []string{bold(n.FullPath())}
	if len(n.Flags) > 0 || n.Parent != nil {
		words = append(words, "["+italic("option")+" ...]")
	}
	for _, arg := range n.Positional {
		word := italic(arg.Name)
		if arg.IsCumulative() {
			word += " ..."
		}
		if !arg.Required {
			word = "[" + word + "]"
		}
		words = append(words, word)
	}
	if len(visible(n)) > 0 {
		words = append(words, italic("command"))
	}
	p.text(strings.Join(words, " "))
}

// flags writes a section about flags, in the groups that they have, unless there are none.
func (p *page) flags(title string, flags []*kong.Flag) {
	begun, group := false, ""
	for _, f := range flags {
		if f.Hidden {
			continue
		}
		if !begun {
			p.section(title)
			begun = true
		}
		if f.Group != nil && f.Group.Title != group {
			group = f.Group.Title
			p.line(".SS", group)
		}
		help := f.Help
		if len(f.Envs) > 0 {
			help += " It can be given as " + strings.Join(f.Envs, " or ") + " in the environment, too."
		}
		p.entry(term(f), help)
	}
}

// term returns how a flag is given.
func term(f *kong.Flag) string {
	name := "--" + f.Name
	if f.Tag.Negatable != "" {
		name = "--[no-]" + f.Name
	}
	t := bold(name)
	if f.Short != 0 {
		t = bold("-"+string(f.Short)) + ", " + t
	}
	if !f.IsBool() && !f.IsCounter() {
		t += " " + italic(f.FormatPlaceHolder())
	}
	return t
}

func bold(s string) string   { return `\fB` + escaped(s) + `\fR` }
func italic(s string) string { return `\fI` + escaped(s) + `\fR` }

// escaped returns a text in which nothing has a meaning to troff. A line break becomes a blank.
func escaped(s string) string {
	return strings.NewReplacer(`\`, `\e`, "-", `\-`, "\n", " ", "`", "\\`", "^", `\(ha`, "~", `\(ti`).Replace(s)
}
