package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/i18n"
)

// Modals shows questions and sheets over a window, one at a time, and the tips of the window and of what is open.
// Escape closes a question without an answer.
type Modals struct {
	lang     i18n.Language
	canvas   fyne.Canvas
	dispatch func(func())
	pass     KeyHandler
	help     func()
	tips     *tips // of the window; every question has its own
	current  *Modal
}

// NewModals returns the modals of a canvas. The function dispatch has to run its argument on the drawing goroutine, and
// is called from any goroutine. The function pass is called with the keys that no part of a question handles; it should
// call [Modals.TypedKey] first. The function help is called by F1 on a sheet.
func NewModals(lang i18n.Language, canvas fyne.Canvas, dispatch func(func()), pass func(*fyne.KeyEvent), help func()) *Modals {
	return &Modals{lang: lang, canvas: canvas, dispatch: dispatch, pass: pass, help: help, tips: newTips(dispatch)}
}

// Modal is a question or a sheet that is or was open over the window.
type Modal struct {
	popup    *widget.PopUp
	tips     *tips
	entered  entered
	held     *[]rune    // letters that were typed while the next page is read; nil when none is
	below    *Modal     // the modal that it was opened over; nil for none
	asks     bool       // it asks whether what was entered may be lost
	escape   func()     // called by Escape; nil to close the modal
	OnKey    KeyHandler // called with the keys that no part of it handles, Escape included; may be nil
	OnClosed func()     // called after it was closed; may be nil
}

// ModalWidth is the width of the content of a question, without its margins.
const ModalWidth = 460

// Layer returns the object that draws the tips of the window. It must lie over the window's content.
func (m *Modals) Layer() fyne.CanvasObject { return m.tips }

// Explain is the [Explainer] of the window or, while a question is open, of that question.
func (m *Modals) Explain(o fyne.CanvasObject, text string, from fyne.Position, height float32) {
	m.topTips().explain(o, text, from, height)
}

// topTips returns the tips of the modal that is open or, while none is, of the window.
func (m *Modals) topTips() *tips {
	if m.current != nil {
		return m.current.tips
	}
	return m.tips
}

// IsOpen reports whether a question or a sheet is open.
func (m *Modals) IsOpen() bool { return m.current != nil }

// Shows reports whether q is the modal that is open, also while a question about it lies over it. It returns false if q is nil.
func (m *Modals) Shows(q *Modal) bool {
	return q != nil && m.current != nil && (m.current == q || m.current.below == q)
}

// Size returns the size of the window's canvas.
func (m *Modals) Size() fyne.Size { return m.canvas.Size() }

// NoOverlay reports whether nothing lies over the window: no question, no menu and no file dialog.
func (m *Modals) NoOverlay() bool { return m.canvas.Overlays().Top() == nil }

// Focus moves the keyboard focus to a widget of the window or of the question.
func (m *Modals) Focus(o fyne.Focusable) { m.canvas.Focus(o) }

// Focused returns the focused widget; nil when there is none.
func (m *Modals) Focused() fyne.Focusable { return m.canvas.Focused() }

// TypedKey handles a key for the modal that is open, and reports whether one is open.
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
		m.Dismiss()
	}
	return true
}

// TypedRune handles a letter that no widget takes. It is kept while a page of the open sheet is being read.
func (m *Modals) TypedRune(r rune) {
	if !letterUsed() && m.current != nil && m.current.held != nil && len(*m.current.held) < maxHeld {
		*m.current.held = append(*m.current.held, r)
	}
}

// NewLine returns a field of one line with the cursor at the end of its content.
func (m *Modals) NewLine(placeHolder, content string) *Field {
	e := NewField(m.pass)
	e.PlaceHolder, e.Text = placeHolder, content
	e.CursorColumn = len([]rune(content))
	return e
}

// Show opens a modal with content alone: no title and no buttons. If another modal is open, the new one takes its place,
// and OnClosed of the other is not called. The tip of what lies below goes.
func (m *Modals) Show(content fyne.CanvasObject) *Modal {
	m.topTips().clear()
	q := &Modal{tips: newTips(m.dispatch)}
	q.popup = widget.NewModalPopUp(container.NewStack(content, q.tips), m.canvas)
	m.current = q
	q.popup.Show()
	return q
}

