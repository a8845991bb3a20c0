package ui

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/assets"
	"countersign/core/i18n"
	"countersign/ui/bidi"
	"countersign/ui/kit"
	"countersign/ui/list"
)

const (
	sidebarWidth = 206
	navHeight    = 38
	navSide      = 10
	navName      = 37 // left edge of the name
	navIcon      = 17

	sidebarMargin  = 12
	compactSidebar = navSide + navIcon + navSide + 2*sidebarMargin // its width with icons alone
)

// sidebar is the left part of the window: the program's name, the button for new requests, the views and the
// settings.
type sidebar struct {
	lang     i18n.Language
	nav      *nav
	settings *navButton
	office   *officeLine // hidden in a home of its own
	add      *kit.Button
	texts    []*kit.Text // hidden while it shows icons alone
	compact  bool
	explain  kit.Explainer
	root     fyne.CanvasObject
}

// fullWidth returns the width of the sidebar with its texts.
func (s *sidebar) fullWidth() float32 {
	width := float32(sidebarWidth)
	for _, item := range append(slices.Clone(s.nav.items), s.settings.item) {
		width = max(width, item.textWidth()+2*sidebarMargin)
	}
	return max(width, s.add.FullWidth()+2*sidebarMargin)
}

// width returns the present width of the sidebar.
func (s *sidebar) width() float32 {
	if s.compact {
		return compactSidebar
	}
	return s.fullWidth()
}

// setCompact shows icons alone, which explain themselves under the mouse and under the keyboard, or icons with texts.
func (s *sidebar) setCompact(compact bool) {
	if s.compact == compact {
		return
	}
	s.compact = compact
	for _, o := range s.texts {
		kit.SetHidden(o, compact || o.Value() == "")
	}
	s.add.ShowText(!compact, s.explain)
	s.nav.setCompact(compact)
	s.settings.item.setCompact(compact)
	s.office.setCompact(compact)
}

// showOffice shows the office at the foot.
func (s *sidebar) showOffice(said officeState) {
	s.office.set(said)
	s.office.Show()
	s.root.Refresh() // it may need another height
}

func newSidebar(lang i18n.Language, note string, pass kit.KeyHandler, explain kit.Explainer, nav *nav, onAdd, onSettings, onOffice func()) *sidebar {
	s := &sidebar{lang: lang, nav: nav, explain: explain}
	logo := canvas.NewImageFromResource(fyne.NewStaticResource("countersign.png", assets.Icon()))
	logo.FillMode = canvas.ImageFillContain
	logo.SetMinSize(fyne.NewSquareSize(30))
	name := kit.NewBoldText(theme.SizeNameSubHeadingText, theme.ColorNameForeground)
	name.MaxLines = 1
	name.Set(programName)
	home := kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted)
	home.MaxLines = 3
	home.Set(note)
	help := kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted)
	help.Set(lang.Say("window.help"))
	s.add = kit.NewButton(lang.Say("act.add"), kit.IconPlus, widget.MediumImportance, pass, onAdd)
	s.settings = newNavButton(list.View{Name: lang.Say("prefs.title"), Icon: kit.IconGear}, pass, onSettings)
	s.office = newOfficeLine(pass, explain, onOffice)
	s.office.Hide()
	s.texts = []*kit.Text{name, home, help}
	s.settings.item.explain = explain
	scroll := container.NewVScroll(container.New(kit.Column(2), s.nav, s.settings))
	nav.onResize = scroll.Content.Refresh
	reveal := func(o fyne.CanvasObject) { kit.Reveal(scroll, o) }
	nav.reveal, s.settings.reveal = reveal, reveal
	s.root = container.NewStack(
		kit.NewBackground(kit.ColorSidebar),
		container.New(kit.Padding(sidebarMargin, 14), container.NewBorder(
			container.New(kit.Column(16), container.New(kit.Row{Gap: 10, Center: true}, logo, name), s.add),
			container.New(kit.Column(6), s.office, home, help),
			nil, nil,
			container.New(kit.Padding(0, 16), scroll),
		)),
	)
	return s
}

// nav is the list of views. It is a single tab stop; the arrow keys move between the views.
type nav struct {
	widget.BaseWidget
	items   []*navItem
	stack   *fyne.Container
	last    list.View // the report screen, below the views
	chosen  int
	focused bool
	pass    kit.KeyHandler
	onView  func(int)
	onMenu  func(int, fyne.Position) // opens the context menu of a saved view
	onEdit  func(rename bool)        // of the chosen view
	reveal  func(fyne.CanvasObject)  // scrolls to a view
	explain kit.Explainer
	compact bool // icons alone

	onResize func() // lays out what stands below the views
}

