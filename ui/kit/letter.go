package kit

import (
	"runtime"

	"fyne.io/fyne/v2"
)

// A key that types a letter arrives twice: the toolkit first calls TypedKey of the focused widget, and then TypedRune of the
// widget that is focused by then. When the key is a command that opens a field, the letter would be typed into that field. So
// whatever is done by such a key is done by [UseKey], and fields drop the letter that comes after it.

// keyUsed is true from a key that was used as a command until its letter, or the next key.
var keyUsed bool

// UseKey calls the function do, which a key stands for that also types a letter or a space. A field that do focuses does
// not take that letter.
func UseKey(do func()) {
	keyUsed = true
	do()
}

// NewMenuItem returns an item of a pop-up menu, which the space bar chooses, too. The function do may be nil.
func NewMenuItem(label string, do func()) *fyne.MenuItem {
	return fyne.NewMenuItem(label, func() {
		if do != nil {
			UseKey(do)
		}
	})
}

// letterUsed reports whether the letter that was typed now belongs to a key that was used as a command.
func letterUsed() bool {
	used := keyUsed
	keyUsed = false
	return used
}

// DropLetter is for the TypedRune of widgets that take no letters.
func DropLetter() { keyUsed = false }

// scanCodes have the keys of the letters that are commands by themselves, as the driver numbers keys on each system.
var scanCodes = map[string]map[int]fyne.KeyName{
	"windows": {0x1e: fyne.KeyA, 0x13: fyne.KeyR, 0x31: fyne.KeyN}, // scan code set 1
	"darwin":  {0x00: fyne.KeyA, 0x0f: fyne.KeyR, 0x2d: fyne.KeyN}, // kVK_ANSI_A and others, of the HIToolbox framework
	"":        {38: fyne.KeyA, 27: fyne.KeyR, 57: fyne.KeyN},       // X11: the number of the Linux kernel plus 8
}

// LetterOf returns the letter of a key as [fyne.KeyA], [fyne.KeyR] or [fyne.KeyN], and any other key by its name. Where the
// layout has no Latin letter on a key, as in Arabic and Russian, the place of the key counts.
func LetterOf(key *fyne.KeyEvent) fyne.KeyName {
	if key.Name != fyne.KeyUnknown {
		return key.Name
	}
	codes, ok := scanCodes[runtime.GOOS]
	if !ok {
		codes = scanCodes[""]
	}
	return codes[key.Physical.ScanCode]
}
