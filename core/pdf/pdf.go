// Package pdf reads what a PDF file proves on its own: whether it is complete and can be sent to be signed, which
// signatures it has, whether each of them still fits the bytes it covers, and whether one file is a continuation of
// another.
//
// It must not sign, change a file, use the network or write anywhere. It therefore fetches neither revocation lists nor
// trust lists: a signature that is intact and trusted here may still have been revoked.
//
// The files come from outside and may be hostile. What the parser, the library pdfcpu, reads is never enough to call a
// signature intact: this package compares the bytes that the signature covers with the raw file. A file over [MaxSize] is
// refused and a signature over 4 MiB is not checked. Streams, objects, nesting, time and memory are limited. A panic of the
// parser becomes [ErrDamaged].
//
// The standards are ISO 32000-1 (PDF 1.7), RFC 5652 (CMS), RFC 5035 (signing certificates), RFC 3161 (time-stamps) and
// ETSI EN 319 142-1 (PAdES).
package pdf

import (
	"bytes"
	"io"
	"regexp"
	"sync"
)

// Info describes a file that can be sent to be signed.
type Info struct {
	Pages     int
	Protected bool // it is encrypted, and opens without a password
}

// Check reports whether the first size bytes of r can be sent to be signed: a complete PDF with pages that is not
// encrypted. The error wraps one of [ErrEmpty], [ErrNotPDF], [ErrEncrypted], [ErrProtected], [ErrDamaged] and [ErrTooLarge],
// or an error of r. With [ErrProtected] comes the Info of the file: some gateways sign such files.
func Check(r io.ReaderAt, size int64) (Info, error) { return check(r, size, limits{}) }

func check(r io.ReaderAt, size int64, l limits) (Info, error) {
	if err := checkHeader(r, size); err != nil {
		return Info{}, err
	}
	if err := checkEnd(r, size); err != nil {
		return Info{}, err
	}
	d, err := openTolerant(r, size, l.budget())
	if err != nil {
		return Info{}, err
	}
	pages, err := d.countPages()
	if err != nil {
		return Info{}, err
	}
	if d.encrypted() {
		return Info{Pages: pages, Protected: true}, ErrProtected
	}
	return Info{Pages: pages}, nil
}

// newObject matches the beginning of an object, and the keyword xref, which follows the last object.
var newObject = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`[0-9][\x00\t\n\f\r ]+[0-9]+[\x00\t\n\f\r ]+obj|xref`)
})

// checkEnd returns errNoEnd for a file without its end marker. The parser repairs a truncated file, but only a complete one
// may be sent to be signed. White space of any length may follow the marker, and a little that is no part of a PDF; see
// maxTrailing. Objects may not: a file that was updated has an end marker for each revision, and when it is truncated those
// of the earlier ones are still there.
func checkEnd(r io.ReaderAt, size int64) error {
	tail, _, err := readTail(r, size)
	if err != nil {
		return err
	}
	i := bytes.LastIndex(tail, []byte(endMarker))
	if i < 0 || newObject().Match(tail[i:]) {
		return errNoEnd
	}
	return nil
}

// readTail returns the last maxTrailing bytes of a file before the white space at its end, and their offset.
func readTail(r io.ReaderAt, size int64) (tail []byte, offset int64, err error) {
	const block = 64 << 10
	for end := size; end > 0; end -= min(end, block) {
		b, err := readRange(r, max(0, end-block), end)
		if err != nil {
			return nil, 0, err
		}
		if rest := bytes.TrimRight(b, whitespace); len(rest) > 0 {
			end -= int64(len(b) - len(rest))
			offset = max(0, end-maxTrailing)
			tail, err = readRange(r, offset, end)
			return tail, offset, err
		}
	}
	return nil, 0, nil
}
