package ui

import (
	"context"
	"strings"

	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/input"
	"countersign/ui/days"
	"countersign/ui/detail"
	"countersign/ui/kit"
)

// askEdit asks for a new title, reference and due date of a request, and changes the request once the person confirms them.
func (w *Window) askEdit(m detail.Model) {
	title := w.modals.NewLine("", m.Title)
	reference := w.modals.NewLine("", m.Reference)
	due := days.NewDue(w.lang, w.onKey, w.modals.Explain, w.opts.Now, w.modals.Arrange)
	due.Set(m.Due)
	hint := kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted).Set(w.lang.Say("request.edit_hint"))
	save := func() {
		name := strings.TrimSpace(title.Text)
		if name == "" {
			hint.Set(w.lang.Say("request.edit_no_title")).SetColor(theme.ColorNameError)
			kit.Focus(title)
			return
		}
		for _, typed := range []struct {
			kind       input.Typed
			field      *kit.Field
			text, kept string
		}{{input.Title, title, name, m.Title}, {input.Reference, reference, strings.TrimSpace(reference.Text), m.Reference}} {
			if problem := w.problemOf(typed.kind)(typed.text); problem != "" && typed.text != typed.kept {
				hint.Set(problem).SetColor(theme.ColorNameError)
				w.modals.Arrange()
				kit.Focus(typed.field)
				return
			}
		}
		day, ok := due.Day()
		if !ok {
			due.Fail()
			return
		}
		w.modals.Close()
		w.start(m.ID, w.lang.Say("request.editing"), func(ctx context.Context) error {
			_, err := w.desk.Edit(ctx, m.ID, name, strings.TrimSpace(reference.Text), day)
			return err
		})
	}
	title.OnEnter, reference.OnEnter, due.Entry.OnEnter = save, save, save
	cancel := kit.NewButton(w.lang.Say("add.cancel"), "", widget.MediumImportance, w.onKey, w.modals.Dismiss)
	yes := kit.NewButton(w.lang.Say("request.edit_yes"), "", widget.HighImportance, w.onKey, save)
	w.modals.Open(w.lang.Say("request.edit_title"), container.New(kit.Column(10),
		kit.NewLabeled(w.lang.Say("request.edit_name"), title),
		kit.NewLabeled(w.lang.Say("request.edit_reference"), reference),
		kit.NewLabeled(w.lang.Say("request.edit_due"), due.Root),
		hint,
	), title, cancel, yes)
}
