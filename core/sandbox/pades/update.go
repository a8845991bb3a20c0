package pades

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"
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
	next, _ := d.trailer.member("Size").integer()
	for number := range d.entries {
		next = max(next, number+1)
	}
	return &update{document: d, next: next, objects: map[int]object{}}
}

// add adds a new object and returns the reference to it.
func (u *update) add(body string) (reference string) {
	number := u.next
	u.next++
	u.objects[number] = object{body: body}
	return fmt.Sprintf("%d 0 R", number)
}

// replace adds a new version of an object.
func (u *update) replace(r reference, body value) {
	u.objects[r.number] = object{generation: r.generation, body: string(body)}
}

// appendItem adds item to the array at key of the dictionary v. It panics with errNotPDF when there is something else than an
// array. When the array is an indirect object, that object is replaced. Otherwise the new array is put into changes, and the
// caller must then replace v.
func (u *update) appendItem(v value, changes dictionary, key, item string) {
	old := v.member(key)
	r, indirect := old.reference()
	array := u.document.resolve(old)
	switch {
	case array.isNull():
		changes[key] = "[" + item + "]"
	case !array.isArray():
		panic(errNotPDF)
	case !indirect:
		changes[key] = string(insert(array, len("]"), " "+item))
	default:
		u.replace(r, insert(array, len("]"), " "+item))
	}
}

// insert returns v with text before its last length bytes.
func insert(v value, length int, text string) value {
	at := len(v) - length
	return slices.Concat(v[:at], value(text), v[at:])
}

// withChanges returns the dictionary v with other values at the keys of changes. All its other bytes stay as they are.
func (v value) withChanges(changes dictionary) value {
	missing := maps.Clone(changes)
	var out value
	copied := 0
	for _, m := range v.members() {
		if changed, ok := changes[m.key]; ok {
			out = append(out, v[copied:m.start]...)
			out = append(out, " "+changed...)
			copied = m.to
			delete(missing, m.key)
		}
	}
	out = append(out, v[copied:]...)
	for _, key := range slices.Sorted(maps.Keys(missing)) {
		out = insert(out, len(">>"), fmt.Sprintf("\n/%s %s", key, missing[key]))
	}
	return out
}

// addField adds field, a reference to a signature field, to the interactive form and to the annotations of p.
func (u *update) addField(p page, field string) {
	changes := dictionary{}
	if u.appendItem(p.value, changes, "Annots", field); len(changes) > 0 {
		u.replace(p.reference, p.value.withChanges(changes))
	}
	d := u.document
	changes = dictionary{"SigFlags": "3"} // SignaturesExist and AppendOnly (ISO 32000-1, table 219)
	old := d.catalog.member("AcroForm")
	form := d.resolve(old)
	if form.isNull() {
		form = value("<<>>")
	} else if !form.isDictionary() {
		panic(errNotPDF)
	}
	u.appendItem(form, changes, "Fields", field)
	form = form.withChanges(changes)
	if r, ok := old.reference(); ok && d.object(r) != nil {
		u.replace(r, form)
		return
	}
	root, ok := d.trailer.member("Root").reference()
	if !ok {
		panic(errNotPDF)
	}
	u.replace(root, d.catalog.withChanges(dictionary{"AcroForm": string(form)}))
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
		offsets[n] = out.Len() - u.document.base
		fmt.Fprintf(&out, "%d %d obj\n%s\nendobj\n", n, u.objects[n].generation, u.objects[n].body)
	}

	start := out.Len() - u.document.base
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
			table.Write([]byte{1, byte(o >> 24), byte(o >> 16), byte(o >> 8), byte(o), byte(g >> 8), byte(g)}) // #nosec G115 -- each byte of the numbers by itself
		}
	}
	d := u.trailer(u.next + 1)
	d["Type"] = "/XRef"
	d["Index"] = "[" + strings.Join(index, " ") + "]"
	d["W"] = "[1 4 2]"
	d["Length"] = fmt.Sprint(table.Len())
	fmt.Fprintf(out, "%d 0 obj\n%s\nstream\n%s\nendstream\nendobj\n", u.next, d, table.Bytes())
}

// sectionKeys are the keys of a trailer that describe one cross-reference section only (ISO 32000-1, tables 5, 15, 17 and 19).
var sectionKeys = []string{
	"Size", "Prev", "XRefStm", "Type", "Index", "W", "Length", "Filter", "DecodeParms", "F", "FFilter", "FDecodeParms", "DL",
}

// trailer returns the entries of the new trailer. Entries of the old trailer stay as they are written, except those in sectionKeys. size is
// the new value of /Size.
func (u *update) trailer(size int) dictionary {
	d := dictionary{}
	old := u.document.trailer
	for _, m := range old.members() {
		d[m.key] = string(old[m.start:m.to])
	}
	maps.DeleteFunc(d, func(key, _ string) bool { return slices.Contains(sectionKeys, key) })
	d["Size"], d["Prev"] = fmt.Sprint(size), fmt.Sprint(u.document.start)
	if id := u.document.items(old, "ID"); len(id) == 2 {
		// The first half identifies the document, the second this version of it (ISO 32000-1, 14.4).
		version := sha256.Sum256(u.document.data)
		d["ID"] = fmt.Sprintf("[%s <%x>]", id[0], version[:16])
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
