package pdftest

import (
	"bytes"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// SignatureField is a signature field to be added by [Embed].
type SignatureField struct {
	SubFilter string   // without the slash; the entry is left out when empty. More entries may follow after a space
	Field     string   // the name of the form field
	Space     int      // bytes reserved for the signature value; 4096 when zero
	Untyped   bool     // the dictionary of the signature does not state its type
	Direct    string   // the field holds the dictionary of the signature itself, and these entries
	Unlisted  bool     // the form does not list the field
	Page      int      // the object number of the page that gets the field as its only annotation; none when zero
	More      []Object // further objects of the same update
}

var (
	rootEntry = regexp.MustCompile(`/Root (\d+) 0 R`)
	sizeEntry = regexp.MustCompile(`/Size (\d+)`)
	xrefStart = regexp.MustCompile(`startxref\s+(\d+)`)
	formEntry = regexp.MustCompile(`/AcroForm << /Fields \[(.*?)\] >>`)
)

// Embed returns a file made by [Plain] or Embed with one more signature field, whose value is what
// the function message returns for the covered bytes. Embed does not check the value, so that tests
// can embed wrong ones.
func Embed(t testing.TB, file []byte, slot SignatureField, message func(signed []byte) []byte) []byte {
	t.Helper()
	if slot.Space == 0 {
		slot.Space = 4096
	}
	root, size, prev := last(t, file, rootEntry), last(t, file, sizeEntry), last(t, file, xrefStart)
	widget := fmt.Sprintf("%d 0 R", size+1)
	fields := widget
	if slot.Unlisted {
		fields = ""
	}
	catalog := object(t, file, root)
	if m := formEntry.FindStringSubmatch(catalog); m != nil {
		fields = strings.TrimSpace(m[1] + " " + fields)
		catalog = formEntry.ReplaceAllString(catalog, "")
	}
	subFilter := ""
	if slot.SubFilter != "" {
		subFilter = "/SubFilter /" + slot.SubFilter
	}
	kind := "/Type /Sig "
	if slot.Untyped {
		kind = ""
	}
	const placeholder = "[0 0000000000 0000000000 0000000000]"
	out := append(bytes.Clone(file), '\n')
	offsets := map[int]int{}
	held, signature := fmt.Sprintf("%d 0 R", size), fmt.Sprintf("<< %s/Filter /Adobe.PPKLite %s /ByteRange %s /Contents <%s> >>",
		kind, subFilter, placeholder, strings.Repeat("0", 2*slot.Space))
	if slot.Direct != "" {
		held, signature = signature, "null"
	}
	objects := []Object{
		{size, signature},
		{size + 1, fmt.Sprintf("<< /FT /Sig /Type /Annot /Subtype /Widget /Rect [0 0 0 0] /T (%s) %s /V %s >>", slot.Field, slot.Direct, held)},
		{root, fmt.Sprintf("<<%s/AcroForm << /Fields [%s] >>\n>>", catalog, fields)},
	}
	if slot.Page != 0 {
		objects = append(objects, Object{slot.Page, fmt.Sprintf("<<%s/Annots [%s]\n>>", object(t, file, slot.Page), widget)})
	}
	highest := size + 1
	for _, o := range append(objects, slot.More...) {
		highest = max(highest, o.Number)
		offsets[o.Number] = len(out)
		out = fmt.Appendf(out, "%d 0 obj\n%s\nendobj\n", o.Number, o.Body)
	}
	xref := len(out)
	out = append(out, "xref\n"...)
	for _, number := range slices.Sorted(maps.Keys(offsets)) {
		out = fmt.Appendf(out, "%d 1\n%010d 00000 n \n", number, offsets[number])
	}
	out = fmt.Appendf(out, "trailer\n<< /Size %d /Root %d 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n", highest+1, root, prev, xref)

	next := offsets[size+1]
	if slot.Direct != "" {
		next = offsets[root]
	}
	from := bytes.LastIndexByte(out[:next], '<')
	to := from + 2*slot.Space + 2
	written := fmt.Sprintf("[0 %010d %010d %010d]", from, to, len(out)-to)
	at := bytes.LastIndex(out, []byte(placeholder))
	copy(out[at:], written)
	signed := append(bytes.Clone(out[:from]), out[to:]...)
	value := fmt.Sprintf("%x", message(signed))
	if len(value) > 2*slot.Space {
		t.Fatalf("a signature of %d bytes does not fit into %d", len(value)/2, slot.Space)
	}
	copy(out[from+1:], value)
	return out
}

// last returns the number in the last match of a pattern.
func last(t testing.TB, file []byte, entry *regexp.Regexp) int {
	t.Helper()
	all := entry.FindAllSubmatch(file, -1)
	if len(all) == 0 {
		t.Fatalf("the PDF has no %s", entry)
	}
	n, err := strconv.Atoi(string(all[len(all)-1][1]))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// object returns the entries of the newest version of an object that is a dictionary.
func object(t testing.TB, file []byte, number int) string {
	t.Helper()
	start := fmt.Sprintf("\n%d 0 obj\n<<", number)
	at := bytes.LastIndex(file, []byte(start))
	if at < 0 {
		t.Fatalf("the PDF has no object %d that is a dictionary", number)
	}
	body := file[at+len(start):]
	end := bytes.Index(body, []byte(">>\nendobj"))
	if end < 0 {
		t.Fatalf("object %d of the PDF has no end", number)
	}
	return string(body[:end])
}
