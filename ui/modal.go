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
	tips   *tips
	escape func() // what Escape does, if it does not close it
	closed func() // told when it is closed; may be nil
}

const (
	modalWidth = 460
	helpWidth  = 900 // of the list of shortcuts, which has two columns
)

// newModal makes a question of its content, which is not shown yet.
func (w *Window) newModal(content fyne.CanvasObject) *modal {
	m := &modal{tips: newTips(w.bg.show)}
	m.popup = widget.NewModalPopUp(container.NewStack(content, m.tips), w.window.Canvas())
	return m
}

// openModal shows content with a title and gives the keyboard to focus.
func (w *Window) openModal(title string, content fyne.CanvasObject, focus fyne.Focusable, buttons ...fyne.CanvasObject) {
	w.openModalOf(modalWidth, title, content, focus, buttons...)
}

func (w *Window) openModalOf(width float32, title string, content fyne.CanvasObject, focus fyne.Focusable, buttons ...fyne.CanvasObject) {
	if w.modal != nil {
		return
	}
	heading := newBoldText(theme.SizeNameSubHeadingText, theme.ColorNameForeground).set(title)
	row := container.NewHBox(buttons...)
	body := container.New(column{gap: 14}, heading, content, container.NewBorder(nil, nil, nil, row))
	body.Resize(fyne.NewSize(width, 1)) // words get their width before their height is asked for
	framed := container.New(inset{14, 12}, container.New(least{fyne.NewSize(width, 0)}, body))
	w.modal = w.newModal(framed)
	w.modal.popup.Show()
	w.window.Canvas().Focus(focus)
}

// arrangeModal lays the open question out again after the height of something in it changed.
func (w *Window) arrangeModal() {
	if w.modal != nil {
		w.modal.popup.Content.Refresh()
		w.modal.popup.Resize(w.modal.popup.MinSize())
	}
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
	all := shortcuts(w.lang)
	half := (len(all) + 1) / 2
	halves := container.NewGridWithColumns(2)
	for _, some := range [][]shortcut{all[:half], all[half:]} {
		list := container.New(column{gap: 5})
		for _, s := range some {
			keys := newText(theme.SizeNameText, theme.ColorNameForeground)
			keys.style.Monospace = true
			keys.set(s.keys)
			list.Add(container.New(beside{gap: 16, center: true}, container.New(least{fyne.NewSize(150, 0)}, keys), newText(theme.SizeNameText, theme.ColorNameForeground).set(s.does)))
		}
		halves.Add(container.New(inset{8, 0}, list))
	}
	ok := newButton(w.lang.Say("help.close"), "", widget.HighImportance, w.onKey, w.closeModal)
	w.openModalOf(helpWidth, w.lang.Say("help.title"), halves, ok, ok)
}
