package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// sheet is a large page over the window: a title, what is to be seen, which scrolls, and
// buttons at its foot. What it shows changes, as one page leads to another and back.
type sheet struct {
	window *Window
	title  *text
	scroll *container.Scroll
	foot   *fyne.Container
	body   *fyne.Container
	back   func() // what Escape does
	page   int    // counts the pages that were shown; an answer to an earlier one is late
}

const (
	sheetWidth  = 880
	sheetHeight = 620
	sheetMargin = 28 // of the window around it
	sheetSide   = 16 // between the words and the scroll bar
	sheetEdge   = 3  // around them, for the rings of what has the keyboard
	revealed    = 12 // what is seen around a widget that got the keyboard
)

// openSheet opens an empty sheet; aside stands at its left on every page, if there is one.
// It gives nothing while a question is open.
func (w *Window) openSheet(aside fyne.CanvasObject) *sheet {
	if w.modal != nil {
		return nil
	}
	s := &sheet{window: w, title: newBoldText(theme.SizeNameHeadingText, theme.ColorNameForeground), foot: container.New(layout.NewCustomPaddedHBoxLayout(8)), back: w.closeModal}
	s.title.maxLines = 1
	s.scroll = container.NewVScroll(container.NewWithoutLayout())
	foot := container.New(column{gap: 12}, widget.NewSeparator(), container.NewBorder(nil, nil, nil, s.foot))
	middle := fyne.CanvasObject(container.New(inset{0, 12}, container.New(scrolled{}, s.scroll)))
	if aside != nil {
		middle = container.New(beside{gap: 24, stretch: true}, container.New(inset{0, 12}, aside), middle)
	}
	s.body = container.NewBorder(s.title, foot, nil, nil, middle)
	w.modal = w.newModal(container.New(sheetLayout{w.window.Canvas()}, container.New(inset{16, 12}, s.body)))
	w.modal.escape = func() { s.back() }
	w.modal.popup.Show()
	return s
}

// show turns to another page and gives the keyboard to focus.
func (s *sheet) show(title string, back func(), content fyne.CanvasObject, focus fyne.Focusable, buttons ...fyne.CanvasObject) {
	s.page++
	s.back = back
	s.title.set(title)
	s.foot.Objects = buttons
	s.scroll.Content = container.New(pageLayout{}, content)
	s.scroll.Offset = fyne.Position{}
	s.body.Refresh()
	s.arrange()
	if focus != nil {
		s.window.window.Canvas().Focus(focus)
	}
}

// arrange lays the page out again after its words changed.
func (s *sheet) arrange() { arrange(s.scroll) }

// isOn tells whether a page is still the one that is shown.
func (s *sheet) isOn(page int) bool {
	return s.page == page && s.window.modal != nil
}

// pass hears the keys that a widget of the sheet has no use for.
func (s *sheet) pass(key *fyne.KeyEvent) {
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
		s.window.showHelp()
	default:
		s.window.onKey(key)
	}
	if step != 0 {
		s.scrollTo(s.scroll.Offset.Y + step)
	}
}

func (s *sheet) scrollTo(y float32) {
	most := s.scroll.Content.Size().Height - s.scroll.Size().Height
	s.scroll.ScrollToOffset(fyne.NewPos(0, max(0, min(y, most))))
}

// reveal scrolls to a widget that got the keyboard, if it cannot be seen.
func (s *sheet) reveal(o fyne.CanvasObject) {
	d := fyne.CurrentApp().Driver()
	top := d.AbsolutePositionForObject(o).Y - d.AbsolutePositionForObject(s.scroll.Content).Y
	bottom := top + o.Size().Height
	switch height := s.scroll.Size().Height; {
	case top-revealed < s.scroll.Offset.Y:
		s.scrollTo(top - revealed)
	case bottom+revealed > s.scroll.Offset.Y+height:
		s.scrollTo(bottom + revealed - height)
	}
}

// button makes a button of the page, which is scrolled to when it gets the keyboard.
func (s *sheet) button(label string, i icon, importance widget.Importance, tapped func()) *button {
	b := newButton(label, i, importance, s.pass, tapped)
	b.onFocus = s.reveal
	return b
}

// footButton makes a button for the foot of the sheet, which does not scroll.
func (s *sheet) footButton(label string, importance widget.Importance, tapped func()) *button {
	return newButton(label, "", importance, s.pass, tapped)
}

// sheetLayout gives a sheet the size that the window has for it.
type sheetLayout struct{ canvas fyne.Canvas }

func (l sheetLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Resize(size)
}

func (l sheetLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	room := l.canvas.Size().SubtractWidthHeight(2*sheetMargin, 2*sheetMargin)
	return fyne.NewSize(min(room.Width, sheetWidth), min(room.Height, sheetHeight))
}

// pageLayout keeps the margins of a page.
type pageLayout struct{}

func (pageLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Move(fyne.NewSquareOffsetPos(sheetEdge))
	objects[0].Resize(size.SubtractWidthHeight(sheetEdge+sheetSide, 2*sheetEdge))
}

func (pageLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return objects[0].MinSize().AddWidthHeight(sheetEdge+sheetSide, 2*sheetEdge)
}

// scrolled is the layout of a scroller whose content has words that wrap.
type scrolled struct{}

func (scrolled) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	scroll := objects[0].(*container.Scroll)
	scroll.Resize(size)
	arrange(scroll)
}

func (scrolled) MinSize(objects []fyne.CanvasObject) fyne.Size { return objects[0].MinSize() }

// arrange gives what is in a scroller its width before it asks for its height.
func arrange(scroll *container.Scroll) {
	width := scroll.Size().Width
	if width <= 0 {
		return
	}
	content := scroll.Content
	for range 2 { // what wraps within what wraps
		content.Resize(fyne.NewSize(width, content.MinSize().Height))
		content.Refresh()
	}
	content.Resize(fyne.NewSize(width, content.MinSize().Height))
	scroll.Refresh()
}
