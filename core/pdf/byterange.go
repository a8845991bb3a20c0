package pdf

import (
	"bytes"
	"crypto"
	"encoding/hex"
	"io"
	"slices"
)

const maxLead = 256 // bytes before a signature's value in which its key /Contents is looked for

// byteRange is the /ByteRange of a signature (ISO 32000-1, 12.8.1): the signature covers the bytes before gapStart, and
// those from gapEnd up to end. The gap between them holds the hexadecimal string of /Contents and nothing else.
type byteRange struct {
	gapStart, gapEnd, end int64 // offsets in the file
}

// newByteRange checks the numbers of a /ByteRange against the size of the file.
func newByteRange(numbers []int64, size int64) (byteRange, error) {
	if len(numbers) == 0 {
		return byteRange{}, errNoByteRange
	}
	if len(numbers) != 4 || numbers[0] != 0 {
		return byteRange{}, errByteRangeShape
	}
	first, start, second := numbers[1], numbers[2], numbers[3]
	if first <= 0 || second <= 0 || start <= first {
		return byteRange{}, errByteRangeShape
	}
	// The sum of two numbers from a file may overflow, so they are subtracted.
	if start > size || second > size-start {
		return byteRange{}, errByteRangeOutside
	}
	return byteRange{gapStart: first, gapEnd: start, end: start + second}, nil
}

// checkGap compares the gap with the raw file: it must be the string that follows the key /Contents inside the object that
// holds the signature dictionary, and must have the value that the parser read there.
func (b byteRange) checkGap(r io.ReaderAt, s signatureDict) error {
	if b.gapEnd-b.gapStart > 3*maxContents {
		return errSignatureTooLarge
	}
	gap, err := readRange(r, b.gapStart, b.gapEnd)
	if err != nil {
		return err
	}
	contents, ok := hexString(gap)
	if !ok {
		return errGapNotContents
	}
	if s.objectStart < 0 || b.gapStart <= s.objectStart || b.gapEnd > s.objectEnd || !bytes.Equal(contents, s.contents) {
		return errOtherContents
	}
	if err := b.checkDuplicateKeys(r, s); err != nil {
		return err
	}
	lead, err := readRange(r, max(s.objectStart, b.gapStart-maxLead), b.gapStart)
	if err != nil {
		return err
	}
	if !bytes.HasSuffix(bytes.TrimRight(lead, whitespace), []byte("/Contents")) {
		return errGapNotContents
	}
	return nil
}

// decidingKeys are the entries of a signature dictionary that decide which signature it is and what it allows. Two different
// values for any other one, like /Type, change nothing of that.
var decidingKeys = []string{"Contents", "ByteRange", "SubFilter", "Filter", "Cert", "Reference"}

// checkDuplicateKeys returns errDuplicateKey for a signature dictionary with two different values for a deciding key.
func (b byteRange) checkDuplicateKeys(r io.ReaderAt, s signatureDict) error {
	const rest = 1 << 20 // bytes of the dictionary after /Contents
	if b.gapEnd-s.objectStart > 3*maxContents {
		return errSignatureTooLarge
	}
	object, err := readRange(r, s.objectStart, min(s.objectEnd, b.gapEnd+rest))
	if err != nil {
		return err
	}
	l := lexer{data: object, tolerant: true}
	if _, ok := l.header(); ok && l.isAmbiguous() {
		return errDuplicateKey
	}
	return nil
}

// isAmbiguous reads a signature dictionary. It reports whether a deciding key, or a key inside its value, has two different
// values.
func (l *lexer) isAmbiguous() bool {
	if l.space(); !bytes.HasPrefix(l.data[l.pos:], []byte("<<")) {
		return false
	}
	l.pos += 2
	values := map[string][]byte{}
	for {
		l.space()
		key, ok := l.name()
		from := l.pos
		l.duplicateKey = false
		if !ok || !l.value(1) {
			return false
		}
		value := bytes.Trim(l.data[from:l.pos], whitespace)
		first, duplicate := values[key]
		if slices.Contains(decidingKeys, key) && (l.duplicateKey || duplicate && !bytes.Equal(first, value)) {
			return true
		}
		values[key] = value
	}
}

// hexString decodes a hexadecimal string with its angle brackets. White space between the digits is allowed (ISO 32000-1,
// 7.3.4.3).
func hexString(token []byte) ([]byte, bool) {
	if len(token) < 2 || token[0] != '<' || token[len(token)-1] != '>' {
		return nil, false
	}
	digits := bytes.Map(func(r rune) rune {
		if bytes.ContainsRune([]byte(whitespace), r) {
			return -1
		}
		return r
	}, token[1:len(token)-1])
	if len(digits)%2 == 1 {
		digits = append(digits, '0')
	}
	out := make([]byte, hex.DecodedLen(len(digits)))
	if _, err := hex.Decode(out, digits); err != nil {
		return nil, false
	}
	return out, true
}

// digest returns the hash of the covered bytes.
func (b byteRange) digest(r io.ReaderAt, hash crypto.Hash) ([]byte, error) {
	h := hash.New()
	for _, part := range [][2]int64{{0, b.gapStart}, {b.gapEnd, b.end}} {
		n, err := io.Copy(h, io.NewSectionReader(r, part[0], part[1]-part[0]))
		if err != nil || n != part[1]-part[0] {
			return nil, readError(err)
		}
	}
	return h.Sum(nil), nil
}

// coversWholeFile reports whether the file ends where the covered bytes end.
func (b byteRange) coversWholeFile(size int64) bool { return b.end == size }
