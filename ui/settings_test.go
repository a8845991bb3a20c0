package ui

import (
	"context"
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"countersign/core/diagnosis"
	"countersign/core/explain"
	"countersign/core/gateway"
	"countersign/core/gateway/gatewaytest/bare"
	"countersign/core/gateway/portasigma"
	"countersign/core/gateway/trident"
	"countersign/core/i18n"
	"countersign/core/ledger"
	"countersign/core/secret"
	"countersign/core/settings"
	"countersign/ui/kit"
	"countersign/ui/uitest"
)

// memorySecrets stores secrets in memory and claims that they are in a backend.
type memorySecrets struct {
	noSecrets
	place secret.Backend
	mu    sync.Mutex
	kept  map[string]string
	state error // of the keyring, in which Set stores nothing
}

func newMemorySecrets(place secret.Backend) *memorySecrets {
	return &memorySecrets{place: place, kept: map[string]string{}}
}

// clone returns secrets that begin with those of s.
func (s *memorySecrets) clone() *memorySecrets {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &memorySecrets{noSecrets: s.noSecrets, place: s.place, kept: maps.Clone(s.kept), state: s.state}
}

func (s *memorySecrets) Set(_ context.Context, name, _, value string) (secret.Backend, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != nil {
		return "", s.state
	}
	s.kept[name] = value
	return s.place, nil
}

func (s *memorySecrets) SetInFile(_ context.Context, name, _, value string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.place, s.kept[name] = secret.File, value
	return nil
}

func (s *memorySecrets) Backend(_ context.Context, name string) (secret.Backend, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.kept[name]; !ok {
		return "", secret.ErrNotFound
	}
	return s.place, nil
}

func (s *memorySecrets) Get(_ context.Context, name, _ string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if value, ok := s.kept[name]; ok {
		return value, nil
	}
	return "", secret.ErrNotFound
}

func (s *memorySecrets) of(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept[name]
}

// kinds are the kinds of gateway of the program.
func kinds() []gateway.Kind { return []gateway.Kind{trident.Kind, trident.UAEPass, portasigma.Kind} }

// tabTo presses Tab until the wanted widget has the focus.
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
	f.tabTo(label, func(o fyne.Focusable) bool { b, ok := o.(*kit.Button); return ok && b.Text == label })
}

// tabToEntry presses Tab until a field with this text or placeholder has the focus.
func (f *office) tabToEntry(text string) *kit.Field {
	f.t.Helper()
	var found *kit.Field
	f.tabTo(text, func(o fyne.Focusable) bool {
		e, ok := o.(*kit.Field)
		if ok && (e.Text == text || e.Text == "" && e.PlaceHolder == text) {
			found = e
		}
		return found != nil
	})
	return found
}

// types types into the focused widget.
func (f *office) types(text string) {
	f.t.Helper()
	for _, r := range text {
		f.keyEvent(&fyne.KeyEvent{}, r)
	}
}

// replace replaces the text of the focused field.
func (f *office) replace(e *kit.Field, text string) {
	e.TypedShortcut(&fyne.ShortcutSelectAll{})
	f.key(fyne.KeyBackspace)
	f.types(text)
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
	f.saying("Settings", "https://sign.example.org", "No secret is stored for it.")
	f.tabToButton("Add gateway…")
	f.key(fyne.KeyReturn)
	f.saying("Add a gateway")
	// The kind has the focus, and the arrow keys move through the kinds.
	f.key(fyne.KeyRight)
	f.saying("Client ID", "This desk needs a client ID")
	c := f.window.window.Canvas()
	c.FocusNext()
	f.types("Town Hall")
	name := c.Focused().(*kit.Field)
	c.FocusNext()
	address := c.Focused().(*kit.Field)
	f.key(fyne.KeyReturn)
	f.saying("use up to 63 lowercase letters", "It is required: enter a value.")
	if c.Focused() != fyne.Focusable(name) {
		t.Errorf("the keyboard is not at the first fault, but at %T", c.Focused())
	}
	f.replace(name, "town-hall")
	c.FocusNext()
	if c.Focused() != fyne.Focusable(address) {
		t.Errorf("behind the name is not the address, but %T", c.Focused())
	}
	f.types("http://sign.example.net")
	c.FocusNext()
	f.types("desk-7")
	c.FocusNext()
	if e := c.Focused().(*kit.Field); !e.Password {
		t.Error("the secret can be read over the shoulder")
	}
	f.types("open sesame")
	f.key(fyne.KeyReturn)
	f.saying("is not encrypted")
	f.replace(address, "https://sign.example.net")
	f.key(fyne.KeyReturn)
	f.saying("town-hall was added", "in a file that only you can read")
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
	f.escape()
	if f.window.modals.IsOpen() {
		t.Error("Escape does not close the settings")
	}
}

