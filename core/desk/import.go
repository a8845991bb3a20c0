package desk

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"

	"countersign/core/input"
	"countersign/core/ledger"
	"countersign/core/request"
)

const (
	maxImport    = 32 << 20 // bytes of a list
	maxRow       = 64 << 10 // bytes of one row
	rowsAtOnce   = 200      // rows that are written in one transaction
	maxRowFaults = 1000     // length of Imported.Faults; further faults are only counted
)

// Imported is what became of the rows of a list.
type Imported struct {
	Added   int        // rows whose request was added
	Known   int        // rows whose request was added before
	LeftOut int        // rows that cannot be used
	Faults  []RowFault // what is wrong with the rows that cannot be used, in the order of the file; at most a thousand
	Unused  []string   // names of the columns that are not read
}

// RowFault is what is wrong with one row. Line and Column count from 1; Column is 0 when the fault
// is about the whole row.
type RowFault struct {
	Line   int
	Column int
	Name   string // of the column
	Reason request.Sentence
}

func (f RowFault) Error() string { return f.sentence().Text }

// Cause returns the fault as a code with arguments, from which package explain makes its text in any
// language.
func (f RowFault) Cause() request.Cause { return f.sentence().Cause }

func (f RowFault) sentence() request.Sentence {
	switch {
	case f.Column > 0 && f.Name != "":
		return request.Sentencef("row_at_name", "line %d, column %d (%s): %s", f.Line, f.Column, f.Name, f.Reason)
	case f.Column > 0:
		return request.Sentencef("row_at", "line %d, column %d: %s", f.Line, f.Column, f.Reason)
	}
	return request.Sentencef("in_line", "line %d: %s", f.Line, f.Reason)
}

// columns maps the names that columns have in lists to the names used here.
var columns = map[string]string{
	"id": "id", "remote_id": "id", "remote id": "id",
	"link": "link", "url": "link",
	"title": "title", "reference": "reference", "due": "due", "gateway": "gateway",
}

// Import adds the requests of a list, as an ERP exports it: requests that exist at a gateway.
//
// The list is CSV in UTF-8, or in UTF-16 with a byte order mark. Its separator is a comma, a
// semicolon or a tab, or what a first line like "sep=;" says. The first row names the columns: id
// or link, and any of title, reference, due and gateway. Rows without a gateway are for
// gatewayName; when that is empty, for the default gateway if it signs requests by their id, or
// else for the only one that does.
//
// Rows that cannot be used are left out and reported in the result. Rows whose request was added
// before, whatever became of it, are counted and not added again. Whenever some requests are written,
// Import calls the function each with them. If each returns an error, Import ends with it; what is
// written stays.
func (d *Desk) Import(ctx context.Context, list io.Reader, gatewayName string, each func(...request.Request) error) (Imported, error) {
	text, err := readList(list)
	if err != nil {
		return Imported{}, err
	}
	// The lock keeps two imports of one list from both finding that it is new.
	lock, err := d.cfg.Home.WaitLock(ctx, "import")
	if err != nil {
		return Imported{}, err
	}
	i := &importing{desk: d, gateway: gatewayName, each: each, seen: map[[2]string]bool{}, fits: map[string]error{}}
	err = i.run(ctx, text)
	return i.result, errors.Join(err, lock.Release())
}

func readList(list io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(list, maxImport+1))
	if err != nil {
		return nil, request.Errorf("list_read", "read the list: %w", err)
	}
	if len(text) > maxImport {
		return nil, request.Errorf("list_large", "the list has more than %d MB: import it in pieces", maxImport>>20)
	}
	if marked := bytes.HasPrefix(text, []byte{0xff, 0xfe}) || bytes.HasPrefix(text, []byte{0xfe, 0xff}); marked {
		if text, err = unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder().Bytes(text); err != nil {
			return nil, request.Errorf("list_encoding", "the list is not the text that its first bytes announce: save it as CSV in UTF-8")
		}
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if !bytes.Contains(text, []byte("\n")) { // as some programs on macOS still write
		text = bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))
	}
	return text, nil
}

// importing is the state of one call of [Desk.Import].
type importing struct {
	desk    *Desk
	gateway string
	each    func(...request.Request) error
	header  []string // the name of each column, from columns; empty for one that is not read

	seen   map[[2]string]bool // gateway and id of the rows so far
	fits   map[string]error   // by gateway: why it cannot take requests by their id; nil when it can
	batch  []ledger.Change
	result Imported
}

