package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
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
	keysWidth  = 150 // of the keys in it
	keysGap    = 5   // between them
)

// newModal makes a question of its content, which is not shown yet.
func (w *Window) newModal(content fyne.CanvasObject) *modal {
	m := &modal{tips: newTips(w.bg.Show)}
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
	size := theme.SizeNameSubHeadingText
	if width > modalWidth {
		size = theme.SizeNameHeadingText
	}
	heading := newBoldText(size, theme.ColorNameForeground).set(title)
	row := container.New(layout.NewCustomPaddedHBoxLayout(8), buttons...)
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
		w.modal.fit()
	}
}

// fit gives a question the size it needs, in the middle of the window.
func (m *modal) fit() {
	size, room := m.popup.MinSize(), m.popup.Canvas.Size()
	m.popup.Resize(size)
	m.popup.Move(fyne.NewPos((room.Width-size.Width)/2, (room.Height-size.Height)/2))
	m.popup.Refresh()
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

// halved parts lines of a width into two columns, the first as much higher than the second as the
// lines demand and no more.
func halved(lines []fyne.CanvasObject, gap, width float32) [2][]fyne.CanvasObject {
	whole := float32(0)
	for _, l := range lines {
		l.Resize(fyne.NewSize(width, 1)) // words get their width before their height is asked for
		whole += l.MinSize().Height + gap
	}
	at, height := 0, float32(0)
	for at < len(lines) && height < whole/2 {
		height += lines[at].MinSize().Height + gap
		at++
	}
	return [2][]fyne.CanvasObject{lines[:at], lines[at:]}
}

// onHelp lists the shortcuts.
func (w *Window) onHelp() {
	width := min(helpWidth, w.window.Canvas().Size().Width-60)
	halves := container.New(layout.NewGridLayoutWithColumns(2), container.New(column{gap: keysGap}), container.New(column{gap: keysGap}))
	var lines []fyne.CanvasObject
	for _, s := range shortcuts(w.lang) {
		keys := newText(theme.SizeNameCaptionText, colorMuted)
		keys.style.Monospace = true
		keys.set(s.keys)
		// The keys are smaller than the words, and stand on the line of the first of them.
		left := container.New(least{fyne.NewSize(keysWidth, 0)}, container.New(inset{0, 2}, keys))
		lines = append(lines, container.New(beside{gap: 16}, left, newText(theme.SizeNameText, theme.ColorNameForeground).set(s.does)))
	}
	for i, part := range halved(lines, keysGap, (width-theme.Padding())/2) {
		halves.Objects[i].(*fyne.Container).Objects = part
	}
	ok := newButton(w.lang.Say("help.close"), "", widget.HighImportance, w.onKey, w.closeModal)
	// In a low window they scroll, with the arrow keys too.
	halves.Resize(fyne.NewSize(width, 1))
	scroll := container.NewVScroll(halves)
	const outside = 150
	box := container.New(&tall{height: halves.MinSize().Height, most: func() float32 { return w.window.Canvas().Size().Height - outside }}, scroll)
	ok.pass = func(key *fyne.KeyEvent) {
		switch key.Name {
		case fyne.KeyDown, fyne.KeyPageDown:
			scrollTo(scroll, scroll.Offset.Y+60)
		case fyne.KeyUp, fyne.KeyPageUp:
			scrollTo(scroll, scroll.Offset.Y-60)
		default:
			w.onKey(key)
		}
	}
	w.openModalOf(width, w.lang.Say("help.title"), box, ok, ok)
}
