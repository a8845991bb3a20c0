package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Badge is how a state looks: an icon, a label and two colors. The icon and the label make sure that nobody has to
// tell states apart by color alone.
type Badge struct {
	Icon  Icon
	Label string              // names the state, translated; empty in the badge of a callout
	Color fyne.ThemeColorName // of the icon and the label
	Back  fyne.ThemeColorName // of the background
}

// NewBadge returns a badge. The parameter color is the color of the icon and the label, and back that of the background.
func NewBadge(i Icon, label string, color, back fyne.ThemeColorName) Badge {
	return Badge{Icon: i, Label: label, Color: color, Back: back}
}

// Width returns the width of a [BadgeWidget] that shows the badge uncut, icon included.
func (m Badge) Width() float32 {
	return fyne.MeasureText(m.Label, theme.CaptionTextSize(), fyne.TextStyle{Bold: true}).Width + 2*badgePadding + badgeIconSize + badgeGap
}

// The badges of a [Callout]. They have no label.
var (
	WarningBadge = Badge{Icon: IconWarning, Color: ColorWarn, Back: ColorWarnBack}
	ErrorBadge   = Badge{Icon: IconWarning, Color: ColorBad, Back: ColorBadBack}
	OKBadge      = Badge{Icon: IconCheck, Color: ColorGood, Back: ColorGoodBack}
	InfoBadge    = Badge{Icon: IconInfo, Color: ColorBusy, Back: ColorBusyBack}
)

// Sizes of a [BadgeWidget].
const (
	BadgeHeight   = 22
	badgeIconSize = 13
	badgePadding  = 8
	badgeGap      = 5
)

// BadgeWidget shows a badge as an icon and a label on a rounded background. A label that does not fit ends in an ellipsis.
type BadgeWidget struct {
	widget.BaseWidget
	Badge Badge
}

// NewBadgeWidget returns a widget that shows m.
func NewBadgeWidget(m Badge) *BadgeWidget {
	w := &BadgeWidget{Badge: m}
	w.ExtendBaseWidget(w)
	return w
}

// Set shows m instead, and redraws if it differs.
func (w *BadgeWidget) Set(m Badge) {
	if w.Badge != m {
		w.Badge = m
		w.Refresh()
	}
}

func (w *BadgeWidget) CreateRenderer() fyne.WidgetRenderer {
	r := &badgeRenderer{widget: w, background: canvas.NewRectangle(nil), text: canvas.NewText("", nil), icon: NewIcon(w.Badge.Icon, w.Badge.Color, badgeIconSize)}
	r.objects = []fyne.CanvasObject{r.background, r.icon, r.text}
	r.show()
	return r
}

type badgeRenderer struct {
	widget     *BadgeWidget
	background *canvas.Rectangle
	icon       *canvas.Image
	text       *canvas.Text
	objects    []fyne.CanvasObject
}

func (r *badgeRenderer) Destroy()                     {}
func (r *badgeRenderer) Objects() []fyne.CanvasObject { return r.objects }

func (r *badgeRenderer) MinSize() fyne.Size {
	side := float32(badgePadding)*2 + fyne.MeasureText(r.widget.Badge.Label, r.text.TextSize, r.text.TextStyle).Width
	if r.widget.Badge.Icon != "" {
		side += badgeIconSize + badgeGap
	}
	return fyne.NewSize(side, BadgeHeight)
}

func (r *badgeRenderer) Layout(size fyne.Size) {
	r.background.Resize(size)
	r.background.CornerRadius = size.Height / 2
	x := float32(badgePadding)
	if r.widget.Badge.Icon != "" {
		r.icon.Resize(fyne.NewSquareSize(badgeIconSize))
		r.icon.Move(fyne.NewPos(x, (size.Height-badgeIconSize)/2))
		x += badgeIconSize + badgeGap
	}
	r.text.Text = FitText(r.widget.Badge.Label, size.Width-x-badgePadding+1, r.text.TextSize, r.text.TextStyle)
	label := r.text.MinSize()
	r.text.Resize(label)
	r.text.Move(fyne.NewPos(x, (size.Height-label.Height)/2))
}

func (r *badgeRenderer) Refresh() {
	r.show()
	r.Layout(r.widget.Size())
	canvas.Refresh(r.widget)
}

func (r *badgeRenderer) show() {
	m := r.widget.Badge
	r.background.FillColor = ColorOf(r.widget, m.Back)
	r.text.Text, r.text.Color = m.Label, ColorOf(r.widget, m.Color)
	r.text.TextSize, r.text.TextStyle.Bold = r.widget.Theme().Size(theme.SizeNameCaptionText), true
	r.icon.Hidden = m.Icon == ""
	r.icon.Resource = themedIcon{m.Icon, m.Color}
	r.icon.Refresh()
}

// NewBadgeLine returns the icon of a badge with small text beside it, in the badge's color. The badge's own label is
// not shown.
func NewBadgeLine(m Badge, text string) *fyne.Container {
	return container.New(Row{Gap: 6},
		container.New(Padding(0, 2), NewIcon(m.Icon, m.Color, 13)),
		NewText(theme.SizeNameCaptionText, m.Color).Set(text),
	)
}
