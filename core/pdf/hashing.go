package pdf

import (
	"crypto"
	"errors"
	"hash"
	"io"
)

// hashedFile is a file of which the hashes of its beginnings are kept. Each signature covers the file from its first byte on, so
// with several of them most bytes need to be hashed only once. It is not safe for concurrent use.
type hashedFile struct {
	io.ReaderAt
	beginnings map[crypto.Hash][]beginning
}

// beginning is the state of a hash after the bytes up to an offset.
type beginning struct {
	end   int64
	state hash.Cloner
}

func newHashedFile(r io.ReaderAt) *hashedFile {
	return &hashedFile{r, map[crypto.Hash][]beginning{}}
}

// hashUpTo returns a hash to which the bytes of a file up to end were written. If r is a
// [hashedFile], it begins with the longest beginning that is kept there, and keeps this one.
func hashUpTo(r io.ReaderAt, algorithm crypto.Hash, end int64) (hash.Hash, error) {
	h, start := algorithm.New(), int64(0)
	f, kept := r.(*hashedFile)
	if kept {
		for _, b := range f.beginnings[algorithm] {
			if b.end < start || b.end > end {
				continue
			}
			clone, err := b.state.Clone()
			if err != nil {
				return nil, err
			}
			h, start = clone, b.end
		}
	}
	if err := hashRange(h, r, start, end); err != nil {
		return nil, err
	}
	if state, ok := h.(hash.Cloner); ok && kept && start < end {
		clone, err := state.Clone()
		if errors.Is(err, errors.ErrUnsupported) {
			return h, nil
		}
		if err != nil {
			return nil, err
		}
		f.beginnings[algorithm] = append(f.beginnings[algorithm], beginning{end, clone})
	}
	return h, nil
}

// hashRange writes the bytes from start up to end to a hash.
func hashRange(h hash.Hash, r io.ReaderAt, start, end int64) error {
	n, err := io.Copy(h, io.NewSectionReader(r, start, end-start))
	if err != nil || n != end-start {
		return readError(err)
	}
	return nil
}
