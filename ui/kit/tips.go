package kit

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// tips explain what is under the mouse, or has the keyboard, in a few words beside it. They lie
// over everything else on their part of the canvas and take no part in what the mouse does.
// There is one over the window, and one over each question.
type tips struct {
	widget.BaseWidget
	words  *Text
	of     fyne.CanvasObject // what is explained; nil for nothing
	at     fyne.Position     // on this layer, the upper left corner of what is explained
	height float32           // of what is explained

	wait func(do func()) (stop func()) // does something after a moment, unless it is stopped
	stop func()
}

const (
	tipDelay = 400 * time.Millisecond
	tipWidth = 320 // at the most
	tipGap   = 6   // to what is explained, and to the edge
	tipSide  = 8
)

// Explainer shows words beside an object, after a moment; beside a part of it where from and
// height say so. No words take them away.
type Explainer func(o fyne.CanvasObject, words string, from fyne.Position, height float32)

func newTips(dispatch func(func())) *tips {
	t := &tips{words: NewText(theme.SizeNameCaptionText, theme.ColorNameBackground), stop: func() {}}
	t.wait = func(do func()) func() {
		timer := time.AfterFunc(tipDelay, func() { dispatch(do) })
		return func() { timer.Stop() }
	}
	t.words.Set("")
	t.ExtendBaseWidget(t)
	return t
}

func (t *tips) explain(o fyne.CanvasObject, words string, from fyne.Position, height float32) {
	if words == "" {
		t.clear(o)
		return
	}
	driver := fyne.CurrentApp().Driver()
	at := driver.AbsolutePositionForObject(o).Add(from).Subtract(driver.AbsolutePositionForObject(t))
	if t.of == o && t.words.Value() == words && t.at == at {
		return
	}
	t.stop()
	if t.of != nil { // from one to the next there is nothing to wait for
		t.showTip(o, words, at, height)
		return
	}
	t.stop = t.wait(func() { t.showTip(o, words, at, height) })
}

func (t *tips) showTip(o fyne.CanvasObject, words string, at fyne.Position, height float32) {
	t.of, t.at, t.height = o, at, height
	t.words.Set(words)
	t.Refresh()
}

// clear takes away what explains an object.
func (t *tips) clear(o fyne.CanvasObject) {
	t.stop()
	if t.of == o {
		t.of = nil
		t.words.Set("")
		t.Refresh()
	}
}

// CreateRenderer is called by the toolkit.
func (t *tips) CreateRenderer() fyne.WidgetRenderer {
	r := &tipsRenderer{tips: t, ground: canvas.NewRectangle(nil)}
	r.objects = []fyne.CanvasObject{r.ground, t.words}
	r.Refresh()
	return r
}

type tipsRenderer struct {
	tips    *tips
	ground  *canvas.Rectangle
	objects []fyne.CanvasObject
}

func (r *tipsRenderer) Destroy()                     {}
func (r *tipsRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *tipsRenderer) MinSize() fyne.Size           { return fyne.Size{} }

// Layout puts the words below what they explain, or above it where there is no room.
func (r *tipsRenderer) Layout(size fyne.Size) {
	t := r.tips
	if t.of == nil {
		return
	}
	width := min(t.words.LineWidth()+1, tipWidth, size.Width-2*(tipGap+tipSide))
	t.words.Resize(fyne.NewSize(width, 0))
	least := t.words.MinSize()
	t.words.Resize(fyne.NewSize(width, least.Height))
	box := fyne.NewSize(width+2*tipSide, least.Height+tipSide)
	at := fyne.NewPos(max(min(t.at.X, size.Width-tipGap-box.Width), tipGap), t.at.Y+t.height+tipGap)
	if at.Y+box.Height > size.Height-tipGap {
		at.Y = t.at.Y - tipGap - box.Height
	}
	r.ground.Move(at)
	r.ground.Resize(box)
	t.words.Move(at.AddXY(tipSide, tipSide/2))
}

func (r *tipsRenderer) Refresh() {
	r.ground.Hidden = r.tips.of == nil
	r.ground.FillColor = ColorOf(r.tips, theme.ColorNameForeground)
	r.ground.CornerRadius = 5
	r.Layout(r.tips.Size())
	canvas.Refresh(r.tips)
}
