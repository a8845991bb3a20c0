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
	"countersign/ui/placement"
)

// placementFields are the part of the form that sets the field name, the page and the position of a signature. The position is
// drawn on the page, or typed into fields that are folded. The gateway decides about empty fields.
type placementFields struct {
	lang i18n.Language
	open bool
	// exact is the position that was drawn or read, and shown how the fields show it. While they still do, exact counts: they
	// are rounded, and cannot be negative as on some cropped pages.
	exact *request.Rectangle
	shown [4]string
	own   int // how many documents have a position of their own

	name, page                  *kit.Field
	left, bottom, width, height *kit.Field // in millimeters
	fold, draw, remove          *kit.Link
	summary                     *kit.Text // where the signature goes; empty unless that is set
	fields, root                *fyne.Container
}

// newPlacementFields returns empty fields. The function changed is called when their size has changed, and draw when the position is
// to be drawn on the page, and remove when it is to be left to the gateway.
func newPlacementFields(lang i18n.Language, pass kit.KeyHandler, changed, draw, remove func()) *placementFields {
	p := &placementFields{lang: lang}
	for _, f := range []**kit.Field{&p.name, &p.page, &p.left, &p.bottom, &p.width, &p.height} {
		*f = kit.NewField(pass)
	}
	p.name.PlaceHolder, p.page.PlaceHolder = lang.Say("win.by_gateway"), lang.Say("win.by_gateway")
	for _, f := range p.lengths() {
		f.OnChanged = func(string) { p.summarize(p.own) }
	}
	p.page.OnChanged = p.left.OnChanged
	p.fold = kit.NewLink(lang.Say("win.place"), kit.IconDown, pass, func() {
		p.unfold(!p.open)
		changed()
	})
	p.draw = kit.NewLink(lang.Say("placement.draw"), kit.IconPen, pass, draw)
	p.summary = kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted).Set("")
	p.remove = kit.NewLink(lang.Say("placement.remove"), kit.IconClose, pass, remove)
	p.fields = container.New(kit.Column(8),
		container.New(kit.Weighted(12, 3, 2), kit.NewLabeled(lang.Say("win.field_name"), p.name), kit.NewLabeled(lang.Say("win.page"), p.page)),
		container.New(kit.Weighted(12, 1, 1, 1, 1),
			kit.NewLabeled(lang.Say("win.left"), p.left), kit.NewLabeled(lang.Say("win.bottom"), p.bottom), kit.NewLabeled(lang.Say("win.width"), p.width), kit.NewLabeled(lang.Say("win.height"), p.height)),
		kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted).Set(lang.Say("win.place_hint")),
	)
	p.root = container.New(kit.Column(6), container.New(kit.NewFlowGaps(16, 2), p.draw, p.fold), container.New(kit.Row{Gap: 10, Center: true}, p.remove, p.summary), p.fields)
	p.unfold(false)
	p.summarize(0)
	return p
}

func (p *placementFields) unfold(open bool) {
	p.open = open
	p.fields.Hidden = !open
	i := kit.IconDown
	if open {
		i = kit.IconUp
	}
	p.fold.SetLabel(p.lang.Say("win.place"), i)
}

func (p *placementFields) allFields() []*kit.Field {
	return []*kit.Field{p.name, p.page, p.left, p.bottom, p.width, p.height}
}

// RevealWith sets the function that scrolls a widget into view when it gets the focus.
func (p *placementFields) RevealWith(reveal func(fyne.CanvasObject)) {
	for _, f := range p.allFields() {
		f.RevealWith(reveal)
	}
	p.fold.Reveal, p.draw.Reveal, p.remove.Reveal = reveal, reveal, reveal
}

