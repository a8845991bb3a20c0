package record

import (
	"time"

	"countersign/core/request"
)

// slabs have memory for what most records have.
type slabs struct {
	times     slab[time.Time]
	outcomes  slab[request.Outcome]
	documents slab[request.Document]
	files     slab[request.SignedFile]
	signers   slab[request.Signer]
	visits    slab[request.Visit]
	remoteIDs slab[request.RemoteIDs]
	ids       slab[request.ID]
	texts     slab[string]
	reviews   slab[request.Review]
	archived  slab[request.Archived]
}

// reuse ends the use of everything that was taken.
func (s *slabs) reuse() {
	s.times.reuse()
	s.outcomes.reuse()
	s.documents.reuse()
	s.files.reuse()
	s.signers.reuse()
	s.visits.reuse()
	s.remoteIDs.reuse()
	s.ids.reuse()
	s.texts.reuse()
	s.reviews.reuse()
	s.archived.reuse()
}

// slabOf returns the slab of a type, or nil if there is none.
func slabOf[T any](s *slabs) *slab[T] {
	var found any
	switch any((*T)(nil)).(type) {
	case *time.Time:
		found = &s.times
	case *request.Outcome:
		found = &s.outcomes
	case *request.Document:
		found = &s.documents
	case *request.SignedFile:
		found = &s.files
	case *request.Signer:
		found = &s.signers
	case *request.Visit:
		found = &s.visits
	case *request.RemoteIDs:
		found = &s.remoteIDs
	case *request.ID:
		found = &s.ids
	case *string:
		found = &s.texts
	case *request.Review:
		found = &s.reviews
	case *request.Archived:
		found = &s.archived
	}
	of, _ := found.(*slab[T])
	return of
}

// slab has memory for values of one type.
type slab[T any] struct {
	memory  []T // what was allocated the last time
	used    int // of memory
	all     int // that were taken since the last reuse
	skipped T
}

// minSlab and maxSlab are how many values of a type are allocated at once: first few, and then more each time.
const minSlab, maxSlab = 4, 64

// take returns n zero values.
func (s *slab[T]) take(n int) []T {
	if s.memory == nil || n > len(s.memory)-s.used {
		s.memory, s.used = make([]T, max(n, min(max(minSlab, 2*len(s.memory)), maxSlab))), 0
	}
	from := s.used
	s.used, s.all = from+n, s.all+n
	return s.memory[from:s.used:s.used]
}

// reuse ends the use of all values that were taken. It makes room for as many at once if they were allocated piece by piece.
func (s *slab[T]) reuse() {
	if s.all > len(s.memory) {
		s.memory = make([]T, s.all)
	} else {
		clear(s.memory[:s.used])
	}
	s.used, s.all = 0, 0
}

// several returns n zero values for what is read.
func several[T any](c *coder, n int) []T {
	if c.slabs != nil {
		if s := slabOf[T](c.slabs); s != nil {
			return s.take(n)
		}
	}
	return make([]T, n)
}

// one returns a zero value for what is read. If that is skipped, it is the same one each time, whatever is in it.
func one[T any](c *coder) *T {
	if c.slabs != nil {
		switch s := slabOf[T](c.slabs); {
		case s == nil:
		case c.skipping:
			return &s.skipped
		default:
			return &s.take(1)[0]
		}
	}
	return new(T)
}
