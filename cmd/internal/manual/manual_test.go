package manual_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"countersign/cmd/internal/manual"
)

// grammar is a command line with what is hard to quote in any of the shells and in troff.
type grammar struct {
	Verbose bool   `short:"v" help:"Say 'more'."`
	Home    string `help:"Folder, $HOME/x: \"a\\b\"." placeholder:"DIR" env:"TOOL_HOME"`

	Add struct {
		Files []string `arg:"" name:"file" help:"Files."`
		Kind  string   `enum:"one,two" default:"one" help:"The user’s kind: one or two."`
		Quick *bool    `negatable:"" help:"Be quick."`
	} `cmd:"" help:"Add – the 'first' command."`
	Gateway struct {
		Add struct {
			Name string `arg:""`
			URL  string `help:"Address." placeholder:"URL"`
		} `cmd:"" help:".Add a gateway."`
		List struct{} `cmd:"" help:"List gateways."`
	} `cmd:"" help:"Gateways."`
	Secret struct{} `cmd:"" hidden:"" help:"Nobody reads this."`
}

func model(t *testing.T) *kong.Application {
	t.Helper()
	parser, err := kong.New(&grammar{}, kong.Name("my-tool"), kong.Description("Does \\things."))
	if err != nil {
		t.Fatal(err)
	}
	return parser.Model
}

func TestEachCommandHasAPage(t *testing.T) {
	var names []string
	for _, page := range manual.Pages(model(t), "my-tool 1") {
		names = append(names, page.Name)
	}
	want := []string{"my-tool.1", "my-tool-add.1", "my-tool-gateway.1", "my-tool-gateway-add.1", "my-tool-gateway-list.1"}
	if !slices.Equal(names, want) {
		t.Errorf("got %q", names)
	}
}

func page(t *testing.T, name string, sections ...manual.Section) string {
	t.Helper()
	for _, p := range manual.Pages(model(t), "my-tool 1", sections...) {
		if p.Name == name {
			return p.Text
		}
	}
	t.Fatalf("there is no page %s", name)
	return ""
}

func TestAPageSaysWhatTheCommandLineSays(t *testing.T) {
	text := page(t, "my-tool-add.1")
	for _, want := range []string{
		`.TH "MY\-TOOL\-ADD" "1" "" "my\-tool 1" ""`,
		"my-tool-add \\- Add – the 'first' command\n",
		`\fBmy\-tool add\fR [\fIoption\fR ...] \fIfile\fR ...`,
		"\\fB\\-\\-kind\\fR \\fI\"one\"\\fR\nThe user’s kind: one or two.\n",
		`\fB\-\-[no\-]quick\fR`,
		".SH \"OPTIONS OF ALL COMMANDS\"\n",
		"\\fB\\-v\\fR, \\fB\\-\\-verbose\\fR\nSay 'more'.\n",
		`Folder, $HOME/x: "a\eb". It can be given as TOOL_HOME in the environment, too.`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing from\n%s", want, text)
		}
	}
	if text := page(t, "my-tool.1", manual.Section{Title: "EXIT STATUS", Text: "0: done\n\n1: 'not'"}); !strings.Contains(text, ".SH \"EXIT STATUS\"\n0: done\n.PP\n1: 'not'\n") || strings.Contains(text, "Nobody") {
		t.Errorf("got\n%s", text)
	}
}

// A line that begins with a dot or an apostrophe would be a macro.
func TestNothingInAPageIsAMacroByMistake(t *testing.T) {
	for _, text := range []string{page(t, "my-tool-gateway.1"), page(t, "my-tool.1", manual.Section{Title: "NOTES", Text: "'tis\n\n.so /etc/passwd"})} {
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, "'") || strings.HasPrefix(line, ".") && !slices.Contains([]string{".TH", ".SH", ".SS", ".TP", ".PP"}, strings.TrimSpace(line)[:3]) {
				t.Errorf("a macro: %s", line)
			}
		}
	}
}

