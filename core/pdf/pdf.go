// Package pdf reads what a PDF file proves on its own: whether it is complete and can be sent to be signed, which
// signatures it has, whether each of them still fits the bytes it covers, and whether one file is a continuation of
// another.
//
// It must not sign, change a file, use the network or write anywhere. It therefore fetches neither revocation lists nor
// trust lists: a signature that is intact and trusted here may still have been revoked.
//
// The files come from outside and may be hostile. What the parser reads is never enough to call a signature intact: this
// package compares the bytes that the signature covers with the raw file. A file over [MaxSize] is refused and a signature
// over 4 MiB is not checked. Streams, objects, nesting, time and memory are limited. A panic of the parser becomes
// [ErrDamaged].
//
// The standards are ISO 32000-1 (PDF 1.7), RFC 5652 (CMS), RFC 5035 (signing certificates), RFC 3161 (time-stamps) and
// ETSI EN 319 142-1 (PAdES).
package pdf

import (
	"bytes"
	"io"
)

// Info describes a file that can be sent to be signed.
type Info struct {
	Pages int
}

// Check reports whether the first size bytes of r can be sent to be signed: a complete PDF with pages that is not
// encrypted. The error wraps one of [ErrEmpty], [ErrNotPDF], [ErrEncrypted], [ErrDamaged] and [ErrTooLarge], or an error
// of r.
func Check(r io.ReaderAt, size int64) (Info, error) { return check(r, size, limits{}) }

func check(r io.ReaderAt, size int64, l limits) (Info, error) {
	if err := checkEnds(r, size); err != nil {
		return Info{}, err
	}
	d, err := open(r, size, l.budget())
	if err != nil {
		return Info{}, err
	}
	if d.Encrypt != nil {
		return Info{}, errProtected
	}
	pages, err := d.countPages()
	if err != nil {
		return Info{}, err
	}
	return Info{Pages: pages}, nil
}

// checkEnds looks for the header and the end marker. The parser repairs a truncated file, but only a complete one may be
// sent to be signed.
func checkEnds(r io.ReaderAt, size int64) error {
	if err := checkHeader(r, size); err != nil {
		return err
	}
	tail, err := readRange(r, max(0, size-edgeSize), size)
	if err != nil {
		return err
	}
	if !bytes.Contains(tail, []byte(endMarker)) {
		return errNoEnd
	}
	return nil
}
