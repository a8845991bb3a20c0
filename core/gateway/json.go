package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode"

	"countersign/core/request"
)

// maxDepth is how deeply the values of an answer may be nested. No protocol here needs ten
// levels.
const maxDepth = 100

var (
	errDuplicate = request.Errorf("answer_same_member", "it has two members of the same name")
	errDeep      = request.Errorf("answer_nested", "it is nested too deeply")
)

// checkMembers returns errDuplicate if an object in a JSON text has two members of the same name,
// ignoring case: JSON readers differ in which of the two they use. It returns errDeep if values are
// nested more than maxDepth deep, and another error if the text is not JSON.
func checkMembers(body []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var open []map[string]bool // the members seen of each unfinished object; nil for an array
	isName := false            // the next text is a member's name
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		text, isText := token.(string)
		switch {
		case token == json.Delim('{'):
			open = append(open, map[string]bool{})
		case token == json.Delim('['):
			open = append(open, nil)
		case token == json.Delim('}') || token == json.Delim(']'):
			open = open[:len(open)-1]
		case isName && isText:
			members, name := open[len(open)-1], foldCase(text)
			if members[name] {
				return errDuplicate
			}
			members[name], isName = true, false
			continue
		}
		if len(open) > maxDepth {
			return errDeep
		}
		isName = len(open) > 0 && open[len(open)-1] != nil
	}
}

// foldCase maps texts that are equal under Unicode case folding to the same text.
func foldCase(text string) string {
	return strings.Map(func(r rune) rune {
		smallest := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			smallest = min(smallest, next)
		}
		return smallest
	}, text)
}

// Text is a text in a JSON answer. It also takes a number or a boolean where a text belongs, as it is written there, since
// some servers send ids as numbers. null stands for no text. Objects and arrays are errors.
type Text string

// UnmarshalJSON implements [json.Unmarshaler].
func (t *Text) UnmarshalJSON(value []byte) error {
	switch value[0] {
	case 'n':
		*t = ""
		return nil
	case '"', '{', '[':
		return json.Unmarshal(value, (*string)(t))
	}
	*t = Text(value)
	return nil
}

// List is a list in a JSON answer. It also takes a single object in place of a list with one, since some servers leave the
// brackets out then. null stands for an empty list.
type List[T any] []T

// UnmarshalJSON implements [json.Unmarshaler].
func (l *List[T]) UnmarshalJSON(value []byte) error {
	if value[0] == '{' {
		*l = make([]T, 1)
		return json.Unmarshal(value, &(*l)[0])
	}
	return json.Unmarshal(value, (*[]T)(l))
}
