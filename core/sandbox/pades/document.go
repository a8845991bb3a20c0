package pades

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/digitorus/pdf"
	"github.com/digitorus/pkcs7"
)

// The tree of form fields comes from the file and may contain loops, so reading it is bounded.
const (
	maxFieldDepth = 32
	maxFields     = 100_000
)

// IsPDF reports whether data begins with the header of a PDF.
func IsPDF(data []byte) bool { return bytes.HasPrefix(data, []byte("%PDF-")) }

// document is a parsed PDF, with what an incremental update needs. The values of the parser panic when they are followed in a
// damaged file, so whatever follows them must run below a deferred recoverDamaged.
type document struct {
	data   []byte
	reader *pdf.Reader
	start  int64 // the offset of the last cross-reference section
	stream bool  // that section is a stream (ISO 32000-1, 7.5.8), not a table (7.5.4)

	fields     map[string]bool // the fully qualified names of all form fields (ISO 32000-1, 12.7.3.2)
	visited    int             // how many fields have been read, for maxFields
	signatures []pdf.Value
}

// parse reads a document. Its errors are errNotPDF and errEncrypted.
func parse(data []byte) (d *document, err error) {
	defer recoverDamaged(&err)
	if !IsPDF(data) {
		return nil, errNotPDF
	}
	if err := checkBounds(data); err != nil {
		return nil, err
	}
	file := boundedFile{bytes.NewReader(data), time.Now().Add(maxReadingTime)}
	reader, err := pdf.NewReader(file, int64(len(data)))
	switch {
	case err != nil && bytes.Contains(data, []byte("/Encrypt")):
		return nil, errEncrypted
	case err != nil:
		return nil, errNotPDF
	case !reader.Trailer().Key("Encrypt").IsNull():
		return nil, errEncrypted
	}
	parsed := &document{data: data, reader: reader, fields: map[string]bool{}}
	if err := parsed.findCrossReferences(); err != nil {
		return nil, err
	}
	if parsed.catalog().Kind() != pdf.Dict || reader.NumPage() < 1 {
		return nil, errNotPDF
	}
	if err := parsed.readFields(parsed.catalog().Key("AcroForm").Key("Fields"), "", "", 0); err != nil {
		return nil, err
	}
	return parsed, nil
}

// recoverDamaged turns a panic of the PDF library into errNotPDF. It must be deferred directly.
func recoverDamaged(err *error) {
	if recover() != nil {
		*err = errNotPDF
	}
}

func (d *document) catalog() pdf.Value { return d.reader.Trailer().Key("Root") }

// findCrossReferences finds the last cross-reference section, to which an update must refer.
func (d *document) findCrossReferences() error {
	at := bytes.LastIndex(d.data, []byte("startxref"))
	if at < 0 {
		return errNotPDF
	}
	tail := d.data[at+len("startxref"):]
	tokens := bytes.Fields(tail[:min(len(tail), 64)])
	if len(tokens) == 0 {
		return errNotPDF
	}
	start, err := strconv.ParseInt(string(tokens[0]), 10, 64)
	if err != nil || start <= 0 || start >= int64(len(d.data)) {
		return errNotPDF
	}
	section := bytes.TrimLeft(d.data[start:], " \t\r\n")
	switch {
	case bytes.HasPrefix(section, []byte("xref")):
	case len(section) > 0 && section[0] >= '0' && section[0] <= '9':
		d.stream = true
	default:
		return errNotPDF
	}
	d.start = start
	return nil
}

// readFields collects the names of fields and of all their descendants, and the signatures. parent is the qualified name of the
// field above them, and kind its type, which they inherit.
func (d *document) readFields(fields pdf.Value, parent, kind string, depth int) error {
	d.visited += fields.Len()
	if depth > maxFieldDepth || d.visited > maxFields {
		return errNotPDF
	}
	for i := range fields.Len() {
		field, name, kind := fields.Index(i), parent, kind
		if own := field.Key("T").Text(); own != "" {
			name = strings.TrimPrefix(parent+"."+own, ".")
			d.fields[name] = true
		}
		if own := field.Key("FT").Name(); own != "" {
			kind = own
		}
		if value := field.Key("V"); kind == "Sig" && value.Kind() == pdf.Dict {
			d.signatures = append(d.signatures, value)
		}
		if err := d.readFields(field.Key("Kids"), name, kind, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// lockedByCertification reports whether a signature forbids all further changes: DocMDP with P 1 (ISO 32000-1, 12.8.2.2).
func (d *document) lockedByCertification() bool {
	for _, signature := range d.signatures {
		references := signature.Key("Reference")
		for i := range references.Len() {
			reference := references.Index(i)
			if reference.Key("TransformMethod").Name() == "DocMDP" && reference.Key("TransformParams").Key("P").Int64() == 1 {
				return true
			}
		}
	}
	return false
}

// Signatures returns the signatures of a PDF, in the order of its form fields. It returns none for data that cannot be read.
func Signatures(data []byte) (list []Found) {
	d, err := parse(data)
	if err != nil {
		return nil
	}
	defer recoverDamaged(&err)
	for _, signature := range d.signatures {
		at, err := parseDate(signature.Key("M").Text())
		if err != nil {
			at = time.Time{}
		}
		list = append(list, Found{Signer: signerOf(signature), Time: at})
	}
	return list
}

// signerOf returns the common name in the signer's certificate, else the entry /Name, which may be empty.
func signerOf(signature pdf.Value) string {
	if p7, err := pkcs7.Parse([]byte(signature.Key("Contents").RawString())); err == nil {
		if c := p7.GetOnlySigner(); c != nil && c.Subject.CommonName != "" {
			return c.Subject.CommonName
		}
	}
	return signature.Key("Name").Text()
}

// formatDate formats t as a date (ISO 32000-1, 7.9.4).
func formatDate(t time.Time) string {
	return fmt.Sprintf("D:%s+00'00'", t.UTC().Format("20060102150405"))
}

// parseDate parses a date that has all its parts (ISO 32000-1, 7.9.4).
func parseDate(text string) (time.Time, error) {
	text = strings.ReplaceAll(strings.TrimPrefix(text, "D:"), "'", "")
	return time.Parse("20060102150405Z0700", text)
}
