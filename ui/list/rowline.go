package list

import (
	"fyne.io/fyne/v2"

	"countersign/ui/kit"
)

// layoutLine draws one line: the title with the reference and the gateway as far as there is room, and the status. Open requests that
// are overdue or due soon have the icon of that before the status.
func (r *rowRenderer) layoutLine(size fyne.Size) {
	m := r.row.model
	x := size.Width - rowPadding - r.status.MinSize().Width
	r.putStatus(x, r.status.MinSize().Width, size)
	r.evidence.Hidden, r.dueIcon.Hidden = true, !m.open || m.due.Icon == ""
	if !r.dueIcon.Hidden {
		x -= rowIconSize + 6
		r.dueIcon.Resize(fyne.NewSquareSize(rowIconSize))
		r.dueIcon.Move(fyne.NewPos(x, (size.Height-rowIconSize)/2))
	}
	r.putOnOneLine(rowPadding, x-rowGap-rowPadding, m.subtitle, size)
}

// putStatus draws the status in the middle of the height. In a dense row it keeps off the ring around a chosen row.
func (r *rowRenderer) putStatus(x, width float32, size fyne.Size) {
	height := min(kit.BadgeHeight, size.Height-4)
	r.status.Resize(fyne.NewSize(width, height))
	r.status.Move(fyne.NewPos(x, (size.Height-height)/2))
}

// putOnOneLine draws the title, and behind it the tag of a practice request and another text as far as there is room.
func (r *rowRenderer) putOnOneLine(x, room float32, behind string, size fyne.Size) {
	m := r.row.model
	tagSize := r.tag.MinSize()
	r.tag.Hidden = m.tag == ""
	r.tag.Resize(tagSize)
	if m.tag != "" {
		room -= tagSize.Width + 6
	}
	r.title.Text = r.shorten(r.title, m.title, room)
	r.put(r.title, x, (size.Height-r.title.MinSize().Height)/2)
	used := r.title.MinSize().Width + 6
	if m.tag != "" {
		r.tag.Move(fyne.NewPos(x+used, (size.Height-tagSize.Height)/2))
		used, room = used+tagSize.Width+6, room+tagSize.Width+6
	}
	if used += rowGap - 6; behind != "" && room-used > minBehind {
		r.putIn(r.subtitle, behind, x+used, room-used, size)
	}
}

// minBehind is the least room for a text behind a title.
const minBehind = 40
