package record

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"strings"
	"time"
	"unicode/utf8"

	"countersign/core/request"
)

// coder writes a record or reads one, depending on reading. Each of its methods does the same step in both
// directions: it appends the value behind its pointer to the record, or sets that value from the record.
//
// A struct is written as its fields that are not zero, each as a tag and a value, and then a tag of 0. The tags
// of a struct ascend in the order in which its fields are written, so that reading is a single pass.
//
// An error in reading is kept in err. After it, what is read is zero.
type coder struct {
	reading bool
	ownID   request.ID
	last    int64 // the last time that was written or read, in milliseconds since 1970

	out      []byte
	textSize int // bytes that all texts of the record have once they are read

	in    []byte
	pos   int  // of what is read next, in in
	tag   byte // of the next field of the struct that is being read
	depth int  // of causes within causes
	texts strings.Builder
	err   error

	slabs         *slabs // memory for what is read; nil for memory of its own
	withoutVisits bool
	skipping      bool // what is read now is not kept
}

// tagEnd is the tag after the last field of a struct.
const tagEnd = 0

// begin precedes the fields of a struct.
func (c *coder) begin() { c.next() }

// end follows the fields of a struct.
func (c *coder) end() {
	switch {
	case !c.reading:
		c.out = append(c.out, tagEnd)
	case c.tag != tagEnd:
		c.fail(fmt.Sprintf("field %d is unknown or in the wrong order", c.tag))
	}
}

// next reads the tag of the next field.
func (c *coder) next() {
	if c.reading {
		c.tag = c.byte()
	}
}

// fail ends the reading with an error. Only the first call counts.
func (c *coder) fail(problem string) {
	if c.err == nil {
		c.err = fmt.Errorf("%w: %s", ErrMalformed, problem)
	}
	c.pos, c.tag = len(c.in), tagEnd
}

// has reports whether the value of a field is to be coded now. In writing that is so if the field is set, and has
// writes its tag.
func (c *coder) has(tag byte, set bool) bool {
	if c.reading {
		return c.tag == tag
	}
	if set {
		c.out = append(c.out, tag)
	}
	return set
}

// optional codes a field that is a pointer. The field is left out if it is nil.
func optional[T any](c *coder, tag byte, p **T, value func(*coder, *T)) {
	if !c.has(tag, *p != nil) {
		return
	}
	if !c.reading {
		value(c, *p)
		return
	}
	v := one[T](c)
	if value(c, v); !c.skipping {
		*p = v
	}
	c.next()
}

// list codes a field that is a slice. The field is left out if it is empty.
func list[T any](c *coder, tag byte, p *[]T, value func(*coder, *T)) {
	if c.has(tag, len(*p) > 0) {
		elements(c, p, value)
		c.next()
	}
}

// elements codes the length of a slice and its elements.
func elements[T any](c *coder, p *[]T, value func(*coder, *T)) {
	n := c.length(len(*p))
	if c.skipping {
		v := one[T](c)
		for i := 0; i < n && c.err == nil; i++ {
			value(c, v)
		}
		return
	}
	if c.reading {
		*p = several[T](c, n)
	}
	for i := 0; i < n && c.err == nil; i++ {
		value(c, &(*p)[i])
	}
}

// length codes how many bytes or elements follow. A length that is read is never more than the number of bytes that
// are left, since an element has at least one.
func (c *coder) length(n int) int {
	if !c.reading {
		c.out = binary.AppendUvarint(c.out, uint64(n)) // #nosec G115 -- a length is not negative
		return n
	}
	read := c.uvarint()
	if read > uint64(len(c.in)-c.pos) { // #nosec G115 -- pos is never behind the end
		c.fail("it ends too early")
		return 0
	}
	return int(read) // #nosec G115 -- at most the length of a slice
}

func (c *coder) byte() byte {
	if c.pos == len(c.in) {
		c.fail("it ends too early")
		return 0
	}
	b := c.in[c.pos]
	c.pos++
	return b
}

// take returns the next n bytes, which belong to the caller of [Decode], or nil if there are less.
func (c *coder) take(n int) []byte {
	if n > len(c.in)-c.pos {
		c.fail("it ends too early")
		return nil
	}
	b := c.in[c.pos : c.pos+n]
	c.pos += n
	return b
}

