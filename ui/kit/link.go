package kit

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

// Link is a small button that looks like the words around it: for what is done with one of many
// things.
type Link struct {
	widget.BaseWidget
	words            string
	icon             Icon
	pass             KeyHandler
	do               func()
	Reveal           func(fyne.CanvasObject) // brings it into sight; may be nil
	focused, hovered bool
}

// NewLink returns a link that does something when it is pressed. Pass hears the keys that it has no use for.
func NewLink(words string, i Icon, pass KeyHandler, do func()) *Link {
	l := &Link{words: words, icon: i, pass: pass, do: do}
	l.ExtendBaseWidget(l)
	return l
}

// SetLabel changes what the link says.
func (l *Link) SetLabel(words string, i Icon) {
	l.words, l.icon = words, i
	l.Refresh()
}

// Tapped is called by the toolkit.
func (l *Link) Tapped(*fyne.PointEvent) { l.do() }

// Cursor is called by the toolkit.
func (l *Link) Cursor() desktop.Cursor { return desktop.PointerCursor }

// MouseIn is called by the toolkit.
func (l *Link) MouseIn(*desktop.MouseEvent) { l.hover(true) }

// MouseMoved is called by the toolkit.
func (l *Link) MouseMoved(*desktop.MouseEvent) {}

// MouseOut is called by the toolkit.
func (l *Link) MouseOut() { l.hover(false) }

func (l *Link) hover(on bool) {
	l.hovered = on
	l.Refresh()
}

// FocusGained is called by the toolkit.
func (l *Link) FocusGained() {
	l.focused = true
	l.Refresh()
	if l.Reveal != nil {
		l.Reveal(l)
	}
}

// FocusLost is called by the toolkit.
func (l *Link) FocusLost() {
	l.focused = false
	l.Refresh()
}

// TypedRune is called by the toolkit.
func (l *Link) TypedRune(rune) {}

// TypedKey is called by the toolkit.
func (l *Link) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		l.do()
	default:
		l.pass(key)
	}
}

// CreateRenderer is called by the toolkit.
func (l *Link) CreateRenderer() fyne.WidgetRenderer {
	r := &linkRenderer{
		link: l, ring: canvas.NewRectangle(nil), line: canvas.NewRectangle(nil),
		icon: NewIcon(l.icon, theme.ColorNameHyperlink, linkIcon), words: canvas.NewText(l.words, nil),
	}
	r.ring.StrokeWidth, r.ring.CornerRadius = ButtonRing, 4
	r.objects = []fyne.CanvasObject{r.ring, r.icon, r.words, r.line}
	r.show()
	return r
}

type linkRenderer struct {
	link       *Link
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
	r.ring.Move(fyne.NewPos(-2*ButtonRing, 0))
	r.ring.Resize(size.AddWidthHeight(4*ButtonRing, 0))
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
	ink := ColorOf(r.link, theme.ColorNameHyperlink)
	r.words.Text, r.icon.Resource = r.link.words, tinted{r.link.icon, theme.ColorNameHyperlink}
	r.words.Color, r.words.TextSize = ink, r.link.Theme().Size(theme.SizeNameCaptionText)
	r.line.FillColor, r.line.Hidden = ink, !r.link.hovered
	r.ring.StrokeColor, r.ring.Hidden = ColorOf(r.link, theme.ColorNameForeground), !r.link.focused
	r.icon.Refresh()
}
