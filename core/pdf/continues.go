package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Continues reports whether later consists of all bytes of earlier and at least one more. It reads both only up to the
// first difference. Nothing continues an empty file. Errors of either reader are returned wrapped.
func Continues(earlier, later io.Reader) (bool, error) {
	const block = 64 << 10
	var a, b [block]byte
	for first := true; ; first = false {
		n, err := io.ReadFull(earlier, a[:])
		ended := isEOF(err)
		if err != nil && !ended {
			return false, fmt.Errorf("could not read the earlier file: %w", err)
		}
		if n == 0 && first {
			return false, nil
		}
		m, err := io.ReadFull(later, b[:n])
		if err != nil && !isEOF(err) {
			return false, laterError(err)
		}
		if m < n || !bytes.Equal(a[:n], b[:n]) {
			return false, nil
		}
		if ended {
			return hasMore(later)
		}
	}
}

// Bounds returns the offsets in the first size bytes of r between which the PDF is: without what comes before its header, and
// without what comes after its last end marker. Some programs drop these bytes when they sign. Without a header, start is 0;
// without an end marker, end is size. Errors of r are returned wrapped.
func Bounds(r io.ReaderAt, size int64) (start, end int64, err error) {
	if start, err = findHeader(r, size); err != nil {
		return 0, 0, err
	}
	tail, offset, err := readTail(r, size)
	if err != nil {
		return 0, 0, err
	}
	end = size
	if i := bytes.LastIndex(tail, []byte(endMarker)); i >= 0 {
		end = offset + int64(i+len(endMarker))
	}
	return max(0, start), end, nil
}

func hasMore(later io.Reader) (bool, error) {
	var one [1]byte
	_, err := io.ReadFull(later, one[:])
	if errors.Is(err, io.EOF) {
		return false, nil
	}
	if err != nil {
		return false, laterError(err)
	}
	return true, nil
}

func isEOF(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

func laterError(err error) error { return fmt.Errorf("could not read the later file: %w", err) }
