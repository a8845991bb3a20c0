package placement

import (
	"context"
	"math"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"

	"countersign/core/explain"
	"countersign/core/i18n"
	"countersign/ui/async"
	"countersign/ui/kit"
)

// Document is a document that a signature is placed on.
type Document struct {
	Name string
	Path string // for [Options.Draw]
}

// Options are what a sheet is opened with.
type Options struct {
	Documents []Document // at least one
	Draw      DrawFunc
	Label     string // stands in the box, as in the signature
	// Positions are where the signatures are now: one for all documents, or one for each of them. Nil stands for none.
	Positions []*Position
	// Suggest returns a position for pages of the given size as seen, in points; nil for none. It may be nil.
	Suggest func(width, height float64) *Suggestion
	// Use is called with the positions that a person has chosen, as in Positions, and with what to suggest for the next page
	// of the same size.
	Use func(positions []*Position, next Suggestion)
	// Closed is called after the sheet was closed, by whatever. It is called after Use.
	Closed func()
}

// Suggestion is a position as it is seen on pages of one size.
type Suggestion struct {
	Page          string
	Width, Height float64 // of the page
	Area          Area
}

// sheet is the modal with the page and the box.
type sheet struct {
	Options
	lang   i18n.Language
	bg     *async.Worker
	modals *kit.Modals
	sheetWidgets

	positions []*Position // one for each document; the first stands for all while same is true
	same      bool        // one position for all documents
	document  int         // index of the document that is shown
	moved     bool        // a person changed the position of the document that is shown
	touched   bool        // a person changed something
	zoom      int         // index in zooms
	filling   bool        // the fields are being filled by the program
	reading   bool        // a page is being drawn that is to be shown
	useNext   bool        // the position is to be used once that page is shown

	latest async.Latest
	drawn  drawing // what was asked for last
}

// drawing is a page of a document in a width in pixels.
type drawing struct{ document, number, pixels int }

// zooms are how much larger than the sheet the page is shown.
var zooms = []float32{1, 1.5, 2, 3, 4}

// Open opens the sheet in modals, in place of what is open there. It must be called on the drawing goroutine.
func Open(lang i18n.Language, bg *async.Worker, modals *kit.Modals, o Options) {
	s := &sheet{Options: o, lang: lang, bg: bg, modals: modals, same: true, positions: make([]*Position, len(o.Documents))}
	copy(s.positions, o.Positions)
	if len(o.Positions) > 1 {
		s.same = false
	}
	s.build()
	s.modal = modals.Show(s.root)
	s.modal.OnKey, s.modal.OnClosed = s.onKey, s.onClosed
	s.read(0, nil)
}

func (s *sheet) onClosed() {
	s.latest.Drop()
	s.Closed()
}

// position returns the position of the document that is shown; nil for none.
func (s *sheet) position() *Position {
	if s.same {
		return s.positions[0]
	}
	return s.positions[s.document]
}

// keep stores the box that is shown as the position of its document, if a person has changed it or there is none yet.
func (s *sheet) keep() {
	page := s.board.page
	if !page.isUsable() || !s.moved && s.position() != nil {
		return
	}
	p := &Position{Page: s.pageName(page), Rectangle: page.Rectangle(s.board.box)}
	if s.same {
		s.positions[0] = p
	} else {
		s.positions[s.document] = p
	}
}

// pageName returns how the page that is shown is stored. The last page is stored as such, unless it was chosen by its number.
func (s *sheet) pageName(page Page) string {
	number := strconv.Itoa(page.Number)
	if p := s.position(); page.Number < page.Pages || p != nil && p.Page == number {
		return number
	}
	return string(LastPage)
}

// read draws a page of the document that is shown. The number 0 stands for the page of its position, or for the last page if it
// has none. The box, unless it is nil, is shown on the page; otherwise that of the position, the suggestion or the default.
func (s *sheet) read(number int, box *Area) {
	if p := s.position(); p != nil && number == 0 {
		number = p.number(maxPages)
		if p.Page == string(LastPage) {
			number = 0
		}
	}
	s.ask(number, func(page Page) {
		if p := s.position(); box == nil && p != nil && p.number(page.Pages) == page.Number {
			s.show(page, page.Seen(p.Rectangle), false)
			return
		}
		if box == nil {
			s.suggest(page)
			return
		}
		s.show(page, box.within(page.Size()), true)
	})
}

