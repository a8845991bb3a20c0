package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/i18n"
)

// The toolkit sends a key without a modifier to the focused widget only. So every focusable
// widget here hands the keys that it does not handle to a [KeyHandler].

// KeyHandler is called with a key that a focused widget does not handle.
type KeyHandler func(*fyne.KeyEvent)

const (
	buttonExtraWidth = 10  // beyond the toolkit's width, for a button with text
	ButtonRing       = 2   // width of the ring around a focused button
	RingWidth        = 1.5 // width of the ring around a focused row
)

// Button is the toolkit's button with four differences: Enter presses it as Space does, it keeps the focus when it was
// pressed by key, it hands the keys that it does not handle to Pass, and the focus is a ring around it.
type Button struct {
	widget.Button
	Pass    KeyHandler
	focused bool
	explain Explainer
	hint    string                  // tip of a button without text; empty for no tip
	hidden  string                  // the text while only the icon is shown
	OnFocus func(fyne.CanvasObject) // may be nil
}

// NewButton returns a button with a text and an icon. The icon may be empty. The function tapped is called when the
// button is pressed, and the function pass with the keys that the button does not handle.
func NewButton(label string, i Icon, importance widget.Importance, pass KeyHandler, tapped func()) *Button {
	b := &Button{Pass: pass}
	b.Text, b.Importance, b.OnTapped = label, importance, tapped
	b.setIcon(i)
	b.ExtendBaseWidget(b)
	return b
}

// NewIconButton returns a button without text. The text what describes the action of the button, and keys names its
// shortcut; keys may be empty. The function explain shows both as a tip while the button is hovered or focused.
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

// SetLabel changes the text, the icon and the importance, and redraws if one of them differs. The icon may be empty.
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

// ShowText shows the text of a button with an icon, or the icon alone, which the function explain shows the text of as a tip then.
func (b *Button) ShowText(shown bool, explain Explainer) {
	switch {
	case shown && b.hidden != "":
		b.Text, b.hidden, b.hint = b.hidden, "", ""
	case !shown && b.hidden == "":
		b.hidden, b.hint, b.explain, b.Text = b.Text, b.Text, explain, ""
	}
	b.Refresh()
}

// FullWidth returns the width of the button with its text, also while only its icon is shown.
func (b *Button) FullWidth() float32 {
	width := b.MinSize().Width
	if b.hidden != "" {
		width += fyne.MeasureText(b.hidden, b.Theme().Size(theme.SizeNameText), fyne.TextStyle{Bold: true}).Width + b.Theme().Size(theme.SizeNamePadding) + buttonExtraWidth
	}
	return width
}

// RevealWith sets OnFocus to reveal, which scrolls the focused object into view.
func (b *Button) RevealWith(reveal func(fyne.CanvasObject)) { b.OnFocus = reveal }

// FocusGained does not call the toolkit's method, which would fill the button with another shade.
func (b *Button) FocusGained() {
	b.focused = true
	b.Refresh()
	b.showHint(true)
	if b.OnFocus != nil {
		b.OnFocus(b)
	}
}

func (b *Button) FocusLost() {
	b.focused = false
	b.Refresh()
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
	if isSecondTap(b, b.Text, e.AbsolutePosition) {
		return
	}
	b.showHint(false)
	b.Button.Tapped(e)
}

// showHint shows the tip of the button, or hides it.
func (b *Button) showHint(on bool) {
	switch {
	case b.hint == "":
	case on:
		b.explain(b, b.hint, fyne.Position{}, b.Size().Height)
	default:
		b.explain(b, "", fyne.Position{}, 0)
	}
}

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
	r.ring.StrokeColor, r.ring.StrokeWidth = ColorOf(r.button, theme.ColorNameForeground), ButtonRing
	r.ring.CornerRadius = r.button.Theme().Size(theme.SizeNameButtonRadius) + ButtonRing
}

// MinSize returns the toolkit's size for the button, made wider if the button has text.
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
			UseKey(b.OnTapped)
		}
	default:
		b.Pass(key)
	}
}

func (b *Button) TypedRune(rune) { DropLetter() }

// buttonIconColor returns the color of the icon on a button of importance i.
func buttonIconColor(i widget.Importance) fyne.ThemeColorName {
	switch i {
	case widget.HighImportance:
		return theme.ColorNameForegroundOnPrimary
	case widget.DangerImportance:
		return theme.ColorNameForegroundOnError
	}
	return theme.ColorNameForeground
}

// Focus moves the keyboard focus to an object. It does nothing while the object is on no canvas.
func Focus(o fyne.Focusable) {
	if object, ok := o.(fyne.CanvasObject); ok {
		if c := fyne.CurrentApp().Driver().CanvasForObject(object); c != nil {
			c.Focus(o)
		}
	}
}
