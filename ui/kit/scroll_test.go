package kit

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// drawn is a widget that counts how often it was drawn.
type drawn struct {
	widget.BaseWidget
	times int
}

func (d *drawn) CreateRenderer() fyne.WidgetRenderer {
	return &drawnRenderer{WidgetRenderer: widget.NewSimpleRenderer(container.NewStack()), drawn: d}
}

type drawnRenderer struct {
	fyne.WidgetRenderer
	drawn *drawn
}

func (r *drawnRenderer) Refresh() { r.drawn.times++ }

func newDrawn() *drawn {
	d := &drawn{}
	d.ExtendBaseWidget(d)
	return d
}

// measured is a layout that counts how often it was asked to lay out.
type measured struct{ times *int }

func (m measured) Layout([]fyne.CanvasObject, fyne.Size)       { *m.times++ }
func (m measured) MinSize([]fyne.CanvasObject) (min fyne.Size) { return }

func TestContentIsLaidOutAgainWithoutBeingDrawnAgain(t *testing.T) {
	test.NewTempApp(t)
	text, beside := NewText(theme.SizeNameText, theme.ColorNameForeground).Set("one line"), newDrawn()
	hidden := 0
	folded := container.New(measured{&hidden})
	folded.Hide()
	below := newDrawn()
	scroll := container.NewVScroll(container.New(Column(4), container.New(Column(4), text, beside, folded), below))
	w := test.NewTempWindow(t, container.New(ScrollLayout{}, scroll))
	w.SetPadded(false)
	w.Resize(fyne.NewSize(120, 60))
	high := scroll.Content.Size().Height
	ScrollTo(scroll, 1000)
	beside.times, below.times, hidden = 0, 0, 0

	text.Set("a text that is too long for a line of this width, and so needs several of them")
	Relayout(scroll)
	if got := scroll.Content.Size().Height; got < high+3*theme.TextSize() || got != scroll.Content.MinSize().Height {
		t.Errorf("the content is %v high, and was %v", got, high)
	}
	if top := below.Position().Y; top <= text.Size().Height {
		t.Errorf("what stands below a text of height %v stays at %v", text.Size().Height, top)
	}
	if beside.times+below.times+hidden > 0 {
		t.Errorf("widgets that did not change were drawn %d times, and what is hidden was laid out %d times", beside.times+below.times, hidden)
	}
	ScrollTo(scroll, 1000)
	if scroll.Offset.Y == 0 {
		t.Fatal("the long content cannot be scrolled")
	}
	text.Set("one line")
	Relayout(scroll)
	if scroll.Offset.Y > 0 {
		t.Errorf("the short content is scrolled by %v", scroll.Offset.Y)
	}
}
