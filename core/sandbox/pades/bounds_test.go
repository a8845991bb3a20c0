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

// objectStream returns an object stream whose content is inside, compressed.
func objectStream(inside string) string {
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	_, _ = z.Write([]byte(inside))
	_ = z.Close()
	return fmt.Sprintf("<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream", packed.Len(), packed.Bytes())
}

func TestFilesThatWouldExhaustTheLibraryAreRefused(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 3_000_000)
	plain := handMade(false, plainCatalog, onePage, plainPage)
	for name, file := range map[string][]byte{
		"size of a stream table": bytes.Replace(handMade(true, plainCatalog, onePage, plainPage), []byte("/Size 5"), []byte("/Size 99999999999999999"), 1),
		"index of a table":       bytes.Replace(plain, []byte("xref\n0 4"), []byte("xref\n999999999999 1"), 1),
		"second part of a table": bytes.Replace(plain, []byte("trailer"), []byte("999999999999 1\n0000000000 00000 n\r\ntrailer"), 1),
		"negative size":          bytes.Replace(plain, []byte("/Size 4"), []byte("/Size -4"), 1),
		"nesting":                handMade(false, plainCatalog, onePage, plainPage, deep),
		"dictionaries":           handMade(false, plainCatalog, onePage, plainPage, strings.Repeat("<</A", 1_000_000)),
		"array without an end":   handMade(false, "<</Type/Catalog/Pages 2 0 R/X [1 2", onePage, plainPage),
		"packed nesting":         handMade(false, plainCatalog, onePage, plainPage, objectStream("7 0 "+deep)),
		"packed without an end":  handMade(false, plainCatalog, onePage, plainPage, objectStream("7 0 [1 2")),
	} {
		t.Run(name, func(t *testing.T) {
			// The library would refuse some of these by itself, so the check is asked directly.
			if err := checkBounds(file); !errors.Is(err, errNotPDF) {
				t.Errorf("error %v", err)
			}
			if _, err := parse(file); !errors.Is(err, errNotPDF) {
				t.Errorf("parse: error %v", err)
			}
		})
	}
	for name, object := range map[string]string{
		"brackets in a string": `([[[\)[` + strings.Repeat("[", 1000) + `)`,
		"a comment":            "1 % [[[ (\n",
		"brackets in a stream": "<</Length 600>>\nstream\n" + strings.Repeat("[", 600) + "\nendstream",
		"packed objects":       objectStream("7 0 [1 [2]]"),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := parse(handMade(false, plainCatalog, onePage, plainPage, object)); err != nil {
				t.Errorf("a harmless file is refused: %v", err)
			}
		})
	}
}

func TestReadingEndsAtItsDeadline(t *testing.T) {
	t.Parallel()
	read := func() (err error) {
		defer recoverDamaged(&err)
		_, err = boundedFile{bytes.NewReader([]byte("abc")), time.Now().Add(-time.Second)}.ReadAt(make([]byte, 1), 0)
		return err
	}
	if err := read(); !errors.Is(err, errNotPDF) {
		t.Errorf("error %v", err)
	}
}

func TestObjectStreamsInflateWithinABudget(t *testing.T) {
	t.Parallel()
	file := handMade(false, plainCatalog, onePage, plainPage, objectStream("7 0 "+strings.Repeat(" ", 1000)))
	for budget, want := range map[int]error{1004: nil, 1003: errNotPDF} {
		if err := checkNesting(file, &budget); !errors.Is(err, want) {
			t.Errorf("error %v, want %v", err, want)
		}
	}
}

func TestFieldsMayNotBeNestedWithoutABound(t *testing.T) {
	t.Parallel()
	for depth, want := range map[int]error{maxFieldDepth - 1: nil, maxFieldDepth + 1: errNotPDF} {
		fields := "[" + strings.Repeat("<</Kids[", depth) + strings.Repeat("]>>", depth) + "]"
		file := handMade(false, "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields"+fields+">>>>", onePage, plainPage)
		if _, err := parse(file); !errors.Is(err, want) {
			t.Errorf("%d levels: error %v, want %v", depth, err, want)
		}
	}
}
