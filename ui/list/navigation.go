package list

import (
	"fyne.io/fyne/v2"

	"countersign/core/request"
	"countersign/ui/kit"
	"countersign/ui/status"
)

// onTapped chooses the row that was tapped. With Shift it selects all rows up to it; with Ctrl (Cmd on a Mac) it adds
// the row to the selection, or removes it.
func (p *Pane) onTapped(index int, modifiers fyne.KeyModifier) {
	p.Focus()
	switch {
	case modifiers&fyne.KeyModifierShift != 0:
		p.selectTo(index)
	case modifiers&fyne.KeyModifierShortcutDefault != 0:
		if len(p.selection.ids) == 0 && p.chosenIndex != index {
			if m, ok := p.rows.at(p.chosenIndex); ok && m.id == p.chosen {
				p.selection.toggle(m.id)
			}
		}
		p.toggleSelected(index)
	default:
		p.clearSelected()
		p.selection.anchor = index
	}
	if m, ok := p.rows.at(index); ok {
		p.chooseRow(index, m)
		if modifiers == 0 {
			p.host.Tapped()
			if p.doubleTap.IsSecond(string(m.id)) {
				p.host.DoubleTapped(m.possible)
			}
		}
	}
}

// onMenu opens the menu of the row at an index. The row is chosen, and nothing else is selected any more, unless the row is one of
// several selected rows: then the menu is about all of them.
func (p *Pane) onMenu(index int, at fyne.Position) {
	m, ok := p.rows.at(index)
	if !ok {
		return
	}
	p.Focus()
	if !p.isOneOfMany(m.id) {
		p.clearSelected()
		p.selection.anchor = index
		p.chooseRow(index, m)
	}
	p.host.Menu(m.possible, at)
}

// isOneOfMany reports whether a request is selected together with others.
func (p *Pane) isOneOfMany(id request.ID) bool {
	return len(p.selection.ids) > 1 && p.selection.contains[id]
}

// OpenMenu opens the menu of the selection, if several requests are selected, or else of the chosen row, below that row. It
// does nothing if no row is chosen.
func (p *Pane) OpenMenu() {
	m, ok := p.rows.at(p.chosenIndex)
	if !ok || m.id != p.chosen || !p.list.Visible() {
		return
	}
	p.list.ScrollTo(p.chosenIndex)
	if len(p.selection.ids) < 2 {
		p.clearSelected()
	}
	y := float32(p.chosenIndex)*p.rowPitch() - p.list.GetScrollOffset() + p.columns.height()
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(p.list)
	p.host.Menu(m.possible, at.AddXY(rowPadding, min(y, p.list.Size().Height)))
}

// openSelectionMenu opens the menu of several selected requests below the button that says so.
func (p *Pane) openSelectionMenu() {
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(p.bar.more)
	p.host.Menu(status.Possible{}, at.AddXY(0, p.bar.more.Size().Height))
}

func (p *Pane) chooseRow(i int, m rowModel) {
	p.chosenIndex, p.pendingIndex = i, -1
	if p.chosen == m.id {
		return
	}
	p.chosen, p.leftOut = m.id, ""
	p.list.Refresh()
	p.host.Chosen(m.id)
}

func (p *Pane) onFocus(has bool) {
	p.focused = has
	p.list.Refresh()
}

// enterList moves the focus from the search field to the first row that is found.
func (p *Pane) enterList() {
	p.WhenListed(func() {
		if m, ok := p.rows.at(0); ok {
			p.list.ScrollTo(0)
			p.chooseRow(0, m)
			p.Focus()
		}
	})
}

// Focus moves the keyboard focus to the list. While there are no rows, nothing has the focus, and keys go to the window; the
// list gets it with its first row.
func (p *Pane) Focus() {
	if p.list.Visible() {
		kit.Focus(p.list)
		return
	}
	p.modals.Focus(nil)
}

// TypedKey handles a key as if it had been typed in the list.
func (p *Pane) TypedKey(key *fyne.KeyEvent) { p.onListKey(key, false) }

func (p *Pane) onListKey(key *fyne.KeyEvent, shift bool) {
	if kit.OpensMenu(key, shift) {
		p.OpenMenu()
		return
	}
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

// nextIndex returns the index that is step rows below the chosen row; it may be out of range. If the chosen request has
// left the list and step is positive, it returns the old index, where the row that followed is now.
func (p *Pane) nextIndex(step int) int {
	if m, ok := p.rows.at(p.chosenIndex); ok && m.id != p.chosen && step > 0 {
		return p.chosenIndex
	}
	return p.chosenIndex + step
}

// MoveBy chooses another row: it moves down from the chosen row by as many rows as the parameter by says, or up if that is
// negative. It stops at the first and at the last row.
func (p *Pane) MoveBy(by int) {
	if to := min(max(p.nextIndex(by), 0), p.rows.length()-1); to >= 0 {
		p.selection.anchor = -1
		p.moveTo(to)
	}
}

// MoveOff chooses the row after a request that is about to leave the list, or the one before if it is the last.
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

// moveTo chooses the row at an index and scrolls to it. A row that is not loaded yet is chosen as soon as it is.
func (p *Pane) moveTo(to int) {
	p.chosenIndex, p.pendingIndex = to, to
	p.list.ScrollTo(to)
	if m, ok := p.rows.at(to); ok {
		p.chooseRow(to, m)
	}
}
