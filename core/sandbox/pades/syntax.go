package pades

import (
	"bytes"
	"encoding/hex"
	"strconv"
	"unicode/utf16"
)

const (
	maxNesting = 256       // levels of arrays and dictionaries
	maxItems   = 1_000_000 // of one array or dictionary whose items are used
)

// value is one PDF value (ISO 32000-1, 7.3), as the bytes that it is written with, so that an update can repeat it unchanged. It is nil
// where a file has no value.
type value []byte

// reference names an indirect object (ISO 32000-1, 7.3.10). No object has the number 0.
type reference struct{ number, generation int }

// member is an entry of a dictionary: key is its decoded key, and the others are offsets in the dictionary's bytes.
type member struct {
	key             string
	from, start, to int // of the slash of its key, of its value, and of the end of its value
}

const space = " \t\r\n\f\x00"

// endsToken marks the white-space and delimiter characters (ISO 32000-1, 7.2.2).
var endsToken = func() (is [256]bool) {
	for _, c := range []byte(space + "()<>[]{}/%") {
		is[c] = true
	}
	return is
}()

// tokenEnd returns the index of the first character from i on that ends a token, or the length of b.
func tokenEnd(b []byte, i int) int {
	for i < len(b) && !endsToken[b[i]] {
		i++
	}
	return i
}

// skipSpace returns the index behind the white space and the comments that begin at i.
func skipSpace(b []byte, i int) int {
	for comment := false; i < len(b); i++ {
		switch c := b[i]; {
		case c == '\r' || c == '\n':
			comment = false
		case c == '%':
			comment = true
		case !comment && bytes.IndexByte([]byte(space), c) < 0:
			return i
		}
	}
	return i
}

// skipToken returns the index behind token, if that is what comes next, after white space and
// comments, from i on. ok is false if something else comes next.
func skipToken(b []byte, i int, token string) (end int, ok bool) {
	i = skipSpace(b, i)
	end = tokenEnd(b, i)
	return end, string(b[i:end]) == token
}

// skipInteger reads the unsigned integer that comes next, after white space and comments, from i on, and returns the index behind
// it. ok is false if something else comes next, or more than 15 digits.
func skipInteger(b []byte, i int) (n, end int, ok bool) {
	i = skipSpace(b, i)
	end = tokenEnd(b, i)
	if end == i || end-i > 15 {
		return 0, i, false
	}
	for _, c := range b[i:end] {
		if c < '0' || c > '9' {
			return 0, i, false
		}
		n = 10*n + int(c-'0')
	}
	return n, end, true
}

// nextValue returns the value that comes next, after white space and comments, from i on, and the index behind it. It panics with
// errNotPDF when there is no whole value.
func nextValue(b []byte, i int) (v value, end int) {
	i = skipSpace(b, i)
	end = skipValue(b, i, 0)
	return value(b[i:end]), end
}

// skipValue returns the index behind the value that begins at i. depth is how many arrays and dictionaries are around the value.
// It panics with errNotPDF when there is no whole value, and beyond maxNesting.
func skipValue(b []byte, i, depth int) int {
	switch {
	case i >= len(b) || depth > maxNesting:
		panic(errNotPDF)
	case b[i] == '/':
		return tokenEnd(b, i+1)
	case b[i] == '(':
		return skipString(b, i)
	case b[i] == '[':
		return eachItem(b, i, depth, func(int, int) {})
	case bytes.HasPrefix(b[i:], []byte("<<")):
		return eachMember(b, i, depth, func(member) {})
	case b[i] == '<':
		length := bytes.IndexByte(b[i:], '>')
		if length < 0 {
			panic(errNotPDF)
		}
		return i + length + 1
	}
	if _, end, ok := readReference(b, i); ok {
		return end
	}
	end := tokenEnd(b, i)
	switch token := string(b[i:end]); {
	case token == "true", token == "false", token == "null":
	case token == "" || bytes.IndexByte([]byte("+-.0123456789"), token[0]) < 0:
		panic(errNotPDF)
	}
	return end
}

// skipString returns the index behind the literal string that begins at i (ISO 32000-1, 7.3.4.2).
func skipString(b []byte, i int) int {
	for depth := 0; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	panic(errNotPDF)
}

// eachItem calls visit with the bounds of each item of the array that begins at i, and returns the index behind the array. depth
// is as in skipValue, and so are the panics.
func eachItem(b []byte, i, depth int, visit func(start, end int)) int {
	for i = skipSpace(b, i+1); i < len(b) && b[i] != ']'; i = skipSpace(b, i) {
		start := i
		i = skipValue(b, i, depth+1)
		visit(start, i)
	}
	if i >= len(b) {
		panic(errNotPDF)
	}
	return i + 1
}

// eachMember calls visit with each entry of the dictionary that begins at i, and returns the index behind the dictionary. depth
// is as in skipValue, and so are the panics.
func eachMember(b []byte, i, depth int, visit func(member)) int {
	for i = skipSpace(b, i+2); i < len(b) && b[i] == '/'; i = skipSpace(b, i) {
		m := member{from: i}
		i = tokenEnd(b, i+1)
		m.key = value(b[m.from:i]).name()
		m.start = skipSpace(b, i)
		m.to = skipValue(b, m.start, depth+1)
		i = m.to
		visit(m)
	}
	if !bytes.HasPrefix(b[i:], []byte(">>")) {
		panic(errNotPDF)
	}
	return i + 2
}

