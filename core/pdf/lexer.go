package pdf

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strconv"
)

// lexer reads the raw bytes of a PDF by its own rules, to hold what the parser made of them against them. The parser
// repairs what it can, and two programs repair differently; so here nothing is repaired, and what does not fit the rules
// is not understood.
type lexer struct {
	data         []byte
	pos          int
	duplicateKey bool // a dictionary had two values at one key
}

func isSpace(c byte) bool { return bytes.IndexByte([]byte(whitespace), c) >= 0 }

func isDelimiter(c byte) bool { return bytes.IndexByte([]byte("()<>[]{}/%"), c) >= 0 }

// space skips white space and comments.
func (l *lexer) space() {
	for l.pos < len(l.data) {
		switch c := l.data[l.pos]; {
		case isSpace(c):
			l.pos++
		case c == '%':
			for l.pos < len(l.data) && l.data[l.pos] != '\n' && l.data[l.pos] != '\r' {
				l.pos++
			}
		default:
			return
		}
	}
}

// token reads a row of regular characters: a number or a keyword. It is empty where none stands.
func (l *lexer) token() string {
	l.space()
	from := l.pos
	for l.pos < len(l.data) && !isSpace(l.data[l.pos]) && !isDelimiter(l.data[l.pos]) {
		l.pos++
	}
	return string(l.data[from:l.pos])
}

// keyword reads exactly that word, and stays where it is when another stands there.
func (l *lexer) keyword(want string) bool {
	from := l.pos
	if l.token() == want {
		return true
	}
	l.pos = from
	return false
}

func (l *lexer) number() (int64, bool) {
	from := l.pos
	word := l.token()
	n, err := strconv.ParseInt(word, 10, 64)
	if err != nil || n < 0 || len(word) > 10 || word[0] == '+' {
		l.pos = from
		return 0, false
	}
	return n, true
}

// header reads "7 0 obj".
func (l *lexer) header() (number int64, ok bool) {
	from := l.pos
	number, ok = l.number()
	_, second := l.number()
	if !ok || !second || !l.keyword("obj") {
		l.pos = from
		return 0, false
	}
	return number, true
}

// value reads one object, and is false for what is none, or is nested too deep, or has two values at one
// key: of these one program takes the first and another the last.
func (l *lexer) value(depth int) bool {
	l.space()
	rest := l.data[l.pos:]
	switch {
	case depth > maxNesting || len(rest) == 0:
		return false
	case bytes.HasPrefix(rest, []byte("<<")):
		l.pos += 2
		return l.dictionary(depth)
	case rest[0] == '<':
		end := bytes.IndexByte(rest, '>')
		if end < 0 {
			return false
		}
		l.pos += end + 1
		return true
	case rest[0] == '[':
		l.pos++
		for l.space(); l.pos < len(l.data) && l.data[l.pos] != ']'; l.space() {
			if !l.value(depth + 1) {
				return false
			}
		}
		if l.pos == len(l.data) {
			return false
		}
		l.pos++
		return true
	case rest[0] == '(':
		return l.literal()
	case rest[0] == '/':
		_, ok := l.name()
		return ok
	}
	return l.atom()
}

// atom reads a number, a reference, or one of the few words that are objects.
func (l *lexer) atom() bool {
	if _, ok := l.number(); ok {
		from := l.pos
		if _, ok := l.number(); !ok || !l.keyword("R") {
			l.pos = from
		}
		return true
	}
	word := l.token()
	if slices.Contains([]string{"true", "false", "null"}, word) {
		return true
	}
	_, err := strconv.ParseFloat(word, 64)
	return err == nil
}

func (l *lexer) dictionary(depth int) bool {
	values := map[string][]byte{}
	for {
		l.space()
		if bytes.HasPrefix(l.data[l.pos:], []byte(">>")) {
			l.pos += 2
			return true
		}
		key, ok := l.name()
		from := l.pos
		if !ok || !l.value(depth+1) {
			return false
		}
		value := bytes.Trim(l.data[from:l.pos], whitespace)
		if first, again := values[key]; again && !bytes.Equal(first, value) {
			l.duplicateKey = true
			return false
		}
		values[key] = value
	}
}

func (l *lexer) name() (string, bool) {
	if l.pos >= len(l.data) || l.data[l.pos] != '/' {
		return "", false
	}
	l.pos++
	from := l.pos
	for l.pos < len(l.data) && !isSpace(l.data[l.pos]) && !isDelimiter(l.data[l.pos]) {
		l.pos++
	}
	return unescaped(l.data[from:l.pos]), true
}

// unescaped is a name in which characters may be written as #41.
func unescaped(name []byte) string {
	if !bytes.ContainsRune(name, '#') {
		return string(name)
	}
	var out []byte
	for i := 0; i < len(name); i++ {
		if name[i] == '#' && i+2 < len(name) {
			if c, err := hex.DecodeString(string(name[i+1 : i+3])); err == nil {
				out = append(out, c...)
				i += 2
				continue
			}
		}
		out = append(out, name[i])
	}
	return string(out)
}

func (l *lexer) literal() bool {
	open := 0
	for ; l.pos < len(l.data); l.pos++ {
		switch l.data[l.pos] {
		case '\\':
			l.pos++
		case '(':
			open++
		case ')':
			if open--; open == 0 {
				l.pos++
				return true
			}
		}
	}
	l.pos = len(l.data)
	return false
}
