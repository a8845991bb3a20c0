package backup

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestWhatIsCompressedOnAllProcessorsIsOneGzipFile(t *testing.T) {
	text := []byte(strings.Repeat("to whom it may concern, ", gzipBlockSize/8))
	noise := make([]byte, 2*gzipBlockSize+77)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(noise)
	for name, content := range map[string][]byte{
		"nothing":          nil,
		"a byte":           {'a'},
		"a block":          text[:gzipBlockSize],
		"a block and more": text[:gzipBlockSize+1],
		"several blocks":   text,
		"noise":            noise,
	} {
		t.Run(name, func(t *testing.T) {
			var packed bytes.Buffer
			w := newGzipWriter(&packed)
			for left := content; len(left) > 0; { // the pieces do not fit into blocks
				n := min(len(left), 70_001)
				if _, err := w.Write(left[:n]); err != nil {
					t.Fatal(err)
				}
				left = left[n:]
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			r, err := gzip.NewReader(&packed)
			if err != nil {
				t.Fatal(err)
			}
			r.Multistream(false)
			got, err := io.ReadAll(r) // compares the checksum and the size
			if err != nil || !bytes.Equal(got, content) {
				t.Errorf("%d bytes of %d, %v", len(got), len(content), err)
			}
			if packed.Len() > 0 {
				t.Errorf("%d bytes follow", packed.Len())
			}
		})
	}
}

// fullWriter is a disk that is full after some bytes.
type fullWriter struct{ room int }

var errFull = errors.New("full")

func (f *fullWriter) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestAnErrorOfTheDiskEndsTheCompressing(t *testing.T) {
	noise := make([]byte, gzipBlockSize)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(noise)
	w := newGzipWriter(&fullWriter{room: 3 * gzipBlockSize})
	var err error
	written := 0
	for ; err == nil && written < 1000; written++ {
		_, err = w.Write(noise)
	}
	if !errors.Is(err, errFull) {
		t.Errorf("after %d blocks: %v", written, err)
	}
	if err := w.Close(); !errors.Is(err, errFull) {
		t.Errorf("closed: %v", err)
	}
	w = newGzipWriter(&fullWriter{room: len(gzipHeader)})
	if err := w.Close(); !errors.Is(err, errFull) {
		t.Errorf("at the end: %v", err)
	}
}