// Open shows a question with a title, content and a row of buttons. The widget focus gets the keyboard focus. Open does
// nothing while another modal is open.
func (m *Modals) Open(title string, content fyne.CanvasObject, focus fyne.Focusable, buttons ...fyne.CanvasObject) {
	m.OpenWide(ModalWidth, title, content, focus, buttons...)
}

// OpenWide is [Modals.Open] with a width other than [ModalWidth]. It returns the modal; nil while another one is open.
func (m *Modals) OpenWide(width float32, title string, content fyne.CanvasObject, focus fyne.Focusable, buttons ...fyne.CanvasObject) *Modal {
	if m.current != nil {
		return nil
	}
	size := theme.SizeNameSubHeadingText
	if width > ModalWidth {
		size = theme.SizeNameHeadingText
	}
	heading := NewBoldText(size, theme.ColorNameForeground).Set(title)
	row := container.New(layout.NewCustomPaddedHBoxLayout(8), buttons...)
	body := container.New(Column(14), heading, content, container.NewBorder(nil, nil, nil, row))
	body.Resize(fyne.NewSize(width, 1)) // text that wraps needs its width before its height is read
	q := m.Show(container.New(Padding(14, 12), container.New(MinSize(width, 0), body)))
	q.entered = enteredIn(content)
	m.canvas.Focus(focus)
	return q
}

// Arrange lays out the open modal again. Call it after the height of something in it has changed.
func (m *Modals) Arrange() {
	if m.current != nil {
		m.current.popup.Content.Refresh()
		m.current.Fit()
	}
}

// Fit resizes the modal to its minimum size and centers it in the window.
func (q *Modal) Fit() {
	size, room := q.popup.MinSize(), q.popup.Canvas.Size()
	q.popup.Resize(size)
	q.popup.Move(fyne.NewPos((room.Width-size.Width)/2, (room.Height-size.Height)/2))
	q.popup.Refresh()
}

// Close closes the open modal and calls its OnClosed. It does nothing when none is open. See [Modals.Dismiss].
func (m *Modals) Close() {
	if m.current != nil && m.current.asks {
		m.back()
	}
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

// Confirm asks whether something may be removed. The button with the label yes calls the function do; the other one only closes the
// question. Confirm does nothing while another modal is open.
func (m *Modals) Confirm(title, question, yes string, do func()) {
	text := NewText(theme.SizeNameText, theme.ColorNameForeground).Set(question)
	ok := NewButton(yes, "", widget.DangerImportance, m.pass, func() {
		m.Close()
		do()
	})
	no := NewButton(m.lang.Say("withdraw.no"), "", widget.MediumImportance, m.pass, m.Close)
	m.Open(title, text, ok, no, ok)
}

// AskLine asks for one line of text. The field first holds text, selected, so that typing replaces it; hint is its
// placeholder, yes the label of the button that confirms, and importance its look. The function do is called with the line that was confirmed;
// an empty line cannot be confirmed unless mayBeEmpty is true. A line with a problem cannot be confirmed either: what the
// function problem returns for it is shown under the field. AskLine does nothing while another modal is open.
func (m *Modals) AskLine(title string, question fyne.CanvasObject, text, hint, yes string, importance widget.Importance, mayBeEmpty bool, problem func(string) string, do func(string)) {
	line := m.NewLine(hint, text)
	wrong := m.NewProblem()
	line.OnEnter = func() {
		if (line.Text != "" || mayBeEmpty) && !wrong.Shows(problem(line.Text)) {
			m.Close()
			do(line.Text)
		}
	}
	ok := NewButton(yes, "", importance, m.pass, line.OnEnter)
	no := NewButton(m.lang.Say("add.cancel"), "", widget.MediumImportance, m.pass, m.Dismiss)
	m.Open(title, container.New(Column(8), question, line, wrong.Text), line, no, ok)
	line.TypedShortcut(&fyne.ShortcutSelectAll{}) // so that typing replaces the text
}

// Problem is a text in a modal that says why what was typed cannot be used. It is hidden while there is no problem.
type Problem struct {
	*Text
	modals *Modals
}

// NewProblem returns a hidden problem.
func (m *Modals) NewProblem() Problem {
	p := Problem{NewText(theme.SizeNameCaptionText, theme.ColorNameError), m}
	p.Hide()
	return p
}

// Shows shows a problem, or hides the earlier one for an empty text. It reports whether there is a problem.
func (p Problem) Shows(text string) bool {
	p.Set(text)
	p.Hidden = text == ""
	p.modals.Arrange()
	return text != ""
}
