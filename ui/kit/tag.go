package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// Tag is a small outlined word.
type Tag struct {
	widget.BaseWidget
	word string
}

// NewTag returns a tag.
func NewTag(word string) *Tag {
	t := &Tag{word: word}
	t.ExtendBaseWidget(t)
	return t
}

// CreateRenderer is called by the toolkit.
func (t *Tag) CreateRenderer() fyne.WidgetRenderer {
	r := &tagRenderer{tag: t, ground: canvas.NewRectangle(nil), word: canvas.NewText(t.word, nil)}
	r.objects = []fyne.CanvasObject{r.ground, r.word}
	r.show()
	return r
}

type tagRenderer struct {
	tag     *Tag
	ground  *canvas.Rectangle
	word    *canvas.Text
	objects []fyne.CanvasObject
}

func (r *tagRenderer) Destroy()                     {}
func (r *tagRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *tagRenderer) MinSize() fyne.Size           { return fyne.NewSize(r.word.MinSize().Width+10, 16) }

func (r *tagRenderer) Layout(size fyne.Size) {
	r.ground.Resize(size)
	word := r.word.MinSize()
	r.word.Resize(word)
	r.word.Move(fyne.NewPos(5, (size.Height-word.Height)/2))
}

func (r *tagRenderer) Refresh() {
	r.show()
	canvas.Refresh(r.tag)
}

func (r *tagRenderer) show() {
	r.ground.FillColor = ColorOf(r.tag, ColorWarnPill)
	r.ground.CornerRadius = 4
	r.word.Color = ColorOf(r.tag, ColorWarn)
	r.word.TextSize = 10.5
}
