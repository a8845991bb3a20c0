package main

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// line is a line of the table, without its figures.
type line struct {
	what, against string
	target        float64 // of the ratio
	least         bool    // the ratio has to be at least the target; otherwise at most
}

// The lines of the table, in its order.
var (
	diskOfOne    = line{"bytes on disk, a request with one event", "its event as JSON", 6, false}
	diskOfLife   = line{"bytes on disk, a request with its whole life", "its events as JSON", 3, false}
	bulkAdd      = line{"requests added in batches of 500", "SQLite, the same indexes and words", 0.5, true}
	oneWrite     = line{"one write transaction", "a commit of bbolt on an open file", 1.2, false}
	oneReturn    = line{"from a return to its outcome", "an HTTP handler with one commit of bbolt", 2, false}
	manyReturns  = line{"500 returns within a second", "the same commits with bbolt's Batch", 1.5, false}
	audit        = line{"audit", "SHA-256 over the same bytes", 5, false}
	statistics   = line{"statistics over everything", "SQLite, GROUP BY on a covering index", 1, false}
	statsMemory  = line{"memory of these statistics", "the same at 10 thousand", 1.5, false}
	exportCSV    = line{"export of everything to CSV", "encoding/csv on ready rows", 2, false}
	verifyFile   = line{"verify of a small signed file, whole process", "pdfsig", 1, false}
	windowMemory = line{"memory of the window at rest", "a bare list of the toolkit", 1.15, false}
	windowStart  = line{"first rows on the screen", "a bare list of the toolkit", 1.3, false}
	writeBackup  = line{"backup", "a copy of the ledger with fsync", 2, false}
	readBackup   = line{"restore", "a copy of the ledger with fsync", 2, false}
	rebuild      = line{"rebuild", "a copy of the ledger with fsync", 2, false}
	migration    = line{"migration of an older file", "a copy of the ledger with fsync", 2, false}
	searchRare   = line{"search for a word of one request", sameAtSmall, 1.5, false}
	searchCommon = line{"search for a frequent word", sameAtSmall, 1.5, false}
	sorting      = line{"first rows in each of the orders", sameAtSmall, 1.5, false}
	jump         = line{"jump to the middle of the list", sameAtSmall, 1.5, false}
	selectAll    = line{"select all, for each request", sameAtSmall, 1.5, false}
	filtering    = line{"filter by four conditions", sameAtSmall, 1.5, false}
	bulkLoad     = line{"requests loaded from their events", "SQLite, sorted, the same indexes and words", 0.5, true}
	lines        = []line{diskOfOne, diskOfLife, bulkAdd, oneWrite, oneReturn, manyReturns, audit, statistics, statsMemory, exportCSV, verifyFile, windowMemory, windowStart, writeBackup, readBackup, rebuild, migration, searchRare, searchCommon, sorting, jump, selectAll, filtering, bulkLoad}
)

const (
	sameAtSmall = "the same at 10 thousand"
	noSize      = "–" // of a line that does not depend on the number of requests

	// The marks in the page between which the program writes.
	tableBegin   = "<!-- figures: written by make bench -->"
	tableEnd     = "<!-- end of the figures -->"
	machineBegin = "<!-- machine: written by make bench -->"
	machineEnd   = "<!-- end of the machine -->"
)

var tableHead = []string{"what", "requests", "today", "against", "floor", "ratio", "target", "is", "commit"}

// meets reports whether a ratio reaches the target of the line.
func (l line) meets(ratio float64) bool {
	if l.least {
		return ratio >= l.target
	}
	return ratio <= l.target
}

// quantity is a measured number with its unit: "s", "B", or "/s".
type quantity struct {
	value float64
	unit  string
}

func duration(d time.Duration) quantity { return quantity{d.Seconds(), "s"} }

func (q quantity) String() string {
	switch q.unit {
	case "s":
		return formatScaled(q.value*1e9, 1000, "ns", "µs", "ms", "s")
	case "B":
		return formatScaled(q.value, 1000, "B", "kB", "MB", "GB")
	}
	return formatScaled(q.value, 1000, "", "thousand", "million") + " a second"
}

// formatScaled writes a number with three digits in the largest unit that leaves at least 1 of it.
func formatScaled(v, factor float64, units ...string) string {
	for len(units) > 1 && v >= 0.9995*factor {
		v, units = v/factor, units[1:]
	}
	digits := 0
	switch {
	case v < 9.995:
		digits = 2
	case v < 99.95:
		digits = 1
	}
	return strings.TrimSpace(fmt.Sprintf("%.*f %s", digits, v, units[0]))
}

// figure is one measured line of the table.
type figure struct {
	line
	size        string
	ours, floor quantity
	commit      string
}

func (f figure) ratio() float64 { return f.ours.value / f.floor.value }

