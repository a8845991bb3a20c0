package pdf

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
)

// whitespace are the white-space characters of ISO 32000-1, 7.2.2.
const whitespace = "\x00\t\n\f\r "

// lexer checks raw bytes against the syntax of ISO 32000-1, 7.2 and 7.3, so that the result of the parser can be compared
// with them. The parser repairs what it can, and two programs repair a file differently; the lexer repairs nothing.
type lexer struct {
	data         []byte
	pos          int  // of the next byte to be read
	duplicateKey bool // a dictionary has two different values for one key
	tolerant     bool // value reads on after such a key, and after words that the syntax has not
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

// token reads regular characters after white space: a number or a keyword. It is empty when there are none.
func (l *lexer) token() string {
	l.space()
	from := l.pos
	for l.pos < len(l.data) && !isSpace(l.data[l.pos]) && !isDelimiter(l.data[l.pos]) {
		l.pos++
	}
	return string(l.data[from:l.pos])
}

// keyword reads the keyword want. When something else follows, it returns false and reads nothing.
func (l *lexer) keyword(want string) bool {
	from := l.pos
	if l.token() == want {
		return true
	}
	l.pos = from
	return false
}

// number reads an unsigned integer of at most ten digits. When something else follows, it returns false and reads
// nothing.
func (l *lexer) number() (int64, bool) {
	from := l.pos
	token := l.token()
	n, err := strconv.ParseInt(token, 10, 64)
	if err != nil || n < 0 || len(token) > 10 || token[0] == '+' {
		l.pos = from
		return 0, false
	}
	return n, true
}

// header reads the beginning of an indirect object, like "7 0 obj", and returns the number of the object. When something
// else follows, it returns false and reads nothing.
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

// value reads one direct object or reference. It returns false for malformed objects, for nesting beyond maxNesting, and,
// unless the lexer is tolerant, for a dictionary with two different values for one key: some programs use the first,
// others the last.
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

// atom reads a number, a reference, a boolean or null. It returns false when something else follows, unless the lexer is tolerant and
// it is a word.
func (l *lexer) atom() bool {
	if _, ok := l.number(); ok {
		from := l.pos
		if _, ok := l.number(); !ok || !l.keyword("R") {
			l.pos = from
		}
		return true
	}
	token := l.token()
	if l.tolerant && token != "" {
		return true
	}
	if slices.Contains([]string{"true", "false", "null"}, token) {
		return true
	}
	return isNumber(token)
}

// isNumber reports whether a token is a number as ISO 32000-1, 7.3.3, has it. The parser also takes others for numbers, like 6e2
// and NaN, which readers take for something else.
func isNumber(token string) bool {
	digits := strings.TrimPrefix(token, "-")
	if digits == token {
		digits = strings.TrimPrefix(token, "+")
	}
	digits = strings.Replace(digits, ".", "", 1)
	return digits != "" && strings.Trim(digits, "0123456789") == ""
}

// dictionary reads the rest of a dictionary after its "<<". It returns false as value does.
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
		if first, duplicate := values[key]; duplicate && !bytes.Equal(first, value) {
			l.duplicateKey = true
			if !l.tolerant {
				return false
			}
		}
		values[key] = value
	}
}

// enter reads a dictionary up to the first value of a key. It returns false when there is none.
func (l *lexer) enter(key string) bool {
	if !bytes.HasPrefix(l.data[l.pos:], []byte("<<")) {
		return false
	}
	l.pos += 2
	for {
		l.space()
		name, ok := l.name()
		if l.space(); !ok || name == key {
			return ok
		}
		if !l.value(1) {
			return false
		}
	}
}

// name reads a name object and returns it without the slash. When something else follows, it returns false and reads
// nothing.
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

// unescaped resolves characters of a name that are written in hexadecimal, like #41 for A.
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

// literal reads a string in parentheses. It returns false when the string does not end.
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

// unescapedString returns the bytes of a string that is written in parentheses (ISO 32000-1, 7.3.4.2). written is what is
// between the parentheses.
func unescapedString(written string) []byte {
	var out []byte
	for i := 0; i < len(written); i++ {
		c := written[i]
		if c == '\r' { // any line end is a line feed
			out = append(out, '\n')
			if i+1 < len(written) && written[i+1] == '\n' {
				i++
			}
			continue
		}
		if c != '\\' || i+1 == len(written) {
			out = append(out, c)
			continue
		}
		i++
		switch c = written[i]; {
		case c >= '0' && c <= '7':
			n := 0
			last := min(i+3, len(written))
			for ; i < last && written[i] >= '0' && written[i] <= '7'; i++ {
				n = n<<3 | int(written[i]-'0')
			}
			i--
			out = append(out, byte(n))
		case c == '\r':
			if i+1 < len(written) && written[i+1] == '\n' {
				i++
			}
		case c == '\n':
		default:
			if at := bytes.IndexByte([]byte("nrtbf"), c); at >= 0 {
				c = "\n\r\t\b\f"[at]
			}
			out = append(out, c)
		}
	}
	return out
}
