package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/request"
	"countersign/core/words"
)

// rowModel is a request as one row of the list shows it: put into words once, compared
// with ==, never changed.
type rowModel struct {
	id        request.ID
	title     string
	under     string // reference and gateway
	practice  bool
	status    mark
	evidence  mark // empty when there is no outcome
	updatedAt time.Time
	age       string
}

func newRowModel(lang words.Language, r request.Request, practice bool, now time.Time) rowModel {
	m := rowModel{
		id: r.ID, title: r.Title, under: joined(r.Reference, r.Gateway), practice: practice,
		status: statusMark(lang, r), updatedAt: r.UpdatedAt, age: lang.Age(now, r.UpdatedAt),
	}
	if r.Outcome != nil {
		m.evidence = evidenceMark(lang, r.Outcome.Evidence)
	}
	return m
}

// Sizes of a row. The height and the toolkit's padding behind it add up to a multiple of
// eight, so that the place of the millionth row still is exact in 32 bits.
const (
	rowHeight  = 52
	rowSide    = 14
	rowTop     = 7
	rowGap     = 10
	rowAccent  = 3 // the bar of the chosen row
	rowMark    = 13
	rowLineTwo = 30
	ringWidth  = 1.5
)

// row is the widget of one row. The list keeps a few and shows a model in each.
type row struct {
	widget.BaseWidget
	lang    words.Language
	model   rowModel
	chosen  bool
	focused bool // chosen, and the list has the keyboard
}

func newRow(lang words.Language) *row {
	r := &row{lang: lang}
	r.ExtendBaseWidget(r)
	return r
}

// set shows a model, if it is another one.
func (r *row) set(m rowModel, chosen, focused bool) {
	focused = focused && chosen
	if r.model == m && r.chosen == chosen && r.focused == focused {
		return
	}
	r.model, r.chosen, r.focused = m, chosen, focused
	r.Refresh()
}

// CreateRenderer is called by the toolkit.
func (r *row) CreateRenderer() fyne.WidgetRenderer {
	w := &rowRenderer{
		row:  r,
		ring: canvas.NewRectangle(nil), ground: canvas.NewRectangle(nil), accent: canvas.NewRectangle(nil),
		title: canvas.NewText("", nil), under: canvas.NewText("", nil),
		practice: newTag(r.lang.Say("window.practice")), status: newPill(mark{}),
		evidence: newIcon("", colorMuted, rowMark), known: canvas.NewText("", nil), age: canvas.NewText("", nil),
	}
	w.objects = []fyne.CanvasObject{w.ring, w.ground, w.accent, w.title, w.under, w.practice, w.status, w.evidence, w.known, w.age}
	w.show()
	return w
}

type rowRenderer struct {
	row            *row
	ring           *canvas.Rectangle // around the ground, when the row has the keyboard
	ground, accent *canvas.Rectangle
	title, under   *canvas.Text
	practice       *tag
	status         *pill
	evidence       *canvas.Image
	known, age     *canvas.Text
	objects        []fyne.CanvasObject
}

func (r *rowRenderer) Destroy()                     {}
func (r *rowRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *rowRenderer) MinSize() fyne.Size           { return fyne.NewSize(300, rowHeight) }

func (r *rowRenderer) Refresh() {
	r.show()
	r.Layout(r.row.Size())
	canvas.Refresh(r.row)
}

