package list

import (
	"fyne.io/fyne/v2"

	"countersign/core/request"
	"countersign/ui/kit"
)

// onTapped is called when a row was pressed: with Shift, all up to it are selected, with Ctrl it
// is selected besides the others.
func (p *Pane) onTapped(place int, with fyne.KeyModifier) {
	p.Focus()
	switch {
	case with&fyne.KeyModifierShift != 0:
		p.selectTo(place)
	case with&fyne.KeyModifierShortcutDefault != 0:
		if len(p.selection.ids) == 0 && p.chosenIndex != place {
			if m, ok := p.rows.at(p.chosenIndex); ok && m.id == p.chosen {
				p.selection.toggle(m.id)
			}
		}
		p.toggleSelected(place)
	default:
		p.clearSelected()
		p.selection.anchor = place
	}
	if m, ok := p.rows.at(place); ok {
		p.chooseRow(place, m)
	}
}

func (p *Pane) chooseRow(i int, m rowModel) {
	p.chosenIndex, p.pendingIndex = i, -1
	if p.chosen == m.id {
		return
	}
	p.chosen = m.id
	p.list.Refresh()
	p.host.Chosen(m.id)
}

func (p *Pane) onFocus(has bool) {
	p.focused = has
	p.list.Refresh()
}

// enterList brings the keyboard from the search field to the first row.
func (p *Pane) enterList() {
	if m, ok := p.rows.at(0); ok {
		p.list.ScrollTo(0)
		p.chooseRow(0, m)
		p.Focus()
	}
}

// Focus gives the list the keyboard.
func (p *Pane) Focus() { kit.Focus(p.list) }

// TypedKey hears a key, wherever it was typed.
func (p *Pane) TypedKey(key *fyne.KeyEvent) { p.onListKey(key, false) }

func (p *Pane) onListKey(key *fyne.KeyEvent, shift bool) {
	page := max(int(p.list.Size().Height/p.rowPitch())-1, 1)
	to := p.chosenIndex
	switch key.Name {
	case fyne.KeyDown:
		to = p.nextIndex(+1)
	case fyne.KeyUp:
		to = p.nextIndex(-1)
	case fyne.KeyPageDown:
		to += page
	case fyne.KeyPageUp:
		to -= page
	case fyne.KeyHome:
		to = 0
	case fyne.KeyEnd:
		to = p.rows.length() - 1
	case fyne.KeySpace:
		p.toggleSelected(p.chosenIndex)
		return
	case fyne.KeyReturn, fyne.KeyEnter:
		p.host.Entered()
		return
	default:
		p.pass(key)
		return
	}
	if to = min(max(to, 0), p.rows.length()-1); to < 0 {
		return
	}
	if shift {
		p.selectTo(to)
	} else {
		p.selection.anchor = -1
	}
	p.moveTo(to)
}

// nextIndex is the place to go to from the chosen row. When that row has left the list, the
// one that moved up into its place is nextIndex.
func (p *Pane) nextIndex(step int) int {
	if m, ok := p.rows.at(p.chosenIndex); ok && m.id != p.chosen && step > 0 {
		return p.chosenIndex
	}
	return p.chosenIndex + step
}

// MoveBy goes some rows on, or back.
func (p *Pane) MoveBy(by int) {
	if to := min(max(p.nextIndex(by), 0), p.rows.length()-1); to >= 0 {
		p.selection.anchor = -1
		p.moveTo(to)
	}
}

// MoveOff goes on from a request that is about to leave the list.
func (p *Pane) MoveOff(id request.ID) {
	at, ok := p.rows.find(id)
	switch {
	case !ok:
	case at+1 < p.rows.length():
		p.moveTo(at + 1)
	case at > 0:
		p.moveTo(at - 1)
	}
}

// moveTo chooses the row at a place. One that is not here yet is chosen when it is.
func (p *Pane) moveTo(to int) {
	p.chosenIndex, p.pendingIndex = to, to
	p.list.ScrollTo(to)
	if m, ok := p.rows.at(to); ok {
		p.chooseRow(to, m)
	}
}