// A secret goes to a file when a person says so, and not because the keyring is locked.
func TestALockedKeyringIsAQuestionInTheForm(t *testing.T) {
	secrets := newMemorySecrets(secret.Keyring)
	secrets.state = secret.ErrLocked
	f := newOffice(t, officeOptions{kinds: kinds(), secrets: secrets, profiles: townHall})
	f.window.prefs.Settings()
	f.saying("https://sign.example.net")
	f.openEdit(2)
	f.saying("Edit town-hall")
	if len(uitest.Find[*kit.Check](f.sheet())) > 0 {
		t.Error("the file is offered before anything went wrong")
	}
	for _, e := range uitest.Find[*kit.Field](f.sheet()) {
		if e.Password {
			e.SetText("open sesame")
		}
	}
	f.press("Save")
	f.saying("The keyring is locked")
	if secrets.of("town-hall") != "" {
		t.Error("the secret was stored unasked")
	}
	check := uitest.Find[*kit.Check](f.sheet())[0]
	if check.Text != "Keep it in a file that only I can read, not in the keyring" {
		t.Errorf("it says %q", check.Text)
	}
	test.Tap(check)
	f.press("Save")
	f.saying("town-hall was saved", "in a file that only you can read")
	if secrets.of("town-hall") != "open sesame" {
		t.Error("the secret was not stored")
	}
}

// The form of a kind follows from its fields: nothing in the window knows the kind.
func TestTheFormOfAFurtherKindFollowsFromItsFields(t *testing.T) {
	for _, lang := range []i18n.Language{i18n.English, i18n.French} { // no catalog has its texts
		f := newOffice(t, officeOptions{kinds: []gateway.Kind{bare.Kind}, lang: lang})
		f.openForm(bare.Kind.Name)
		f.saying("Bare", bare.Kind.Help, "Demonstration")
		for _, field := range bare.Kind.Fields {
			f.saying(field.Label, field.Help)
		}
		f.press("Demonstration")
		f.setField(lang.Say("prefs.name"), "third")
		f.setField("Days to sign", "0")
		f.setField("Sender", "The office")
		f.press(lang.Say("prefs.save"))
		f.saying("0 is not allowed: use a number from 1")
		f.setField("Days to sign", "3")
		f.press(lang.Say("prefs.save"))
		f.saying(lang.Say("prefs.added", "third"))
		got, err := f.desk.FormOf(t.Context(), "third")
		if err != nil {
			t.Fatal(err)
		}
		for key, want := range map[string]string{"url": "https://bare.example.org", "days": "3", "sender.name": "The office"} {
			if got.Texts[key] != want {
				t.Errorf("%s is %q, want %q", key, got.Texts[key], want)
			}
		}
	}
}

