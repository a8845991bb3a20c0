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
	actions map[status.Action]*kit.Button
	stop    *kit.Button
	more    *kit.Button // opens the menu with all actions
	clear   *kit.Button
	root    *fyne.Container
}

// barActions are the actions with a button. The menu of the selection has all; a small window has no room for so many buttons.
var barActions = []status.Action{status.Sign, status.Check, status.Export, status.Accept, status.SendBack, status.Withdraw}

func newSelectionBar(lang i18n.Language, pass kit.KeyHandler, explain kit.Explainer, do func(status.Action), more, clearAll, stop func()) *selectionBar {
	b := &selectionBar{lang: lang, count: kit.NewBoldText(theme.SizeNameText, theme.ColorNameForeground)}
	b.stop = kit.NewButton(lang.Say("act.stop"), kit.IconStop, widget.MediumImportance, pass, stop)
	b.more = kit.NewButton(lang.Say("list.more"), "", widget.LowImportance, pass, more)
	b.clear = kit.NewIconButton(lang, lang.Say("list.clear"), lang.Say("help.escape_keys"), kit.IconClose, pass, explain, clearAll)
	b.buttons, b.actions = container.New(kit.NewFlow(6)), map[status.Action]*kit.Button{}
	for _, a := range barActions {
		b.actions[a] = kit.NewButton(a.Label(lang), "", widget.MediumImportance, pass, func() { do(a) })
		b.buttons.Add(b.actions[a])
	}
	back := kit.NewBackground(theme.ColorNameHeaderBackground)
	back.Radius = 8
	b.stop.Hide()
	b.root = container.New(kit.Padding(10, 4), container.NewStack(back, container.New(kit.Padding(10, 8), container.New(kit.Column(4),
		container.New(kit.Row{Center: true}, kit.NewGap(0), b.count, container.NewHBox(b.stop, b.more, b.clear)), b.buttons))))
	b.root.Hide()
	return b
}

// show shows the number of selected requests and the actions, or the progress of a job if it is not empty. The function count
// returns on how many of the requests an action is carried out; while that is not known, a negative number.
func (b *selectionBar) show(s *selection, count func(status.Action) int, progress string) {
	switch {
	case progress != "":
		b.count.Set(progress)
	case s.truncated:
		b.count.Set(b.lang.Say("list.first_selected", b.lang.Number(len(s.ids))))
	default:
		b.count.Set(b.lang.Count("list.selected", len(s.ids)))
	}
	for a, button := range b.actions {
		if n := count(a); n >= 0 { // until then the button keeps the number that it had
			b.showAction(button, a, n, len(s.ids))
		}
	}
	kit.SetHidden(b.buttons, progress != "")
	kit.SetHidden(b.clear, progress != "")
	kit.SetHidden(b.more, progress != "" || len(s.ids) < 2) // one request has the menu of its row
	kit.SetHidden(b.stop, progress == "")
	kit.SetHidden(b.root, len(s.ids) == 0 && progress == "")
}

// showAction shows on how many of the selected requests an action is carried out. A rare action that is possible for none has no
// button.
func (b *selectionBar) showAction(button *kit.Button, a status.Action, n, selected int) {
	label, icon, importance := a.ManyLabel(b.lang, n, selected), kit.Icon(""), widget.MediumImportance
	if a == status.Sign {
		icon = kit.IconPen
		if n > 0 {
			importance = widget.HighImportance
		}
	}
	button.SetLabel(label, icon, importance)
	kit.SetHidden(button, n == 0 && a.IsRare())
	if n == 0 && !button.Disabled() {
		button.Disable()
	} else if n > 0 && button.Disabled() {
		button.Enable()
	}
}
