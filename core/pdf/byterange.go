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

// newByteRange returns the byte range that the numbers of a /ByteRange stand for. The error is the problem of a signature
// without numbers, or with numbers of another form or beyond the size of the file.
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

// value returns the hexadecimal string in the gap, and the offset where it begins. With some programs the gap also has white
// space beside the string; with others the string's angle brackets are outside the gap.
func (b byteRange) value(r io.ReaderAt, size int64) (token []byte, start int64, err error) {
	from, to := b.gapStart-1, min(b.gapEnd+1, size)
	around, err := readRange(r, from, to)
	if err != nil {
		return nil, 0, err
	}
	gap := around[1 : b.gapEnd-from]
	token = bytes.Trim(gap, whitespace)
	start = b.gapStart + int64(len(gap)-len(bytes.TrimLeft(gap, whitespace)))
	if len(gap) == len(token) {
		if gap[0] != '<' && around[0] == '<' {
			token, start = around[:len(gap)+1], from
		}
		if gap[len(gap)-1] != '>' && around[len(around)-1] == '>' {
			token = around[start-from:]
		}
	}
	return token, start, nil
}

// checkGap compares the gap with the raw file: it must be the string that follows the key /Contents inside the object that
// holds the signature dictionary, and must have the value that the parser read there.
func (b byteRange) checkGap(r io.ReaderAt, size int64, s signatureDict) error {
	if b.gapEnd-b.gapStart > 3*maxContents {
		return errSignatureTooLarge
	}
	token, start, err := b.value(r, size)
	if err != nil {
		return err
	}
	contents, ok := hexString(token)
	if !ok {
		return errGapNotContents
	}
	if !bytes.Equal(contents, s.contents) {
		return errOtherContents
	}
	if s.valueStart != 0 {
		return b.checkIndirectGap(r, s)
	}
	if s.objectStart < 0 || b.gapStart <= s.objectStart || b.gapEnd > s.objectEnd {
		return errOtherContents
	}
	if err := b.checkDuplicateKeys(r, s); err != nil {
		return err
	}
	lead, err := readRange(r, max(s.objectStart, start-maxLead), start)
	if err != nil {
		return err
	}
	if !bytes.HasSuffix(bytes.TrimRight(lead, whitespace), []byte("/Contents")) {
		return errGapNotContents
	}
	return nil
}

// checkIndirectGap is the rest of checkGap for a /Contents that is a reference, which the standard does not allow and some
// programs write: the gap must be all of that object's value, and the covered bytes must have all of the dictionary.
func (b byteRange) checkIndirectGap(r io.ReaderAt, s signatureDict) error {
	covered := s.objectStart > 0 && (s.objectEnd <= b.gapStart || s.objectStart >= b.gapEnd && s.objectEnd <= b.end)
	if s.valueStart < 0 || b.gapStart-s.valueStart > maxLead || b.gapStart <= s.valueStart || b.gapEnd > s.valueEnd || !covered {
		return errOtherContents
	}
	lead, err := readRange(r, s.valueStart, b.gapStart)
	if err != nil {
		return err
	}
	tail, err := readRange(r, b.gapEnd, min(s.valueEnd, b.gapEnd+maxLead))
	if err != nil {
		return err
	}
	l := lexer{data: lead}
	_, ok := l.header()
	l.space()
	after := lexer{data: tail}
	if !ok || l.pos != len(lead) || !after.keyword("endobj") {
		return errGapNotContents
	}
	return b.checkDuplicateKeys(r, s)
}

// decidingKeys are the entries of a signature dictionary that decide which signature it is and what it allows. Two different
// values for any other entry, like /Type, change neither.
var decidingKeys = []string{"Contents", "ByteRange", "SubFilter", "Filter", "Cert", "Reference"}

// checkDuplicateKeys returns errDuplicateKey for a signature dictionary with two different values for a deciding key, or one that the
// lexer cannot read, where there may be any.
func (b byteRange) checkDuplicateKeys(r io.ReaderAt, s signatureDict) error {
	const rest = 1 << 20 // bytes of the dictionary after /Contents
	end := min(s.objectEnd, max(b.gapEnd, s.objectStart)+rest)
	if end-s.objectStart > 3*maxContents+rest {
		return errSignatureTooLarge
	}
	object, err := readRange(r, s.objectStart, end)
	if err != nil {
		return err
	}
	l := lexer{data: object, tolerant: true}
	if _, ok := l.header(); !ok || l.isAmbiguous() {
		return errDuplicateKey
	}
	return nil
}

// isAmbiguous reads a signature dictionary, or a field that may hold one. It reports whether one of decidingKeys, or a key in the value
// of one, has two different values, or may have: the dictionary cannot be read to its end.
func (l *lexer) isAmbiguous() bool {
	if l.space(); !bytes.HasPrefix(l.data[l.pos:], []byte("<<")) {
		return true
	}
	l.pos += 2
	values := map[string][]byte{}
	for {
		l.space()
		if bytes.HasPrefix(l.data[l.pos:], []byte(">>")) {
			return false
		}
		key, ok := l.name()
		from := l.pos
		l.duplicateKey = false
		if !ok || !l.value(1) {
			return true
		}
		value := bytes.Trim(l.data[from:l.pos], whitespace)
		first, duplicate := values[key]
		differs := duplicate && !bytes.Equal(first, value)
		if slices.Contains(decidingKeys, key) && (l.duplicateKey || differs) || key == "V" && (differs || isAmbiguousValue(value)) {
			return true
		}
		values[key] = value
	}
}

// isAmbiguousValue reports whether the value of a field is a signature dictionary that is ambiguous.
func isAmbiguousValue(value []byte) bool {
	l := lexer{data: value, tolerant: true}
	return bytes.HasPrefix(value, []byte("<<")) && l.isAmbiguous()
}

// hexString decodes a hexadecimal string with its angle brackets. White space between the digits is allowed (ISO 32000-1,
// 7.3.4.3). It returns false for anything else.
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
	h, err := hashUpTo(r, hash, b.gapStart)
	if err != nil {
		return nil, err
	}
	if err := hashRange(h, r, b.gapEnd, b.end); err != nil {
		return nil, err
	}
	return h.Sum(nil), nil
}

// coversWholeFile reports whether the file ends where the covered bytes end.
func (b byteRange) coversWholeFile(size int64) bool { return b.end == size }