func TestEditingAGatewayKeepsCommentsAndItsSecret(t *testing.T) {
	secrets := newMemorySecrets(secret.Keyring)
	secrets.kept["town-hall"] = "open sesame"
	f := newOffice(t, officeOptions{kinds: kinds(), secrets: secrets, profiles: townHall})
	f.window.prefs.Settings()
	f.saying("in the system’s keyring")
	f.openEdit(2)
	f.saying("Edit town-hall")
	c := f.window.window.Canvas()
	if e := c.Focused().(*kit.Field); e.Text != "https://sign.example.net" {
		t.Errorf("the keyboard is at %q", e.Text)
	}
	c.FocusNext()
	f.replace(c.Focused().(*kit.Field), "desk-8")
	c.FocusNext()
	if e := c.Focused().(*kit.Field); e.Text != "" || !strings.HasPrefix(e.PlaceHolder, "Already stored") {
		t.Errorf("the field of the secret says %q %q", e.Text, e.PlaceHolder)
	}
	f.tabTo("the fields that are seldom touched", func(o fyne.Focusable) bool {
		b, ok := o.(*kit.Button)
		return ok && strings.HasSuffix(b.Text, "more settings")
	})
	f.key(fyne.KeySpace)
	f.saying("Return port")
	f.tabTo("the time for one call", func(o fyne.Focusable) bool { e, ok := o.(*kit.Field); return ok && e.PlaceHolder == "30s" })
	f.types("1h")
	f.key(fyne.KeyReturn)
	f.saying("up to \"10m\"")
	f.replace(c.Focused().(*kit.Field), "45s")
	f.key(fyne.KeyReturn)
	f.saying("town-hall was saved")
	want := strings.Replace(townHall, `"desk-7"`+"\n", `"desk-8"`+"\ntimeout = \"45s\"\n", 1)
	if !strings.HasSuffix(f.written(), want) {
		t.Errorf("got %s\nwant %s", f.written(), want)
	}
	if got := secrets.of("town-hall"); got != "open sesame" {
		t.Errorf("the secret is %q", got)
	}
}

func TestEscapeLeadsBackFromAForm(t *testing.T) {
	f := newOffice(t, officeOptions{kinds: kinds()})
	f.ctrl(fyne.KeyComma)
	f.saying("https://sign.example.org")
	f.press("Add gateway…")
	f.saying("Add a gateway")
	f.window.window.Canvas().FocusNext()
	f.types("half")
	f.escape()
	f.saying("https://sign.example.org")
	if !f.window.modals.IsOpen() || strings.Contains(f.says(), "Add a gateway\n") {
		t.Errorf("Escape closed more than the form:\n%s", f.says())
	}
	f.key(fyne.KeyF1)
	f.saying("Keyboard shortcuts", "Ctrl+,")
}

// The window shows the names of gateways and people; events keep the name of the profile and the account.
func TestGatewaysAndPeopleHaveNamesInTheWindow(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.add("Lease")
	f.saying("Lease | office")
	f.key(fyne.KeyDown)
	f.saying("· mara")
	f.openGateways("sign.example.org")
	f.openEdit(1)
	f.saying("Edit office")
	f.setField("Display name", "City hall")
	f.press("Save")
	f.saying("City hall", "office · ")
	f.press("Appearance and language")
	f.saying("Your name", "Events and exports have your account, mara.")
	f.setField("Your name", "Mara Vidal")
	f.press("Save")
	f.escape()
	f.saying("Mara Vidal")
	f.wait("the row to have the name", func() bool { return strings.Contains(f.says(), "Lease | City hall | To sign") })
	if says := f.says(); strings.Contains(says, "· mara") || strings.Contains(says, "office") {
		t.Errorf("the window still says the account or the profile:\n%s", says)
	}
	got, err := f.desk.Query(t.Context(), ledger.Query{Search: "Lease"})
	if err != nil || len(got.Requests) != 1 || got.Requests[0].Gateway != "office" {
		t.Errorf("got %+v, %v", got.Requests, err)
	}
}

