package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// NewField makes a field of the page for text; of one line unless lines is more.
func (s *Sheet) NewField(text, placeholder string, lines int, onEnter func()) *Field {
	e := NewField(s.Pass)
	e.OnEnter, e.OnFocus = onEnter, s.Reveal
	if lines > 1 {
		e.MultiLine, e.Wrapping = true, fyne.TextWrapWord
		e.SetMinRowsVisible(lines)
	}
	e.Text, e.PlaceHolder = text, placeholder
	return e
}

// NewSelect makes a field of the page with options; chosen is told of their number.
func (s *Sheet) NewSelect(options []string, now int, chosen func(int)) *Select {
	c := NewSelect(s.Pass, chosen)
	c.onFocus, c.Options = s.Reveal, options
	if now >= 0 && now < len(options) {
		c.Selected = options[now]
	}
	return c
}

// NewCheck makes a field of the page to tick.
func (s *Sheet) NewCheck(label string, now bool, changed func(bool)) *Check {
	c := NewCheck(s.Pass, changed)
	c.onFocus, c.Text, c.Checked = s.Reveal, label, now
	return c
}

// LabelWidth is how wide the names at the left of a form are.
const LabelWidth = 168

// FormLine is one setting of a form: its name at the left, where it is filled in at the
// right, and below that what it is for and what is wrong with it.
type FormLine struct {
	fault *Text
	row   *fyne.Container // of the fault
	Root  *fyne.Container
	Focus fyne.Focusable
}

// NewFormLine makes a line. The note, like that it is needed, stands below the name; what is
// given below stands under where it is filled in.
func NewFormLine(label, note, help string, input fyne.CanvasObject, below ...fyne.CanvasObject) *FormLine {
	l := &FormLine{fault: NewText(theme.SizeNameText, ColorBad).Set("")}
	l.Focus, _ = input.(fyne.Focusable)
	// The whole line is to be seen, with what is wrong with it.
	switch in := input.(type) {
	case *Field:
		in.OnFocus = l.revealing(in.OnFocus)
	case *Select:
		in.onFocus = l.revealing(in.onFocus)
	case *Check:
		in.onFocus = l.revealing(in.onFocus)
	}
	l.row = container.New(Row{Gap: 6}, container.New(Padding(0, 1), NewIcon(IconWarning, ColorBad, 15)), l.fault)
	l.row.Hide()
	name := container.New(Column(1),
		NewText(theme.SizeNameText, theme.ColorNameForeground).Set(label),
		NewText(theme.SizeNameCaptionText, ColorMuted).Set(note),
	)
	right := container.New(Column(4), input)
	right.Objects = append(right.Objects, below...)
	right.Add(l.row)
	right.Add(NewText(theme.SizeNameCaptionText, ColorMuted).Set(help))
	left := container.New(Column(0), NewGap(6), name)
	l.Root = container.New(Row{Gap: 18}, container.New(FixedWidth(LabelWidth), left), right)
	return l
}

func (l *FormLine) revealing(reveal func(fyne.CanvasObject)) func(fyne.CanvasObject) {
	return func(fyne.CanvasObject) { reveal(l.Root) }
}

// Fail shows what is wrong, or nothing.
func (l *FormLine) Fail(problem string) {
	l.fault.Set(problem)
	l.row.Hidden = problem == ""
}
