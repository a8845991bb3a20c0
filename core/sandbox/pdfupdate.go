package sandbox

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/digitorus/pdf"
)

// pdfUpdate is an incremental update in the making (ISO 32000-1, 7.5.6): objects to append behind the
// bytes that are there, none of which is touched.
type pdfUpdate struct {
	file    *pdfFile
	next    int
	objects map[int]pdfObject
}

type pdfObject struct {
	generation int
	body       string
}

// pdfDict is a dictionary with its values as they stand in a file.
type pdfDict map[string]string

func newPDFUpdate(f *pdfFile) *pdfUpdate {
	next := max(int(f.reader.Trailer().Key("Size").Int64()), len(f.reader.Xref()))
	return &pdfUpdate{file: f, next: next, objects: map[int]pdfObject{}}
}

// add appends a new object and gives its reference.
func (u *pdfUpdate) add(body string) (reference string) {
	number := u.next
	u.next++
	u.objects[number] = pdfObject{body: body}
	return fmt.Sprintf("%d 0 R", number)
}

// replace appends a new version of the object that v was read from.
func (u *pdfUpdate) replace(v pdf.Value, body string) {
	p := v.GetPtr()
	u.objects[int(p.GetID())] = pdfObject{generation: int(p.GetGen()), body: body}
}

// append adds item to the array under key in the dictionary v, whose new entries are in d. It reports
// whether v itself changed: where the array is an object of its own, that object is replaced instead.
func (u *pdfUpdate) append(v pdf.Value, d pdfDict, key, item string) (changed bool) {
	array := v.Key(key)
	var items []string
	for i := range array.Len() {
		items = append(items, write(array.Index(i), array, 0))
	}
	text := "[" + strings.Join(append(items, item), " ") + "]"
	if array.Kind() == pdf.Array && !sameObject(array, v) {
		u.replace(array, text)
		return false
	}
	d[key] = text
	return true
}

// addField enters a signature field into the document's form and onto its page.
func (u *pdfUpdate) addField(page pdf.Value, field string) {
	if d := entries(page, 0); u.append(page, d, "Annots", field) {
		u.replace(page, d.String())
	}
	catalog := u.file.catalog()
	form := catalog.Key("AcroForm")
	d := entries(form, 0)
	u.append(form, d, "Fields", field)
	d["SigFlags"] = "3" // signatures exist; append only (ISO 32000-1, table 219)
	if form.Kind() == pdf.Dict && !sameObject(form, catalog) {
		u.replace(form, d.String())
		return
	}
	whole := entries(catalog, 0)
	whole["AcroForm"] = d.String()
	u.replace(catalog, whole.String())
}

