package lists

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"countersign/core/request"
)

// The encodings of CSV files.
const (
	UTF8        = "utf-8"
	UTF16LE     = "utf-16le"
	UTF16BE     = "utf-16be"
	Windows1252 = "windows-1252" // Western Europe
	ISO8859_15  = "iso-8859-15"  // Western Europe, on older Unix systems
	Macintosh   = "macintosh"    // Western Europe, on older Macs
	Windows1256 = "windows-1256" // Arabic; never guessed
	CodePage850 = "cp850"        // Western Europe, under DOS; never guessed
)

// Encodings returns the names of the encodings that [Options] may name.
func Encodings() []string {
	return []string{UTF8, UTF16LE, UTF16BE, Windows1252, ISO8859_15, Macintosh, Windows1256, CodePage850}
}

// encodings has the decoder of each encoding; nil for UTF-8, whose bytes are checked row by row.
var encodings = map[string]encoding.Encoding{
	UTF8:        nil,
	UTF16LE:     unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM),
	UTF16BE:     unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM),
	Windows1252: charmap.Windows1252,
	ISO8859_15:  charmap.ISO8859_15,
	Macintosh:   charmap.Macintosh,
	Windows1256: charmap.Windows1256,
	CodePage850: charmap.CodePage850,
}

// textStyle is how a CSV file is encoded.
type textStyle struct {
	encoding string
	start    int64 // number of bytes of the byte order mark
	macLines bool  // lines end with a carriage return alone
}

// readStyle looks at the whole of a file and returns how it is encoded. chosen is the encoding
// that a person has named, or empty.
func readStyle(s source, chosen string) (textStyle, error) {
	style := textStyle{encoding: chosen}
	style.readMark(s)
	bytesSeen, err := countBytes(io.NewSectionReader(s, style.start, s.size-style.start))
	if err != nil {
		return textStyle{}, request.Errorf("list_read", "read the list: %w", err)
	}
	style.macLines = bytesSeen.lineFeeds == 0 && bytesSeen.returns > 0
	if style.encoding == "" {
		style.encoding = bytesSeen.guess(style.macLines)
	}
	if bytesSeen.zeros > 0 && style.encoding != UTF16LE && style.encoding != UTF16BE && bytesSeen.zeros > bytesSeen.all/100 {
		return textStyle{}, request.Errorf("list_binary", "this is not a list: export it as CSV or as an Excel workbook (.xlsx)")
	}
	return style, nil
}

// readMark sets the encoding that a byte order mark names, if there is one, and skips the mark.
func (t *textStyle) readMark(source io.ReaderAt) {
	head := make([]byte, 3)
	n, _ := source.ReadAt(head, 0) // a failure shows when the list is read
	for _, mark := range []struct{ bytes, encoding string }{{"\xef\xbb\xbf", UTF8}, {"\xff\xfe", UTF16LE}, {"\xfe\xff", UTF16BE}} {
		if bytes.HasPrefix(head[:n], []byte(mark.bytes)) && (t.encoding == "" || t.encoding == mark.encoding) {
			t.encoding, t.start = mark.encoding, int64(len(mark.bytes))
			return
		}
	}
}

// byteCounts are the properties of bytes by which an encoding is guessed.
type byteCounts struct {
	all, lineFeeds, returns int64
	zeros                   int64
	evenZeros               int64 // zeros at even positions
	sequences               int64 // valid UTF-8 sequences of several bytes
	invalid                 int64 // bytes that are not part of valid UTF-8
	controls                int64 // bytes 80 to 9F: controls in ISO 8859, and some typographic signs in Windows-1252
	macLetters              int64 // of these, letters on the Macintosh that stand beside an ASCII letter
	letters                 int64 // bytes C0 to FF beside an ASCII letter: letters in Windows-1252 and in ISO 8859
	latin9                  int64 // bytes that are letters or the euro sign in ISO 8859-15 alone
}

// countBytes reads a file to its end.
func countBytes(file io.Reader) (byteCounts, error) {
	var c byteCounts
	buffer, kept := make([]byte, 1<<16), 0
	for {
		n, err := io.ReadFull(file, buffer[kept:])
		window := buffer[:kept+n]
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return c, err
		}
		used := c.count(window, last)
		if last {
			return c, nil
		}
		kept = copy(buffer, window[used:])
	}
}

// count counts the bytes of a window of the file, and returns how many were counted: up to three are left for
// the next window, unless it is the last one.
func (c *byteCounts) count(window []byte, last bool) int {
	at := 0
	for at < len(window) {
		b := window[at]
		if b < utf8.RuneSelf {
			c.ascii(b)
			at++
			continue
		}
		if !last && !utf8.FullRune(window[at:]) {
			break
		}
		if r, n := utf8.DecodeRune(window[at:]); r != utf8.RuneError || n > 1 {
			c.sequences++
			c.all += int64(n)
			at += n
			continue
		}
		c.invalid++
		c.all++
		c.high(b, at > 0 && isASCIILetter(window[at-1]), at+1 < len(window) && isASCIILetter(window[at+1]))
		at++
	}
	return at
}

func (c *byteCounts) ascii(b byte) {
	switch b {
	case 0:
		c.zeros++
		if c.all%2 == 0 {
			c.evenZeros++
		}
	case '\n':
		c.lineFeeds++
	case '\r':
		c.returns++
	}
	c.all++
}

// high counts a byte that is not ASCII. after and before are set when it stands after or before an ASCII letter.
func (c *byteCounts) high(b byte, after, before bool) {
	switch {
	case b < 0xa0:
		c.controls++
		if after || before {
			c.macLetters++
		}
	case b == 0xa4, (b == 0xbc || b == 0xbd) && before, b == 0xbe && after: // €, Œ and œ, Ÿ; otherwise ¤, ¼, ½, ¾
		c.latin9++
	case b >= 0xc0 && (after || before):
		c.letters++
	}
}

func isASCIILetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

// guess returns the encoding of a file without a byte order mark.
func (c byteCounts) guess(macLines bool) string {
	switch {
	// In UTF-16, separators, digits and line ends have a zero byte: the first one when the high byte comes first.
	case c.zeros > c.all/50 && c.evenZeros*10 > c.zeros*9:
		return UTF16BE
	case c.zeros > c.all/50 && c.evenZeros*10 < c.zeros:
		return UTF16LE
	case c.invalid == 0 || c.sequences > c.invalid:
		return UTF8
	case macLines && c.macLetters > c.letters:
		return Macintosh
	case c.latin9 > 0 && c.controls == 0:
		return ISO8859_15
	}
	return Windows1252
}
