package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Badge is how a state looks: an icon, a word and two colors. The icon and the word make sure that no state is told by
// its color alone.
type Badge struct {
	Icon  Icon
	Word  string              // the state, translated; empty in the badge of a callout
	Color fyne.ThemeColorName // of the icon and the word
	Back  fyne.ThemeColorName // of the pill behind them
}

// NewBadge returns a badge. Color is the color of the icon and the word, back the color behind them.
func NewBadge(i Icon, word string, color, back fyne.ThemeColorName) Badge {
	return Badge{Icon: i, Word: word, Color: color, Back: back}
}

// PillWidth returns the width of a [Pill] that shows the badge uncut, icon included.
func (m Badge) PillWidth() float32 {
	return fyne.MeasureText(m.Word, theme.CaptionTextSize(), fyne.TextStyle{Bold: true}).Width + 2*pillPadding + pillIconSize + pillGap
}

// The badges of a [Callout]. They have no word.
var (
	WarningBadge = Badge{Icon: IconWarning, Color: ColorWarn, Back: ColorWarnPill}
	ErrorBadge   = Badge{Icon: IconWarning, Color: ColorBad, Back: ColorBadPill}
	OKBadge      = Badge{Icon: IconCheck, Color: ColorGood, Back: ColorGoodPill}
	InfoBadge    = Badge{Icon: IconInfo, Color: ColorBusy, Back: ColorBusyPill}
)

// Sizes of a pill.
const (
	PillHeight   = 22
	pillIconSize = 13
	pillPadding  = 8
	pillGap      = 5
)

// Pill shows a badge as an icon and a word on a rounded background. A word that does not fit ends in an ellipsis.
type Pill struct {
	widget.BaseWidget
	Badge Badge
}

// NewPill returns a pill that shows m.
func NewPill(m Badge) *Pill {
	p := &Pill{Badge: m}
	p.ExtendBaseWidget(p)
	return p
}

// Set shows m instead, and redraws if it differs.
func (p *Pill) Set(m Badge) {
	if p.Badge != m {
		p.Badge = m
		p.Refresh()
	}
}

func (p *Pill) CreateRenderer() fyne.WidgetRenderer {
	r := &pillRenderer{pill: p, background: canvas.NewRectangle(nil), text: canvas.NewText("", nil), icon: NewIcon(p.Badge.Icon, p.Badge.Color, pillIconSize)}
	r.objects = []fyne.CanvasObject{r.background, r.icon, r.text}
	r.show()
	return r
}

type pillRenderer struct {
	pill       *Pill
	background *canvas.Rectangle
	icon       *canvas.Image
	text       *canvas.Text
	objects    []fyne.CanvasObject
}

func (r *pillRenderer) Destroy()                     {}
func (r *pillRenderer) Objects() []fyne.CanvasObject { return r.objects }

func (r *pillRenderer) MinSize() fyne.Size {
	side := float32(pillPadding)*2 + fyne.MeasureText(r.pill.Badge.Word, r.text.TextSize, r.text.TextStyle).Width
	if r.pill.Badge.Icon != "" {
		side += pillIconSize + pillGap
	}
	return fyne.NewSize(side, PillHeight)
}

func (r *pillRenderer) Layout(size fyne.Size) {
	r.background.Resize(size)
	x := float32(pillPadding)
	if r.pill.Badge.Icon != "" {
		r.icon.Resize(fyne.NewSquareSize(pillIconSize))
		r.icon.Move(fyne.NewPos(x, (size.Height-pillIconSize)/2))
		x += pillIconSize + pillGap
	}
	r.text.Text = FitText(r.pill.Badge.Word, size.Width-x-pillPadding+1, r.text.TextSize, r.text.TextStyle)
	word := r.text.MinSize()
	r.text.Resize(word)
	r.text.Move(fyne.NewPos(x, (size.Height-word.Height)/2))
}

func (r *pillRenderer) Refresh() {
	r.show()
	r.Layout(r.pill.Size())
	canvas.Refresh(r.pill)
}

func (r *pillRenderer) show() {
	m := r.pill.Badge
	r.background.FillColor = ColorOf(r.pill, m.Back)
	r.background.CornerRadius = PillHeight / 2
	r.text.Text, r.text.Color = m.Word, ColorOf(r.pill, m.Color)
	r.text.TextSize, r.text.TextStyle.Bold = r.pill.Theme().Size(theme.SizeNameCaptionText), true
	r.icon.Hidden = m.Icon == ""
	r.icon.Resource = themedIcon{m.Icon, m.Color}
	r.icon.Refresh()
}

// NewBadgeLine returns the icon of a badge with small text beside it, in the badge's color. The badge's own word is not
// shown.
func NewBadgeLine(m Badge, text string) *fyne.Container {
	return container.New(Row{Gap: 6},
		container.New(Padding(0, 2), NewIcon(m.Icon, m.Color, 13)),
		NewText(theme.SizeNameCaptionText, m.Color).Set(text),
	)
}
