package placement

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/ui/kit"
)

// sheetWidgets are the widgets of a sheet.
type sheetWidgets struct {
	modal             *kit.Modal
	root              fyne.CanvasObject
	board             *board
	scroll            *container.Scroll // of the page
	message           *kit.Text         // in place of the page
	controls          *container.Scroll
	documents         *kit.Select
	sameBox           *kit.Check
	pageField         *kit.Field
	pages             *kit.Text // how many pages the document has
	previous, next    *kit.Button
	larger, smaller   *kit.Button
	numbers           [4]*kit.Field // left, bottom, width and height in millimeters
	warning           *kit.Text
	problem           *kit.Text
	useButton, cancel *kit.Button
}

const (
	controlsWidth = 244
	barRoom       = 13  // between the controls and the right edge: room for their scroll bar
	sheetMargin   = 20  // between the sheet and the edges of the window
	messageWidth  = 320 // of the text in place of a page
	maxSheet      = 1500
)

func (s *sheet) build() {
	lang := s.lang
	s.board = newBoard(s.Label, s.onKey, s.onBox)
	s.scroll = container.NewScroll(container.New(layout.NewCenterLayout(), s.board))
	s.message = kit.NewText(theme.SizeNameText, kit.ColorMuted)
	page := container.New(pageLayout{s}, s.scroll, s.message)

	var names []string
	for _, d := range s.Documents {
		names = append(names, d.Name)
	}
	s.documents = kit.NewSelect(s.onKey, s.choose)
	s.documents.Options, s.documents.Selected = names, names[0]
	s.sameBox = kit.NewCheck(s.onKey, s.setSame)
	s.sameBox.Text, s.sameBox.Checked = lang.Count("placement.same", len(s.Documents)), s.same
	s.documents.Hidden, s.sameBox.Hidden = len(names) < 2, len(names) < 2

	s.pageField = kit.NewField(s.onKey)
	s.pageField.OnEnter = s.onPageField
	s.pages = kit.NewText(theme.SizeNameText, kit.ColorMuted)
	icon := func(what, keys string, i kit.Icon, do func()) *kit.Button {
		return kit.NewIconButton(lang, what, keys, i, s.onKey, s.modals.Explain, do)
	}
	s.previous = icon(lang.Say("placement.previous"), lang.Say("placement.previous_keys"), kit.IconUp, func() { s.turn(s.current() - 1) })
	s.next = icon(lang.Say("placement.next"), lang.Say("placement.next_keys"), kit.IconDown, func() { s.turn(s.current() + 1) })
	s.larger = icon(lang.Say("placement.larger"), "+", kit.IconPlus, func() { s.setZoom(s.zoom + 1) })
	s.smaller = icon(lang.Say("placement.smaller"), "-", kit.IconMinus, func() { s.setZoom(s.zoom - 1) })
	for i := range s.numbers {
		s.numbers[i] = kit.NewField(s.onKey)
		s.numbers[i].OnChanged = func(string) { s.onNumber() }
	}
	caption := func(color fyne.ThemeColorName) *kit.Text { return kit.NewText(theme.SizeNameCaptionText, color) }
	s.warning, s.problem = caption(kit.ColorWarn).Set(""), caption(theme.ColorNameError).Set("")
	s.cancel = kit.NewButton(lang.Say("add.cancel"), "", widget.MediumImportance, s.onKey, s.leave)
	s.useButton = kit.NewButton(lang.Say("placement.use"), "", widget.HighImportance, s.onKey, s.use)

	content := container.New(kit.Column(10),
		kit.NewBoldText(theme.SizeNameHeadingText, theme.ColorNameForeground).Set(lang.Say("placement.title")),
		s.documents, container.New(kit.Padding(-7, 0), s.sameBox), // the toolkit's padding of a check box
		container.New(kit.Weighted(8, 2, 3), kit.NewLabeled(lang.Say("placement.page"), s.pageField), container.New(bottomLayout{}, s.pages)),
		container.New(layout.NewCustomPaddedHBoxLayout(4), s.previous, s.next, s.smaller, s.larger),
		container.New(kit.Weighted(8, 1, 1), kit.NewLabeled(lang.Say("win.left"), s.numbers[0]), kit.NewLabeled(lang.Say("win.bottom"), s.numbers[1])),
		container.New(kit.Weighted(8, 1, 1), kit.NewLabeled(lang.Say("win.width"), s.numbers[2]), kit.NewLabeled(lang.Say("win.height"), s.numbers[3])),
		caption(kit.ColorMuted).Set(lang.Say("placement.millimeters")),
		s.warning, s.problem,
		caption(kit.ColorMuted).Set(lang.Say("placement.hint")),
	)
	s.controls = container.NewVScroll(container.New(layout.NewCustomPaddedLayout(3, 3, 5, barRoom), content))
	for _, f := range append(s.numbers[:], s.pageField) {
		f.RevealWith(s.revealControl)
	}
	for _, b := range []*kit.Button{s.previous, s.next, s.smaller, s.larger} {
		b.RevealWith(s.revealControl)
	}
	s.documents.RevealWith(s.revealControl)
	s.sameBox.RevealWith(s.revealControl)

	buttons := container.New(kit.NewFlow(8), s.cancel, s.useButton)
	side := container.New(kit.VStack(0), container.New(kit.ScrollLayout{}, s.controls), container.New(layout.NewCustomPaddedLayout(6, 6, 5, barRoom), buttons))
	s.root = container.New(sheetLayout{s.modals}, page, side)
}

