package kit

import (
	"fyne.io/fyne/v2"
)

// NewField makes a field of the page for text; of one line unless lines is more.
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

// NewSelect makes a field of the page with options; chosen is told of their number.
func (s *Sheet) NewSelect(options []string, now int, chosen func(int)) *Select {
	c := NewSelect(s.Pass, chosen)
	c.OnFocus, c.Options = s.Reveal, options
	if now >= 0 && now < len(options) {
		c.Selected = options[now]
	}
	return c
}

// NewCheck makes a field of the page to tick.
func (s *Sheet) NewCheck(label string, now bool, changed func(bool)) *Check {
	c := NewCheck(s.Pass, changed)
	c.OnFocus, c.Text, c.Checked = s.Reveal, label, now
	return c
}
