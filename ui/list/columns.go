package list

import (
	"cmp"
	"slices"

	"countersign/core/i18n"
	"countersign/core/ledger"
	"countersign/core/settings"
	"countersign/ui/status"
)

// StoredName is a name in the settings. It stays as it is when the window speaks otherwise.
type StoredName string

// The columns of the list.
const (
	columnTitle     StoredName = "title"
	columnReference StoredName = "reference"
	columnSigner    StoredName = "signer"
	columnGateway   StoredName = "gateway"
	columnStatus    StoredName = "status"
	columnEvidence  StoredName = "evidence"
	columnDue       StoredName = "due"
	columnChanged   StoredName = "changed"
)

// columnSpec is what there is to know of a column.
type columnSpec struct {
	name         StoredName
	heading      string
	order        ledger.SortOrder
	defaultWidth float32 // its width when nobody chose one
	minWidth     float32
	hideRank     int // when there is no room, those of higher rank go first
}

// columnSpecs are the columns from left to right.
func columnSpecs(lang i18n.Language) []columnSpec {
	return []columnSpec{
		{columnTitle, lang.Say("list.title"), ledger.ByTitle, 260, 220, 0},
		{columnReference, lang.Say("list.reference"), ledger.ByReference, 110, 60, 5},
		{columnSigner, lang.Say("list.signer"), ledger.BySigner, 120, 60, 7},
		{columnGateway, lang.Say("list.gateway"), ledger.ByGateway, 90, 60, 6},
		{columnStatus, lang.Say("list.status"), ledger.ByStatus, max(140, status.WidestPill(lang)), 60, 1},
		{columnEvidence, lang.Say("list.evidence"), ledger.ByEvidence, 98, 40, 4},
		{columnDue, lang.Say("list.due"), ledger.ByDue, 86, 60, 3},
		{columnChanged, lang.Say("list.changed"), ledger.ByChanged, 86, 60, 2},
	}
}

// defaultSort has the newest change first.
var defaultSort = settings.Sort{Column: string(columnChanged), Descending: true}

// withSort puts a query into an order. The ledger's own order by time begins with the newest.
func withSort(q ledger.Query, kinds []columnSpec, s settings.Sort) ledger.Query {
	for _, c := range kinds {
		if string(c.name) == s.Column {
			q.Order, q.Reverse = c.order, s.Descending != (c.order == ledger.ByChanged)
		}
	}
	return q
}

// Sizes of the list. A row's height and the toolkit's padding behind it add up to a multiple
// of eight, so that the place of the millionth row still is exact in 32 bits.
const (
	rowHeight        = 52  // of a row of two lines
	lineHeight       = 36  // of a row of one
	minColumnsWidth  = 600 // the width from which on there is room for columns
	columnGap        = 12
	tableRightMargin = 26 // what stays free at the right of the last column
	maxColumnWidth   = 900
)

// cell is where a column is.
type cell struct {
	columnSpec
	x, width float32
}

// columnLayout is how the list is arranged: its header and its rows share it. Below a width there are
// no columns, and each request takes two lines.
type columnLayout struct {
	specs      []columnSpec
	saved      map[string]settings.Column // what a person chose, by name
	width      float32
	cells      []cell // that are shown; none when there is no room for columns
	generation int    // counts the arrangements, so that a row knows that it has another
}

func newColumnLayout(lang i18n.Language) *columnLayout {
	return &columnLayout{specs: columnSpecs(lang), saved: map[string]settings.Column{}}
}

// hidden tells that a person does not want to see a column. The title is always there.
func (t *columnLayout) hidden(name StoredName) bool {
	return name != columnTitle && t.saved[string(name)].Hidden
}

func (t *columnLayout) widthOf(c columnSpec) float32 {
	return min(max(cmp.Or(float32(t.saved[string(c.name)].Width), c.defaultWidth), c.minWidth), maxColumnWidth)
}

// shows tells whether a column is there now.
func (t *columnLayout) shows(name StoredName) bool {
	return slices.ContainsFunc(t.cells, func(c cell) bool { return c.name == name })
}

// hasColumns tells that a request takes one line, with columns.
func (t *columnLayout) hasColumns() bool { return len(t.cells) > 0 }

// height is that of each row: one line, or two where the reference is under the title.
func (t *columnLayout) height() float32 {
	if t.shows(columnReference) {
		return lineHeight
	}
	return rowHeight
}

// arrange puts the columns into a width. The title takes what is left.
func (t *columnLayout) arrange(width float32) {
	t.width = width
	t.generation++
	t.cells = t.cells[:0]
	if width < minColumnsWidth {
		return
	}
	var shown []columnSpec
	room := width - rowPadding - tableRightMargin - t.specs[0].minWidth
	for _, c := range t.specs {
		if !t.hidden(c.name) {
			shown = append(shown, c)
			if c.name != columnTitle {
				room -= t.widthOf(c) + columnGap
			}
		}
	}
	for room < 0 && len(shown) > 1 {
		last := slices.IndexFunc(shown, func(c columnSpec) bool {
			return c.hideRank == slices.MaxFunc(shown, func(a, b columnSpec) int { return a.hideRank - b.hideRank }).hideRank
		})
		room += t.widthOf(shown[last]) + columnGap
		shown = slices.Delete(shown, last, last+1)
	}
	x := float32(rowPadding)
	for _, c := range shown {
		w := t.widthOf(c)
		if c.name == columnTitle {
			w = t.specs[0].minWidth + max(room, 0)
		}
		t.cells = append(t.cells, cell{c, x, w})
		x += w + columnGap
	}
}

// resize moves the edge behind a shown column. The edge stays under the mouse: what one column
// gains, the other loses, and the title has what is left.
func (t *columnLayout) resize(edge int, by float32) {
	if edge < 0 || edge+1 >= len(t.cells) {
		return
	}
	left, right := t.cells[edge], t.cells[edge+1]
	by = min(max(by, left.minWidth-left.width), right.width-right.minWidth)
	for c, w := range map[*cell]float32{&left: left.width + by, &right: right.width - by} {
		if c.name != columnTitle {
			kept := t.saved[string(c.name)]
			kept.Width = float64(w)
			t.saved[string(c.name)] = kept
		}
	}
	t.arrange(t.width)
}

// widen changes a shown column's width by key. It takes from the title, and gives to it.
func (t *columnLayout) widen(at int, by float32) {
	if at < 0 || at >= len(t.cells) || t.cells[at].name == columnTitle {
		return
	}
	c := t.cells[at]
	by = min(by, t.cells[0].width-t.cells[0].minWidth) // columns never push each other out
	kept := t.saved[string(c.name)]
	kept.Width = float64(min(max(c.width+by, c.minWidth), maxColumnWidth))
	t.saved[string(c.name)] = kept
	t.arrange(t.width)
}

// toggle shows a column, or hides it.
func (t *columnLayout) toggle(name StoredName) {
	kept := t.saved[string(name)]
	kept.Hidden = !kept.Hidden
	t.saved[string(name)] = kept
	t.arrange(t.width)
}
