package certificate

import (
	"bytes"
	"errors"
	"slices"
)

// errNotDER is returned for bytes that are not even BER.
var errNotDER = errors.New("the bytes are not an ASN.1 element")

const maxNesting = 64 // levels of elements

// DER returns the first element of b with definite lengths of the shortest form throughout, and the bytes after it. Octet
// strings in segments are joined. An element that is in DER already is not changed. Programs that write CMS also write
// BER (X.690, section 8).
func DER(b []byte) (element, rest []byte, err error) { return normalize(b, 0) }

// normalize is like DER. depth is how many elements are around b.
func normalize(b []byte, depth int) (element, rest []byte, err error) {
	h, ok := readHeader(b)
	if !ok || depth > maxNesting {
		return nil, nil, errNotDER
	}
	body := b[h.size:]
	if !h.indefinite {
		body, rest = body[:h.length], body[h.length:]
	}
	if !h.constructed {
		return appendElement(h.tag, body), rest, nil
	}
	var content []byte
	for {
		if h.indefinite && len(body) >= 2 && body[0] == 0 && body[1] == 0 {
			rest = body[2:]
			break
		}
		if !h.indefinite && len(body) == 0 {
			break
		}
		var child []byte
		if child, body, err = normalize(body, depth+1); err != nil {
			return nil, nil, err
		}
		content = append(content, child...)
	}
	const octetString, segmented = 0x04, 0x24
	if h.tag[0] == segmented {
		if content, err = joinSegments(content); err != nil {
			return nil, nil, err
		}
		return appendElement([]byte{octetString}, content), rest, nil
	}
	return appendElement(h.tag, content), rest, nil
}

// joinSegments concatenates the segments of an octet string. They have definite lengths already.
func joinSegments(segments []byte) ([]byte, error) {
	var whole []byte
	for len(segments) > 0 {
		h, ok := readHeader(segments)
		if !ok || h.tag[0] != 0x04 {
			return nil, errNotDER
		}
		whole = append(whole, segments[h.size:h.size+h.length]...)
		segments = segments[h.size+h.length:]
	}
	return whole, nil
}

// Element returns the first element of b as it is written, with its tag and length, and the bytes after it. The length
// may be indefinite. The error is not nil if b does not begin with a whole element.
func Element(b []byte) (element, rest []byte, err error) { return firstElement(b, 0) }

// firstElement is like Element. depth is how many elements are around b.
func firstElement(b []byte, depth int) (element, rest []byte, err error) {
	h, ok := readHeader(b)
	if !ok || depth > maxNesting {
		return nil, nil, errNotDER
	}
	if !h.indefinite {
		return b[:h.size+h.length], b[h.size+h.length:], nil
	}
	rest = b[h.size:]
	for len(rest) < 2 || rest[0] != 0 || rest[1] != 0 {
		if _, rest, err = firstElement(rest, depth+1); err != nil {
			return nil, nil, err
		}
	}
	rest = rest[2:]
	return b[:len(b)-len(rest)], rest, nil
}

// Content returns the bytes inside an element that [Element] returned: those between its length and its end. It returns
// nil for bytes that are no element.
func Content(element []byte) []byte {
	h, ok := readHeader(element)
	if !ok {
		return nil
	}
	if h.indefinite {
		return element[h.size : len(element)-2]
	}
	return element[h.size : h.size+h.length]
}

// SortedSet returns a SET OF in DER with its elements in the order that DER asks for (X.690, section 11.6). A set that
// cannot be read is returned as it is.
func SortedSet(set []byte) []byte {
	var elements [][]byte
	for rest := Content(set); len(rest) > 0; {
		element, after, err := Element(rest)
		if err != nil {
			return set
		}
		elements, rest = append(elements, element), after
	}
	slices.SortFunc(elements, bytes.Compare)
	return appendElement(set[:1], bytes.Join(elements, nil))
}

type elementHeader struct {
	tag         []byte
	size        int // bytes of the tag and the length
	length      int // bytes of the content; not set when the length is indefinite
	constructed bool
	indefinite  bool
}

// readHeader reads the tag and the length at the beginning of b. It returns false when they are malformed, or when the
// content would not fit into b.
func readHeader(b []byte) (elementHeader, bool) {
	if len(b) < 2 {
		return elementHeader{}, false
	}
	h := elementHeader{constructed: b[0]&0x20 != 0}
	i := 1
	if b[0]&0x1f == 0x1f {
		for i < len(b) && b[i]&0x80 != 0 {
			i++
		}
		i++
	}
	if i >= len(b) || i > 5 {
		return elementHeader{}, false
	}
	h.tag = b[:i]
	first := b[i]
	i++
	switch {
	case first == 0x80:
		h.indefinite, h.size = true, i
		return h, h.constructed
	case first < 0x80:
		h.length = int(first)
	default:
		n := int(first & 0x7f)
		if n > 4 || i+n > len(b) {
			return elementHeader{}, false
		}
		var length int64
		for _, digit := range b[i : i+n] {
			length = length<<8 | int64(digit)
		}
		if length > int64(len(b)) {
			return elementHeader{}, false
		}
		h.length = int(length)
		i += n
	}
	h.size = i
	return h, h.length <= len(b)-i
}

func appendElement(tag, content []byte) []byte {
	out := make([]byte, 0, len(tag)+5+len(content))
	out = append(out, tag...)
	n := len(content)
	switch {
	case n < 0x80:
		out = append(out, byte(n))
	case n < 1<<8:
		out = append(out, 0x81, byte(n))
	case n < 1<<16:
		out = append(out, 0x82, byte(n>>8), byte(n)) // #nosec G115 -- each byte of the length by itself
	case n < 1<<24:
		out = append(out, 0x83, byte(n>>16), byte(n>>8), byte(n)) // #nosec G115 -- each byte of the length by itself
	default:
		out = append(out, 0x84, byte(n>>24), byte(n>>16), byte(n>>8), byte(n)) // #nosec G115 -- each byte of the length by itself
	}
	return append(out, content...)
}
