package input

import (
	"bytes"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"countersign/core/request"
)

// ErrNotText is returned by [Text] for bytes that are neither UTF-8 nor UTF-16.
var ErrNotText = request.Errorf("input_not_text", "this is neither UTF-8 nor UTF-16: write it in one of these")

// Text returns the text that another program wrote into a pipe or a file: UTF-8 or UTF-16, with or without a byte order mark.
// PowerShell and Notepad write each of these. It returns [ErrNotText] for anything else.
func Text(written []byte) (string, error) {
	if order := utf16Order(written); order != nil {
		if written = bytes.TrimPrefix(written, order); len(written)%2 != 0 {
			return "", ErrNotText
		}
		units := make([]uint16, len(written)/2)
		for i := range units {
			first, second := written[2*i], written[2*i+1]
			if order[0] == 0xff {
				first, second = second, first
			}
			units[i] = uint16(first)<<8 | uint16(second)
		}
		return strings.TrimPrefix(string(utf16.Decode(units)), "\ufeff"), nil
	}
	if !utf8.Valid(written) {
		return "", ErrNotText
	}
	return strings.TrimPrefix(string(written), "\ufeff"), nil
}

// utf16Order returns the byte order mark of a text in UTF-16, which need not have it; nil for any other text. Without a mark, it
// is UTF-16 if most of its characters have a zero byte, all at the same side, as those of English text have.
func utf16Order(written []byte) []byte {
	littleEndian, bigEndian := []byte{0xff, 0xfe}, []byte{0xfe, 0xff}
	var zeros [2]int // at the even and at the odd positions
	for i, b := range written {
		if b == 0 {
			zeros[i%2]++
		}
	}
	units := len(written) / 2
	switch {
	case bytes.HasPrefix(written, littleEndian), zeros[0] == 0 && 2*zeros[1] > units && len(written)%2 == 0:
		return littleEndian
	case bytes.HasPrefix(written, bigEndian), zeros[1] == 0 && 2*zeros[0] > units && len(written)%2 == 0:
		return bigEndian
	}
	return nil
}
