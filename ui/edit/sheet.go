// Package edit is the sheet in which what was added is changed: the title, reference and due date of a request and, while
// it waits to be signed, its gateway, its signer and the reason for signing. These three can be changed for many requests
// at once. Nothing here decides what may be changed: the desk does.
package edit

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/explain"
	"countersign/core/gateways"
	"countersign/core/i18n"
	"countersign/core/input"
	"countersign/core/request"
	"countersign/ui/async"
	"countersign/ui/days"
	"countersign/ui/kit"
)

// Desk is what the sheet needs of the desk. Its methods are called on background goroutines. Errors are shown as they are.
type Desk interface {
	Get(ctx context.Context, id request.ID) (request.Request, error)
	Offers(ctx context.Context) ([]gateways.Offer, error)
	Edit(ctx context.Context, id request.ID, title, reference, due string) (request.Request, error)
	ChangeDetails(ctx context.Context, id request.ID, change func(*request.SigningDetails)) (request.Request, error)
}

// Change changes the signing details of a request, as [desk.Desk.ChangeDetails] calls it.
type Change = func(*request.SigningDetails)

// Editor opens the sheet. It must be used on the drawing goroutine.
type Editor struct {
	lang   i18n.Language
	desk   Desk
	bg     *async.Worker
	modals *kit.Modals
	pass   kit.KeyHandler
	now    kit.Clock
	failed func(error)
}

// New returns an editor that opens its sheet in modals and runs its background work on bg. The function pass is called with the
// keys that no field handles, and the function failed with an error that comes when the sheet was closed.
func New(lang i18n.Language, d Desk, bg *async.Worker, modals *kit.Modals, pass kit.KeyHandler, now kit.Clock, failed func(error)) *Editor {
	return &Editor{lang: lang, desk: d, bg: bg, modals: modals, pass: pass, now: now, failed: failed}
}

// Values are what the sheet begins with.
type Values struct {
	ID                    request.ID
	Title, Reference, Due string // Due is in the format of [time.DateOnly]
	Waits                 bool   // the request is pending, so that its signing details can be changed
}

const (
	sheetWidth = 640 // with signing details
	sheetEdge  = 4   // around what scrolls: room for the rings of what has the focus
	outside    = 140 // height of what does not scroll, and of the margins of the window
)

// sheet is the open sheet of one request.
type sheet struct {
	*Editor
	Values
	title, reference *kit.Field
	due              *days.Field
	signing          *signing // nil for a request that does not wait
	hint             *kit.Text
	page             *page
	saving           bool
}

// Open opens the sheet for a request. It does nothing while another modal is open.
func (e *Editor) Open(v Values) {
	if e.modals.IsOpen() {
		return
	}
	s := &sheet{Editor: e, Values: v, title: e.modals.NewLine("", v.Title), reference: e.modals.NewLine("", v.Reference)}
	s.hint = kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted).Set(e.lang.Say("request.edit_hint"))
	s.due = days.NewDue(e.lang, e.pass, e.modals.Explain, e.now, s.arrange)
	s.due.Set(v.Due)
	s.title.OnEnter, s.reference.OnEnter, s.due.Entry.OnEnter = s.save, s.save, s.save
	content := container.New(kit.Column(10),
		kit.NewLabeled(e.lang.Say("request.edit_name"), s.title),
		container.New(kit.Weighted(12, 1, 1), kit.NewLabeled(e.lang.Say("request.edit_reference"), s.reference), kit.NewLabeled(e.lang.Say("request.edit_due"), s.due.Root)),
	)
	if v.Waits {
		s.signing = e.newSigning(e.lang.Say("edit.keep"), s.save, s.arrange)
		content.Add(s.signing.root)
	}
	content.Add(s.hint)
	s.page = e.open(e.lang.Say("request.edit_title"), content, s.title, s.save)
	reveal := s.page.reveal
	s.due.RevealWith(reveal)
	s.title.OnFocus, s.reference.OnFocus = reveal, reveal
	if s.signing != nil {
		s.signing.revealWith(reveal)
		s.read()
	}
}

// read reads how the request is to be signed, and at which gateways it can be.
func (s *sheet) read() {
	type answer struct {
		request request.Request
		offers  []gateways.Offer
	}
	async.Call(s.bg, func(ctx context.Context) (a answer, err error) {
		if a.request, err = s.desk.Get(ctx, s.ID); err == nil {
			a.offers, err = s.desk.Offers(ctx)
		}
		return a, err
	}, func(a answer, err error) {
		switch {
		case s.page.closed:
		case err != nil:
			s.say(kit.Sentence(explain.Error(s.lang, err)), theme.ColorNameError)
		default:
			s.page.modal.Fill(func() { s.signing.fill(a.offers, a.request) })
		}
	})
}

