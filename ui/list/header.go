package list

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/i18n"
	"countersign/core/settings"
	"countersign/ui/kit"
)

const (
	headerHeight  = 28
	edgeGrabWidth = 6  // distance from an edge at which the mouse can drag it
	widenStep     = 12 // the change of a column's width by one key
)

// header shows the names of the columns. A tap on a name sorts by it, and the edges between the names can be dragged.
// It is focused as a whole; the arrow keys move from name to name. When the list has no columns, it shows the current
// order.
type header struct {
	widget.BaseWidget
	lang          i18n.Language
	columns       *columnLayout
	sort          settings.Sort
	focusedColumn int // index of a visible column
	focused       bool
	draggedEdge   int     // index of the edge that is being dragged; -1 for none
	mouseX        float32 // -1 after the mouse has left
	pass          kit.KeyHandler

	onSort    func(StoredName)
	onArrange func() // called when the layout of the columns changed
	onMenu    func() // opens the menu of sort orders
}

func newHeader(lang i18n.Language, columns *columnLayout, pass kit.KeyHandler) *header {
	h := &header{lang: lang, columns: columns, draggedEdge: -1, sort: defaultSort, pass: pass}
	h.ExtendBaseWidget(h)
	return h
}

// Resize computes the columns anew when the width changes.
func (h *header) Resize(size fyne.Size) {
	if size.Width != h.columns.width {
		h.columns.arrange(size.Width)
		h.onArrange()
	}
	h.BaseWidget.Resize(size)
}

// edgeAt returns the index of the visible column whose right edge is near x; -1 if no edge is.
func (h *header) edgeAt(x float32) int {
	for i := range max(len(h.columns.cells)-1, 0) {
		c := h.columns.cells[i]
		if end := c.x + c.width + columnGap/2; x > end-edgeGrabWidth && x < end+edgeGrabWidth {
			return i
		}
	}
	return -1
}

func (h *header) Tapped(e *fyne.PointEvent) {
	if !h.columns.hasColumns() {
		h.onMenu()
		return
	}
	for _, c := range h.columns.cells {
		if e.Position.X >= c.x-columnGap/2 && e.Position.X < c.x+c.width+columnGap/2 {
			h.onSort(c.name)
		}
	}
}

func (h *header) Dragged(e *fyne.DragEvent) {
	if h.draggedEdge < 0 {
		if h.draggedEdge = h.edgeAt(e.Position.X - e.Dragged.DX); h.draggedEdge < 0 {
			return
		}
	}
	h.columns.resize(h.draggedEdge, e.Dragged.DX)
	h.onArrange()
}

func (h *header) DragEnd() { h.draggedEdge = -1 }

func (h *header) MouseIn(e *desktop.MouseEvent) { h.mouseX = e.Position.X }

func (h *header) MouseMoved(e *desktop.MouseEvent) { h.mouseX = e.Position.X }

func (h *header) MouseOut() { h.mouseX = -1 }

func (h *header) Cursor() desktop.Cursor {
	if h.draggedEdge >= 0 || h.edgeAt(h.mouseX) >= 0 {
		return desktop.HResizeCursor
	}
	return desktop.DefaultCursor
}

func (h *header) FocusGained() { h.focused = true; h.Refresh() }

func (h *header) FocusLost() { h.focused = false; h.Refresh() }

func (h *header) TypedRune(r rune) {
	kit.DropLetter()
	switch r {
	case '+':
		h.columns.widen(h.focusedColumn, widenStep)
	case '-':
		h.columns.widen(h.focusedColumn, -widenStep)
	default:
		return
	}
	h.onArrange()
}

func (h *header) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeyLeft:
		h.focusedColumn = max(h.focusedColumn-1, 0)
		h.Refresh()
	case fyne.KeyRight:
		h.focusedColumn = max(min(h.focusedColumn+1, len(h.columns.cells)-1), 0)
		h.Refresh()
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		if h.focusedColumn < len(h.columns.cells) {
			h.onSort(h.columns.cells[h.focusedColumn].name)
		} else {
			h.onMenu()
		}
	default:
		h.pass(key)
	}
}