// bytes gives the whole file: the old bytes, the appended objects, a new cross-reference section of the
// same kind as the newest one, and the trailer.
func (u *pdfUpdate) bytes() []byte {
	var out bytes.Buffer
	out.Write(u.file.data)
	if !bytes.HasSuffix(u.file.data, []byte("\n")) {
		out.WriteByte('\n')
	}
	numbers := make([]int, 0, len(u.objects)+1)
	for n := range u.objects {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	offsets := map[int]int{}
	for _, n := range numbers {
		offsets[n] = out.Len()
		fmt.Fprintf(&out, "%d %d obj\n%s\nendobj\n", n, u.objects[n].generation, u.objects[n].body)
	}

	start := out.Len()
	if u.file.stream {
		offsets[u.next] = start
		numbers = append(numbers, u.next)
		u.writeCrossReferenceStream(&out, numbers, offsets)
	} else {
		u.writeCrossReferenceTable(&out, numbers, offsets)
	}
	fmt.Fprintf(&out, "startxref\n%d\n%%%%EOF\n", start)
	return out.Bytes()
}

func (u *pdfUpdate) writeCrossReferenceTable(out *bytes.Buffer, numbers []int, offsets map[int]int) {
	out.WriteString("xref\n")
	for _, run := range consecutive(numbers) {
		fmt.Fprintf(out, "%d %d\n", run[0], len(run))
		for _, n := range run {
			fmt.Fprintf(out, "%010d %05d n\r\n", offsets[n], u.objects[n].generation)
		}
	}
	fmt.Fprintf(out, "trailer\n%s\n", u.trailer(u.next))
}

// writeCrossReferenceStream writes the section as object u.next, which describes itself too.
func (u *pdfUpdate) writeCrossReferenceStream(out *bytes.Buffer, numbers []int, offsets map[int]int) {
	var table bytes.Buffer
	var index []string
	for _, run := range consecutive(numbers) {
		index = append(index, fmt.Sprintf("%d %d", run[0], len(run)))
		for _, n := range run {
			o, g := offsets[n], u.objects[n].generation
			table.Write([]byte{1, byte(o >> 24), byte(o >> 16), byte(o >> 8), byte(o), byte(g >> 8), byte(g)})
		}
	}
	d := u.trailer(u.next + 1)
	d["Type"] = "/XRef"
	d["Index"] = "[" + strings.Join(index, " ") + "]"
	d["W"] = "[1 4 2]"
	d["Length"] = fmt.Sprint(table.Len())
	fmt.Fprintf(out, "%d 0 obj\n%s\nstream\n%s\nendstream\nendobj\n", u.next, d, table.Bytes())
}

func (u *pdfUpdate) trailer(size int) pdfDict {
	old := u.file.reader.Trailer()
	all := entries(old, 0)
	d := pdfDict{"Size": fmt.Sprint(size), "Root": all["Root"], "Prev": fmt.Sprint(u.file.start)}
	if info, ok := all["Info"]; ok {
		d["Info"] = info
	}
	if id := old.Key("ID"); id.Len() == 2 {
		// The first half names the document for good, the second this version of it (ISO 32000-1, 14.4).
		version := sha256.Sum256(u.file.data)
		d["ID"] = fmt.Sprintf("[%s <%x>]", write(id.Index(0), id, 0), version[:16])
	}
	return d
}

func (d pdfDict) String() string {
	var b strings.Builder
	b.WriteString("<<")
	for _, key := range slices.Sorted(maps.Keys(d)) {
		fmt.Fprintf(&b, "/%s %s\n", escapeName(key), d[key])
	}
	b.WriteString(">>")
	return b.String()
}

// maxDepth bounds how deep direct objects may be nested.
const maxDepth = 64

// entries gives the entries of a dictionary, references as references.
func entries(v pdf.Value, depth int) pdfDict {
	d := pdfDict{}
	for _, key := range v.Keys() {
		d[key] = write(v.Key(key), v, depth+1)
	}
	return d
}

// write gives v, found in the object in, as it stands in a file. The parser resolves references as it goes:
// a value read from another object than its container was one.
func write(v, in pdf.Value, depth int) string {
	if depth > maxDepth {
		panic("nested too deep") // recoverPDF
	}
	if !v.IsNull() && !sameObject(v, in) {
		p := v.GetPtr()
		return fmt.Sprintf("%d %d R", p.GetID(), p.GetGen())
	}
	switch v.Kind() {
	case pdf.Bool:
		return fmt.Sprint(v.Bool())
	case pdf.Integer:
		return fmt.Sprint(v.Int64())
	case pdf.Real:
		return strconv.FormatFloat(v.Float64(), 'f', -1, 64)
	case pdf.String:
		return fmt.Sprintf("<%x>", v.RawString())
	case pdf.Name:
		return "/" + escapeName(v.Name())
	case pdf.Dict:
		return entries(v, depth).String()
	case pdf.Array:
		items := make([]string, v.Len())
		for i := range items {
			items[i] = write(v.Index(i), v, depth+1)
		}
		return "[" + strings.Join(items, " ") + "]"
	default:
		return "null"
	}
}

func sameObject(a, b pdf.Value) bool {
	return a.GetPtr() == b.GetPtr()
}

// escapeName writes the characters of a name that would end it as #xx (ISO 32000-1, 7.3.5).
func escapeName(name string) string {
	var b strings.Builder
	for _, c := range []byte(name) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte("()<>[]{}/%#", c) >= 0 {
			fmt.Fprintf(&b, "#%02x", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// consecutive splits sorted numbers into runs without gaps.
func consecutive(numbers []int) [][]int {
	var runs [][]int
	for i, n := range numbers {
		if i == 0 || n != numbers[i-1]+1 {
			runs = append(runs, nil)
		}
		last := len(runs) - 1
		runs[last] = append(runs[last], n)
	}
	return runs
}
