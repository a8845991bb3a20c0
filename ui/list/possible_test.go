package list

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"countersign/core/request"
	"countersign/ui/status"
	"countersign/ui/uitest"
)

// rowOf returns the drawn row of a request.
func (s *fixture) rowOf(id request.ID) (found *row) {
	s.t.Helper()
	s.eachRow(func(r *row, _ *rowRenderer) {
		if r.model.id == id {
			found = r
		}
	})
	if found == nil {
		s.t.Fatalf("%s is not drawn", id)
	}
	return found
}

func TestTheMenuOfARowIsAboutItUnlessItIsOneOfManySelected(t *testing.T) {
	s := newFixture(t, 500, &fakeDesk{requests: contracts(20)})
	click := func(id request.ID) { test.TapSecondaryAt(s.rowOf(id), fyne.NewPos(30, 12)) }
	click("r4")
	if s.host.chosen != "r4" || len(s.host.menus) != 1 {
		t.Fatalf("%s is chosen, and %d menus are opened", s.host.chosen, len(s.host.menus))
	}
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(s.rowOf("r4")).AddXY(30, 12)
	if s.host.menus[0] != at {
		t.Errorf("it is opened at %v, not at the pointer: %v", s.host.menus[0], at)
	}
	for _, i := range []int{6, 7, 9} {
		s.toggleSelected(i)
	}
	click("r7")
	if len(s.Selected()) != 3 || s.host.chosen != "r4" {
		t.Errorf("of the selected rows, %d are left, and %s is chosen", len(s.Selected()), s.host.chosen)
	}
	click("r8")
	if len(s.Selected()) != 0 || s.host.chosen != "r8" {
		t.Errorf("%d are still selected, and %s is chosen", len(s.Selected()), s.host.chosen)
	}
}