func newNav(last list.View, pass kit.KeyHandler, onView func(int)) *nav {
	n := &nav{last: last, pass: pass, onView: onView, stack: container.New(kit.Column(2)), onResize: func() {}}
	n.ExtendBaseWidget(n)
	return n
}

func (n *nav) setCompact(compact bool) {
	n.compact = compact
	for _, item := range n.items {
		item.setCompact(compact)
	}
}

func (n *nav) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(n.stack) }

// setViews replaces the views. Views that stay keep their count.
func (n *nav) setViews(views []list.View) {
	counts := map[string]string{}
	for _, item := range n.items {
		counts[item.view.Name] = item.count
	}
	onLast := len(n.items) > 0 && n.chosen == len(n.items)-1
	n.items, n.stack.Objects = nil, nil
	for i, v := range append(slices.Clone(views), n.last) {
		if i == len(views) {
			n.stack.Objects = append(n.stack.Objects, container.New(kit.Padding(navSide, 5), widget.NewSeparator()))
		}
		item := &navItem{view: v, count: counts[v.Name], compact: n.compact, explain: n.explain, onTapped: func() { n.onView(i) }}
		if v.Saved {
			item.onMenu = func(at fyne.Position) { n.onMenu(i, at) }
		}
		item.ExtendBaseWidget(item)
		n.items, n.stack.Objects = append(n.items, item), append(n.stack.Objects, item)
	}
	n.chosen = min(n.chosen, len(views)-1)
	if onLast {
		n.chosen = len(views)
	}
	n.show()
	n.Refresh()
	n.onResize()
}

// choose marks a view as the current one.
func (n *nav) choose(i int) {
	n.chosen = i
	n.show()
	if n.focused {
		n.reveal(n.items[i])
		n.items[i].showName(true)
	}
}

// count shows how many requests a view holds.
func (n *nav) count(i int, count string) {
	if i < len(n.items) {
		item := n.items[i]
		item.set(count, item.chosen, item.focused)
	}
}

func (n *nav) show() {
	for i, item := range n.items {
		item.set(item.count, i == n.chosen, n.focused && i == n.chosen)
	}
}

func (n *nav) FocusGained() {
	n.focused = true
	n.show()
	n.reveal(n.items[n.chosen])
	n.items[n.chosen].showName(true)
}

func (n *nav) FocusLost() {
	n.focused = false
	n.show()
	n.items[n.chosen].showName(false)
}

func (n *nav) TypedRune(rune) { kit.DropLetter() }

func (n *nav) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeyDown:
		n.onView(min(n.chosen+1, len(n.items)-1))
	case fyne.KeyUp:
		n.onView(max(n.chosen-1, 0))
	case fyne.KeyF2:
		n.onEdit(true)
	case fyne.KeyDelete:
		if n.items[n.chosen].view.Saved {
			n.onEdit(false)
		} else {
			n.pass(key)
		}
	default:
		n.pass(key)
	}
}

// navButton looks like a view of the sidebar, but opens a modal.
type navButton struct {
	widget.BaseWidget
	item   *navItem
	pass   kit.KeyHandler
	reveal func(fyne.CanvasObject) // scrolls to the button
}

func newNavButton(v list.View, pass kit.KeyHandler, onTapped func()) *navButton {
	b := &navButton{item: &navItem{view: v, onTapped: onTapped}, pass: pass}
	b.item.ExtendBaseWidget(b.item)
	b.ExtendBaseWidget(b)
	return b
}

func (b *navButton) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(b.item) }

func (b *navButton) FocusGained() {
	b.item.set("", false, true)
	b.reveal(b)
	b.item.showName(true)
}

func (b *navButton) FocusLost() {
	b.item.set("", false, false)
	b.item.showName(false)
}

func (b *navButton) TypedRune(rune) { kit.DropLetter() }

func (b *navButton) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		kit.UseKey(b.item.onTapped)
	default:
		b.pass(key)
	}
}

// navItem is a view with its count.
type navItem struct {
	widget.BaseWidget
	view                     list.View
	count                    string
	chosen, focused, hovered bool
	onTapped                 func()
	onMenu                   func(fyne.Position) // nil means no context menu
	compact                  bool                // its icon alone
	explain                  kit.Explainer
}

func (i *navItem) setCompact(compact bool) {
	i.compact = compact
	i.Refresh()
}

// showName shows the name and the count as a tip while only the icon is drawn, or hides them.
func (i *navItem) showName(show bool) {
	switch {
	case i.explain == nil:
	case show && i.compact:
		i.explain(i, strings.TrimSpace(i.view.Name+"  "+i.count), fyne.Position{}, i.Size().Height)
	default:
		i.explain(i, "", fyne.Position{}, 0)
	}
}

