package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// NewSection returns content below a separator and a small heading.
func NewSection(title string, content fyne.CanvasObject) fyne.CanvasObject {
	heading := NewBoldText(theme.SizeNameCaptionText, ColorMuted).Set(title)
	return container.New(Column(8), widget.NewSeparator(), heading, content)
}