func (s *sheet) revealControl(o fyne.CanvasObject) { kit.Reveal(s.controls, o) }

// showMessage shows a text in place of the page; an empty text shows the page.
func (s *sheet) showMessage(text string) {
	s.message.Set(text)
	kit.SetHidden(s.message, text == "")
	kit.SetHidden(s.scroll, text != "")
	s.enable(text == "")
	s.arrange()
}

// enable allows changes of what is shown, or forbids them.
func (s *sheet) enable(on bool) {
	all := []fyne.Disableable{s.pageField, s.previous, s.next, s.larger, s.smaller, s.useButton}
	for _, f := range s.numbers {
		all = append(all, f)
	}
	for _, w := range all {
		if on && w.Disabled() {
			w.Enable()
		} else if !on && !w.Disabled() {
			w.Disable()
		}
	}
}

// fill shows the numbers of the page and of the box.
func (s *sheet) fill() {
	s.filling = true
	defer func() { s.filling = false }()
	s.problem.Set("")
	page, box := s.board.page, s.board.box
	_, height := page.Size()
	for i, points := range []float64{box.Left, height - box.Top - box.Height, box.Width, box.Height} {
		s.numbers[i].SetText(s.length(points))
	}
	s.pageField.SetText("")
	s.pages.Set("")
	if page.isUsable() {
		s.pageField.SetText(strconv.Itoa(page.Number))
		s.pages.Set(s.lang.Count("placement.of", page.Pages))
		setDisabled(s.previous, page.Number <= 1)
		setDisabled(s.next, page.Number >= page.Pages)
	}
	s.warn()
}

// length returns a length in points as millimeters, to be edited.
func (s *sheet) length(points float64) string { return s.lang.Decimal(points*Millimeter, 1) }

func setDisabled(w fyne.Disableable, disabled bool) {
	if disabled {
		w.Disable()
	} else {
		w.Enable()
	}
}

// warn shows what may be wrong with the box that is shown.
func (s *sheet) warn() {
	page, box, text := s.board.page, s.board.box, ""
	for _, field := range page.Fields {
		if box.overlaps(page.Seen(field)) {
			text = s.lang.Say("placement.covers")
		}
	}
	if page.isUsable() && !box.isWithin(page.Size()) {
		text = s.lang.Say("placement.outside")
	}
	s.warning.Set(text)
	s.arrangeControls()
}

