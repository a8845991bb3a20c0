package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// EmptyState stands where a list would be while the list is empty: why it is empty, and what to do first. Put Root into
// a layout.
type EmptyState struct {
	icon        *canvas.Image
	title, text *Text
	Below       *fyne.Container // buttons; see ShowBelow
	Root        *fyne.Container
}

// NewEmptyState returns an empty state. The parameter top is the distance of its icon from the upper edge.
func NewEmptyState(top float32) *EmptyState {
	e := &EmptyState{
		icon:  NewIcon(IconDrop, ColorMuted, 40),
		title: NewBoldText(theme.SizeNameSubHeadingText, theme.ColorNameForeground),
		text:  NewText(theme.SizeNameText, ColorMuted),
	}
	e.Below = container.NewHBox()
	e.Below.Hide()
	e.Root = container.New(Padding(26, top), container.New(Column(10), container.New(Padding(-5, 0), container.NewHBox(e.icon)), e.title, e.text, e.Below))
	return e
}

// Set changes the icon, its color, the title and the text.
func (e *EmptyState) Set(i Icon, color fyne.ThemeColorName, title, text string) {
	SetIcon(e.icon, i, color)
	e.title.Set(title)
	e.text.Set(text)
}

// ShowBelow shows the buttons in Below, if there are any, or hides them.
func (e *EmptyState) ShowBelow(on bool) { SetHidden(e.Below, !on || len(e.Below.Objects) == 0) }
