// Package countersign_test holds the rules of the house: who may import whom.
package countersign_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "countersign/"

// allowed says which packages of the project each room may import. A new room needs a
// line here, and a reason in docs/architecture.md.
var allowed = map[string][]string{
	"assets":                   {},
	"assets/samples/make":      {},
	"core/backup":              {"core/files", "core/home", "core/ledger", "core/register"},
	"core/callback":            {"core/i18n"},
	"core/desk":                {"core/backup", "core/callback", "core/evidence", "core/files", "core/gateway", "core/home", "core/ledger", "core/pdf", "core/register", "core/request", "core/secret", "core/i18n"},
	"core/evidence":            {"core/files", "core/pdf", "core/register", "core/request", "core/i18n"},
	"core/files":               {},
	"core/gateway":             {"core/request"},
	"core/gateway/gatewaytest": {"core/gateway"},
	"core/gateway/portasigma":  {"core/gateway", "core/request"},
	"core/gateway/trident":     {"core/gateway", "core/request"},
	"core/handover":            {"core/home"},
	"core/home":                {},
	"core/home/hometest":       {},
	"core/ledger":              {"core/files", "core/register", "core/request"},
	"core/pdf":                 {},
	"core/pdf/pdftest":         {},
	"core/preview":             {},
	"core/register":            {},
	"core/request":             {},
	"core/sandbox":             {},
	"core/sandbox/badday":      {},
	"core/sandbox/signer":      {},
	"core/secret":              {"core/home"},
	"core/i18n":                {},
	// The shell of the window, over five screens that know neither it nor each other.
	"ui":                   {"assets", "core/desk", "core/i18n", "core/ledger", "core/request", "ui/async", "ui/compose", "ui/detail", "ui/kit", "ui/list", "ui/prefs", "ui/report", "ui/status"},
	"ui/compose":           {"core/desk", "core/i18n", "core/request", "ui/async", "ui/kit", "ui/status"},
	"ui/detail":            {"core/desk", "core/i18n", "core/request", "ui/async", "ui/kit", "ui/status"},
	"ui/list":              {"core/desk", "core/i18n", "core/ledger", "core/request", "ui/async", "ui/kit", "ui/status"},
	"ui/prefs":             {"core/desk", "core/i18n", "core/ledger", "ui/async", "ui/kit", "ui/status"},
	"ui/report":            {"core/desk", "core/i18n", "core/request", "ui/async", "ui/kit"},
	"ui/status":            {"core/desk", "core/i18n", "core/request", "ui/kit"},
	"ui/kit":               {"core/i18n"},
	"ui/async":             {},
	"ui/uitest":            {"ui/kit"},
	"cmd/internal/program": {"core/desk", "core/gateway", "core/gateway/portasigma", "core/gateway/trident", "core/home", "core/sandbox"},
	"cmd/countersign":      {"assets", "cmd/internal/program", "core/desk", "core/handover", "core/home", "core/preview", "core/i18n", "ui"},
	"cmd/countersignctl": {
		"cmd/internal/program", "core/backup", "core/desk", "core/evidence", "core/gateway", "core/home", "core/ledger", "core/pdf", "core/request", "core/sandbox", "core/secret", "core/i18n",
	},
}

// outside says which rooms alone may import a library.
var outside = map[string][]string{
	"fyne.io/fyne/v2":            {"ui", "ui/compose", "ui/detail", "ui/kit", "ui/list", "ui/prefs", "ui/report", "ui/status", "ui/uitest", "cmd/countersign"},
	"go.etcd.io/bbolt":           {"core/ledger", "core/sandbox"},
	"golang.org/x/oauth2":        {"core/gateway/trident"},
	"github.com/pkg/browser":     {"cmd/internal/program"},
	"github.com/zalando":         {"core/secret"},
	"github.com/godbus":          {"cmd/internal/program"},
	"github.com/pdfcpu":          {"core/pdf"},
	"github.com/digitorus":       {"core/sandbox", "core/pdf/pdftest"},
	"github.com/klippa-app":      {"core/preview"},
	"github.com/tetratelabs":     {"core/preview"},
	"github.com/xuri":            {}, // tests read with it what is written without it
	"github.com/alecthomas/kong": {"cmd/countersign", "cmd/countersignctl"},
}

// standard are the rooms that need nothing but the standard library.
var standard = []string{"core/files", "core/register", "core/request", "core/i18n", "ui/async"}

func TestImportsRunOneWay(t *testing.T) {
	for room, imports := range listImports(t) {
		rules, known := allowed[room]
		if !known {
			t.Errorf("%s is a new room: say in this test whom it may import", room)
			continue
		}
		for _, path := range imports {
			if inside, ours := strings.CutPrefix(path, module); ours && !slices.Contains(rules, inside) {
				t.Errorf("%s must not import %s", room, inside)
			}
			for library, rooms := range outside {
				if (path == library || strings.HasPrefix(path, library+"/")) && !slices.Contains(rooms, room) {
					t.Errorf("%s must not import %s", room, path)
				}
			}
			if slices.Contains(standard, room) && strings.Contains(path, ".") {
				t.Errorf("%s imports %s: it is for the standard library alone", room, path)
			}
		}
	}
}

// listImports gives the imports of every package's program code; tests may import
// what they like.
func listImports(t *testing.T) map[string][]string {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-tags", "ci,migrated_fynedo", "-f", `{{.ImportPath}}{{range .Imports}} {{.}}{{end}}`, "./...")
	list.Stderr = t.Output()
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	rooms := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		if room, ours := strings.CutPrefix(words[0], module); ours {
			rooms[room] = words[1:]
		}
	}
	if len(rooms) < 10 {
		t.Fatalf("go list found only %d packages", len(rooms))
	}
	return rooms
}