// suggest shows a page with the suggested box, or another page of the document if that is suggested.
func (s *sheet) suggest(page Page) {
	width, height := page.Size()
	var next *Suggestion
	if s.Suggest != nil {
		next = s.Suggest(width, height)
	}
	if next == nil {
		s.show(page, defaultArea(width, height), true)
		return
	}
	if number := (Position{Page: next.Page}).number(page.Pages); number > 0 && number != page.Number {
		s.read(number, &next.Area)
		return
	}
	s.show(page, next.Area.within(width, height), true)
}

// ask draws a page in the background, and calls the function show with it. Until then the page before stays, and nothing can be
// changed. What cannot be drawn is said in place of the page.
func (s *sheet) ask(number int, show func(Page)) {
	s.drawn = drawing{s.document, number, s.pixels()}
	s.reading, s.board.locked = true, true
	if s.board.page.isUsable() {
		s.enable(false)
	} else {
		s.showMessage(s.lang.Say("placement.reading"))
	}
	s.call(func(page Page, err error) {
		s.reading, s.board.locked = false, false
		switch {
		case err != nil:
			s.showFailure(kit.Sentence(explain.Error(s.lang, err)))
		case !page.isUsable():
			s.showFailure(s.lang.Say("placement.no_size"))
		default:
			s.drawn.number = page.Number
			show(page)
		}
	})
}

// showFailure shows why a page cannot be shown. Another page can be chosen.
func (s *sheet) showFailure(reason string) {
	s.useNext = false
	s.board.show(Page{}, Area{})
	s.showMessage(s.lang.Say("placement.not_drawn", reason))
	s.pageField.Enable()
	s.fill()
}

// call draws what was asked for last, in the background.
func (s *sheet) call(show func(Page, error)) {
	wanted := s.drawn
	path := s.Documents[wanted.document].Path
	async.CallLatest(s.bg, &s.latest, func(ctx context.Context) (Page, error) {
		return s.Draw(ctx, path, wanted.number, wanted.pixels)
	}, show)
}

// show shows a page with a box. The parameter moved is true unless the box is where the position says.
func (s *sheet) show(page Page, box Area, moved bool) {
	s.moved = moved
	s.showMessage("")
	s.board.show(page, box)
	s.fill()
	s.arrange()
	s.modals.Focus(s.board)
	if s.useNext {
		s.useNext = false
		s.use()
	}
}

// sharpen draws the page again if it is shown larger than it was drawn. The picture is replaced when the new one is there.
func (s *sheet) sharpen() {
	const enough = 1.1
	pixels := s.pixels()
	if s.reading || !s.board.page.isUsable() || float64(pixels) < enough*float64(s.drawn.pixels) {
		return
	}
	s.drawn.pixels = pixels
	s.call(func(page Page, err error) {
		if err == nil && page.isUsable() && page.Number == s.board.page.Number {
			s.board.page.Image = page.Image
			s.board.Refresh()
		}
	})
}

// pixels returns the width in pixels that makes the picture sharp.
func (s *sheet) pixels() int {
	scale := float32(1)
	if c := fyne.CurrentApp().Driver().CanvasForObject(s.board); c != nil {
		scale = c.Scale()
	}
	width := s.board.size.Width
	if !s.board.page.isUsable() {
		width = s.scroll.Size().Width * zooms[s.zoom]
	}
	return max(1, int(width*scale+0.5))
}

// current returns the number of the page that is shown, or that is being drawn to be shown.
func (s *sheet) current() int {
	if s.reading && s.drawn.number > 0 {
		return s.drawn.number
	}
	return s.board.page.Number
}

// turn shows another page of the document. The box stays where it is.
func (s *sheet) turn(number int) {
	page := s.board.page
	if !page.isUsable() || number < 1 || number > page.Pages || number == s.current() {
		return
	}
	box := s.board.box
	s.touched = true
	s.read(number, &box)
}

// choose shows another document, with the box at its position.
func (s *sheet) choose(document int) {
	if document == s.document || document < 0 {
		return
	}
	if !s.reading {
		s.keep()
	}
	s.document = document
	s.board.show(Page{}, Area{})
	s.read(0, nil)
}

