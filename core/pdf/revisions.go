package pdf

import (
	"io"
	"slices"
	"time"
)

// Appended is what was added to a file after some point of it.
type Appended struct {
	Bytes int64
	// Changes are what these bytes do to the document, the gravest first. There are none where they do nothing: a line
	// end, a comment, or the same objects again.
	Changes []Change
}

// Shows tells whether what is seen of the document may be other than it was: something besides signatures, their
// pictures, time-stamps, validation data and properties of the file was changed.
func (a Appended) Shows() bool { return slices.ContainsFunc(a.Changes, Change.Shows) }

// Shows tells whether a change may be one of what is seen.
func (c Change) Shows() bool { return c == FormFilled || c == AnnotationChanged || c == SomethingElse }

const (
	maxRevisions = 24       // that are compared in one file
	maxUpdate    = 64 << 20 // bytes of one update that is looked at
)

// revisions is the versions of a file from a place on.
type revisions struct {
	raw     io.ReaderAt
	size    int64
	ends    []int64    // where each version ends, the first one being what the others are compared with
	changes [][]Change // what each version after the first one changed
	unclear bool       // more than can be looked at, or something that is no version
}

// read finds the versions and compares each with the one before it.
func (h *revisions) read(from int64) error {
	h.ends, h.changes, h.unclear = []int64{from}, nil, false
	if h.size-from > maxUpdate {
		h.unclear = true
		return nil
	}
	tail, err := readRange(h.raw, from, h.size)
	if err != nil {
		return err
	}
	ends := revisionEnd.FindAllIndex(tail, maxRevisions+1)
	if len(ends) > maxRevisions {
		h.unclear = true
		return nil
	}
	last := 0
	for _, end := range ends {
		h.ends = append(h.ends, from+int64(end[1]))
		last = end[1]
	}
	rest := lexer{data: tail, pos: last}
	if rest.space(); rest.pos < len(tail) {
		h.unclear = true
		return nil
	}
	if len(ends) > 0 {
		h.compare(tail)
	}
	return nil
}

func (h *revisions) compare(tail []byte) {
	until := time.Now().Add(maxParsing) // all of them together
	before, err := h.openRevision(until, h.ends[0], nil)
	for i, end := range h.ends[1:] {
		var after *document
		changes := []Change{SomethingElse}
		if err == nil {
			from := h.ends[i]
			after, err = h.openRevision(until, end, &update{lexer: lexer{data: tail[from-h.ends[0] : end-h.ends[0]]}, start: from})
		}
		if err == nil {
			if changes, err = compareRevisions(before, after); err != nil {
				changes = []Change{SomethingElse}
			}
		}
		h.changes = append(h.changes, changes)
		before = after
	}
}

// openRevision reads the file up to a place. An update that leads there has to be accounted for.
func (h *revisions) openRevision(until time.Time, end int64, u *update) (d *document, err error) {
	defer recoverDamaged(&err)
	if d, err = openUntil(until, h.raw, end); err != nil {
		return nil, err
	}
	if u == nil {
		return d, nil
	}
	if u.document = d; !u.consistent() {
		return nil, ErrDamaged
	}
	return d, nil
}

// appendedAfter gives what was added after a place that is the end of one of the versions.
func (h *revisions) appendedAfter(from int64) (Appended, error) {
	added := Appended{Bytes: h.size - from}
	if added.Bytes == 0 {
		return added, nil
	}
	at, err := h.revisionAt(from)
	switch {
	case err != nil:
		return Appended{}, err
	case at < 0 || h.unclear:
		added.Changes = []Change{SomethingElse}
		return added, nil
	}
	for _, changes := range h.changes[at:] {
		added.Changes = append(added.Changes, changes...)
	}
	added.Changes = bySeverity(added.Changes)
	return added, nil
}

// revisionAt finds the version that ends at a place, or before it with nothing but white space between.
func (h *revisions) revisionAt(place int64) (int, error) {
	for i, end := range h.ends {
		near, far := min(end, place), max(end, place)
		if far-near > maxLead {
			continue
		}
		between, err := readRange(h.raw, near, far)
		if err != nil {
			return 0, err
		}
		l := lexer{data: between}
		if l.space(); l.pos == len(between) {
			return i, nil
		}
	}
	return -1, nil
}
