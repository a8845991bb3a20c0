package ui

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"countersign/core/i18n"
	"countersign/ui/list"
)

// bar is a fake system tray.
type bar struct{ menus []*fyne.Menu }

func (b *bar) set(m *fyne.Menu) { b.menus = append(b.menus, m) }

// says returns the labels of the menu.
func (b *bar) says() string {
	var labels []string
	for _, item := range b.menus[len(b.menus)-1].Items {
		labels = append(labels, item.Label)
	}
	return strings.Join(labels, "|")
}

func (b *bar) press(t *testing.T, label string) {
	t.Helper()
	items := b.menus[len(b.menus)-1].Items
	i := slices.IndexFunc(items, func(m *fyne.MenuItem) bool { return strings.HasPrefix(m.Label, label) })
	if i < 0 {
		t.Fatalf("there is no %q in %s", label, b.says())
	}
	items[i].Action()
}

func newOfficeWithTray(t *testing.T) (*office, *bar, func() bool) {
	b, closed := &bar{}, false
	f := newOffice(t, officeOptions{options: func(o *Options) { o.Tray = b.set }})
	f.window.window.SetOnClosed(func() { closed = true; f.window.end() })
	return f, b, func() bool { return closed }
}

func TestTheTrayShowsCounts(t *testing.T) {
	f, b, _ := newOfficeWithTray(t)
	if want := "Show window||To sign: 0|In the browser: 0|Needs attention: 0|Signed: 0|All: 0||Quit"; b.says() != want {
		t.Errorf("at first: %s", b.says())
	}
	f.add("One")
	f.add("Two")
	f.wait("the tray to count", func() bool { return strings.Contains(b.says(), "To sign: 2|") && strings.Contains(b.says(), "All: 2|") })
	shown := len(b.menus)
	f.window.counts.statuses.Refresh()
	f.settle()
	if len(b.menus) != shown {
		t.Error("the menu was made anew though nothing changed")
	}
	b.press(t, "All")
	if got := list.Views(i18n.English)[f.window.arrangement.view].Name; got != "All" {
		t.Errorf("the window shows %s", got)
	}
	last := b.menus[len(b.menus)-1].Items
	if !last[len(last)-1].IsQuit {
		t.Error("the toolkit would add another way to quit, that asks nothing")
	}
}

func TestWithATrayClosingHidesTheWindow(t *testing.T) {
	f, b, closed := newOfficeWithTray(t)
	f.window.onClose()
	if closed() {
		t.Fatal("the program ended")
	}
	b.press(t, "Show window")
	b.press(t, "Quit")
	if !closed() {
		t.Error("it did not quit")
	}
}

func TestWithoutATrayClosingEndsTheProgram(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.window.onClose()
	if !f.window.bg.Closed() {
		t.Error("the window goes on")
	}
}

// The outcome of an open visit is only learned at the next start.
func TestQuittingWithSigningsOutAsksFirst(t *testing.T) {
	ways := map[string]func(f *office, b *bar){
		"from the tray":     func(_ *office, b *bar) { b.press(t, "Quit") },
		"by the keyboard":   func(f *office, _ *bar) { f.ctrl(fyne.KeyQ) },
		"without a tray":    func(f *office, _ *bar) { f.window.system.tray.set = nil; f.window.onClose() },
		"while it asks yet": func(f *office, b *bar) { f.ctrl(fyne.KeyO); b.press(t, "Quit") },
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			f, b, closed := newOfficeWithTray(t)
			r := f.show("Lease")
			if _, err := f.desk.Sign(t.Context(), r.ID); err != nil {
				t.Fatal(err)
			}
			f.wait("the signing to be out", func() bool { return f.window.counts.signing == 1 })
			way(f, b)
			f.saying("Quit now?", "1 signing is in progress. Countersign gets its outcome the next time it starts.")
			f.press("Cancel")
			if closed() || strings.Contains(f.says(), "Quit now?") {
				t.Fatal("it does not stay")
			}
			f.window.onQuit()
			f.press("Quit")
			if !closed() {
				t.Error("it did not quit")
			}
		})
	}
	if got := i18n.English.Count("tray.out", 2); got != "2 signings are in progress. Countersign gets their outcomes the next time it starts." {
		t.Error(got)
	}
}

func TestTheTitleOfTheWindowSaysWhatIsToBeSigned(t *testing.T) {
	for lang, want := range map[i18n.Language][2]string{
		i18n.English: {"Countersign – 1 to sign", "Countersign – 2 to sign"},
		i18n.Spanish: {"Countersign: 1 por firmar", "Countersign: 2 por firmar"},
		i18n.Catalan: {"Countersign: 1 per signar", "Countersign: 2 per signar"},
		i18n.French:  {"Countersign – 1 à signer", "Countersign – 2 à signer"},
	} {
		f := newOffice(t, officeOptions{lang: lang})
		title := func(want string) func() bool { return func() bool { return f.window.window.Title() == want } }
		f.wait("the plain title", title("Countersign"))
		first := f.add("One")
		f.wait("a title with one", title(want[0]))
		f.add("Two")
		f.wait("a title with two", title(want[1]))
		if _, err := f.desk.Withdraw(t.Context(), first.ID, ""); err != nil {
			t.Fatal(err)
		}
		f.wait("a title that follows", title(want[0]))
	}
}
