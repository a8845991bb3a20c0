package ui

import (
	"context"
	"strings"

	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// askEdit asks for another title, reference and due date.
func (w *Window) askEdit(m detailModel) {
	title := w.newLine("", m.title)
	reference := w.newLine("", m.reference)
	due := newDueField(w.lang, w.onKey, w.explain, w.opts.Now, w.arrangeModal)
	due.set(m.due)
	hint := newText(theme.SizeNameCaptionText, colorMuted).set(w.lang.Say("request.edit_hint"))
	save := func() {
		name := strings.TrimSpace(title.Text)
		if name == "" {
			hint.set(w.lang.Say("request.edit_no_title")).setColor(theme.ColorNameError)
			focusOn(title)
			return
		}
		day, ok := due.day()
		if !ok {
			due.fail()
			return
		}
		w.closeModal()
		w.start(m.id, w.lang.Say("request.editing"), func(ctx context.Context) error {
			_, err := w.desk.Edit(ctx, m.id, name, strings.TrimSpace(reference.Text), day)
			return err
		})
	}
	title.onEnter, reference.onEnter, due.entry.onEnter = save, save, save
	cancel := newButton(w.lang.Say("add.cancel"), "", widget.MediumImportance, w.onKey, w.closeModal)
	yes := newButton(w.lang.Say("request.edit_yes"), "", widget.HighImportance, w.onKey, save)
	w.openModal(w.lang.Say("request.edit_title"), container.New(column{gap: 10},
		named(w.lang.Say("request.edit_name"), title),
		named(w.lang.Say("request.edit_reference"), reference),
		named(w.lang.Say("request.edit_due"), due.root),
		hint,
	), title, cancel, yes)
}
