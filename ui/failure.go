package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/assets"
	"countersign/core/i18n"
	"countersign/ui/kit"
)

// ShowFailure opens a window that says, in one sentence, why the desk cannot be opened: who
// starts a program from a menu sees no standard error. Closing it ends the program. It is
// called before the program runs, on the goroutine that draws.
func ShowFailure(a fyne.App, look kit.Look, lang i18n.Language, err error) fyne.Window {
	lang = spoken(lang)
	a.Settings().SetTheme(kit.Theme(look))
	w := a.NewWindow(programName)
	w.SetIcon(fyne.NewStaticResource("countersign.png", assets.Icon()))
	quit := kit.NewButton(lang.Say("window.quit"), "", widget.HighImportance, func(*fyne.KeyEvent) {}, w.Close)
	body := container.New(kit.Column(14),
		kit.NewBoldText(theme.SizeNameSubHeadingText, theme.ColorNameForeground).Set(lang.Say("window.no_desk")),
		kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(kit.Sentence(err.Error())),
		container.NewBorder(nil, nil, nil, quit),
	)
	body.Resize(fyne.NewSize(kit.ModalWidth, 1)) // words get their width before their height is asked for
	w.SetContent(container.New(kit.Padding(24, 20), container.New(kit.MinSize(kit.ModalWidth, 0), body)))
	w.SetFixedSize(true)
	w.Canvas().Focus(quit)
	w.Show()
	return w
}
