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
// order. Sorting and writing go on in the background, on one goroutine at a time. The caller
// closes the sorter.
type sorter struct {
	dir      string // for the temporary file; created if needed
	maxBytes int    // that may be held in memory

	adding   pile       // what was added since the last run
	spare    pile       // an empty one, with the memory of the last run
	working  chan error // receives the result of the work in the background; nil if there is none
	prepared bool

	// The work in the background uses these.
	file *os.File
	runs []io.Reader
	end  int64 // the size of the file
}

type pair struct{ key, value []byte }

// pile is a number of pairs in one piece of memory.
type pile struct {
	bytes []byte // of all keys and values
	pairs []piled
}

// piled is where a pair is in a pile.
type piled struct {
	prefix           [2]uint64 // the first bytes of the key, which decide most comparisons; to read a key itself takes much longer
	at               int       // where the key is; the value follows it
	keySize, valSize uint32
}

// piledSize is how many bytes a pair needs besides its own.
const piledSize = 32

// prefixOf returns the prefix of a key.
func prefixOf(key []byte) [2]uint64 {
	var b [16]byte
	copy(b[:], key)
	return [2]uint64{binary.BigEndian.Uint64(b[:]), binary.BigEndian.Uint64(b[8:])}
}

func (p *pile) size() int { return len(p.bytes) + piledSize*len(p.pairs) }

// add adds a pair. Its memory doubles when it is full, which append does not do with so much, but does not grow beyond limit for
// pairs that fit into that.
func (p *pile) add(key, value []byte, limit int) {
	if size := len(p.bytes) + len(key) + len(value); size > cap(p.bytes) {
		p.bytes = append(make([]byte, 0, max(size, min(2*size, limit))), p.bytes...)
	}
	if n := len(p.pairs) + 1; n > cap(p.pairs) {
		p.pairs = append(make([]piled, 0, max(n, min(2*n, limit/piledSize))), p.pairs...)
	}
	p.pairs = append(p.pairs, piled{prefixOf(key), len(p.bytes), uint32(len(key)), uint32(len(value))}) // #nosec G115 -- bbolt allows less
	p.bytes = append(append(p.bytes, key...), value...)
}

// pair returns the key and the value of a pair. They are valid until the pile is used again.
func (p *pile) pair(i piled) (key, value []byte) {
	from, to := i.at+int(i.keySize), i.at+int(i.keySize)+int(i.valSize)
	return p.bytes[i.at:from:from], p.bytes[from:to:to]
}

// sort sorts the pairs by their keys, and those with equal keys in the order in which they were added.
func (p *pile) sort() {
	slices.SortFunc(p.pairs, func(a, b piled) int {
		switch {
		case a.prefix[0] != b.prefix[0]:
			return cmp.Compare(a.prefix[0], b.prefix[0])
		case a.prefix[1] != b.prefix[1]:
			return cmp.Compare(a.prefix[1], b.prefix[1])
		}
		x, _ := p.pair(a)
		y, _ := p.pair(b)
		return cmp.Or(bytes.Compare(x, y), cmp.Compare(a.at, b.at), cmp.Compare(a.valSize, b.valSize)) // an empty pair takes no room
	})
}

// add adds a pair. The sorter keeps neither slice.
func (s *sorter) add(key, value []byte) error {
	limit := s.maxBytes / 2 // the other half is being written
	s.adding.add(key, value, limit)
	if s.adding.size() <= limit {
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

// start runs the function work in the background. The caller has waited for what was there before.
func (s *sorter) start(work func() error) {
	done := make(chan error, 1)
	s.working = done
	go func() { done <- work() }()
}

// wait waits for the end of the work in the background, and returns its error.
func (s *sorter) wait() error {
	if s.working == nil {
		return nil
	}
	err := <-s.working
	s.working = nil
	return err
}

// spill writes the pairs in memory to the file, as a sorted run, in the background.
func (s *sorter) spill() error {
	if err := s.wait(); err != nil {
		return err
	}
	full := s.adding
	s.adding = s.spare
	s.start(func() error {
		full.sort()
		s.spare = pile{full.bytes[:0], full.pairs[:0]}
		return s.write(&full)
	})
	return nil
}

// write writes sorted pairs to the file.
func (s *sorter) write(p *pile) error {
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
	const enough = 1 << 16 // bytes for one write
	buffer, length := make([]byte, 0, 2*enough), int64(0)
	for n, i := range p.pairs {
		buffer = binary.AppendUvarint(binary.AppendUvarint(buffer, uint64(i.keySize)), uint64(i.valSize))
		buffer = append(buffer, p.bytes[i.at:i.at+int(i.keySize)+int(i.valSize)]...)
		if len(buffer) < enough && n < len(p.pairs)-1 {
			continue
		}
		if _, err := s.file.Write(buffer); err != nil {
			return fmt.Errorf("sort: %w", err)
		}
		length += int64(len(buffer))
		buffer = buffer[:0]
	}
	s.runs = append(s.runs, io.NewSectionReader(s.file, s.end, length))
	s.end += length
	return nil
}

// prepare begins to sort the last pairs, so that each has to wait less. Nothing may be added after it.
func (s *sorter) prepare() error {
	if s.prepared {
		return nil
	}
	if err := s.wait(); err != nil {
		return err
	}
	s.prepared = true
	if len(s.runs) > 0 {
		return s.spill()
	}
	s.start(func() error { s.adding.sort(); return nil })
	return nil
}

// each calls the function do with every pair, in the order of the keys. It stops at the first
// error that a call returns, and returns it. It may be called once, after the last add. What do is
// given stays valid.
func (s *sorter) each(do func(key, value []byte) error) error {
	if err := errors.Join(s.prepare(), s.wait()); err != nil {
		return err
	}
	if len(s.runs) == 0 {
		for _, i := range s.adding.pairs {
			if err := do(s.adding.pair(i)); err != nil {
				return err
			}
		}
		return nil
	}
	s.adding, s.spare = pile{}, pile{} // all of it is in the file
	var runs runHeap
	for i, r := range s.runs {
		next := &run{from: bufio.NewReaderSize(r, 1<<14), number: i}
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

// close waits for the work in the background and removes the temporary file.
func (s *sorter) close() error {
	err := s.wait()
	if s.file == nil {
		return err
	}
	return errors.Join(err, s.file.Close(), os.Remove(s.file.Name()))
}

// run is a sorted run that is being read, and its next pair.
type run struct {
	pair
	from   *bufio.Reader
	number int
	done   bool
	memory []byte // for the next pairs
}

// read reads the next pair of the run, or sets done at its end.
func (r *run) read() error {
	keySize, err := binary.ReadUvarint(r.from)
	if errors.Is(err, io.EOF) {
		r.done = true
		return nil
	}
	valSize, err2 := binary.ReadUvarint(r.from)
	if err := errors.Join(err, err2); err != nil {
		return fmt.Errorf("sort: %w", err)
	}
	size := int(keySize + valSize) // #nosec G115 -- as it was written
	if size > len(r.memory) {
		r.memory = make([]byte, max(size, 1<<14))
	}
	both := r.memory[:size:size]
	r.memory = r.memory[size:] // not reused: bbolt keeps keys until it commits
	if _, err := io.ReadFull(r.from, both); err != nil {
		return fmt.Errorf("sort: %w", err)
	}
	r.key, r.value = both[:keySize:keySize], both[keySize:]
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