// textWidth returns the width that the item needs with its name in bold and a count of three digits. The sidebar is then as wide as its
// language needs, and keeps its width when another view is chosen.
func (i *navItem) textWidth() float32 {
	th, bold := i.Theme(), fyne.TextStyle{Bold: true}
	name := fyne.MeasureText(i.view.Name, th.Size(theme.SizeNameText), bold).Width
	count := fyne.MeasureText("888+", th.Size(theme.SizeNameCaptionText), bold).Width
	if i.view.Saved { // the name of a saved view is cut off instead of widening the sidebar
		name = 0
	}
	return navName + name + navSide + count + navSide
}

func (i *navItem) set(count string, chosen, focused bool) {
	if i.count == count && i.chosen == chosen && i.focused == focused {
		return
	}
	i.count, i.chosen, i.focused = count, chosen, focused
	i.Refresh()
}

func (i *navItem) Tapped(*fyne.PointEvent) { i.onTapped() }

func (i *navItem) TappedSecondary(e *fyne.PointEvent) {
	if i.onMenu != nil {
		i.onMenu(e.AbsolutePosition)
	}
}

func (i *navItem) MouseIn(*desktop.MouseEvent) {
	i.hovered = true
	i.Refresh()
	i.showName(true)
}

func (i *navItem) MouseMoved(*desktop.MouseEvent) {}

func (i *navItem) MouseOut() {
	i.hovered = false
	i.Refresh()
	i.showName(false)
}

func (i *navItem) CreateRenderer() fyne.WidgetRenderer {
	r := &navRenderer{
		item: i, ring: canvas.NewRectangle(nil), ground: canvas.NewRectangle(nil), icon: kit.NewIcon(i.view.Icon, kit.ColorMuted, navIcon),
		name: canvas.NewText(i.view.Name, nil), count: canvas.NewText("", nil),
	}
	r.objects = []fyne.CanvasObject{r.ring, r.ground, r.icon, r.name, r.count}
	r.show()
	return r
}

type navRenderer struct {
	item        *navItem
	ring        *canvas.Rectangle // the focus ring, behind ground
	ground      *canvas.Rectangle
	icon        *canvas.Image
	name, count *canvas.Text
	objects     []fyne.CanvasObject
}

func (r *navRenderer) Destroy()                     {}
func (r *navRenderer) Objects() []fyne.CanvasObject { return r.objects }

func (r *navRenderer) MinSize() fyne.Size {
	if r.item.compact {
		return fyne.NewSize(navSide+navIcon+navSide, navHeight)
	}
	return fyne.NewSize(r.item.textWidth(), navHeight)
}

func (r *navRenderer) Layout(size fyne.Size) {
	r.ring.Resize(size)
	r.ground.Move(fyne.NewSquareOffsetPos(kit.RingWidth))
	r.ground.Resize(size.SubtractWidthHeight(2*kit.RingWidth, 2*kit.RingWidth))
	r.icon.Resize(fyne.NewSquareSize(navIcon))
	r.icon.Move(fyne.NewPos(navSide, (size.Height-navIcon)/2))
	count := r.count.MinSize()
	r.name.Text = bidi.VisualOrder(r.item.view.Name)
	if r.item.view.Saved {
		r.name.Text = kit.FitText(r.item.view.Name, size.Width-navName-count.Width-2*navSide, r.name.TextSize, r.name.TextStyle)
	}
	name := r.name.MinSize()
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
	back, ink, quiet := fyne.ThemeColorName(""), theme.ColorNameForeground, kit.ColorMuted
	switch {
	case i.chosen:
		back, quiet = theme.ColorNameSelection, theme.ColorNamePrimary
	case i.focused:
		back = kit.ColorSidebar // so that the ring is only a ring
	case i.hovered:
		back = theme.ColorNameHover
	}
	r.ground.Hidden = back == ""
	if back != "" {
		r.ground.FillColor = kit.ColorOf(i, back)
	}
	r.ground.CornerRadius = th.Size(theme.SizeNameSelectionRadius)
	r.ring.Hidden = !i.focused
	r.ring.FillColor, r.ring.CornerRadius = kit.ColorOf(i, theme.ColorNamePrimary), r.ground.CornerRadius
	kit.SetIcon(r.icon, i.view.Icon, quiet)
	r.icon.Refresh()
	r.name.Color, r.name.TextSize, r.name.TextStyle.Bold = kit.ColorOf(i, ink), th.Size(theme.SizeNameText), i.chosen
	r.count.Text, r.count.Color, r.count.TextSize = i.count, kit.ColorOf(i, quiet), th.Size(theme.SizeNameCaptionText)
	r.count.TextStyle.Bold = i.chosen
	r.name.Hidden, r.count.Hidden = i.compact, i.compact
}
