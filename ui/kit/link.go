package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

const (
	linkIconSize = 14
	linkGap      = 5
	linkHeight   = 24
)

// Link is a small button that looks like a hyperlink.
type Link struct {
	widget.BaseWidget
	label            string
	icon             Icon
	pass             KeyHandler
	onTapped         func()
	Reveal           func(fyne.CanvasObject) // scrolls the focused link into view; may be nil
	focused, hovered bool
}

// NewLink returns a link with a text and an icon. The function onTapped is called when the link is pressed, and the
// function pass with the keys that the link does not handle.
func NewLink(label string, i Icon, pass KeyHandler, onTapped func()) *Link {
	l := &Link{label: label, icon: i, pass: pass, onTapped: onTapped}
	l.ExtendBaseWidget(l)
	return l
}

// SetLabel changes the text and the icon.
func (l *Link) SetLabel(label string, i Icon) {
	l.label, l.icon = label, i
	l.Refresh()
}

func (l *Link) Tapped(e *fyne.PointEvent) {
	if !isSecondTap(l, l.label, e.AbsolutePosition) {
		l.onTapped()
	}
}

func (l *Link) Cursor() desktop.Cursor { return desktop.PointerCursor }

func (l *Link) MouseIn(*desktop.MouseEvent) { l.hover(true) }

func (l *Link) MouseMoved(*desktop.MouseEvent) {}

func (l *Link) MouseOut() { l.hover(false) }

func (l *Link) hover(on bool) {
	l.hovered = on
	l.Refresh()
}

func (l *Link) FocusGained() {
	l.focused = true
	l.Refresh()
	if l.Reveal != nil {
		l.Reveal(l)
	}
}

func (l *Link) FocusLost() {
	l.focused = false
	l.Refresh()
}

func (l *Link) TypedRune(rune) { DropLetter() }

func (l *Link) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		UseKey(l.onTapped)
	default:
		l.pass(key)
	}
}

func (l *Link) CreateRenderer() fyne.WidgetRenderer {
	r := &linkRenderer{
		link: l, ring: canvas.NewRectangle(nil), underline: canvas.NewRectangle(nil),
		icon: NewIcon(l.icon, theme.ColorNameHyperlink, linkIconSize), text: canvas.NewText(l.label, nil),
	}
	r.ring.StrokeWidth, r.ring.CornerRadius = ButtonRing, 4
	r.objects = []fyne.CanvasObject{r.ring, r.icon, r.text, r.underline}
	r.show()
	return r
}

type linkRenderer struct {
	link            *Link
	ring, underline *canvas.Rectangle
	icon            *canvas.Image
	text            *canvas.Text
	objects         []fyne.CanvasObject
}

func (r *linkRenderer) Destroy()                     {}
func (r *linkRenderer) Objects() []fyne.CanvasObject { return r.objects }

func (r *linkRenderer) MinSize() fyne.Size {
	return fyne.NewSize(linkIconSize+linkGap+r.text.MinSize().Width, linkHeight)
}

func (r *linkRenderer) Layout(size fyne.Size) {
	r.ring.Move(fyne.NewPos(-2*ButtonRing, 0))
	r.ring.Resize(size.AddWidthHeight(4*ButtonRing, 0))
	r.icon.Resize(fyne.NewSquareSize(linkIconSize))
	r.icon.Move(fyne.NewPos(0, (size.Height-linkIconSize)/2))
	text := r.text.MinSize()
	r.text.Resize(text)
	r.text.Move(fyne.NewPos(linkIconSize+linkGap, (size.Height-text.Height)/2))
	r.underline.Resize(fyne.NewSize(text.Width, 1))
	r.underline.Move(fyne.NewPos(linkIconSize+linkGap, (size.Height+text.Height)/2-2))
}

func (r *linkRenderer) Refresh() {
	r.show()
	r.Layout(r.link.Size())
	canvas.Refresh(r.link)
}

func (r *linkRenderer) show() {
	ink := ColorOf(r.link, theme.ColorNameHyperlink)
	r.text.Text, r.icon.Resource = r.link.label, themedIcon{r.link.icon, theme.ColorNameHyperlink}
	r.text.Color, r.text.TextSize = ink, r.link.Theme().Size(theme.SizeNameCaptionText)
	r.underline.FillColor, r.underline.Hidden = ink, !r.link.hovered
	r.ring.StrokeColor, r.ring.Hidden = ColorOf(r.link, theme.ColorNameForeground), !r.link.focused
	r.icon.Refresh()
}
