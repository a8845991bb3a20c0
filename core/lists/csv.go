package lists

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/transform"

	"countersign/core/request"
)

const maxRow = 64 << 10 // bytes of one row of a CSV file, in UTF-8

// separators are what may stand between the fields of a row, the most likely last.
const separators = "|\t,;"

// separatorLine matches the first line by which programs tell Excel the separator.
var separatorLine = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?i:"?sep=)([,;|\t])"?[,;|\t]*$`) })

// openText opens a CSV file.
func openText(s source, o Options) (*file, error) {
	if o.Sheet != "" {
		return nil, request.Errorf("list_no_sheets", "a CSV file has no sheets: leave the sheet out")
	}
	if o.Encoding != "" && !slices.Contains(Encodings(), o.Encoding) {
		return nil, request.Errorf("list_encoding_unknown", "the encoding %s is not known: use one of %s", label(o.Encoding), strings.Join(Encodings(), ", "))
	}
	style, err := readStyle(s, o.Encoding)
	if err != nil {
		return nil, err
	}
	open := func(separator byte) *csvRows { return newCSVRows(s, style, separator) }
	separator := open(0).announced()
	if separator == 0 {
		if separator, err = guessSeparator(open, o); err != nil {
			return nil, err
		}
	}
	return &file{
		info:  Info{Format: CSV, Encoding: style.encoding, Separator: rune(separator)},
		rows:  func() (rowReader, error) { return open(separator), nil },
		close: func() error { return nil },
	}, nil
}

// guessSeparator returns the separator with which the first rows make most sense as headings, and of equal ones
// the one with most columns.
func guessSeparator(open func(byte) *csvRows, o Options) (byte, error) {
	best, score, width := byte(';'), -1, 0
	for _, candidate := range []byte(separators) {
		first, _, err := sample(open(candidate), maxAbove)
		if err != nil {
			return 0, err
		}
		h := findHeader(first, o)
		if s, w := h.score(), len(h.fields); s > score || s == score && w >= width {
			best, score, width = candidate, s, w
		}
	}
	return best, nil
}

// csvRows reads CSV row by row (RFC 4180). A faulty row ends with its first line: a quote that is not closed must not
// swallow the rows after it, up to the next quote or to the end of the list.
type csvRows struct {
	source    *countingReader
	total     int64
	text      *bufio.Reader // in UTF-8
	separator byte
	macLines  bool
	line      int // number of the line at which text stands
	begun     bool

	fields []byte // the fields of the present row, one after the other
	ends   []int  // where in fields each ends
	cells  []cell
}

// countingReader counts the bytes that were read from a file.
type countingReader struct {
	io.Reader
	n int64
}

func (r *countingReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.n += int64(n)
	return n, err
}

func newCSVRows(s source, style textStyle, separator byte) *csvRows {
	counted := &countingReader{Reader: io.NewSectionReader(s, style.start, s.size-style.start), n: style.start}
	var text io.Reader = counted
	if e := encodings[style.encoding]; e != nil {
		text = transform.NewReader(counted, e.NewDecoder())
	}
	return &csvRows{source: counted, total: s.size, text: bufio.NewReaderSize(text, 4*maxRow), separator: separator, macLines: style.macLines, line: 1}
}

func (r *csvRows) read() (done, total int64) { return r.source.n - int64(r.text.Buffered()), r.total }

func (r *csvRows) close() {}

// announced returns the separator that the first line announces, or 0, and skips such a line.
func (r *csvRows) announced() byte {
	r.begun = true
	window, err := r.text.Peek(64)
	if err != nil && len(window) == 0 {
		return 0
	}
	end := bytes.IndexAny(window, "\r\n")
	if end < 0 {
		end = len(window)
	}
	found := separatorLine().FindSubmatch(bytes.TrimRight(window[:end], " "))
	if found == nil {
		return 0
	}
	_ = r.skipLine() // a failure shows at the next row
	return found[1][0]
}

// next implements [rowReader].
func (r *csvRows) next() (row, error) {
	if !r.begun {
		r.announced()
	}
	for {
		window, err := r.text.Peek(maxRow)
		if err != nil && !errors.Is(err, io.EOF) {
			return row{}, request.Errorf("list_read", "read the list: %w", err)
		}
		if len(window) == 0 {
			return row{}, io.EOF
		}
		line := r.line
		used, fault := r.parse(window, err != nil)
		if fault != nil {
			return row{line: line}, r.skip(window, line, used, fault)
		}
		r.advance(window[:used])
		if found := (row{line, r.readCells()}); !found.isBlank() {
			return found, nil
		}
	}
}

func (r *csvRows) readCells() []cell {
	r.cells = r.cells[:0]
	all, begin := string(r.fields), 0
	for _, end := range r.ends {
		r.cells = append(r.cells, cell{text: all[begin:end]})
		begin = end
	}
	for len(r.cells) > 0 && isBlank(r.cells[len(r.cells)-1].text) { // separators at the end of the row
		r.cells = r.cells[:len(r.cells)-1]
	}
	if len(r.cells) > maxColumns {
		r.cells = r.cells[:maxColumns]
	}
	return r.cells
}

// What can be wrong with a row of a CSV file.
var (
	errQuotes      = errors.New("a quote within a field, or something after a closing quote")
	errNeverClosed = errors.New("a quote that is never closed")
	errLong        = errors.New("the row does not end within the window")
)

// parse parses the row at the beginning of window into r.fields and r.ends. last is set when the file ends with
// the window. It returns the number of bytes of the row with its line end, or the position of what is wrong with
// an error.
func (r *csvRows) parse(window []byte, last bool) (int, error) {
	r.fields, r.ends = r.fields[:0], r.ends[:0]
	at := 0
	for {
		var err error
		if bytes.HasPrefix(window[at:], []byte(`"`)) {
			at, err = r.parseQuoted(window, at+1)
		} else if bytes.HasPrefix(window[at:], []byte(`="`)) { // as programs keep spreadsheets from making a number of a text
			at, err = r.parseQuoted(window, at+2)
		} else {
			at, err = r.parsePlain(window, at)
		}
		if err != nil {
			return at, err
		}
		r.ends = append(r.ends, len(r.fields))
		switch {
		case at == len(window):
			if !last {
				return at, errLong
			}
			return at, nil
		case window[at] == r.separator && r.separator != 0:
			at++
		default:
			return at + r.lineEnd(window[at:]), nil
		}
	}
}

