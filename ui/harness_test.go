package ui

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
	"go.uber.org/goleak"

	"countersign/core/desk"
	"countersign/core/desk/fake"
	"countersign/core/gateway"
	"countersign/core/home"
	"countersign/core/i18n"
	"countersign/core/input"
	"countersign/core/ledger"
	"countersign/core/pdf/pdftest"
	"countersign/core/policy"
	"countersign/core/request"
	"countersign/core/workspace"
	"countersign/ui/kit"
	"countersign/ui/pending"
	"countersign/ui/placement"
	"countersign/ui/uitest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// noon is the time of day in every test.
var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.Local)

// office is a window over a real desk with a fake gateway.
type office struct {
	t       *testing.T
	app     fyne.App
	queue   *uitest.Queue
	gateway *fakeGateway
	desk    *watchedDesk
	window  *Window
	opened  chan string // files given to the viewer
	folders chan string // files whose folder was shown
	browser func(address string) error
	dir     home.Dir
}

type officeOptions struct {
	seed []ledger.Change
	look kit.Look
	size fyne.Size
	wrap func(*watchedDesk)
	// begin is called with the home before that is opened.
	begin func(dir home.Dir)
	// now is the clock of the desk; nil for one that stands at noon.
	now func() time.Time
	// prepare is called before the window is created.
	prepare func(*workspace.Workspace)
	note    string
	// hidesPractice leaves the choice whether practice requests are shown to the window, which hides them. They are shown otherwise.
	hidesPractice bool

	lang i18n.Language // English when empty

	options  func(*Options)
	profiles string             // appended to the default gateways
	gateways string             // replaces the default gateways
	kinds    []gateway.Kind     // besides the fake one
	secrets  workspace.Secrets  // noSecrets when nil
	policy   string             // of the computer; "" for none
	preview  placement.DrawFunc // nil means no previews
}

