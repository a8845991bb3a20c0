package report

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/i18n"
	"countersign/ui/kit"
)

const (
	chartHeight = 150 // of a bar that reaches the end of the scale
	chartTick   = 20  // height of the names below the bars
	chartTop    = 8
	chartGap    = 6 // between the scale and the bars, and between two names below them
	maxBarWidth = 44
)

// chart is a bar chart of how many requests were signed and how many ended otherwise. The filled lower part of a bar is
// what was signed, the outlined upper part the rest. It is focused as a whole; the arrow keys and the mouse move from
// bar to bar, and description returns the current bar in words.
type chart struct {
	widget.BaseWidget
	lang     i18n.Language
	bars     []bar
	current  int // index of the bar that is described; -1 for none
	focused  bool
	pass     kit.KeyHandler
	onChange func()
	reveal   func(fyne.CanvasObject)
}

func newChart(lang i18n.Language, pass kit.KeyHandler, reveal func(fyne.CanvasObject), onChange func()) *chart {
	c := &chart{lang: lang, pass: pass, reveal: reveal, onChange: onChange, current: -1}
	c.ExtendBaseWidget(c)
	return c
}

// set replaces the bars. The current bar keeps its index if the number of bars is the same.
func (c *chart) set(bars []bar) {
	if len(bars) != len(c.bars) {
		c.current = -1
	}
	c.bars = bars
	c.Refresh()
	c.onChange()
}

// description returns the name and the numbers of the current bar; without one, a hint on how to choose it.
func (c *chart) description() string {
	if c.current < 0 || c.current >= len(c.bars) {
		return c.lang.Say("review.chart_hint")
	}
	b := c.bars[c.current]
	return c.lang.Say("review.bar", b.name, c.lang.Count("sum.signed", b.signed), c.lang.Count("review.not_signed_count", b.notSigned))
}

// lastNonEmpty returns the index of the last bar that is not empty, or 0 if all are.
func (c *chart) lastNonEmpty() int {
	at := len(c.bars) - 1
	for at > 0 && c.bars[at].total() == 0 {
		at--
	}
	return at
}

func (c *chart) moveTo(at int) {
	at = min(max(at, 0), len(c.bars)-1)
	if at != c.current {
		c.current = at
		c.Refresh()
		c.onChange()
	}
}

func (c *chart) FocusGained() {
	c.focused = true
	if c.current < 0 {
		c.moveTo(c.lastNonEmpty())
	}
	c.Refresh()
	c.reveal(c)
}

func (c *chart) FocusLost() { c.focused = false; c.Refresh() }

func (c *chart) TypedRune(rune) { kit.DropLetter() }

func (c *chart) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeyLeft:
		c.moveTo(c.current - 1)
	case fyne.KeyRight:
		c.moveTo(c.current + 1)
	case fyne.KeyHome:
		c.moveTo(0)
	case fyne.KeyEnd:
		c.moveTo(len(c.bars) - 1)
	default:
		c.pass(key)
	}
}

func (c *chart) Tapped(e *fyne.PointEvent) {
	kit.Focus(c)
	c.moveToMouse(e.Position)
}

func (c *chart) MouseIn(e *desktop.MouseEvent) { c.moveToMouse(e.Position) }

func (c *chart) MouseMoved(e *desktop.MouseEvent) { c.moveToMouse(e.Position) }

func (c *chart) MouseOut() {}

func (c *chart) moveToMouse(at fyne.Position) {
	left, step := c.barSpacing(c.Size().Width)
	if len(c.bars) > 0 && at.X >= left && step > 0 {
		c.moveTo(int((at.X - left) / step))
	}
}

// scaleMax returns the upper end of the scale: the next round number from the highest bar on.
func (c *chart) scaleMax() int {
	highest := 1
	for _, b := range c.bars {
		highest = max(highest, b.total())
	}
	for magnitude := 1; ; magnitude *= 10 {
		for _, tenths := range []int{10, 12, 14, 16, 20, 24, 30, 40, 50, 60, 80} {
			if n := tenths * magnitude / 10; n >= highest {
				return n
			}
		}
	}
}

// barSpacing returns where the first bar's space begins, and the width of each bar's space.
func (c *chart) barSpacing(width float32) (left, step float32) {
	left = fyne.MeasureText(c.lang.Number(c.scaleMax()), c.Theme().Size(theme.SizeNameCaptionText), fyne.TextStyle{}).Width + chartGap
	return left, (width - left) / float32(max(len(c.bars), 1))
}

func (c *chart) CreateRenderer() fyne.WidgetRenderer {
	r := &chartRenderer{chart: c}
	r.Refresh()
	return r
}

type chartRenderer struct {
	chart   *chart
	objects []fyne.CanvasObject
}

func (r *chartRenderer) Destroy()                     {}
func (r *chartRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *chartRenderer) MinSize() fyne.Size {
	return fyne.NewSize(160, chartTop+chartHeight+chartTick)
}
func (r *chartRenderer) Layout(fyne.Size) { r.draw() }

func (r *chartRenderer) Refresh() {
	r.draw()
	canvas.Refresh(r.chart)
}

