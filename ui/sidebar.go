package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/assets"
	"countersign/core/request"
	"countersign/core/words"
)

const (
	sidebarWidth = 206
	navHeight    = 38
	navSide      = 10
	navName      = 37 // where the name begins
)

// sidebar is the left of the window: what the program is, the views, and adding.
type sidebar struct {
	nav  *nav
	root fyne.CanvasObject
}

func newSidebar(lang words.Language, note string, pass passKey, onView func(int), onAdd func()) *sidebar {
	s := &sidebar{nav: newNav(lang, pass, onView)}
	logo := canvas.NewImageFromResource(fyne.NewStaticResource("countersign.png", assets.Icon()))
	logo.FillMode = canvas.ImageFillContain
	logo.SetMinSize(fyne.NewSquareSize(30))
	name := newBoldText(theme.SizeNameSubHeadingText, theme.ColorNameForeground)
	name.maxLines = 1
	name.set(programName)
	home := newText(theme.SizeNameCaptionText, colorMuted)
	home.maxLines = 3
	home.set(note)
	help := newText(theme.SizeNameCaptionText, colorMuted)
	help.set(lang.Say("window.help"))
	add := newButton(lang.Say("act.add"), iconPlus, widget.MediumImportance, pass, onAdd)
	s.root = container.NewStack(
		newGround(colorSidebar),
		container.New(least{fyne.NewSize(sidebarWidth, 0)}, container.New(inset{12, 14}, container.NewBorder(
			container.New(column{gap: 16}, container.New(beside{gap: 10, center: true}, logo, name), add, s.nav),
			container.New(column{gap: 6}, home, help),
			nil, nil,
		))),
	)
	return s
}

// nav is the list of views. It is one stop for the keyboard; the arrow keys go on.
type nav struct {
	widget.BaseWidget
	lang    words.Language
	items   []*navItem
	chosen  int
	focused bool
	pass    passKey
	onView  func(int)
}

func newNav(lang words.Language, pass passKey, onView func(int)) *nav {
	n := &nav{lang: lang, pass: pass, onView: onView}
	n.ExtendBaseWidget(n)
	for i, v := range views(lang) {
		item := &navItem{view: v, onTapped: func() { n.onView(i) }}
		item.ExtendBaseWidget(item)
		n.items = append(n.items, item)
	}
	n.items[0].chosen = true
	return n
}

// CreateRenderer is called by the toolkit.
func (n *nav) CreateRenderer() fyne.WidgetRenderer {
	stack := container.New(column{gap: 2})
	for _, item := range n.items {
		stack.Add(item)
	}
	return widget.NewSimpleRenderer(stack)
}

// choose marks a view.
func (n *nav) choose(i int) {
	n.chosen = i
	n.show()
}

// count shows how many requests each view holds.
func (n *nav) count(counts map[request.Status]int) {
	for _, item := range n.items {
		item.set(n.lang.Number(item.view.count(counts)), item.chosen, item.focused)
	}
}

func (n *nav) show() {
	for i, item := range n.items {
		item.set(item.count, i == n.chosen, n.focused && i == n.chosen)
	}
}

// FocusGained is called by the toolkit.
func (n *nav) FocusGained() { n.focused = true; n.show() }

// FocusLost is called by the toolkit.
func (n *nav) FocusLost() { n.focused = false; n.show() }

// TypedRune is called by the toolkit.
func (n *nav) TypedRune(rune) {}

// TypedKey is called by the toolkit.
func (n *nav) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeyDown:
		n.onView(min(n.chosen+1, len(n.items)-1))
	case fyne.KeyUp:
		n.onView(max(n.chosen-1, 0))
	default:
		n.pass(key)
	}
}

// navItem is one view with its count.
type navItem struct {
	widget.BaseWidget
	view                     view
	count                    string
	chosen, focused, hovered bool
	onTapped                 func()
}

func (i *navItem) set(count string, chosen, focused bool) {
	if i.count == count && i.chosen == chosen && i.focused == focused {
		return
	}
	i.count, i.chosen, i.focused = count, chosen, focused
	i.Refresh()
}

