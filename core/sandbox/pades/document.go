package pades

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/digitorus/pkcs7"
)

// The trees of form fields and of pages come from the file and may contain loops, so reading them is bounded.
const (
	maxDepth  = 32        // levels of a tree
	maxFields = 100_000   // form fields
	maxPages  = 1_000_000 // nodes of the page tree
)

// IsPDF reports whether data has the header of a PDF where readers look for it.
func IsPDF(data []byte) bool { return headerOffset(data) >= 0 }

// document is a PDF that was parsed, with its pages, its form fields and its signatures, which an incremental update needs.
type document struct {
	*file
	catalog value
	pages   []page

	fields     map[string]bool // the fully qualified names of all form fields (ISO 32000-1, 12.7.3.2)
	visited    int             // how many fields have been read, for maxFields
	signatures []value         // the signature dictionaries
}

// page is a page of a document: its dictionary, and the reference to it. A page is always an indirect object.
type page struct {
	reference reference
	value     value
	rotation  int // by how many degrees readers turn it clockwise: 0, 90, 180 or 270
}

// parse reads a document. The error is errNotPDF or errEncrypted; d is nil then.
func parse(data []byte) (d *document, err error) {
	defer func() {
		if err != nil {
			d = nil
		}
	}()
	defer recoverDamaged(&err)
	d = &document{file: readFile(data), fields: map[string]bool{}}
	if !d.trailer.member("Encrypt").isNull() {
		return nil, errEncrypted
	}
	d.catalog = d.get(d.trailer, "Root")
	nodes := 0
	d.readPages(d.catalog.member("Pages"), 0, &nodes, 0)
	if len(d.pages) == 0 {
		return nil, errNotPDF
	}
	d.readFields(d.items(d.get(d.catalog, "AcroForm"), "Fields"), "", "", 0)
	return d, nil
}

// recoverDamaged sets err to errNotPDF after a panic with errNotPDF, with which the methods of file report a damaged file. It lets other
// panics pass. It must be deferred directly.
func recoverDamaged(err *error) {
	switch r := recover(); r {
	case nil:
	case errNotPDF:
		*err = errNotPDF
	default:
		panic(r)
	}
}

// readPages appends the pages of a page tree (ISO 32000-1, 7.7.3.2) to d.pages, in their order. rotation is that of the node above,
// which pages inherit. nodes counts the nodes that have been read, for maxPages; depth is the depth of node in the tree. It panics with
// errNotPDF for a malformed node and beyond the limits.
func (d *document) readPages(node value, rotation int, nodes *int, depth int) {
	*nodes++
	r, ok := node.reference()
	v := d.resolve(node)
	if !ok || !v.isDictionary() || depth > maxDepth || *nodes > maxPages {
		panic(errNotPDF)
	}
	if own, err := strconv.Atoi(string(d.get(v, "Rotate"))); err == nil {
		rotation = (own%360 + 360) % 360 / 90 * 90
	}
	kids := d.get(v, "Kids")
	if d.get(v, "Type").name() == "Page" || kids == nil {
		d.pages = append(d.pages, page{r, v, rotation})
		return
	}
	for _, kid := range kids.items() {
		d.readPages(kid, rotation, nodes, depth+1)
	}
}

// readFields collects in d the names of fields and of all their descendants, and the values of those that are signatures. parent is
// the qualified name of the field above these fields, and kind the type of that field, which they inherit. It panics with errNotPDF
// beyond maxDepth or maxFields.
func (d *document) readFields(fields []value, parent, kind string, depth int) {
	d.visited += len(fields)
	if depth > maxDepth || d.visited > maxFields {
		panic(errNotPDF)
	}
	for _, item := range fields {
		field, name, kind := d.resolve(item), parent, kind
		if own := d.get(field, "T").text(); own != "" {
			name = strings.TrimPrefix(parent+"."+own, ".")
			d.fields[name] = true
		}
		if own := d.get(field, "FT").name(); own != "" {
			kind = own
		}
		if v := d.get(field, "V"); kind == "Sig" && v.isDictionary() {
			d.signatures = append(d.signatures, v)
		}
		d.readFields(d.items(field, "Kids"), name, kind, depth+1)
	}
}

// lockedByCertification reports whether a signature forbids all further changes: DocMDP with P 1 (ISO 32000-1, 12.8.2.2).
func (d *document) lockedByCertification() bool {
	for _, signature := range d.signatures {
		for _, item := range d.items(signature, "Reference") {
			reference := d.resolve(item)
			allowed, _ := d.get(d.get(reference, "TransformParams"), "P").integer()
			if d.get(reference, "TransformMethod").name() == "DocMDP" && allowed == 1 {
				return true
			}
		}
	}
	return false
}

// Signatures returns the signatures of a PDF, in the order of its form fields, without verifying them. It returns none for data that
// cannot be read.
func Signatures(data []byte) (list []Found) {
	d, err := parse(data)
	if err != nil {
		return nil
	}
	defer recoverDamaged(&err)
	for _, signature := range d.signatures {
		at, err := parseDate(d.get(signature, "M").text())
		if err != nil {
			at = time.Time{}
		}
		list = append(list, Found{Signer: d.signerOf(signature), Time: at})
	}
	return list
}

// FieldNames returns the fully qualified names of the form fields of a PDF, in no particular order. It returns none for data that cannot
// be read.
func FieldNames(data []byte) []string {
	d, err := parse(data)
	if err != nil {
		return nil
	}
	return slices.Collect(maps.Keys(d.fields))
}

// signerOf returns the common name in the signer's certificate, else the entry /Name, which may be empty.
func (d *document) signerOf(signature value) string {
	if p7, err := pkcs7.Parse(d.get(signature, "Contents").bytes()); err == nil {
		if c := p7.GetOnlySigner(); c != nil && c.Subject.CommonName != "" {
			return c.Subject.CommonName
		}
	}
	return d.get(signature, "Name").text()
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