// signature returns the signature options of the form with the given reason; nil if the reason and all fields are
// empty. If a field is invalid, it returns nil, a text that says what is wrong, and that field.
func (p *placementFields) signature(reason string) (s *request.SignatureOptions, problem string, wrong *kit.Field) {
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

// set fills the fields with signature options, and unfolds if the field name is set.
func (p *placementFields) set(o request.SignatureOptions) {
	p.name.SetText(o.Field)
	p.setPosition(o.Page, o.Rectangle)
	p.unfold(o.Field != "" || o.Page != "" && o.Rectangle == nil)
}

// setPosition fills the fields of the position; a nil rectangle empties those of its sizes.
func (p *placementFields) setPosition(page string, r *request.Rectangle) {
	p.page.SetText(page)
	if page == string(placement.LastPage) {
		p.page.SetText(p.lang.Say("win.last_page"))
	}
	p.exact, p.shown = r, [4]string{}
	for i, f := range p.lengths() {
		if r != nil {
			points := [...]float64{r.X, r.Y, r.Width, r.Height}[i]
			p.shown[i] = p.lang.Decimal(points*placement.Millimeter, 2)
		}
		f.SetText(p.shown[i])
	}
	p.summarize(p.own)
}

// position returns the position of the fields; nil if it is not set, or invalid.
func (p *placementFields) position() *placement.Position {
	page, ok := p.readPage()
	r, wrong := p.rectangle()
	if !ok || wrong != nil || r == nil {
		return nil
	}
	return &placement.Position{Page: page, Rectangle: *r}
}

// summarize shows where the signature goes. The number own is how many documents have a position of their own, which is shown instead.
func (p *placementFields) summarize(own int) {
	p.own = own
	text := ""
	position := p.position()
	switch {
	case own > 0:
		text = p.lang.Count("placement.own", own)
	case position != nil && position.Page != "":
		mm := func(points float64) string { return p.lang.Number(int(points*placement.Millimeter + 0.5)) }
		width, height := mm(position.Rectangle.Width), mm(position.Rectangle.Height)
		text = p.lang.Say("placement.at", position.Page, width, height)
		if position.Page == string(placement.LastPage) {
			text = p.lang.Say("placement.at_last", width, height)
		}
	}
	p.summary.Set(text)
	kit.SetHidden(p.summary, text == "")
	kit.SetHidden(p.remove, text == "")
}

// readPage returns the page number or [placement.LastPage]; empty if the field is empty. It reports false if the text is neither.
func (p *placementFields) readPage() (page string, ok bool) {
	typed := strings.TrimSpace(p.page.Text)
	if n, err := strconv.Atoi(typed); err == nil {
		return strconv.Itoa(n), n > 0
	}
	if typed == "" {
		return "", true
	}
	if strings.EqualFold(typed, p.lang.Say("win.last_page")) || strings.EqualFold(typed, string(placement.LastPage)) {
		return string(placement.LastPage), true
	}
	return "", false
}

// lengths returns the fields of the rectangle: left, bottom, width and height.
func (p *placementFields) lengths() [4]*kit.Field {
	return [4]*kit.Field{p.left, p.bottom, p.width, p.height}
}

// rectangle converts the position from millimeters to points; nil if all four fields are empty. If one is invalid
// or missing, it is returned in wrong.
func (p *placementFields) rectangle() (r *request.Rectangle, wrong *kit.Field) {
	sizes, texts, given := [4]float64{}, [4]string{}, false
	for i, f := range p.lengths() {
		typed := strings.TrimSpace(f.Text)
		texts[i], given = typed, given || typed != ""
		mm, err := strconv.ParseFloat(strings.Replace(typed, ",", ".", 1), 64)
		if bad := err != nil || !(mm >= 0 && mm <= 5000) || i >= 2 && mm == 0; bad && wrong == nil {
			wrong = f
		}
		// Rounded to a hundredth of a point, so that it reads back as it is shown.
		sizes[i] = float64(int(mm/placement.Millimeter*100+0.5)) / 100
	}
	switch {
	case !given:
		return nil, nil
	case p.exact != nil && texts == p.shown:
		return p.exact, nil
	}
	return &request.Rectangle{X: sizes[0], Y: sizes[1], Width: sizes[2], Height: sizes[3]}, wrong
}
