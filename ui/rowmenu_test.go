package ui

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/ui/kit"
	"countersign/ui/uitest"
)

// rightClick opens the menu of a visible row.
func (f *office) rightClick(place int) {
	f.t.Helper()
	test.TapSecondaryAt(uitest.Rows(f.list())[place].(fyne.SecondaryTappable), fyne.NewPos(40, 10))
}

// menuItems returns the labels in the open menu, without their keys: those that are drawn as possible, and those that are
// drawn gray.
func (f *office) menuItems() (possible, gray []string) {
	f.t.Helper()
	top := f.window.window.Canvas().Overlays().Top()
	if top == nil {
		f.t.Fatalf("no menu is open; the window says:\n%s", f.says())
	}
	disabled := kit.Theme(kit.LightLook).Color(theme.ColorNameDisabled, theme.VariantLight)
	for _, line := range uitest.Find[*canvas.Text](top) {
		label, _, _ := strings.Cut(line.Text, "   ")
		if line.Color == disabled {
			gray = append(gray, label)
		} else {
			possible = append(possible, label)
		}
	}
	return possible, gray
}

// choose taps an item of the open menu.
func (f *office) choose(label string) {
	f.t.Helper()
	for _, o := range uitest.Find[fyne.CanvasObject](f.window.window.Canvas().Overlays().Top()) {
		if item, ok := o.(fyne.Tappable); ok {
			if drawn := uitest.Drawn(o); len(drawn) == 1 && (drawn[0] == label || strings.HasPrefix(drawn[0], label+"   ")) {
				item.Tapped(&fyne.PointEvent{})
				return
			}
		}
	}
	f.t.Fatalf("the menu has no %q; the window says:\n%s", label, f.says())
}

func TestTheMenuOfARowIsGrayWhereItDoesNothing(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows(), look: kit.LightLook})
	f.ctrl(fyne.Key1)
	f.settle()
	f.rightClick(0)
	possible, gray := f.menuItems()
	for _, label := range []string{"Sign in browser", "Open original", "Show in folder", "Edit…", "Withdraw…"} {
		if !slices.Contains(possible, label) || slices.Contains(gray, label) {
			t.Errorf("%s is not possible: %q", label, possible)
		}
	}
	for _, label := range []string{"Check now", "Reopen", "Open signed PDF", "Save a copy…", "Save evidence…", "Accept", "Return…"} {
		if !slices.Contains(gray, label) || slices.Contains(possible, label) {
			t.Errorf("%s is not gray: %q", label, gray)
		}
	}
	if slices.Contains(slices.Concat(possible, gray), "Vouch for the file…") {
		t.Error("what is rarely possible is listed, though it is not possible")
	}
	f.choose("Withdraw…")
	f.saying("Withdraw this request?")
}

func TestTheMenuOfManySaysOnHowManyItActs(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows(), look: kit.LightLook})
	f.ctrl(fyne.Key7)
	f.settle()
	f.window.onSelectAll()
	f.saying("3 selected")
	f.rightClick(1)
	possible, gray := f.menuItems()
	for _, label := range []string{"Sign 1 of 3", "Check 1 of 3", "Export…", "Accept 1 of 3", "Return 1 of 3…", "Withdraw 2 of 3…"} {
		if !slices.Contains(possible, label) {
			t.Errorf("%s is not possible: %q, and gray is %q", label, possible, gray)
		}
	}
	f.choose("Accept 1 of 3")
	f.saying("1 outcome accepted.", "3 selected")
	overlays := f.window.window.Canvas().Overlays()
	f.wait("no outcome to be left to accept", func() bool {
		f.rightClick(1)
		_, gray := f.menuItems()
		overlays.Remove(overlays.Top())
		return slices.Contains(gray, "Accept")
	})
}

func TestTheBarOfASelectionOpensItsWholeMenu(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows(), look: kit.LightLook})
	f.ctrl(fyne.Key7)
	f.settle()
	f.window.onSelectAll()
	f.saying("3 selected")
	f.settle()
	f.press("More…")
	possible, _ := f.menuItems()
	for _, label := range []string{"Sign 1 of 3", "Edit 1 of 3…", "Archive 1 of 3"} {
		if !slices.Contains(possible, label) {
			t.Errorf("%s is not possible: %q", label, possible)
		}
	}
	f.choose("Archive 1 of 3")
	f.saying("archived")
}

