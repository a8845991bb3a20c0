package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"countersign/core/gateway"
	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/ui/help"
	"countersign/ui/kit"
	"countersign/ui/list"
	"countersign/ui/menus"
	"countersign/ui/uitest"
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
	f.wait("the view above", func() bool { return f.window.list.Listed().Name == "All" })
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

func TestTheLetterOfACommandIsNotTyped(t *testing.T) {
	f := newOffice(t, officeOptions{seed: officeDay()})
	f.ctrl(fyne.Key9)
	f.settle()
	f.key(fyne.KeyR)
	f.saying("Return the outcome")
	field, ok := f.window.window.Canvas().Focused().(*kit.Field)
	if !ok || field.Text != "" {
		t.Fatalf("%T has the keyboard, and %q is typed into it", f.window.window.Canvas().Focused(), field.Text)
	}
	f.typeInto("r")
	if field.Text != "r" {
		t.Errorf("the first letter of the note becomes %q", field.Text)
	}
}

func TestSpaceIsNotTypedIntoWhatItOpens(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.show("Lease")
	c := f.window.window.Canvas()
	f.window.list.Focus()
	stops, opened := 0, 0
	for start := c.Focused(); stops == 0 || c.Focused() != start; stops++ {
		at := c.Focused()
		if _, typing := at.(fyne.Shortcutable); !typing {
			f.key(fyne.KeySpace)
			if text, ok := textOf(c.Focused()); ok {
				opened++
				if strings.Contains(text, " ") {
					t.Errorf("Space on %T %q types %q", at, drawnIn(at), text)
				}
			}
			f.window.modals.Close()
			for c.Overlays().Top() != nil {
				c.Overlays().Remove(c.Overlays().Top())
			}
			f.settle()
		}
		f.window.onView(0)
		f.settle()
		c.Focus(at)
		c.FocusNext()
		if stops > 60 {
			t.Fatal("Tab does not lead around")
		}
	}
	if opened < 2 {
		t.Errorf("Space opens %d fields", opened)
	}
}

// textOf returns the text of a field, and false for anything else.
func textOf(o fyne.Focusable) (string, bool) {
	switch o := o.(type) {
	case *kit.Field:
		return o.Text, true
	case *kit.SearchEntry:
		return o.Text, true
	}
	return "", false
}

// drawnIn returns the texts of a widget.
func drawnIn(o fyne.Focusable) []string {
	object, _ := o.(fyne.CanvasObject)
	return uitest.Drawn(object)
}

func TestReviewKeysAreFoundByTheirPlaceInOtherLayouts(t *testing.T) {
	for layout, letters := range map[string]string{"Arabic": "شقى", "Russian": "фкт", "Greek": "αρν"} {
		t.Run(layout, func(t *testing.T) {
			f := newOffice(t, officeOptions{seed: officeDay()})
			f.ctrl(fyne.Key9)
			f.settle()
			letter := []rune(letters)
			place := func(i int) { // as X11 numbers the keys A, R and N
				f.keyEvent(&fyne.KeyEvent{Physical: fyne.HardwareKey{ScanCode: []int{38, 27, 57}[i]}}, letter[i])
			}
			first := f.window.chosen.id
			place(2)
			f.settle()
			second := f.window.chosen.id
			if second == first {
				t.Error("N does not lead to the next outcome")
			}
			place(0)
			f.wait("the next one", func() bool { return f.listed() == 7 && f.window.chosen.id != second })
			if f.get(second).Decision() != request.Accepted {
				t.Error("A does not accept")
			}
			f.settle()
			place(1)
			f.saying("Return the outcome")
			if text, ok := textOf(f.window.window.Canvas().Focused()); !ok || text != "" {
				t.Errorf("the note begins with %q", text)
			}
		})
	}
}

func TestTheListOfReviewsTakesTheKeyboardFromTheSearch(t *testing.T) {
	f := newOffice(t, officeOptions{seed: officeDay()})
	f.ctrl(fyne.KeyF)
	f.typeInto("zebra")
	f.settle()
	if f.list() != nil {
		t.Fatal("something is found")
	}
	f.ctrl(fyne.Key9)
	f.settle()
	first := f.window.chosen.id
	f.key(fyne.KeyA)
	f.wait("the outcome to be accepted", func() bool { return f.get(first).Decision() == request.Accepted })
	f.settle()
	f.ctrl(fyne.KeyF)
	f.key(fyne.KeyA)
	f.settle()
	if f.search().Text != "a" || f.count("Review") != "7" {
		t.Errorf("while the search is typed, A types %q and leaves %s to review", f.search().Text, f.count("Review"))
	}
}

func TestTabBringsEverythingIntoSight(t *testing.T) {
	f := newOffice(t, officeOptions{seed: officeDay(), size: fyne.NewSize(1000, 420)})
	f.ctrl(fyne.Key6)
	f.settle()
	c := f.window.window.Canvas()
	start := f.list()
	c.Focus(start)
	for range 60 {
		c.FocusNext()
		if c.Focused() == fyne.Focusable(start) {
			break
		}
		if o, ok := c.Focused().(fyne.CanvasObject); ok && !uitest.InSight(c, o) {
			t.Errorf("%T %q has the keyboard and is out of sight", o, drawnIn(c.Focused()))
		}
	}
	c.Focus(f.window.chrome.sidebar.settings) // and back
	c.FocusNext()
	for range 20 {
		c.FocusPrevious()
		if o, ok := c.Focused().(fyne.CanvasObject); ok && !uitest.InSight(c, o) {
			t.Errorf("backwards, %T %q has the keyboard and is out of sight", o, drawnIn(c.Focused()))
		}
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

func TestTheColumnsOfTheShortcutsDoNotTouch(t *testing.T) {
	for _, lang := range i18n.Languages() {
		for _, width := range []float32{1100, 700} {
			f := newOffice(t, officeOptions{lang: lang, size: fyne.NewSize(width, 700)})
			f.key(fyne.KeyF1)
			d := fyne.CurrentApp().Driver()
			var all []*canvas.Text
			for _, line := range uitest.Find[*canvas.Text](f.window.window.Canvas().Overlays().Top()) {
				if uitest.InSight(f.window.window.Canvas(), line) {
					all = append(all, line)
				}
			}
			for _, a := range all {
				for _, b := range all {
					at, next := d.AbsolutePositionForObject(a), d.AbsolutePositionForObject(b)
					if a != b && next.X > at.X && max(at.Y-next.Y, next.Y-at.Y) < 8 && at.X+a.MinSize().Width+12 > next.X {
						t.Errorf("%s, %.0f wide: %q touches %q", lang, width, a.Text, b.Text)
					}
				}
			}
			f.fits("the shortcuts")
		}
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
	case *fyne.ShortcutUndo:
		return "Ctrl+Z"
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
	var all []help.Shortcut
	for _, g := range help.Groups(i18n.English) {
		all = append(all, g.Shortcuts...)
	}
	for _, s := range all {
		held := "" // modifiers of a group such as Ctrl+P, K, J
		for keys := range strings.SplitSeq(strings.ReplaceAll(s.Keys, "Ctrl+,", "Ctrl+Comma"), ", ") {
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
			keys := keysOf(menus.ShortcutOf(item))
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
