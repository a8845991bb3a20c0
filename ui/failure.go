package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/assets"
	"countersign/core/explain"
	"countersign/core/i18n"
	"countersign/ui/kit"
)

// ShowFailure opens a window that explains in one sentence why the desk cannot be opened, for people who start the
// program from a menu and see no standard error. Closing the window ends the program. ShowFailure must be called
// on the drawing goroutine, before the program runs.
func ShowFailure(a fyne.App, look kit.Look, lang i18n.Language, err error) fyne.Window {
	lang = languageOrSystem(lang)
	a.Settings().SetTheme(kit.Theme(look))
	w := a.NewWindow(programName)
	w.SetIcon(fyne.NewStaticResource("countersign.png", assets.Icon()))
	quit := kit.NewButton(lang.Say("window.quit"), "", widget.HighImportance, func(*fyne.KeyEvent) {}, w.Close)
	body := container.New(kit.Column(14),
		kit.NewBoldText(theme.SizeNameSubHeadingText, theme.ColorNameForeground).Set(lang.Say("window.no_desk")),
		kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(kit.Sentence(explain.Error(lang, err))),
		container.NewBorder(nil, nil, nil, quit),
	)
	body.Resize(fyne.NewSize(kit.ModalWidth, 1)) // a text needs its width before it knows its height
	w.SetContent(container.New(kit.Padding(24, 20), container.New(kit.MinSize(kit.ModalWidth, 0), body)))
	w.SetFixedSize(true)
	w.Canvas().Focus(quit)
	w.Show()
	return w
}