func (i *importing) run(ctx context.Context, text []byte) error {
	rows := newRows(text)
	header, line, fault := rows.next()
	if fault != nil {
		return fault
	}
	if err := i.readHeader(header, max(1, line)); err != nil {
		return err
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		row, line, fault := rows.next()
		if fault == nil && row == nil {
			return i.flush(ctx)
		}
		if fault == nil {
			fault = i.take(ctx, row, line)
		}
		if bad, ok := errors.AsType[*RowFault](fault); ok {
			if i.result.LeftOut++; len(i.result.Faults) < maxRowFaults {
				i.result.Faults = append(i.result.Faults, *bad)
			}
			fault = nil
		}
		if fault != nil {
			return fault
		}
		if len(i.batch) == rowsAtOnce {
			if err := i.flush(ctx); err != nil {
				return err
			}
		}
	}
}

func (i *importing) readHeader(row []string, line int) error {
	for at, name := range row {
		known := columns[strings.ToLower(strings.TrimSpace(name))]
		if known != "" && slices.Contains(i.header, known) {
			return &RowFault{Line: line, Column: at + 1, Name: input.Label(name), Reason: request.Sentencef("column_twice", "the list has this column twice: take one out")}
		}
		if known == "" {
			i.result.Unused = append(i.result.Unused, input.Label(name))
		}
		i.header = append(i.header, known)
	}
	if !slices.Contains(i.header, "id") && !slices.Contains(i.header, "link") {
		return &RowFault{Line: line, Reason: request.Sentencef("header_missing", "the first row has to name the columns, with id or link among them, and title, reference, due, gateway as you have them")}
	}
	return nil
}

// take adds the request of a row to the batch, unless it was added before. The error is a [*RowFault]
// if the row cannot be used.
func (i *importing) take(ctx context.Context, row []string, line int) error {
	bad := func(name string, reason request.Sentence) error {
		at := slices.Index(i.header, name) + 1
		if at == 0 {
			name = ""
		}
		return &RowFault{Line: line, Column: at, Name: name, Reason: reason}
	}
	if len(row) > len(i.header) {
		return &RowFault{Line: line, Column: len(i.header) + 1, Reason: request.Sentencef("row_longer", "there is more in this row than in the first one: put quotes around what has the separator in it")}
	}
	value := map[string]string{}
	for at, text := range row {
		if !utf8.ValidString(text) {
			return &RowFault{Line: line, Column: at + 1, Name: i.header[at], Reason: request.Sentencef("row_not_utf8", "this is not UTF-8: save the list as CSV in UTF-8")}
		}
		value[i.header[at]] = strings.TrimSpace(text)
	}
	delete(value, "")
	n := New{Gateway: value["gateway"], Title: value["title"], Reference: value["reference"], Due: value["due"], RemoteID: value["id"]}
	switch {
	case n.RemoteID == "" && value["link"] == "":
		return bad("id", request.Sentencef("row_no_id", "it names no request: give its id at the gateway"))
	case value["link"] != "":
		name, ids, err := i.desk.ReadLink(ctx, value["link"])
		switch {
		case err != nil:
			return bad("link", request.SentenceOf(err))
		case len(ids) > 1:
			return bad("link", request.Sentencef("row_several", "the link is for several requests: give each a row with its id"))
		case n.RemoteID != "" && n.RemoteID != ids[0]:
			return bad("link", request.Sentencef("row_other_request", "it is for another request than the id of this row: take one of the two out"))
		case n.Gateway != "" && n.Gateway != name:
			return bad("gateway", request.Sentencef("row_other_gateway", "the link is for gateway %s: take one of the two out", name))
		}
		n.Gateway, n.RemoteID = name, ids[0]
	case n.Gateway == "":
		n.Gateway = i.gateway
	}
	if err := i.chooseGateway(ctx, &n); err != nil {
		return bad("gateway", request.SentenceOf(err))
	}
	if err := checkRemoteID(n.RemoteID); err != nil {
		return bad("id", request.SentenceOf(err))
	}
	added, err := i.desk.describe(n)
	if err != nil {
		return bad("due", request.SentenceOf(err)) // everything else has been checked
	}
	return i.add(ctx, added)
}

// chooseGateway sets n.Gateway if it is empty. It returns an error if no gateway can be chosen, or if
// the gateway of n cannot take a request by its id.
func (i *importing) chooseGateway(ctx context.Context, n *New) error {
	if n.Gateway == "" {
		i.chooseDefault(ctx)
		n.Gateway = i.gateway
	}
	if n.Gateway == "" {
		return request.Errorf("row_no_gateway", "it names no gateway, and several or none of this desk sign requests by their id: say which one")
	}
	why, known := i.fits[n.Gateway]
	if !known {
		g, err := i.desk.open(ctx, n.Gateway)
		if err == nil {
			err = fits(n.Gateway, g, New{RemoteID: n.RemoteID})
		}
		why, i.fits[n.Gateway] = err, err
	}
	return why
}

