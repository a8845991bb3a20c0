package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"countersign/core/gateway"
	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/ui/kit"
	"countersign/ui/list"
)

func TestViewsAreOpenedByKey(t *testing.T) {
	f := newOffice(t, officeOptions{seed: officeDay()})
	for i, v := range list.Views(i18n.English) {
		f.ctrl(viewKeys[i])
		f.settle()
		if f.window.chrome.sidebar.nav.chosen != i || f.window.list.Listed().Name != v.Name {
			t.Errorf("Ctrl+%d shows %s", i+1, f.window.list.Listed().Name)
		}
		if empty := f.listed() == 0; empty != (f.window.chosen.id == "") {
			t.Errorf("%s: %q is chosen, and that it is empty is %v", v.Name, f.window.chosen.id, empty)
		}
	}
	f.window.window.Canvas().Focus(f.window.chrome.sidebar.nav)
	f.key(fyne.KeyUp)
	f.wait("the view above", func() bool { return f.window.list.Listed().Name == "Signed" })
}

func TestTheNextStepIsPressedFromAnywhere(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.show("Lease")
	f.ctrl(fyne.KeyF)
	f.ctrl(fyne.KeyReturn)
	f.saying("[Open browser again]")
}

func TestKeysWithoutCtrlWorkWhereverTheKeyboardIs(t *testing.T) {
	f := newOffice(t, officeOptions{})
	r := f.show("Lease")
	f.press("Sign in browser")
	f.saying("[Open browser again]")
	f.settle()
	for name, focus := range map[string]fyne.Focusable{
		"the search field": f.search(), "the list": f.list(), "the big button": f.nextButton(),
		"the views": f.window.chrome.sidebar.nav, "nothing": nil,
	} {
		f.window.window.Canvas().Focus(focus)
		f.key(fyne.KeyF1)
		if !f.window.modals.IsOpen() {
			t.Errorf("F1 does nothing from %s", name)
		}
		f.saying("Keyboard shortcuts", "Ctrl+Enter")
		f.key(fyne.KeyEscape)
		if f.window.modals.IsOpen() {
			t.Fatalf("Escape does not close the list of shortcuts opened from %s", name)
		}
	}
	f.gateway.set(func(g *fakeGateway) { g.outcome = gateway.Outcome{Status: request.Canceled, Code: "canceled"} })
	f.window.window.Canvas().Focus(f.nextButton())
	f.key(fyne.KeyF5)
	f.saying("The signer canceled.")
	if f.get(r.ID).Status != request.Canceled {
		t.Error("F5 did not ask the gateway")
	}
}

func TestEveryPartIsReachedByTab(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows()})
	c := f.window.window.Canvas()
	reached := map[fyne.Focusable]bool{}
	c.Focus(f.window.chrome.sidebar.nav)
	for range 20 {
		reached[c.Focused()] = true
		c.FocusNext()
	}
	for name, part := range map[string]fyne.Focusable{
		"the views": f.window.chrome.sidebar.nav, "the settings": f.window.chrome.sidebar.settings, "search": f.search(), "the list": f.list(),
		"the big button": f.nextButton(), "withdraw": f.button("Withdraw…"),
	} {
		if !reached[part] {
			t.Errorf("Tab does not lead to %s", name)
		}
	}
}

func TestTheSettingsAreOpenedFromTheSidebar(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows()})
	test.Tap(f.window.chrome.sidebar.settings.item)
	f.saying("Add gateway…")
	f.key(fyne.KeyEscape)
	f.window.window.Canvas().Focus(f.window.chrome.sidebar.settings)
	f.key(fyne.KeyReturn)
	f.saying("Add gateway…")
	f.key(fyne.KeyEscape)
	if f.window.chrome.sidebar.nav.chosen != 0 || f.window.modals.IsOpen() {
		t.Error("the settings take the place of a view")
	}
	f.key(fyne.KeyDown) // arrow keys lead to the list from everywhere
	if f.window.window.Canvas().Focused() != fyne.Focusable(f.list()) {
		t.Error("a key that means nothing there is lost")
	}
}

func TestANoticeIsClearedWhenTheViewChanges(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows()})
	f.window.notices.inform("40 requests were added.")
	f.ctrl(fyne.Key7)
	if told := f.window.notices.text(); told != "" {
		t.Errorf("it still says %q", told)
	}
	f.window.notices.fail("The gateway is down.")
	f.ctrl(fyne.Key1)
	if told := f.window.notices.text(); told != "The gateway is down." {
		t.Errorf("what went wrong was taken away: %q", told)
	}
}

