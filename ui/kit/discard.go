package kit

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// entered is what the fields of a form had in them when the form was opened or saved.
type entered struct {
	form   fyne.CanvasObject // nil for none
	texts  []string
	marked bool // the form was opened with something in it that is not saved
}

func enteredIn(form fyne.CanvasObject) entered { return entered{form: form, texts: textsIn(form)} }

// changed reports whether a person has entered something else since.
func (e entered) changed() bool { return e.marked || !slices.Equal(e.texts, textsIn(e.form)) }

// textsIn returns the texts of all fields in an object, hidden ones included.
func textsIn(o fyne.CanvasObject) []string {
	var texts []string
	switch o := o.(type) {
	case *Field:
		return []string{o.Text}
	case *container.Scroll:
		return textsIn(o.Content)
	case *fyne.Container:
		for _, child := range o.Objects {
			texts = append(texts, textsIn(child)...)
		}
	}
	return texts
}

// Fill calls the function fill, which fills fields of the modal. That does not count as something that a person entered.
func (q *Modal) Fill(fill func()) {
	changed := q.entered.changed()
	fill()
	q.entered = enteredIn(q.entered.form)
	q.entered.marked = changed
}

// HasInput reports whether something was typed into the modal that is open and is not saved.
func (m *Modals) HasInput() bool { return m.current != nil && m.current.entered.changed() }

// Dismiss closes the open modal as a person wishes who presses Escape or Cancel: if something was typed into it, it asks first.
func (m *Modals) Dismiss() { m.Leave(m.Close) }

// Leave calls the function leave at once if nothing was typed into the open modal, and else if a person says that it may be lost.
func (m *Modals) Leave(leave func()) {
	if m.HasInput() {
		m.AskDiscard(leave)
		return
	}
	leave()
}

// AskDiscard asks, over the modal that is open if there is one, whether what was entered may be lost. If so, it calls the function
// discard, and otherwise it leads back. It does nothing while it asks already.
func (m *Modals) AskDiscard(discard func()) {
	below := m.current
	if below != nil && below.asks {
		return
	}
	text := NewText(theme.SizeNameText, theme.ColorNameForeground).Set(m.lang.Say("discard.text"))
	keep := NewButton(m.lang.Say("discard.keep"), "", widget.MediumImportance, m.pass, m.back)
	lose := NewButton(m.lang.Say("discard.yes"), "", widget.DangerImportance, m.pass, func() {
		m.back()
		discard()
	})
	m.current = nil
	m.Open(m.lang.Say("discard.title"), text, keep, lose, keep)
	m.current.below, m.current.asks, m.current.escape = below, true, m.back
}

// back closes the modal that is open and leads back to the one below it.
func (m *Modals) back() {
	if q := m.current; q != nil {
		m.current = q.below
		q.popup.Hide()
	}
}