// setZoom shows the page in another size.
func (s *sheet) setZoom(zoom int) {
	if zoom = max(0, min(zoom, len(zooms)-1)); zoom == s.zoom {
		return
	}
	s.zoom = zoom
	s.arrange()
	s.reveal()
}

// arrange shows the page in the size that the sheet and the zoom say.
func (s *sheet) arrange() {
	width, height := s.board.page.Size()
	room := s.scroll.Size()
	if s.board.page.isUsable() && room.Width > 0 && room.Height > 0 {
		const edge = 2 * kit.ButtonRing
		fit := min((room.Width-edge)/float32(width), (room.Height-edge)/float32(height)) * zooms[s.zoom]
		s.board.setSize(fyne.NewSize(fit*float32(width), fit*float32(height)))
		setDisabled(s.smaller, s.zoom == 0)
		setDisabled(s.larger, s.zoom == len(zooms)-1)
		s.sharpen()
	}
	s.scroll.Content.Refresh()
	s.scroll.Refresh()
	s.arrangeControls()
}

// arrangeControls lays the texts beside the page out again.
func (s *sheet) arrangeControls() { kit.Relayout(s.controls) }

// reveal scrolls so that the box is visible.
func (s *sheet) reveal() {
	const around = 12 // room for the handles
	at, size := s.board.onPicture(s.board.box)
	at, size = at.Add(s.board.Position()).SubtractXY(around, around), size.AddWidthHeight(2*around, 2*around)
	room, content := s.scroll.Size(), s.scroll.Content.Size()
	offset := s.scroll.Offset
	axis := func(offset, from, length, room, whole float32) float32 {
		if from < offset {
			offset = from
		} else if from+length > offset+room {
			offset = from + length - room
		}
		return max(0, min(offset, whole-room))
	}
	s.scroll.ScrollToOffset(fyne.NewPos(axis(offset.X, at.X, size.Width, room.Width, content.Width), axis(offset.Y, at.Y, size.Height, room.Height, content.Height)))
}

// sheetLayout puts the page at the left and the controls at the right, in nearly all of the window.
type sheetLayout struct{ modals *kit.Modals }

func (l sheetLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	const inside = 12
	side := fyne.NewSize(controlsWidth, size.Height-2*inside)
	objects[0].Move(fyne.NewSquareOffsetPos(inside))
	objects[0].Resize(fyne.NewSize(size.Width-side.Width-3*inside, side.Height))
	objects[1].Move(fyne.NewPos(size.Width-side.Width-inside, inside))
	objects[1].Resize(side)
}

func (l sheetLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	room := l.modals.Size().SubtractWidthHeight(2*sheetMargin, 2*sheetMargin)
	return fyne.NewSize(min(room.Width, maxSheet), room.Height)
}

// pageLayout lets the page have all the room, and centers the text in place of it.
type pageLayout struct{ sheet *sheet }

func (l pageLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	changed := objects[0].Size() != size
	objects[0].Resize(size)
	text := objects[1]
	text.Resize(fyne.NewSize(min(messageWidth, size.Width), 1)) // before its height is known
	height := text.MinSize().Height
	text.Resize(fyne.NewSize(min(messageWidth, size.Width), height))
	text.Move(fyne.NewPos((size.Width-text.Size().Width)/2, (size.Height-height)/2))
	if changed {
		l.sheet.arrange()
	}
}

func (l pageLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(1, 1) }

// bottomLayout puts one text at the height of the field beside it.
type bottomLayout struct{}

func (bottomLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	height := objects[0].MinSize().Height
	const inField = 9 // from the edge of a field to its text
	objects[0].Resize(fyne.NewSize(size.Width, height))
	objects[0].Move(fyne.NewPos(0, size.Height-height-inField))
}

func (bottomLayout) MinSize(objects []fyne.CanvasObject) fyne.Size { return objects[0].MinSize() }