func (s *sheet) arrange() {
	if s.page != nil {
		s.page.arrange()
	}
}

func (s *sheet) say(text string, color fyne.ThemeColorName) {
	s.hint.Set(text).SetColor(color)
	s.arrange()
}

// save checks what was typed, has it written and closes the sheet. What is wrong is said on the sheet.
func (s *sheet) save() {
	title, reference := strings.TrimSpace(s.title.Text), strings.TrimSpace(s.reference.Text)
	due, ok := s.due.Day()
	switch {
	case s.saving:
		return
	case title == "":
		s.refuse(s.lang.Say("request.edit_no_title"), s.title)
		return
	case s.isTooLong(input.Title, title, s.Title, s.title), s.isTooLong(input.Reference, reference, s.Reference, s.reference):
		return
	case !ok:
		s.due.Fail()
		return
	}
	var change Change
	if s.signing != nil && s.signing.isFilled() {
		change = s.signing.change()
	}
	s.saving = true
	s.say(s.lang.Say("request.editing"), kit.ColorMuted)
	async.Do(s.bg, func(ctx context.Context) error {
		if change != nil {
			if _, err := s.desk.ChangeDetails(ctx, s.ID, change); err != nil {
				return err
			}
		}
		_, err := s.desk.Edit(ctx, s.ID, title, reference, due)
		return err
	}, func(err error) {
		s.saving = false
		switch {
		case err == nil && !s.page.closed:
			s.modals.Close()
		case err != nil && s.page.closed:
			s.failed(err)
		case err != nil:
			s.say(kit.Sentence(explain.Error(s.lang, err)), theme.ColorNameError)
		}
	})
}

// isTooLong reports whether a text was changed and cannot be used, and if so says why.
func (s *sheet) isTooLong(kind input.Typed, text, before string, field *kit.Field) bool {
	if text == before {
		return false
	}
	_, err := kind.Clean(text)
	if err != nil {
		s.refuse(kit.Sentence(explain.Error(s.lang, err)), field)
	}
	return err != nil
}

func (s *sheet) refuse(problem string, field *kit.Field) {
	s.say(problem, theme.ColorNameError)
	kit.Focus(field)
}

// page is what an open sheet shows. It scrolls where the window is low.
type page struct {
	modals *kit.Modals
	modal  *kit.Modal
	scroll *container.Scroll
	box    *kit.CappedHeight
	closed bool
}

// open opens a sheet with content and the buttons Cancel and Save.
func (e *Editor) open(title string, content fyne.CanvasObject, focus fyne.Focusable, save func()) *page {
	p := &page{modals: e.modals}
	width := min(float32(sheetWidth), e.modals.Size().Width-60)
	p.scroll = container.NewVScroll(container.New(kit.Padding(sheetEdge, sheetEdge), content))
	p.box = &kit.CappedHeight{Limit: func() float32 { return e.modals.Size().Height - outside }}
	cancel := kit.NewButton(e.lang.Say("add.cancel"), "", widget.MediumImportance, e.pass, e.modals.Dismiss)
	ok := kit.NewButton(e.lang.Say("request.edit_yes"), "", widget.HighImportance, e.pass, save)
	p.measure(width + 2*sheetEdge)
	p.modal = e.modals.OpenWide(width, title, container.New(kit.Padding(-sheetEdge, -sheetEdge), container.New(p.box, p.scroll)), focus, cancel, ok)
	p.modal.OnClosed = func() { p.closed = true }
	p.arrange()
	return p
}

// measure sets the height of the sheet to that of its content in a width. Texts wrap, so it takes two passes.
func (p *page) measure(width float32) {
	for range 2 {
		p.scroll.Content.Resize(fyne.NewSize(width, p.scroll.Content.MinSize().Height))
		p.scroll.Content.Refresh()
	}
	p.box.Height = p.scroll.Content.MinSize().Height
}

// arrange lays out the sheet again, after the height of something on it has changed.
func (p *page) arrange() {
	if p.closed {
		return
	}
	p.measure(p.scroll.Size().Width)
	p.modals.Arrange()
	kit.Relayout(p.scroll)
}

func (p *page) reveal(o fyne.CanvasObject) { kit.Reveal(p.scroll, o) }
