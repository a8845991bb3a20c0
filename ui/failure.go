package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/assets"
	"countersign/core/i18n"
)

// ShowFailure opens a window that says, in one sentence, why the desk cannot be opened: who
// starts a program from a menu sees no standard error. Closing it ends the program. It is
// called before the program runs, on the goroutine that draws.
func ShowFailure(a fyne.App, look Look, lang i18n.Language, err error) fyne.Window {
	lang = spoken(lang)
	a.Settings().SetTheme(Theme(look))
	w := a.NewWindow(programName)
	w.SetIcon(fyne.NewStaticResource("countersign.png", assets.Icon()))
	quit := newButton(lang.Say("window.quit"), "", widget.HighImportance, func(*fyne.KeyEvent) {}, w.Close)
	body := container.New(column{gap: 14},
		newBoldText(theme.SizeNameSubHeadingText, theme.ColorNameForeground).set(lang.Say("window.no_desk")),
		newText(theme.SizeNameText, theme.ColorNameForeground).set(sentence(err.Error())),
		container.NewBorder(nil, nil, nil, quit),
	)
	body.Resize(fyne.NewSize(modalWidth, 1)) // words get their width before their height is asked for
	w.SetContent(container.New(inset{24, 20}, container.New(least{fyne.NewSize(modalWidth, 0)}, body)))
	w.SetFixedSize(true)
	w.Canvas().Focus(quit)
	w.Show()
	return w
}
