package ui

import (
	"context"
	"strings"
	"time"

	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// askEdit asks for another title, reference and due date.
func (w *Window) askEdit(m detailModel) {
	title := w.newLine("", m.title)
	reference := w.newLine("", m.reference)
	due := w.newLine(w.lang.Say("request.edit_date"), m.due)
	hint := newText(theme.SizeNameCaptionText, colorMuted).set(w.lang.Say("request.edit_hint"))
	save := func() {
		name, day := strings.TrimSpace(title.Text), strings.TrimSpace(due.Text)
		if problem := w.whyNot(name, day); problem != "" {
			hint.set(problem).setColor(theme.ColorNameError)
			return
		}
		w.closeModal()
		w.start(m.id, w.lang.Say("request.editing"), func(ctx context.Context) error {
			_, err := w.desk.Edit(ctx, m.id, name, strings.TrimSpace(reference.Text), day)
			return err
		})
	}
	title.onEnter, reference.onEnter, due.onEnter = save, save, save
	cancel := newButton(w.lang.Say("add.cancel"), "", widget.MediumImportance, w.onKey, w.closeModal)
	yes := newButton(w.lang.Say("request.edit_yes"), "", widget.HighImportance, w.onKey, save)
	w.openModal(w.lang.Say("request.edit_title"), container.New(column{gap: 10},
		named(w.lang.Say("request.edit_name"), title),
		named(w.lang.Say("request.edit_reference"), reference),
		named(w.lang.Say("request.edit_due"), due),
		hint,
	), title, cancel, yes)
}

// whyNot tells why a request cannot be called so.
func (w *Window) whyNot(title, due string) string {
	if title == "" {
		return w.lang.Say("request.edit_no_title")
	}
	if _, err := time.Parse(time.DateOnly, due); due != "" && err != nil {
		return w.lang.Say("request.edit_no_date", due)
	}
	return ""
}
