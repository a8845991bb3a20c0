package request

import (
	"encoding/json"
	"strings"
	"sync"
	"unicode/utf8"
)

// DecodeEvent decodes an event. It returns what [json.Unmarshal] does, which it calls for an event that is not as this program writes
// events. Most are, and they are decoded in a fraction of the time: an audit decodes every event that there is. The strings of such an event
// share one piece of memory.
func DecodeEvent(stored []byte) (e Event, err error) {
	if decodeDirectly(stored, &e) {
		return e, nil
	}
	var other Event
	err = json.Unmarshal(stored, &other)
	return other, err
}

// decodeDirectly decodes an event without encoding/json. It reports whether it could.
func decodeDirectly(stored []byte, into *Event) bool {
	if !utf8.Valid(stored) {
		return false
	}
	d := decoders.Get().(*decoder)
	d.text = string(stored)
	object(d, &d.event, eventMembers)
	whole := d.at == len(d.text) && !d.unusual
	*into = d.event
	*d = decoder{}
	decoders.Put(d)
	return whole
}

// decoders are used again, because an event is as large as all that it refers to.
var decoders = sync.Pool{New: func() any { return new(decoder) }}

// decoder reads JSON as json.Marshal writes it: without spaces, and with the members of an object in the order of their fields, none of
// them twice.
type decoder struct {
	text    string
	at      int  // how many bytes are read
	unusual bool // something is in the way that the decoder does not know; nothing more is read
	event   Event
}

// giveUp ends the reading.
func (d *decoder) giveUp() { d.at, d.unusual = len(d.text), true }

// next reads the character c, if it is the next one.
func (d *decoder) next(c byte) bool {
	if d.at == len(d.text) || d.text[d.at] != c {
		return false
	}
	d.at++
	return true
}

// nextWord reads a word, if it comes next.
func (d *decoder) nextWord(word string) bool {
	if !strings.HasPrefix(d.text[d.at:], word) {
		return false
	}
	d.at += len(word)
	return true
}

func (d *decoder) expect(c byte) {
	if !d.next(c) {
		d.giveUp()
	}
}

// member is a member of an object that is decoded into a T.
type member[T any] struct {
	name   string // as it is written, with quotes and a colon
	decode func(d *decoder, into *T)
}

// object decodes an object into a zero T.
func object[T any](d *decoder, into *T, members []member[T]) {
	if d.expect('{'); d.next('}') {
		return
	}
	for i := range members {
		if !d.nextWord(members[i].name) {
			continue
		}
		if members[i].decode(d, into); !d.next(',') {
			d.expect('}')
			return
		}
	}
	d.giveUp() // at a member that is unknown or not in its place
}

// pointer decodes an object into a new T.
func pointer[T any](d *decoder, members []member[T]) *T {
	v := new(T)
	object(d, v, members)
	return v
}

// array decodes an array. The function element decodes each of its elements into a zero T.
func array[T any](d *decoder, element func(d *decoder, into *T)) []T {
	all := []T{}
	if d.expect('['); d.next(']') {
		return all
	}
	for {
		var zero T
		all = append(all, zero)
		if element(d, &all[len(all)-1]); !d.next(',') {
			d.expect(']')
			return all
		}
	}
}

// objects decodes an array of objects.
func objects[T any](d *decoder, members []member[T]) []T {
	return array(d, func(d *decoder, into *T) { object(d, into, members) })
}

// mapping decodes an object whose members may have any name.
func mapping[K ~string, V any](d *decoder, value func(*decoder) V) map[K]V {
	all := map[K]V{}
	if d.expect('{'); d.next('}') {
		return all
	}
	for {
		key := K(d.string())
		d.expect(':')
		if all[key] = value(d); !d.next(',') {
			d.expect('}')
			return all
		}
	}
}

// literal returns the string that is next, with its quotes and escapes, and whether it has any escapes.
func (d *decoder) literal() (literal string, escaped bool) {
	from := d.at
	if !d.next('"') {
		d.giveUp()
		return "", false
	}
	for i := d.at; i < len(d.text); i++ {
		switch c := d.text[i]; {
		case c == '"':
			d.at = i + 1
			return d.text[from:d.at], escaped
		case c == '\\':
			escaped = true
			i++
		case c < ' ':
			d.giveUp()
			return "", false
		}
	}
	d.giveUp()
	return "", false
}

func (d *decoder) string() string {
	literal, escaped := d.literal()
	switch {
	case escaped:
		return d.unescape(literal)
	case literal == "":
		return ""
	}
	return literal[1 : len(literal)-1]
}

func (d *decoder) unescape(literal string) (text string) {
	if json.Unmarshal([]byte(literal), &text) != nil {
		d.giveUp()
	}
	return text
}

// texts decodes an array of strings.
func (d *decoder) strings() []string {
	return array(d, func(d *decoder, into *string) { *into = d.string() })
}

func (d *decoder) visitID() VisitID { return visitIDFrom(d.string()) }

// wordAs decodes a string into a type of strings.
func wordAs[T ~string](d *decoder) T { return T(d.string()) }

// number decodes an integer of at most 18 digits.
func (d *decoder) number() (n int64) {
	negative := d.next('-')
	from := d.at
	for d.at < len(d.text) && d.at-from < 19 && d.text[d.at] >= '0' && d.text[d.at] <= '9' {
		n = 10*n + int64(d.text[d.at]-'0')
		d.at++
	}
	if digits := d.at - from; digits == 0 || digits > 18 || digits > 1 && d.text[from] == '0' {
		d.giveUp()
	}
	if negative {
		return -n
	}
	return n
}

func (d *decoder) int() int {
	n := d.number()
	if int64(int(n)) != n {
		d.giveUp()
	}
	return int(n)
}

func (d *decoder) bool() bool {
	if d.nextWord("true") {
		return true
	}
	if !d.nextWord("false") {
		d.giveUp()
	}
	return false
}

func (d *decoder) boolPointer() *bool {
	b := d.bool()
	return &b
}

// args decodes arguments that are texts.
func (d *decoder) args() []Arg {
	return array(d, func(d *decoder, into *Arg) { into.Text = d.string() })
}
