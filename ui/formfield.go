package ui

import (
	"image/color"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// formEntry takes text in a form. Tab goes on to the next field from text of several lines,
// too.
type formEntry struct {
	widget.Entry
	pass    passKey
	onEnter func()
	onFocus func(fyne.CanvasObject)
}

// entry makes a field of the page for text; of one line unless lines is more.
func (s *sheet) entry(text, placeholder string, lines int, onEnter func()) *formEntry {
	e := &formEntry{pass: s.pass, onEnter: onEnter, onFocus: s.reveal}
	e.ExtendBaseWidget(e)
	if lines > 1 {
		e.MultiLine, e.Wrapping = true, fyne.TextWrapWord
		e.SetMinRowsVisible(lines)
	}
	e.Text, e.PlaceHolder = text, placeholder
	return e
}

// AcceptsTab is called by the toolkit.
func (e *formEntry) AcceptsTab() bool { return false }

// FocusGained is called by the toolkit.
func (e *formEntry) FocusGained() {
	e.Entry.FocusGained()
	e.onFocus(e)
}

// TypedKey is called by the toolkit.
func (e *formEntry) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		if e.MultiLine {
			e.Entry.TypedKey(key)
			return
		}
		e.onEnter()
	case fyne.KeyEscape, fyne.KeyF1:
		e.pass(key)
	default:
		e.Entry.TypedKey(key)
	}
}

// pick lets one of several be chosen. Enter opens it, as Space does.
type pick struct {
	widget.Select
	pass    passKey
	focused bool
	onFocus func(fyne.CanvasObject)
}

// pick makes a field of the page with options; chosen is told of their number.
func (s *sheet) pick(options []string, now int, chosen func(int)) *pick {
	c := &pick{pass: s.pass, onFocus: s.reveal}
	c.ExtendBaseWidget(c)
	c.Options = options
	if now >= 0 && now < len(options) {
		c.Selected = options[now]
	}
	c.OnChanged = func(string) { chosen(c.SelectedIndex()) }
	return c
}

// FocusGained is called by the toolkit.
func (c *pick) FocusGained() {
	c.focused = true
	c.Select.FocusGained()
	c.onFocus(c)
}

// FocusLost is called by the toolkit.
func (c *pick) FocusLost() {
	c.focused = false
	c.Select.FocusLost()
}

// CreateRenderer is called by the toolkit, which draws no border around what can be chosen.
func (c *pick) CreateRenderer() fyne.WidgetRenderer {
	c.ExtendBaseWidget(c)
	r := &pickRenderer{WidgetRenderer: c.Select.CreateRenderer(), pick: c, border: canvas.NewRectangle(color.Transparent)}
	r.show()
	return r
}

type pickRenderer struct {
	fyne.WidgetRenderer
	pick   *pick
	border *canvas.Rectangle
}

func (r *pickRenderer) Objects() []fyne.CanvasObject {
	return append(slices.Clone(r.WidgetRenderer.Objects()), r.border)
}

func (r *pickRenderer) Layout(size fyne.Size) {
	r.border.Resize(size)
	r.WidgetRenderer.Layout(size)
}

func (r *pickRenderer) Refresh() {
	r.show()
	r.border.Refresh()
	r.WidgetRenderer.Refresh()
}

func (r *pickRenderer) show() {
	th := r.pick.Theme()
	r.border.StrokeColor, r.border.StrokeWidth = colorOf(r.pick, theme.ColorNameInputBorder), th.Size(theme.SizeNameInputBorder)
	if r.pick.focused {
		r.border.StrokeColor, r.border.StrokeWidth = colorOf(r.pick, theme.ColorNamePrimary), 2*r.border.StrokeWidth
	}
	r.border.CornerRadius = th.Size(theme.SizeNameInputRadius)
}

// TypedKey is called by the toolkit.
func (c *pick) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		c.Select.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	case fyne.KeySpace, fyne.KeyUp, fyne.KeyDown, fyne.KeyLeft, fyne.KeyRight:
		c.Select.TypedKey(key)
	default:
		c.pass(key)
	}
}

// check is a box to tick. Enter ticks it, as Space does.
type check struct {
	widget.Check
	pass    passKey
	onFocus func(fyne.CanvasObject)
}

// check makes a field of the page to tick.
func (s *sheet) check(label string, now bool, changed func(bool)) *check {
	c := &check{pass: s.pass, onFocus: s.reveal}
	c.ExtendBaseWidget(c)
	c.Text, c.Checked, c.OnChanged = label, now, changed
	return c
}

// FocusGained is called by the toolkit.
func (c *check) FocusGained() {
	c.Check.FocusGained()
	c.onFocus(c)
}

// TypedKey is called by the toolkit.
func (c *check) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		c.SetChecked(!c.Checked)
	case fyne.KeySpace: // arrives as a rune, too
	default:
		c.pass(key)
	}
}

const labelWidth = 168

// formLine is one setting of a form: its name at the left, where it is filled in at the
// right, and below that what it is for and what is wrong with it.
type formLine struct {
	fault *text
	row   *fyne.Container // of the fault
	root  *fyne.Container
	focus fyne.Focusable
}

// newFormLine makes a line. The note, like that it is needed, stands below the name; what is
// given below stands under where it is filled in.
func newFormLine(label, note, help string, input fyne.CanvasObject, below ...fyne.CanvasObject) *formLine {
	l := &formLine{fault: newText(theme.SizeNameText, colorBad).set("")}
	l.focus, _ = input.(fyne.Focusable)
	// The whole line is to be seen, with what is wrong with it.
	switch in := input.(type) {
	case *formEntry:
		in.onFocus = l.revealing(in.onFocus)
	case *pick:
		in.onFocus = l.revealing(in.onFocus)
	case *check:
		in.onFocus = l.revealing(in.onFocus)
	}
	l.row = container.New(beside{gap: 6}, container.New(inset{0, 1}, newIcon(iconWarning, colorBad, 15)), l.fault)
	l.row.Hide()
	name := container.New(column{gap: 1},
		newText(theme.SizeNameText, theme.ColorNameForeground).set(label),
		newText(theme.SizeNameCaptionText, colorMuted).set(note),
	)
	right := container.New(column{gap: 4}, input)
	right.Objects = append(right.Objects, below...)
	right.Add(l.row)
	right.Add(newText(theme.SizeNameCaptionText, colorMuted).set(help))
	left := container.New(column{gap: 0}, newGap(6), name)
	l.root = container.New(beside{gap: 18}, container.New(fixedWidth(labelWidth), left), right)
	return l
}

func (l *formLine) revealing(reveal func(fyne.CanvasObject)) func(fyne.CanvasObject) {
	return func(fyne.CanvasObject) { reveal(l.root) }
}

// fail shows what is wrong, or nothing.
func (l *formLine) fail(problem string) {
	l.fault.set(problem)
	l.row.Hidden = problem == ""
}

// fixedWidth gives its object a width whatever it wants; its height follows.
type fixedWidth float32

func (f fixedWidth) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Resize(fyne.NewSize(float32(f), size.Height))
}

func (f fixedWidth) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(float32(f), objects[0].MinSize().Height)
}