func TestTheColumnsOfTheShortcutsAreAlikeInHeight(t *testing.T) {
	lines := []fyne.CanvasObject{kit.NewGap(30), kit.NewGap(10), kit.NewGap(10), kit.NewGap(10), kit.NewGap(10)}
	halves := splitColumns(lines, 0, 100)
	if len(halves[0]) != 2 || len(halves[1]) != 3 {
		t.Errorf("%d lines stand beside %d", len(halves[0]), len(halves[1]))
	}
}

func TestEnterLeadsFromTheRowToTheButtonAndPressesIt(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.show("Lease")
	f.window.list.Focus()
	f.key(fyne.KeyReturn)
	f.key(fyne.KeyReturn)
	f.saying("[Open browser again]")
	f.settle()
	if f.window.window.Canvas().Focused() != fyne.Focusable(f.nextButton()) {
		t.Error("the button lost the keyboard when it was pressed")
	}
}

func TestShortcutsRestWhileAQuestionIsOpen(t *testing.T) {
	f := newOffice(t, officeOptions{})
	r := f.show("Lease")
	f.ctrl(fyne.KeyO)
	f.ctrl(fyne.KeyReturn)
	f.settle()
	if f.get(r.ID).Status != request.Pending {
		t.Error("a request was signed behind a question")
	}
}

// keysOf formats a shortcut as the English list of shortcuts does.
func keysOf(shortcut fyne.Shortcut) string {
	switch s := shortcut.(type) {
	case *fyne.ShortcutPaste:
		return "Ctrl+V"
	case *fyne.ShortcutSelectAll:
		return "Ctrl+A"
	case *desktop.CustomShortcut:
		keys := ""
		if s.Modifier&fyne.KeyModifierShortcutDefault != 0 {
			keys += "Ctrl+"
		}
		if s.Modifier&fyne.KeyModifierShift != 0 {
			keys += "Shift+"
		}
		if s.KeyName == fyne.KeyReturn {
			return keys + "Enter"
		}
		return keys + string(s.KeyName)
	}
	return ""
}

func TestEveryActionOfTheMenuHasAShortcutThatIsListed(t *testing.T) {
	listed := map[string]bool{}
	for _, s := range shortcuts(i18n.English) {
		held := "" // modifiers of a group such as Ctrl+P, K, J
		for keys := range strings.SplitSeq(strings.ReplaceAll(s.keys, "Ctrl+,", "Ctrl+Comma"), ", ") {
			if from, to, ok := strings.Cut(keys, " … "); ok {
				for digit := from[len(from)-1]; digit <= to[len(to)-1]; digit++ {
					listed[from[:len(from)-1]+string(digit)] = true
				}
			}
			if i := strings.LastIndex(keys, "+"); i >= 0 {
				held = keys[:i+1]
			} else if len(keys) == 1 {
				keys = held + keys
			}
			listed[strings.Replace(keys, "Comma", ",", 1)] = true
		}
	}
	f := newOffice(t, officeOptions{})
	used := map[string]string{}
	for _, menu := range f.window.window.MainMenu().Items {
		for _, item := range menu.Items {
			keys := keysOf(item.Shortcut)
			switch {
			case item.IsSeparator:
			case keys == "":
				t.Errorf("%s has no shortcut", item.Label)
			case used[keys] != "":
				t.Errorf("%s and %s share %s", used[keys], item.Label, keys)
			case !listed[keys]:
				t.Errorf("%s, of %s, is not in the list of shortcuts", keys, item.Label)
			}
			used[keys] = item.Label
		}
	}
	if len(used) < 35 {
		t.Errorf("there are %d shortcuts", len(used))
	}
}

func TestTheListOfShortcutsScrollsInALowWindow(t *testing.T) {
	f := newOffice(t, officeOptions{size: fyne.NewSize(1000, 420)})
	f.key(fyne.KeyF1)
	d, c := fyne.CurrentApp().Driver(), f.window.window.Canvas()
	closing := f.button("Close")
	if end := d.AbsolutePositionForObject(closing).Y + closing.Size().Height; end > c.Size().Height {
		t.Errorf("the button ends at %.0f of %.0f", end, c.Size().Height)
	}
	f.key(fyne.KeyDown)
	f.key(fyne.KeyEscape)
	if f.window.modals.IsOpen() {
		t.Error("Escape does not close it")
	}
}
