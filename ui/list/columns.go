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

// columnKind is what there is to know of a column.
type columnKind struct {
	name  StoredName
	head  string
	order ledger.SortOrder
	usual float32 // its width when nobody chose one
	least float32
	rank  int // when there is no room, those of higher rank go first
}

// columnKinds are the columns from left to right.
func columnKinds(lang i18n.Language) []columnKind {
	return []columnKind{
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

// usualSort has the newest change first.
var usualSort = settings.Sort{Column: string(columnChanged), Descending: true}

// sorted puts a query into an order. The ledger's own order by time begins with the newest.
func sorted(q ledger.Query, kinds []columnKind, s settings.Sort) ledger.Query {
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
	rowHeight     = 52  // of a row of two lines
	lineHeight    = 36  // of a row of one
	columnsFrom   = 600 // the width from which on there is room for columns
	columnGap     = 12
	tableEnd      = 26 // what stays free at the right of the last column
	maxColumnSize = 900
)

// cell is where a column is.
type cell struct {
	columnKind
	x, width float32
}

// table is how the list is arranged: its header and its rows share it. Below a width there are
// no columns, and each request takes two lines.
type table struct {
	kinds  []columnKind
	chosen map[string]settings.Column // what a person chose, by name
	width  float32
	cells  []cell // that are shown; none when there is no room for columns
	turn   int    // counts the arrangements, so that a row knows that it has another
}

func newTable(lang i18n.Language) *table {
	return &table{kinds: columnKinds(lang), chosen: map[string]settings.Column{}}
}

// hidden tells that a person does not want to see a column. The title is always there.
func (t *table) hidden(name StoredName) bool {
	return name != columnTitle && t.chosen[string(name)].Hidden
}

func (t *table) widthOf(c columnKind) float32 {
	return min(max(cmp.Or(float32(t.chosen[string(c.name)].Width), c.usual), c.least), maxColumnSize)
}

// shows tells whether a column is there now.
func (t *table) shows(name StoredName) bool {
	return slices.ContainsFunc(t.cells, func(c cell) bool { return c.name == name })
}

// inColumns tells that a request takes one line, with columns.
func (t *table) inColumns() bool { return len(t.cells) > 0 }

// height is that of each row: one line, or two where the reference is under the title.
func (t *table) height() float32 {
	if t.shows(columnReference) {
		return lineHeight
	}
	return rowHeight
}

// arrange puts the columns into a width. The title takes what is left.
func (t *table) arrange(width float32) {
	t.width = width
	t.turn++
	t.cells = t.cells[:0]
	if width < columnsFrom {
		return
	}
	var shown []columnKind
	room := width - rowSide - tableEnd - t.kinds[0].least
	for _, c := range t.kinds {
		if !t.hidden(c.name) {
			shown = append(shown, c)
			if c.name != columnTitle {
				room -= t.widthOf(c) + columnGap
			}
		}
	}
	for room < 0 && len(shown) > 1 {
		last := slices.IndexFunc(shown, func(c columnKind) bool {
			return c.rank == slices.MaxFunc(shown, func(a, b columnKind) int { return a.rank - b.rank }).rank
		})
		room += t.widthOf(shown[last]) + columnGap
		shown = slices.Delete(shown, last, last+1)
	}
	x := float32(rowSide)
	for _, c := range shown {
		w := t.widthOf(c)
		if c.name == columnTitle {
			w = t.kinds[0].least + max(room, 0)
		}
		t.cells = append(t.cells, cell{c, x, w})
		x += w + columnGap
	}
}

// resize moves the edge behind a shown column. The edge stays under the mouse: what one column
// gains, the other loses, and the title has what is left.
func (t *table) resize(edge int, by float32) {
	if edge < 0 || edge+1 >= len(t.cells) {
		return
	}
	left, right := t.cells[edge], t.cells[edge+1]
	by = min(max(by, left.least-left.width), right.width-right.least)
	for c, w := range map[*cell]float32{&left: left.width + by, &right: right.width - by} {
		if c.name != columnTitle {
			kept := t.chosen[string(c.name)]
			kept.Width = float64(w)
			t.chosen[string(c.name)] = kept
		}
	}
	t.arrange(t.width)
}

// widen changes a shown column's width by key. It takes from the title, and gives to it.
func (t *table) widen(at int, by float32) {
	if at < 0 || at >= len(t.cells) || t.cells[at].name == columnTitle {
		return
	}
	c := t.cells[at]
	by = min(by, t.cells[0].width-t.cells[0].least) // columns never push each other out
	kept := t.chosen[string(c.name)]
	kept.Width = float64(min(max(c.width+by, c.least), maxColumnSize))
	t.chosen[string(c.name)] = kept
	t.arrange(t.width)
}

// toggle shows a column, or hides it.
func (t *table) toggle(name StoredName) {
	kept := t.chosen[string(name)]
	kept.Hidden = !kept.Hidden
	t.chosen[string(name)] = kept
	t.arrange(t.width)
}
