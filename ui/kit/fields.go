package kit

import (
	"image/color"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Field takes text. What has the keyboard besides it decides what Enter and Escape do.
type Field struct {
	widget.Entry
	Pass    KeyHandler
	OnEnter func()                              // passed on when nil, but for a line's end in text of several lines
	onDown  func()                              // passed to the toolkit when nil
	OnFocus func(fyne.CanvasObject)             // may be nil
	OnPaste func(clipboard string) (taken bool) // may take what is pasted for more than text; may be nil
}

// NewField returns an empty field for text. Pass hears the keys that it has no use for.
func NewField(pass KeyHandler) *Field {
	e := &Field{Pass: pass}
	e.ExtendBaseWidget(e)
	return e
}

// RevealWith has something brought into sight when it gets the keyboard.
func (e *Field) RevealWith(reveal func(fyne.CanvasObject)) { e.OnFocus = reveal }

// RevealWith has something brought into sight when it gets the keyboard.
func (c *Select) RevealWith(reveal func(fyne.CanvasObject)) { c.OnFocus = reveal }

// RevealWith has something brought into sight when it gets the keyboard.
func (c *Check) RevealWith(reveal func(fyne.CanvasObject)) { c.OnFocus = reveal }

// AcceptsTab is called by the toolkit. Tab goes on from text of several lines, too.
func (e *Field) AcceptsTab() bool { return false }

func (e *Field) FocusGained() {
	e.Entry.FocusGained()
	if e.OnFocus != nil {
		e.OnFocus(e)
	}
}

func (e *Field) TypedKey(key *fyne.KeyEvent) {
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
		if e.onDown != nil {
			e.onDown()
			return
		}
		e.Entry.TypedKey(key)
	default:
		e.Entry.TypedKey(key)
	}
}

func (e *Field) TypedShortcut(shortcut fyne.Shortcut) {
	if paste, ok := shortcut.(*fyne.ShortcutPaste); ok && e.OnPaste != nil && e.OnPaste(paste.Clipboard.Content()) {
		return
	}
	e.Entry.TypedShortcut(shortcut)
}

// Select lets one of several be chosen. Enter opens it, as Space does.
type Select struct {
	widget.Select
	pass    KeyHandler
	focused bool
	OnFocus func(fyne.CanvasObject) // may be nil
}

// NewSelect makes one; chosen is told of the number of the option.
func NewSelect(pass KeyHandler, chosen func(int)) *Select {
	c := &Select{pass: pass}
	c.ExtendBaseWidget(c)
	c.PlaceHolder = "…"
	c.OnChanged = func(string) { chosen(c.SelectedIndex()) }
	return c
}

func (c *Select) FocusGained() {
	c.focused = true
	c.Select.FocusGained()
	if c.OnFocus != nil {
		c.OnFocus(c)
	}
}

func (c *Select) FocusLost() {
	c.focused = false
	c.Select.FocusLost()
}

// CreateRenderer is called by the toolkit, which gives an entry an edge, and a choice none, so
// that it is not seen on a light ground.
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

func (c *Select) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		c.Select.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	case fyne.KeySpace, fyne.KeyUp, fyne.KeyDown, fyne.KeyLeft, fyne.KeyRight:
		c.Select.TypedKey(key)
	default:
		c.pass(key)
	}
}

// Check is a box to tick. Enter ticks it, as Space does.
type Check struct {
	widget.Check
	pass    KeyHandler
	OnFocus func(fyne.CanvasObject) // may be nil
}

// NewCheck returns a box that is not ticked. Changed is called when it is ticked, or no more.
func NewCheck(pass KeyHandler, changed func(bool)) *Check {
	c := &Check{pass: pass}
	c.ExtendBaseWidget(c)
	c.OnChanged = changed
	return c
}

func (c *Check) FocusGained() {
	c.Check.FocusGained()
	if c.OnFocus != nil {
		c.OnFocus(c)
	}
}

func (c *Check) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		if !c.Disabled() {
			c.SetChecked(!c.Checked)
		}
	case fyne.KeySpace: // arrives as a rune, too
	default:
		c.pass(key)
	}
}

// NewLabeled puts a name above a field of a form.
func NewLabeled(name string, field fyne.CanvasObject) *fyne.Container {
	return container.New(Column(3), NewText(theme.SizeNameCaptionText, ColorMuted).Set(name), field)
}
