package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// Ctrl returns the shortcut of a key with Ctrl, or Cmd on a Mac.
func Ctrl(key fyne.KeyName) *desktop.CustomShortcut {
	return &desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierShortcutDefault}
}

// CtrlShift returns the shortcut of a key with Ctrl (Cmd on a Mac) and Shift.
func CtrlShift(key fyne.KeyName) *desktop.CustomShortcut {
	return &desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierShortcutDefault | fyne.KeyModifierShift}
}

// OpensMenu reports whether a key opens the menu of what has the keyboard: the menu key, or F10 with Shift.
func OpensMenu(key *fyne.KeyEvent, shift bool) bool {
	return key.Name == desktop.KeyMenu || key.Name == fyne.KeyF10 && shift
}

// ShiftHeld reports whether a Shift key is held down.
func ShiftHeld() bool {
	d, ok := fyne.CurrentApp().Driver().(desktop.Driver)
	return ok && d.CurrentKeyModifiers()&fyne.KeyModifierShift != 0
}

// KeyAlone returns the shortcut of a key without modifiers. Menus only display it; the key handler of the window handles
// the key.
func KeyAlone(key fyne.KeyName) *desktop.CustomShortcut { return &desktop.CustomShortcut{KeyName: key} }
