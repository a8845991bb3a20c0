package ledger

import (
	"bufio"
	"bytes"
	"cmp"
	"container/heap"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// sorter puts keys in order, more of them than fit in memory: what it may not hold, it
// writes to a file in sorted runs, which are merged in the end. Equal keys stay in the
// order in which they came.
type sorter struct {
	dir      string // where the file is made, if there has to be one; made too
	maxBytes int    // bytes that may be held

	pairs []pair
	size  int
	file  *os.File
	runs  []io.Reader
	end   int64 // of the file
}

type pair struct{ key, value []byte }

// pairOverhead is what holding a pair costs besides its bytes.
const pairOverhead = 64

// add takes a key. It keeps both slices.
func (s *sorter) add(key, value []byte) error {
	s.pairs = append(s.pairs, pair{key, value})
	s.size += len(key) + len(value) + pairOverhead
	if s.size <= s.maxBytes {
		return nil
	}
	return s.spill()
}

func (s *sorter) sort() {
	slices.SortStableFunc(s.pairs, func(a, b pair) int { return bytes.Compare(a.key, b.key) })
}

// spill writes what is held as a run.
func (s *sorter) spill() error {
	if s.file == nil {
		if err := os.MkdirAll(s.dir, 0o700); err != nil {
			return fmt.Errorf("sort: %w", err)
		}
		f, err := os.CreateTemp(s.dir, "run-*") // made 0600
		if err != nil {
			return fmt.Errorf("sort: %w", err)
		}
		s.file = f
	}
	s.sort()
	w := bufio.NewWriter(s.file)
	length := int64(0)
	for _, p := range s.pairs {
		for _, b := range [][]byte{p.key, p.value} {
			n, _ := w.Write(binary.AppendUvarint(nil, uint64(len(b)))) // Flush tells of its failure
			w.Write(b)
			length += int64(n + len(b))
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("sort: %w", err)
	}
	s.runs = append(s.runs, io.NewSectionReader(s.file, s.end, length))
	s.end += length
	clear(s.pairs)
	s.pairs, s.size = s.pairs[:0], 0
	return nil
}

// each gives all keys in order. It is called once, after the last add.
func (s *sorter) each(do func(key, value []byte) error) error {
	if len(s.runs) == 0 {
		s.sort()
		for _, p := range s.pairs {
			if err := do(p.key, p.value); err != nil {
				return err
			}
		}
		return nil
	}
	if err := s.spill(); err != nil {
		return err
	}
	var heads runHeap
	for i, r := range s.runs {
		h := &run{from: bufio.NewReader(r), number: i}
		if err := h.read(); err != nil {
			return err
		}
		if !h.done {
			heads = append(heads, h)
		}
	}
	heap.Init(&heads)
	for len(heads) > 0 {
		if err := do(heads[0].key, heads[0].value); err != nil {
			return err
		}
		if err := heads[0].read(); err != nil {
			return err
		}
		if heads[0].done {
			heap.Pop(&heads)
		} else {
			heap.Fix(&heads, 0)
		}
	}
	return nil
}

func (s *sorter) close() error {
	if s.file == nil {
		return nil
	}
	return errors.Join(s.file.Close(), os.Remove(s.file.Name()))
}

// run is a sorted run being read: its next pair.
type run struct {
	pair
	from   *bufio.Reader
	number int
	done   bool
}

func (r *run) read() error {
	for _, b := range []*[]byte{&r.key, &r.value} {
		n, err := binary.ReadUvarint(r.from)
		if errors.Is(err, io.EOF) && b == &r.key {
			r.done = true
			return nil
		}
		if err != nil {
			return fmt.Errorf("sort: %w", err)
		}
		*b = make([]byte, n) // bbolt keeps keys until it commits
		if _, err := io.ReadFull(r.from, *b); err != nil {
			return fmt.Errorf("sort: %w", err)
		}
	}
	return nil
}

// runHeap has the run with the smallest next key first.
type runHeap []*run

func (h runHeap) Len() int      { return len(h) }
func (h runHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h runHeap) Less(i, j int) bool {
	return cmp.Or(bytes.Compare(h[i].key, h[j].key), cmp.Compare(h[i].number, h[j].number)) < 0
}
func (h *runHeap) Push(x any) { *h = append(*h, x.(*run)) }
func (h *runHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}
