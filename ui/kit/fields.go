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

// CreateRenderer draws a disabled field as a disabled select. The toolkit gives it the border of strong text, so that it stands out among fields
// that can be changed.
func (e *Field) CreateRenderer() fyne.WidgetRenderer {
	e.ExtendBaseWidget(e)
	return fieldRenderer{e.Entry.CreateRenderer(), e}
}

type fieldRenderer struct {
	fyne.WidgetRenderer
	field *Field
}

// Refresh changes the colors of the two rectangles with which the toolkit's entry begins: its background and its border.
func (r fieldRenderer) Refresh() {
	if r.WidgetRenderer.Refresh(); r.field.Disabled() {
		background, border := r.Objects()[0].(*canvas.Rectangle), r.Objects()[1].(*canvas.Rectangle)
		background.FillColor, border.StrokeColor = ColorOf(r.field, theme.ColorNameDisabledButton), ColorOf(r.field, theme.ColorNameInputBorder)
		background.Refresh()
		border.Refresh()
	}
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
	return newOutlined(c.Select.CreateRenderer(), c.drawBorder)
}

func (c *Select) drawBorder(border *canvas.Rectangle) {
	th := c.Theme()
	border.StrokeColor, border.StrokeWidth = ColorOf(c, theme.ColorNameInputBorder), th.Size(theme.SizeNameInputBorder)
	if c.focused {
		border.StrokeColor, border.StrokeWidth = ColorOf(c, theme.ColorNamePrimary), 2*border.StrokeWidth
	}
	border.CornerRadius = th.Size(theme.SizeNameInputRadius)
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
	return checkRenderer{newOutlined(c.Check.CreateRenderer(), c.drawRing)}
}

func (c *Check) drawRing(ring *canvas.Rectangle) {
	ring.Hidden = !c.focused || c.Disabled()
	ring.StrokeColor, ring.StrokeWidth = ColorOf(c, theme.ColorNamePrimary), ButtonRing
	ring.CornerRadius = c.Theme().Size(theme.SizeNameInputRadius)
}

type checkRenderer struct{ *outlined }

// Layout puts the ring around the box and its text, and not around the room to the right of them.
func (r checkRenderer) Layout(size fyne.Size) {
	r.outlined.Layout(size)
	r.outline.Resize(fyne.NewSize(min(size.Width, r.MinSize().Width), size.Height))
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

// outlined draws a widget of the toolkit with an outline over it. The function draw sets how the outline looks; it is
// called at each refresh.
type outlined struct {
	fyne.WidgetRenderer
	outline *canvas.Rectangle
	draw    func(*canvas.Rectangle)
}

func newOutlined(widget fyne.WidgetRenderer, draw func(*canvas.Rectangle)) *outlined {
	r := &outlined{WidgetRenderer: widget, outline: canvas.NewRectangle(color.Transparent), draw: draw}
	draw(r.outline)
	return r
}

func (r *outlined) Objects() []fyne.CanvasObject {
	return append(slices.Clone(r.WidgetRenderer.Objects()), r.outline)
}

func (r *outlined) Layout(size fyne.Size) {
	border := theme.InputBorderSize()
	r.outline.Resize(size.SubtractWidthHeight(border+.5, border+.5)) // as the toolkit's entry draws its own
	r.outline.Move(fyne.NewSquareOffsetPos(border / 2))
	r.WidgetRenderer.Layout(size)
}

func (r *outlined) Refresh() {
	r.draw(r.outline)
	r.outline.Refresh()
	r.WidgetRenderer.Refresh()
}

// NewLabeled returns a field with its name above it.
func NewLabeled(name string, field fyne.CanvasObject) *fyne.Container {
	return container.New(Column(3), NewText(theme.SizeNameCaptionText, ColorMuted).Set(name), field)
}
