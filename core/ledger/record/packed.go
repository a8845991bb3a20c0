package record

import (
	"encoding/hex"
	"slices"
	"strings"

	"countersign/core/request"
)

// The forms of a text that is usually an id or a digest. A form is a byte before the text.
const (
	formText   = iota // any text, as [coder.text] codes it
	formPacked        // the bytes that the hexadecimal digits of the text stand for
	formOwn           // nothing follows: it is the id of the request that the record is of
)

const (
	digestSize  = 32 // bytes of a SHA-256
	uuidSize    = 16
	visitPrefix = "sha256:" // of the ids of visits; see [request.VisitID]
)

// uuidDashes are where a UUID has a dash, counted without the dashes before.
var uuidDashes = []int{8, 12, 16, 20}

// digest codes a SHA-256 in hexadecimal.
func (c *coder) digest(tag byte, s *string) {
	if !c.has(tag, *s != "") {
		return
	}
	if c.reading {
		*s = c.readPacked(digestSize, "", nil)
	} else {
		c.writePacked(*s, digestSize, "", nil)
	}
	c.next()
}

// visitID codes the id of a visit. A ticket becomes the id that belongs to it when it is written, as it does in JSON.
func (c *coder) visitID(tag byte, v *request.VisitID) {
	if c.has(tag, *v != "") {
		c.visitIDValue(v)
		c.next()
	}
}

func (c *coder) visitIDValue(v *request.VisitID) {
	if c.reading {
		*v = request.VisitID(c.readPacked(digestSize, visitPrefix, nil))
		return
	}
	id := valid(string(*v))
	if id != "" && !strings.HasPrefix(id, visitPrefix) {
		id = string(request.VisitIDOf(id))
	}
	c.writePacked(id, digestSize, visitPrefix, nil)
}

// requestID codes the id of a request, which is a UUID except in tests and in very old ledgers.
func (c *coder) requestID(tag byte, id *request.ID) {
	if c.has(tag, *id != "") {
		c.requestIDValue(id)
		c.next()
	}
}

func (c *coder) requestIDValue(id *request.ID) {
	switch {
	case c.reading:
		*id = request.ID(c.readPacked(uuidSize, "", uuidDashes))
	case *id == c.ownID:
		c.out = append(c.out, formOwn)
	default:
		c.writePacked(string(*id), uuidSize, "", uuidDashes)
	}
}

// writePacked writes a text that is usually a prefix and size bytes in hexadecimal, with dashes before some of the digits.
func (c *coder) writePacked(s string, size int, prefix string, dashes []int) {
	packed, ok := appendPacked(append(c.out, formPacked), s, size, prefix, dashes)
	if !ok {
		c.out = append(c.out, formText)
		c.textValue(&s)
		return
	}
	c.out = packed
	c.textSize += len(s)
}

// appendPacked appends the bytes that the digits of s stand for. It returns false if s does not have the usual form.
func appendPacked(b []byte, s string, size int, prefix string, dashes []int) ([]byte, bool) {
	if len(s) != len(prefix)+2*size+len(dashes) || s[:len(prefix)] != prefix {
		return b, false
	}
	s = s[len(prefix):]
	for i := range 2 * size {
		if len(dashes) > 0 && dashes[0] == i {
			if s[0] != '-' {
				return b, false
			}
			s, dashes = s[1:], dashes[1:]
		}
		digit, ok := digitOf(s[0])
		switch {
		case !ok:
			return b, false
		case i%2 == 0:
			b = append(b, digit<<4)
		default:
			b[len(b)-1] |= digit
		}
		s = s[1:]
	}
	return b, true
}

// digitOf returns the value of a hexadecimal digit in lower case.
func digitOf(char byte) (value byte, ok bool) {
	switch {
	case '0' <= char && char <= '9':
		return char - '0', true
	case 'a' <= char && char <= 'f':
		return char - 'a' + 10, true
	}
	return 0, false
}

// readPacked reads a text that writePacked wrote.
func (c *coder) readPacked(size int, prefix string, dashes []int) (s string) {
	switch form := c.byte(); form {
	case formText:
		c.textValue(&s)
	case formOwn:
		s = string(c.ownID)
	case formPacked:
		if b := c.take(size); b != nil && !c.skipping {
			var long [len(visitPrefix) + 2*digestSize]byte
			s = c.keep(appendDigits(long[:0], b, prefix, dashes))
		}
	default:
		c.fail("a text has an unknown form")
	}
	return s
}

// appendDigits appends prefix and the digits of packed in hexadecimal, with dashes before some of them.
func appendDigits(b, packed []byte, prefix string, dashes []int) []byte {
	b = append(b, prefix...)
	from := len(b)
	b = hex.AppendEncode(b, packed)
	for i, at := range dashes {
		b = slices.Insert(b, from+at+i, '-')
	}
	return b
}
