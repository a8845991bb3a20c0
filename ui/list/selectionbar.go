package list

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/i18n"
	"countersign/ui/kit"
	"countersign/ui/status"
)

// selectionBar shows how many requests are selected and the actions for them. It is visible while something is selected
// or a job on the selection is under way.
type selectionBar struct {
	lang    i18n.Language
	count   *kit.Text
	buttons *fyne.Container
	stop    *kit.Button
	clear   *kit.Button
	root    *fyne.Container
}

func newSelectionBar(lang i18n.Language, pass kit.KeyHandler, explain kit.Explainer, do func(status.Action), clearAll, stop func()) *selectionBar {
	b := &selectionBar{lang: lang, count: kit.NewBoldText(theme.SizeNameText, theme.ColorNameForeground)}
	b.stop = kit.NewButton(lang.Say("act.stop"), kit.IconStop, widget.MediumImportance, pass, stop)
	b.clear = kit.NewIconButton(lang, lang.Say("list.clear"), lang.Say("help.escape_keys"), kit.IconClose, pass, explain, clearAll)
	b.buttons = container.New(kit.NewFlow(6),
		kit.NewButton(lang.Say("list.sign_all"), kit.IconPen, widget.HighImportance, pass, func() { do(status.Sign) }),
		kit.NewButton(lang.Say("act.check"), "", widget.MediumImportance, pass, func() { do(status.Check) }),
		kit.NewButton(lang.Say("export.button"), "", widget.MediumImportance, pass, func() { do(status.Export) }),
		kit.NewButton(lang.Say("act.withdraw"), "", widget.MediumImportance, pass, func() { do(status.Withdraw) }),
		kit.NewButton(lang.Say("review.accept"), "", widget.MediumImportance, pass, func() { do(status.Accept) }),
		kit.NewButton(lang.Say("review.return"), "", widget.MediumImportance, pass, func() { do(status.SendBack) }),
		kit.NewButton(lang.Say("act.archive"), "", widget.MediumImportance, pass, func() { do(status.Archive) }),
	)
	back := kit.NewBackground(theme.ColorNameHeaderBackground)
	back.Radius = 8
	b.stop.Hide()
	b.root = container.New(kit.Padding(10, 4), container.NewStack(back, container.New(kit.Padding(10, 8), container.New(kit.Column(4),
		container.New(kit.Row{Center: true}, kit.NewGap(0), b.count, container.NewHBox(b.stop, b.clear)), b.buttons))))
	b.root.Hide()
	return b
}

// show shows the number of selected requests and the actions, or the progress of a job if it is not empty.
func (b *selectionBar) show(s *selection, progress string) {
	switch {
	case progress != "":
		b.count.Set(progress)
		b.buttons.Hide()
		b.clear.Hide()
		b.stop.Show()
	case s.truncated:
		b.count.Set(b.lang.Say("list.first_selected", b.lang.Number(len(s.ids))))
	default:
		b.count.Set(b.lang.Count("list.selected", len(s.ids)))
	}
	if progress == "" {
		b.buttons.Show()
		b.clear.Show()
		b.stop.Hide()
	}
	if len(s.ids) == 0 && progress == "" {
		b.root.Hide()
	} else {
		b.root.Show()
	}
}