func TestAGatewayThatIsNeededIsNotRemoved(t *testing.T) {
	f := newOffice(t, officeOptions{profiles: "[gateways.third]\nkind = \"fake\"\nurl = \"https://third.example.org\"\n"})
	f.add("Lease")
	f.settle()
	f.openGateways("third.example.org")
	f.pressOf("office", "Remove")
	f.saying("Remove office?")
	f.press("Remove")
	f.saying("Gateway office is needed by open requests: sign or withdraw them first.")
	f.escape()
	f.saying("third.example.org")
	f.pressOf("third", "Remove")
	f.saying("Remove third?")
	f.press("Remove")
	f.saying("third was removed.")
	f.settle()
	if text := f.written(); strings.Contains(text, "third") || !strings.Contains(text, "gateways.office") {
		t.Errorf("got %s", text)
	}
	f.pressOf("sandbox", f.window.lang.Say("prefs.make_default"))
	f.saying("New requests go to sandbox.")
	if !strings.Contains(f.written(), `default = "sandbox"`) {
		t.Errorf("got %s", f.written())
	}
}

func TestAGatewayIsChecked(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.gateway.set(func(g *fakeGateway) { g.findings = someFindings() })
	f.openGateways("sign.example.org")
	f.pressOf("office", f.window.lang.Say("prefs.check"))
	f.saying("Check of office", "it refuses our credentials (401: invalid_client)", "What to do: Check client_id", "There is one problem to fix.", "Problem", "Warning", "OK")
	if says := f.says(); strings.Index(says, "Problem\n") > strings.Index(says, "OK\n") {
		t.Errorf("what has to be mended is not told first:\n%s", says)
	}
	f.press("Back")
	f.saying("Add gateway…")
}

func TestAGatewayIsTriedAfterAQuestion(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.openGateways("sign.example.org")
	f.pressOf("office", f.window.lang.Say("prefs.check"))
	f.examined()
	f.press("Try…")
	f.saying("Try office", f.window.lang.Say("prefs.try_text"))
	f.escape()
	f.saying("https://sign.example.org")
	if n := f.gateway.tried(); n != 0 {
		t.Errorf("%d trials before the question was answered", n)
	}
	f.pressOf("office", f.window.lang.Say("prefs.check"))
	f.examined()
	f.press("Try…")
	f.confirmTrial()
	f.saying("Created as p17, with the address https://sign.example.org/ui", "What to do: Delete p17 at the gateway, or ask its operator to delete it", f.window.lang.Count("prefs.all_bad", 1))
	if says, n := f.says(), f.gateway.tried(); n != 1 || strings.Contains(says, "?id") {
		t.Errorf("%d trials:\n%s", n, says)
	}
	f.key(fyne.KeyEscape)
	f.saying("Add gateway…")
}

// confirmTrial answers the question before a trial, by keyboard: a tap where another button was just tapped would be the
// second one of a double click.
func (f *office) confirmTrial() {
	f.t.Helper()
	f.tabTo("the button that begins the trial", func(o fyne.Focusable) bool {
		b, ok := o.(*kit.Button)
		return ok && b.Text == f.window.lang.Say("prefs.try_yes")
	})
	f.key(fyne.KeyReturn)
}

func TestAGatewayIsSavedAndCheckedWithOnePress(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.openGateways("sign.example.org")
	f.openEdit(1)
	f.saying("Edit office")
	f.setField("Address", "http://sign.example.net")
	f.press("Save and check")
	f.saying("is not encrypted")
	f.setField("Address", "https://sign.example.net")
	f.gateway.set(func(g *fakeGateway) { g.findings = someFindings() })
	f.press("Save and check")
	f.saying("Check of office", "https://sign.example.org answers.")
	if !strings.Contains(f.written(), `"https://sign.example.net"`) {
		t.Errorf("it was not saved:\n%s", f.written())
	}
	// What is wrong is corrected where it was entered.
	f.press("Back")
	f.saying("Edit office")
	if e := f.window.window.Canvas().Focused().(*kit.Field); e.Text != "https://sign.example.net" {
		t.Errorf("the form has %q", e.Text)
	}
}

