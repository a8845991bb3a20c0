package ui

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/explain"
	"countersign/core/i18n"
	"countersign/core/queue"
	"countersign/core/request"
	"countersign/ui/async"
	"countersign/ui/kit"
)

// signAll puts requests into the queue. It shows an error for those that cannot be signed.
func (w *Window) signAll(ids []request.ID) {
	w.changeQueue(func(ctx context.Context, q *queue.Queue) error { return q.Enqueue(ctx, ids...) })
}

// changeQueue calls the function change with the queue on a background goroutine, and shows its error as a notice.
func (w *Window) changeQueue(change func(context.Context, *queue.Queue) error) {
	async.Do(w.bg, func(ctx context.Context) error { return change(ctx, w.desk.Queue()) }, func(err error) {
		if err != nil {
			w.notices.fail(kit.Sentence(explain.Error(w.lang, err)))
		}
	})
}

// showVisiting shows the request whose visit is open in the browser.
func (w *Window) showVisiting(id request.ID) { w.showRequest(id, request.Signing) }

// queueModel is the state of the queue as the bar shows it.
type queueModel struct {
	shown        bool
	paused       bool
	late         bool
	visit        bool       // a visit is open in the browser
	current      request.ID // the first request of that visit
	currentTitle string
	count        string
	state        string
}

func newQueueModel(lang i18n.Language, s queue.State, title string) queueModel {
	m := queueModel{shown: s.Left() > 0 || s.Reason != "", paused: s.Paused, late: s.Late && s.Visit != nil, visit: s.Visit != nil}
	if !m.shown {
		return m
	}
	m.count = lang.Count("queue.done", s.Total, lang.Number(s.Done))
	switch {
	case s.Reason != "":
		m.state = kit.Sentence(explain.Reason(lang, s.Reason, s.Cause))
	case s.Paused:
		m.state = lang.Count("queue.paused", s.Left())
	case len(s.Out) == 0 || s.Visit == nil:
		m.state = lang.Say("queue.preparing")
	case m.late:
		m.state = lang.Say("queue.late")
	default:
		m.state = lang.Say("queue.out")
	}
	if len(s.Out) > 0 {
		m.current, m.currentTitle = s.Out[0], title
		if others := len(s.Out) - 1; others > 0 {
			m.currentTitle = lang.Count("queue.with", others, title)
		}
	}
	return m
}

// followQueue shows the changes of the queue until ctx ends.
func (w *Window) followQueue(ctx context.Context) {
	for s := range w.desk.Queue().Watch(ctx) {
		title := ""
		if len(s.Out) > 0 {
			if r, err := w.desk.Get(ctx, s.Out[0]); err == nil {
				title = r.Title
			}
		}
		m := newQueueModel(w.lang, s, title)
		w.bg.Show(func() { w.showQueue(m) })
	}
}

// showQueue shows the state of the queue. When the queue ends, a notice about it is out of date and is removed.
func (w *Window) showQueue(m queueModel) {
	if w.chrome.queue.model.shown && !m.shown {
		w.notices.clearInfo()
	}
	w.chrome.queue.set(m)
	w.showOffers()
}

// queueBar is the bar at the bottom of the window while requests are in the queue.
type queueBar struct {
	model         queueModel
	lang          i18n.Language
	icon          *canvas.Image
	count, state  *kit.Text
	currentButton *kit.Button // shows the current request
	pause         *kit.Button
	skip, clear   *kit.Button
	row           *fyne.Container
	root          *fyne.Container
	onShow        func(request.ID)
	changed       func() // called when the bar appears or disappears
}

func newQueueBar(lang i18n.Language, pass kit.KeyHandler, change func(func(context.Context, *queue.Queue) error), onOut func(request.ID), changed func()) *queueBar {
	b := &queueBar{lang: lang, onShow: onOut, changed: changed}
	b.icon = kit.NewIcon(kit.IconList, theme.ColorNamePrimary, 17)
	b.count = kit.NewBoldText(theme.SizeNameText, theme.ColorNameForeground)
	b.count.MaxLines = 1
	b.state = kit.NewText(theme.SizeNameText, kit.ColorMuted)
	b.state.MaxLines = 2
	b.currentButton = kit.NewButton("", kit.IconGlobe, widget.LowImportance, pass, b.show)
	b.pause = kit.NewButton("", "", widget.MediumImportance, pass, func() { change(b.toggle()) })
	b.skip = kit.NewButton(lang.Say("queue.skip"), kit.IconSkip, widget.MediumImportance, pass, func() {
		change(func(_ context.Context, q *queue.Queue) error { return q.Skip() })
	})
	b.clear = kit.NewButton(lang.Say("queue.clear"), kit.IconClose, widget.MediumImportance, pass, func() {
		change(func(_ context.Context, q *queue.Queue) error { return q.Clear() })
	})
	b.row = container.New(queueLayout{gap: 10}, b.icon, b.count, b.state, b.currentButton, b.skip, b.pause, b.clear)
	b.root = container.NewStack(kit.NewBackground(theme.ColorNameHeaderBackground), container.New(kit.Column(0), widget.NewSeparator(), container.New(kit.Padding(14, 6), b.row)))
	b.root.Hide()
	return b
}

