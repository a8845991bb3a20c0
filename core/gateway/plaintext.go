package gateway

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// plainText returns the text of an answer in UTF-8, without a byte order mark. JSON is in UTF-8 without one (RFC 8259, section
// 8.1), but not every server keeps to that: a text in UTF-16 is recognized by its byte order mark or by its first character,
// which is ASCII in JSON, and anything else that is not UTF-8 is read as ISO 8859-1. The answer's own word for its character
// encoding is not asked, since it is wrong as often. A text that is still compressed with gzip, because a server or a proxy did
// not say so, is decompressed, up to one byte more than maxAnswer.
func plainText(body []byte) []byte {
	if bytes.HasPrefix(body, gzipMagic) {
		body = gunzip(body)
	}
	switch {
	case bytes.HasPrefix(body, []byte("\xef\xbb\xbf")):
		body = body[3:]
	case bytes.HasPrefix(body, []byte{0xfe, 0xff}), len(body) > 1 && body[0] == 0 && body[1] != 0:
		return fromUTF16(body, binary.BigEndian)
	case bytes.HasPrefix(body, []byte{0xff, 0xfe}), len(body) > 1 && body[0] != 0 && body[1] == 0:
		return fromUTF16(body, binary.LittleEndian)
	}
	if utf8.Valid(body) {
		return body
	}
	return []byte(fromLatin1(body))
}

// gzipMagic begins everything that is compressed with gzip (RFC 1952, section 2.3.1), and no text or PDF file.
var gzipMagic = []byte{0x1f, 0x8b}

// unzipped is a body that is decompressed while it is read if it is compressed with gzip. The client of package http does that itself
// if the answer says so.
type unzipped struct {
	io.ReadCloser
	reader io.Reader // nil before the first Read
}

// Read implements [io.Reader].
func (u *unzipped) Read(p []byte) (int, error) {
	if u.reader == nil {
		body := bufio.NewReaderSize(u.ReadCloser, 64<<10)
		u.reader = body
		if start, _ := body.Peek(len(gzipMagic)); bytes.Equal(start, gzipMagic) {
			plain, err := gzip.NewReader(body)
			if err != nil {
				return 0, err
			}
			u.reader = plain
		}
	}
	return u.reader.Read(p)
}

// gunzip returns what compressed stands for, or compressed itself if it cannot be decompressed.
func gunzip(compressed []byte) []byte {
	reader, err := gzip.NewReader(bytes.NewReader(compressed))
	if err != nil {
		return compressed
	}
	plain, err := io.ReadAll(io.LimitReader(reader, maxAnswer+1))
	if err != nil {
		return compressed
	}
	return plain
}

// fromUTF16 returns a text in UTF-16 as UTF-8, without its byte order mark.
func fromUTF16(text []byte, order binary.ByteOrder) []byte {
	var units []uint16
	for ; len(text) > 1; text = text[2:] {
		units = append(units, order.Uint16(text))
	}
	return bytes.TrimPrefix([]byte(string(utf16.Decode(units))), []byte("\uFEFF"))
}

// fromLatin1 returns a text in ISO 8859-1, in which each byte is the code point of its character, as UTF-8.
func fromLatin1(text []byte) string {
	runes := make([]rune, len(text))
	for i, b := range text {
		runes[i] = rune(b)
	}
	return string(runes)
}

// Latin1 returns a text in ISO 8859-1. ok is false if the text has a character that is not in it, or is no UTF-8.
func Latin1(text string) (encoded string, ok bool) {
	bytes := make([]byte, 0, len(text))
	for _, r := range text {
		if r > 0xff {
			return "", false
		}
		bytes = append(bytes, byte(r))
	}
	return string(bytes), true
}
