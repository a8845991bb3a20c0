// Package lists reads lists of requests that other programs and spreadsheets write: CSV in any of the
// usual encodings, and workbooks (XLSX). It finds out how a list is written and what its columns mean, and
// returns it row by row. Its memory does not grow with the number of rows. It knows neither the desk nor
// its gateways, and adds nothing.
package lists

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"countersign/core/i18n"
	"countersign/core/request"
)

// Field is what a column of a list is read as.
type Field string

// The fields of a row. A list needs a column for ID or for Link.
const (
	Unread    Field = "" // the column is passed over
	ID        Field = "id"
	Link      Field = "link"
	Title     Field = "title"
	Reference Field = "reference"
	Due       Field = "due"
	Gateway   Field = "gateway"
)

// Fields returns all fields, in the order in which they are offered.
func Fields() []Field { return []Field{ID, Link, Title, Reference, Due, Gateway} }

// Format is how a list is stored.
type Format string

// The formats of lists.
const (
	CSV  Format = "csv"
	XLSX Format = "xlsx"
)

// Options are how a list is to be read. With the zero value, everything is guessed.
type Options struct {
	Language i18n.Language // of the person: the order of day and month, and the names of months
	Sheet    string        // name of a sheet of a workbook; the first one that is not hidden when empty
	Encoding string        // one of Encodings, for a CSV file; guessed when empty

	// Columns has the field of each column, in their order. Nil lets the headings decide.
	Columns []Field
	// Headings has the heading of the column for a field. It overrules what the headings mean otherwise.
	Headings map[Field]string
	// Remembered returns the fields that were chosen before for the columns with these headings, and nil if
	// none were. It is called when neither Columns nor Headings is set. It may be nil.
	Remembered func(headings []string) []Field
}

// Info is how a list is written and what its columns mean.
type Info struct {
	Format     Format
	Encoding   string // of a CSV file: one of Encodings
	Separator  rune   // of a CSV file
	Sheets     []string
	Sheet      string // the one that is read
	HeaderLine int    // number of the line with the headings, from 1
	Columns    []Column
	Remembered bool // the fields of Columns are those of Options.Remembered
	MonthFirst bool // dates such as 12/24/2026 are written in the order month, day, year
}

// Column is a column of a list.
type Column struct {
	Heading string // empty where there is none
	Field   Field
}

// Unread returns the headings of the columns that are passed over.
func (i Info) Unread() []string {
	var names []string
	for _, c := range i.Columns {
		if c.Field == Unread && c.Heading != "" {
			names = append(names, c.Heading)
		}
	}
	return names
}

// List is an open list. It must be used on one goroutine at a time.
type List struct {
	info     Info
	problem  error
	language i18n.Language
	file     *file
	rows     rowReader
}

// rowReader reads the rows of a list in their order, without those that are empty.
type rowReader interface {
	// next returns the next row. Its cells are valid until the next call. The error is io.EOF at the end. A
	// [*RowFault] is about one row, and reading goes on after it.
	next() (row, error)
	// read returns how much of the list was read, in the unit of total.
	read() (done, total int64)
	close()
}

// row is a row of a list with all its cells.
type row struct {
	line  int
	cells []cell
}

// cell is the content of one field of a table.
type cell struct {
	text   string // numbers as they are written without a format, and dates like 2006-01-02
	kind   cellKind
	number float64 // of a number or a date
}

// cellKind is what the program that wrote a table stored in a cell.
type cellKind int

const (
	textCell cellKind = iota // also of each CSV file
	numberCell
	dateCell
	errorCell
)

func (r row) isBlank() bool {
	return !slices.ContainsFunc(r.cells, func(c cell) bool { return !isBlank(c.text) })
}

// isBlank reports whether a text has nothing but blanks and control characters. Programs for DOS end a file
// with U+001A.
func isBlank(text string) bool { return strings.Trim(text, " \t\r\n\v\f\u00a0\u202f\x00\x1a") == "" }

