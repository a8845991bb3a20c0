package ui

import (
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"countersign/core/i18n"
	"countersign/core/request"
)

// place is the part of the sheet, folded away, for where a signature goes and what its field is
// called. What is left empty, the gateway decides.
type place struct {
	lang i18n.Language
	open bool

	name, page                  *field
	left, bottom, width, height *field // in millimetres
	fold                        *link
	fields, root                *fyne.Container
}

func newPlace(lang i18n.Language, pass passKey, changed func()) *place {
	p := &place{lang: lang}
	for _, f := range []**field{&p.name, &p.page, &p.left, &p.bottom, &p.width, &p.height} {
		*f = newField(pass)
	}
	p.name.PlaceHolder, p.page.PlaceHolder = lang.Say("win.by_gateway"), lang.Say("win.by_gateway")
	p.fold = newLink(face{lang.Say("win.place"), iconDown}, pass, func() {
		p.unfold(!p.open)
		changed()
	})
	p.fields = container.New(column{gap: 8},
		container.New(shares{12, []float32{3, 2}}, named(lang.Say("win.field_name"), p.name), named(lang.Say("win.page"), p.page)),
		container.New(shares{12, []float32{1, 1, 1, 1}},
			named(lang.Say("win.left"), p.left), named(lang.Say("win.bottom"), p.bottom), named(lang.Say("win.width"), p.width), named(lang.Say("win.height"), p.height)),
		newText(theme.SizeNameCaptionText, colorMuted).set(lang.Say("win.place_hint")),
	)
	p.root = container.New(column{gap: 6}, container.NewHBox(p.fold), p.fields)
	p.unfold(false)
	return p
}

func (p *place) unfold(open bool) {
	p.open = open
	p.fields.Hidden = !open
	i := iconDown
	if open {
		i = iconUp
	}
	p.fold.show(p.lang.Say("win.place"), i)
}

func (p *place) all() []*field {
	return []*field{p.name, p.page, p.left, p.bottom, p.width, p.height}
}

// reveals has something brought into sight when it gets the keyboard.
func (p *place) reveals(reveal func(fyne.CanvasObject)) {
	for _, f := range p.all() {
		f.reveals(reveal)
	}
	p.fold.reveal = reveal
}

// signature adds to a signature what is said here; nil where nothing is said of it at all. Where
// that makes no sense, wrong tells which field to look at.
func (p *place) signature(reason string) (s *request.Signature, problem string, wrong *field) {
	s = &request.Signature{Reason: reason, Field: strings.TrimSpace(p.name.Text)}
	if strings.Contains(s.Field, ".") {
		return nil, p.lang.Say("win.bad_field"), p.name
	}
	var ok bool
	if s.Page, ok = p.readPage(); !ok {
		return nil, p.lang.Say("win.bad_page"), p.page
	}
	if s.Rectangle, wrong = p.rectangle(); wrong != nil {
		return nil, p.lang.Say("win.bad_place"), wrong
	}
	if *s == (request.Signature{}) {
		return nil, "", nil
	}
	return s, "", nil
}

// lastPage is what the desk calls the last page, in every language.
const lastPage keptName = "last"

func (p *place) readPage() (page string, ok bool) {
	typed := strings.TrimSpace(p.page.Text)
	if n, err := strconv.Atoi(typed); err == nil {
		return strconv.Itoa(n), n > 0
	}
	if typed == "" {
		return "", true
	}
	if strings.EqualFold(typed, p.lang.Say("win.last_page")) || strings.EqualFold(typed, string(lastPage)) {
		return string(lastPage), true
	}
	return "", false
}

// rectangle reads the place; nil where none is given. All four sizes are needed then.
func (p *place) rectangle() (r *request.Rectangle, wrong *field) {
	const point = 25.4 / 72 // in millimetres
	sizes, given := [4]float64{}, false
	for i, f := range []*field{p.left, p.bottom, p.width, p.height} {
		typed := strings.TrimSpace(f.Text)
		given = given || typed != ""
		mm, err := strconv.ParseFloat(strings.Replace(typed, ",", ".", 1), 64)
		if bad := err != nil || !(mm >= 0 && mm <= 5000) || i >= 2 && mm == 0; bad && wrong == nil {
			wrong = f
		}
		// To a hundredth of a point: what is read is what is shown again.
		sizes[i] = float64(int(mm/point*100+0.5)) / 100
	}
	if !given {
		return nil, nil
	}
	return &request.Rectangle{X: sizes[0], Y: sizes[1], Width: sizes[2], Height: sizes[3]}, wrong
}
