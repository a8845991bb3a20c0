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

// sorter sorts more pairs by their keys than fit in memory. What exceeds the limit goes to a
// temporary file in sorted runs, which are merged at the end. Pairs with equal keys keep their
// order. The caller closes the sorter.
type sorter struct {
	dir      string // for the temporary file; created if needed
	maxBytes int    // that may be held in memory

	pairs []pair
	size  int
	file  *os.File
	runs  []io.Reader
	end   int64 // the size of the file
}

type pair struct{ key, value []byte }

// pairOverhead estimates the memory that a pair needs besides its bytes.
const pairOverhead = 64

// add adds a pair. The sorter keeps both slices, so the caller must not change them.
func (s *sorter) add(key, value []byte) error {
	s.pairs = append(s.pairs, pair{key, value})
	s.size += len(key) + len(value) + pairOverhead
	if s.size <= s.maxBytes {
		return nil
	}
	return s.spill()
}

// addKeys adds pairs without values.
func (s *sorter) addKeys(keys [][]byte) error {
	for _, k := range keys {
		if err := s.add(k, nil); err != nil {
			return err
		}
	}
	return nil
}

func (s *sorter) addPairs(pairs []pair) error {
	for _, p := range pairs {
		if err := s.add(p.key, p.value); err != nil {
			return err
		}
	}
	return nil
}

// sort sorts the pairs in memory.
func (s *sorter) sort() {
	slices.SortStableFunc(s.pairs, func(a, b pair) int { return bytes.Compare(a.key, b.key) })
}

// spill writes the pairs in memory to the file as a sorted run.
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
			n, _ := w.Write(binary.AppendUvarint(nil, uint64(len(b)))) // Flush returns the error
			_, _ = w.Write(b)
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

// each calls the function do with every pair, in the order of the keys. It stops at the first
// error that a call returns, and returns it. It may be called once, after the last add.
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
	var runs runHeap
	for i, r := range s.runs {
		next := &run{from: bufio.NewReader(r), number: i}
		if err := next.read(); err != nil {
			return err
		}
		if !next.done {
			runs = append(runs, next)
		}
	}
	heap.Init(&runs)
	for len(runs) > 0 {
		if err := do(runs[0].key, runs[0].value); err != nil {
			return err
		}
		if err := runs[0].read(); err != nil {
			return err
		}
		if runs[0].done {
			heap.Pop(&runs)
		} else {
			heap.Fix(&runs, 0)
		}
	}
	return nil
}

// close removes the temporary file.
func (s *sorter) close() error {
	if s.file == nil {
		return nil
	}
	return errors.Join(s.file.Close(), os.Remove(s.file.Name()))
}

// run is a sorted run that is being read, and its next pair.
type run struct {
	pair
	from   *bufio.Reader
	number int
	done   bool
}

// read reads the next pair of the run, or sets done at its end.
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
		*b = make([]byte, n) // not reused: bbolt keeps keys until it commits
		if _, err := io.ReadFull(r.from, *b); err != nil {
			return fmt.Errorf("sort: %w", err)
		}
	}
	return nil
}

// runHeap is a heap of runs by their next keys, and by their numbers where these are equal.
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
