package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// recordList is the toolkit's list with the selection of a mail program: the arrow keys
// choose a row, and which row is chosen is known by its request, not by its place.
type recordList struct {
	widget.List
	onKey   func(key *fyne.KeyEvent, shift bool)
	onFocus func(has bool)
	shift   bool // is held down
}

func newRecordList() *recordList {
	l := &recordList{}
	l.HideSeparators = true
	l.ExtendBaseWidget(l)
	return l
}

// FocusGained is called by the toolkit. The toolkit's own mark of the row with the
// keyboard goes by place, so it is left out.
func (l *recordList) FocusGained() { l.onFocus(true) }

// FocusLost is called by the toolkit.
func (l *recordList) FocusLost() { l.shift = false; l.onFocus(false) }

// KeyDown is called by the toolkit.
func (l *recordList) KeyDown(key *fyne.KeyEvent) { l.setShift(key, true) }

// KeyUp is called by the toolkit.
func (l *recordList) KeyUp(key *fyne.KeyEvent) { l.setShift(key, false) }

func (l *recordList) setShift(key *fyne.KeyEvent, down bool) {
	if key.Name == desktop.KeyShiftLeft || key.Name == desktop.KeyShiftRight {
		l.shift = down
	}
}

// TypedKey is called by the toolkit.
func (l *recordList) TypedKey(key *fyne.KeyEvent) { l.onKey(key, l.shift) }