// Open opens a list of size bytes and reads its headings. The caller has to call [List.Close], and closes the source
// after it. Once ctx is done, Open and all reading of the list fail with its error. They also fail when the list becomes
// shorter meanwhile.
//
// A list whose columns do not say which requests it is about is no error of Open, so that a person can choose
// the columns: see [List.Problem].
func Open(ctx context.Context, list io.ReaderAt, size int64, o Options) (*List, error) {
	l := &List{language: o.Language}
	var err error
	if l.file, err = openFile(source{ctx, list, size}, o); err != nil {
		return nil, cmp.Or(ctx.Err(), err)
	}
	if err := l.readHeadings(o); err != nil {
		return nil, cmp.Or(ctx.Err(), errors.Join(err, l.Close()))
	}
	return l, nil
}

// source is the content of a list.
type source struct {
	ctx  context.Context
	list io.ReaderAt
	size int64
}

var errShortened = request.Errorf("list_shortened", "it was changed meanwhile: import it again")

// ReadAt implements [io.ReaderAt]. A list that ends before its size must not pass as a whole one.
func (s source) ReadAt(p []byte, off int64) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := s.list.ReadAt(p, off)
	if errors.Is(err, io.EOF) && off+int64(n) < s.size {
		err = errShortened
	}
	return n, err
}

// Info returns how the list is written. With the fields of its columns in [Options], a list with other
// columns can be opened in the same way.
func (l *List) Info() Info { return l.info }

// Problem returns why no request can be read from the list with these columns: a [*RowFault], or nil.
func (l *List) Problem() error { return l.problem }

// Progress returns how much of the list was read. The unit is bytes, of a file or of the text in a workbook.
func (l *List) Progress() (done, total int64) { return l.rows.read() }

// Close releases what the list holds, also on disk.
func (l *List) Close() error {
	if l.rows != nil {
		l.rows.close()
	}
	return l.file.close()
}

// Next returns the next row that is not empty, and [io.EOF] at the end. A [*RowFault] says what is wrong with
// one row. The record then has what could be read, and Next goes on with the row after it. Other errors end
// the list.
func (l *List) Next() (Record, error) {
	if l.problem != nil {
		return Record{}, l.problem
	}
	r, err := l.rows.next()
	if err != nil {
		return Record{Line: r.line}, err
	}
	return l.record(r)
}

// NextRaw returns the texts of the next row that is not empty, for a table that shows the list as it is. It
// advances the list as [List.Next] does, with the same errors, but reads no meaning into the columns.
func (l *List) NextRaw() (line int, texts []string, err error) {
	r, err := l.rows.next()
	for _, c := range r.cells {
		texts = append(texts, c.text)
	}
	return r.line, texts, err
}

// file is the stored form of a list. Its rows can be read several times.
type file struct {
	info  Info // without the columns
	rows  func() (rowReader, error)
	close func() error
}

func openFile(s source, o Options) (*file, error) {
	head := make([]byte, min(s.size, 4096))
	if n, err := s.ReadAt(head, 0); n < len(head) {
		return nil, request.Errorf("list_read", "read the list: %w", err)
	}
	if isZIP(head) {
		return openWorkbook(s, o)
	}
	if err := refuseOthers(head); err != nil {
		return nil, err
	}
	return openText(s, o)
}

// refuseOthers returns an error for a file of another format that is often taken for a list.
func refuseOthers(head []byte) error {
	begins := func(text string) bool {
		return strings.HasPrefix(strings.ToLower(strings.TrimLeft(strings.TrimPrefix(string(head), "\ufeff"), " \t\r\n")), text)
	}
	switch {
	case strings.HasPrefix(string(head), "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"): // a compound file: XLS, or XLSX with a password
		return request.Errorf("list_compound", "this is a workbook of an old version, or one with a password: save it as an Excel workbook (.xlsx) without a password")
	case begins("<!doctype"), begins("<html"), begins("<table"), begins("<?xml"), begins("<workbook"):
		return request.Errorf("list_web_page", "this is a web page or XML, whatever its name says: open it in the spreadsheet program, and save it as an Excel workbook (.xlsx) or as CSV")
	case begins("%pdf-"):
		return request.Errorf("list_pdf", "this is a PDF and not a list: add it as a document, or export the list as CSV")
	}
	return nil
}