// readReference reads the reference that comes next, after white space and comments, from i on, and returns the index behind it.
// ok is false if something else comes next.
func readReference(b []byte, i int) (r reference, end int, ok bool) {
	r.number, end, ok = skipInteger(b, i)
	if ok {
		r.generation, end, ok = skipInteger(b, end)
	}
	if ok {
		end, ok = skipToken(b, end, "R")
	}
	return r, end, ok
}

func (v value) isDictionary() bool { return bytes.HasPrefix(v, []byte("<<")) }

func (v value) isArray() bool { return bytes.HasPrefix(v, []byte("[")) }

// isNull reports whether v is null or absent, which means the same (ISO 32000-1, 7.3.7).
func (v value) isNull() bool { return v == nil || string(v) == "null" }

// members returns the entries of a dictionary, and nothing for any other value.
func (v value) members() (list []member) {
	if v.isDictionary() {
		eachMember(v, 0, 0, func(m member) { list = appendBounded(list, m) })
	}
	return list
}

// member returns the value at key as it is written: a reference is not followed. Of several entries with this key, the last counts.
func (v value) member(key string) (found value) {
	for _, m := range v.members() {
		if m.key == key {
			found = v[m.start:m.to]
		}
	}
	return found
}

// items returns the items of an array, and nothing for any other value.
func (v value) items() (list []value) {
	if v.isArray() {
		eachItem(v, 0, 0, func(start, end int) { list = appendBounded(list, v[start:end]) })
	}
	return list
}

func appendBounded[T any](list []T, item T) []T {
	if len(list) == maxItems {
		panic(errNotPDF)
	}
	return append(list, item)
}

// reference parses v as a reference. ok is false if it is something else.
func (v value) reference() (r reference, ok bool) {
	r, end, ok := readReference(v, 0)
	return r, ok && end == len(v)
}

// integer parses v as an unsigned integer. ok is false if it is something else.
func (v value) integer() (n int, ok bool) {
	n, end, ok := skipInteger(v, 0)
	return n, ok && end == len(v)
}

// name returns v decoded as a name, without its slash and with every #xx decoded (ISO 32000-1, 7.3.5); "" for any other value.
func (v value) name() string {
	if len(v) == 0 || v[0] != '/' {
		return ""
	}
	name := make([]byte, 0, len(v))
	for i := 1; i < len(v); i++ {
		c := v[i]
		if c == '#' && i+2 < len(v) {
			if code, err := strconv.ParseUint(string(v[i+1:i+3]), 16, 8); err == nil {
				c = byte(code)
				i += 2
			}
		}
		name = append(name, c)
	}
	return string(name)
}

// bytes returns v decoded as a string (ISO 32000-1, 7.3.4), and nothing for any other value.
func (v value) bytes() []byte {
	switch {
	case len(v) < 2 || v.isDictionary():
		return nil
	case v[0] == '(':
		return unescape(v[1 : len(v)-1])
	case v[0] != '<':
		return nil
	}
	digits := bytes.Join(bytes.FieldsFunc(v[1:len(v)-1], func(r rune) bool { return bytes.ContainsRune([]byte(space), r) }), nil)
	if len(digits)%2 == 1 {
		digits = append(digits, '0')
	}
	content := make([]byte, len(digits)/2)
	n, _ := hex.Decode(content, digits)
	return content[:n]
}

// unescape decodes the inside of a literal string (ISO 32000-1, table 3).
func unescape(b []byte) (content []byte) {
	const letters, meanings = "nrtbf", "\n\r\t\b\f"
	for i := 0; i < len(b); i++ {
		if b[i] != '\\' || i+1 == len(b) {
			content = append(content, b[i])
			continue
		}
		i++
		c := b[i]
		switch at := bytes.IndexByte([]byte(letters), c); {
		case at >= 0:
			content = append(content, meanings[at])
		case c >= '0' && c <= '7':
			code := 0
			end := i
			for ; end < min(i+3, len(b)) && b[end] >= '0' && b[end] <= '7'; end++ {
				code = 8*code + int(b[end]-'0')
			}
			content, i = append(content, byte(code)), end-1
		case c == '\r' && i+1 < len(b) && b[i+1] == '\n':
			i++
		case c != '\r' && c != '\n':
			content = append(content, c)
		}
	}
	return content
}

// text returns v decoded as a text string (ISO 32000-1, 7.9.2.2), and "" for any other value. PDFDocEncoding is read as Latin-1.
func (v value) text() string {
	b := v.bytes()
	if rest, ok := bytes.CutPrefix(b, []byte{0xef, 0xbb, 0xbf}); ok {
		return string(rest)
	}
	if rest, ok := bytes.CutPrefix(b, []byte{0xfe, 0xff}); ok {
		units := make([]uint16, len(rest)/2)
		for i := range units {
			units[i] = uint16(rest[2*i])<<8 | uint16(rest[2*i+1])
		}
		return string(utf16.Decode(units))
	}
	runes := make([]rune, len(b))
	for i, c := range b {
		runes[i] = rune(c)
	}
	return string(runes)
}