func (r *rowRenderer) show() {
	m, th := r.row.model, r.row.Theme()
	r.ground.Hidden, r.accent.Hidden = !r.row.chosen, !r.row.chosen
	r.ground.FillColor = colorOf(r.row, colorRowChosen)
	r.ground.CornerRadius = th.Size(theme.SizeNameSelectionRadius)
	r.ring.Hidden = !r.row.focused
	r.ring.FillColor, r.ring.CornerRadius = colorOf(r.row, theme.ColorNamePrimary), r.ground.CornerRadius
	r.accent.FillColor, r.accent.CornerRadius = colorOf(r.row, theme.ColorNamePrimary), rowAccent/2.0
	r.title.TextSize, r.title.TextStyle.Bold = th.Size(theme.SizeNameText), true
	r.title.Color = colorOf(r.row, theme.ColorNameForeground)
	for _, t := range []*canvas.Text{r.under, r.known, r.age} {
		t.TextSize, t.Color = th.Size(theme.SizeNameCaptionText), colorOf(r.row, colorMuted)
	}
	r.known.Text, r.age.Text = m.evidence.word, m.age
	if m.evidence.word != "" {
		r.known.Color = colorOf(r.row, m.evidence.color)
	}
	r.practice.Hidden = !m.practice
	r.practice.Refresh()
	r.status.Hidden = m.status.word == ""
	r.status.mark = m.status
	r.status.Refresh()
	r.evidence.Hidden = m.evidence.icon == ""
	r.evidence.Resource = tinted{m.evidence.icon, m.evidence.color}
	r.evidence.Refresh()
}

// Layout puts what the row is on the left and how it stands on the right.
func (r *rowRenderer) Layout(size fyne.Size) {
	r.ring.Resize(size)
	r.ground.Move(fyne.NewSquareOffsetPos(ringWidth))
	r.ground.Resize(size.SubtractWidthHeight(2*ringWidth, 2*ringWidth))
	r.accent.Resize(fyne.NewSize(rowAccent, size.Height-16))
	r.accent.Move(fyne.NewPos(5, 8))
	right := size.Width - rowSide

	status := r.status.MinSize()
	r.status.Resize(status)
	r.status.Move(fyne.NewPos(right-status.Width, rowTop-1))
	r.title.Text = r.shorten(r.title, r.row.model.title, right-status.Width-rowGap-rowSide)
	r.put(r.title, rowSide, rowTop)

	ageWidth := r.age.MinSize().Width
	x := right - ageWidth
	r.put(r.age, x, rowLineTwo)
	if r.known.Text != "" {
		x -= r.known.MinSize().Width + rowGap
		r.put(r.known, x, rowLineTwo)
		x -= rowMark + 4
		r.evidence.Resize(fyne.NewSquareSize(rowMark))
		r.evidence.Move(fyne.NewPos(x, rowLineTwo+2))
	}
	room := x - rowGap - rowSide
	tag := r.practice.MinSize()
	if !r.practice.Hidden {
		room -= tag.Width + 6
	}
	r.under.Text = r.shorten(r.under, r.row.model.under, room)
	r.put(r.under, rowSide, rowLineTwo)
	r.practice.Resize(tag)
	r.practice.Move(fyne.NewPos(rowSide+r.under.MinSize().Width+6, rowLineTwo+(r.under.MinSize().Height-tag.Height)/2))
}

func (r *rowRenderer) put(t *canvas.Text, x, y float32) {
	t.Resize(t.MinSize())
	t.Move(fyne.NewPos(x, y))
}

func (r *rowRenderer) shorten(t *canvas.Text, words string, width float32) string {
	return ellipsize(words, width, func(s string) float32 { return fyne.MeasureText(s, t.TextSize, t.TextStyle).Width })
}

// tag is a small outlined word.
type tag struct {
	widget.BaseWidget
	word string
}

func newTag(word string) *tag {
	t := &tag{word: word}
	t.ExtendBaseWidget(t)
	return t
}

// CreateRenderer is called by the toolkit.
func (t *tag) CreateRenderer() fyne.WidgetRenderer {
	r := &tagRenderer{tag: t, ground: canvas.NewRectangle(nil), word: canvas.NewText(t.word, nil)}
	r.objects = []fyne.CanvasObject{r.ground, r.word}
	r.show()
	return r
}

type tagRenderer struct {
	tag     *tag
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
	r.ground.FillColor = colorOf(r.tag, colorWarnPill)
	r.ground.CornerRadius = 4
	r.word.Color = colorOf(r.tag, colorWarn)
	r.word.TextSize = 10.5
}
