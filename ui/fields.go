package ui

import (
	"image/color"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// field takes text. What has the keyboard besides it decides what Enter and Escape do.
type field struct {
	widget.Entry
	pass    passKey
	onEnter func()                              // passed on when nil, but for a line's end in text of several lines
	onDown  func()                              // passed to the toolkit when nil
	onFocus func(fyne.CanvasObject)             // may be nil
	onPaste func(clipboard string) (taken bool) // may take what is pasted for more than text; may be nil
}

func newField(pass passKey) *field {
	e := &field{pass: pass}
	e.ExtendBaseWidget(e)
	return e
}

// newLine makes an entry with its cursor behind what is in it.
func (w *Window) newLine(placeHolder, content string) *field {
	e := newField(w.onKey)
	e.PlaceHolder, e.Text = placeHolder, content
	e.CursorColumn = len([]rune(content))
	return e
}

// AcceptsTab is called by the toolkit. Tab goes on from text of several lines, too.
func (e *field) AcceptsTab() bool { return false }

// FocusGained is called by the toolkit.
func (e *field) FocusGained() {
	e.Entry.FocusGained()
	if e.onFocus != nil {
		e.onFocus(e)
	}
}

// TypedKey is called by the toolkit.
func (e *field) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		switch {
		case e.MultiLine:
			e.Entry.TypedKey(key)
		case e.onEnter != nil:
			e.onEnter()
		default:
			e.pass(key)
		}
	case fyne.KeyEscape, fyne.KeyF1:
		e.pass(key)
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
func (e *field) TypedShortcut(shortcut fyne.Shortcut) {
	if paste, ok := shortcut.(*fyne.ShortcutPaste); ok && e.onPaste != nil && e.onPaste(paste.Clipboard.Content()) {
		return
	}
	e.Entry.TypedShortcut(shortcut)
}

// pick lets one of several be chosen. Enter opens it, as Space does.
type pick struct {
	widget.Select
	pass    passKey
	focused bool
	onFocus func(fyne.CanvasObject) // may be nil
}

// newPick makes one; chosen is told of the number of the option.
func newPick(pass passKey, chosen func(int)) *pick {
	c := &pick{pass: pass}
	c.ExtendBaseWidget(c)
	c.PlaceHolder = "…"
	c.OnChanged = func(string) { chosen(c.SelectedIndex()) }
	return c
}

// FocusGained is called by the toolkit.
func (c *pick) FocusGained() {
	c.focused = true
	c.Select.FocusGained()
	if c.onFocus != nil {
		c.onFocus(c)
	}
}

// FocusLost is called by the toolkit.
func (c *pick) FocusLost() {
	c.focused = false
	c.Select.FocusLost()
}

// CreateRenderer is called by the toolkit, which gives an entry an edge, and a choice none, so
// that it is not seen on a light ground.
func (c *pick) CreateRenderer() fyne.WidgetRenderer {
	c.ExtendBaseWidget(c)
	r := &pickRenderer{WidgetRenderer: c.Select.CreateRenderer(), pick: c, border: canvas.NewRectangle(color.Transparent)}
	r.show()
	return r
}

type pickRenderer struct {
	fyne.WidgetRenderer
	pick   *pick
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
	r.border.StrokeColor, r.border.StrokeWidth = colorOf(r.pick, theme.ColorNameInputBorder), th.Size(theme.SizeNameInputBorder)
	if r.pick.focused {
		r.border.StrokeColor, r.border.StrokeWidth = colorOf(r.pick, theme.ColorNamePrimary), 2*r.border.StrokeWidth
	}
	r.border.CornerRadius = th.Size(theme.SizeNameInputRadius)
}

// TypedKey is called by the toolkit.
func (c *pick) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		c.Select.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	case fyne.KeySpace, fyne.KeyUp, fyne.KeyDown, fyne.KeyLeft, fyne.KeyRight:
		c.Select.TypedKey(key)
	default:
		c.pass(key)
	}
}

// check is a box to tick. Enter ticks it, as Space does.
type check struct {
	widget.Check
	pass    passKey
	onFocus func(fyne.CanvasObject) // may be nil
}

func newCheck(pass passKey, changed func(bool)) *check {
	c := &check{pass: pass}
	c.ExtendBaseWidget(c)
	c.OnChanged = changed
	return c
}

// FocusGained is called by the toolkit.
func (c *check) FocusGained() {
	c.Check.FocusGained()
	if c.onFocus != nil {
		c.onFocus(c)
	}
}

// TypedKey is called by the toolkit.
func (c *check) TypedKey(key *fyne.KeyEvent) {
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

// named puts a name above a field of a form.
func named(name string, field fyne.CanvasObject) *fyne.Container {
	return container.New(column{gap: 3}, newText(theme.SizeNameCaptionText, colorMuted).set(name), field)
}

// shares sets objects side by side and shares the width out among those that can be seen, each
// by its weight.
type shares struct {
	gap     float32
	weights []float32
}

func (s shares) shown(objects []fyne.CanvasObject) (weights, gaps float32) {
	gaps = -s.gap
	for i, o := range objects {
		if o.Visible() {
			weights += s.weights[i]
			gaps += s.gap
		}
	}
	return weights, max(gaps, 0)
}

func (s shares) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	weights, gaps := s.shown(objects)
	x := float32(0)
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		width := (size.Width - gaps) * s.weights[i] / weights
		o.Move(fyne.NewPos(x, 0))
		o.Resize(fyne.NewSize(width, size.Height))
		x += width + s.gap
	}
}

func (s shares) MinSize(objects []fyne.CanvasObject) fyne.Size {
	_, gaps := s.shown(objects)
	size := fyne.NewSize(gaps, 0)
	for _, o := range objects {
		if o.Visible() {
			least := o.MinSize()
			size = fyne.NewSize(size.Width+least.Width, max(size.Height, least.Height))
		}
	}
	return size
}
