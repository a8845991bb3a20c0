package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// entry makes a field of the page for text; of one line unless lines is more.
func (s *sheet) entry(text, placeholder string, lines int, onEnter func()) *field {
	e := newField(s.pass)
	e.onEnter, e.onFocus = onEnter, s.reveal
	if lines > 1 {
		e.MultiLine, e.Wrapping = true, fyne.TextWrapWord
		e.SetMinRowsVisible(lines)
	}
	e.Text, e.PlaceHolder = text, placeholder
	return e
}

// pick makes a field of the page with options; chosen is told of their number.
func (s *sheet) pick(options []string, now int, chosen func(int)) *pick {
	c := newPick(s.pass, chosen)
	c.onFocus, c.Options = s.reveal, options
	if now >= 0 && now < len(options) {
		c.Selected = options[now]
	}
	return c
}

// check makes a field of the page to tick.
func (s *sheet) check(label string, now bool, changed func(bool)) *check {
	c := newCheck(s.pass, changed)
	c.onFocus, c.Text, c.Checked = s.reveal, label, now
	return c
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
	case *field:
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
