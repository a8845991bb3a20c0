package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"countersign/core/i18n"
)

// SearchEntry is the search field. Down and Enter call OnDown, which must be set. Escape clears the text; in an empty
// field it goes to the key handler.
type SearchEntry struct {
	widget.Entry
	pass   KeyHandler
	OnDown func()
}

// NewSearchEntry returns an empty search field. The function pass is called with the keys that the field does not handle.
func NewSearchEntry(lang i18n.Language, pass KeyHandler) *SearchEntry {
	e := &SearchEntry{pass: pass}
	e.ExtendBaseWidget(e)
	e.PlaceHolder = lang.Say("window.search")
	e.Icon = themedIcon{IconSearch, ColorMuted}
	return e
}

func (e *SearchEntry) TypedRune(r rune) {
	if !letterUsed() {
		e.Entry.TypedRune(r)
	}
}

func (e *SearchEntry) TypedKey(key *fyne.KeyEvent) {
	DropLetter()
	switch key.Name {
	case fyne.KeyDown, fyne.KeyReturn, fyne.KeyEnter:
		e.OnDown()
	case fyne.KeyEscape:
		if e.Text == "" {
			e.pass(key)
			return
		}
		e.SetText("")
	case fyne.KeyF1, fyne.KeyF5:
		e.pass(key)
	default:
		e.Entry.TypedKey(key)
	}
}

// ReadOnlyEntry shows text that can be selected and copied but not changed.
type ReadOnlyEntry struct {
	widget.Entry
	pass    KeyHandler
	OnFocus func(fyne.CanvasObject) // called when the entry is focused; may be nil
}

// NewReadOnlyEntry returns an empty read-only entry. The function pass is called with the keys that the entry does not
// handle.
func NewReadOnlyEntry(pass KeyHandler) *ReadOnlyEntry {
	e := &ReadOnlyEntry{pass: pass}
	e.ExtendBaseWidget(e)
	return e
}

func (e *ReadOnlyEntry) FocusGained() {
	e.Entry.FocusGained()
	if e.OnFocus != nil {
		e.OnFocus(e)
	}
}

// TypedRune does nothing: the text cannot be changed.
func (e *ReadOnlyEntry) TypedRune(rune) { DropLetter() }

// TypedShortcut handles copying and selecting only: the text cannot be changed.
func (e *ReadOnlyEntry) TypedShortcut(shortcut fyne.Shortcut) {
	switch shortcut.(type) {
	case *fyne.ShortcutCopy, *fyne.ShortcutSelectAll:
		e.Entry.TypedShortcut(shortcut)
	}
}

func (e *ReadOnlyEntry) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeyLeft, fyne.KeyRight, fyne.KeyHome, fyne.KeyEnd:
		e.Entry.TypedKey(key)
	case fyne.KeyBackspace, fyne.KeyDelete, fyne.KeyReturn, fyne.KeyEnter:
	default:
		e.pass(key)
	}
}