// parsePlain appends a field without quotes to r.fields, and returns the position after it.
func (r *csvRows) parsePlain(window []byte, at int) (int, error) {
	end := at
	for ; end < len(window); end++ {
		switch b := window[end]; {
		case b == '"':
			return end, errQuotes
		case b == r.separator, (b == '\n' || b == '\r') && r.lineEnd(window[end:]) > 0:
			r.fields = append(r.fields, window[at:end]...)
			return end, nil
		}
	}
	r.fields = append(r.fields, window[at:end]...)
	return end, nil
}

// parseQuoted appends a field in quotes to r.fields, and returns the position after the closing quote. It begins
// after the opening one.
func (r *csvRows) parseQuoted(window []byte, at int) (int, error) {
	for {
		n := bytes.IndexByte(window[at:], '"')
		if n < 0 {
			return len(window), errNeverClosed
		}
		r.fields = append(r.fields, window[at:at+n]...)
		at += n + 1
		if at < len(window) && window[at] == '"' {
			r.fields = append(r.fields, '"')
			at++
			continue
		}
		if at < len(window) && window[at] != r.separator && r.lineEnd(window[at:]) == 0 {
			return at, errQuotes
		}
		return at, nil
	}
}

// lineEnd returns the length of the line end at the beginning of text; 0 when there is none.
func (r *csvRows) lineEnd(text []byte) int {
	switch {
	case len(text) == 0:
	case text[0] == '\n', text[0] == '\r' && (r.macLines || len(text) == 1):
		return 1
	case text[0] == '\r' && text[1] == '\n':
		return 2
	}
	return 0
}

// skip advances past a faulty row and returns a [*RowFault] for it. The position of the fault in the window is at.
func (r *csvRows) skip(window []byte, line, at int, cause error) error {
	fault := &RowFault{Line: line, Reason: request.Sentencef("row_quotes", "its quotes do not fit together: put one pair around the whole field, and double those within")}
	switch {
	case errors.Is(cause, errLong):
		fault.Reason = request.Sentencef("row_large", "the row has more than %d KB", maxRow>>10)
	case errors.Is(cause, errQuotes) && r.countLines(window[:at]) == 0:
		fault.Reason = request.Sentencef("row_near", "near character %d %s", utf8.RuneCount(window[:at])+1, fault.Reason)
	}
	if err := r.skipLine(); err != nil {
		return err
	}
	return fault
}

// skipLine advances to the line after the present one.
func (r *csvRows) skipLine() error {
	for {
		window, err := r.text.Peek(maxRow)
		if err != nil && !errors.Is(err, io.EOF) {
			return request.Errorf("list_read", "read the list: %w", err)
		}
		end := bytes.IndexByte(window, r.lastOfLine())
		if end >= 0 {
			r.advance(window[:end+1])
			return nil
		}
		r.advance(window)
		if err != nil {
			return nil
		}
	}
}

// lastOfLine returns the byte with which a line ends.
func (r *csvRows) lastOfLine() byte {
	if r.macLines {
		return '\r'
	}
	return '\n'
}

func (r *csvRows) countLines(text []byte) int { return bytes.Count(text, []byte{r.lastOfLine()}) }

// advance moves on by a text that was peeked at.
func (r *csvRows) advance(text []byte) {
	r.line += r.countLines(text)
	_, _ = r.text.Discard(len(text)) // it is buffered
}
