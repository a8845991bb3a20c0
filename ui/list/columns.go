package list

import (
	"cmp"
	"slices"

	"countersign/core/i18n"
	"countersign/core/ledger"
	"countersign/core/settings"
	"countersign/ui/status"
)

// StoredName is a name in the settings file. It is never translated.
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

	columnAdded      StoredName = "added"
	columnAddedBy    StoredName = "added_by"
	columnReviewedBy StoredName = "reviewed_by"
	columnDesk       StoredName = "desk" // in an office alone
)

// columnSpec describes a column.
type columnSpec struct {
	name         StoredName
	heading      string
	order        ledger.SortOrder
	unsorted     bool    // there is no such order; the list can be filtered instead
	defaultWidth float32 // unless a person has changed it
	minWidth     float32
	hideRank     int  // when the window is narrow, the column with the highest rank is hidden first
	optional     bool // hidden until a person shows it
}

// columnSpecs returns all columns from left to right.
func columnSpecs(lang i18n.Language, inOffice bool) []columnSpec {
	specs := []columnSpec{
		{columnTitle, lang.Say("list.title"), ledger.ByTitle, false, 260, 200, 0, false},
		{columnReference, lang.Say("list.reference"), ledger.ByReference, false, 100, 60, 7, false},
		{columnSigner, lang.Say("list.signer"), ledger.BySigner, false, 120, 60, 10, false},
		{columnGateway, lang.Say("list.gateway"), ledger.ByGateway, false, 90, 60, 9, false},
		{columnStatus, lang.Say("list.status"), ledger.ByStatus, false, max(140, status.WidestBadge(lang)), 60, 1, false},
		{columnEvidence, lang.Say("list.evidence"), ledger.ByEvidence, false, 98, 40, 8, false},
		{columnDue, lang.Say("list.due"), ledger.ByDue, false, 86, 60, 3, false},
		{columnReviewedBy, lang.Say("list.reviewed_by"), ledger.ByReviewedBy, false, 100, 60, 6, true},
		{columnAddedBy, lang.Say("list.added_by"), ledger.ByAddedBy, false, 100, 60, 5, true},
		{columnAdded, lang.Say("list.added"), ledger.ByCreated, false, 86, 60, 4, true},
		{columnChanged, lang.Say("list.changed"), ledger.ByChanged, false, 86, 60, 2, false},
	}
	if inOffice {
		last := len(specs) - 1
		specs = slices.Insert(specs, last, columnSpec{name: columnDesk, heading: lang.Say("list.desk"), unsorted: true, defaultWidth: 100, minWidth: 60, hideRank: 6, optional: true})
	}
	return specs
}

// defaultSort is by the last change, newest first.
var defaultSort = settings.Sort{Column: string(columnChanged), Descending: true}

// withSort returns the query with the order of a column. An unknown column changes nothing. The orders
// of times begin with the latest unless the query reverses them; the orders of the other columns are ascending.
func withSort(q ledger.Query, specs []columnSpec, s settings.Sort) ledger.Query {
	for _, c := range specs {
		if string(c.name) == s.Column && !c.unsorted {
			q.Order, q.Reverse = c.order, s.Descending != latestFirst(c.name)
		}
	}
	return q
}

// latestFirst reports whether a column is in descending order when the list is sorted by it first.
func latestFirst(column StoredName) bool { return column == columnChanged || column == columnAdded }

// Sizes of the list. A row's height and the toolkit's padding below it add up to a multiple
// of four, so that the offset of the millionth row is exact in a float32.
const (
	denseHeight     = 24  // of a dense row, which has one line
	rowHeight       = 52  // of a row of two lines
	lineHeight      = 36  // of a row of one
	minColumnsWidth = 600 // the narrowest list that has columns
	columnGap       = 12
	rightMargin     = 26
	maxColumnWidth  = 900
)

// cell is a visible column with its position.
type cell struct {
	columnSpec
	x, width float32
}

// columnLayout defines which columns are visible, where, and how wide. The header and all rows share one. A list that
// is narrower than minColumnsWidth has no columns: each row takes two lines.
type columnLayout struct {
	specs      []columnSpec
	saved      map[string]settings.Column // what a person changed, by column name
	width      float32
	cells      []cell // the visible columns; empty when the list is too narrow
	generation int    // incremented by arrange, so that rows notice a new layout
	dense      bool   // rows are dense
}

func newColumnLayout(lang i18n.Language, inOffice bool) *columnLayout {
	return &columnLayout{specs: columnSpecs(lang, inOffice), saved: map[string]settings.Column{}}
}

