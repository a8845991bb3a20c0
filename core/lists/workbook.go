package lists

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"slices"
	"strings"

	"countersign/core/request"
)

// The limits of a workbook. A small file can claim to be of any size, so each is checked while it is unpacked.
const (
	maxPart       = 32 << 20 // bytes of a part that is read as a whole: the list of sheets, the formats
	maxUnpacked   = 8 << 30  // bytes of a sheet, or of the texts of a workbook
	maxStep       = 4 << 20  // bytes between two rows of a sheet, or between two texts
	maxSheetRows  = 1 << 20  // rows of a sheet; Excel's own limit
	maxSheets     = 1000
	maxCellFormat = 100_000 // formats of cells
)

// errWorkbook is returned for a ZIP file that is no workbook, or a damaged one.
var errWorkbook = request.Errorf("list_workbook", "this is not an Excel workbook (.xlsx) that can be read: open it in the spreadsheet program, and save it as one, or as CSV")

func isZIP(head []byte) bool { return bytes.HasPrefix(head, []byte("PK\x03\x04")) }

// workbook is an open XLSX file (ECMA-376, part 1, section 18, SpreadsheetML).
type workbook struct {
	parts    map[string]*zip.File // by name in lower case
	sheets   []sheetPart
	date1904 bool   // dates are counted from 1904
	isDate   []bool // by the index of a cell's format
	texts    *texts
}

// sheetPart is a sheet of cells in a workbook.
type sheetPart struct {
	name   string
	path   string // of its part
	hidden bool
}

func openWorkbook(s source, o Options) (*file, error) {
	if o.Encoding != "" {
		return nil, request.Errorf("list_no_encoding", "a workbook has no encoding to choose: leave it out")
	}
	archive, err := zip.NewReader(s, s.size)
	if err != nil {
		return nil, errWorkbook
	}
	w := &workbook{parts: map[string]*zip.File{}}
	for _, f := range archive.File {
		name := partName(f.Name)
		if _, twice := w.parts[name]; !twice {
			w.parts[name] = f
		}
	}
	shared, err := w.open()
	if err != nil {
		return nil, err
	}
	sheet, err := w.choose(o.Sheet)
	if err != nil {
		return nil, err
	}
	if w.texts, err = readTexts(w.parts[shared], maxTextsInMemory); err != nil {
		return nil, err
	}
	return &file{
		info:  Info{Format: XLSX, Sheet: sheet.name, Sheets: w.sheetNames()},
		rows:  func() (rowReader, error) { return w.openSheet(sheet) },
		close: w.texts.close,
	}, nil
}

