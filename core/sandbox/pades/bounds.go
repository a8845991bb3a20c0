package pades

import (
	"bytes"
	"compress/zlib"
	"errors"
	"io"
	"iter"
	"strconv"
	"time"
)

// The PDF library trusts the numbers in a file: it allocates tables as large as the file asks for, follows arrays however deep they
// are nested, and reads an array without an end forever. The checks in this file refuse such files before the library sees them.
// They are no complete protection: a file written against them can still exhaust memory or the stack (docs/sandbox.md).

// maxObjects is the largest number of indirect objects (ISO 32000-1, table C.1).
const maxObjects = 8_388_607

const (
	maxNesting     = 256
	maxInflated    = 256 << 20 // bytes, of all object streams together
	maxReadingTime = 20 * time.Second
)

// boundedFile is a file that can be read until its deadline. Afterwards ReadAt panics, because the library gives up for nothing
// else; recoverDamaged turns the panic into an error.
type boundedFile struct {
	*bytes.Reader
	deadline time.Time
}

func (f boundedFile) ReadAt(p []byte, off int64) (int, error) {
	if time.Now().After(f.deadline) {
		panic("the document takes too long to read")
	}
	return f.Reader.ReadAt(p, off)
}

// sizeKeys are the keys by whose numbers the library allocates tables and buffers.
var sizeKeys = []string{"/Size", "/Index", "/W", "/Columns"}

// checkBounds returns errNotPDF for a file that would exhaust the library.
func checkBounds(data []byte) error {
	for _, name := range sizeKeys {
		for rest := range after(data, name) {
			if !checkNumbers(rest) {
				return errNotPDF
			}
		}
	}
	for rest := range after(data, "xref") {
		if !checkSections(rest) {
			return errNotPDF
		}
	}
	budget := maxInflated
	return checkNesting(data, &budget)
}

// after yields the rest of data behind each occurrence of token.
func after(data []byte, token string) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		_, rest, found := bytes.Cut(data, []byte(token))
		for found && yield(rest) {
			_, rest, found = bytes.Cut(rest, []byte(token))
		}
	}
}

func isNumber(token []byte) bool {
	_, err := strconv.ParseUint(string(token), 10, 64)
	return err == nil
}

// checkNumbers reports whether the numbers at the beginning of data are within bounds. They may be in an array.
func checkNumbers(data []byte) bool {
	for data = bytes.TrimLeft(data, "[ \t\r\n\f\x00"); len(data) > 0; data = bytes.TrimLeft(data, " \t\r\n\f\x00") {
		end := tokenEnd(data, 0)
		n, err := strconv.Atoi(string(data[:end]))
		if errors.Is(err, strconv.ErrRange) || err == nil && (n < 0 || n > maxObjects) {
			return false
		}
		if err != nil {
			return true
		}
		data = data[end:]
	}
	return true
}

// checkSections reports whether the subsections of a cross-reference table are within bounds. Each begins with the number of its
// first object and the count of its entries (ISO 32000-1, 7.5.4).
func checkSections(table []byte) bool {
	next := func() (token []byte) {
		table = bytes.TrimLeft(table, " \t\r\n\f\x00")
		end := tokenEnd(table, 0)
		token, table = table[:end], table[end:]
		return token
	}
	for {
		first, err1 := strconv.Atoi(string(next()))
		if err1 != nil && !errors.Is(err1, strconv.ErrRange) {
			return true // the trailer, or something that the library refuses
		}
		count, err2 := strconv.Atoi(string(next()))
		if err2 != nil && !errors.Is(err2, strconv.ErrRange) {
			return true
		}
		if err1 != nil || err2 != nil || min(first, count) < 0 || max(first, count) > maxObjects || first+count > maxObjects {
			return false
		}
		for range count {
			offset, generation, use := next(), next(), string(next())
			if !isNumber(offset) || !isNumber(generation) || use != "n" && use != "f" {
				return true
			}
		}
	}
}

// endsToken marks the white-space and delimiter characters (ISO 32000-1, 7.2.2).
var endsToken = func() (is [256]bool) {
	for _, c := range []byte(" \t\r\n\f\x00()<>[]{}/%") {
		is[c] = true
	}
	return is
}()

// tokenEnd returns the index of the first character from i on that ends a token, or the length of data.
func tokenEnd(data []byte, i int) int {
	for i < len(data) && !endsToken[data[i]] {
		i++
	}
	return i
}

// checkNesting returns errNotPDF when arrays and dictionaries are nested too deep, or when an array does not end before its object
// does. It reads all tokens of data and of its object streams. budget is how many bytes the object streams may still inflate to.
func checkNesting(data []byte, budget *int) error {
	var open []byte // the open brackets, the innermost last
	object := 0     // the offset of the current object
	for i := 0; i < len(data); {
		switch c := data[i]; c {
		case ' ', '\t', '\r', '\n', '\f', 0:
			i++
		case '%':
			for i < len(data) && data[i] != '\r' && data[i] != '\n' {
				i++
			}
		case '(':
			i = skipString(data, i)
		case '[':
			open = append(open, c)
			i++
		case ']':
			if len(open) > 0 && open[len(open)-1] == '[' {
				open = open[:len(open)-1]
			}
			i++
		case '<', '>':
			if i+1 < len(data) && data[i+1] == c {
				i++
				if c == '<' {
					open = append(open, c)
				} else if len(open) > 0 && open[len(open)-1] == '<' {
					open = open[:len(open)-1]
				}
			}
			i++
		default:
			end := tokenEnd(data, i+1)
			switch string(data[i:end]) {
			case "obj", "endobj":
				if bytes.IndexByte(open, '[') >= 0 {
					return errNotPDF
				}
				open, object = open[:0], end
			case "stream":
				rest := data[end:]
				length := bytes.Index(rest, []byte("endstream"))
				if length < 0 {
					return errNotPDF
				}
				if bytes.Contains(data[object:i], []byte("ObjStm")) {
					if err := checkObjectStream(rest[:length], budget); err != nil {
						return err
					}
				}
				end += length
				object = end
			}
			i = end
		}
		if len(open) > maxNesting {
			return errNotPDF
		}
	}
	if bytes.IndexByte(open, '[') >= 0 {
		return errNotPDF
	}
	return nil
}

// skipString returns the index behind the literal string that begins at i (ISO 32000-1, 7.3.4.2).
func skipString(data []byte, i int) int {
	for depth := 0; i < len(data); i++ {
		switch data[i] {
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
	return i
}

// checkObjectStream is checkNesting for the content of an object stream. FlateDecode is the only filter that the library reads.
func checkObjectStream(data []byte, budget *int) error {
	inflater, err := zlib.NewReader(bytes.NewReader(bytes.TrimLeft(data, "\r\n")))
	if err != nil {
		return checkNesting(data, budget) // it is not compressed
	}
	inflated, _ := io.ReadAll(io.LimitReader(inflater, int64(*budget)+1)) // a truncated stream yields what could be inflated
	if *budget -= len(inflated); *budget < 0 {
		return errNotPDF
	}
	none := 0
	return checkNesting(inflated, &none)
}