func newOffice(t *testing.T, o officeOptions) *office {
	t.Helper()
	dir, err := home.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	const usual = "version = 2\ndefault = \"office\"\n[gateways.office]\nkind = \"fake\"\nurl = \"https://sign.example.org\"\n[gateways.sandbox]\nkind = \"fake\"\npractice = true\n"
	if err := os.WriteFile(dir.Gateways(), []byte(cmp.Or(o.gateways, usual)+o.profiles), 0o600); err != nil {
		t.Fatal(err)
	}
	seed(t, dir, o.seed)
	if !o.hidesPractice {
		if err := os.WriteFile(dir.Settings(), []byte("practice_requests = \"shown\"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if o.begin != nil {
		o.begin(dir)
	}
	f := &office{t: t, queue: uitest.NewQueue(), gateway: newFakeGateway(), opened: make(chan string, 10), folders: make(chan string, 10), dir: dir}
	f.browser = func(string) error { return nil }
	var ticks atomic.Int64
	secrets := o.secrets
	if secrets == nil {
		secrets = noSecrets{}
	}
	now := o.now
	if now == nil {
		// Each reading of the clock is a second after the previous one.
		now = func() time.Time { return noon.Add(time.Duration(ticks.Add(1)) * time.Second) }
	}
	all := append([]gateway.Kind{f.gateway.kind()}, o.kinds...)
	var set policy.Policy
	if o.policy != "" {
		var mistakes []policy.Mistake
		if set, mistakes = policy.Parse(o.policy, all); len(mistakes) > 0 {
			t.Fatal(mistakes)
		}
	}
	d, err := workspace.Open(t.Context(), workspace.Config{
		Home: dir, Kinds: all, Policy: set, Secrets: secrets, Alone: true, Person: "mara",
		Practice: func(_ context.Context, p gateway.Profile) (gateway.Profile, string, error) { return p, "", nil },
		OpenURL: func(address string) error {
			target, err := fake.Follow(address)
			if err != nil {
				return err
			}
			return f.browser(target)
		},
		Now: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	f.desk = &watchedDesk{Workspace: d}
	if o.prepare != nil {
		o.prepare(d)
	}
	if o.wrap != nil {
		o.wrap(f.desk)
	}
	f.app = uitest.App(t)
	options := Options{
		Dispatch: f.queue.Dispatch, Now: func() time.Time { return noon }, Look: o.look, HomeNote: o.note, Language: cmp.Or(o.lang, i18n.English),
		OpenFile:     func(path string) error { f.opened <- path; return nil },
		ShowInFolder: func(path string) error { f.folders <- path; return nil },
		Preview:      o.preview,
		// What can be taken back is written at once, and messages stay.
		After: func(d time.Duration) <-chan time.Time {
			over := make(chan time.Time, 1)
			if d == pending.UndoTime {
				over <- noon
			}
			return over
		},
	}
	if o.options != nil {
		o.options(&options)
	}
	f.window = New(f.app, f.desk, options)
	if o.size != (fyne.Size{}) {
		f.window.window.Resize(o.size)
	}
	t.Cleanup(func() {
		f.window.Close()
		f.window.Wait()
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	f.window.Show()
	f.wait("the window to show the ledger", func() bool {
		return f.window.arrangement.read && f.queue.Idle() && f.window.arrangement.followed && f.window.chrome.sidebar.nav.items[0].count != ""
	})
	f.settle()
	return f
}

func seed(t *testing.T, dir home.Dir, changes []ledger.Change) {
	t.Helper()
	if len(changes) == 0 {
		return
	}
	l, err := ledger.Open(t.Context(), dir.Path(), ledger.Options{Exclusive: true})
	if err != nil {
		t.Fatal(err)
	}
	for some := range slices.Chunk(changes, 1000) {
		if _, err := l.Append(t.Context(), some...); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

// wait runs what is dispatched to the drawing goroutine until holds returns true.
func (f *office) wait(what string, holds func() bool) {
	f.t.Helper()
	f.queue.Wait(f.t, what, holds, f.says)
}

// settle waits until the window has no background work.
func (f *office) settle() {
	f.t.Helper()
	f.wait("the window to come to rest", f.queue.Idle)
}

// saying waits until the window shows all of the texts.
func (f *office) saying(words ...string) {
	f.t.Helper()
	for _, word := range words {
		f.wait(fmt.Sprintf("the words %q", word), func() bool { return strings.Contains(f.says(), word) })
	}
}

// says returns all visible texts, one per line.
func (f *office) says() string {
	var all []string
	c := f.window.window.Canvas()
	for _, layer := range append([]fyne.CanvasObject{c.Content()}, c.Overlays().List()...) {
		all = append(all, uitest.Texts(layer, navWords)...)
	}
	return strings.Join(all, "\n")
}

// navWords returns the name and count that are drawn for a view of the sidebar.
func navWords(o fyne.CanvasObject) (string, bool) {
	if _, ok := o.(*navItem); ok {
		return strings.Join(uitest.Drawn(o), " "), true
	}
	return "", false
}

// press taps the visible button with a label.
func (f *office) press(label string) {
	f.t.Helper()
	b := f.button(label)
	if b == nil {
		f.t.Fatalf("there is no button %q; the window says:\n%s", label, f.says())
	}
	uitest.Tap(b)
}

func (f *office) button(label string) *kit.Button {
	return uitest.FindButton(f.window.window.Canvas(), label)
}

// nextButton returns the button of the next step.
func (f *office) nextButton() *kit.Button {
	f.t.Helper()
	for _, b := range uitest.Find[*kit.Button](f.window.detail) {
		if b.Importance == widget.HighImportance {
			return b
		}
	}
	return nil
}

// key types a key into the focused widget, and its letter into the widget that is focused then, as the toolkit's driver does.
func (f *office) key(name fyne.KeyName) {
	letter := rune(0)
	switch {
	case name == fyne.KeySpace:
		letter = ' '
	case len(name) == 1:
		letter = unicode.ToLower(rune(name[0]))
	}
	f.keyEvent(&fyne.KeyEvent{Name: name}, letter)
}

// escape types Escape, and lets what was entered go if the window asks.
func (f *office) escape() {
	f.t.Helper()
	f.key(fyne.KeyEscape)
	if f.button(f.window.lang.Say("discard.yes")) != nil {
		f.press(f.window.lang.Say("discard.yes"))
	}
}

// keyEvent types a key, and its letter unless that is zero.
func (f *office) keyEvent(event *fyne.KeyEvent, letter rune) {
	c := f.window.window.Canvas()
	if focused := c.Focused(); focused != nil {
		focused.TypedKey(event)
	} else if c.OnTypedKey() != nil {
		c.OnTypedKey()(event)
	}
	if letter == 0 {
		return
	}
	if focused := c.Focused(); focused != nil {
		focused.TypedRune(letter)
	} else if c.OnTypedRune() != nil {
		c.OnTypedRune()(letter)
	}
}

// ctrl types a key with Ctrl, which the menu handles.
func (f *office) ctrl(name fyne.KeyName) {
	f.t.Helper()
	f.shortcut(&desktop.CustomShortcut{KeyName: name, Modifier: fyne.KeyModifierShortcutDefault})
}

func (f *office) ctrlShift(name fyne.KeyName) {
	f.t.Helper()
	f.shortcut(&desktop.CustomShortcut{KeyName: name, Modifier: fyne.KeyModifierShortcutDefault | fyne.KeyModifierShift})
}

func (f *office) shortcut(shortcut fyne.Shortcut) {
	f.t.Helper()
	for _, menu := range f.window.window.MainMenu().Items {
		for _, item := range menu.Items {
			if item.Shortcut != nil && item.Shortcut.ShortcutName() == shortcut.ShortcutName() {
				item.Action()
				return
			}
		}
	}
	f.t.Fatalf("the menu has no shortcut %s", shortcut.ShortcutName())
}

// chooseItem chooses an item of the main menu by its label.
func (f *office) chooseItem(label string) {
	f.t.Helper()
	for _, menu := range f.window.window.MainMenu().Items {
		for _, item := range menu.Items {
			if strings.HasPrefix(item.Label, label) {
				item.Action()
				return
			}
		}
	}
	f.t.Fatalf("the menu has no item %q", label)
}

// list returns the widget with the rows; nil while it is hidden, because there are none or because the request covers it.
func (f *office) list() *kit.RecordList {
	f.t.Helper()
	if f.window.chrome.panes.CoversLeft() {
		return nil
	}
	for _, l := range uitest.Find[*kit.RecordList](f.window.list.Content()) {
		return l
	}
	return nil
}

func (f *office) search() *kit.SearchEntry {
	return uitest.Find[*kit.SearchEntry](f.window.list.Content())[0]
}

// rows returns the titles of the visible rows, from the top.
func (f *office) rows() []string {
	var titles []string
	if list := f.list(); list != nil {
		for _, row := range uitest.Rows(list) {
			titles = append(titles, uitest.Drawn(row)[0])
		}
	}
	return titles
}

// footer matches the foot of the list, with the number of its rows.
var footer = regexp.MustCompile(`(\d+)(?: of \d+)? (?:in this view|found)`)

// listed returns the number of rows that the foot of the list shows.
func (f *office) listed() int {
	f.t.Helper()
	for line := range strings.Lines(f.says()) {
		if foot := footer.FindStringSubmatch(strings.ReplaceAll(line, ",", "")); foot != nil {
			n, err := strconv.Atoi(foot[1])
			if err != nil {
				f.t.Fatal(err)
			}
			return n
		}
	}
	f.t.Fatalf("the list does not say how many there are:\n%s", f.says())
	return 0
}

// selecting reports whether the selection bar is shown.
func (f *office) selecting() bool {
	return f.button(f.window.lang.Say("export.button")) != nil || f.button(f.window.lang.Say("act.stop")) != nil
}

// iconButton returns a button of the list without a label: filters, export or columns.
func (f *office) iconButton(n int) *kit.Button {
	f.t.Helper()
	var all []*kit.Button
	for _, b := range uitest.Find[*kit.Button](f.window.list.Content()) {
		if b.Text == "" {
			all = append(all, b)
		}
	}
	return all[n]
}

// filter returns a filter of the list: gateway, person, period, problem, status or review.
func (f *office) filter(n int) *kit.Select {
	return uitest.Find[*kit.Select](f.window.list.Content())[[]int{2, 3, 4, 5, 0, 1}[n]]
}

// days returns the two date fields of the period filter.
func (f *office) days() []*kit.Field { return uitest.Find[*kit.Field](f.window.list.Content()) }

// filtering reports whether the filters are shown.
func (f *office) filtering() bool { return len(uitest.Find[*kit.Select](f.window.list.Content())) > 0 }

// pick taps an item of the open menu.
func (f *office) pick(label string) {
	f.t.Helper()
	for _, o := range uitest.Find[fyne.CanvasObject](f.window.window.Canvas().Overlays().Top()) {
		if item, ok := o.(fyne.Tappable); ok && slices.Equal(uitest.Drawn(o), []string{label}) {
			item.Tapped(&fyne.PointEvent{})
			return
		}
	}
	f.t.Fatalf("the menu has no %q; the window says:\n%s", label, f.says())
}

// sort sorts the list by a column.
func (f *office) sort(column string) {
	f.t.Helper()
	f.ctrl(fyne.KeyT)
	f.pick(column)
}

// count returns the count that is drawn for a view of the sidebar.
func (f *office) count(view string) string {
	for _, item := range f.window.chrome.sidebar.nav.items {
		// The name may be drawn shortened.
		if drawn := uitest.Drawn(item); item.view.Name == view && len(drawn) > 1 {
			return drawn[1]
		}
	}
	return ""
}

// add adds a PDF to the desk without the window, like another process.
func (f *office) add(title string) request.Request {
	f.t.Helper()
	r, err := f.desk.Workspace.Add(f.t.Context(), desk.New{Title: title, Files: []input.File{input.Memory(title+".pdf", pdftest.Plain(f.t, title))}})
	if err != nil {
		f.t.Fatal(err)
	}
	return r
}

func (f *office) get(id request.ID) request.Request {
	f.t.Helper()
	r, err := f.desk.Get(f.t.Context(), id)
	if err != nil {
		f.t.Fatal(err)
	}
	return r
}

// show adds a request and waits until it is chosen.
func (f *office) show(title string) request.Request {
	f.t.Helper()
	r := f.add(title)
	f.saying(title)
	f.window.choose(r.ID)
	f.wait("the request to be shown", func() bool { return f.window.detail.Shown().ID == r.ID })
	f.settle()
	return r
}

// write writes a file to a temporary folder and returns its path.
func write(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// typeInto types into the focused widget.
func (f *office) typeInto(words string) {
	f.t.Helper()
	focused := f.window.window.Canvas().Focused()
	if focused == nil {
		f.t.Fatalf("nothing has the keyboard for %q", words)
	}
	for _, r := range words {
		f.keyEvent(&fyne.KeyEvent{}, r)
	}
}