// toggle returns a change that pauses the queue, or resumes it if the bar shows it as paused.
func (b *queueBar) toggle() func(context.Context, *queue.Queue) error {
	resume := b.model.paused
	return func(_ context.Context, q *queue.Queue) error {
		if resume {
			return q.Resume()
		}
		return q.Pause()
	}
}

// show calls onShow for the current request.
func (b *queueBar) show() {
	if b.model.current != "" {
		b.onShow(b.model.current)
	}
}

// set shows a state of the queue.
func (b *queueBar) set(m queueModel) {
	if b.model == m {
		return
	}
	appeared := b.model.shown != m.shown
	b.model = m
	b.count.Set(m.count)
	b.state.Set(m.state)
	color := kit.ColorMuted
	if m.late || m.paused {
		color = kit.ColorWarn
	}
	b.state.SetColor(color)
	b.currentButton.SetLabel(shortened(m.currentTitle), kit.IconGlobe, widget.LowImportance)
	kit.SetHidden(b.currentButton, m.currentTitle == "")
	kit.SetHidden(b.skip, !m.visit)
	if m.paused {
		b.pause.SetLabel(b.lang.Say("queue.resume"), kit.IconPlay, widget.HighImportance)
	} else {
		b.pause.SetLabel(b.lang.Say("queue.pause"), kit.IconPause, widget.MediumImportance)
	}
	kit.SetHidden(b.root, !m.shown)
	b.row.Refresh()
	if appeared {
		b.changed()
	}
}

// maxTitle bounds the title of a request on the bar, in characters.
const maxTitle = 32

func shortened(title string) string {
	letters := []rune(title)
	if len(letters) > maxTitle {
		return string(letters[:maxTitle-1]) + "…"
	}
	return title
}

// queueLayout arranges the bar: icon and count at the left, buttons at the right, the state text in between.
type queueLayout struct{ gap float32 }

func (l queueLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	icon, count, state, out := objects[0], objects[1].(*kit.Text), objects[2].(*kit.Text), objects[3]
	put := func(o fyne.CanvasObject, x, width float32) {
		o.Resize(fyne.NewSize(width, o.MinSize().Height))
		height := o.MinSize().Height // of the text in this width
		o.Resize(fyne.NewSize(width, height))
		o.Move(fyne.NewPos(x, (size.Height-height)/2))
	}
	right := size.Width
	for _, o := range slices.Backward(objects[4:]) {
		if o.Visible() {
			right -= o.MinSize().Width
			put(o, right, o.MinSize().Width)
			right -= l.gap
		}
	}
	put(icon, 0, icon.MinSize().Width)
	x := icon.MinSize().Width + l.gap
	put(count, x, count.LineWidth()+1)
	x += count.Size().Width + l.gap
	rest := max(right-x, 0)
	if !out.Visible() {
		put(state, x, rest)
		return
	}
	button := min(out.MinSize().Width, rest)
	text := min(state.LineWidth()+1, rest-button)
	put(state, x, text)
	put(out, x+text, button)
}

func (l queueLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	size := fyne.Size{}
	for _, o := range objects {
		if o.Visible() {
			size = fyne.NewSize(size.Width+o.MinSize().Width+l.gap, max(size.Height, o.MinSize().Height))
		}
	}
	return size
}

// bottomBar is a layout of two objects: the second stands below the first while it is visible.
type bottomBar struct{}

func (bottomBar) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	rest := size.Height
	if bar := objects[1]; bar.Visible() {
		height := bar.MinSize().Height
		rest -= height
		bar.Resize(fyne.NewSize(size.Width, height))
		bar.Move(fyne.NewPos(0, rest))
	}
	objects[0].Resize(fyne.NewSize(size.Width, rest))
}

func (bottomBar) MinSize(objects []fyne.CanvasObject) fyne.Size {
	size := objects[0].MinSize()
	if objects[1].Visible() {
		size.Height += objects[1].MinSize().Height
	}
	return size
}
