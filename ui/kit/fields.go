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

// FocusGained is called by the toolkit.
func (e *Field) FocusGained() {
	e.Entry.FocusGained()
	if e.OnFocus != nil {
		e.OnFocus(e)
	}
}

// TypedKey is called by the toolkit.
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

// TypedShortcut is called by the toolkit.
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

// FocusGained is called by the toolkit.
func (c *Select) FocusGained() {
	c.focused = true
	c.Select.FocusGained()
	if c.OnFocus != nil {
		c.OnFocus(c)
	}
}

// FocusLost is called by the toolkit.
func (c *Select) FocusLost() {
	c.focused = false
	c.Select.FocusLost()
}

// CreateRenderer is called by the toolkit, which gives an entry an edge, and a choice none, so
// that it is not seen on a light ground.
func (c *Select) CreateRenderer() fyne.WidgetRenderer {
	c.ExtendBaseWidget(c)
	r := &pickRenderer{WidgetRenderer: c.Select.CreateRenderer(), pick: c, border: canvas.NewRectangle(color.Transparent)}
	r.show()
	return r
}

type pickRenderer struct {
	fyne.WidgetRenderer
	pick   *Select
	border *canvas.Rectangle
}

func (r *pickRenderer) Objects() []fyne.CanvasObject {
	return append(slices.Clone(r.WidgetRenderer.Objects()), r.border)
}

func (r *pickRenderer) Layout(size fyne.Size) {
	r.border.Resize(size)
	r.WidgetRenderer.Layout(size)
}

func (r *pickRenderer) Refresh() {
	r.show()
	r.border.Refresh()
	r.WidgetRenderer.Refresh()
}

func (r *pickRenderer) show() {
	th := r.pick.Theme()
	r.border.StrokeColor, r.border.StrokeWidth = ColorOf(r.pick, theme.ColorNameInputBorder), th.Size(theme.SizeNameInputBorder)
	if r.pick.focused {
		r.border.StrokeColor, r.border.StrokeWidth = ColorOf(r.pick, theme.ColorNamePrimary), 2*r.border.StrokeWidth
	}
	r.border.CornerRadius = th.Size(theme.SizeNameInputRadius)
}

// TypedKey is called by the toolkit.
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

// FocusGained is called by the toolkit.
func (c *Check) FocusGained() {
	c.Check.FocusGained()
	if c.OnFocus != nil {
		c.OnFocus(c)
	}
}

// TypedKey is called by the toolkit.
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