func TestTheMenuKeyOpensTheMenuOfTheChosenRow(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows(), look: kit.LightLook})
	f.ctrl(fyne.Key1)
	f.settle()
	for name, focus := range map[string]fyne.Focusable{"the list": f.list(), "the button": f.nextButton()} {
		f.window.window.Canvas().Focus(focus)
		f.key(desktop.KeyMenu)
		if possible, _ := f.menuItems(); !slices.Contains(possible, "Sign in browser") {
			t.Errorf("from %s: %q", name, possible)
		}
		f.key(fyne.KeyEscape)
		if f.window.window.Canvas().Overlays().Top() != nil {
			t.Fatal("Escape does not close it")
		}
	}
	f.window.list.Focus()
	f.key(desktop.KeyMenu)
	f.key(fyne.KeyDown)
	f.key(fyne.KeyDown) // an item that is gray
	f.key(fyne.KeyReturn)
	f.saying("There is nothing to ask the gateway.")
}

func TestADoubleClickOpensTheSignedFileOrTheDocument(t *testing.T) {
	f := newOffice(t, officeOptions{seed: officeDay()})
	for view, want := range map[fyne.KeyName]string{fyne.Key1: ".pdf", fyne.Key6: "signed"} {
		f.ctrl(view)
		f.settle()
		f.clickAtOnce(0, 0)
		f.clickAtOnce(0, 0)
		f.settle()
		select {
		case path := <-f.opened:
			if !strings.Contains(path, want) {
				t.Errorf("%s is opened", path)
			}
		default:
			t.Errorf("a double click opens nothing; the window says:\n%s", f.says())
		}
	}
}

// barItems returns the labels of the menu Request that are gray when it is opened, as the toolkit draws them.
func (f *office) barItems() []string {
	f.t.Helper()
	popup := widget.NewPopUpMenu(f.window.window.MainMenu().Items[1], f.window.window.Canvas())
	popup.ShowAtPosition(fyne.NewPos(10, 10))
	defer popup.Hide()
	_, gray := f.menuItems()
	return gray
}

func TestTheMenuBarIsGrayWhereItDoesNothing(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows(), look: kit.LightLook})
	f.ctrl(fyne.Key1)
	f.settle()
	is := func(when string, label string, want bool) {
		t.Helper()
		if got := slices.Contains(f.barItems(), label); got != want {
			t.Errorf("%s: %s is gray: %v", when, label, got)
		}
	}
	is("a request that waits", "Next step", false)
	is("a request that waits", "Withdraw…", false)
	is("a request that waits", "Reopen", true)
	is("a request that waits", "Undo", true)
	is("nothing selected", "Sign all", true)
	is("nothing selected", "Clear selection", true)
	f.window.onSelectAll()
	f.saying("1 selected")
	is("one selected", "Sign all", false)
	is("one selected", "Clear selection", false)
	is("one selected", "Check now", true)
	f.key(fyne.KeyEscape)
	f.ctrl(fyne.Key6)
	f.settle()
	is("a signed request", "Withdraw…", true)
	f.ctrl(fyne.Key4)
	f.settle()
	is("nothing chosen", "Edit…", true)
	is("nothing chosen", "Next step", true)
	f.ctrl(fyne.Key1)
	f.settle()
	f.ctrl(fyne.Key8)
	f.counted()
	is("the report", "Withdraw…", true)
	is("the report", "Select all", true)
}

func TestAKeyThatDoesNothingSaysWhy(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows()})
	f.ctrl(fyne.Key1)
	f.settle()
	f.ctrl(fyne.KeyR)
	f.saying("Only requests that ended without a signature can be reopened.")
	f.ctrlShift(fyne.KeyP)
	f.saying("There is no signed PDF yet.")
	f.ctrl(fyne.Key4)
	f.settle()
	f.ctrl(fyne.KeyReturn)
	f.saying("No request is selected.")
	f.window.notices.fail("The gateway is down.")
	f.ctrl(fyne.KeyR)
	if said := f.window.notices.text(); said != "The gateway is down." {
		t.Errorf("an error is replaced by %q", said)
	}
	if n, _, err := f.desk.Count(t.Context(), ledger.Query{Statuses: []request.Status{request.Pending}}, 10); n != 1 || err != nil {
		t.Errorf("%d wait, %v", n, err)
	}
}
