package main

import (
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"countersign/cmd/internal/program"
)

// commandLines returns the arguments of calls of the program in the stories, one call for each set of flags. Quotes and variables
// are not read, so some of the arguments are not what the stories give to the program.
func commandLines(t *testing.T) (lines [][]string) {
	t.Helper()
	seen, names := map[string]bool{}, map[string]bool{}
	for _, c := range allCommands(nil) {
		names[c.name] = true
	}
	called := regexp.MustCompile(`(?m)^(?:! )?(?:exec )?countersignctl (.*)$`)
	stories, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, story := range stories {
		text, err := os.ReadFile(story)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range called.FindAllSubmatch(text, -1) {
			args := strings.Fields(string(match[1]))
			flags := slices.DeleteFunc(slices.Clone(args), func(arg string) bool { return !strings.HasPrefix(arg, "-") && !names[arg] })
			if key := strings.Join(flags, " "); !seen[key] {
				seen[key], lines = true, append(lines, args)
			}
		}
	}
	if len(lines) < 100 {
		t.Fatalf("only %d calls were found", len(lines))
	}
	return lines
}

// What a command line means does not depend on how many commands were read to find out.
func TestACommandLineMeansTheSameAmongAllCommands(t *testing.T) {
	kinds := program.Kinds()
	all := allCommands(kinds)
	streams := []kong.Option{kong.Writers(io.Discard, io.Discard), kong.Exit(func(int) {})}
	flags, parser, err := newParser(all, kinds, streams)
	if err != nil {
		t.Fatal(err)
	}
	succeeded := 0
	for _, args := range commandLines(t) {
		few, parsed, err := parseWith(namedIn(args, all), args, kinds, append(slices.Clone(streams), kong.NoDefaultHelp()))
		if err != nil || parsed.Selected() == nil {
			continue // then all commands are read
		}
		succeeded++
		whole, err := parser.Parse(args)
		if err != nil {
			t.Fatalf("%q: %v", args, err)
		}
		if !reflect.DeepEqual(flags, few) || whole.Command() != parsed.Command() {
			t.Errorf("%q: %s, and %s among all commands", args, parsed.Command(), whole.Command())
		}
		if parsed.Command() != "gateway add <name>" && !reflect.DeepEqual(target(whole), target(parsed)) { // that has types of its own each time
			t.Errorf("%q: %+v, and %+v among all commands", args, target(parsed), target(whole))
		}
	}
	if succeeded < 100 {
		t.Errorf("only %d calls were compared", succeeded)
	}
}

// target returns a pointer to the flags and arguments of the command that was called.
func target(parsed *kong.Context) any { return parsed.Selected().Target.Addr().Interface() }

// A program that starts does not pay for the commands that were not called.
func TestOnlyTheCommandThatWasCalledIsRead(t *testing.T) {
	kinds := program.Kinds()
	args := []string{"--json", "verify", "a.pdf"}
	if named := namedIn(args, allCommands(kinds)); len(named) != 1 || named[0].name != "verify" {
		t.Errorf("%d commands are read", len(named))
	}
	called := testing.AllocsPerRun(5, func() { _, _, _ = parse(args, kinds) })
	all := testing.AllocsPerRun(5, func() { _, _, _ = parseWith(allCommands(kinds), args, kinds, nil) })
	if called > all/4 {
		t.Errorf("the command line takes %.0f allocations, and %.0f when all commands are read", called, all)
	}
}
