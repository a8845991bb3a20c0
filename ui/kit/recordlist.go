package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// RecordList is the toolkit's list without its own selection: it hands all keys to OnKey and reports focus to OnFocus,
// both of which must be set. The owner identifies the chosen row by its record and not by its index, so that it stays
// chosen when rows move.
type RecordList struct {
	widget.List
	OnKey     func(key *fyne.KeyEvent, shift bool)
	OnFocus   func(has bool)
	shiftHeld bool
}

// NewRecordList returns a list without rows.
func NewRecordList() *RecordList {
	l := &RecordList{}
	l.HideSeparators = true
	l.ExtendBaseWidget(l)
	return l
}

// FocusGained does not call the toolkit's method, which would highlight a row by its index.
func (l *RecordList) FocusGained() { l.OnFocus(true) }

func (l *RecordList) FocusLost() { l.shiftHeld = false; l.OnFocus(false) }

func (l *RecordList) KeyDown(key *fyne.KeyEvent) { l.setShift(key, true) }

func (l *RecordList) KeyUp(key *fyne.KeyEvent) { l.setShift(key, false) }

func (l *RecordList) setShift(key *fyne.KeyEvent, down bool) {
	if key.Name == desktop.KeyShiftLeft || key.Name == desktop.KeyShiftRight {
		l.shiftHeld = down
	}
}

func (l *RecordList) TypedRune(rune) { DropLetter() }

func (l *RecordList) TypedKey(key *fyne.KeyEvent) { l.OnKey(key, l.shiftHeld) }
