// Package remind shows what a person should look at today in a line above the list, and once a day, at a time that the
// settings have, in a notification of the system. What counts, and whether it is time, package core/reminder decides.
package remind

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"countersign/core/i18n"
	"countersign/core/reminder"
	"countersign/ui/async"
	"countersign/ui/kit"
)

// Desk is what the line needs of the desk. Its methods are called on background goroutines.
type Desk interface {
	WaitingToday(ctx context.Context) (reminder.Summary, error)
	ClaimReminder(ctx context.Context) (reminder.Summary, bool, error)
}

// Host is what the line needs of the window. Send is called on a background goroutine, the other methods on the drawing
// goroutine.
type Host interface {
	// ListDue lists the open requests that are due on a day or before, in the format of [time.DateOnly].
	ListDue(day string)
	// ListSilent lists the requests that have been in the browser without any event for some days.
	ListSilent(days int)
	// Send shows a notification of the system.
	Send(text string)
	// Failed is called with an error that matters to nobody but whoever looks for its cause.
	Failed(err error)
}

// Line is the line above the list. It is hidden while there is nothing to look at, and for the rest of a day on which a
// person closed it. It must be used on the drawing goroutine.
type Line struct {
	lang     i18n.Language
	desk     Desk
	bg       *async.Worker
	pass     kit.KeyHandler
	host     Host
	refresh  *async.Refresher
	claiming bool
	shown    reminder.Summary
	closed   string // the day on which a person closed the line
	links    *fyne.Container
	wanted   bool // there is something to look at, and nobody closed the line today
	Root     *fyne.Container
	above    *fyne.Container // Root, and what it lies above
}

// New returns a hidden line. Its background work runs on bg. The function pass is called with the keys that the line does not
// handle.
func New(lang i18n.Language, d Desk, bg *async.Worker, pass kit.KeyHandler, explain kit.Explainer, host Host) *Line {
	l := &Line{lang: lang, desk: d, bg: bg, pass: pass, host: host, links: container.New(kit.NewFlowGaps(18, 0))}
	l.refresh = async.NewRefresher(l.read)
	hide := kit.NewIconButton(lang, lang.Say("remind.hide"), "", kit.IconClose, pass, explain, l.close)
	row := container.New(kit.Row{Gap: 8, Center: true}, kit.NewGap(0), l.links, hide)
	l.Root = container.NewStack(kit.NewBackground(theme.ColorNameHeaderBackground), container.New(kit.Padding(12, 3), row))
	l.Root.Hide()
	return l
}

// Above returns an object that shows the line above content, while there is room for both.
func (l *Line) Above(content fyne.CanvasObject) fyne.CanvasObject {
	l.above = container.New(above{l}, content, l.Root)
	return l.above
}

// above is the layout of [Line.Above]: the content, and the line. In a small window the content has all of the height.
type above struct{ line *Line }

// MinSize implements [fyne.Layout].
func (above) MinSize(objects []fyne.CanvasObject) fyne.Size { return objects[0].MinSize() }

// Layout implements [fyne.Layout].
func (a above) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	height := a.line.Root.MinSize().Height
	shown := a.line.wanted && height+objects[0].MinSize().Height <= size.Height
	if kit.SetHidden(a.line.Root, !shown); !shown {
		height = 0
	}
	a.line.Root.Resize(fyne.NewSize(size.Width, height))
	objects[0].Move(fyne.NewPos(0, height))
	objects[0].Resize(size.SubtractWidthHeight(0, height))
}

// Refresh counts anew and shows the numbers. However often it is called, one count runs at a time.
func (l *Line) Refresh() { l.refresh.Refresh() }

func (l *Line) read(done func()) {
	async.Call(l.bg, l.desk.WaitingToday, func(s reminder.Summary, err error) {
		if err != nil {
			l.host.Failed(err)
		} else if s != l.shown {
			l.show(s)
		}
		done()
	})
}

// show shows a link for each number that is not zero.
func (l *Line) show(s reminder.Summary) {
	l.shown = s
	l.links.RemoveAll()
	for _, p := range l.parts(s) {
		l.links.Add(kit.NewLink(p.text, p.icon, l.pass, p.list))
	}
	l.want(!s.IsEmpty() && l.closed != s.Day)
}

// want shows or hides the line, and lays out what is below it.
func (l *Line) want(shown bool) {
	l.wanted = shown
	l.above.Layout.Layout(l.above.Objects, l.above.Size())
	l.Root.Refresh()
}

// close hides the line for the rest of the day.
func (l *Line) close() {
	l.closed = l.shown.Day
	l.want(false)
}

// part is a number of the line: its icon and text, and what lists the requests that it counts.
type part struct {
	icon kit.Icon
	text string
	list func()
}

func (l *Line) parts(s reminder.Summary) []part {
	var all []part
	due := func() { l.host.ListDue(s.Day) }
	if s.Overdue > 0 {
		all = append(all, part{kit.IconWarning, l.lang.Say("remind.overdue", l.number(s.Overdue)), due})
	}
	if s.DueToday > 0 {
		all = append(all, part{kit.IconDay, l.lang.Say("remind.today", l.number(s.DueToday)), due})
	}
	if s.Silent > 0 {
		all = append(all, part{kit.IconClock, l.lang.Count("remind.silent", s.SilentDays, l.number(s.Silent)), func() { l.host.ListSilent(s.SilentDays) }})
	}
	return all
}

func (l *Line) number(n int) string {
	if n >= reminder.Most {
		return l.lang.Say("list.many", l.lang.Number(reminder.Most-1))
	}
	return l.lang.Number(n)
}

// Tick sends the notification of the day if it is time and no process of this home has sent it. It does nothing while an
// earlier call still runs.
func (l *Line) Tick() {
	if l.claiming {
		return
	}
	l.claiming = true
	async.Do(l.bg, func(ctx context.Context) error {
		s, claimed, err := l.desk.ClaimReminder(ctx)
		if err == nil && claimed && !s.IsEmpty() {
			l.host.Send(l.text(s))
		}
		return err
	}, func(err error) {
		l.claiming = false
		if err != nil {
			l.host.Failed(err)
		}
	})
}

// text returns the text of a notification. It may be called from any goroutine.
func (l *Line) text(s reminder.Summary) string {
	var texts []string
	for _, p := range l.parts(s) {
		texts = append(texts, p.text)
	}
	return strings.Join(texts, "\n")
}