func script(t *testing.T, shell string) string {
	t.Helper()
	text, err := manual.Completion(model(t), shell)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// offers are what a shell offers at the end of a command line. Files is true where it offers names of files.
var offers = []struct {
	words []string // the last one is being entered
	want  []string
	files bool
}{
	{[]string{""}, []string{"add", "gateway"}, false},
	{[]string{"ga"}, []string{"gateway"}, false},
	{[]string{"-"}, []string{"--help", "--home", "--verbose", "-h", "-v"}, false},
	{[]string{"gateway", ""}, []string{"add", "list"}, false},
	{[]string{"--verbose", "gateway", "l"}, []string{"list"}, false},
	{[]string{"gateway", "add", "--"}, []string{"--help", "--home", "--url", "--verbose"}, false},
	{[]string{"add", "--kind", ""}, []string{"one", "two"}, false},
	{[]string{"add", "--kind", "t"}, []string{"two"}, false},
	{[]string{"add", "--no"}, []string{"--no-quick"}, false},
	{[]string{"add", ""}, nil, true},
	{[]string{"add", "gateway", ""}, nil, true}, // a file with the name of a command
	{[]string{"--home", ""}, nil, true},
	{[]string{"sec"}, nil, false},
}

// ask has a shell complete each command line in an empty folder with one file, and compares what it offers.
func ask(t *testing.T, shell string, offered func(words []string) []string) {
	t.Helper()
	if _, err := exec.LookPath(shell); err != nil {
		t.Skipf("install %s (a package of that name in Debian) to try how it completes a command line", shell)
	}
	for _, o := range offers {
		got, want := offered(o.words), o.want
		slices.Sort(got)
		if o.files {
			want = []string{"lease.pdf"}
		}
		if got = slices.Compact(got); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", o.words, got, want)
		}
	}
}

// run runs a shell in a folder with one file, and returns the lines that it prints.
func run(t *testing.T, name string, args ...string) []string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "XDG_CONFIG_HOME="+t.TempDir(), "XDG_DATA_HOME="+t.TempDir(), "LC_ALL=C.UTF-8")
	if err := os.WriteFile(filepath.Join(cmd.Dir, "lease.pdf"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil || errs.Len() > 0 {
		t.Fatalf("%s %q: %v %s", name, args, err, errs.String())
	}
	return strings.Fields(string(out))
}

// Bash completes names of files where the function offers nothing.
func TestBashCompletes(t *testing.T) {
	path := script(t, "bash")
	ask(t, "bash", func(words []string) []string {
		const complete = `source "$1"; shift; COMP_WORDS=(my-tool "$@"); COMP_CWORD=$#; _my_tool
			case $(complete -p my-tool) in *'-o default'*) ;; *) exit 1 ;; esac
			if (( ${#COMPREPLY[@]} )); then printf '%s\n' "${COMPREPLY[@]}"; else compgen -f -- "${!#}"; fi; true`
		return run(t, "bash", append([]string{"--norc", "-c", complete, "bash", path}, words...)...)
	})
}

func TestFishCompletes(t *testing.T) {
	path := script(t, "fish")
	ask(t, "fish", func(words []string) []string {
		return run(t, "fish", "--no-config", "-c", `source $argv[1]; complete -C "$argv[2]" | string split -f 1 \t; true`, path, "my-tool "+strings.Join(words, " "))
	})
}

// The functions of zsh that show what can be chosen need a terminal. Here they print it.
func TestZshCompletes(t *testing.T) {
	path := script(t, "zsh")
	ask(t, "zsh", func(words []string) []string {
		const complete = `
			compdef() { }
			_files() { print -l -- *(N) }
			_describe() { local each; for each in "${(@P)@[-1]}"; do each=${${each//\\:/;}%%:*}; [[ $each != $PREFIX* ]] || print -r -- $each; done }
			compadd() { shift; local each; for each; do [[ $each != $PREFIX* ]] || print -r -- $each; done }
			source $1; shift
			words=(my-tool "$@"); CURRENT=$#words; PREFIX=$words[-1]
			_my_tool; true`
		return run(t, "zsh", append([]string{"-f", "-c", complete, "zsh", path}, words...)...)
	})
}

func TestAnUnknownShellIsNamed(t *testing.T) {
	if _, err := manual.Completion(model(t), "tcsh"); err == nil || !strings.Contains(err.Error(), "choose one of bash, fish, powershell, zsh") {
		t.Errorf("got %v", err)
	}
}

// What is between single quotes is literal text to PowerShell, but for quotes of any kind.
func TestPowerShellReadsTextsAsText(t *testing.T) {
	text, err := manual.Completion(model(t), "powershell")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`'The user’’s kind: one or two.'`, `'Say ''more''.'`, `'/add --kind' = @('one', 'two')`, `'/gateway' = @(`} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing from\n%s", want, text)
		}
	}
}