func (r *chartRenderer) draw() {
	c, width := r.chart, r.chart.Size().Width
	r.objects = r.objects[:0]
	left, step := c.barSpacing(width)
	most := c.scaleMax()
	const bottom = chartTop + chartHeight
	if c.focused {
		ring := r.drawRect(fyne.ThemeColorName(""), fyne.NewPos(-4, -2), fyne.NewSize(width+8, bottom+chartTick+4))
		ring.StrokeColor, ring.StrokeWidth, ring.CornerRadius = kit.ColorOf(c, theme.ColorNamePrimary), kit.ButtonRing, c.Theme().Size(theme.SizeNameSelectionRadius)
	}
	if c.current >= 0 && c.current < len(c.bars) {
		r.drawRect(kit.ColorRowChosen, fyne.NewPos(left+float32(c.current)*step, chartTop), fyne.NewSize(step, chartHeight))
	}
	for _, halves := range []int{0, 1, 2} { // the lines at the bottom, in the middle and at the top of the scale
		y := float32(bottom) - chartHeight*float32(halves)/2
		r.drawRect(theme.ColorNameSeparator, fyne.NewPos(left, y), fyne.NewSize(width-left, 1))
		if n := most * halves / 2; n > 0 && n*2 == most*halves {
			label := r.drawText(c.lang.Number(n), kit.ColorMuted)
			size := label.MinSize()
			label.Resize(size)
			label.Move(fyne.NewPos(left-chartGap-size.Width, max(y-size.Height/2, 0)))
		}
	}
	thick := min(step*0.68, maxBarWidth)
	for i, b := range c.bars {
		x := left + (float32(i)+0.5)*step - thick/2
		signed := chartHeight * float32(b.signed) / float32(most)
		not := chartHeight * float32(b.notSigned) / float32(most)
		if b.signed > 0 {
			r.drawRect(kit.ColorGood, fyne.NewPos(x, bottom-signed), fyne.NewSize(thick, max(signed, 1)))
		}
		if b.notSigned > 0 {
			r.drawOutline(fyne.NewPos(x, bottom-signed-max(not, 2)), fyne.NewSize(thick, max(not, 2)))
		}
	}
	r.drawTicks(left, step, width)
}

// drawTicks draws the names below the bars: of every bar, or of every second, and so on, as far as there is room.
func (r *chartRenderer) drawTicks(left, step, width float32) {
	c, widest := r.chart, float32(0)
	for _, b := range c.bars {
		widest = max(widest, fyne.MeasureText(b.tick, c.Theme().Size(theme.SizeNameCaptionText), fyne.TextStyle{}).Width)
	}
	each := 1
	for step > 0 && float32(each)*step < widest+chartGap {
		each++
	}
	for i := 0; i < len(c.bars); i += each {
		label := r.drawText(c.bars[i].tick, kit.ColorMuted)
		size := label.MinSize()
		x := left + (float32(i)+0.5)*step - size.Width/2
		label.Move(fyne.NewPos(min(max(x, left), width-size.Width), chartTop+chartHeight+3))
		label.Resize(size)
	}
}

func (r *chartRenderer) drawRect(color fyne.ThemeColorName, at fyne.Position, size fyne.Size) *canvas.Rectangle {
	plane := canvas.NewRectangle(nil)
	if color != "" {
		plane.FillColor = kit.ColorOf(r.chart, color)
	}
	plane.Move(at)
	plane.Resize(size)
	r.objects = append(r.objects, plane)
	return plane
}

// drawOutline draws the part of a bar that was not signed.
func (r *chartRenderer) drawOutline(at fyne.Position, size fyne.Size) {
	line := r.drawRect(kit.ColorBadBack, at, size)
	line.StrokeColor, line.StrokeWidth = kit.ColorOf(r.chart, kit.ColorBad), hollowStroke
}

func (r *chartRenderer) drawText(text string, color fyne.ThemeColorName) *canvas.Text {
	label := canvas.NewText(text, kit.ColorOf(r.chart, color))
	label.TextSize = r.chart.Theme().Size(theme.SizeNameCaptionText)
	r.objects = append(r.objects, label)
	return label
}

// swatch is the sample of a bar's part in the legend.
type swatch struct {
	widget.BaseWidget
	outlined bool
}

const swatchSize = 12

func newSwatch(hollow bool) *swatch {
	s := &swatch{outlined: hollow}
	s.ExtendBaseWidget(s)
	return s
}

func (s *swatch) CreateRenderer() fyne.WidgetRenderer {
	plane := canvas.NewRectangle(nil)
	plane.SetMinSize(fyne.NewSquareSize(swatchSize))
	r := &swatchRenderer{WidgetRenderer: widget.NewSimpleRenderer(plane), swatch: s, rect: plane}
	r.Refresh()
	return r
}

type swatchRenderer struct {
	fyne.WidgetRenderer
	swatch *swatch
	rect   *canvas.Rectangle
}

func (r *swatchRenderer) Layout(fyne.Size) { r.rect.Resize(fyne.NewSquareSize(swatchSize)) }

func (r *swatchRenderer) Refresh() {
	fill := kit.ColorGood
	if r.swatch.outlined {
		fill = kit.ColorBadBack
		r.rect.StrokeColor, r.rect.StrokeWidth = kit.ColorOf(r.swatch, kit.ColorBad), hollowStroke
	}
	r.rect.FillColor = kit.ColorOf(r.swatch, fill)
	r.rect.Refresh()
}
