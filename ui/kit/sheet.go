package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Sheet is a large page over the window: a title, what is to be seen, which scrolls, and
// buttons at its foot. What it shows changes, as one page leads to another and back.
type Sheet struct {
	modals *Modals
	modal  *Modal
	title  *Text
	scroll *container.Scroll
	footer *fyne.Container
	body   *fyne.Container
	back   func() // what Escape does
	page   int    // counts the pages that were shown; an answer to an earlier one is late
}

const (
	sheetWidth        = 880
	sheetHeight       = 620
	sheetWindowMargin = 28 // of the window around it
	sheetScrollGap    = 16 // between the words and the scroll bar
	sheetRingRoom     = 3  // around them, for the rings of what has the keyboard
)

// OpenSheet opens an empty sheet; aside stands at its left on every page, if there is one. It returns nil while a
// question is open.
func (m *Modals) OpenSheet(aside fyne.CanvasObject) *Sheet {
	if m.current != nil {
		return nil
	}
	s := &Sheet{modals: m, title: NewBoldText(theme.SizeNameHeadingText, theme.ColorNameForeground), footer: container.New(layout.NewCustomPaddedHBoxLayout(8)), back: m.Close}
	s.title.MaxLines = 1
	s.scroll = container.NewVScroll(container.NewWithoutLayout())
	foot := container.New(Column(12), widget.NewSeparator(), container.NewBorder(nil, nil, nil, s.footer))
	middle := fyne.CanvasObject(container.New(Padding(0, 12), container.New(ScrollLayout{}, s.scroll)))
	if aside != nil {
		middle = container.New(Row{Gap: 24, Stretch: true}, container.New(Padding(0, 12), aside), middle)
	}
	s.body = container.NewBorder(container.New(Padding(sheetRingRoom, 0), s.title), foot, nil, nil, middle)
	s.modal = m.Show(container.New(sheetLayout{m.canvas}, container.New(Padding(16, 12), s.body)))
	s.modal.escape = func() { s.back() }
	return s
}

// ShowPage turns to another page and gives the keyboard to focus.
func (s *Sheet) ShowPage(title string, back func(), content fyne.CanvasObject, focus fyne.Focusable, buttons ...fyne.CanvasObject) {
	s.page++
	s.back = back
	s.title.Set(title)
	s.footer.Objects = buttons
	s.scroll.Content = container.New(pageLayout{}, content)
	s.scroll.Offset = fyne.Position{}
	s.body.Refresh()
	s.Arrange()
	if focus != nil {
		s.modals.Focus(focus)
	}
}

// Arrange lays the page out again after its words changed.
func (s *Sheet) Arrange() { Relayout(s.scroll) }

// StillShown returns a function that reports whether the page of now is still the one that is StillShown.
func (s *Sheet) StillShown() func() bool {
	page := s.page
	return func() bool { return s.page == page && s.modals.Shows(s.modal) }
}

// ScrollToTop shows the beginning of the page.
func (s *Sheet) ScrollToTop() { ScrollTo(s.scroll, 0) }

// ArrangeAll lays the whole sheet out again after a button at its foot changed.
func (s *Sheet) ArrangeAll() { s.body.Refresh() }

// OnClosed has f called when the sheet was closed, by whatever means.
func (s *Sheet) OnClosed(f func()) { s.modal.OnClosed = f }

// Close closes the sheet.
func (s *Sheet) Close() { s.modals.Close() }

// Focus gives the keyboard to a part of the sheet.
func (s *Sheet) Focus(o fyne.Focusable) { s.modals.Focus(o) }

// Pass hears the keys that a widget of the sheet has no use for.
func (s *Sheet) Pass(key *fyne.KeyEvent) {
	step := float32(0)
	switch key.Name {
	case fyne.KeyUp:
		step = -40
	case fyne.KeyDown:
		step = 40
	case fyne.KeyPageUp:
		step = -s.scroll.Size().Height
	case fyne.KeyPageDown:
		step = s.scroll.Size().Height
	case fyne.KeyF1:
		s.modals.help()
	default:
		s.modals.pass(key)
	}
	if step != 0 {
		ScrollTo(s.scroll, s.scroll.Offset.Y+step)
	}
}

// Reveal scrolls to a widget that got the keyboard, if it cannot be seen.
func (s *Sheet) Reveal(o fyne.CanvasObject) { Reveal(s.scroll, o) }

// NewButton makes a NewButton of the page, which is scrolled to when it gets the keyboard.
func (s *Sheet) NewButton(label string, i Icon, importance widget.Importance, tapped func()) *Button {
	b := NewButton(label, i, importance, s.Pass, tapped)
	b.OnFocus = s.Reveal
	return b
}

// NewFootButton makes a button for the foot of the sheet, which does not scroll.
func (s *Sheet) NewFootButton(label string, importance widget.Importance, tapped func()) *Button {
	return NewButton(label, "", importance, s.Pass, tapped)
}

// sheetLayout gives a sheet the size that the window has for it.
type sheetLayout struct{ canvas fyne.Canvas }

func (l sheetLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Resize(size)
}

func (l sheetLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	room := l.canvas.Size().SubtractWidthHeight(2*sheetWindowMargin, 2*sheetWindowMargin)
	return fyne.NewSize(min(room.Width, sheetWidth), min(room.Height, sheetHeight))
}

// pageLayout keeps the margins of a page.
type pageLayout struct{}

func (pageLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Move(fyne.NewSquareOffsetPos(sheetRingRoom))
	objects[0].Resize(size.SubtractWidthHeight(sheetRingRoom+sheetScrollGap, 2*sheetRingRoom))
}

func (pageLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return objects[0].MinSize().AddWidthHeight(sheetRingRoom+sheetScrollGap, 2*sheetRingRoom)
}
