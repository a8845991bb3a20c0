package compose

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/request"
	"countersign/ui/kit"
)

const (
	entryHeight = 42
	entryName   = 36 // left edge of the name
	boxSize     = 17 // size of the check box
	entrySide   = 10
	entryGap    = 12
)

// entryRow draws an entry. A tap on its check box toggles the entry, a tap elsewhere makes it the current one.
type entryRow struct {
	widget.BaseWidget
	entry           entry
	chosen, focused bool
	hovered         bool
	onTapped        func(onBox bool)
}

func newEntryRow() *entryRow {
	r := &entryRow{}
	r.ExtendBaseWidget(r)
	return r
}

func (r *entryRow) set(e entry, chosen, focused bool) {
	if r.entry == e && r.chosen == chosen && r.focused == focused {
		return
	}
	r.entry, r.chosen, r.focused = e, chosen, focused
	r.Refresh()
}

func (r *entryRow) Tapped(e *fyne.PointEvent) { r.onTapped(e.Position.X < entryName) }

func (r *entryRow) MouseIn(*desktop.MouseEvent) { r.hovered = true; r.Refresh() }

func (r *entryRow) MouseMoved(*desktop.MouseEvent) {}

func (r *entryRow) MouseOut() { r.hovered = false; r.Refresh() }

func (r *entryRow) CreateRenderer() fyne.WidgetRenderer {
	of := &entryRenderer{
		row: r, ring: canvas.NewRectangle(nil), ground: canvas.NewRectangle(nil), box: kit.NewIcon(kit.IconBox, kit.ColorMuted, boxSize),
		name: canvas.NewText("", nil), under: canvas.NewText("", nil), badge: kit.NewBadgeWidget(kit.Badge{}),
	}
	of.objects = []fyne.CanvasObject{of.ring, of.ground, of.box, of.name, of.under, of.badge}
	of.Refresh()
	return of
}

type entryRenderer struct {
	row          *entryRow
	ring, ground *canvas.Rectangle
	box          *canvas.Image
	name, under  *canvas.Text
	badge        *kit.BadgeWidget
	objects      []fyne.CanvasObject
}

func (r *entryRenderer) Destroy()                     {}
func (r *entryRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *entryRenderer) MinSize() fyne.Size           { return fyne.NewSize(200, entryHeight) }

func (r *entryRenderer) Layout(size fyne.Size) {
	e, th := r.row.entry, r.row.Theme()
	r.ring.Resize(size)
	r.ground.Move(fyne.NewSquareOffsetPos(kit.RingWidth))
	r.ground.Resize(size.SubtractWidthHeight(2*kit.RingWidth, 2*kit.RingWidth))
	r.box.Resize(fyne.NewSquareSize(boxSize))
	r.box.Move(fyne.NewPos(entrySide, (size.Height-boxSize)/2))
	right := size.Width - entrySide
	if !r.badge.Hidden {
		badge := r.badge.MinSize()
		r.badge.Resize(badge)
		r.badge.Move(fyne.NewPos(right-badge.Width, (size.Height-badge.Height)/2))
		right -= badge.Width + entryGap
	}
	width := max(right-entryName, 0)
	r.name.Text = kit.FitText(request.ShowHidden(e.name), width, th.Size(theme.SizeNameText), r.name.TextStyle)
	says := kit.Joined(e.facts, e.folder)
	if e.bad {
		says = e.explanation
	}
	r.under.Text = kit.FitText(says, width, th.Size(theme.SizeNameCaptionText), r.under.TextStyle)
	name, under := r.name.MinSize(), r.under.MinSize()
	top := (size.Height - name.Height - under.Height) / 2
	if says == "" {
		top = (size.Height - name.Height) / 2
	}
	r.name.Resize(name)
	r.name.Move(fyne.NewPos(entryName, top))
	r.under.Resize(under)
	r.under.Move(fyne.NewPos(entryName, top+name.Height))
}

func (r *entryRenderer) Refresh() {
	row, th := r.row, r.row.Theme()
	e := row.entry
	back := fyne.ThemeColorName("")
	switch {
	case row.chosen:
		back = kit.ColorRowChosen
	case row.hovered:
		back = theme.ColorNameHover
	}
	r.ground.Hidden = back == ""
	if back != "" {
		r.ground.FillColor = kit.ColorOf(row, back)
	}
	r.ground.CornerRadius = th.Size(theme.SizeNameSelectionRadius)
	r.ring.Hidden = !row.chosen || !row.focused
	r.ring.FillColor, r.ring.CornerRadius = kit.ColorOf(row, theme.ColorNamePrimary), r.ground.CornerRadius
	switch {
	case e.bad:
		kit.SetIcon(r.box, kit.IconClose, kit.ColorMuted)
	case e.wanted:
		kit.SetIcon(r.box, kit.IconTicked, theme.ColorNamePrimary)
	default:
		kit.SetIcon(r.box, kit.IconBox, kit.ColorMuted)
	}
	ink := theme.ColorNameForeground
	if !e.included() {
		ink = kit.ColorMuted
	}
	r.name.Color, r.name.TextSize, r.name.TextStyle.Bold = kit.ColorOf(row, ink), th.Size(theme.SizeNameText), true
	r.under.Color, r.under.TextSize = kit.ColorOf(row, kit.ColorMuted), th.Size(theme.SizeNameCaptionText)
	r.badge.Hidden = e.badge.Label == ""
	r.badge.Set(e.badge)
	r.Layout(row.Size())
	canvas.Refresh(row)
}