// chooseDefault sets the gateway of rows that name none, as [Desk.Import] says. It leaves the gateway
// empty if none can be chosen.
func (i *importing) chooseDefault(ctx context.Context) {
	profiles, err := i.desk.Gateways()
	if err != nil {
		return
	}
	var able []string
	for _, p := range profiles.List {
		g, err := i.desk.openProfile(ctx, p)
		switch {
		case err != nil || !g.Capabilities().AcceptsIDs:
		case p.Name == profiles.Default:
			i.gateway = p.Name
			return
		case !p.Practice:
			able = append(able, p.Name)
		}
	}
	if len(able) == 1 {
		i.gateway = able[0]
	}
}

func (i *importing) add(ctx context.Context, added *request.Added) error {
	name := [2]string{added.Gateway, added.RemoteID}
	before, err := i.desk.ledger.FindByRemoteID(ctx, added.Gateway, added.RemoteID)
	if err != nil {
		return err
	}
	if i.seen[name] || len(before) > 0 {
		i.result.Known++
		return nil
	}
	i.seen[name] = true
	if added.Title == "" {
		added.Title = titleOf(added)
	}
	i.batch = append(i.batch, ledger.Change{
		ID: i.desk.cfg.NewID(), Events: []request.Event{{Kind: request.KindAdded, By: i.desk.cfg.Person, Added: added}},
	})
	return nil
}

func (i *importing) flush(ctx context.Context) error {
	if len(i.batch) == 0 {
		return nil
	}
	after, err := i.desk.ledger.Append(ctx, i.batch...)
	if err != nil {
		return err
	}
	i.batch = nil
	i.result.Added += len(after)
	return i.each(after...)
}

// rows reads CSV row by row. A faulty row ends with its line: a quote that is never closed must not
// take everything after it along.
type rows struct {
	rest      []byte
	line      int // number of the line on which rest begins
	separator rune
}

// separatorLine matches the first line by which programs tell Excel the separator.
var separatorLine = regexp.MustCompile(`^(?i:"?sep=)([,;|\t])"?$`)

func newRows(text []byte) *rows {
	head, rest, _ := bytes.Cut(text, []byte("\n"))
	if found := separatorLine.FindSubmatch(bytes.TrimRight(head, " \r")); found != nil {
		return &rows{rest: rest, line: 2, separator: rune(found[1][0])}
	}
	r := &rows{rest: text, line: 1, separator: ','}
	for _, s := range ";\t" {
		if bytes.Count(head, []byte(string(s))) > bytes.Count(head, []byte(string(r.separator))) {
			r.separator = s
		}
	}
	return r
}

// next returns the next row that is not empty, and the number of its first line. At the end, the row is
// nil. For a faulty row, the error is a [*RowFault], and the next call goes on after that row.
func (r *rows) next() ([]string, int, error) {
	for len(r.rest) > 0 {
		window := r.rest[:min(len(r.rest), maxRow)]
		reader := csv.NewReader(bytes.NewReader(window))
		reader.Comma, reader.FieldsPerRecord = r.separator, -1
		row, err := reader.Read()
		if errors.Is(err, io.EOF) { // nothing but empty lines
			r.advance(len(window))
			continue
		}
		used := int(reader.InputOffset())
		if cut := used == len(window) && used < len(r.rest) && window[used-1] != '\n'; err == nil && cut {
			err = request.Errorf("row_large", "the row has more than %d KB", maxRow>>10)
		}
		if err != nil {
			return nil, 0, r.skip(err, used == len(window))
		}
		line, _ := reader.FieldPos(0)
		line += r.line - 1
		r.advance(used)
		if slices.ContainsFunc(row, func(text string) bool { return strings.TrimSpace(text) != "" }) {
			return row, line, nil
		}
	}
	return nil, 0, nil
}

// skip advances past a faulty row and returns a [*RowFault] for it. cause is what is wrong with the
// row. When neverClosed is set, a quote is never closed, and only the first line counts as the row.
func (r *rows) skip(cause error, neverClosed bool) error {
	empty := len(r.rest) - len(bytes.TrimLeft(r.rest, "\r\n"))
	r.advance(empty)
	fault := &RowFault{Line: r.line, Reason: request.SentenceOf(cause)}
	if parse, ok := errors.AsType[*csv.ParseError](cause); ok {
		fault.Reason = request.Sentencef("row_quotes", "its quotes do not fit together: put one pair around the whole field, and double those within")
		if parse.Line == parse.StartLine {
			fault.Reason = request.Sentencef("row_near", "near character %d %s", parse.Column, fault.Reason)
		}
	}
	lines := 1
	if parse, ok := errors.AsType[*csv.ParseError](cause); ok && !neverClosed {
		lines += parse.Line - parse.StartLine
	}
	for ; lines > 0; lines-- {
		end := bytes.IndexByte(r.rest, '\n') + 1
		if end == 0 {
			end = len(r.rest)
		}
		r.advance(end)
	}
	return fault
}

func (r *rows) advance(n int) {
	r.line += bytes.Count(r.rest[:n], []byte("\n"))
	r.rest = r.rest[n:]
}
