package kit

import (
	"image/color"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Field is a text entry for forms. Escape and F1, and Enter unless OnEnter is set, go to Pass, so that the form around
// the field decides what they do.
type Field struct {
	widget.Entry
	Pass    KeyHandler
	OnEnter func()                                // called by Enter; nil for Pass. A field of several lines inserts a line break instead
	OnDown  func()                                // called by Down; nil for what the toolkit does
	OnFocus func(fyne.CanvasObject)               // called when the field is focused; may be nil
	OnPaste func(clipboard string) (handled bool) // called before a paste; true suppresses the paste. May be nil
}

// NewField returns an empty field of one line. The function pass is called with the keys that the field does not handle.
func NewField(pass KeyHandler) *Field {
	e := &Field{Pass: pass}
	e.ExtendBaseWidget(e)
	return e
}

// RevealWith sets OnFocus to reveal, which scrolls the focused object into view.
func (e *Field) RevealWith(reveal func(fyne.CanvasObject)) { e.OnFocus = reveal }

// RevealWith sets OnFocus to reveal, which scrolls the focused object into view.
func (c *Select) RevealWith(reveal func(fyne.CanvasObject)) { c.OnFocus = reveal }

// RevealWith sets OnFocus to reveal, which scrolls the focused object into view.
func (c *Check) RevealWith(reveal func(fyne.CanvasObject)) { c.OnFocus = reveal }

// AcceptsTab returns false, so that Tab moves the focus in a field of several lines, too.
func (e *Field) AcceptsTab() bool { return false }

func (e *Field) FocusGained() {
	e.Entry.FocusGained()
	if e.OnFocus != nil {
		e.OnFocus(e)
	}
}

func (e *Field) TypedRune(r rune) {
	if !letterUsed() {
		e.Entry.TypedRune(r)
	}
}

func (e *Field) TypedKey(key *fyne.KeyEvent) {
	DropLetter()
	switch key.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		switch {
		case e.MultiLine:
			e.Entry.TypedKey(key)
		case e.OnEnter != nil:
			e.OnEnter()
		default:
			e.Pass(key)
		}
	case fyne.KeyEscape, fyne.KeyF1:
		e.Pass(key)
	case fyne.KeyDown:
		if e.OnDown != nil {
			e.OnDown()
			return
		}
		e.Entry.TypedKey(key)
	default:
		e.Entry.TypedKey(key)
	}
}

func (e *Field) TypedShortcut(shortcut fyne.Shortcut) {
	if paste, ok := shortcut.(*fyne.ShortcutPaste); ok {
		if e.OnPaste != nil && e.OnPaste(paste.Clipboard.Content()) {
			return
		}
		if !e.MultiLine {
			shortcut = &fyne.ShortcutPaste{Clipboard: oneLineClipboard{paste.Clipboard}}
		}
	}
	e.Entry.TypedShortcut(shortcut)
}

// oneLineClipboard is a clipboard for fields of one line. It leaves out the line ends after its content, which come along
// when a cell of a spreadsheet or a whole line is copied. The toolkit would make blanks of them.
type oneLineClipboard struct{ fyne.Clipboard }

func (c oneLineClipboard) Content() string { return strings.TrimRight(c.Clipboard.Content(), "\r\n") }

// Select is the toolkit's select. Enter opens it, as Space does, and the focus is a ring around it.
type Select struct {
	widget.Select
	pass    KeyHandler
	focused bool
	OnOpen  func()                  // called in place of opening the menu of the options; may be nil
	OnFocus func(fyne.CanvasObject) // may be nil
}

// NewSelect returns a select without options. The function chosen is called with the index of the option that was chosen,
// and the function pass with the keys that the select does not handle.
func NewSelect(pass KeyHandler, chosen func(int)) *Select {
	c := &Select{pass: pass}
	c.ExtendBaseWidget(c)
	c.PlaceHolder = "…"
	c.OnChanged = func(string) { chosen(c.SelectedIndex()) }
	return c
}

// FocusGained does not call the toolkit's method, which would fill the select with another color.
func (c *Select) FocusGained() {
	c.focused = true
	c.Refresh()
	if c.OnFocus != nil {
		c.OnFocus(c)
	}
}

func (c *Select) FocusLost() {
	c.focused = false
	c.Refresh()
}

// CreateRenderer adds a border, as the toolkit's entry has one. Without it a select cannot be seen on a light
// background.
func (c *Select) CreateRenderer() fyne.WidgetRenderer {
	c.ExtendBaseWidget(c)
	r := &selectRenderer{WidgetRenderer: c.Select.CreateRenderer(), field: c, border: canvas.NewRectangle(color.Transparent)}
	r.show()
	return r
}

type selectRenderer struct {
	fyne.WidgetRenderer
	field  *Select
	border *canvas.Rectangle
}

