package gateway

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"html"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// A gateway may repeat what it was sent, in any form: as it is, in JSON escapes, percent-encoded, as HTML entities, in base64 or in
// hexadecimal digits, and in one of these within another. What follows finds secrets in all of them.

const (
	maxLayers  = 40 // layers of one text; see [search.layers]
	maxNesting = 2  // levels of base64 or hexadecimal digits within each other that are decoded
	minEncoded = 4  // bytes of the shortest secret that is looked for in base64 and hexadecimal digits; a shorter one could be there by chance
)

// maxWork returns the largest number of bytes that a search may look at for a text of the given length in bytes. A text that needs
// more counts as a secret.
func maxWork(text int) int { return min(max(1<<20, 64*text), 24<<20) }

// span is a range of bytes of a text; to is not in it.
type span struct{ from, to int }

// layer is a text after some escapes were undone. at[i] is the range of the original text that byte i comes from. at is nil for the
// original text itself.
type layer struct {
	text []byte
	at   []span
}

// source returns the range of the original text that the bytes of the layer from the index from up to the index to come from.
func (l layer) source(from, to int) span {
	if l.at == nil {
		return span{from, to}
	}
	return span{l.at[from].from, l.at[to-1].to}
}

// wanted is what searches look for. It is never changed, so any number of searches may share it.
type wanted struct {
	secrets  [][]byte
	longer   [][]byte // the secrets of at least minEncoded bytes
	shortest int      // bytes of the shortest of longer
}

// newWanted returns the secrets that have no fewer bytes than the parameter least says. Empty ones are never looked
// for. A secret that contains what looks like escapes is also looked for with the escapes undone, and one with characters beyond
// ASCII also as ISO 8859-1 has them, and as they look when UTF-8 is read as that.
func newWanted(secrets []string, least int) *wanted {
	w, known := &wanted{}, map[string]bool{}
	add := func(secret []byte, least int) {
		if len(secret) < least || known[string(secret)] {
			return
		}
		known[string(secret)] = true
		w.secrets = append(w.secrets, secret)
		if len(secret) < minEncoded {
			return
		}
		w.longer = append(w.longer, secret)
		if w.shortest == 0 || len(secret) < w.shortest {
			w.shortest = len(secret)
		}
	}
	s := search{maxWork: maxWork(0)}
	for _, secret := range secrets {
		add([]byte(secret), max(least, 1))
		undone, _ := s.layers([]byte(secret))
		for _, l := range undone {
			add(l.text, max(least, minEncoded))
		}
		add(bytes.ReplaceAll([]byte(secret), []byte(" "), []byte("+")), max(least, minEncoded)) // as in forms
		if latin, ok := Latin1(secret); ok {
			add([]byte(latin), max(least, minEncoded))
		}
		add([]byte(fromLatin1([]byte(secret))), max(least, minEncoded))
	}
	return w
}

// search returns a search that has not begun.
func (w *wanted) search() *search { return &search{wanted: w, none: map[string]bool{}} }

// search looks for secrets in texts, one after the other.
type search struct {
	*wanted

	work    int // bytes looked at
	maxWork int // see maxWork

	none map[string]bool // the digits in which no secret was found at the outermost level, so that they are not decoded again
}

// newSearch returns a search for secrets; see [newWanted].
func newSearch(secrets []string, least int) *search { return newWanted(secrets, least).search() }

// find returns the ranges of text in which there are secrets. They may overlap.
func (s *search) find(text []byte) []span {
	if len(s.secrets) == 0 {
		return nil
	}
	s.work, s.maxWork = 0, maxWork(len(text))
	return s.within(text, maxNesting, s.secrets)
}

// within returns the ranges of text in which there are secrets: in any layer of it, and, if nesting is more than 0, in base64 or
// hexadecimal digits. nesting is how many levels of these are still decoded. If that takes too much work, the result is the whole
// text.
func (s *search) within(text []byte, nesting int, secrets [][]byte) []span {
	var found []span
	all, ok := s.layers(text)
	if !ok {
		return []span{{0, len(text)}}
	}
	for _, l := range all {
		for _, secret := range secrets {
			for from := 0; ; {
				i := bytes.Index(l.text[from:], secret)
				if i < 0 {
					break
				}
				found = append(found, l.source(from+i, from+i+len(secret)))
				from += i + len(secret)
			}
		}
		if nesting > 0 && len(s.longer) > 0 {
			found = append(found, s.encoded(l, nesting)...)
		}
	}
	return found
}

