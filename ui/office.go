package ui

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/explain"
	officelink "countersign/core/office"
	"countersign/core/request"
	"countersign/ui/kit"
	"countersign/ui/prefs"
)

// Office is what the window needs of a desk's connection to its office. Package office implements it. Its methods answer at once, except
// Status and Follow.
type Office interface {
	prefs.Link
	State() officelink.State
	Changed() <-chan struct{}
	Follow(ctx context.Context, c officelink.Copy) error
}

// OfficeCopy is the home's copy of the office's register. Package ledger implements it.
type OfficeCopy interface {
	officelink.Copy
	officelink.Audited
}

var _ Office = (*officelink.Link)(nil)

// member returns what is known of the office that the home is a desk of; the zero value in a home of its own.
func (w *Window) member() officelink.Membership {
	if w.opts.Office == nil {
		return officelink.Membership{}
	}
	return w.opts.Office.Membership()
}

// login returns by which login the office's server knows whoever works here; empty in a home of its own.
func (w *Window) login() string { return w.member().Login }

// here returns the name of this desk in its office; empty in a home of its own, and for an auditor, who has no desk.
func (w *Window) here() string { return w.member().Desk }

// followOffice has the copy follow the office's register, and the sidebar show how the desk stands to the server, until the window closes.
func (w *Window) followOffice() {
	if w.opts.Office == nil {
		return
	}
	w.showOffice(w.opts.Office.State())
	w.bg.Go(func(ctx context.Context) {
		for {
			changed, state := w.opts.Office.Changed(), w.opts.Office.State()
			w.bg.Show(func() { w.showOffice(state) })
			select {
			case <-changed:
			case <-ctx.Done():
				return
			}
		}
	})
	if w.opts.Copy == nil {
		return
	}
	w.bg.Go(func(ctx context.Context) {
		if err := w.opts.Office.Follow(ctx, w.opts.Copy); err != nil {
			w.opts.Log.Warn("the office is not followed any more", "error", err)
		}
	})
}

// showOffice shows how the desk stands to the server of its office.
func (w *Window) showOffice(s officelink.State) {
	m, said := w.member(), officeState{icon: kit.IconCheck, color: kit.ColorMuted}
	said.name = kit.Joined(request.ShowHidden(m.Name), request.ShowHidden(m.Login))
	reason, problem := "", "" // as a part of a sentence, and as one before another
	if s.Problem != nil {
		reason = explain.Error(w.lang, s.Problem)
		problem = kit.Sentence(reason) + " "
	}
	switch s.Reach {
	case officelink.Online:
		said.state, said.tip = w.lang.Say("office.online"), w.lang.Say("office.online_tip")
	case officelink.OutOfReach:
		since := w.lang.Moment(s.Since)
		if at := s.Since.Local(); at.Format(time.DateOnly) == w.opts.Now().Format(time.DateOnly) {
			since = at.Format("15:04")
		}
		said.icon, said.color = kit.IconWarning, kit.ColorWarn
		said.state, said.tip = w.lang.Say("office.out_of_reach", since), problem+w.lang.Say("office.out_of_reach_tip")
	case officelink.Parted:
		said.icon, said.color = kit.IconCross, kit.ColorBad
		said.state, said.tip = w.lang.Say("office.parted", reason), problem+w.lang.Say("office.parted_tip")
	default:
		said.icon = kit.IconClock
		said.state, said.tip = w.lang.Say("office.catching_up"), w.lang.Say("office.catching_up_tip")
	}
	w.chrome.sidebar.showOffice(said)
}

// officeState is what the foot of the sidebar says of the office.
type officeState struct {
	icon             kit.Icon
	color            fyne.ThemeColorName
	name, state, tip string
}

const officeIcon = 13

// officeLine shows the office and how the desk stands to its server. It explains that under the mouse and the keyboard, and opens the settings.
type officeLine struct {
	widget.BaseWidget
	said           officeState
	icon           *canvas.Image
	name, state    *kit.Text
	texts, content *fyne.Container
	ring           *canvas.Rectangle
	pass           kit.KeyHandler
	explain        kit.Explainer
	onTapped       func()
}

func newOfficeLine(pass kit.KeyHandler, explain kit.Explainer, onTapped func()) *officeLine {
	l := &officeLine{icon: kit.NewIcon(kit.IconClock, kit.ColorMuted, officeIcon), ring: canvas.NewRectangle(nil), pass: pass, explain: explain, onTapped: onTapped}
	l.name, l.state = kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted), kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted)
	l.name.MaxLines, l.state.MaxLines = 2, 3
	l.ring.StrokeWidth, l.ring.CornerRadius = kit.ButtonRing, 4
	l.ring.Hide()
	l.texts = container.New(kit.Column(1), l.name, l.state)
	l.content = container.New(kit.Row{Gap: 7}, container.New(kit.Padding(0, 2), l.icon), l.texts)
	l.ExtendBaseWidget(l)
	return l
}

func (l *officeLine) set(said officeState) {
	if l.said == said {
		return
	}
	l.said = said
	kit.SetIcon(l.icon, said.icon, said.color)
	l.name.Set(said.name)
	l.state.SetColor(said.color).Set(said.state)
	l.Refresh()
}

// setCompact shows the icon alone, or the texts as well.
func (l *officeLine) setCompact(compact bool) {
	kit.SetHidden(l.texts, compact)
	l.content.Layout = kit.Row{Gap: 7}
	if compact {
		l.content.Layout = layout.NewCenterLayout()
	}
	l.content.Refresh()
}

// showTip explains the state, or hides the explanation. Without its texts, the line first says what stands in them.
func (l *officeLine) showTip(show bool) {
	switch {
	case !show:
		l.explain(l, "", fyne.Position{}, 0)
	case l.texts.Hidden:
		l.explain(l, kit.Joined(l.said.name, l.said.state)+"\n"+l.said.tip, fyne.Position{}, l.Size().Height)
	default:
		l.explain(l, l.said.tip, fyne.Position{}, l.Size().Height)
	}
}

func (l *officeLine) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewStack(l.ring, l.content))
}

func (l *officeLine) Tapped(*fyne.PointEvent) { l.onTapped() }

func (l *officeLine) Cursor() desktop.Cursor { return desktop.PointerCursor }

func (l *officeLine) MouseIn(*desktop.MouseEvent) { l.showTip(true) }

func (l *officeLine) MouseMoved(*desktop.MouseEvent) {}

func (l *officeLine) MouseOut() { l.showTip(false) }

func (l *officeLine) FocusGained() {
	l.ring.StrokeColor = kit.ColorOf(l, theme.ColorNamePrimary)
	l.ring.Show()
	l.showTip(true)
}

func (l *officeLine) FocusLost() {
	l.ring.Hide()
	l.showTip(false)
}

func (l *officeLine) TypedRune(rune) { kit.DropLetter() }

func (l *officeLine) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		kit.UseKey(l.onTapped)
	default:
		l.pass(key)
	}
}
