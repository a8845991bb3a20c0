package prefs

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"countersign/ui/kit"
)

// labelWidth is the width of the labels at the left of a form.
const labelWidth = 168

// formLine is one setting of a form: its label at the left, and at the right its widget, with the error and the
// help text below it.
type formLine struct {
	fault *kit.Text
	row   *fyne.Container // holds the fault; hidden without one
	root  *fyne.Container
	focus fyne.Focusable
	right *fyne.Container // the widget, and what is below it; the help text is the last
}

// newFormLine returns a line. The note stands below the label; the objects in below stand between the widget and
// the error.
func newFormLine(label, note, help string, input fyne.CanvasObject, below ...fyne.CanvasObject) *formLine {
	l := &formLine{fault: kit.NewText(theme.SizeNameText, kit.ColorBad).Set("")}
	l.focus, _ = input.(fyne.Focusable)
	// The whole line scrolls into view, with its error.
	switch w := input.(type) {
	case *kit.Field:
		w.OnFocus = l.revealing(w.OnFocus)
	case *kit.Select:
		w.OnFocus = l.revealing(w.OnFocus)
	case *kit.Check:
		w.OnFocus = l.revealing(w.OnFocus)
	}
	l.row = container.New(kit.Row{Gap: 6}, container.New(kit.Padding(0, 1), kit.NewIcon(kit.IconWarning, kit.ColorBad, 15)), l.fault)
	l.row.Hide()
	name := container.New(kit.Column(1),
		kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(label),
		kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted).Set(note),
	)
	l.right = container.New(kit.Column(4), input)
	l.right.Objects = append(l.right.Objects, below...)
	l.right.Add(l.row)
	l.right.Add(kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted).Set(help))
	left := container.New(kit.Column(0), kit.NewGap(6), name)
	l.root = container.New(kit.Row{Gap: 18}, container.New(kit.FixedWidth(labelWidth), left), l.right)
	return l
}

// revealing returns a function that calls the function reveal with the whole line, instead of the widget that it is
// called with.
func (l *formLine) revealing(reveal func(fyne.CanvasObject)) func(fyne.CanvasObject) {
	return func(fyne.CanvasObject) { reveal(l.root) }
}

// fail shows an error below the widget. An empty text removes the error.
func (l *formLine) fail(problem string) {
	l.fault.Set(problem)
	l.row.Hidden = problem == ""
}

// lock disables the widget, and what it can be filled in with, and shows the reason in place of the help text.
func (l *formLine) lock(reason string) {
	disable(l.right)
	l.right.Objects[len(l.right.Objects)-1] = newCaption(kit.IconLock, kit.ColorMuted, reason)
}

// disable disables all widgets in a container.
func disable(o fyne.CanvasObject) {
	switch o := o.(type) {
	case fyne.Disableable:
		o.Disable()
	case *fyne.Container:
		for _, inner := range o.Objects {
			disable(inner)
		}
	}
}
