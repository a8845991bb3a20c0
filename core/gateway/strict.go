package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode"
)

// maxDepth bounds how deep the values of an answer are nested; those of every protocol here
// stay below ten.
const maxDepth = 100

var (
	errTwice = errors.New("a member stands twice in it")
	errDeep  = errors.New("it is nested too deeply")
)

// checkMembers refuses a JSON text in which an object has a member twice: readers differ in
// which of them counts, and some take no notice of small and capital letters.
func checkMembers(body []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var open []map[string]bool // the members so far of each value that is open; nil for an array
	name := false              // the next text is a member's name
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
		case name && isText:
			members, folded := open[len(open)-1], fold(text)
			if members[folded] {
				return errTwice
			}
			members[folded], name = true, false
			continue
		}
		if len(open) > maxDepth {
			return errDeep
		}
		name = len(open) > 0 && open[len(open)-1] != nil
	}
}

// fold gives one form of all texts that differ in small and capital letters alone.
func fold(text string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			least = min(least, next)
		}
		return least
	}, text)
}
