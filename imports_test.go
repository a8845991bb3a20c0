// Package countersign_test holds the rules of the house: who may import whom.
package countersign_test

import (
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "countersign/"

// allowed has the packages of the project that each room may import. A new room needs a
// line here, and a row in docs/architecture.md.
//
// The window and the terminal may call every room that answers or acts (desk, gateways, queue, stats,
// settings, diagnosis, sealing, export, proof), take sentences from explain, evidence and i18n, and
// name the types of request, ledger, register, gateway and secret. Only cmd opens a home, by
// workspace; the window is given one.
var allowed = map[string][]string{
	"assets":              {},
	"assets/samples/make": {},
	"core/about":          {},
	"docs":                {},
	"core/backup":         {"core/filename", "core/files", "core/gateway", "core/home", "core/input", "core/ledger", "core/register", "core/request", "core/settings", "core/trust"},
	"core/autostart":      {"core/files", "core/home", "core/request"},
	"core/broadcast":      {},
	"core/callback":       {"core/connlimit", "core/home", "core/i18n", "core/peer", "core/request"},
	"core/certificate":    {},
	"core/connlimit":      {},
	"core/desk": {
		"core/broadcast", "core/callback", "core/explain", "core/files", "core/gateway", "core/gateways", "core/home", "core/input", "core/ledger", "core/lifetime", "core/lists", "core/pdf", "core/policy", "core/proof", "core/request",
	},
	"core/desk/desktest": {"core/desk", "core/desk/fake", "core/gateway", "core/gateways", "core/home", "core/input", "core/ledger", "core/request", "core/sealing"},
	"core/desk/fake":     {"core/gateway", "core/pdf/pdftest", "core/request", "core/secret"},
	"core/diagnosis":     {"core/about", "core/backup", "core/files", "core/gateway", "core/home", "core/ledger", "core/network", "core/office", "core/policy", "core/request", "core/secret"},
	"core/evidence":      {"core/certificate", "core/explain", "core/files", "core/pdf", "core/register", "core/request", "core/i18n"},
	"core/explain":       {"core/gateway", "core/i18n", "core/pdf", "core/request"},
	"core/export": {
		"core/evidence", "core/explain", "core/filename", "core/files", "core/gateway", "core/home", "core/i18n", "core/input", "core/ledger", "core/lifetime", "core/pdf", "core/policy", "core/printout", "core/proof", "core/request", "core/settings", "core/trust",
	},
	"core/filename":                 {"core/request"},
	"core/files":                    {},
	"core/filechooser":              {"core/request"},
	"core/gateway":                  {"core/files", "core/network", "core/request"},
	"core/gateways":                 {"core/gateway", "core/home", "core/input", "core/ledger", "core/lifetime", "core/network", "core/policy", "core/request", "core/secret", "core/settings"},
	"core/gateway/gatewaytest":      {"core/gateway"},
	"core/gateway/gatewaytest/bare": {"core/gateway", "core/request"},
	gatewayKinds:                    {"core/gateway", "core/request"},
	"core/handover":                 {"core/connlimit", "core/home", "core/request"},
	"core/home":                     {"core/filename", "core/files", "core/request"},
	"core/home/hometest":            {},
	"core/i18n":                     {},
	"core/input":                    {"core/files", "core/gateway", "core/pdf", "core/request"},
	"core/ledger":                   {"core/broadcast", "core/files", "core/ledger/keyset", "core/ledger/record", "core/register", "core/request"},
	"core/ledger/keyset":            {},
	"core/ledger/record":            {"core/request"},
	"core/lifetime":                 {},
	"core/lists":                    {"core/i18n", "core/request"},
	"core/peer":                     {},
	"core/network":                  {"core/request"},
	"core/office":                   {"core/broadcast", "core/home", "core/ledger", "core/register", "core/request", "core/secret", "core/team"},
	"core/pdf":                      {"core/certificate"},
	"core/pdf/pdftest":              {},
	"core/policy":                   {"core/gateway", "core/network", "core/request", "core/settings", "core/team"},
	"core/preview":                  {"core/files", "core/request"},
	"core/printout":                 {"core/request"},
	"core/proof":                    {"core/files", "core/gateway", "core/home", "core/input", "core/ledger", "core/pdf", "core/request", "core/trust"},
	"core/queue":                    {"core/broadcast", "core/home", "core/ledger", "core/lifetime", "core/request"},
	"core/register":                 {"core/request"},
	"core/reminder":                 {"core/home", "core/ledger", "core/request", "core/settings"},
	"core/request":                  {},
	"core/sandbox":                  {"core/connlimit", "core/files", "core/sandbox/pades"},
	"core/sandbox/pades":            {},
	"core/sandbox/badday":           {},
	"core/sandbox/signer":           {},
	"core/sealing":                  {"core/filename", "core/home", "core/ledger", "core/lifetime", "core/register", "core/request", "core/secret"},
	"core/secret":                   {"core/home", "core/request"},
	"core/settings":                 {"core/broadcast", "core/gateway", "core/home", "core/input", "core/ledger", "core/request"},
	"core/stats":                    {"core/explain", "core/i18n", "core/ledger", "core/request"},
	"core/support":                  {"core/about", "core/diagnosis", "core/explain", "core/filename", "core/files", "core/gateway", "core/home", "core/i18n", "core/request", "core/settings"},
	"core/team":                     {"core/network", "core/register", "core/request"},
	"core/team/teamtest":            {},
	"core/trust":                    {"core/certificate", "core/home", "core/input", "core/request"},
	"core/workspace": {
		"core/backup", "core/desk", "core/diagnosis", "core/export", "core/gateway", "core/gateways", "core/home", "core/input", "core/ledger", "core/office", "core/policy", "core/proof", "core/queue", "core/reminder", "core/request", "core/sealing", "core/secret", "core/settings", "core/stats", "core/support", "core/trust",
	},
	// The shell of the window, over five screens that know neither it nor each other.
	"ui": {
		"assets", "core/desk", "core/explain", "core/export", "core/i18n", "core/input", "core/ledger", "core/office", "core/proof", "core/queue", "core/reminder", "core/request", "core/settings", "core/support", "core/workspace", "ui/archiving", "ui/async", "ui/bidi", "ui/bulk", "ui/compose", "ui/days", "ui/detail", "ui/files", "ui/edit", "ui/help", "ui/importing", "ui/kit", "ui/list", "ui/menus", "ui/notify", "ui/pending", "ui/placement", "ui/panes", "ui/prefs", "ui/queuebar", "ui/remind", "ui/report", "ui/saving", "ui/status",
	},
	"ui/archiving": {"core/explain", "core/i18n", "core/input", "core/ledger", "core/request", "ui/async", "ui/days", "ui/kit"},
	"ui/list":      {"core/explain", "core/gateways", "core/i18n", "core/ledger", "core/request", "core/settings", "core/stats", "ui/async", "ui/bold", "ui/filter", "ui/kit", "ui/status"},
	"ui/detail":    {"core/evidence", "core/explain", "core/i18n", "core/proof", "core/request", "core/settings", "ui/async", "ui/kit", "ui/status"},
	"ui/importing": {"core/desk", "core/explain", "core/gateways", "core/i18n", "core/input", "core/lists", "core/request", "core/settings", "ui/async", "ui/kit"},
	"ui/edit":      {"core/explain", "core/gateways", "core/i18n", "core/input", "core/request", "ui/async", "ui/days", "ui/kit"},
	"ui/compose":   {"core/desk", "core/explain", "core/gateways", "core/i18n", "core/input", "core/request", "core/settings", "ui/async", "ui/days", "ui/kit", "ui/placement", "ui/status"},
	"ui/checking":  {"core/explain", "core/i18n", "core/input", "core/proof", "ui/async", "ui/kit", "ui/status"},
	"ui/placement": {"core/explain", "core/i18n", "core/request", "ui/async", "ui/kit"},
	"ui/report":    {"core/explain", "core/i18n", "core/printout", "core/request", "core/settings", "core/stats", "ui/async", "ui/days", "ui/files", "ui/kit"},
	"ui/prefs": {
		"core/diagnosis", "core/explain", "core/gateway", "core/gateways", "core/i18n", "core/input", "core/ledger", "core/office", "core/proof", "core/register", "core/request", "core/sealing", "core/secret", "core/settings", "core/support", "core/team", "core/trust", "ui/async", "ui/checking", "ui/kit", "ui/lines", "ui/status",
	},
	"ui/status":            {"core/desk", "core/evidence", "core/explain", "core/i18n", "core/proof", "core/request", "core/settings", "ui/kit"},
	"ui/kit":               {"core/i18n", "ui/bidi", "ui/bold"},
	"ui/bold":              {},
	"ui/lines":             {"ui/kit"},
	"ui/menus":             {"core/i18n", "ui/kit", "ui/status"},
	"ui/bulk":              {"core/explain", "core/i18n", "core/queue", "core/request", "ui/kit", "ui/status"},
	"ui/bidi":              {},
	"ui/queuebar":          {"core/explain", "core/i18n", "core/ledger", "core/queue", "core/request", "ui/kit", "ui/status"},
	"ui/days":              {"core/i18n", "ui/kit"},
	"ui/panes":             {"ui/kit"},
	"ui/remind":            {"core/i18n", "core/reminder", "ui/async", "ui/kit"},
	"ui/filter":            {"core/i18n", "core/ledger", "core/request", "core/settings", "ui/days", "ui/kit", "ui/status"},
	"ui/help":              {"core/about", "core/i18n", "docs", "ui/kit", "ui/lines"},
	"ui/files":             {"core/explain", "core/filechooser", "core/i18n", "core/input", "ui/async", "ui/kit"},
	"ui/saving":            {"core/explain", "core/export", "core/i18n", "core/ledger", "core/request", "ui/async", "ui/files", "ui/kit"},
	"ui/notify":            {"core/i18n", "core/ledger", "core/request", "ui/status"},
	"ui/pending":           {"core/ledger", "core/request"},
	"ui/async":             {},
	"ui/uitest":            {"ui/kit"},
	"cmd/internal/program": {"core/about", "core/callback", "core/diagnosis", "core/gateway", gatewayKinds, "core/files", "core/home", "core/lifetime", "core/policy", "core/request", "core/sandbox", "core/workspace"},
	"cmd/internal/manual":  {},
	"cmd/countersign":      {"assets", "cmd/internal/manual", "cmd/internal/program", "core/about", "core/autostart", "core/desk", "core/filechooser", "core/handover", "core/home", "core/i18n", "core/input", "core/policy", "core/preview", "core/request", "core/settings", "core/support", "core/workspace", "ui", "ui/placement", "ui/prefs"},
	"walk/kill":            {}, // tests alone
	"walk/office":          {}, // tests alone
	"walk/barelist":        {},
	"walk/relay":           {},
	"cmd/countersignctl": {
		"cmd/internal/manual", "cmd/internal/program", "core/about", "core/backup", "core/desk", "core/diagnosis", "core/evidence", "core/explain", "core/export", "core/gateway", "core/gateways", "core/handover", "core/home", "core/i18n", "core/input", "core/ledger", "core/lists", "core/network", "core/office", "core/policy", "core/proof", "core/register", "core/request", "core/sandbox", "core/sealing", "core/secret", "core/settings", "core/stats", "core/support", "core/team", "core/trust", "core/workspace",
	},
}

// outside has the libraries that only some rooms may import, with these rooms.
var outside = map[string][]string{
	"fyne.io/fyne/v2":            {"ui", "ui/archiving", "ui/bold", "ui/checking", "ui/compose", "ui/days", "ui/detail", "ui/files", "ui/filter", "ui/edit", "ui/help", "ui/importing", "ui/kit", "ui/lines", "ui/list", "ui/menus", "ui/placement", "ui/panes", "ui/prefs", "ui/queuebar", "ui/remind", "ui/report", "ui/saving", "ui/status", "ui/uitest", "cmd/countersign", "walk/barelist"},
	"golang.org/x/crypto":        {"core/certificate"},
	"golang.org/x/net":           {"core/network"},
	"golang.org/x/text":          {"core/certificate", "core/filename", "core/i18n", "core/ledger", "core/lists", "core/team", "ui/bidi"},
	"github.com/klauspost":       {"core/backup"},
	"github.com/jackc":           {"core/team", "core/team/teamtest"},
	"go.etcd.io/bbolt":           {"core/ledger", "core/ledger/keyset", "core/sandbox"},
	"golang.org/x/oauth2":        {"core/gateway/trident"},
	"github.com/zalando":         {"core/secret"},
	"github.com/Microsoft":       {"core/handover"},
	"github.com/godbus":          {"cmd/internal/program", "core/filechooser", "core/secret"},
	"github.com/pdfcpu":          {"core/pdf"},
	"github.com/digitorus":       {"core/sandbox/pades", "core/pdf/pdftest"},
	"codeberg.org/go-pdf":        {"core/printout", "assets/samples/make", "core/pdf/pdftest"},
	"github.com/klippa-app":      {"core/preview"},
	"github.com/tetratelabs":     {"core/preview"},
	"github.com/xuri":            {}, // tests read with it what is written without it
	"github.com/alecthomas/kong": {"cmd/countersign", "cmd/countersignctl", "cmd/internal/manual", "cmd/internal/program"},
}

// gatewayKinds stands for the packages below core/gateway that have no rule of their own: the kinds of
// gateway.
const gatewayKinds = "core/gateway/*"

// ruleOf returns the key of a room in allowed.
func ruleOf(room string) string {
	if _, named := allowed[room]; !named && path.Dir(room) == "core/gateway" {
		return gatewayKinds
	}
	return room
}

// standard are the rooms that need nothing but the standard library.
var standard = []string{"core/broadcast", "core/connlimit", "core/files", "core/ledger/record", "core/lifetime", "core/peer", "core/register", "core/request", "ui/async"}

func TestImportsRunOneWay(t *testing.T) {
	for room, imports := range listImports(t) {
		rules, known := allowed[ruleOf(room)]
		if !known {
			t.Errorf("%s is a new room: say in this test whom it may import", room)
			continue
		}
		for _, imported := range imports {
			if inside, ours := strings.CutPrefix(imported, module); ours && !slices.Contains(rules, inside) && !slices.Contains(rules, ruleOf(inside)) {
				t.Errorf("%s must not import %s", room, inside)
			}
			for library, rooms := range outside {
				if (imported == library || strings.HasPrefix(imported, library+"/")) && !slices.Contains(rooms, room) {
					t.Errorf("%s must not import %s", room, imported)
				}
			}
			if slices.Contains(standard, room) && strings.Contains(imported, ".") {
				t.Errorf("%s imports %s: it is for the standard library alone", room, imported)
			}
		}
	}
}

// listImports returns the imports of the program code of every package. Tests may import what they
// like.
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
