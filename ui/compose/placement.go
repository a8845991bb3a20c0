package compose

import (
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/ui/kit"
)

// placement is the part of the sheet, folded away, for where a signature goes and what its field is
// called. What is left empty, the gateway decides.
type placement struct {
	lang i18n.Language
	open bool

	name, page                  *kit.Field
	left, bottom, width, height *kit.Field // in millimetres
	fold                        *kit.Link
	fields, root                *fyne.Container
}

func newPlacement(lang i18n.Language, pass kit.KeyHandler, changed func()) *placement {
	p := &placement{lang: lang}
	for _, f := range []**kit.Field{&p.name, &p.page, &p.left, &p.bottom, &p.width, &p.height} {
		*f = kit.NewField(pass)
	}
	p.name.PlaceHolder, p.page.PlaceHolder = lang.Say("win.by_gateway"), lang.Say("win.by_gateway")
	p.fold = kit.NewLink(lang.Say("win.place"), kit.IconDown, pass, func() {
		p.unfold(!p.open)
		changed()
	})
	p.fields = container.New(kit.Column(8),
		container.New(kit.Weighted(12, 3, 2), kit.NewLabeled(lang.Say("win.field_name"), p.name), kit.NewLabeled(lang.Say("win.page"), p.page)),
		container.New(kit.Weighted(12, 1, 1, 1, 1),
			kit.NewLabeled(lang.Say("win.left"), p.left), kit.NewLabeled(lang.Say("win.bottom"), p.bottom), kit.NewLabeled(lang.Say("win.width"), p.width), kit.NewLabeled(lang.Say("win.height"), p.height)),
		kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted).Set(lang.Say("win.place_hint")),
	)
	p.root = container.New(kit.Column(6), container.NewHBox(p.fold), p.fields)
	p.unfold(false)
	return p
}

func (p *placement) unfold(open bool) {
	p.open = open
	p.fields.Hidden = !open
	i := kit.IconDown
	if open {
		i = kit.IconUp
	}
	p.fold.SetLabel(p.lang.Say("win.place"), i)
}

func (p *placement) all() []*kit.Field {
	return []*kit.Field{p.name, p.page, p.left, p.bottom, p.width, p.height}
}

// RevealWith has something brought into sight when it gets the keyboard.
func (p *placement) RevealWith(reveal func(fyne.CanvasObject)) {
	for _, f := range p.all() {
		f.RevealWith(reveal)
	}
	p.fold.Reveal = reveal
}

// signature adds to a signature what is said here; nil where nothing is said of it at all. Where
// that makes no sense, wrong tells which field to look at.
func (p *placement) signature(reason string) (s *request.SignatureOptions, problem string, wrong *kit.Field) {
	s = &request.SignatureOptions{Reason: reason, Field: strings.TrimSpace(p.name.Text)}
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
	if *s == (request.SignatureOptions{}) {
		return nil, "", nil
	}
	return s, "", nil
}

// lastPage is what the desk calls the last page, in every language.
const lastPage storedName = "last"

// storedName is a name that is stored, the same in every language.
type storedName string

func (p *placement) readPage() (page string, ok bool) {
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
func (p *placement) rectangle() (r *request.Rectangle, wrong *kit.Field) {
	const point = 25.4 / 72 // in millimetres
	sizes, given := [4]float64{}, false
	for i, f := range []*kit.Field{p.left, p.bottom, p.width, p.height} {
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
