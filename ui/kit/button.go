package kit

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

// KeyHandler is told of a key that a widget has no use for.
type KeyHandler func(*fyne.KeyEvent)

const (
	buttonExtraWidth = 10
	ButtonRing       = 2
	RingWidth        = 1.5 // around a row that has the keyboard
)

// Button is a Button that Enter presses too, that keeps the keyboard when it was pressed
// by key, and that passes other keys on.
type Button struct {
	widget.Button
	Pass    KeyHandler
	focused bool
	explain Explainer
	hint    string                  // says what a button without words does
	OnFocus func(fyne.CanvasObject) // may be nil
}

// NewButton returns a button. The icon may be empty. Pass hears the keys that the button has no use for.
func NewButton(label string, i Icon, importance widget.Importance, pass KeyHandler, tapped func()) *Button {
	b := &Button{Pass: pass}
	b.Text, b.Importance, b.OnTapped = label, importance, tapped
	b.setIcon(i)
	b.ExtendBaseWidget(b)
	return b
}

// NewIconButton makes a button without words, which says what it does when it is under the
// mouse or has the keyboard. The keys that do the same may be empty.
func NewIconButton(lang i18n.Language, what, keys string, i Icon, pass KeyHandler, explain Explainer, tapped func()) *Button {
	b := NewButton("", i, widget.LowImportance, pass, tapped)
	b.hint, b.explain = what, explain
	if keys != "" {
		b.hint = lang.Say("win.tip", what, keys)
	}
	return b
}

func (b *Button) setIcon(i Icon) {
	if i == "" {
		b.Icon = nil
		return
	}
	b.Icon = themedIcon{i, buttonIconColor(b.Importance)}
}

// SetLabel changes what the button says, if it says something else.
func (b *Button) SetLabel(label string, i Icon, importance widget.Importance) {
	var icon fyne.Resource
	if i != "" {
		icon = themedIcon{i, buttonIconColor(importance)}
	}
	if b.Text == label && b.Importance == importance && b.Icon == icon {
		return
	}
	b.Text, b.Importance, b.Icon = label, importance, icon
	b.Refresh()
}

// RevealWith has something brought into sight when it gets the keyboard.
func (b *Button) RevealWith(reveal func(fyne.CanvasObject)) { b.OnFocus = reveal }

func (b *Button) FocusGained() {
	b.focused = true
	b.Button.FocusGained()
	b.showHint(true)
	if b.OnFocus != nil {
		b.OnFocus(b)
	}
}

func (b *Button) FocusLost() {
	b.focused = false
	b.Button.FocusLost()
	b.showHint(false)
}

func (b *Button) MouseIn(e *desktop.MouseEvent) {
	b.Button.MouseIn(e)
	b.showHint(true)
}

func (b *Button) MouseOut() {
	b.Button.MouseOut()
	b.showHint(false)
}

func (b *Button) Tapped(e *fyne.PointEvent) {
	b.showHint(false)
	b.Button.Tapped(e)
}

// showHint says what the button does, or no more.
func (b *Button) showHint(on bool) {
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
func (b *Button) CreateRenderer() fyne.WidgetRenderer {
	b.ExtendBaseWidget(b)
	r := &buttonRenderer{WidgetRenderer: b.Button.CreateRenderer(), button: b, ring: canvas.NewRectangle(nil)}
	r.show()
	return r
}

type buttonRenderer struct {
	fyne.WidgetRenderer
	button *Button
	ring   *canvas.Rectangle
}

func (r *buttonRenderer) Objects() []fyne.CanvasObject {
	return append([]fyne.CanvasObject{r.ring}, r.WidgetRenderer.Objects()...)
}

func (r *buttonRenderer) Layout(size fyne.Size) {
	r.ring.Move(fyne.NewSquareOffsetPos(-ButtonRing))
	r.ring.Resize(size.AddWidthHeight(2*ButtonRing, 2*ButtonRing))
	r.WidgetRenderer.Layout(size)
}

func (r *buttonRenderer) Refresh() {
	r.show()
	r.WidgetRenderer.Refresh()
}

func (r *buttonRenderer) show() {
	r.ring.Hidden = !r.button.focused
	r.ring.FillColor = ColorOf(r.button, theme.ColorNameForeground)
	r.ring.CornerRadius = r.button.Theme().Size(theme.SizeNameButtonRadius) + ButtonRing
}

// MinSize leaves more room beside the words than the toolkit does.
func (b *Button) MinSize() fyne.Size {
	size := b.Button.MinSize()
	if b.Text != "" {
		size.Width += buttonExtraWidth
	}
	return size
}

func (b *Button) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		if !b.Disabled() && b.OnTapped != nil {
			b.showHint(false)
			b.OnTapped()
		}
	default:
		b.Pass(key)
	}
}

// buttonIconColor is the colour of an icon on a button.
func buttonIconColor(i widget.Importance) fyne.ThemeColorName {
	switch i {
	case widget.HighImportance:
		return theme.ColorNameForegroundOnPrimary
	case widget.DangerImportance:
		return theme.ColorNameForegroundOnError
	}
	return theme.ColorNameForeground
}

// Focus gives an object the keyboard, on whatever canvas it is.
func Focus(o fyne.Focusable) {
	if object, ok := o.(fyne.CanvasObject); ok {
		if c := fyne.CurrentApp().Driver().CanvasForObject(object); c != nil {
			c.Focus(o)
		}
	}
}