func TestKeysOpenTheMenuBelowTheChosenRow(t *testing.T) {
	s := newFixture(t, 500, &fakeDesk{requests: contracts(200)})
	s.moveTo(153)
	s.settle()
	s.moveTo(150) // in the middle of what is seen
	s.settle()
	s.list.TypedKey(&fyne.KeyEvent{Name: fyne.KeyF10})
	s.list.TypedKey(&fyne.KeyEvent{Name: desktop.KeyMenu})
	s.list.KeyDown(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
	s.list.TypedKey(&fyne.KeyEvent{Name: fyne.KeyF10})
	if len(s.host.menus) != 2 {
		t.Fatalf("%d menus are opened", len(s.host.menus))
	}
	r := s.rowOf("r150")
	below := fyne.CurrentApp().Driver().AbsolutePositionForObject(r).AddXY(rowPadding, r.Size().Height)
	for _, at := range s.host.menus {
		if at != below {
			t.Errorf("it is opened at %v, and the row ends at %v", at, below)
		}
	}
	s.Choose("somewhere else")
	s.list.TypedKey(&fyne.KeyEvent{Name: desktop.KeyMenu})
	if len(s.host.menus) != 2 {
		t.Error("a menu is about a request that is not in the list")
	}
}

func TestOnlyADoubleClickOnOneRowOpensIt(t *testing.T) {
	s := newFixture(t, 500, &fakeDesk{requests: contracts(20)})
	test.Tap(s.rowOf("r3"))
	test.Tap(s.rowOf("r4"))
	if len(s.host.opened) != 0 {
		t.Fatal("two clicks on two rows open one")
	}
	test.Tap(s.rowOf("r4"))
	test.Tap(s.rowOf("r4")) // a third click
	if len(s.host.opened) != 1 || s.host.opened[0] != "r4" {
		t.Errorf("opened are %v", s.host.opened)
	}
	s.rowOf("r4").MouseDown(&desktop.MouseEvent{Modifier: fyne.KeyModifierShortcutDefault})
	test.Tap(s.rowOf("r4"))
	if len(s.host.opened) != 1 {
		t.Error("a click that selects a row opens it")
	}
}

func TestWhatIsSelectedIsCounted(t *testing.T) {
	requests := contracts(1000)
	for i := range requests {
		if i%10 == 0 {
			requests[i].Status, requests[i].Outcome = request.Signed, &request.Outcome{}
		}
	}
	d := &fakeDesk{requests: requests}
	s := newFixture(t, 500, d)
	s.toggleSelected(0)
	s.toggleSelected(1)
	if n := s.CountFor(status.Sign); n != 1 || d.gets != 0 {
		t.Errorf("%d can be signed, and %d requests were read", n, d.gets)
	}
	s.selectRows()
	s.settle()
	if n := s.CountFor(status.Sign); n != 900 || len(s.Fitting(status.Accept)) != 100 {
		t.Errorf("of 1000, %d can be signed, and %d accepted", n, len(s.Fitting(status.Accept)))
	}
	if b := uitest.FindButton(s.canvas, "Sign 900 of 1,000"); b == nil || b.Disabled() {
		t.Errorf("the bar says:\n%s", s.text())
	}
	before := d.gets
	d.withdraw(1, 999) // the one is in memory, the other is not
	s.Changed(map[request.ID]bool{"r1": true, "r999": true}, false)
	s.settle()
	if n := s.CountFor(status.Sign); n != 898 || d.gets-before != 2 {
		t.Errorf("after two changes %d can be signed, and %d requests were read", n, d.gets-before)
	}
	done := false
	s.WhenCounted(func() { done = true })
	if !done {
		t.Error("what is known is waited for")
	}
}

func TestAnActionWaitsUntilTheSelectionIsCounted(t *testing.T) {
	d := &fakeDesk{requests: contracts(1000)}
	s := newFixture(t, 500, d)
	selectAll := func() {
		s.ClearSelection()
		s.selectRange(0, 1000)
		s.queue.Wait(t, "the selection", func() bool { return len(s.Selected()) == 1000 }, s.text)
	}
	d.answerGet = make(chan struct{})
	selectAll()
	fit, begun := -1, 0
	s.WhenCounted(func() { fit = len(s.Fitting(status.Sign)); begun++ })
	if n := s.CountFor(status.Sign); n != -1 || fit != -1 {
		t.Errorf("before they are read, %d can be signed, and an action is begun with %d", n, fit)
	}
	close(d.answerGet)
	s.settle()
	s.Changed(map[request.ID]bool{"r999": true}, false)
	s.settle()
	if fit != 1000 || begun != 1 {
		t.Errorf("it is begun with %d, %d times", fit, begun)
	}
	d.answerGet = make(chan struct{})
	selectAll()
	s.WhenCounted(func() { t.Error("an action on what is not selected any more is begun") })
	s.ClearSelection()
	close(d.answerGet)
	s.settle()
}

func TestWhatChangesWhileTheSelectionIsReadIsCounted(t *testing.T) {
	d := &fakeDesk{requests: contracts(101), answerGet: make(chan struct{})}
	s := newFixture(t, 500, d)
	s.selectRange(0, 101) // all but the last are in memory
	s.queue.Wait(t, "the reading of the last one", func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		return d.gets == 1
	}, s.text)
	d.withdraw(100)
	s.Changed(map[request.ID]bool{"r100": true}, false)
	close(d.answerGet)
	s.settle()
	if n := s.CountFor(status.Sign); n != 100 {
		t.Errorf("after a change during the reading, %d can be signed", n)
	}
}

func TestWhatChangedIsCountedAlsoIfTheSelectionChangesThen(t *testing.T) {
	d := &fakeDesk{requests: contracts(101)}
	s := newFixture(t, 500, d)
	s.selectRange(0, 101)
	s.settle()
	d.withdraw(100)
	d.answerGet = make(chan struct{})
	s.Changed(map[request.ID]bool{"r100": true}, false)
	s.toggleSelected(0)
	close(d.answerGet)
	s.settle()
	if n := s.CountFor(status.Sign); n != 99 {
		t.Errorf("%d can be signed", n)
	}
}

func TestTheSelectionKeepsWhatIsListed(t *testing.T) {
	d := &fakeDesk{requests: contracts(5)}
	s := newFixture(t, 500, d)
	s.selectRows()
	s.settle()
	d.mu.Lock()
	d.requests = d.requests[2:]
	d.mu.Unlock()
	s.KeepListed()
	s.settle()
	if len(s.Selected()) != 3 || s.Selected()[0] != "r2" {
		t.Errorf("selected are %v", s.Selected())
	}
}
