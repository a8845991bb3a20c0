package compose

import (
	"math"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/ui/kit"
)

// placement is the folded part of the form that sets the field name, the page and the position of a signature. The
// gateway decides about empty fields.
type placement struct {
	lang i18n.Language
	open bool

	name, page                  *kit.Field
	left, bottom, width, height *kit.Field // in millimeters
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

func (p *placement) allFields() []*kit.Field {
	return []*kit.Field{p.name, p.page, p.left, p.bottom, p.width, p.height}
}

// RevealWith sets the function that scrolls a widget into view when it gets the focus.
func (p *placement) RevealWith(reveal func(fyne.CanvasObject)) {
	for _, f := range p.allFields() {
		f.RevealWith(reveal)
	}
	p.fold.Reveal = reveal
}

// signature returns the signature options of the form with the given reason; nil if the reason and all fields are
// empty. If a field is invalid, it returns nil, a text that says what is wrong, and that field.
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

// set fills the fields with signature options, and unfolds if any of them is set.
func (p *placement) set(s request.SignatureOptions) {
	p.name.SetText(s.Field)
	p.page.SetText(s.Page)
	if s.Page == string(lastPage) {
		p.page.SetText(p.lang.Say("win.last_page"))
	}
	if r := s.Rectangle; r != nil {
		for f, points := range map[*kit.Field]float64{p.left: r.X, p.bottom: r.Y, p.width: r.Width, p.height: r.Height} {
			f.SetText(strconv.FormatFloat(math.Round(points*point*100)/100, 'f', -1, 64))
		}
	}
	p.unfold(s.Field != "" || s.Page != "" || s.Rectangle != nil)
}

// point is the size of a point in millimeters.
const point = 25.4 / 72

// lastPage is the stored name of the last page.
const lastPage storedName = "last"

// storedName is a name that is stored with a request. It is never translated.
type storedName string

// readPage returns the page number or lastPage; empty if the field is empty. It reports false if the text is neither.
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

// rectangle converts the position from millimeters to points; nil if all four fields are empty. If one is invalid
// or missing, it is returned in wrong.
func (p *placement) rectangle() (r *request.Rectangle, wrong *kit.Field) {
	sizes, given := [4]float64{}, false
	for i, f := range []*kit.Field{p.left, p.bottom, p.width, p.height} {
		typed := strings.TrimSpace(f.Text)
		given = given || typed != ""
		mm, err := strconv.ParseFloat(strings.Replace(typed, ",", ".", 1), 64)
		if bad := err != nil || !(mm >= 0 && mm <= 5000) || i >= 2 && mm == 0; bad && wrong == nil {
			wrong = f
		}
		// Rounded to a hundredth of a point, so that it reads back as it is shown.
		sizes[i] = float64(int(mm/point*100+0.5)) / 100
	}
	if !given {
		return nil, nil
	}
	return &request.Rectangle{X: sizes[0], Y: sizes[1], Width: sizes[2], Height: sizes[3]}, wrong
}
