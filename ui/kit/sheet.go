package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Sheet is a large modal with a title, a scrolling page and buttons in its footer. Pages replace each other while it is
// open.
type Sheet struct {
	modals *Modals
	modal  *Modal
	title  *Text
	scroll *container.Scroll
	footer *fyne.Container
	body   *fyne.Container
	back   func()  // called by Escape
	page   int     // number of the current page; see StillShown
	held   *[]rune // letters for the next page; nil unless it is being read
}

const (
	sheetWidth        = 880
	sheetHeight       = 620
	sheetWindowMargin = 28 // between the sheet and the edges of the window
	sheetScrollGap    = 16 // between the content and the scroll bar
	sheetRingRoom     = 3  // around the content, for the rings of focused widgets
)

// OpenSheet opens a sheet without a page. The object sidebar stands at the left of every page; it may be nil. OpenSheet
// returns nil when another modal is open.
func (m *Modals) OpenSheet(sidebar fyne.CanvasObject) *Sheet {
	if m.current != nil {
		return nil
	}
	s := &Sheet{modals: m, title: NewBoldText(theme.SizeNameHeadingText, theme.ColorNameForeground), footer: container.New(layout.NewCustomPaddedHBoxLayout(8)), back: m.Close}
	s.title.MaxLines = 1
	s.scroll = container.NewVScroll(container.NewWithoutLayout())
	foot := container.New(Column(12), widget.NewSeparator(), container.NewBorder(nil, nil, nil, s.footer))
	middle := fyne.CanvasObject(container.New(Padding(0, 12), container.New(ScrollLayout{}, s.scroll)))
	if sidebar != nil {
		middle = container.New(Row{Gap: 24, Stretch: true}, container.New(Padding(0, 12), sidebar), middle)
	}
	s.body = container.NewBorder(container.New(Padding(sheetRingRoom, 0), s.title), foot, nil, nil, middle)
	s.modal = m.Show(container.New(sheetLayout{m.canvas}, container.New(Padding(16, 12), s.body)))
	s.modal.escape = func() { s.Leave(s.back) }
	return s
}

// ShowPage replaces the page. The widget focus gets the keyboard focus, unless it is nil. Escape calls the function
// back. The buttons stand in the footer.
func (s *Sheet) ShowPage(title string, back func(), content fyne.CanvasObject, focus fyne.Focusable, buttons ...fyne.CanvasObject) {
	s.page++
	s.back = back
	s.title.Set(title)
	s.footer.Objects = buttons
	s.scroll.Content = container.New(pageLayout{}, content)
	s.scroll.Offset = fyne.Position{}
	s.body.Refresh()
	s.Arrange()
	s.modal.entered = enteredIn(content)
	if focus != nil {
		s.modals.Focus(focus)
	}
	held := s.held
	s.held, s.modal.held = nil, nil
	if field, ok := focus.(*Field); ok && held != nil {
		for _, r := range *held {
			field.TypedRune(r)
		}
	}
}

// maxHeld bounds the letters that are kept while a page is read.
const maxHeld = 500

// Hold keeps what is typed until the next page is shown, which is still being read: its first field gets the letters then.
func (s *Sheet) Hold() {
	s.modals.Focus(nil)
	s.held = new([]rune)
	s.modal.held = s.held
}

// Leave calls the function to, which leaves the page. If something was typed on the page and not saved, it asks first.
func (s *Sheet) Leave(to func()) { s.modals.Leave(to) }

// Dismiss closes the sheet. If something was typed on the page and not saved, it asks first.
func (s *Sheet) Dismiss() { s.Leave(s.modals.Close) }

// HasInput reports whether something was typed on the page and is not saved.
func (s *Sheet) HasInput() bool { return s.modals.HasInput() }

// SetSaved records whether all that is in the fields of the page is saved.
func (s *Sheet) SetSaved(saved bool) {
	s.modal.entered = enteredIn(s.modal.entered.form)
	s.modal.entered.marked = !saved
}

// Arrange lays out the page again. Call it after text on it has changed.
func (s *Sheet) Arrange() { Relayout(s.scroll) }

// StillShown returns a function that reports whether the page that is shown now is still shown. Background work uses it
// to drop an answer that comes too late.
func (s *Sheet) StillShown() func() bool {
	page := s.page
	return func() bool { return s.page == page && s.modals.Shows(s.modal) }
}

// ScrollToTop scrolls to the top of the page.
func (s *Sheet) ScrollToTop() { ScrollTo(s.scroll, 0) }

// ArrangeAll lays out the whole sheet again. Call it after a button in the footer has changed.
func (s *Sheet) ArrangeAll() { s.body.Refresh() }

// OnClosed sets the function that is called after the sheet was closed.
func (s *Sheet) OnClosed(f func()) { s.modal.OnClosed = f }

// Close closes the modal that is open: the sheet, or the modal that has taken its place.
func (s *Sheet) Close() { s.modals.Close() }

// Focus moves the keyboard focus to a widget of the sheet.
func (s *Sheet) Focus(o fyne.Focusable) { s.modals.Focus(o) }

// Pass is the [KeyHandler] of the sheet's widgets: it scrolls the page and opens help.
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

// Reveal scrolls to an object of the page, if it is not wholly visible.
func (s *Sheet) Reveal(o fyne.CanvasObject) { Reveal(s.scroll, o) }

// NewButton returns a button for the page, which is scrolled to when it is focused. The icon may be empty.
func (s *Sheet) NewButton(label string, i Icon, importance widget.Importance, tapped func()) *Button {
	b := NewButton(label, i, importance, s.Pass, tapped)
	b.OnFocus = s.Reveal
	return b
}

// NewFootButton returns a button for the footer, which does not scroll.
func (s *Sheet) NewFootButton(label string, importance widget.Importance, tapped func()) *Button {
	return NewButton(label, "", importance, s.Pass, tapped)
}

// sheetLayout makes a sheet as large as fits into the window, up to a limit.
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
