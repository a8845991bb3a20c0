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
	text         *Text
	target       fyne.CanvasObject // what is explained; nil for nothing
	targetPos    fyne.Position     // on this layer, the upper left corner of what is explained
	targetHeight float32           // of what is explained

	wait func(do func()) (stop func()) // does something after a moment, unless it is stopped
	stop func()
}

const (
	tipDelay   = 400 * time.Millisecond
	tipWidth   = 320 // at the most
	tipGap     = 6   // to what is explained, and to the edge
	tipPadding = 8
)

// Explainer shows words beside an object, after a moment; beside a part of it where from and
// height say so. No words take them away.
type Explainer func(o fyne.CanvasObject, words string, from fyne.Position, height float32)

func newTips(dispatch func(func())) *tips {
	t := &tips{text: NewText(theme.SizeNameCaptionText, theme.ColorNameBackground), stop: func() {}}
	t.wait = func(do func()) func() {
		timer := time.AfterFunc(tipDelay, func() { dispatch(do) })
		return func() { timer.Stop() }
	}
	t.text.Set("")
	t.ExtendBaseWidget(t)
	return t
}

func (t *tips) explain(o fyne.CanvasObject, words string, from fyne.Position, height float32) {
	if words == "" {
		t.hide(o)
		return
	}
	driver := fyne.CurrentApp().Driver()
	at := driver.AbsolutePositionForObject(o).Add(from).Subtract(driver.AbsolutePositionForObject(t))
	if t.target == o && t.text.Value() == words && t.targetPos == at {
		return
	}
	t.stop()
	if t.target != nil { // from one to the next there is nothing to wait for
		t.showTip(o, words, at, height)
		return
	}
	t.stop = t.wait(func() { t.showTip(o, words, at, height) })
}

func (t *tips) showTip(o fyne.CanvasObject, words string, at fyne.Position, height float32) {
	t.target, t.targetPos, t.targetHeight = o, at, height
	t.text.Set(words)
	t.Refresh()
}

// hide takes away what explains an object.
func (t *tips) hide(o fyne.CanvasObject) {
	t.stop()
	if t.target == o {
		t.target = nil
		t.text.Set("")
		t.Refresh()
	}
}

func (t *tips) CreateRenderer() fyne.WidgetRenderer {
	r := &tipsRenderer{tips: t, background: canvas.NewRectangle(nil)}
	r.objects = []fyne.CanvasObject{r.background, t.text}
	r.Refresh()
	return r
}

type tipsRenderer struct {
	tips       *tips
	background *canvas.Rectangle
	objects    []fyne.CanvasObject
}

func (r *tipsRenderer) Destroy()                     {}
func (r *tipsRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *tipsRenderer) MinSize() fyne.Size           { return fyne.Size{} }

// Layout puts the words below what they explain, or above it where there is no room.
func (r *tipsRenderer) Layout(size fyne.Size) {
	t := r.tips
	if t.target == nil {
		return
	}
	width := min(t.text.LineWidth()+1, tipWidth, size.Width-2*(tipGap+tipPadding))
	t.text.Resize(fyne.NewSize(width, 0))
	least := t.text.MinSize()
	t.text.Resize(fyne.NewSize(width, least.Height))
	box := fyne.NewSize(width+2*tipPadding, least.Height+tipPadding)
	at := fyne.NewPos(max(min(t.targetPos.X, size.Width-tipGap-box.Width), tipGap), t.targetPos.Y+t.targetHeight+tipGap)
	if at.Y+box.Height > size.Height-tipGap {
		at.Y = t.targetPos.Y - tipGap - box.Height
	}
	r.background.Move(at)
	r.background.Resize(box)
	t.text.Move(at.AddXY(tipPadding, tipPadding/2))
}

func (r *tipsRenderer) Refresh() {
	r.background.Hidden = r.tips.target == nil
	r.background.FillColor = ColorOf(r.tips, theme.ColorNameForeground)
	r.background.CornerRadius = 5
	r.Layout(r.tips.Size())
	canvas.Refresh(r.tips)
}
