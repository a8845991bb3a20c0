package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/core/settings"
)

// mark is how a state is shown: never by colour alone.
type mark struct {
	icon  icon
	word  string
	color fyne.ThemeColorName // of the icon and the word
	back  fyne.ThemeColorName // behind them
}

// statusMark is the mark of where a request stands.
func statusMark(lang i18n.Language, r request.Request) mark {
	switch r.Status {
	case request.Pending:
		return mark{iconPen, lang.Say("status.to_sign"), colorNeutral, colorNeutralPill}
	case request.Signing:
		if r.Returned != nil {
			return mark{iconClock, lang.Say("status.confirming"), colorWaiting, colorWaitingPill}
		}
		return mark{iconGlobe, lang.Say("status.in_browser"), colorBusy, colorBusyPill}
	case request.Signed:
		if unproven(r) {
			return mark{iconWarning, lang.Say("status.unproven"), colorBad, colorBadPill}
		}
		return mark{iconCheck, lang.Say("status.signed"), colorGood, colorGoodPill}
	case request.Partial:
		return mark{iconHalf, lang.Say("status.partial"), colorWarn, colorWarnPill}
	case request.Rejected:
		return mark{iconCross, lang.Say("status.rejected"), colorBad, colorBadPill}
	case request.Canceled:
		return mark{iconDash, lang.Say("status.canceled"), colorWarn, colorWarnPill}
	case request.Failed:
		return mark{iconWarning, lang.Say("status.failed"), colorBad, colorBadPill}
	case request.Gone:
		return mark{iconQuestion, lang.Say("status.gone"), colorWarn, colorWarnPill}
	case request.Withdrawn:
		return mark{iconBack, lang.Say("status.withdrawn"), colorOver, colorOverPill}
	}
	return mark{iconQuestion, string(r.Status), colorOver, colorOverPill}
}

// lateAt is when a browser that is out counts as no answer; the zero time when none is out.
func lateAt(r request.Request, patience settings.Patience) time.Time {
	if r.Status != request.Signing || r.Launched == nil || r.Returned != nil {
		return time.Time{}
	}
	return r.Launched.Add(patience.Of(r.Gateway))
}

func isLate(at, now time.Time) bool { return !at.IsZero() && now.After(at) }

// lateMark is the mark of a browser that is out for longer than the patience.
func lateMark(lang i18n.Language) mark {
	return mark{iconClock, lang.Say("list.no_answer"), colorWarn, colorWarnPill}
}

// unproven tells that a file came back which is no proof.
func unproven(r request.Request) bool {
	for _, d := range r.Documents {
		if d.Signed != nil && !d.Signed.Proves {
			return true
		}
	}
	return false
}

// evidenceMark is the mark of how an outcome is known.
func evidenceMark(lang i18n.Language, e request.Evidence) mark {
	switch e {
	case request.ByBrowser:
		return mark{iconGlobe, lang.Say("evidence.browser"), colorWarn, colorWarnPill}
	case request.ByGateway:
		return mark{iconGateway, lang.Say("evidence.gateway"), colorMuted, colorOverPill}
	case request.ByDocument:
		return mark{iconProof, lang.Say("evidence.document"), colorGood, colorGoodPill}
	}
	return mark{}
}

// Sizes of a pill.
const (
	pillHeight = 22
	pillIcon   = 13
	pillSide   = 8
	pillGap    = 5
)

// pill shows a mark as an icon and a word on a rounded ground.
type pill struct {
	widget.BaseWidget
	mark mark
}

func newPill(m mark) *pill {
	p := &pill{mark: m}
	p.ExtendBaseWidget(p)
	return p
}

// widestPill is the width that the pill of every status has room in.
func widestPill(lang i18n.Language) float32 {
	marks := []mark{
		lateMark(lang),
		statusMark(lang, request.Request{Status: request.Signing, Returned: new(time.Time)}),
		statusMark(lang, request.Request{Status: request.Signed, Documents: []request.Document{{Signed: new(request.SignedFile)}}}),
	}
	for _, s := range request.Statuses() {
		marks = append(marks, statusMark(lang, request.Request{Status: s}))
	}
	widest := float32(0)
	for _, m := range marks {
		word := fyne.MeasureText(m.word, theme.CaptionTextSize(), fyne.TextStyle{Bold: true})
		widest = max(widest, word.Width+2*pillSide+pillIcon+pillGap)
	}
	return widest
}

// set shows another mark.
func (p *pill) set(m mark) {
	if p.mark != m {
		p.mark = m
		p.Refresh()
	}
}

// CreateRenderer is called by the toolkit.
func (p *pill) CreateRenderer() fyne.WidgetRenderer {
	r := &pillRenderer{pill: p, ground: canvas.NewRectangle(nil), word: canvas.NewText("", nil), icon: newIcon(p.mark.icon, p.mark.color, pillIcon)}
	r.objects = []fyne.CanvasObject{r.ground, r.icon, r.word}
	r.show()
	return r
}

type pillRenderer struct {
	pill    *pill
	ground  *canvas.Rectangle
	icon    *canvas.Image
	word    *canvas.Text
	objects []fyne.CanvasObject
}

func (r *pillRenderer) Destroy()                     {}
func (r *pillRenderer) Objects() []fyne.CanvasObject { return r.objects }

func (r *pillRenderer) MinSize() fyne.Size {
	side := float32(pillSide)*2 + fyne.MeasureText(r.pill.mark.word, r.word.TextSize, r.word.TextStyle).Width
	if r.pill.mark.icon != "" {
		side += pillIcon + pillGap
	}
	return fyne.NewSize(side, pillHeight)
}

func (r *pillRenderer) Layout(size fyne.Size) {
	r.ground.Resize(size)
	x := float32(pillSide)
	if r.pill.mark.icon != "" {
		r.icon.Resize(fyne.NewSquareSize(pillIcon))
		r.icon.Move(fyne.NewPos(x, (size.Height-pillIcon)/2))
		x += pillIcon + pillGap
	}
	r.word.Text = ellipsize(r.pill.mark.word, size.Width-x-pillSide+1, func(s string) float32 {
		return fyne.MeasureText(s, r.word.TextSize, r.word.TextStyle).Width
	})
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
	m := r.pill.mark
	r.ground.FillColor = colorOf(r.pill, m.back)
	r.ground.CornerRadius = pillHeight / 2
	r.word.Text, r.word.Color = m.word, colorOf(r.pill, m.color)
	r.word.TextSize, r.word.TextStyle.Bold = r.pill.Theme().Size(theme.SizeNameCaptionText), true
	r.icon.Hidden = m.icon == ""
	r.icon.Resource = tinted{m.icon, m.color}
	r.icon.Refresh()
}
