package ui

import (
	"context"
	"testing"

	"fyne.io/fyne/v2"

	"countersign/core/ledger"
	"countersign/core/request"
)

func TestASearchThatLeavesTheRequestOutClearsThePane(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows()})
	f.ctrl(fyne.Key7)
	f.settle()
	before := f.window.chosen.id
	f.saying("[Sign in browser]")
	f.ctrl(fyne.KeyF)
	f.typeInto("holi")
	f.settle()
	if f.window.chosen.id != before {
		t.Errorf("%q is chosen, though the search finds what was chosen", f.window.chosen.id)
	}
	f.key(fyne.KeyEscape)
	f.typeInto("lease")
	f.settle()
	f.saying("No request selected")
	if f.button("Sign in browser") != nil || f.window.chosen.id != "" {
		t.Errorf("%q is chosen, which is not listed", f.window.chosen.id)
	}
	f.ctrl(fyne.KeyReturn)
	f.key(fyne.KeyEscape) // ends the search
	f.settle()
	if f.search().Text != "" || f.window.chosen.id != before || f.window.window.Canvas().Focused() != fyne.Focusable(f.search()) {
		t.Errorf("after the search for %q, %q is chosen", f.search().Text, f.window.chosen.id)
	}
	f.saying("[Sign in browser]")
	f.key(fyne.KeyEscape) // the hint about Ctrl+Enter, if it is still there
	f.key(fyne.KeyEscape)
	if f.window.window.Canvas().Focused() != fyne.Focusable(f.list()) {
		t.Errorf("%T has the keyboard", f.window.window.Canvas().Focused())
	}
	if r := f.get(before); r.Status != request.Pending {
		t.Errorf("what was not seen is %s", r.Status)
	}
}

func TestEscapeInTheListEndsTheSearch(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows()})
	f.ctrl(fyne.Key7)
	f.settle()
	f.ctrl(fyne.KeyF)
	f.typeInto("lease")
	f.key(fyne.KeyDown) // waits for what is found
	f.settle()
	if f.window.window.Canvas().Focused() != fyne.Focusable(f.list()) || f.get(f.window.chosen.id).Title != "Lease of office premises" {
		t.Fatalf("%q is chosen", f.window.chosen.id)
	}
	f.key(fyne.KeySpace)
	f.saying("1 selected")
	f.key(fyne.KeyEscape)
	if f.marked() != 0 || f.search().Text != "lease" {
		t.Error("the first Escape does not clear the selection alone")
	}
	f.key(fyne.KeyEscape)
	f.settle()
	if f.search().Text != "" || len(f.rows()) != 3 || f.get(f.window.chosen.id).Title != "Lease of office premises" {
		t.Errorf("%q is searched, and %q is chosen", f.search().Text, f.window.chosen.id)
	}
}

func TestNothingIsSignedThatIsNotSeenYet(t *testing.T) {
	hold := make(chan struct{})
	f := newOffice(t, officeOptions{seed: threeRows()})
	f.ctrl(fyne.Key7)
	f.settle()
	waiting := f.window.chosen.id
	f.desk.mu.Lock()
	f.desk.beforeView = func(context.Context, ledger.Query) { <-hold }
	f.desk.mu.Unlock()
	f.ctrl(fyne.KeyF)
	f.typeInto("lease")
	f.ctrl(fyne.KeyReturn) // before anything was found
	close(hold)
	f.settle()
	if r := f.get(waiting); r.Status != request.Pending {
		t.Errorf("it is %s", r.Status)
	}
}

func TestANarrowWindowShowsARequestBeforeItIsSigned(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows(), size: small})
	f.ctrl(fyne.Key1)
	f.settle()
	f.ctrl(fyne.KeyReturn)
	f.settle()
	f.saying("Back to the list", "[Sign in browser]")
	if r := f.get(f.window.chosen.id); r.Status != request.Pending {
		t.Fatalf("unseen, it is %s", r.Status)
	}
	f.ctrl(fyne.KeyReturn)
	f.saying("[Open browser again]")
}