func (h *header) CreateRenderer() fyne.WidgetRenderer {
	r := &headerRenderer{header: h, ring: canvas.NewRectangle(nil), background: canvas.NewRectangle(nil), arrow: kit.NewIcon(kit.IconDown, kit.ColorMuted, 11)}
	for range h.columns.specs {
		r.names = append(r.names, canvas.NewText("", nil))
		r.edges = append(r.edges, canvas.NewRectangle(nil))
	}
	r.objects = []fyne.CanvasObject{r.ring, r.background, r.arrow}
	for i := range r.names {
		r.objects = append(r.objects, r.names[i], r.edges[i])
	}
	r.Refresh()
	return r
}

type headerRenderer struct {
	header           *header
	ring, background *canvas.Rectangle // the ring around the focused name, and the surface inside it
	arrow            *canvas.Image
	names            []*canvas.Text
	edges            []*canvas.Rectangle
	objects          []fyne.CanvasObject
}

func (r *headerRenderer) Destroy()                     {}
func (r *headerRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *headerRenderer) MinSize() fyne.Size           { return fyne.NewSize(200, headerHeight) }

func (r *headerRenderer) Refresh() {
	r.Layout(r.header.Size())
	canvas.Refresh(r.header)
}

// headings returns the headings to draw and their positions. When the list has no columns, this is the current order
// alone.
func (r *headerRenderer) headings() []cell {
	h := r.header
	if h.columns.hasColumns() {
		return h.columns.cells
	}
	for _, c := range h.columns.specs {
		if string(c.name) == h.sort.Column {
			c.heading = h.lang.Say("list.sorted", c.heading)
			return []cell{{c, rowPadding, h.columns.width - rowPadding - rightMargin}}
		}
	}
	return nil
}

func (r *headerRenderer) Layout(size fyne.Size) {
	h, th := r.header, r.header.Theme()
	h.focusedColumn = max(min(h.focusedColumn, len(h.columns.cells)-1), 0)
	cells := r.headings()
	r.arrow.Hidden, r.ring.Hidden, r.background.Hidden = true, true, true
	for i, name := range r.names {
		name.Hidden, r.edges[i].Hidden = i >= len(cells), i+1 >= len(cells)
		if i >= len(cells) {
			continue
		}
		c := cells[i]
		sorted := string(c.name) == h.sort.Column
		name.TextSize, name.TextStyle.Bold, name.Color = th.Size(theme.SizeNameCaptionText), sorted, kit.ColorOf(h, kit.ColorMuted)
		room := c.width
		if sorted {
			room -= 16
			name.Color = kit.ColorOf(h, theme.ColorNameForeground)
		}
		name.Text = kit.FitText(c.heading, room, name.TextSize, name.TextStyle)
		nameSize := name.MinSize()
		name.Resize(nameSize)
		name.Move(fyne.NewPos(c.x, (size.Height-nameSize.Height)/2))
		r.edges[i].FillColor = kit.ColorOf(h, theme.ColorNameSeparator)
		r.edges[i].Resize(fyne.NewSize(1, size.Height-14))
		r.edges[i].Move(fyne.NewPos(c.x+c.width+columnGap/2, 7))
		if sorted {
			arrow := kit.IconUp
			if h.sort.Descending {
				arrow = kit.IconDown
			}
			r.arrow.Hidden = false
			kit.SetIcon(r.arrow, arrow, theme.ColorNameForeground)
			r.arrow.Resize(fyne.NewSquareSize(11))
			r.arrow.Move(fyne.NewPos(c.x+nameSize.Width+4, (size.Height-11)/2))
		}
		if h.focused && i == h.focusedColumn {
			r.ring.Hidden, r.background.Hidden = false, false
			r.ring.FillColor, r.background.FillColor = kit.ColorOf(h, theme.ColorNamePrimary), kit.ColorOf(h, kit.ColorSurface)
			r.ring.CornerRadius, r.background.CornerRadius = 5, 4
			r.ring.Move(fyne.NewPos(c.x-columnGap/2+1, 2))
			r.ring.Resize(fyne.NewSize(c.width+columnGap-2, size.Height-4))
			r.background.Move(r.ring.Position().AddXY(kit.RingWidth, kit.RingWidth))
			r.background.Resize(r.ring.Size().SubtractWidthHeight(2*kit.RingWidth, 2*kit.RingWidth))
		}
	}
}