// encoded returns the ranges in which there are secrets in base64 (RFC 4648, sections 4 and 5) or hexadecimal digits. It looks at
// each range without white space first, and, if it finds nothing, at ranges that go on over several lines.
func (s *search) encoded(l layer, nesting int) []span {
	var found []span
	for _, broken := range []bool{false, true} {
		for _, run := range runs(l.text, broken) {
			digits := bytes.Map(base64Digit, l.text[run.from:run.to])
			if len(digits) < s.shortest || s.none[string(digits)] {
				continue // most layers of a text have the same digits
			}
			if s.decoded(digits, nesting) {
				found = append(found, l.source(run.from, run.to))
			} else if nesting == maxNesting {
				s.none[string(digits)] = true
			}
		}
		if len(found) > 0 {
			break
		}
	}
	return found
}

// decoded reports whether there is a secret in what digits stand for, read as base64 and as hexadecimal digits from each possible
// beginning. It also reports true if that takes too much work.
func (s *search) decoded(digits []byte, nesting int) bool {
	if s.work += len(digits); s.work > s.maxWork {
		return true
	}
	for skip := range min(4, len(digits)) {
		rest := digits[skip:]
		if len(rest)%4 == 1 {
			rest = rest[:len(rest)-1]
		}
		plain := make([]byte, base64.RawStdEncoding.DecodedLen(len(rest)))
		if n, err := base64.RawStdEncoding.Decode(plain, rest); err == nil && s.inBytes(plain[:n], nesting-1) {
			return true
		}
	}
	for _, part := range bytes.FieldsFunc(digits, func(r rune) bool { return hexValue(r) < 0 }) {
		for skip := range min(2, len(part)) {
			rest := part[skip:]
			plain := make([]byte, len(rest)/2)
			if _, err := hex.Decode(plain, rest[:len(rest)/2*2]); err == nil && s.inBytes(plain, nesting-1) {
				return true
			}
		}
	}
	return false
}

// inBytes reports whether there is a secret in decoded bytes, of which only parts may be text.
func (s *search) inBytes(plain []byte, nesting int) bool {
	for _, secret := range s.longer {
		if bytes.Contains(plain, secret) {
			return true
		}
	}
	for _, part := range bytes.FieldsFunc(plain, func(r rune) bool { return r == utf8.RuneError || unicode.IsControl(r) && !unicode.IsSpace(r) }) {
		if len(part) >= s.shortest && len(s.within(part, nesting, s.longer)) > 0 {
			return true
		}
	}
	return false
}

// base64Digit returns the digit of the standard alphabet for one of either alphabet, and -1 for anything else.
func base64Digit(r rune) rune {
	switch {
	case r == '-':
		return '+'
	case r == '_':
		return '/'
	case 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '+' || r == '/':
		return r
	}
	return -1
}

// runs returns the longest ranges of a text that have only digits of base64, and, if broken is set, also white space and padding.
func runs(text []byte, broken bool) []span {
	const shortest = minEncoded * 4 / 3
	var all []span
	from := -1
	for i := 0; i <= len(text); i++ {
		if i < len(text) && (base64Digit(rune(text[i])) >= 0 || broken && strings.IndexByte(" \t\r\n=", text[i]) >= 0) {
			if from < 0 {
				from = i
			}
			continue
		}
		if from >= 0 && i-from >= shortest {
			all = append(all, span{from, i})
		}
		from = -1
	}
	return all
}