func (r *selectRenderer) Objects() []fyne.CanvasObject {
	return append(slices.Clone(r.WidgetRenderer.Objects()), r.border)
}

func (r *selectRenderer) Layout(size fyne.Size) {
	r.border.Resize(size)
	r.WidgetRenderer.Layout(size)
}

func (r *selectRenderer) Refresh() {
	r.show()
	r.border.Refresh()
	r.WidgetRenderer.Refresh()
}

func (r *selectRenderer) show() {
	th := r.field.Theme()
	r.border.StrokeColor, r.border.StrokeWidth = ColorOf(r.field, theme.ColorNameInputBorder), th.Size(theme.SizeNameInputBorder)
	if r.field.focused {
		r.border.StrokeColor, r.border.StrokeWidth = ColorOf(r.field, theme.ColorNamePrimary), 2*r.border.StrokeWidth
	}
	r.border.CornerRadius = th.Size(theme.SizeNameInputRadius)
}

func (c *Select) Tapped(e *fyne.PointEvent) {
	if c.OnOpen != nil {
		Focus(c)
		c.OnOpen()
		return
	}
	c.Select.Tapped(e)
}

func (c *Select) TypedRune(rune) { DropLetter() }

func (c *Select) TypedKey(key *fyne.KeyEvent) {
	opens := slices.Contains([]fyne.KeyName{fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace, fyne.KeyUp, fyne.KeyDown}, key.Name)
	if c.OnOpen != nil && opens {
		UseKey(c.OnOpen)
		return
	}
	switch key.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		c.Select.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	case fyne.KeySpace, fyne.KeyUp, fyne.KeyDown, fyne.KeyLeft, fyne.KeyRight:
		c.Select.TypedKey(key)
	default:
		c.pass(key)
	}
}

// Check is the toolkit's checkbox. Enter toggles it, as Space does, and the focus is a ring around it.
type Check struct {
	widget.Check
	pass    KeyHandler
	focused bool
	OnFocus func(fyne.CanvasObject) // may be nil
}

// NewCheck returns an unchecked checkbox. The function changed is called with each new state, and the function pass with
// the keys that the checkbox does not handle.
func NewCheck(pass KeyHandler, changed func(bool)) *Check {
	c := &Check{pass: pass}
	c.ExtendBaseWidget(c)
	c.OnChanged = changed
	return c
}

// FocusGained does not call the toolkit's method, which would lay a colored disk under the box.
func (c *Check) FocusGained() {
	c.focused = true
	c.Refresh()
	if c.OnFocus != nil {
		c.OnFocus(c)
	}
}

func (c *Check) FocusLost() {
	c.focused = false
	c.Refresh()
}

func (c *Check) CreateRenderer() fyne.WidgetRenderer {
	c.ExtendBaseWidget(c)
	r := &checkRenderer{WidgetRenderer: c.Check.CreateRenderer(), check: c, ring: canvas.NewRectangle(color.Transparent)}
	r.show()
	return r
}

type checkRenderer struct {
	fyne.WidgetRenderer
	check *Check
	ring  *canvas.Rectangle
}

func (r *checkRenderer) Objects() []fyne.CanvasObject {
	return append(slices.Clone(r.WidgetRenderer.Objects()), r.ring)
}

// Layout puts the ring around the box and its text, and not around the room to the right of them.
func (r *checkRenderer) Layout(size fyne.Size) {
	r.ring.Resize(fyne.NewSize(min(size.Width, r.MinSize().Width), size.Height))
	r.WidgetRenderer.Layout(size)
}

func (r *checkRenderer) Refresh() {
	r.show()
	r.ring.Refresh()
	r.WidgetRenderer.Refresh()
}

func (r *checkRenderer) show() {
	r.ring.Hidden = !r.check.focused || r.check.Disabled()
	r.ring.StrokeColor, r.ring.StrokeWidth = ColorOf(r.check, theme.ColorNamePrimary), ButtonRing
	r.ring.CornerRadius = r.check.Theme().Size(theme.SizeNameInputRadius)
}

func (c *Check) TypedRune(r rune) {
	if !letterUsed() {
		c.Check.TypedRune(r)
	}
}

func (c *Check) TypedKey(key *fyne.KeyEvent) {
	DropLetter()
	switch key.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		if !c.Disabled() {
			c.SetChecked(!c.Checked)
		}
	case fyne.KeySpace: // the toolkit toggles the box by TypedRune
	default:
		c.pass(key)
	}
}

// NewLabeled returns a field with its name above it.
func NewLabeled(name string, field fyne.CanvasObject) *fyne.Container {
	return container.New(Column(3), NewText(theme.SizeNameCaptionText, ColorMuted).Set(name), field)
}
