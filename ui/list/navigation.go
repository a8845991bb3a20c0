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
		if len(p.selection.ids) == 0 && p.place != place {
			if m, ok := p.pages.at(p.place); ok && m.id == p.chosen {
				p.selection.toggle(m.id)
			}
		}
		p.toggleSelected(place)
	default:
		p.clearSelected()
		p.selection.anchor = place
	}
	if m, ok := p.pages.at(place); ok {
		p.pick(place, m)
	}
}

func (p *Pane) pick(i int, m rowModel) {
	p.place, p.wanted = i, -1
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
	if m, ok := p.pages.at(0); ok {
		p.list.ScrollTo(0)
		p.pick(0, m)
		p.Focus()
	}
}

// Focus gives the list the keyboard.
func (p *Pane) Focus() { kit.Focus(p.list) }

// TypedKey hears a key, wherever it was typed.
func (p *Pane) TypedKey(key *fyne.KeyEvent) { p.onListKey(key, false) }

func (p *Pane) onListKey(key *fyne.KeyEvent, shift bool) {
	page := max(int(p.list.Size().Height/p.pitch())-1, 1)
	to := p.place
	switch key.Name {
	case fyne.KeyDown:
		to = p.next(+1)
	case fyne.KeyUp:
		to = p.next(-1)
	case fyne.KeyPageDown:
		to += page
	case fyne.KeyPageUp:
		to -= page
	case fyne.KeyHome:
		to = 0
	case fyne.KeyEnd:
		to = p.pages.length() - 1
	case fyne.KeySpace:
		p.toggleSelected(p.place)
		return
	case fyne.KeyReturn, fyne.KeyEnter:
		p.host.Entered()
		return
	default:
		p.pass(key)
		return
	}
	if to = min(max(to, 0), p.pages.length()-1); to < 0 {
		return
	}
	if shift {
		p.selectTo(to)
	} else {
		p.selection.anchor = -1
	}
	p.move(to)
}

// next is the place to go to from the chosen row. When that row has left the list, the
// one that moved up into its place is next.
func (p *Pane) next(step int) int {
	if m, ok := p.pages.at(p.place); ok && m.id != p.chosen && step > 0 {
		return p.place
	}
	return p.place + step
}

// Step goes some rows on, or back.
func (p *Pane) Step(by int) {
	if to := min(max(p.next(by), 0), p.pages.length()-1); to >= 0 {
		p.selection.anchor = -1
		p.move(to)
	}
}

// Skip goes on from a request that is about to leave the list.
func (p *Pane) Skip(id request.ID) {
	at, ok := p.pages.find(id)
	switch {
	case !ok:
	case at+1 < p.pages.length():
		p.move(at + 1)
	case at > 0:
		p.move(at - 1)
	}
}

// move chooses the row at a place. One that is not here yet is chosen when it is.
func (p *Pane) move(to int) {
	p.place, p.wanted = to, to
	p.list.ScrollTo(to)
	if m, ok := p.pages.at(to); ok {
		p.pick(to, m)
	}
}