// cells returns the columns of the table.
func (f figure) cells() []string {
	sign, met := "≤", "missed"
	if f.least {
		sign = "≥"
	}
	if f.meets(f.ratio()) {
		met = "met"
	}
	return []string{f.what, f.size, f.ours.String(), f.against, f.floor.String(), formatRatio(f.ratio()), fmt.Sprintf("%s %g×", sign, f.target), met, f.commit}
}

func formatRatio(r float64) string { return formatScaled(r, 1e9, "") + "×" }

// formatSize returns the name of a number of requests, such as "10 thousand".
func formatSize(n int) string {
	switch {
	case n >= 1e6:
		return fmt.Sprintf("%g million", float64(n)/1e6)
	case n >= 1000:
		return fmt.Sprintf("%g thousand", float64(n)/1e3)
	}
	return fmt.Sprint(n)
}

// parseSize returns the number of requests that a text such as 10k or 1m stands for.
func parseSize(text string) (int, error) {
	digits, factor := text, 1
	if number, ok := strings.CutSuffix(text, "k"); ok {
		digits, factor = number, 1000
	} else if number, ok := strings.CutSuffix(text, "m"); ok {
		digits, factor = number, 1_000_000
	}
	n, err := strconv.Atoi(digits)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%q is no number of requests, such as 10k or 1m", text)
	}
	return n * factor, nil
}

// updatePage writes the figures and the machine into the page at path. Figures of lines and sizes that were not measured, and all text
// outside of the marks, stay.
func updatePage(path, machine string, figures []figure) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	page := string(content)
	before, table, after, err := cutMarks(page, tableBegin, tableEnd)
	if err != nil {
		return err
	}
	page = before + formatTable(mergeRows(readRows(table), figures)) + after
	before, _, after, err = cutMarks(page, machineBegin, machineEnd)
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(before+machine+after), 0o644) // #nosec G306 -- a page of the repository
}

// cutMarks splits a page at two marks, which stay in before and after.
func cutMarks(page, begin, end string) (before, between, after string, err error) {
	before, rest, foundBegin := strings.Cut(page, begin)
	between, after, foundEnd := strings.Cut(rest, end)
	if !foundBegin || !foundEnd {
		return "", "", "", fmt.Errorf("the page has no %q followed by %q", begin, end)
	}
	return before + begin + "\n\n", between, "\n" + end + after, nil
}

// readRows returns the cells of each line of a table in Markdown, without its head.
func readRows(table string) (all [][]string) {
	for text := range strings.Lines(table) {
		text = strings.Trim(strings.TrimSpace(text), "|")
		cells := strings.Split(text, "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if len(cells) == len(tableHead) && cells[0] != tableHead[0] && !strings.HasPrefix(cells[0], "-") {
			all = append(all, cells)
		}
	}
	return all
}

// mergeRows returns the rows of the table after a run. A figure replaces the row of the same line and size.
func mergeRows(rows [][]string, figures []figure) [][]string {
	for _, f := range figures {
		cells := f.cells()
		if i := slices.IndexFunc(rows, func(r []string) bool { return r[0] == cells[0] && r[1] == cells[1] }); i >= 0 {
			rows[i] = cells
		} else {
			rows = append(rows, cells)
		}
	}
	rows = slices.DeleteFunc(rows, func(r []string) bool { return position(r) < 0 }) // of a line that there is no more
	slices.SortStableFunc(rows, func(a, b []string) int {
		return cmp.Or(cmp.Compare(position(a), position(b)), cmp.Compare(sizeOf(a), sizeOf(b)))
	})
	return rows
}

func position(cells []string) int {
	return slices.IndexFunc(lines, func(l line) bool { return l.what == cells[0] })
}

// sizeOf returns the number of requests in a row of the table, by which rows of a line are sorted.
func sizeOf(cells []string) float64 {
	var n float64
	var unit string
	_, _ = fmt.Sscanf(cells[1], "%g %s", &n, &unit) // a row without a size has 0
	return n * map[string]float64{"": 1, "thousand": 1e3, "million": 1e6}[unit]
}

// formatTable returns a table in Markdown, whose columns are aligned.
func formatTable(rows [][]string) string {
	width := make([]int, len(tableHead))
	for _, r := range append([][]string{tableHead}, rows...) {
		for i, c := range r {
			width[i] = max(width[i], len([]rune(c)), 3)
		}
	}
	var b strings.Builder
	write := func(cells []string) {
		for i, c := range cells {
			fmt.Fprintf(&b, "| %s%s ", c, strings.Repeat(" ", width[i]-len([]rune(c))))
		}
		b.WriteString("|\n")
	}
	write(tableHead)
	rule := make([]string, len(width))
	for i, w := range width {
		rule[i] = strings.Repeat("-", w)
	}
	write(rule)
	for _, r := range rows {
		write(r)
	}
	return b.String()
}