// hidden reports whether a column is not to be shown, even if there is room. The title cannot be hidden.
func (l *columnLayout) hidden(name StoredName) bool {
	saved := l.saved[string(name)]
	if l.optional(name) {
		return !saved.Shown
	}
	return name != columnTitle && saved.Hidden
}

// optional reports whether a column is hidden until a person shows it.
func (l *columnLayout) optional(name StoredName) bool {
	return slices.ContainsFunc(l.specs, func(c columnSpec) bool { return c.name == name && c.optional })
}

// sortable reports whether the list can be sorted by a column.
func (l *columnLayout) sortable(name StoredName) bool {
	return slices.ContainsFunc(l.specs, func(c columnSpec) bool { return c.name == name && !c.unsorted })
}

func (l *columnLayout) widthOf(c columnSpec) float32 {
	return min(max(cmp.Or(float32(l.saved[string(c.name)].Width), c.defaultWidth), c.minWidth), maxColumnWidth)
}

// shows reports whether a column is visible at the current width.
func (l *columnLayout) shows(name StoredName) bool {
	return slices.ContainsFunc(l.cells, func(c cell) bool { return c.name == name })
}

// hasColumns reports whether rows are shown in columns, and not in two lines.
func (l *columnLayout) hasColumns() bool { return len(l.cells) > 0 }

// height returns the height of every row: of one line if rows are dense or if the reference has its column, otherwise of two.
func (l *columnLayout) height() float32 {
	switch {
	case l.dense:
		return denseHeight
	case l.shows(columnReference):
		return lineHeight
	}
	return rowHeight
}

// arrange computes the visible columns for a width. The title gets what the others leave.
func (l *columnLayout) arrange(width float32) {
	l.width = width
	l.generation++
	l.cells = l.cells[:0]
	if width < minColumnsWidth {
		return
	}
	var shown []columnSpec
	room := width - rowPadding - rightMargin - l.specs[0].minWidth
	for _, c := range l.specs {
		if !l.hidden(c.name) {
			shown = append(shown, c)
			if c.name != columnTitle {
				room -= l.widthOf(c) + columnGap
			}
		}
	}
	for room < 0 && len(shown) > 1 {
		last := slices.IndexFunc(shown, func(c columnSpec) bool {
			return c.hideRank == slices.MaxFunc(shown, func(a, b columnSpec) int { return a.hideRank - b.hideRank }).hideRank
		})
		room += l.widthOf(shown[last]) + columnGap
		shown = slices.Delete(shown, last, last+1)
	}
	x := float32(rowPadding)
	for _, c := range shown {
		w := l.widthOf(c)
		if c.name == columnTitle {
			w = l.specs[0].minWidth + max(room, 0)
		}
		l.cells = append(l.cells, cell{c, x, w})
		x += w + columnGap
	}
}

// resize moves the edge between the visible columns edge and edge+1, as far as their minimum widths allow. The edges of
// the other columns do not move.
func (l *columnLayout) resize(edge int, by float32) {
	if edge < 0 || edge+1 >= len(l.cells) {
		return
	}
	left, right := l.cells[edge], l.cells[edge+1]
	by = min(max(by, left.minWidth-left.width), right.width-right.minWidth)
	for c, w := range map[*cell]float32{&left: left.width + by, &right: right.width - by} {
		if c.name != columnTitle {
			column := l.saved[string(c.name)]
			column.Width = float64(w)
			l.saved[string(c.name)] = column
		}
	}
	l.arrange(l.width)
}

// widen makes a visible column wider, or narrower if by is negative, at the expense of the title. It never makes a
// column disappear.
func (l *columnLayout) widen(at int, by float32) {
	if at < 0 || at >= len(l.cells) || l.cells[at].name == columnTitle {
		return
	}
	c := l.cells[at]
	by = min(by, l.cells[0].width-l.cells[0].minWidth) // the title keeps its minimum width
	column := l.saved[string(c.name)]
	column.Width = float64(min(max(c.width+by, c.minWidth), maxColumnWidth))
	l.saved[string(c.name)] = column
	l.arrange(l.width)
}

// toggle hides a column, or shows it again.
func (l *columnLayout) toggle(name StoredName) {
	column := l.saved[string(name)]
	if l.optional(name) {
		column.Shown = !column.Shown
	} else {
		column.Hidden = !column.Hidden
	}
	l.saved[string(name)] = column
	l.arrange(l.width)
}