// setSame chooses between one position for all documents and one for each. Those for each begin with that for all.
func (s *sheet) setSame(same bool) {
	if s.same == same {
		return
	}
	if !s.reading {
		s.keep()
	}
	if same {
		s.positions[0] = s.positions[s.document]
	} else {
		for i := range s.positions {
			s.positions[i] = s.positions[0]
		}
	}
	s.same, s.moved, s.touched = same, false, true
	s.warn()
}

// onBox follows a change of the box by a person.
func (s *sheet) onBox() {
	s.moved, s.touched = true, true
	s.fill()
	s.reveal()
}

// use passes the positions on and closes the sheet, once the page is there. A number that is wrong gets the focus instead.
func (s *sheet) use() {
	page := s.board.page
	if s.reading {
		s.useNext = true
		return
	}
	if !page.isUsable() {
		return
	}
	if wrong := s.wrongField(); wrong != nil {
		s.problem.Set(s.lang.Say("placement.bad_number"))
		s.arrangeControls()
		s.modals.Focus(wrong)
		return
	}
	s.keep()
	positions := s.positions[:1:1]
	if !s.same {
		positions = s.positions
	}
	width, height := page.Size()
	s.Use(positions, Suggestion{Page: s.position().Page, Width: hundredth(width), Height: hundredth(height), Area: s.board.box.rounded()})
	s.modals.Close()
}

// leave closes the sheet without using the positions. If a person has changed something, it asks first.
func (s *sheet) leave() {
	if s.touched {
		s.modals.AskDiscard(s.modals.Close)
		return
	}
	s.modals.Close()
}

// onKey handles the keys that the focused widget does not use.
func (s *sheet) onKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		s.use()
	case fyne.KeyEscape:
		s.leave()
	case fyne.KeyPageUp:
		s.turn(s.current() - 1)
	case fyne.KeyPageDown:
		s.turn(s.current() + 1)
	case fyne.KeyHome:
		s.turn(1)
	case fyne.KeyEnd:
		s.turn(s.board.page.Pages)
	case fyne.KeyPlus:
		s.setZoom(s.zoom + 1)
	case fyne.KeyMinus:
		s.setZoom(s.zoom - 1)
	}
}

// onPageField turns to the page that is typed into the page field.
func (s *sheet) onPageField() {
	page, pages := s.board.page, s.board.page.Pages
	typed := strings.TrimSpace(s.pageField.Text)
	if strings.EqualFold(typed, s.lang.Say("win.last_page")) {
		typed = string(LastPage)
	}
	if !page.isUsable() { // the number of pages is not known
		pages = maxPages
	}
	number := Position{Page: typed}.number(pages)
	switch {
	case !page.isUsable() && number == maxPages:
		s.ask(0, s.suggest)
	case !page.isUsable() && number > 0:
		s.ask(number, s.suggest)
	case !page.isUsable():
	case number == page.Number:
		s.use()
	case number == 0:
		s.problem.Set(s.lang.Count("placement.bad_page", page.Pages))
		s.arrangeControls()
	default:
		s.turn(number)
	}
}

// maxPages is more than the number of pages of any document.
const maxPages = math.MaxInt32

// millimeters returns a typed length in points. It reports false if the text is not a length.
func millimeters(typed string) (points float64, ok bool) {
	mm, err := strconv.ParseFloat(strings.Replace(strings.TrimSpace(typed), ",", ".", 1), 64)
	if err != nil || !(mm >= -5000 && mm <= 5000) {
		return 0, false
	}
	return mm / Millimeter, true
}

// Millimeter is the size of a point in millimeters.
const Millimeter = 25.4 / 72

// onNumber moves the box to where the fields say, unless one of them is wrong.
func (s *sheet) onNumber() {
	page := s.board.page
	if s.filling || !page.isUsable() || s.wrongField() != nil {
		return
	}
	s.problem.Set("")
	var n [4]float64 // left, bottom, width, height
	for i, f := range s.numbers {
		n[i], _ = millimeters(f.Text)
	}
	width, height := page.Size()
	s.board.box = Area{Left: n[0], Top: height - n[1] - n[3], Width: n[2], Height: n[3]}.within(width, height)
	s.board.Refresh()
	s.moved, s.touched = true, true
	s.warn()
	s.reveal()
}

// wrongField returns the first field with a text that is not a length; nil for none.
func (s *sheet) wrongField() *kit.Field {
	for _, f := range s.numbers {
		if _, ok := millimeters(f.Text); !ok {
			return f
		}
	}
	return nil
}
