package ui

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/desk"
	"countersign/core/gateway"
	"countersign/core/gateway/portasigma"
	"countersign/core/gateway/trident"
	"countersign/core/secret"
	"countersign/core/words"
)

// memorySecrets keeps secrets in memory, as if in a place.
type memorySecrets struct {
	noSecrets
	place secret.Place
	mu    sync.Mutex
	kept  map[string]string
}

func newMemorySecrets(place secret.Place) *memorySecrets {
	return &memorySecrets{place: place, kept: map[string]string{}}
}

func (s *memorySecrets) Set(_ context.Context, name, _, value string) (secret.Place, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept[name] = value
	return s.place, nil
}

func (s *memorySecrets) Where(_ context.Context, name string) (secret.Place, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.kept[name]; !ok {
		return "", secret.ErrNotFound
	}
	return s.place, nil
}

func (s *memorySecrets) of(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept[name]
}

// kinds are those of the program.
func kinds() []gateway.Kind { return []gateway.Kind{trident.Kind, trident.UAEPass, portasigma.Kind} }

// tabTo moves the keyboard on until it is where it is wanted.
func (f *office) tabTo(what string, there func(fyne.Focusable) bool) {
	f.t.Helper()
	c := f.window.window.Canvas()
	for range 80 {
		if focused := c.Focused(); focused != nil && there(focused) {
			return
		}
		c.FocusNext()
	}
	f.t.Fatalf("Tab does not lead to %s; the window says:\n%s", what, f.says())
}

func (f *office) tabToButton(label string) {
	f.t.Helper()
	f.tabTo(label, func(o fyne.Focusable) bool { b, ok := o.(*button); return ok && b.Text == label })
}

// tabToEntry goes to the field that has a text or a placeholder.
func (f *office) tabToEntry(text string) *formEntry {
	f.t.Helper()
	var found *formEntry
	f.tabTo(text, func(o fyne.Focusable) bool {
		e, ok := o.(*formEntry)
		if ok && (e.Text == text || e.Text == "" && e.PlaceHolder == text) {
			found = e
		}
		return found != nil
	})
	return found
}

// type types where the keyboard is.
func (f *office) type_(text string) {
	f.t.Helper()
	focused := f.window.window.Canvas().Focused()
	for _, r := range text {
		focused.TypedRune(r)
	}
}

// replace types in the place of what a field has.
func (f *office) replace(e *formEntry, text string) {
	e.TypedShortcut(&fyne.ShortcutSelectAll{})
	f.key(fyne.KeyBackspace)
	f.type_(text)
}

func (f *office) written() string {
	f.t.Helper()
	text, err := os.ReadFile(f.dir.Gateways())
	if err != nil {
		f.t.Fatal(err)
	}
	return string(text)
}

func TestAGatewayIsAddedByKeyboardAlone(t *testing.T) {
	secrets := newMemorySecrets(secret.File)
	f := newOffice(t, officeOptions{kinds: kinds(), secrets: secrets})
	f.ctrl(fyne.KeyComma)
	f.saying("[Settings]"[1:9], "https://sign.example.org", "No secret is kept for it.")
	f.tabToButton("Add gateway…")
	f.key(fyne.KeyReturn)
	f.saying("Add a gateway")
	// The kind has the keyboard; the arrows go through the kinds.
	f.key(fyne.KeyRight)
	f.saying("Client id", "This desk needs a client id")
	f.tabToEntry("office")
	f.type_("town-hall")
	f.key(fyne.KeyReturn)
	f.saying("It is needed: fill it in.")
	address, ok := f.window.window.Canvas().Focused().(*formEntry)
	if !ok {
		t.Fatalf("the keyboard is at %T", f.window.window.Canvas().Focused())
	}
	f.type_("http://sign.example.net")
	f.key(fyne.KeyReturn)
	f.saying("is not encrypted")
	f.replace(address, "https://sign.example.net")
	f.window.window.Canvas().FocusNext()
	f.type_("desk-7")
	if e := f.tabToEntry("Typed here, never shown again"); !e.Password {
		t.Error("the secret can be read over the shoulder")
	}
	f.type_("open sesame")
	f.key(fyne.KeyReturn)
	f.saying("Town-hall"[1:], "was added", "in a file that only you can read")
	if got := secrets.of("town-hall"); got != "open sesame" {
		t.Errorf("the secret is %q", got)
	}
	for _, want := range []string{"[gateways.town-hall]", `url = "https://sign.example.net"`, `client_id = "desk-7"`} {
		if !strings.Contains(f.written(), want) {
			t.Errorf("gateways.toml lacks %s:\n%s", want, f.written())
		}
	}
	if strings.Contains(f.written()+f.says(), "sesame") {
		t.Error("the secret is told")
	}
	f.key(fyne.KeyEscape)
	if f.window.modal != nil {
		t.Error("Escape does not close the settings")
	}
}

const townHall = "\n# the town hall's own\n[gateways.town-hall]\nkind = \"trident\" # since May\nurl = \"https://sign.example.net\"\nclient_id = \"desk-7\"\n"

func TestEditingAGatewayKeepsWhatPeopleWroteAndItsSecret(t *testing.T) {
	secrets := newMemorySecrets(secret.Keyring)
	secrets.kept["town-hall"] = "open sesame"
	f := newOffice(t, officeOptions{kinds: kinds(), secrets: secrets, profiles: townHall})
	f.window.onSettings()
	f.saying("in the system’s keyring")
	f.tabToEdit(2)
	f.saying("Edit town-hall")
	f.replace(f.tabToEntry("desk-7"), "desk-8")
	if e := f.tabToEntry("One is kept; leave this empty to keep it"); e.Text != "" {
		t.Error("the secret is filled in")
	}
	f.tabToButton("21 more settings")
	f.key(fyne.KeySpace)
	f.saying("Patience")
	f.tabToEntry("sha256-none-of-these-or-patience-is-empty-so-look-by-line")
}

// tabToEdit opens the form of the n-th gateway that can be edited.
func (f *office) tabToEdit(n int) {
	f.t.Helper()
	seen := map[fyne.Focusable]bool{}
	f.tabTo("an edit button", func(o fyne.Focusable) bool {
		if b, ok := o.(*button); ok && b.Text == "Edit…" {
			seen[o] = true
		}
		return len(seen) == n
	})
	f.key(fyne.KeyReturn)
}

var _ = []any{errors.New, filepath.Join, theme.VariantDark, widget.LowImportance, desk.Well, words.English}
