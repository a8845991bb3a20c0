package kit

import (
	"fyne.io/fyne/v2"
)

// NewField returns a field for this sheet, with that many lines. OnEnter may be nil; a field of several lines does not
// call it.
func (s *Sheet) NewField(text, placeholder string, lines int, onEnter func()) *Field {
	e := NewField(s.Pass)
	e.OnEnter, e.OnFocus = onEnter, s.Reveal
	if lines > 1 {
		e.MultiLine, e.Wrapping = true, fyne.TextWrapWord
		e.SetMinRowsVisible(lines)
	}
	e.Text, e.PlaceHolder = text, placeholder
	return e
}

// NewSelect returns a select for this sheet. The parameter now is the index of the chosen option; -1 for none. The
// function chosen is called with the index of the option that a person chooses.
func (s *Sheet) NewSelect(options []string, now int, chosen func(int)) *Select {
	c := NewSelect(s.Pass, chosen)
	c.OnFocus, c.Options = s.Reveal, options
	if now >= 0 && now < len(options) {
		c.Selected = options[now]
	}
	return c
}

// NewCheck returns a checkbox for this sheet. It is checked if now is true. The function changed is called with each new
// state.
func (s *Sheet) NewCheck(label string, now bool, changed func(bool)) *Check {
	c := NewCheck(s.Pass, changed)
	c.OnFocus, c.Text, c.Checked = s.Reveal, label, now
	return c
}