func (c *coder) uvarint() uint64 {
	if c.pos < len(c.in) && c.in[c.pos] < 0x80 { // as most numbers are
		c.pos++
		return uint64(c.in[c.pos-1])
	}
	v, n := binary.Uvarint(c.in[c.pos:])
	if n <= 0 {
		c.fail("a number cannot be read")
		return 0
	}
	c.pos += n
	return v
}

// unsigned codes a number so that a small one is short.
func (c *coder) unsigned(v *uint64) {
	if c.reading {
		*v = c.uvarint()
	} else {
		c.out = binary.AppendUvarint(c.out, *v)
	}
}

// signed codes a number so that one near 0 is short.
func (c *coder) signed(v *int64) {
	if c.reading {
		u := c.uvarint()
		*v = int64(u>>1) ^ -int64(u&1) // #nosec G115 -- the bits of a signed number
	} else {
		c.out = binary.AppendVarint(c.out, *v)
	}
}

func (c *coder) size(tag byte, v *int64) {
	if c.has(tag, *v != 0) {
		c.signed(v)
		c.next()
	}
}

func (c *coder) number(tag byte, v *int) {
	if c.has(tag, *v != 0) {
		c.numberValue(v)
		c.next()
	}
}

func (c *coder) numberValue(v *int) {
	wide := int64(*v)
	c.signed(&wide)
	*v = int(wide)
}

// coordinate codes a number whose low bits are usually 0.
func (c *coder) coordinate(tag byte, v *float64) {
	if c.has(tag, *v != 0) {
		reversed := bits.Reverse64(math.Float64bits(*v))
		c.unsigned(&reversed)
		*v = math.Float64frombits(bits.Reverse64(reversed))
		c.next()
	}
}

// truth codes a bool, which is one byte. A field that is left out when it is false is a [coder.flag].
func (c *coder) truth(v *bool) {
	if c.reading {
		*v = c.byte() != 0
	} else if *v {
		c.out = append(c.out, 1)
	} else {
		c.out = append(c.out, 0)
	}
}

// flag codes a field that is a bool. Its tag alone says that it is true.
func (c *coder) flag(tag byte, v *bool) {
	if c.has(tag, *v) {
		*v = true
		c.next()
	}
}

// The times that JSON can have: years 0 to 9999, in milliseconds since 1970.
const (
	firstMilli = -62_167_219_200_000
	lastMilli  = 253_402_300_799_999
)

func (c *coder) moment(tag byte, t *time.Time) {
	if c.has(tag, *t != time.Time{}) {
		c.momentValue(t)
		c.next()
	}
}

// momentValue codes a time as its distance from the last one in milliseconds, times two. An odd number says that
// nanoseconds follow; the times of events have none.
func (c *coder) momentValue(t *time.Time) {
	if c.reading {
		*t = c.readMoment()
		return
	}
	milli := t.UnixMilli()
	distance, nanos := (milli-c.last)<<1, t.Nanosecond()%int(time.Millisecond)
	c.last = milli
	if nanos == 0 {
		c.signed(&distance)
		return
	}
	distance |= 1
	c.signed(&distance)
	c.numberValue(&nanos)
}

func (c *coder) readMoment() time.Time {
	var distance int64
	c.signed(&distance)
	c.last += distance >> 1
	nanos := 0
	if distance&1 != 0 {
		c.numberValue(&nanos)
	}
	if c.last < firstMilli || c.last > lastMilli || nanos < 0 || nanos >= int(time.Millisecond) {
		c.fail("a time is not possible")
		return time.Time{}
	}
	return time.Unix(c.last/1000, c.last%1000*int64(time.Millisecond)+int64(nanos)).UTC()
}

func (c *coder) text(tag byte, s *string) {
	if c.has(tag, *s != "") {
		c.textValue(s)
		c.next()
	}
}

// textValue codes a text. Bytes that are no UTF-8 are replaced when it is written, as in JSON.
func (c *coder) textValue(s *string) {
	if c.reading {
		b := c.take(c.length(0))
		if !utf8.Valid(b) {
			c.fail("a text is not UTF-8")
		}
		if !c.skipping {
			*s = c.keep(b)
		}
		return
	}
	text := valid(*s)
	c.length(len(text))
	c.out = append(c.out, text...)
	c.textSize += len(text)
}

// valid returns s with U+FFFD in place of each byte that is no UTF-8.
func valid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return string([]rune(s))
}

// keep returns a text that was read. All texts of a record are parts of one string, so that they are one allocation.
func (c *coder) keep(b []byte) string {
	from := c.texts.Len()
	c.texts.Write(b)
	return c.texts.String()[from:]
}
