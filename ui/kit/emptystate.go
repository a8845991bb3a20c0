package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// EmptyState says what to do first where there is nothing to list.
type EmptyState struct {
	icon        *canvas.Image
	title, text *Text
	Below       *fyne.Container // what can be done
	Root        *fyne.Container
}

// NewEmptyState makes one that begins at a height.
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

// Set shows an icon in a color, a title and a text.
func (e *EmptyState) Set(i Icon, color fyne.ThemeColorName, title, text string) {
	SetIcon(e.icon, i, color)
	e.title.Set(title)
	e.text.Set(text)
}

// ShowBelow shows what can be done, or hides it.
func (e *EmptyState) ShowBelow(on bool) { SetHidden(e.Below, !on || len(e.Below.Objects) == 0) }