// Everything that is wrong is said at once, each at its field, and the first of these gets the keyboard.
func TestAGatewayFormSaysAllThatIsWrong(t *testing.T) {
	f := newOffice(t, officeOptions{kinds: kinds(), secrets: newMemorySecrets(secret.Keyring)})
	f.openGateways("sign.example.org")
	f.press("Add gateway…")
	f.saying("Add a gateway")
	f.chooseKind(trident.Kind.Title)
	f.saying("Client ID")
	f.setField("Name", "office")
	f.unfoldForm("trident")
	f.setField("Return port", "80")
	f.setField("Signature page", "first")
	f.press("Save and check")
	f.saying("already exists")
	for label, want := range map[string]string{
		"Name": "already exists", "Address": "It is required", "Client ID": "It is required", "Client secret": "The gateway needs it: enter it.",
		"Return port": "This port cannot be used", "Signature page": "use a number from \"1\", or \"last\"", "Reason for signing": "",
	} {
		if got := f.faultAt(label); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q", label, got, want)
		}
	}
	if e, ok := f.window.window.Canvas().Focused().(*kit.Field); !ok || e.Text != "office" {
		t.Errorf("the keyboard is at %v", f.window.window.Canvas().Focused())
	}
}

// PortaSigma needs a password for its integration API alone.
func TestASecretIsAskedForWhereTheKindNeedsOne(t *testing.T) {
	secrets := newMemorySecrets(secret.Keyring)
	f := newOffice(t, officeOptions{kinds: kinds(), secrets: secrets})
	f.openGateways("sign.example.org")
	f.press("Add gateway…")
	f.saying("Add a gateway")
	f.chooseKind(portasigma.Kind.Title)
	f.saying("Integration API address")
	f.setField("Name", "porta")
	f.setField("Address", "https://porta.example.org")
	f.press("Save")
	f.saying("porta was added", "PortaSigma · https://porta.example.org")
	f.pressOf("porta", "Edit…")
	f.saying("Edit porta")
	f.setField("Integration API address", "https://api.example.org")
	f.setField("Integration API user", "desk")
	f.press("Save")
	f.saying("The gateway needs it: enter it.")
	f.setField("Integration API password", "open sesame")
	f.press("Save")
	f.saying("porta was saved", "PortaSigma · https://porta.example.org")
	if got := secrets.of("porta"); got != "open sesame" {
		t.Errorf("the secret is %q", got)
	}
	// Another address needs the secret again, which is kept for the first one only.
	f.pressOf("porta", "Edit…")
	f.saying("Edit porta")
	f.setField("Integration API address", "https://other.example.org")
	f.press("Save")
	f.saying("The one that is stored is for https://api.example.org:443 only: enter it again for the new address.")
	if f.faultAt("Integration API password") == "" || strings.Contains(f.written(), "other.example.org") {
		t.Errorf("it was saved, or is said elsewhere:\n%s", f.written())
	}
}

func TestACheckSpeaksTheLanguageOfTheWindow(t *testing.T) {
	f := newOffice(t, officeOptions{lang: i18n.French})
	f.gateway.set(func(g *fakeGateway) { g.findings = someFindings() })
	f.window.prefs.Diagnose()
	f.saying("Passerelle office\u00a0: Accès", "Passerelle office\u00a0: impossible de recevoir un jeton\u00a0: elle refuse nos identifiants (401\u00a0: invalid_client)",
		"Que faire\u00a0: Vérifiez client_id", "L’horloge de cet ordinateur diffère de 1s.")
	for _, english := range []string{"certificate", "computer", "credentials", "keyring", "browser"} {
		if says := f.says(); strings.Contains(says, english) {
			t.Errorf("it says %q:\n%s", english, says)
		}
	}
}

