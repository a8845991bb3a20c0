package pades

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

// update is an incremental update that is being built (ISO 32000-1, 7.5.6): the objects to be appended to a document, by their
// numbers. The bytes of the document stay as they are.
type update struct {
	document *document
	next     int // the number of the next new object
	objects  map[int]object
}

type object struct {
	generation int
	body       string
}

// dictionary is a PDF dictionary. Its keys are names without the slash; its values are formatted as in a file.
type dictionary map[string]string

func newUpdate(d *document) *update {
	next := max(int(d.reader.Trailer().Key("Size").Int64()), len(d.reader.Xref()))
	return &update{document: d, next: next, objects: map[int]object{}}
}

// add adds a new object and returns the reference to it.
func (u *update) add(body string) (reference string) {
	number := u.next
	u.next++
	u.objects[number] = object{body: body}
	return fmt.Sprintf("%d 0 R", number)
}

// replace adds a new version of the object that v was read from.
func (u *update) replace(v pdf.Value, body string) {
	p := v.GetPtr()
	u.objects[int(p.GetID())] = object{generation: int(p.GetGen()), body: body}
}

// appendItem adds item to the array at key of the dictionary v. When the array is an indirect object, that object is replaced.
// Otherwise the new array is put into entries, and changed is true: the caller must then replace v.
func (u *update) appendItem(v pdf.Value, entries dictionary, key, item string) (changed bool) {
	array := v.Key(key)
	var items []string
	for i := range array.Len() {
		items = append(items, format(array.Index(i), array, 0))
	}
	text := "[" + strings.Join(append(items, item), " ") + "]"
	if array.Kind() == pdf.Array && !sameObject(array, v) {
		u.replace(array, text)
		return false
	}
	entries[key] = text
	return true
}

// addField adds field, a reference to a signature field, to the interactive form and to the annotations of page.
func (u *update) addField(page pdf.Value, field string) {
	if d := entriesOf(page, 0); u.appendItem(page, d, "Annots", field) {
		u.replace(page, d.String())
	}
	catalog := u.document.catalog()
	form := catalog.Key("AcroForm")
	d := entriesOf(form, 0)
	u.appendItem(form, d, "Fields", field)
	d["SigFlags"] = "3" // SignaturesExist and AppendOnly (ISO 32000-1, table 219)
	if form.Kind() == pdf.Dict && !sameObject(form, catalog) {
		u.replace(form, d.String())
		return
	}
	whole := entriesOf(catalog, 0)
	whole["AcroForm"] = d.String()
	u.replace(catalog, whole.String())
}

// bytes returns the updated file: the bytes of the document, the added objects, a cross-reference section of the same kind as the
// document's last one, and a trailer.
func (u *update) bytes() []byte {
	var out bytes.Buffer
	out.Write(u.document.data)
	if !bytes.HasSuffix(u.document.data, []byte("\n")) {
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
	if u.document.stream {
		offsets[u.next] = start
		numbers = append(numbers, u.next)
		u.writeCrossReferenceStream(&out, numbers, offsets)
	} else {
		u.writeCrossReferenceTable(&out, numbers, offsets)
	}
	fmt.Fprintf(&out, "startxref\n%d\n%%%%EOF\n", start)
	return out.Bytes()
}

func (u *update) writeCrossReferenceTable(out *bytes.Buffer, numbers []int, offsets map[int]int) {
	out.WriteString("xref\n")
	for _, run := range consecutive(numbers) {
		fmt.Fprintf(out, "%d %d\n", run[0], len(run))
		for _, n := range run {
			fmt.Fprintf(out, "%010d %05d n\r\n", offsets[n], u.objects[n].generation)
		}
	}
	fmt.Fprintf(out, "trailer\n%s\n", u.trailer(u.next))
}

// writeCrossReferenceStream writes the section as the object u.next, which has an entry of its own in it (ISO 32000-1, 7.5.8).
func (u *update) writeCrossReferenceStream(out *bytes.Buffer, numbers []int, offsets map[int]int) {
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

func (u *update) trailer(size int) dictionary {
	old := u.document.reader.Trailer()
	all := entriesOf(old, 0)
	d := dictionary{"Size": fmt.Sprint(size), "Root": all["Root"], "Prev": fmt.Sprint(u.document.start)}
	if info, ok := all["Info"]; ok {
		d["Info"] = info
	}
	if id := old.Key("ID"); id.Len() == 2 {
		// The first half identifies the document, the second this version of it (ISO 32000-1, 14.4).
		version := sha256.Sum256(u.document.data)
		d["ID"] = fmt.Sprintf("[%s <%x>]", format(id.Index(0), id, 0), version[:16])
	}
	return d
}

func (d dictionary) String() string {
	var b strings.Builder
	b.WriteString("<<")
	for _, key := range slices.Sorted(maps.Keys(d)) {
		fmt.Fprintf(&b, "/%s %s\n", escapeName(key), d[key])
	}
	b.WriteString(">>")
	return b.String()
}

// maxDepth is how deep direct objects may be nested.
const maxDepth = 64

// entriesOf returns the formatted entries of the dictionary v. References stay references.
func entriesOf(v pdf.Value, depth int) dictionary {
	d := dictionary{}
	for _, key := range v.Keys() {
		d[key] = format(v.Key(key), v, depth+1)
	}
	return d
}

// format formats v, which was found in the value in. The parser resolves references while it reads, so a value that comes from
// another object than its container was a reference, and is formatted as one. It panics when v is nested deeper than maxDepth.
func format(v, in pdf.Value, depth int) string {
	if depth > maxDepth {
		panic("nested too deep") // see recoverDamaged
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
		return entriesOf(v, depth).String()
	case pdf.Array:
		items := make([]string, v.Len())
		for i := range items {
			items[i] = format(v.Index(i), v, depth+1)
		}
		return "[" + strings.Join(items, " ") + "]"
	default:
		return "null"
	}
}

func sameObject(a, b pdf.Value) bool {
	return a.GetPtr() == b.GetPtr()
}

// escapeName writes as #xx the characters that may not stand in a name as they are (ISO 32000-1, 7.3.5).
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

// consecutive splits sorted numbers into runs of consecutive ones.
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