// partName returns the name of a part as it is looked up.
func partName(name string) string {
	return strings.ToLower(strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(name, `\`, "/")), "/"))
}

// choose returns the sheet with that name, or the first one that is not hidden when name is empty.
func (w *workbook) choose(name string) (sheetPart, error) {
	for _, s := range w.sheets {
		if s.name == name || name == "" && !s.hidden {
			return s, nil
		}
	}
	if name != "" {
		return sheetPart{}, request.Errorf("list_sheet_unknown", "the workbook has no sheet %s: choose one of %s", label(name), labels(w.sheetNames()))
	}
	if len(w.sheets) > 0 {
		return w.sheets[0], nil
	}
	return sheetPart{}, errWorkbook
}

func (w *workbook) sheetNames() []string {
	names := make([]string, len(w.sheets))
	for i, s := range w.sheets {
		names[i] = s.name
	}
	return names
}

// open reads what the workbook says about itself, and returns the name of the part with its texts.
func (w *workbook) open() (texts string, err error) {
	if _, text := w.parts["mimetype"]; text && w.parts["content.xml"] != nil {
		return "", request.Errorf("list_opendocument", "this is an OpenDocument spreadsheet: save it as an Excel workbook (.xlsx) or as CSV")
	}
	root := ""
	for _, r := range w.relations("") {
		if strings.HasSuffix(r.Type, "/officeDocument") {
			root = r.Target
			break
		}
	}
	if strings.HasSuffix(root, ".bin") {
		return "", request.Errorf("list_xlsb", "this is a binary workbook (.xlsb): save it as an Excel workbook (.xlsx) or as CSV")
	}
	var book struct {
		Properties struct {
			Date1904 string `xml:"date1904,attr"`
		} `xml:"workbookPr"`
		Sheets []struct {
			Name  string     `xml:"name,attr"`
			State string     `xml:"state,attr"`
			Attrs []xml.Attr `xml:",any,attr"` // among them the id of the sheet's relation
		} `xml:"sheets>sheet"`
	}
	if err := w.decode(root, &book); err != nil {
		return "", err
	}
	w.date1904 = book.Properties.Date1904 == "1" || book.Properties.Date1904 == "true"
	related := w.relations(root)
	for _, s := range book.Sheets[:min(len(book.Sheets), maxSheets)] {
		for _, a := range s.Attrs {
			if a.Name.Local != "id" {
				continue
			}
			at := slices.IndexFunc(related, func(r relation) bool { return r.ID == a.Value && strings.HasSuffix(r.Type, "/worksheet") })
			if at >= 0 && w.parts[related[at].Target] != nil {
				w.sheets = append(w.sheets, sheetPart{s.Name, related[at].Target, s.State == "hidden" || s.State == "veryHidden"})
			}
		}
	}
	for _, r := range related {
		switch {
		case strings.HasSuffix(r.Type, "/sharedStrings"):
			texts = r.Target
		case strings.HasSuffix(r.Type, "/styles"):
			if err := w.readFormats(r.Target); err != nil {
				return "", err
			}
		}
	}
	return texts, nil
}

// relation is what one part of a workbook says about another (ECMA-376, part 2, section 8.5).
type relation struct {
	ID     string `xml:"Id,attr"`
	Type   string `xml:"Type,attr"`
	Target string `xml:"Target,attr"`
}

// relations returns the relations of a part, with the names of parts as their targets. A part that says nothing
// has none.
func (w *workbook) relations(of string) []relation {
	folder, name := path.Split(of)
	var all struct {
		Relations []relation `xml:"Relationship"`
	}
	if err := w.decode(partName(folder+"_rels/"+name+".rels"), &all); err != nil {
		return nil
	}
	for i, r := range all.Relations {
		if !strings.HasPrefix(r.Target, "/") {
			r.Target = folder + r.Target
		}
		all.Relations[i].Target = partName(r.Target)
	}
	return all.Relations
}

// decode reads a small part as a whole.
func (w *workbook) decode(name string, into any) error {
	part := w.parts[name]
	if part == nil {
		return errWorkbook
	}
	content, err := part.Open()
	if err != nil {
		return errWorkbook
	}
	defer content.Close()
	text, err := io.ReadAll(io.LimitReader(content, maxPart+1))
	if err != nil || len(text) > maxPart || xml.Unmarshal(text, into) != nil {
		return errWorkbook
	}
	return nil
}

// readFormats finds out which formats of cells are those of dates.
func (w *workbook) readFormats(name string) error {
	var styles struct {
		Codes []struct {
			ID   int    `xml:"numFmtId,attr"`
			Code string `xml:"formatCode,attr"`
		} `xml:"numFmts>numFmt"`
		Formats []struct {
			Code int `xml:"numFmtId,attr"`
		} `xml:"cellXfs>xf"`
	}
	if err := w.decode(name, &styles); err != nil {
		return err
	}
	own := map[int]bool{}
	for _, c := range styles.Codes {
		own[c.ID] = isDateFormat(c.Code)
	}
	for _, f := range styles.Formats[:min(len(styles.Formats), maxCellFormat)] {
		date, known := own[f.Code]
		w.isDate = append(w.isDate, date || !known && isDateNumber(f.Code))
	}
	return nil
}

// isDateNumber reports whether one of the formats that every workbook has is one of dates (ECMA-376, part 1,
// section 18.8.30). Those for times of day alone are not.
func isDateNumber(id int) bool {
	return id >= 14 && id <= 17 || id == 22 || id >= 27 && id <= 31 || id == 36 || id >= 50 && id <= 54 || id == 57 || id == 58
}

// isDateFormat reports whether a format has a day, a month or a year. What is in quotes or brackets, or behind a
// backslash, is no part of the date.
func isDateFormat(code string) bool {
	var quoted, bracketed, escaped bool
	for _, r := range strings.ToLower(code) {
		switch {
		case escaped:
			escaped = false
		case r == '"':
			quoted = !quoted
		case quoted:
		case r == '[':
			bracketed = true
		case r == ']':
			bracketed = false
		case bracketed:
		case r == '\\', r == '_', r == '*':
			escaped = true
		case r == ';': // formats of other numbers
			return false
		case r == 'd', r == 'y':
			return true
		}
	}
	return false
}

// stepReader reads a part of a workbook that is unpacked on the way. It fails when the part is larger than is
// allowed, or when nothing came of maxStep bytes: next has to be called for each row or text.
type stepReader struct {
	io.ReadCloser
	left int64 // bytes until the next call of next is due
	read int64
}

func newStepReader(part *zip.File) (*stepReader, error) {
	content, err := part.Open()
	if err != nil {
		return nil, errWorkbook
	}
	return &stepReader{ReadCloser: content, left: maxStep}, nil
}

func (r *stepReader) next() { r.left = maxStep }

var errUnpacked = request.Errorf("list_unpacked", "the workbook unpacks to more than a list can have: copy the columns that are needed to a new workbook, and save it")

func (r *stepReader) Read(p []byte) (int, error) {
	if r.left <= 0 || r.read > maxUnpacked {
		return 0, errUnpacked
	}
	n, err := r.ReadCloser.Read(p[:min(len(p), 64<<10)])
	r.left -= int64(n)
	r.read += int64(n)
	return n, err
}

// explainXML returns the error of a part that cannot be read to its end.
func explainXML(err error) error {
	if errors.Is(err, errUnpacked) || errors.Is(err, errShortened) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return errWorkbook
}