func TestValuesAreCheckedAtTheirField(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.ctrl(fyne.KeyComma)
	f.saying("sign.example.org")
	f.press("Signing")
	f.saying("Time limit")
	patience := f.tabToEntry("15m")
	f.replace(patience, "soon")
	f.key(fyne.KeyReturn)
	f.saying(`Enter a time like "15m"`)
	f.replace(patience, "90")
	port := f.tabToEntry("chosen automatically")
	f.types("80")
	f.key(fyne.KeyReturn)
	f.saying("This port cannot be used")
	if strings.Contains(f.says(), "Enter a time") || f.window.window.Canvas().Focused() != fyne.Focusable(port) {
		t.Error("what is right is still told to be wrong, or the keyboard is somewhere else")
	}
	f.replace(port, "4711")
	f.tabToEntry("off")
	f.types("relative/folder")
	f.key(fyne.KeyReturn)
	f.saying("Enter the full path of the folder")
	folder := t.TempDir()
	f.replace(f.window.window.Canvas().Focused().(*kit.Field), folder)
	f.key(fyne.KeyReturn)
	f.saying("Saved.")
	got, err := f.desk.Settings(t.Context())
	if err != nil || got.Patience != 90*time.Minute || got.CallbackPort != 4711 || got.OutputFolder != folder {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestTheThemeChangesAtOnce(t *testing.T) {
	f := newOffice(t, officeOptions{look: kit.LightLook})
	f.ctrl(fyne.KeyComma)
	f.saying("sign.example.org")
	f.press("Appearance and language")
	f.saying("Colors")
	isChoice := func(text string) func(fyne.Focusable) bool {
		return func(o fyne.Focusable) bool { c, ok := o.(*kit.Select); return ok && slices.Contains(c.Options, text) }
	}
	f.tabTo("the colors", isChoice("Dark"))
	f.key(fyne.KeyRight)
	f.key(fyne.KeyRight)
	f.wait("the dark look", func() bool {
		return f.app.Settings().Theme().Color(theme.ColorNameBackground, theme.VariantLight) == kit.Theme(kit.DarkLook).Color(theme.ColorNameBackground, theme.VariantDark)
	})
	f.tabTo("the language", isChoice("Català"))
	f.key(fyne.KeyLeft)
	f.tabTo("notifications", func(o fyne.Focusable) bool { _, ok := o.(*kit.Check); return ok })
	f.key(fyne.KeyReturn)
	f.wait("the settings to be kept", func() bool {
		got, err := f.desk.Settings(t.Context())
		return err == nil && got.Theme == settings.DarkTheme && got.Language == "fr" && !got.Notifications
	})
	if LookOf("dark") != kit.DarkLook || LookOf("light") != kit.LightLook || LookOf("system") != kit.SystemLook {
		t.Error("a theme has another look")
	}
}

func TestSettingsThatCannotBeReadAreNotOverwritten(t *testing.T) {
	f := newOffice(t, officeOptions{})
	const broken = "patience = \"15m\"\ncolour = \"red\"\n"
	if err := os.WriteFile(f.dir.Settings(), []byte(broken), 0o600); err != nil {
		t.Fatal(err)
	}
	f.openSection(1)
	told := func() int { // on the modal; the notice of the window may show the error, too
		said := uitest.Texts(f.window.window.Canvas().Overlays().Top(), nil)
		return strings.Count(strings.Join(said, " "), "line 2: colour is not known here")
	}
	f.wait("the fault", func() bool { return told() == 1 })
	f.press("Save")
	f.wait("the refusal", func() bool { return told() == 2 })
	if got, err := os.ReadFile(f.dir.Settings()); err != nil || string(got) != broken {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestTheDeskIsCheckedAndAReportCopied(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.gateway.set(func(g *fakeGateway) { g.findings = someFindings() })
	f.ctrl(fyne.KeyF5)
	f.saying("Check this desk", "Register of requests", "Gateway office: Access", "There is one problem to fix.")
	f.press("Copy report")
	f.saying("The report was copied to the clipboard.")
	report := f.app.Clipboard().Content()
	for _, want := range []string{"bad       gateway office: token", "well      ledger"} {
		if !strings.Contains(report, want) {
			t.Errorf("the report lacks %q:\n%s", want, report)
		}
	}
	f.gateway.set(func(g *fakeGateway) { g.findings = nil })
	f.press("Check again")
	f.saying("Everything is OK.")
	f.escape()
	if f.window.modals.IsOpen() {
		t.Error("Escape does not close the check")
	}
}

func TestACheckIsStopped(t *testing.T) {
	f := newOffice(t, officeOptions{})
	ended := make(chan struct{}, 2)
	f.desk.diagnose = func(ctx context.Context, tell func(diagnosis.Finding)) {
		tell(diagnosis.Finding{Name: "disk", Part: diagnosis.PartDisk, Verdict: diagnosis.Well, Detail: "it turns"})
		<-ctx.Done()
		tell(diagnosis.Finding{Name: "late", Verdict: diagnosis.Bad, Detail: "too late"})
		ended <- struct{}{}
	}
	f.window.prefs.Diagnose()
	f.saying("It turns.", "[Stop]")
	f.key(fyne.KeyReturn)
	<-ended
	f.saying("Stopped.", "[Check again]")
	f.escape()

	// Leaving the page ends the check.
	f.window.prefs.Diagnose()
	f.saying("It turns.")
	f.key(fyne.KeyF1)
	<-ended
	f.saying("Keyboard shortcuts")
	f.settle()
	if strings.Contains(f.says(), "oo late") {
		t.Errorf("what was left goes on:\n%s", f.says())
	}
}

func TestTroubleOffersACheckOfTheDesk(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.browser = func(string) error { return errors.New("there is no browser") }
	f.show("Lease")
	if f.button("Check this desk") != nil {
		t.Error("the check is offered without trouble")
	}
	f.press("Sign in browser")
	f.wait("the offer of a check", func() bool { return f.button("Check this desk") != nil })
	f.settle()
	f.press("Check this desk")
	f.saying("Checks everything between “Sign” and the browser’s return")
	f.examined()
}

func TestAFieldThatGetsTheKeyboardIsSeen(t *testing.T) {
	f := newOffice(t, officeOptions{kinds: kinds()})
	f.openForm(trident.Kind.Name)
	f.unfoldForm(trident.Kind.Name)
	c := f.window.window.Canvas()
	d := fyne.CurrentApp().Driver()
	scroll := uitest.Find[*container.Scroll](c.Overlays().Top())[0]
	for range 30 {
		c.FocusNext()
		o, ok := c.Focused().(*kit.Field)
		if !ok {
			continue
		}
		if o.AcceptsTab() {
			t.Errorf("the keyboard does not get out of the field with %q", o.PlaceHolder)
		}
		top := d.AbsolutePositionForObject(o).Y - d.AbsolutePositionForObject(scroll).Y
		if top < 0 || top+o.Size().Height > scroll.Size().Height+1 {
			t.Errorf("the field with %q is at %.0f", o.PlaceHolder, top)
		}
	}
}

func TestTheSettingsFitInEveryLanguage(t *testing.T) {
	for _, lang := range i18n.Languages() {
		t.Run(string(lang), func(t *testing.T) {
			o := settingsDesk()
			o.lang = lang
			f := newOffice(t, o)
			f.gateway.set(func(g *fakeGateway) { g.findings = someFindings() })
			f.add("Lease")
			for section := range 4 {
				if section == 3 {
					f.seedAnchors()
				}
				f.openSection(section)
				f.fits("settings")
				if section == 0 {
					f.pressOf("office", lang.Say("prefs.remove"))
					f.press(lang.Say("prefs.remove"))
					f.settle()
					f.fits("remove")
					f.escape()
					f.saying("https://sign.example.org")
					f.pressOf("office", lang.Say("prefs.check"))
					f.examined()
					f.fits("check")
					f.press(lang.Say("prefs.try"))
					f.fits("question before a trial")
					f.confirmTrial()
					f.examined()
					f.fits("trial")
				}
				f.window.modals.Close()
			}
			for _, k := range kinds() {
				f.openForm(k.Name)
				f.unfoldForm(k.Name)
				f.fits("form of " + k.Name)
				if lang != i18n.English {
					f.isTranslated(f.kind(k.Name))
				}
				f.window.modals.Close()
			}
		})
	}
}

// isTranslated checks that no label of a setting is untranslated.
func (f *office) isTranslated(kind gateway.Kind) {
	f.t.Helper()
	for _, field := range kind.FormFields() {
		label, help := explain.Field(f.window.lang, field)
		same := map[string]bool{"patience": true, "contact": true} // the same word in several languages
		if label == field.Label && !same[field.Key] || help != "" && help == field.Help {
			f.t.Errorf("%s: the field %s of %s says %q, %q", f.window.lang, field.Key, kind.Name, label, help)
		}
	}
	if explain.Kind(f.window.lang, kind) == kind.Help {
		f.t.Errorf("%s: the kind %s is not explained", f.window.lang, kind.Name)
	}
}

const townHall = "\n# the town hall's own\n[gateways.town-hall]\nkind = \"trident\" # since May\nurl = \"https://sign.example.net\"\nclient_id = \"desk-7\"\n"

// openGateways opens the list of gateways, and waits for one of them and until the list is not drawn anew any more, as it is when the server says
// another role of the login.
func (f *office) openGateways(seen string) {
	f.t.Helper()
	f.window.prefs.Settings()
	f.saying(seen)
	f.settle()
}

// pressOf taps a button of a gateway in the list of gateways.
func (f *office) pressOf(gateway, label string) {
	f.t.Helper()
	for _, row := range slices.Backward(uitest.Find[*fyne.Container](f.sheet())) {
		if !slices.Contains(uitest.Drawn(row), gateway) {
			continue
		}
		for _, b := range uitest.Find[*kit.Button](row) {
			if b.Text == label {
				uitest.Tap(b)
				return
			}
		}
	}
	f.t.Fatalf("gateway %s has no button %q; the window says:\n%s", gateway, label, f.says())
}

// kind returns a kind of gateway by its name.
func (f *office) kind(name string) gateway.Kind {
	f.t.Helper()
	for _, k := range f.desk.Kinds() {
		if k.Name == name {
			return k
		}
	}
	f.t.Fatalf("there is no kind %s", name)
	return gateway.Kind{}
}

// unfoldForm shows the advanced fields of a form.
func (f *office) unfoldForm(kind string) {
	f.t.Helper()
	rare := 0
	for _, field := range f.kind(kind).FormFields() {
		if field.Advanced {
			rare++
		}
	}
	f.press(f.window.lang.Count("prefs.more", rare))
}

// setField types into the field of a form with a label.
func (f *office) setField(name, text string) {
	f.t.Helper()
	for _, row := range slices.Backward(uitest.Find[*fyne.Container](f.sheet())) {
		if fields := uitest.Find[*kit.Field](row); len(fields) == 1 && slices.Contains(uitest.Drawn(row), name) {
			fields[0].SetText(text)
			return
		}
	}
	f.t.Fatalf("there is no field %q; the window says:\n%s", name, f.says())
}

// chooseKind chooses a kind of gateway, by its title, in the form of a new one.
func (f *office) chooseKind(title string) {
	f.t.Helper()
	uitest.Find[*kit.Select](f.sheet())[0].SetSelected(title)
}

// faultAt returns what is said to be wrong with the field of a form with a label. It is empty if the field has no fault.
func (f *office) faultAt(label string) string {
	f.t.Helper()
	bad := f.app.Settings().Theme().Color(kit.ColorBad, f.app.Settings().ThemeVariant())
	for _, row := range slices.Backward(uitest.Find[*fyne.Container](f.sheet())) {
		if fields := uitest.Find[*kit.Field](row); len(fields) != 1 || !slices.Contains(uitest.Drawn(row), label) {
			continue
		}
		var lines []string
		for _, line := range uitest.Find[*canvas.Text](row) {
			if line.Color == bad {
				lines = append(lines, line.Text)
			}
		}
		return strings.Join(lines, " ")
	}
	f.t.Fatalf("there is no field %q; the window says:\n%s", label, f.says())
	return ""
}

// openEdit opens the form of the n-th gateway that can be edited.
func (f *office) openEdit(n int) {
	f.t.Helper()
	seen := map[fyne.Focusable]bool{}
	f.tabTo("an edit button", func(o fyne.Focusable) bool {
		if b, ok := o.(*kit.Button); ok && b.Text == "Edit…" {
			seen[o] = true
			return len(seen) == n
		}
		return false
	})
	f.key(fyne.KeyReturn)
}
