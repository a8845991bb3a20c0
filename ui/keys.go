package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/i18n"
)

// The toolkit gives a key without a modifier to the widget that has the keyboard, and to
// nobody else. So every widget of the window that can have it passes on what it does not
// need itself.

// passKey is told of a key that a widget has no use for.
type passKey func(*fyne.KeyEvent)

const (
	buttonSide = 10
	buttonRing = 2
)

// button is a button that Enter presses too, that keeps the keyboard when it was pressed
// by key, and that passes other keys on.
type button struct {
	widget.Button
	pass    passKey
	focused bool
	explain explainer
	hint    string                  // says what a button without words does
	onFocus func(fyne.CanvasObject) // may be nil
}

func newButton(label string, i icon, importance widget.Importance, pass passKey, tapped func()) *button {
	b := &button{pass: pass}
	b.Text, b.Importance, b.OnTapped = label, importance, tapped
	b.setIcon(i)
	b.ExtendBaseWidget(b)
	return b
}

// newIconButton makes a button without words, which says what it does when it is under the
// mouse or has the keyboard. The keys that do the same may be empty.
func newIconButton(lang i18n.Language, what, keys string, i icon, pass passKey, explain explainer, tapped func()) *button {
	b := newButton("", i, widget.LowImportance, pass, tapped)
	b.hint, b.explain = what, explain
	if keys != "" {
		b.hint = lang.Say("win.tip", what, keys)
	}
	return b
}

func (b *button) setIcon(i icon) {
	if i == "" {
		b.Icon = nil
		return
	}
	b.Icon = tinted{i, buttonInk(b.Importance)}
}

// show changes what the button says, if it says something else.
func (b *button) show(label string, i icon, importance widget.Importance) {
	var icon fyne.Resource
	if i != "" {
		icon = tinted{i, buttonInk(importance)}
	}
	if b.Text == label && b.Importance == importance && b.Icon == icon {
		return
	}
	b.Text, b.Importance, b.Icon = label, importance, icon
	b.Refresh()
}

// reveals has something brought into sight when it gets the keyboard.
func (b *button) reveals(reveal func(fyne.CanvasObject)) { b.onFocus = reveal }

// FocusGained is called by the toolkit.
func (b *button) FocusGained() {
	b.focused = true
	b.Button.FocusGained()
	b.showHint(true)
	if b.onFocus != nil {
		b.onFocus(b)
	}
}

// FocusLost is called by the toolkit.
func (b *button) FocusLost() {
	b.focused = false
	b.Button.FocusLost()
	b.showHint(false)
}

// MouseIn is called by the toolkit.
func (b *button) MouseIn(e *desktop.MouseEvent) {
	b.Button.MouseIn(e)
	b.showHint(true)
}

// MouseOut is called by the toolkit.
func (b *button) MouseOut() {
	b.Button.MouseOut()
	b.showHint(false)
}

// Tapped is called by the toolkit.
func (b *button) Tapped(e *fyne.PointEvent) {
	b.showHint(false)
	b.Button.Tapped(e)
}

// showHint says what the button does, or no more.
func (b *button) showHint(on bool) {
	switch {
	case b.hint == "":
	case on:
		b.explain(b, b.hint, fyne.Position{}, b.Size().Height)
	default:
		b.explain(b, "", fyne.Position{}, 0)
	}
}

// CreateRenderer is called by the toolkit. The toolkit shows by a shade of the button
// that it has the keyboard, which nobody sees on a button in the accent colour; a ring
// around it is seen.
func (b *button) CreateRenderer() fyne.WidgetRenderer {
	b.ExtendBaseWidget(b)
	r := &buttonRenderer{WidgetRenderer: b.Button.CreateRenderer(), button: b, ring: canvas.NewRectangle(nil)}
	r.show()
	return r
}

type buttonRenderer struct {
	fyne.WidgetRenderer
	button *button
	ring   *canvas.Rectangle
}

func (r *buttonRenderer) Objects() []fyne.CanvasObject {
	return append([]fyne.CanvasObject{r.ring}, r.WidgetRenderer.Objects()...)
}

func (r *buttonRenderer) Layout(size fyne.Size) {
	r.ring.Move(fyne.NewSquareOffsetPos(-buttonRing))
	r.ring.Resize(size.AddWidthHeight(2*buttonRing, 2*buttonRing))
	r.WidgetRenderer.Layout(size)
}

func (r *buttonRenderer) Refresh() {
	r.show()
	r.WidgetRenderer.Refresh()
}

func (r *buttonRenderer) show() {
	r.ring.Hidden = !r.button.focused
	r.ring.FillColor = colorOf(r.button, theme.ColorNameForeground)
	r.ring.CornerRadius = r.button.Theme().Size(theme.SizeNameButtonRadius) + buttonRing
}

// MinSize leaves more room beside the words than the toolkit does.
func (b *button) MinSize() fyne.Size {
	size := b.Button.MinSize()
	if b.Text != "" {
		size.Width += buttonSide
	}
	return size
}

// TypedKey is called by the toolkit.
func (b *button) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		if !b.Disabled() && b.OnTapped != nil {
			b.showHint(false)
			b.OnTapped()
		}
	default:
		b.pass(key)
	}
}

// searchEntry is the search field: Down and Enter lead to the list, Escape empties it.
type searchEntry struct {
	widget.Entry
	pass   passKey
	onDown func()
}

func newSearchEntry(lang i18n.Language, pass passKey) *searchEntry {
	e := &searchEntry{pass: pass}
	e.ExtendBaseWidget(e)
	e.PlaceHolder = lang.Say("window.search")
	e.Icon = tinted{iconSearch, colorMuted}
	return e
}

// TypedKey is called by the toolkit.
func (e *searchEntry) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeyDown, fyne.KeyReturn, fyne.KeyEnter:
		e.onDown()
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

// readOnlyEntry shows text that can be marked and copied, and not be changed.
type readOnlyEntry struct {
	widget.Entry
	pass passKey
}

func newReadOnlyEntry(pass passKey) *readOnlyEntry {
	e := &readOnlyEntry{pass: pass}
	e.ExtendBaseWidget(e)
	return e
}

// TypedRune is called by the toolkit; nothing can be typed here.
func (e *readOnlyEntry) TypedRune(rune) {}

// TypedShortcut is called by the toolkit; marking and copying alone are possible.
func (e *readOnlyEntry) TypedShortcut(shortcut fyne.Shortcut) {
	switch shortcut.(type) {
	case *fyne.ShortcutCopy, *fyne.ShortcutSelectAll:
		e.Entry.TypedShortcut(shortcut)
	}
}

// TypedKey is called by the toolkit.
func (e *readOnlyEntry) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeyLeft, fyne.KeyRight, fyne.KeyHome, fyne.KeyEnd:
		e.Entry.TypedKey(key)
	case fyne.KeyBackspace, fyne.KeyDelete, fyne.KeyReturn, fyne.KeyEnter:
	default:
		e.pass(key)
	}
}
