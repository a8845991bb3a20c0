package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

const (
	linkIcon   = 14
	linkGap    = 5
	linkHeight = 24
)

// link is a small button that looks like the words around it: for what is done with one of many
// things.
type link struct {
	widget.BaseWidget
	words            string
	icon             icon
	pass             passKey
	do               func()
	reveal           func(fyne.CanvasObject) // brings it into sight; may be nil
	focused, hovered bool
}

func newLink(f face, pass passKey, do func()) *link {
	l := &link{words: f.label, icon: f.icon, pass: pass, do: do}
	l.ExtendBaseWidget(l)
	return l
}

// show changes what the link says.
func (l *link) show(words string, i icon) {
	l.words, l.icon = words, i
	l.Refresh()
}

// Tapped is called by the toolkit.
func (l *link) Tapped(*fyne.PointEvent) { l.do() }

// Cursor is called by the toolkit.
func (l *link) Cursor() desktop.Cursor { return desktop.PointerCursor }

// MouseIn is called by the toolkit.
func (l *link) MouseIn(*desktop.MouseEvent) { l.hover(true) }

// MouseMoved is called by the toolkit.
func (l *link) MouseMoved(*desktop.MouseEvent) {}

// MouseOut is called by the toolkit.
func (l *link) MouseOut() { l.hover(false) }

func (l *link) hover(on bool) {
	l.hovered = on
	l.Refresh()
}

// FocusGained is called by the toolkit.
func (l *link) FocusGained() {
	l.focused = true
	l.Refresh()
	if l.reveal != nil {
		l.reveal(l)
	}
}

// FocusLost is called by the toolkit.
func (l *link) FocusLost() {
	l.focused = false
	l.Refresh()
}

// TypedRune is called by the toolkit.
func (l *link) TypedRune(rune) {}

// TypedKey is called by the toolkit.
func (l *link) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		l.do()
	default:
		l.pass(key)
	}
}

// CreateRenderer is called by the toolkit.
func (l *link) CreateRenderer() fyne.WidgetRenderer {
	r := &linkRenderer{
		link: l, ring: canvas.NewRectangle(nil), line: canvas.NewRectangle(nil),
		icon: newIcon(l.icon, theme.ColorNameHyperlink, linkIcon), words: canvas.NewText(l.words, nil),
	}
	r.ring.StrokeWidth, r.ring.CornerRadius = buttonRing, 4
	r.objects = []fyne.CanvasObject{r.ring, r.icon, r.words, r.line}
	r.show()
	return r
}

type linkRenderer struct {
	link       *link
	ring, line *canvas.Rectangle
	icon       *canvas.Image
	words      *canvas.Text
	objects    []fyne.CanvasObject
}

func (r *linkRenderer) Destroy()                     {}
func (r *linkRenderer) Objects() []fyne.CanvasObject { return r.objects }

func (r *linkRenderer) MinSize() fyne.Size {
	return fyne.NewSize(linkIcon+linkGap+r.words.MinSize().Width, linkHeight)
}

func (r *linkRenderer) Layout(size fyne.Size) {
	r.ring.Move(fyne.NewPos(-2*buttonRing, 0))
	r.ring.Resize(size.AddWidthHeight(4*buttonRing, 0))
	r.icon.Resize(fyne.NewSquareSize(linkIcon))
	r.icon.Move(fyne.NewPos(0, (size.Height-linkIcon)/2))
	words := r.words.MinSize()
	r.words.Resize(words)
	r.words.Move(fyne.NewPos(linkIcon+linkGap, (size.Height-words.Height)/2))
	r.line.Resize(fyne.NewSize(words.Width, 1))
	r.line.Move(fyne.NewPos(linkIcon+linkGap, (size.Height+words.Height)/2-2))
}

func (r *linkRenderer) Refresh() {
	r.show()
	r.Layout(r.link.Size())
	canvas.Refresh(r.link)
}

func (r *linkRenderer) show() {
	ink := colorOf(r.link, theme.ColorNameHyperlink)
	r.words.Text, r.icon.Resource = r.link.words, tinted{r.link.icon, theme.ColorNameHyperlink}
	r.words.Color, r.words.TextSize = ink, r.link.Theme().Size(theme.SizeNameCaptionText)
	r.line.FillColor, r.line.Hidden = ink, !r.link.hovered
	r.ring.StrokeColor, r.ring.Hidden = colorOf(r.link, theme.ColorNameForeground), !r.link.focused
	r.icon.Refresh()
}
