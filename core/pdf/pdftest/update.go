package pdftest

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Object is an indirect object of a PDF. Body is the text between "obj" and "endobj".
type Object struct {
	Number int
	Body   string
}

// Stream returns the body of a stream object. entries are those of its dictionary besides /Length.
func Stream(entries, data string) string {
	return fmt.Sprintf("<< /Length %d %s >>\nstream\n%s\nendstream", len(data), entries, data)
}

// Update returns a file of this package with an incremental update: new objects, or new versions of existing ones.
func Update(t testing.TB, file []byte, objects ...Object) []byte {
	t.Helper()
	return UpdateWith(t, file, "", objects...)
}

// UpdateWith is [Update] with more entries in the trailer. A /Root among them replaces the current one.
func UpdateWith(t testing.TB, file []byte, trailer string, objects ...Object) []byte {
	t.Helper()
	size, prev := last(t, file, sizeEntry), last(t, file, xrefStart)
	if !strings.Contains(trailer, "/Root") {
		trailer += fmt.Sprintf(" /Root %d 0 R", last(t, file, rootEntry))
	}
	out := bytes.Clone(file)
	if !bytes.HasSuffix(out, []byte("\n")) {
		out = append(out, '\n')
	}
	objects = slices.SortedFunc(slices.Values(objects), func(a, b Object) int { return a.Number - b.Number })
	table := "xref\n"
	for _, o := range objects {
		table += fmt.Sprintf("%d 1\n%010d 00000 n \n", o.Number, len(out))
		out = fmt.Appendf(out, "%d 0 obj\n%s\nendobj\n", o.Number, o.Body)
		size = max(size, o.Number+1)
	}
	xref := len(out)
	return fmt.Appendf(out, "%strailer\n<< /Size %d /Prev %d %s >>\nstartxref\n%d\n%%%%EOF\n", table, size, prev, trailer, xref)
}

// Find returns the newest version of the first object whose body contains text.
func Find(t testing.TB, file []byte, text string) Object {
	t.Helper()
	headers := regexp.MustCompile(`(?m)^(\d+) 0 obj\s`)
	for _, m := range headers.FindAllSubmatch(file, -1) {
		var o Object
		_, _ = fmt.Sscan(string(m[1]), &o.Number)
		o.Body = newest(t, file, o.Number)
		if strings.Contains(o.Body, text) {
			return o
		}
	}
	t.Fatalf("no object of the PDF has %q", text)
	return Object{}
}

// newest returns the body of the newest version of an object.
func newest(t testing.TB, file []byte, number int) string {
	t.Helper()
	start := fmt.Sprintf("\n%d 0 obj", number)
	at := bytes.LastIndex(file, []byte(start))
	if at < 0 {
		t.Fatalf("the PDF has no object %d", number)
	}
	body, _, _ := bytes.Cut(file[at+len(start):], []byte("endobj"))
	return strings.TrimSpace(string(body))
}

// Replace returns the object with the first occurrence of old replaced. Its absence fails the test.
func (o Object) Replace(t testing.TB, old, with string) Object {
	t.Helper()
	if !strings.Contains(o.Body, old) {
		t.Fatalf("object %d has no %q: %s", o.Number, old, o.Body)
	}
	return Object{o.Number, strings.Replace(o.Body, old, with, 1)}
}
