package pades

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func deflate(data []byte) []byte {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	_, _ = z.Write(data)
	_ = z.Close()
	return b.Bytes()
}

func TestFilesThatWouldExhaustTheReaderAreRefused(t *testing.T) {
	t.Parallel()
	plain := handMade(false, plainCatalog, onePage, plainPage)
	catalog := func(entry string) []byte {
		return handMade(false, "<</Type/Catalog/Pages 2 0 R"+entry+">>", onePage, plainPage)
	}
	for name, file := range map[string][]byte{
		"index of a table":       bytes.Replace(plain, []byte("xref\n0 4"), []byte("xref\n999999999999 1"), 1),
		"second part of a table": bytes.Replace(plain, []byte("trailer"), []byte("999999999999 1\n0000000000 00000 n\r\ntrailer"), 1),
		"nesting":                catalog("/X" + strings.Repeat("[", 3_000_000)),
		"dictionaries":           catalog("/X" + strings.Repeat("<</A", 1_000_000)),
		"kids without number":    handMade(false, plainCatalog, "<</Type/Pages/Count 1/Kids["+strings.Repeat("0 ", maxItems+1)+"]>>"),
		"array without an end":   catalog("/X [1 2"),
		"pages in a loop":        handMade(false, plainCatalog, "<</Type/Pages/Kids[2 0 R 2 0 R]/Count 1>>"),
		"sections in a loop":     bytes.Replace(plain, []byte("/Size 4"), fmt.Appendf(nil, "/Size 4/Prev %d", bytes.LastIndex(plain, []byte("xref\n0"))), 1),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := parse(file); !errors.Is(err, errNotPDF) {
				t.Errorf("error %v", err)
			}
		})
	}
	for name, object := range map[string]string{
		"brackets in a string": `([[[\)[` + strings.Repeat("[", 1000) + `)`,
		"a comment":            "1 % [[[ (\n",
		"brackets in a stream": "<</Length 600>>\nstream\n" + strings.Repeat("[", 600) + "\nendstream",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := parse(handMade(false, "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>", onePage, plainPage, object)); err != nil {
				t.Errorf("a harmless file is refused: %v", err)
			}
		})
	}
}

func TestReadingEndsAtItsDeadline(t *testing.T) {
	t.Parallel()
	read := func(d time.Duration) (err error) {
		defer recoverDamaged(&err)
		(&file{deadline: time.Now().Add(d)}).object(reference{number: 1})
		return err
	}
	if err := read(time.Hour); err != nil {
		t.Error(err)
	}
	if err := read(-time.Second); !errors.Is(err, errNotPDF) {
		t.Errorf("error %v", err)
	}
}

func TestStreamsInflateWithinABudget(t *testing.T) {
	t.Parallel()
	inflate := func(budget int) (err error) {
		defer recoverDamaged(&err)
		(&file{budget: budget}).inflate(deflate(make([]byte, 1000)))
		return err
	}
	if err := inflate(1000); err != nil {
		t.Error(err)
	}
	if err := inflate(999); !errors.Is(err, errNotPDF) {
		t.Errorf("error %v", err)
	}
}

func TestFieldsMayNotBeNestedWithoutABound(t *testing.T) {
	t.Parallel()
	for depth, want := range map[int]error{maxDepth - 1: nil, maxDepth + 1: errNotPDF} {
		fields := "[" + strings.Repeat("<</Kids[", depth) + strings.Repeat("]>>", depth) + "]"
		file := handMade(false, "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields"+fields+">>>>", onePage, plainPage)
		if _, err := parse(file); !errors.Is(err, want) {
			t.Errorf("%d levels: error %v, want %v", depth, err, want)
		}
	}
}

func TestStringsAndNamesAreDecoded(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		`(a\(b\)\\\n\101\1012\
c)`: "a(b)\\\nAA2c", "<41 4>": "A@", "<feff00f1>": "ñ", `(\361)`: "ñ", "(\xef\xbb\xbf\xc3\xb1)": "ñ", "<<>>": "", "12": "",
	} {
		if got := value(written).text(); got != want {
			t.Errorf("%s: %q, want %q", written, got, want)
		}
	}
	if got := value("/A#20B#").name(); got != "A B#" {
		t.Errorf("name %q", got)
	}
}

// A dictionary may have a key twice, or written with #xx: each is changed.
func TestChangesReachEveryWritingOfAKey(t *testing.T) {
	t.Parallel()
	got := value("<</A 1/#41<</A 2>>/B(A)%>>\n>>").withChanges(dictionary{"A": "7", "C": "/D"})
	if want := "<</A  7/#41 7/B(A)%>>\n\n/C /D>>"; string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
