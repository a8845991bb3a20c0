package sandbox

import (
	"bytes"
	"compress/zlib"
	"errors"
	"io"
	"iter"
	"strconv"
	"time"
)

// The library that reads PDFs here believes what a file says of itself: it makes tables as large as the file asks for,
// follows arrays as deep as they go, and reads an array without an end for ever. These checks stand before it. They
// are not a true bound: who knows the library can write a file that they take for harmless (docs/sandbox.md says so).

// maxObjects is the largest number of objects of a PDF reader (ISO 32000-1, table C.1).
const maxObjects = 8_388_607

const (
	maxNesting     = 256
	maxInflated    = 256 << 20 // of all object streams together
	maxReadingTime = 20 * time.Second
)

// boundedFile is a file that can be read until a deadline. The library has no other way to be stopped than a panic
// in the file it reads, which recoverPDF takes for a damaged document.
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

// sizes are what the library makes tables and buffers by.
var sizes = []string{"/Size", "/Index", "/W", "/Columns"}

// checkBounds refuses a file that looks as if it were made to exhaust its reader.
func checkBounds(data []byte) error {
	for _, name := range sizes {
		for rest := range behind(data, name) {
			if !checkNumbers(rest) {
				return errNotPDF
			}
		}
	}
	for rest := range behind(data, "xref") {
		if !checkSections(rest) {
			return errNotPDF
		}
	}
	budget := maxInflated
	return checkNesting(data, &budget)
}

// behind gives what stands behind each place of a word.
func behind(data []byte, word string) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		_, rest, found := bytes.Cut(data, []byte(word))
		for found && yield(rest) {
			_, rest, found = bytes.Cut(rest, []byte(word))
		}
	}
}

func isNumber(word []byte) bool {
	_, err := strconv.ParseUint(string(word), 10, 64)
	return err == nil
}

// checkNumbers goes through the numbers at the beginning of data, which may stand in an array.
func checkNumbers(data []byte) bool {
	for data = bytes.TrimLeft(data, "[ \t\r\n\f\x00"); len(data) > 0; data = bytes.TrimLeft(data, " \t\r\n\f\x00") {
		end := 0
		for end < len(data) && !endsToken[data[end]] && end < 32 {
			end++
		}
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

// checkSections goes through the parts of a cross-reference table: each names its first object and their number.
func checkSections(table []byte) bool {
	word := func() []byte {
		table = bytes.TrimLeft(table, " \t\r\n\f\x00")
		end := 0
		for end < len(table) && !endsToken[table[end]] {
			end++
		}
		w := table[:end]
		table = table[end:]
		return w
	}
	for {
		first, err1 := strconv.Atoi(string(word()))
		if err1 != nil && !errors.Is(err1, strconv.ErrRange) {
			return true // the trailer, or something the library refuses
		}
		count, err2 := strconv.Atoi(string(word()))
		if err2 != nil && !errors.Is(err2, strconv.ErrRange) {
			return true
		}
		if err1 != nil || err2 != nil || min(first, count) < 0 || max(first, count) > maxObjects || first+count > maxObjects {
			return false
		}
		for range count {
			offset, generation, use := word(), word(), string(word())
			if !isNumber(offset) || !isNumber(generation) || use != "n" && use != "f" {
				return true
			}
		}
	}
}

// endsToken are the white space and the delimiters of PDF (ISO 32000-1, 7.2.2).
var endsToken = func() (is [256]bool) {
	for _, c := range []byte(" \t\r\n\f\x00()<>[]{}/%") {
		is[c] = true
	}
	return is
}()

// checkNesting goes over the file's tokens, from its beginning, and over those of its object streams, of which budget
// bytes may come out. It refuses what is nested too deep, and an array that does not end before its object does.
func checkNesting(data []byte, budget *int) error {
	var open []byte // the brackets that are open
	object := 0     // where the current object began
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
			end := i + 1
			for end < len(data) && !endsToken[data[end]] {
				end++
			}
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

// skipString gives the index behind the string that begins at i.
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

// checkObjectStream looks into a stream with objects, which are packed in the one way that the library can read.
func checkObjectStream(data []byte, budget *int) error {
	unpacked, err := zlib.NewReader(bytes.NewReader(bytes.TrimLeft(data, "\r\n")))
	if err != nil {
		return checkNesting(data, budget) // it is not packed
	}
	inside, _ := io.ReadAll(io.LimitReader(unpacked, int64(*budget)+1)) // a stream that is cut off has what came out
	if *budget -= len(inside); *budget < 0 {
		return errNotPDF
	}
	none := 0
	return checkNesting(inside, &none)
}
