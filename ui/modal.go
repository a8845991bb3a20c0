package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// modal is a question over the window. One is open at a time; Escape answers it with no.
type modal struct {
	popup  *widget.PopUp
	escape func() // what Escape does, if it does not close it
	closed func() // told when it is closed; may be nil
}

const modalWidth = 460

// openModal shows content with a title and gives the keyboard to focus.
func (w *Window) openModal(title string, content fyne.CanvasObject, focus fyne.Focusable, buttons ...fyne.CanvasObject) {
	if w.modal != nil {
		return
	}
	heading := newBoldText(theme.SizeNameSubHeadingText, theme.ColorNameForeground).set(title)
	row := container.NewHBox(buttons...)
	body := container.New(column{gap: 14}, heading, content, container.NewBorder(nil, nil, nil, row))
	body.Resize(fyne.NewSize(modalWidth, 1)) // words get their width before their height is asked for
	framed := container.New(inset{14, 12}, container.New(least{fyne.NewSize(modalWidth, 0)}, body))
	w.modal = &modal{popup: widget.NewModalPopUp(framed, w.window.Canvas())}
	w.modal.popup.Show()
	w.window.Canvas().Focus(focus)
}

// closeModal takes the open question away and gives the keyboard back.
func (w *Window) closeModal() {
	m := w.modal
	if m == nil {
		return
	}
	w.modal = nil
	m.popup.Hide()
	if m.closed != nil {
		m.closed()
	}
}

// confirm asks before something is done.
func (w *Window) confirm(title, question, yes string, do func()) {
	text := newText(theme.SizeNameText, theme.ColorNameForeground).set(question)
	ok := newButton(yes, "", widget.HighImportance, w.onKey, func() {
		w.closeModal()
		do()
	})
	no := newButton(w.lang.Say("withdraw.no"), "", widget.MediumImportance, w.onKey, w.closeModal)
	w.openModal(title, text, ok, no, ok)
}

// onHelp lists the shortcuts.
func (w *Window) onHelp() {
	list := container.New(column{gap: 5})
	for _, s := range shortcuts(w.lang) {
		keys := newText(theme.SizeNameText, theme.ColorNameForeground)
		keys.style.Monospace = true
		keys.set(s.keys)
		list.Add(container.New(beside{gap: 16, center: true}, container.New(least{fyne.NewSize(150, 0)}, keys), newText(theme.SizeNameText, theme.ColorNameForeground).set(s.does)))
	}
	ok := newButton(w.lang.Say("help.close"), "", widget.HighImportance, w.onKey, w.closeModal)
	w.openModal(w.lang.Say("help.title"), list, ok, ok)
}
