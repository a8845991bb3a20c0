package pdf

import (
	"bytes"
	"io"
	"regexp"
	"slices"
	"sync"
)

const (
	maxRevisions = 4096     // that are compared in one file
	maxUpdate    = 64 << 20 // bytes of incremental updates that are examined
)

// revisionEnd matches the end of each revision of a file (ISO 32000-1, 7.5.5 and 7.5.6).
var revisionEnd = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`startxref[\x00\t\n\f\r ]+([0-9]{1,10})[\x00\t\n\f\r ]+%%EOF`)
})

// revisions are the revisions of a file from an offset on. Each but the first is an incremental update of the one before.
type revisions struct {
	raw     io.ReaderAt
	size    int64
	ends    []int64    // the offset where each revision ends
	changes [][]Change // of each revision to the one before; the first revision has no element
	unclear bool       // the bytes are too many, or end with something that is no update: nothing of them is compared
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
	ends := revisionEnd().FindAllIndex(tail, maxRevisions+1)
	if len(ends) > maxRevisions {
		revs.unclear = true
		return revs, nil
	}
	last := 0
	for _, end := range ends {
		revs.ends = append(revs.ends, start+int64(end[1]))
		last = end[1]
	}
	if !isIdle(tail[last:]) {
		revs.unclear = true
		return revs, nil
	}
	if len(ends) == 0 {
		return revs, nil
	}
	head, err := readRange(raw, max(0, start-edgeSize), start)
	if err != nil {
		return nil, err
	}
	revs.compareAll(tail, b)
	if !endsRevision(head) { // the rest of the revision was left out: it is no update, whatever it contains
		revs.changes[0] = []Change{OtherChange}
	}
	return revs, nil
}

// endsRevision reports whether bytes end with a revision, and perhaps with bytes that readers ignore.
func endsRevision(b []byte) bool {
	all := revisionEnd().FindAllIndex(b, -1)
	return len(all) > 0 && isIdle(b[all[len(all)-1][1]:])
}

// isBlank reports whether b has only white space and comments.
func isBlank(b []byte) bool {
	l := lexer{data: b}
	l.space()
	return l.pos == len(b)
}

// maxPadding is how many bytes may stand behind the end of a file and be ignored: readers look for the last startxref in
// the last 1024 bytes.
const maxPadding = 900

// isIdle reports whether readers ignore bytes behind the end of a revision: white space and comments, or padding in which no
// reader that repairs files could find an object or cross-references.
func isIdle(b []byte) bool {
	return isBlank(b) || len(b) <= maxPadding && !bytes.Contains(b, []byte("obj")) && !bytes.Contains(b, []byte("xref")) && !bytes.Contains(b, []byte("trailer"))
}

// compareAll fills in the changes. Each revision is compared with the last one before it that could be read, and judged by
// its own update. An update that this program does not understand is [NotCompared], unless what the parser makes of it may
// alter the content. Such an update does not change how later ones are judged: the signatures after it cover it as it is.
func (revs *revisions) compareAll(tail []byte, b *budget) {
	before, err := open(revs.raw, revs.ends[0], b.renew())
	readable := err == nil
	for i, end := range revs.ends[1:] {
		changes := []Change{NotCompared}
		after, err := open(revs.raw, end, b.renew())
		if err == nil && readable {
			start := revs.ends[i]
			u := &update{lexer: lexer{data: tail[start-revs.ends[0] : end-revs.ends[0]]}, start: start, before: before, document: after}
			if understood, found := u.compare(); understood || mayAlterContent(found) {
				changes = found
			}
		}
		revs.changes = append(revs.changes, changes)
		if err == nil {
			before, readable = after, true
		}
	}
}

// appendedAfter returns what was appended after an offset. Unless a revision ends there, the change is [NotCompared].
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
		appended.Changes, appended.NotComparedAt = []Change{NotCompared}, offset
		return appended, nil
	}
	for n, changes := range revs.changes[i:] {
		appended.Changes = append(appended.Changes, changes...)
		if appended.NotComparedAt == 0 && slices.Contains(changes, NotCompared) {
			appended.NotComparedAt = revs.ends[i+n]
		}
	}
	appended.Changes = bySeverity(appended.Changes)
	return appended, nil
}

// revisionAt returns the index of the revision that ends at an offset, give or take bytes that readers ignore; -1 when there
// is none.
func (revs *revisions) revisionAt(offset int64) (int, error) {
	for i, end := range revs.ends {
		near, far := min(end, offset), max(end, offset)
		if far-near > maxPadding {
			continue
		}
		between, err := readRange(revs.raw, near, far)
		if err != nil {
			return 0, err
		}
		// The end of a revision that an offset leaves out must be blank. Padding counts only behind the end.
		if isBlank(between) || end < offset && isIdle(between) {
			return i, nil
		}
	}
	return -1, nil
}