// Tapped is called by the toolkit.
func (i *navItem) Tapped(*fyne.PointEvent) { i.onTapped() }

// MouseIn is called by the toolkit.
func (i *navItem) MouseIn(*desktop.MouseEvent) { i.hovered = true; i.Refresh() }

// MouseMoved is called by the toolkit.
func (i *navItem) MouseMoved(*desktop.MouseEvent) {}

// MouseOut is called by the toolkit.
func (i *navItem) MouseOut() { i.hovered = false; i.Refresh() }

// CreateRenderer is called by the toolkit.
func (i *navItem) CreateRenderer() fyne.WidgetRenderer {
	r := &navRenderer{
		item: i, ring: canvas.NewRectangle(nil), ground: canvas.NewRectangle(nil), icon: newIcon(i.view.icon, colorMuted, 17),
		name: canvas.NewText(i.view.name, nil), count: canvas.NewText("", nil),
	}
	r.objects = []fyne.CanvasObject{r.ring, r.ground, r.icon, r.name, r.count}
	r.show()
	return r
}

type navRenderer struct {
	item        *navItem
	ring        *canvas.Rectangle // around the ground, when the item has the keyboard
	ground      *canvas.Rectangle
	icon        *canvas.Image
	name, count *canvas.Text
	objects     []fyne.CanvasObject
}

func (r *navRenderer) Destroy()                     {}
func (r *navRenderer) Objects() []fyne.CanvasObject { return r.objects }

// MinSize has room for the name in bold and a count of three digits, so that the sidebar is
// as wide as its language needs and does not move when another view is chosen.
func (r *navRenderer) MinSize() fyne.Size {
	th, bold := r.item.Theme(), fyne.TextStyle{Bold: true}
	name := fyne.MeasureText(r.item.view.name, th.Size(theme.SizeNameText), bold).Width
	count := fyne.MeasureText("888", th.Size(theme.SizeNameCaptionText), bold).Width
	return fyne.NewSize(navName+name+navSide+count+navSide, navHeight)
}

func (r *navRenderer) Layout(size fyne.Size) {
	r.ring.Resize(size)
	r.ground.Move(fyne.NewSquareOffsetPos(ringWidth))
	r.ground.Resize(size.SubtractWidthHeight(2*ringWidth, 2*ringWidth))
	r.icon.Resize(fyne.NewSquareSize(17))
	r.icon.Move(fyne.NewPos(navSide, (size.Height-17)/2))
	name, count := r.name.MinSize(), r.count.MinSize()
	r.name.Resize(name)
	r.name.Move(fyne.NewPos(navName, (size.Height-name.Height)/2))
	r.count.Resize(count)
	r.count.Move(fyne.NewPos(size.Width-navSide-count.Width, (size.Height-count.Height)/2))
}

func (r *navRenderer) Refresh() {
	r.show()
	r.Layout(r.item.Size())
	canvas.Refresh(r.item)
}

func (r *navRenderer) show() {
	i, th := r.item, r.item.Theme()
	back, ink, quiet := fyne.ThemeColorName(""), theme.ColorNameForeground, colorMuted
	switch {
	case i.chosen:
		back, quiet = theme.ColorNameSelection, theme.ColorNamePrimary
	case i.hovered:
		back = theme.ColorNameHover
	}
	r.ground.Hidden = back == ""
	if back != "" {
		r.ground.FillColor = colorOf(i, back)
	}
	r.ground.CornerRadius = th.Size(theme.SizeNameSelectionRadius)
	r.ring.Hidden = !i.focused
	r.ring.FillColor, r.ring.CornerRadius = colorOf(i, theme.ColorNamePrimary), r.ground.CornerRadius
	setIcon(r.icon, i.view.icon, quiet)
	r.icon.Refresh()
	r.name.Color, r.name.TextSize, r.name.TextStyle.Bold = colorOf(i, ink), th.Size(theme.SizeNameText), i.chosen
	r.count.Text, r.count.Color, r.count.TextSize = i.count, colorOf(i, quiet), th.Size(theme.SizeNameCaptionText)
	r.count.TextStyle.Bold = i.chosen
}
