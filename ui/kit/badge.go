package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Badge is how a state is shown: never by colour alone.
type Badge struct {
	Icon  Icon
	Word  string
	Color fyne.ThemeColorName // of the icon and the word
	Back  fyne.ThemeColorName // behind them
}

// NewBadge makes a badge of its icon, its word, the color of both, and the color behind them.
func NewBadge(i Icon, word string, color, back fyne.ThemeColorName) Badge {
	return Badge{Icon: i, Word: word, Color: color, Back: back}
}

// PillWidth is how wide a pill with the badge is, icon included.
func (m Badge) PillWidth() float32 {
	return fyne.MeasureText(m.Word, theme.CaptionTextSize(), fyne.TextStyle{Bold: true}).Width + 2*pillSide + pillIcon + pillGap
}

// The looks of callouts.
var (
	WarningBadge = Badge{Icon: IconWarning, Color: ColorWarn, Back: ColorWarnPill}
	ErrorBadge   = Badge{Icon: IconWarning, Color: ColorBad, Back: ColorBadPill}
	OKBadge      = Badge{Icon: IconCheck, Color: ColorGood, Back: ColorGoodPill}
	InfoBadge    = Badge{Icon: IconInfo, Color: ColorBusy, Back: ColorBusyPill}
)

// Sizes of a pill.
const (
	PillHeight = 22
	pillIcon   = 13
	pillSide   = 8
	pillGap    = 5
)

// Pill shows a mark as an icon and a word on a rounded ground.
type Pill struct {
	widget.BaseWidget
	Mark Badge
}

// NewPill returns a pill that shows a badge.
func NewPill(m Badge) *Pill {
	p := &Pill{Mark: m}
	p.ExtendBaseWidget(p)
	return p
}

// Set shows another mark.
func (p *Pill) Set(m Badge) {
	if p.Mark != m {
		p.Mark = m
		p.Refresh()
	}
}

// CreateRenderer is called by the toolkit.
func (p *Pill) CreateRenderer() fyne.WidgetRenderer {
	r := &pillRenderer{pill: p, ground: canvas.NewRectangle(nil), word: canvas.NewText("", nil), icon: NewIcon(p.Mark.Icon, p.Mark.Color, pillIcon)}
	r.objects = []fyne.CanvasObject{r.ground, r.icon, r.word}
	r.show()
	return r
}

type pillRenderer struct {
	pill    *Pill
	ground  *canvas.Rectangle
	icon    *canvas.Image
	word    *canvas.Text
	objects []fyne.CanvasObject
}

func (r *pillRenderer) Destroy()                     {}
func (r *pillRenderer) Objects() []fyne.CanvasObject { return r.objects }

func (r *pillRenderer) MinSize() fyne.Size {
	side := float32(pillSide)*2 + fyne.MeasureText(r.pill.Mark.Word, r.word.TextSize, r.word.TextStyle).Width
	if r.pill.Mark.Icon != "" {
		side += pillIcon + pillGap
	}
	return fyne.NewSize(side, PillHeight)
}

func (r *pillRenderer) Layout(size fyne.Size) {
	r.ground.Resize(size)
	x := float32(pillSide)
	if r.pill.Mark.Icon != "" {
		r.icon.Resize(fyne.NewSquareSize(pillIcon))
		r.icon.Move(fyne.NewPos(x, (size.Height-pillIcon)/2))
		x += pillIcon + pillGap
	}
	r.word.Text = FitText(r.pill.Mark.Word, size.Width-x-pillSide+1, r.word.TextSize, r.word.TextStyle)
	word := r.word.MinSize()
	r.word.Resize(word)
	r.word.Move(fyne.NewPos(x, (size.Height-word.Height)/2))
}

func (r *pillRenderer) Refresh() {
	r.show()
	r.Layout(r.pill.Size())
	canvas.Refresh(r.pill)
}

func (r *pillRenderer) show() {
	m := r.pill.Mark
	r.ground.FillColor = ColorOf(r.pill, m.Back)
	r.ground.CornerRadius = PillHeight / 2
	r.word.Text, r.word.Color = m.Word, ColorOf(r.pill, m.Color)
	r.word.TextSize, r.word.TextStyle.Bold = r.pill.Theme().Size(theme.SizeNameCaptionText), true
	r.icon.Hidden = m.Icon == ""
	r.icon.Resource = tinted{m.Icon, m.Color}
	r.icon.Refresh()
}

// NewBadgeLine is small words behind the icon of a mark, in its colour.
func NewBadgeLine(m Badge, words string) *fyne.Container {
	return container.New(Row{Gap: 6},
		container.New(Padding(0, 2), NewIcon(m.Icon, m.Color, 13)),
		NewText(theme.SizeNameCaptionText, m.Color).Set(words),
	)
}