// layers returns a text as it is, followed by the texts that result from undoing escapes in it, again and again, in each possible
// order; maxLayers in all. ok is false if that takes too much work; see maxWork.
func (s *search) layers(text []byte) (all []layer, ok bool) {
	all = []layer{{text: text}}
	for at := 0; at < len(all); at++ {
		if s.work += len(all[at].text); s.work > s.maxWork {
			return nil, false
		}
		for _, kind := range []string{`\%&`, `\`, "%", "&"} {
			next, changed := unescape(all[at], kind)
			if changed {
				s.work += 2 * len(all[at].text)
			}
			if len(all) < maxLayers && changed && !slices.ContainsFunc(all, func(l layer) bool { return bytes.Equal(l.text, next.text) }) {
				all = append(all, next)
			}
		}
	}
	return all, true
}

// unescape undoes once the escapes of a text that begin with one of the bytes in kind: a backslash for JSON (RFC 8259, section 7),
// a percent sign for percent-encoding (RFC 3986, section 2.1), and an ampersand for the character references of HTML. changed
// reports whether there was one.
func unescape(l layer, kind string) (next layer, changed bool) {
	if !bytes.ContainsAny(l.text, kind) {
		return layer{}, false
	}
	next = layer{make([]byte, 0, len(l.text)), make([]span, 0, len(l.text))}
	for i := 0; i < len(l.text); {
		plain, length := l.text[i:i+1], 1
		if strings.IndexByte(kind, l.text[i]) >= 0 {
			if undone, n := unescapeAt(l.text[i:]); n > 0 {
				plain, length, changed = undone, n, true
			}
		}
		for range plain {
			next.at = append(next.at, l.source(i, i+length))
		}
		next.text = append(next.text, plain...)
		i += length
	}
	return next, changed
}

// unescapeAt returns what the escape at the beginning of a text stands for, and the length of the escape. The length is 0 if there
// is none.
func unescapeAt(text []byte) (plain []byte, length int) {
	switch text[0] {
	case '\\':
		return unescapeBackslash(text)
	case '&':
		return unescapeReference(text)
	}
	if len(text) >= 6 && text[1]|0x20 == 'u' {
		if r, ok := hexRune(text[2:6]); ok {
			return utf8.AppendRune(nil, r), 6
		}
	}
	if len(text) >= 3 {
		if plain, err := hex.AppendDecode(nil, text[1:3]); err == nil {
			return plain, 3
		}
	}
	return nil, 0
}

func unescapeBackslash(text []byte) (plain []byte, length int) {
	if len(text) < 2 {
		return nil, 0
	}
	switch c := text[1]; c {
	case 'b', 'f', 'n', 'r', 't':
		return []byte{"\b\f\n\r\t"[bytes.IndexByte([]byte("bfnrt"), c)]}, 2
	case '"', '\\', '/', '\'':
		return text[1:2], 2
	case 'x':
		if len(text) >= 4 {
			if plain, err := hex.AppendDecode(nil, text[2:4]); err == nil {
				return plain, 4
			}
		}
	case 'u':
		if len(text) < 6 {
			return nil, 0
		}
		first, ok := hexRune(text[2:6])
		if !ok {
			return nil, 0
		}
		if len(text) >= 12 && text[6] == '\\' && text[7] == 'u' {
			if second, ok := hexRune(text[8:12]); ok {
				if r := utf16.DecodeRune(first, second); r != utf8.RuneError {
					return utf8.AppendRune(nil, r), 12
				}
			}
		}
		return utf8.AppendRune(nil, first), 6
	}
	return nil, 0
}

// maxReference is the length of the longest character reference: &CounterClockwiseContourIntegral;
const maxReference = 33

// unescapeReference undoes a character reference of HTML, with or without its semicolon.
func unescapeReference(text []byte) (plain []byte, length int) {
	end := 1
	for end < len(text) && end < maxReference && (text[end] == '#' || hexValue(rune(text[end])) >= 0 || 'a' <= text[end]|0x20 && text[end]|0x20 <= 'z') {
		end++
	}
	if end < len(text) && text[end] == ';' {
		end++
	}
	reference := string(text[:end])
	if reference[end-1] != ';' && len(reference) > 2 && reference[1] == '#' {
		reference += ";"
	}
	undone := html.UnescapeString(reference)
	if undone == reference || undone == string(text[:end]) {
		return nil, 0
	}
	return []byte(undone), end
}

// hexValue returns the value of a hexadecimal digit; -1 for anything else.
func hexValue(c rune) rune {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return -1
}

// hexRune returns the character whose code point is written in hexadecimal digits. ok is false if one of them is not such a digit.
func hexRune(digits []byte) (number rune, ok bool) {
	for _, digit := range digits {
		value := hexValue(rune(digit))
		if value < 0 {
			return 0, false
		}
		number = number<<4 | value
	}
	return number, true
}

// replaceSpans returns text with "…" in place of the ranges. Ranges that overlap or touch become one "…".
func replaceSpans(text string, found []span) string {
	slices.SortFunc(found, func(a, b span) int { return a.from - b.from })
	var b []byte
	at := 0
	for _, f := range found {
		if f.to <= at {
			continue
		}
		if f.from >= at && (f.from > at || at == 0) {
			b = append(append(b, text[at:f.from]...), "…"...)
		}
		at = f.to
	}
	return string(append(b, text[at:]...))
}
