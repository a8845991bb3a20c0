package pdf

import (
	"bytes"
	"math"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// equalScalars reports whether two values are equal and neither is a container. What counts is the value and not how it is
// written: (A), <41> and (\101) are the same string, 1 and 1.0 the same number, /A and /#41 the same name.
func equalScalars(a, b types.Object) bool {
	switch a.(type) {
	case nil, types.Boolean, types.Integer, types.Float, types.Name, types.StringLiteral, types.HexLiteral:
		if a == b {
			return true
		}
	}
	if x, ok := numberOf(a); ok {
		y, ok := numberOf(b)
		return ok && x == y
	}
	if x, ok := stringOf(a); ok {
		y, ok := stringOf(b)
		return ok && bytes.Equal(x, y)
	}
	x, ok1 := a.(types.Name)
	y, ok2 := b.(types.Name)
	return ok1 && ok2 && unescaped([]byte(x)) == unescaped([]byte(y))
}

// sameBoxes reports whether a box of a page (ISO 32000-1, 14.11.2) is the same in both revisions, or was only rounded to single
// precision. MuPDF rounds the numbers of each object that it writes again, such as those of a page that gets a note. No reader
// draws a page more precisely, unless the coordinates are beyond those of a page (ISO 32000-1, C.2). In other places a number may
// be one that a color depends on.
func (c *comparison) sameBoxes(a, b types.Object) bool {
	const (
		precision = 1.0 / (1 << 23)
		largest   = 14400
	)
	before, after := c.before.array(a), c.after.array(b)
	if len(before) != 4 || len(after) != 4 {
		return false
	}
	for i := range before {
		x, ok1 := numberOf(c.before.resolve(before[i]))
		y, ok2 := numberOf(c.after.resolve(after[i]))
		// No comparison holds for what is not a number.
		near := math.Abs(x-y) <= precision*min(largest, max(math.Abs(x), math.Abs(y)))
		if !ok1 || !ok2 || !near || hundredth(x) != hundredth(y) {
			return false
		}
	}
	return true
}

// hundredth returns which hundredth of a unit a number is in. However many updates round a box, each after the other, it stays in the
// same one. None begins at a number of few digits, which rounding could move to the one before.
func hundredth(x float64) float64 { return math.Floor(100*x + 1/math.Pi) }

func numberOf(o types.Object) (float64, bool) {
	switch o := o.(type) {
	case types.Integer:
		return float64(o), true
	case types.Float:
		return float64(o), true
	}
	return 0, false
}

// stringOf returns the bytes of a string (ISO 32000-1, 7.3.4), and false for anything else.
func stringOf(o types.Object) ([]byte, bool) {
	switch o := o.(type) {
	case types.StringLiteral:
		return unescapedString(o.Value()), true
	case types.HexLiteral:
		b, err := o.Bytes()
		return b, err == nil
	}
	return nil, false
}
