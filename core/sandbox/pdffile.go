package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/digitorus/pdf"
	"github.com/digitorus/pkcs7"
)

// Why a document cannot be signed, in words that go into the result of its process.
var (
	errNotPDF     = errors.New("the document is damaged or not a PDF, so it cannot be signed")
	errEncrypted  = errors.New("the document is encrypted or protected by a password, so it cannot be signed")
	errCertified  = errors.New("the document is certified against every further change, so it cannot be signed")
	errFieldInUse = errors.New("the signature field name is already in use in this document: every signature needs a name of its own")
	errNoSuchPage = errors.New("the document has no page with the number asked for the signature field")
)

// The walk over form fields is bounded: their tree comes from the file and may have loops.
const (
	maxFieldDepth = 32
	maxFields     = 100_000
)

// isPDF reports whether data claims to be a PDF from its first byte on.
func isPDF(data []byte) bool { return bytes.HasPrefix(data, []byte("%PDF-")) }

// pdfFile is a parsed PDF with what an incremental update needs to know of it. The values of the parser panic
// on a file that lies about itself: every method that follows them runs below recoverPDF.
type pdfFile struct {
	data   []byte
	reader *pdf.Reader
	// start is the offset of the newest cross-reference section; stream tells that it is a stream, not a table.
	start  int64
	stream bool
	// fields are the full names of all form fields.
	fields     map[string]bool
	walked     int
	signatures []pdf.Value
}

// signatureFact is one signature found in a document, for people to read. It is not a verdict.
type signatureFact struct {
	Signer string
	Time   string
}

// parsePDF reads data. The error is one of the sentences above.
func parsePDF(data []byte) (f *pdfFile, err error) {
	defer recoverPDF(&err)
	if !isPDF(data) {
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
	parsed := &pdfFile{data: data, reader: reader, fields: map[string]bool{}}
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

// recoverPDF turns a panic over a damaged or hostile file into errNotPDF.
func recoverPDF(err *error) {
	if recover() != nil {
		*err = errNotPDF
	}
}

func (f *pdfFile) catalog() pdf.Value { return f.reader.Trailer().Key("Root") }

// findCrossReferences locates the newest cross-reference section, which an update must point back to.
func (f *pdfFile) findCrossReferences() error {
	_, tail, found := cutLast(f.data, []byte("startxref"))
	if !found {
		return errNotPDF
	}
	words := bytes.Fields(tail[:min(len(tail), 64)])
	if len(words) == 0 {
		return errNotPDF
	}
	start, err := strconv.ParseInt(string(words[0]), 10, 64)
	if err != nil || start <= 0 || start >= int64(len(f.data)) {
		return errNotPDF
	}
	section := bytes.TrimLeft(f.data[start:], " \t\r\n")
	switch {
	case bytes.HasPrefix(section, []byte("xref")):
	case len(section) > 0 && section[0] >= '0' && section[0] <= '9':
		f.stream = true
	default:
		return errNotPDF
	}
	f.start = start
	return nil
}

// readFields collects the names of all form fields, and the signatures. The type of a field may be its parent's.
func (f *pdfFile) readFields(fields pdf.Value, parent, kind string, depth int) error {
	f.walked += fields.Len()
	if depth > maxFieldDepth || f.walked > maxFields {
		return errNotPDF
	}
	for i := range fields.Len() {
		field, name, kind := fields.Index(i), parent, kind
		if own := field.Key("T").Text(); own != "" {
			name = strings.TrimPrefix(parent+"."+own, ".")
			f.fields[name] = true
		}
		if own := field.Key("FT").Name(); own != "" {
			kind = own
		}
		if value := field.Key("V"); kind == "Sig" && value.Kind() == pdf.Dict {
			f.signatures = append(f.signatures, value)
		}
		if err := f.readFields(field.Key("Kids"), name, kind, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// lockedByCertification reports whether an earlier signature forbids all further change (DocMDP with P 1, ISO 32000-1, 12.8.2.2).
func (f *pdfFile) lockedByCertification() bool {
	for _, signature := range f.signatures {
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

// signaturesIn lists the signatures of a document, in the order of its form. A document that cannot be read has none to show.
func signaturesIn(data []byte) (list []signatureFact) {
	f, err := parsePDF(data)
	if err != nil {
		return nil
	}
	defer recoverPDF(&err)
	for _, signature := range f.signatures {
		fact := signatureFact{Signer: signerOf(signature), Time: "at an unknown time"}
		if at, err := parsePDFDate(signature.Key("M").Text()); err == nil {
			fact.Time = at.UTC().Format(timeForPeople)
		}
		list = append(list, fact)
	}
	return list
}

// signerOf names who signed: by certificate, else by what the signature says of itself.
func signerOf(signature pdf.Value) string {
	if p7, err := pkcs7.Parse([]byte(signature.Key("Contents").RawString())); err == nil {
		if c := p7.GetOnlySigner(); c != nil && c.Subject.CommonName != "" {
			return c.Subject.CommonName
		}
	}
	if name := signature.Key("Name").Text(); name != "" {
		return name
	}
	return "somebody unnamed"
}

const timeForPeople = "2 January 2006, 15:04 UTC"

// pdfDate writes t as a PDF date string (ISO 32000-1, 7.9.4).
func pdfDate(t time.Time) string {
	return fmt.Sprintf("D:%s+00'00'", t.UTC().Format("20060102150405"))
}

// parsePDFDate reads a PDF date string with all its parts, as signatures have.
func parsePDFDate(text string) (time.Time, error) {
	text = strings.ReplaceAll(strings.TrimPrefix(text, "D:"), "'", "")
	return time.Parse("20060102150405Z0700", text)
}

// cutLast cuts s around the last sep.
func cutLast(s, sep []byte) (before, after []byte, found bool) {
	i := bytes.LastIndex(s, sep)
	if i < 0 {
		return s, nil, false
	}
	return s[:i], s[i+len(sep):], true
}
