package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/i18n"
)

// Modals shows questions and sheets over a window, one at a time, and words beside what is under the mouse. Escape
// answers a question with no.
type Modals struct {
	lang     i18n.Language
	canvas   fyne.Canvas
	dispatch func(func())
	pass     KeyHandler
	help     func()
	tips     *tips // over the window; every question has its own
	current  *Modal
}

// NewModals returns the questions of a canvas. Dispatch brings a function from another goroutine to the one that draws.
// Pass hears the keys that the parts of a question have no use for; whoever is told of them asks [Modals.TypedKey]
// first. Help opens what F1 does on a sheet.
func NewModals(lang i18n.Language, canvas fyne.Canvas, dispatch func(func()), pass func(*fyne.KeyEvent), help func()) *Modals {
	return &Modals{lang: lang, canvas: canvas, dispatch: dispatch, pass: pass, help: help, tips: newTips(dispatch)}
}

// Modal is a question or a sheet over a window.
type Modal struct {
	popup    *widget.PopUp
	tips     *tips
	escape   func()     // what Escape does; nil closes it
	OnKey    KeyHandler // hears every key that no part of it has a use for; may be nil
	OnClosed func()     // is called when it was closed; may be nil
}

// ModalWidth is how wide a question is, without its margins.
const ModalWidth = 460

// Layer is what lies over the window's content, for words beside what is under the mouse.
func (m *Modals) Layer() fyne.CanvasObject { return m.tips }

// Explain is the [Explainer] of the window and of the question that is open.
func (m *Modals) Explain(o fyne.CanvasObject, words string, from fyne.Position, height float32) {
	layer := m.tips
	if m.current != nil {
		layer = m.current.tips
	}
	layer.explain(o, words, from, height)
}

// IsOpen reports whether a question or a sheet is open.
func (m *Modals) IsOpen() bool { return m.current != nil }

// Shows reports whether a question is the one that is open.
func (m *Modals) Shows(q *Modal) bool { return q != nil && m.current == q }

// Size returns the size of the window.
func (m *Modals) Size() fyne.Size { return m.canvas.Size() }

// NoOverlay reports whether nothing at all lies over the window: no question, no menu and no dialog for files.
func (m *Modals) NoOverlay() bool { return m.canvas.Overlays().Top() == nil }

// Focus gives the keyboard to a part of the window or of the question.
func (m *Modals) Focus(o fyne.Focusable) { m.canvas.Focus(o) }

// Focused returns what has the keyboard; nil when nothing has.
func (m *Modals) Focused() fyne.Focusable { return m.canvas.Focused() }

// TypedKey does what a key does to the question that is open. It reports whether one is.
func (m *Modals) TypedKey(key *fyne.KeyEvent) bool {
	q := m.current
	if q == nil {
		return false
	}
	switch {
	case q.OnKey != nil:
		q.OnKey(key)
	case key.Name != fyne.KeyEscape:
	case q.escape != nil:
		q.escape()
	default:
		m.Close()
	}
	return true
}

// NewLine returns a field for a line of text, with the cursor behind its content.
func (m *Modals) NewLine(placeHolder, content string) *Field {
	e := NewField(m.pass)
	e.PlaceHolder, e.Text = placeHolder, content
	e.CursorColumn = len([]rune(content))
	return e
}

// Show shows content without a title or buttons, in the place of what is open.
func (m *Modals) Show(content fyne.CanvasObject) *Modal {
	q := &Modal{tips: newTips(m.dispatch)}
	q.popup = widget.NewModalPopUp(container.NewStack(content, q.tips), m.canvas)
	m.current = q
	q.popup.Show()
	return q
}

// Open shows content with a title and gives the keyboard to focus. While another question is open, it does nothing.
func (m *Modals) Open(title string, content fyne.CanvasObject, focus fyne.Focusable, buttons ...fyne.CanvasObject) {
	m.OpenWide(ModalWidth, title, content, focus, buttons...)
}

// OpenWide is [Modals.Open] with a width.
func (m *Modals) OpenWide(width float32, title string, content fyne.CanvasObject, focus fyne.Focusable, buttons ...fyne.CanvasObject) {
	if m.current != nil {
		return
	}
	size := theme.SizeNameSubHeadingText
	if width > ModalWidth {
		size = theme.SizeNameHeadingText
	}
	heading := NewBoldText(size, theme.ColorNameForeground).Set(title)
	row := container.New(layout.NewCustomPaddedHBoxLayout(8), buttons...)
	body := container.New(Column(14), heading, content, container.NewBorder(nil, nil, nil, row))
	body.Resize(fyne.NewSize(width, 1)) // words get their width before their height is asked for
	m.Show(container.New(Padding(14, 12), container.New(MinSize(width, 0), body)))
	m.canvas.Focus(focus)
}

// Arrange lays the open question out again after the height of something in it changed.
func (m *Modals) Arrange() {
	if m.current != nil {
		m.current.popup.Content.Refresh()
		m.current.Fit()
	}
}

// Fit gives the question the size it needs, in the middle of the window.
func (q *Modal) Fit() {
	size, room := q.popup.MinSize(), q.popup.Canvas.Size()
	q.popup.Resize(size)
	q.popup.Move(fyne.NewPos((room.Width-size.Width)/2, (room.Height-size.Height)/2))
	q.popup.Refresh()
}

// Close takes the open question away and gives the keyboard back. Without one it does nothing.
func (m *Modals) Close() {
	q := m.current
	if q == nil {
		return
	}
	m.current = nil
	q.popup.Hide()
	if q.OnClosed != nil {
		q.OnClosed()
	}
}

// Confirm asks before something is done.
func (m *Modals) Confirm(title, question, yes string, do func()) {
	text := NewText(theme.SizeNameText, theme.ColorNameForeground).Set(question)
	ok := NewButton(yes, "", widget.HighImportance, m.pass, func() {
		m.Close()
		do()
	})
	no := NewButton(m.lang.Say("withdraw.no"), "", widget.MediumImportance, m.pass, m.Close)
	m.Open(title, text, ok, no, ok)
}

// AskLine asks for a line of text, which begins as text. Hint stands in the empty line. Without mayBeEmpty, an empty
// line is not taken.
func (m *Modals) AskLine(title string, question fyne.CanvasObject, text, hint, yes string, mayBeEmpty bool, do func(string)) {
	line := m.NewLine(hint, text)
	line.OnEnter = func() {
		if line.Text != "" || mayBeEmpty {
			m.Close()
			do(line.Text)
		}
	}
	ok := NewButton(yes, "", widget.HighImportance, m.pass, line.OnEnter)
	no := NewButton(m.lang.Say("add.cancel"), "", widget.MediumImportance, m.pass, m.Close)
	m.Open(title, container.New(Column(8), question, line), line, no, ok)
	line.TypedShortcut(&fyne.ShortcutSelectAll{}) // so that typing takes the place of what is offered
}
