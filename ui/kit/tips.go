package kit

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// tips is a layer that shows one tip: a short text beside the object that is hovered or focused. It lies over
// everything else and does not receive mouse events. The window has one, and so has every modal.
type tips struct {
	widget.BaseWidget
	text         *Text
	target       fyne.CanvasObject // the object that is explained; nil while no tip is shown
	targetPos    fyne.Position     // its upper left corner, relative to this layer
	targetHeight float32

	wait func(do func()) (stop func()) // calls do after tipDelay unless stop is called first
	stop func()
}

const (
	tipDelay   = 400 * time.Millisecond
	tipWidth   = 320 // the largest width
	tipGap     = 6   // to the explained object and to the edges of the layer
	tipPadding = 8
)

// Explainer shows a tip beside an object after a short delay. The tip stands beside a part of the object: from is the
// upper left corner of that part, relative to the object, and height is its height. An empty text hides the object's tip.
type Explainer func(o fyne.CanvasObject, text string, from fyne.Position, height float32)

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

func (t *tips) explain(o fyne.CanvasObject, text string, from fyne.Position, height float32) {
	if text == "" {
		t.hide(o)
		return
	}
	driver := fyne.CurrentApp().Driver()
	at := driver.AbsolutePositionForObject(o).Add(from).Subtract(driver.AbsolutePositionForObject(t))
	if t.target == o && t.text.Value() == text && t.targetPos == at {
		return
	}
	t.stop()
	if t.target != nil { // a tip that follows another comes at once
		t.showTip(o, text, at, height)
		return
	}
	t.stop = t.wait(func() { t.showTip(o, text, at, height) })
}

func (t *tips) showTip(o fyne.CanvasObject, text string, at fyne.Position, height float32) {
	t.target, t.targetPos, t.targetHeight = o, at, height
	t.text.Set(text)
	t.Refresh()
}

// hide removes the tip of an object. It does nothing if another object's is shown.
func (t *tips) hide(o fyne.CanvasObject) {
	if t.stop(); t.target == o {
		t.clear()
	}
}

// clear removes the tip that is shown or about to be shown.
func (t *tips) clear() {
	t.stop()
	t.target = nil
	t.text.Set("")
	t.Refresh()
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

// Layout puts the tip below the explained object, or above it if there is no room below.
func (r *tipsRenderer) Layout(size fyne.Size) {
	t := r.tips
	if t.target == nil {
		return
	}
	width := min(t.text.LineWidth()+1, tipWidth, size.Width-2*(tipGap+tipPadding))
	t.text.Resize(fyne.NewSize(width, 0))
	minSize := t.text.MinSize()
	t.text.Resize(fyne.NewSize(width, minSize.Height))
	box := fyne.NewSize(width+2*tipPadding, minSize.Height+tipPadding)
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
