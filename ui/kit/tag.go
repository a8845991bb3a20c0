package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// Tag is a short text on a rounded background in the warning color.
type Tag struct {
	widget.BaseWidget
	text string
}

// NewTag returns a tag with that text.
func NewTag(text string) *Tag {
	t := &Tag{text: text}
	t.ExtendBaseWidget(t)
	return t
}

// Set changes the text, and draws the tag anew.
func (t *Tag) Set(text string) {
	t.text = text
	t.Refresh()
}

func (t *Tag) CreateRenderer() fyne.WidgetRenderer {
	r := &tagRenderer{tag: t, background: canvas.NewRectangle(nil), text: canvas.NewText(t.text, nil)}
	r.objects = []fyne.CanvasObject{r.background, r.text}
	r.show()
	return r
}

type tagRenderer struct {
	tag        *Tag
	background *canvas.Rectangle
	text       *canvas.Text
	objects    []fyne.CanvasObject
}

func (r *tagRenderer) Destroy()                     {}
func (r *tagRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *tagRenderer) MinSize() fyne.Size           { return fyne.NewSize(r.text.MinSize().Width+10, 16) }

func (r *tagRenderer) Layout(size fyne.Size) {
	r.background.Resize(size)
	text := r.text.MinSize()
	r.text.Resize(text)
	r.text.Move(fyne.NewPos(5, (size.Height-text.Height)/2))
}

func (r *tagRenderer) Refresh() {
	r.show()
	canvas.Refresh(r.tag)
}

func (r *tagRenderer) show() {
	r.background.FillColor = ColorOf(r.tag, ColorWarnBack)
	r.background.CornerRadius = 4
	r.text.Text = r.tag.text
	r.text.Color = ColorOf(r.tag, ColorWarn)
	r.text.TextSize = 10.5
}
