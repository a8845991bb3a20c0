package pdf

import (
	"bytes"
	"crypto"
	"encoding/hex"
	"errors"
	"io"
)

const (
	maxContents = 4 << 20 // bytes of one signature
	maxLead     = 256     // bytes looked at before a signature to find its key
	whitespace  = "\x00\t\n\f\r "
)

var (
	errNoByteRange       = errors.New("it does not say which bytes it signs")
	errByteRangeShape    = errors.New("it does not sign two parts, from the first byte on, around itself")
	errByteRangeOutside  = errors.New("it claims to sign bytes that are not in this file")
	errGapNotContents    = errors.New("the part it leaves out is not the signature alone")
	errOtherContents     = errors.New("the part it leaves out is another signature than its own")
	errDuplicateKey      = errors.New("it says one thing twice, in different words: programs read different signatures in it")
	errSignatureTooLarge = errors.New("the signature is too large to be read")
)

// byteRange is what a signature speaks for: the bytes before gapStart and those from gapEnd to end. Between them stands
// the signature itself, and nothing else.
type byteRange struct {
	gapStart, gapEnd, end int64
}

// newByteRange reads the four numbers of a /ByteRange for a file of that size.
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
	// Subtracted, not added: the sum of two numbers out of a file may overflow.
	if start > size || second > size-start {
		return byteRange{}, errByteRangeOutside
	}
	return byteRange{gapStart: first, gapEnd: start, end: start + second}, nil
}

// checkGap compares the part that is left out with the raw file: it is the hexadecimal string, from < to >, that follows
// the key /Contents inside the object that holds the claim, and it says what the parser read.
func (b byteRange) checkGap(r io.ReaderAt, c signatureDict) error {
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
	if c.objectStart < 0 || b.gapStart <= c.objectStart || b.gapEnd > c.objectEnd || !bytes.Equal(contents, c.contents) {
		return errOtherContents
	}
	if err := b.checkDuplicateKeys(r, c); err != nil {
		return err
	}
	lead, err := readRange(r, max(c.objectStart, b.gapStart-maxLead), b.gapStart)
	if err != nil {
		return err
	}
	if !bytes.HasSuffix(bytes.TrimRight(lead, whitespace), []byte("/Contents")) {
		return errGapNotContents
	}
	return nil
}

// checkDuplicateKeys refuses a signature whose dictionary has two values at one key: of these, programs choose differently.
func (b byteRange) checkDuplicateKeys(r io.ReaderAt, c signatureDict) error {
	const more = 1 << 20 // of the dictionary behind its value
	if b.gapEnd-c.objectStart > 3*maxContents {
		return errSignatureTooLarge
	}
	object, err := readRange(r, c.objectStart, min(c.objectEnd, b.gapEnd+more))
	if err != nil {
		return err
	}
	l := lexer{data: object}
	if _, ok := l.header(); ok && !l.value(0) && l.duplicateKey {
		return errDuplicateKey
	}
	return nil
}

// hexString decodes a whole token <...>. White space between the digits is allowed, as it is in PDF.
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

// digest hashes the signed bytes, a block at a time.
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

// coversWholeFile tells whether nothing was added after the signed bytes, not even the end of a line.
func (b byteRange) coversWholeFile(size int64) bool { return b.end == size }
