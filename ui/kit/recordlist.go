package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// RecordList is the toolkit's list with the selection of a mail program: the arrow keys
// choose a row, and which row is chosen is known by its request, not by its place.
type RecordList struct {
	widget.List
	OnKey     func(key *fyne.KeyEvent, shift bool)
	OnFocus   func(has bool)
	shiftHeld bool // is held down
}

// NewRecordList returns a list without rows.
func NewRecordList() *RecordList {
	l := &RecordList{}
	l.HideSeparators = true
	l.ExtendBaseWidget(l)
	return l
}

// FocusGained is called by the toolkit. The toolkit's own mark of the row with the
// keyboard goes by place, so it is left out.
func (l *RecordList) FocusGained() { l.OnFocus(true) }

func (l *RecordList) FocusLost() { l.shiftHeld = false; l.OnFocus(false) }

func (l *RecordList) KeyDown(key *fyne.KeyEvent) { l.setShift(key, true) }

func (l *RecordList) KeyUp(key *fyne.KeyEvent) { l.setShift(key, false) }

func (l *RecordList) setShift(key *fyne.KeyEvent, down bool) {
	if key.Name == desktop.KeyShiftLeft || key.Name == desktop.KeyShiftRight {
		l.shiftHeld = down
	}
}

func (l *RecordList) TypedKey(key *fyne.KeyEvent) { l.OnKey(key, l.shiftHeld) }
