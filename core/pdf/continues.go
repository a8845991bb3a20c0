package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Continues tells whether later begins with exactly the bytes of earlier and adds something. Both are read to the first
// difference and no further. Nothing continues an empty file.
func Continues(earlier, later io.Reader) (bool, error) {
	const block = 64 << 10
	var a, b [block]byte
	for begun := false; ; begun = true {
		n, err := io.ReadFull(earlier, a[:])
		ended := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !ended {
			return false, fmt.Errorf("could not read the earlier file: %w", err)
		}
		if n == 0 && !begun {
			return false, nil
		}
		m, err := io.ReadFull(later, b[:n])
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return false, fmt.Errorf("could not read the later file: %w", err)
		}
		if m < n || !bytes.Equal(a[:n], b[:n]) {
			return false, nil
		}
		if ended {
			return hasMore(later)
		}
	}
}

func hasMore(r io.Reader) (bool, error) {
	var one [1]byte
	_, err := io.ReadFull(r, one[:])
	if errors.Is(err, io.EOF) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("could not read the later file: %w", err)
	}
	return true, nil
}
