package pdf

import (
	"io"
	"regexp"
)

const (
	maxRevisions = 24       // that are compared in one file
	maxUpdate    = 64 << 20 // bytes of incremental updates that are examined
)

// revisionEnd matches the end of each revision of a file (ISO 32000-1, 7.5.5 and 7.5.6).
var revisionEnd = regexp.MustCompile(`startxref[\x00\t\n\f\r ]+([0-9]{1,10})[\x00\t\n\f\r ]+%%EOF`)

// revisions are the revisions of a file from an offset on. Each but the first is an incremental update of the one before.
type revisions struct {
	raw     io.ReaderAt
	size    int64
	ends    []int64    // the offset where each revision ends
	changes [][]Change // of each revision to the one before; the first revision has no element
	unclear bool       // the bytes are too many, or are not all incremental updates; then there are no changes
}

// readRevisions finds the revisions of a file from an offset on, and compares each with the one before. The budget's
// deadline is for all of them together, its memory for each.
func readRevisions(raw io.ReaderAt, size, start int64, b *budget) (*revisions, error) {
	revs := &revisions{raw: raw, size: size, ends: []int64{start}}
	if size-start > maxUpdate {
		revs.unclear = true
		return revs, nil
	}
	tail, err := readRange(raw, start, size)
	if err != nil {
		return nil, err
	}
	ends := revisionEnd.FindAllIndex(tail, maxRevisions+1)
	if len(ends) > maxRevisions {
		revs.unclear = true
		return revs, nil
	}
	last := 0
	for _, end := range ends {
		revs.ends = append(revs.ends, start+int64(end[1]))
		last = end[1]
	}
	rest := lexer{data: tail, pos: last}
	if rest.space(); rest.pos < len(tail) {
		revs.unclear = true
		return revs, nil
	}
	if len(ends) > 0 {
		revs.compareAll(tail, b)
	}
	return revs, nil
}

// compareAll fills in the changes. A revision that cannot be read, and each one after it, is [OtherChange].
func (revs *revisions) compareAll(tail []byte, b *budget) {
	before, err := revs.openRevision(b, revs.ends[0], nil)
	for i, end := range revs.ends[1:] {
		var after *document
		changes := []Change{OtherChange}
		if err == nil {
			start := revs.ends[i]
			u := &update{lexer: lexer{data: tail[start-revs.ends[0] : end-revs.ends[0]]}, start: start}
			after, err = revs.openRevision(b, end, u)
		}
		if err == nil {
			if changes, err = compareRevisions(before, after); err != nil {
				changes = []Change{OtherChange}
			}
		}
		revs.changes = append(revs.changes, changes)
		before = after
	}
}

// openRevision reads the file up to an offset. The update that ends there must be consistent, unless it is nil.
func (revs *revisions) openRevision(b *budget, end int64, u *update) (d *document, err error) {
	defer recoverDamaged(&err)
	if d, err = open(revs.raw, end, b.renew()); err != nil {
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

// appendedAfter returns what was appended after an offset. Unless a revision ends there, that is [OtherChange].
func (revs *revisions) appendedAfter(offset int64) (Appended, error) {
	appended := Appended{Bytes: revs.size - offset}
	if appended.Bytes == 0 {
		return appended, nil
	}
	i, err := revs.revisionAt(offset)
	switch {
	case err != nil:
		return Appended{}, err
	case i < 0 || revs.unclear:
		appended.Changes = []Change{OtherChange}
		return appended, nil
	}
	for _, changes := range revs.changes[i:] {
		appended.Changes = append(appended.Changes, changes...)
	}
	appended.Changes = bySeverity(appended.Changes)
	return appended, nil
}

// revisionAt returns the index of the revision that ends at an offset, give or take white space and comments; -1 when there
// is none.
func (revs *revisions) revisionAt(offset int64) (int, error) {
	for i, end := range revs.ends {
		near, far := min(end, offset), max(end, offset)
		if far-near > maxLead {
			continue
		}
		between, err := readRange(revs.raw, near, far)
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
