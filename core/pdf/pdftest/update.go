package pdftest

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Object is an object of a PDF as it is written: its number, and what stands between "obj" and "endobj".
type Object struct {
	Number int
	Body   string
}

// Stream is the body of a stream.
func Stream(entries, data string) string {
	return fmt.Sprintf("<< /Length %d %s >>\nstream\n%s\nendstream", len(data), entries, data)
}

// Update adds objects to a file made by this package, new ones or new versions of old ones, as an incremental update.
func Update(t testing.TB, file []byte, objects ...Object) []byte {
	t.Helper()
	return UpdateWith(t, file, "", objects...)
}

// UpdateWith is Update with more entries in the trailer; a /Root among them takes the place of the old one.
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

// Find gives the newest version of the first object in which those words stand.
func Find(t testing.TB, file []byte, words string) Object {
	t.Helper()
	headers := regexp.MustCompile(`(?m)^(\d+) 0 obj\s`)
	for _, m := range headers.FindAllSubmatch(file, -1) {
		var o Object
		fmt.Sscan(string(m[1]), &o.Number)
		o.Body = Newest(t, file, o.Number)
		if strings.Contains(o.Body, words) {
			return o
		}
	}
	t.Fatalf("no object of the PDF has %q", words)
	return Object{}
}

// Newest gives the body of the newest version of an object.
func Newest(t testing.TB, file []byte, number int) string {
	t.Helper()
	start := fmt.Sprintf("\n%d 0 obj", number)
	at := bytes.LastIndex(file, []byte(start))
	if at < 0 {
		t.Fatalf("the PDF has no object %d of its own", number)
	}
	body, _, _ := bytes.Cut(file[at+len(start):], []byte("endobj"))
	return strings.TrimSpace(string(body))
}

// Replace gives an object with some of its words changed.
func (o Object) Replace(t testing.TB, old, with string) Object {
	t.Helper()
	if !strings.Contains(o.Body, old) {
		t.Fatalf("object %d has no %q: %s", o.Number, old, o.Body)
	}
	return Object{o.Number, strings.Replace(o.Body, old, with, 1)}
}
