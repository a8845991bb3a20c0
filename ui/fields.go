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

// field is an entry of a form. Enter and Escape are the form's.
type field struct {
	widget.Entry
	pass    passKey
	onPaste func(clipboard string) (taken bool) // may take what is pasted for more than text
}

func newField(pass passKey) *field {
	f := &field{pass: pass}
	f.ExtendBaseWidget(f)
	return f
}

// TypedKey is called by the toolkit.
func (f *field) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeyEscape, fyne.KeyF1:
		f.pass(key)
	default:
		f.Entry.TypedKey(key)
	}
}

// TypedShortcut is called by the toolkit.
func (f *field) TypedShortcut(shortcut fyne.Shortcut) {
	if paste, ok := shortcut.(*fyne.ShortcutPaste); ok && f.onPaste != nil && f.onPaste(paste.Clipboard.Content()) {
		return
	}
	f.Entry.TypedShortcut(shortcut)
}

// chooser is a choice of one from several. Enter and Escape are the form's.
type chooser struct {
	widget.Select
	pass    passKey
	focused bool
}

func newChooser(pass passKey, changed func(string)) *chooser {
	c := &chooser{pass: pass}
	c.OnChanged, c.PlaceHolder = changed, "…"
	c.ExtendBaseWidget(c)
	return c
}

// TypedKey is called by the toolkit.
func (c *chooser) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeyEscape, fyne.KeyF1:
		c.pass(key)
	default:
		c.Select.TypedKey(key)
	}
}

// CreateRenderer is called by the toolkit. The toolkit gives an entry an edge, and a choice
// none, so that it is not seen on a light ground.
func (c *chooser) CreateRenderer() fyne.WidgetRenderer {
	c.ExtendBaseWidget(c)
	r := &chooserRenderer{WidgetRenderer: c.Select.CreateRenderer(), chooser: c, edge: canvas.NewRectangle(color.Transparent)}
	r.show()
	return r
}

type chooserRenderer struct {
	fyne.WidgetRenderer
	chooser *chooser
	edge    *canvas.Rectangle
}

func (r *chooserRenderer) Objects() []fyne.CanvasObject {
	return append(slices.Clone(r.WidgetRenderer.Objects()), r.edge)
}

func (r *chooserRenderer) Layout(size fyne.Size) {
	r.edge.Resize(size)
	r.WidgetRenderer.Layout(size)
}

func (r *chooserRenderer) Refresh() {
	r.show()
	r.WidgetRenderer.Refresh()
}

func (r *chooserRenderer) show() {
	edge := theme.ColorNameInputBorder
	if r.chooser.focused {
		edge = theme.ColorNamePrimary
	}
	th := r.chooser.Theme()
	r.edge.StrokeColor, r.edge.StrokeWidth = colorOf(r.chooser, edge), th.Size(theme.SizeNameInputBorder)
	r.edge.CornerRadius = th.Size(theme.SizeNameInputRadius)
}

// FocusGained is called by the toolkit.
func (c *chooser) FocusGained() {
	c.focused = true
	c.Select.FocusGained()
}

// FocusLost is called by the toolkit.
func (c *chooser) FocusLost() {
	c.focused = false
	c.Select.FocusLost()
}

// ticker is a box to be ticked with Space. Other keys are the form's.
type ticker struct {
	widget.Check
	pass passKey
}

func newTicker(pass passKey, changed func(bool)) *ticker {
	t := &ticker{pass: pass}
	t.OnChanged = changed
	t.ExtendBaseWidget(t)
	return t
}

// TypedKey is called by the toolkit.
func (t *ticker) TypedKey(key *fyne.KeyEvent) { t.pass(key) }

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
