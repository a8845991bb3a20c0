package queuebar

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/i18n"
	"countersign/core/queue"
	"countersign/core/request"
	"countersign/ui/kit"
)

// Bar is the bar at the bottom of the window while requests are in the queue. After the last one it shows the sum of the run, until
// it is closed or the next run begins.
type Bar struct {
	model         Model
	lang          i18n.Language
	icon          *canvas.Image
	count, state  *kit.Text
	currentButton *kit.Button // shows the current request
	pause         *kit.Button
	skip, clear   *kit.Button
	done          *kit.Button // closes the bar after a run
	row           *fyne.Container
	Root          *fyne.Container
	onShow        func(request.ID)
	changed       func() // called when the bar appears or disappears
}

// NewBar returns a hidden bar. The function change is called with each change of the queue that a person wants, onShow with the request
// that a person wants to see, changed when the bar has appeared or disappeared, and pass with the keys that no button handles.
func NewBar(lang i18n.Language, pass kit.KeyHandler, change func(func(context.Context, *queue.Queue) error), onShow func(request.ID), changed func()) *Bar {
	b := &Bar{lang: lang, onShow: onShow, changed: changed}
	b.icon = kit.NewIcon(kit.IconList, theme.ColorNamePrimary, 17)
	b.count = kit.NewBoldText(theme.SizeNameText, theme.ColorNameForeground)
	b.count.MaxLines = 1
	b.state = kit.NewText(theme.SizeNameText, kit.ColorMuted)
	b.state.MaxLines = 2
	b.currentButton = kit.NewButton("", kit.IconGlobe, widget.LowImportance, pass, b.Show)
	b.pause = kit.NewButton("", "", widget.MediumImportance, pass, func() { change(b.Toggle()) })
	b.skip = kit.NewButton(lang.Say("queue.skip"), kit.IconSkip, widget.MediumImportance, pass, func() {
		change(func(_ context.Context, q *queue.Queue) error { return q.Skip() })
	})
	b.clear = kit.NewButton(lang.Say("queue.clear"), kit.IconClose, widget.MediumImportance, pass, func() {
		change(func(_ context.Context, q *queue.Queue) error { return q.Clear() })
	})
	b.done = kit.NewButton(lang.Say("help.close"), kit.IconClose, widget.MediumImportance, pass, func() { b.show(Model{}) })
	b.row = container.New(barLayout{gap: 10}, b.icon, b.count, b.state, b.currentButton, b.skip, b.pause, b.clear, b.done)
	b.Root = container.NewStack(kit.NewBackground(theme.ColorNameHeaderBackground), container.New(kit.Column(0), widget.NewSeparator(), container.New(kit.Padding(14, 6), b.row)))
	b.Root.Hide()
	return b
}

// Toggle returns a change that pauses the queue, or resumes it if the bar shows it as paused.
func (b *Bar) Toggle() func(context.Context, *queue.Queue) error {
	resume := b.model.paused
	return func(_ context.Context, q *queue.Queue) error {
		if resume {
			return q.Resume()
		}
		return q.Pause()
	}
}

// Skip goes on with the next visit, if one is out.
func (b *Bar) Skip() { b.skip.OnTapped() }

// Clear empties the queue.
func (b *Bar) Clear() { b.clear.OnTapped() }

// CanSkip reports whether a visit is out.
func (b *Bar) CanSkip() bool { return b.model.visit }

// CanShow reports whether there is a current request.
func (b *Bar) CanShow() bool { return b.model.current != "" }

// Show has the current request shown, if there is one.
func (b *Bar) Show() {
	if b.model.current != "" {
		b.onShow(b.model.current)
	}
}

// Runs reports whether the bar shows a queue, and not the sum of a run.
func (b *Bar) Runs() bool { return b.model.Runs() }

// Set shows a state of the queue. The sum of the last run stays while the queue is empty.
func (b *Bar) Set(m Model) {
	if m.shown || !b.model.sum {
		b.show(m)
	}
}

func (b *Bar) show(m Model) {
	if b.model == m {
		return
	}
	appeared := b.model.shown != m.shown
	b.model = m
	b.count.Set(m.count)
	b.state.Set(m.state)
	color := kit.ColorMuted
	switch {
	case m.late || m.paused:
		color = kit.ColorWarn
	case m.sum:
		color = theme.ColorNameForeground
	}
	b.state.SetColor(color)
	b.currentButton.SetLabel(shortened(m.currentTitle), kit.IconGlobe, widget.LowImportance)
	kit.SetHidden(b.currentButton, m.currentTitle == "")
	kit.SetHidden(b.skip, !m.visit)
	kit.SetHidden(b.pause, m.sum)
	kit.SetHidden(b.clear, m.sum)
	kit.SetHidden(b.done, !m.sum)
	if m.paused {
		b.pause.SetLabel(b.lang.Say("queue.resume"), kit.IconPlay, widget.HighImportance)
	} else {
		b.pause.SetLabel(b.lang.Say("queue.pause"), kit.IconPause, widget.MediumImportance)
	}
	kit.SetHidden(b.Root, !m.shown)
	b.row.Refresh()
	if appeared {
		b.changed()
	}
}

// maxTitle bounds the title of a request on the bar, in characters.
const maxTitle = 32

// shortened returns a title, cut off after maxTitle characters.
func shortened(title string) string {
	letters := []rune(title)
	if len(letters) > maxTitle {
		return string(letters[:maxTitle-1]) + "…"
	}
	return title
}

// barLayout arranges the bar: icon and count at the left, buttons at the right, the state text in between.
type barLayout struct{ gap float32 }

func (l barLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
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

func (l barLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	size := fyne.Size{}
	for _, o := range objects {
		if o.Visible() {
			size = fyne.NewSize(size.Width+o.MinSize().Width+l.gap, max(size.Height, o.MinSize().Height))
		}
	}
	return size
}

// BottomBar is a layout of two objects: the second stands below the first while it is visible.
type BottomBar struct{}

func (BottomBar) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	rest := size.Height
	if bar := objects[1]; bar.Visible() {
		height := bar.MinSize().Height
		rest -= height
		bar.Resize(fyne.NewSize(size.Width, height))
		bar.Move(fyne.NewPos(0, rest))
	}
	objects[0].Resize(fyne.NewSize(size.Width, rest))
}

func (BottomBar) MinSize(objects []fyne.CanvasObject) fyne.Size {
	size := objects[0].MinSize()
	if objects[1].Visible() {
		size.Height += objects[1].MinSize().Height
	}
	return size
}
