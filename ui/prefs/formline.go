package prefs

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"countersign/ui/kit"
)

// labelWidth is how wide the names at the left of a form are.
const labelWidth = 168

// formLine is one setting of a form: its name at the left, where it is filled in at the
// right, and below that what it is for and what is wrong with it.
type formLine struct {
	fault *kit.Text
	row   *fyne.Container // of the fault
	root  *fyne.Container
	focus fyne.Focusable
}

// newFormLine makes a line. The note, like that it is needed, stands below the name; what is
// given below stands under where it is filled in.
func newFormLine(label, note, help string, input fyne.CanvasObject, below ...fyne.CanvasObject) *formLine {
	l := &formLine{fault: kit.NewText(theme.SizeNameText, kit.ColorBad).Set("")}
	l.focus, _ = input.(fyne.Focusable)
	// The whole line is to be seen, with what is wrong with it.
	switch in := input.(type) {
	case *kit.Field:
		in.OnFocus = l.revealing(in.OnFocus)
	case *kit.Select:
		in.OnFocus = l.revealing(in.OnFocus)
	case *kit.Check:
		in.OnFocus = l.revealing(in.OnFocus)
	}
	l.row = container.New(kit.Row{Gap: 6}, container.New(kit.Padding(0, 1), kit.NewIcon(kit.IconWarning, kit.ColorBad, 15)), l.fault)
	l.row.Hide()
	name := container.New(kit.Column(1),
		kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(label),
		kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted).Set(note),
	)
	right := container.New(kit.Column(4), input)
	right.Objects = append(right.Objects, below...)
	right.Add(l.row)
	right.Add(kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted).Set(help))
	left := container.New(kit.Column(0), kit.NewGap(6), name)
	l.root = container.New(kit.Row{Gap: 18}, container.New(kit.FixedWidth(labelWidth), left), right)
	return l
}

func (l *formLine) revealing(reveal func(fyne.CanvasObject)) func(fyne.CanvasObject) {
	return func(fyne.CanvasObject) { reveal(l.root) }
}

// fail shows what is wrong, or nothing.
func (l *formLine) fail(problem string) {
	l.fault.Set(problem)
	l.row.Hidden = problem == ""
}
