package ledger

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"iter"
	"slices"
	"strconv"
	"strings"

	bolt "go.etcd.io/bbolt"

	"countersign/core/ledger/keyset"
	"countersign/core/request"
)

// SortOrder is a sort order of query results. Texts are compared without case and accents, by
// their first 48 bytes; rows without a text come last. Rows that are equal in an order are
// sorted by their last change, newest first.
type SortOrder byte

// The sort orders. Their numbers are stored in keys, so a new one goes to the end.
const (
	ByChanged SortOrder = iota // the most recently changed first
	ByTitle
	ByReference
	BySigner // by the first signer's name
	ByGateway
	ByStatus   // as in [request.Statuses]
	ByEvidence // the weakest first
	ByDue      // the soonest first
	ByCreated  // the newest first
	ByEnded    // the most recently ended first, then what has not ended
	ByAddedBy
	ByReviewedBy // by the person who reviewed the present outcome
)

// byLaunch contains only requests whose browser was sent to the gateway and has not come back,
// the earliest first. It serves as an index for conditions; results are not sorted by it.
const byLaunch SortOrder = 0xff

// byOtherLauncher contains only requests that a person of an office launched and somebody else had added, by the person who launched them. With
// ByAddedBy it counts the requests that a person added or launched; results are not sorted by it.
const byOtherLauncher SortOrder = 0xfe

// Valid reports whether results can be sorted by o.
func (o SortOrder) Valid() bool { return o <= ByReviewedBy }

const (
	// maxSortText is how many bytes of a text are compared.
	maxSortText = 48
	// lastSortText sorts after every text: no byte of UTF-8 is as large.
	lastSortText = "\xff"
)

// sortKeysOf returns all sort keys of a request, which has the number n, or nil if it has no event yet.
func sortKeysOf(r request.Request, n number) [][]byte { return new(keyList).ofSorting(&r, n) }

// ofSorting returns what sortKeysOf does. The keys are valid until the list is used again.
func (l *keyList) ofSorting(r *request.Request, n number) [][]byte {
	if r.Version == 0 {
		return nil
	}
	l.begin(int(ByReviewedBy)+1, 512)
	g := groupOf(*r)
	var tail [1 + timeSize + numberSize]byte
	appendSortKeyTail(tail[:0], r, n)
	add := func(o SortOrder) {
		from := len(l.memory)
		l.memory = append(appendSortText(append(l.memory, byte(o), g[0], g[1]), o, r), tail[:]...)
		l.end(from)
	}
	for o := ByChanged; o.Valid(); o++ {
		if o == o.storedOrder() {
			add(o)
		}
	}
	if browserIsOut(*r) {
		add(byLaunch)
	}
	if r.LaunchedBy != "" && r.LaunchedBy != r.AddedBy {
		add(byOtherLauncher)
	}
	return l.keys
}

func sortKeyOf(o SortOrder, r request.Request, n number) []byte {
	g := groupOf(r)
	return appendSortKeyTail(appendSortText([]byte{byte(o), g[0], g[1]}, o, &r), &r, n)
}

// appendSortKeyTail appends what all sort keys of a request end with: the end of the text, the time of the last change, and the number.
func appendSortKeyTail(b []byte, r *request.Request, n number) []byte {
	return n.append(appendTime(append(b, 0), descending(ceilMillis(r.UpdatedAt))))
}

// appendSortText appends the text that a request is sorted by. It contains no zero byte, which
// ends it in the key.
func appendSortText(b []byte, o SortOrder, r *request.Request) []byte {
	switch o {
	case ByCreated:
		return appendTimeText(b, descending(ceilMillis(r.CreatedAt)))
	case ByEnded:
		if r.EndedAt != nil {
			return appendTimeText(b, descending(ceilMillis(*r.EndedAt)))
		}
		return append(b, lastSortText...)
	case byLaunch:
		return appendTimeText(b, ascending(ceilMillis(*r.LaunchedAt)))
	}
	return append(b, sortTextOf(o, r)...)
}

// sortTextOf is appendSortText for the orders that are by no time.
func sortTextOf(o SortOrder, r *request.Request) string {
	switch o {
	case ByTitle:
		return normalizeSortText(r.Title)
	case ByReference:
		return normalizeSortText(r.Reference)
	case BySigner:
		if len(r.Signers) == 0 {
			return lastSortText
		}
		return normalizeSortText(r.Signers[0].Name)
	case ByGateway:
		return normalizeSortText(r.Gateway)
	case ByEvidence:
		return evidenceSortText(r.Outcome)
	case ByDue:
		return normalizeSortText(r.Due)
	case ByAddedBy:
		return normalizeSortText(r.AddedBy)
	case byOtherLauncher:
		return normalizeSortText(r.LaunchedBy)
	case ByReviewedBy:
		if r.Review == nil {
			return lastSortText
		}
		return normalizeSortText(r.Review.By)
	}
	return ""
}

// appendTimeText appends a time as a text that sorts like it.
func appendTimeText(b []byte, t uint64) []byte {
	var encoded [timeSize]byte
	return hex.AppendEncode(b, appendTime(encoded[:0], t))
}

func normalizeSortText(text string) string {
	// Folding removes little but accents: eight times the length leaves enough.
	text = strings.ReplaceAll(foldText(truncate(text, 8*maxSortText)), "\x00", " ")
	if text = truncate(strings.TrimSpace(text), maxSortText); text == "" {
		return lastSortText
	}
	return text
}

func evidenceSortText(o *request.Outcome) string {
	if o == nil {
		return lastSortText
	}
	return strconv.Itoa(max(0, slices.Index(request.EvidenceLevels(), o.Evidence)))
}

// browserIsOut reports whether the browser was sent to the gateway and has not come back.
func browserIsOut(r request.Request) bool {
	return r.Status == request.Signing && r.LaunchedAt != nil && r.ReturnedAt == nil
}

// storedOrder returns the order whose keys are walked for o. ByStatus needs no keys of its
// own: it is each status in the order ByChanged, one status after the other.
func (o SortOrder) storedOrder() SortOrder {
	if o == ByStatus {
		return ByChanged
	}
	return o
}

// sortKeyHeader is the length of what a sort key has before its text: the order and the group.
const sortKeyHeader = 1 + len(group{})

// position returns the part of a sort key that rows of different groups are compared by.
func (o SortOrder) position(key []byte) []byte {
	if o == ByStatus {
		return key[sortKeyHeader-1:]
	}
	return key[sortKeyHeader:]
}

// appendKeyAtPosition appends the sort key that a row of group g has at a position.
func (o SortOrder) appendKeyAtPosition(b, position []byte, g group) []byte {
	if o == ByStatus {
		return append(append(b, byte(ByChanged), g[0]), position...)
	}
	return append(append(b, byte(o), g[0], g[1]), position...)
}

// sortKeyTail returns what a sort key has after its text: the time of the last change, and the
// number of the request.
func sortKeyTail(key []byte) []byte {
	return key[sortKeyHeader+bytes.IndexByte(key[sortKeyHeader:], 0)+1:]
}

func numberInSortKey(key []byte) number { return parseNumber(sortKeyTail(key)[timeSize:]) }

func changedInSortKey(key []byte) uint64 { return parseTime(sortKeyTail(key)) }

// keyRange is the keys from "from" up to, but without, "to".
type keyRange struct{ from, to []byte }

// first moves the cursor to the first key of the range, or to the last if reverse, and returns
// it. It returns nil if the range is empty.
func (s keyRange) first(c *keyset.Cursor, reverse bool) []byte {
	if !reverse {
		return s.keyInside(c.Seek(s.from))
	}
	if c.Seek(s.to) == nil {
		return s.keyInside(c.Last())
	}
	return s.keyInside(c.Prev())
}

// next moves the cursor on and returns its key, or nil at the end of the range.
func (s keyRange) next(c *keyset.Cursor, reverse bool) []byte {
	if reverse {
		return s.keyInside(c.Prev())
	}
	return s.keyInside(c.Next())
}

// keyInside returns key if it lies in the range, and nil if not.
func (s keyRange) keyInside(key []byte) []byte {
	if key == nil || bytes.Compare(key, s.from) < 0 || bytes.Compare(key, s.to) >= 0 {
		return nil
	}
	return key
}

// sortKeySet returns the set of all sort keys.
func sortKeySet(tx *bolt.Tx) keyset.Set {
	return keyset.Counted(tx.Bucket(bucketSortKeys), tx.Bucket(bucketMilestones), tx.Bucket(bucketLandmarks))
}

// compare compares the positions of two sort keys, which may be the ends of ranges, as [bytes.Compare] does, or the other way round
// if reverse is set.
func (o SortOrder) compare(a, b []byte, reverse bool) int {
	a, b = o.position(a), o.position(b)
	if !reverse {
		return bytes.Compare(a, b)
	}
	if len(a) == 0 || len(b) == 0 { // the end of a whole group, which comes first
		return cmp.Compare(len(a), len(b))
	}
	return bytes.Compare(b, a)
}

// mergeRanges yields the sort keys of several ranges of one order, in that order. The keys are
// valid for as long as the transaction. It ends after the first error.
func mergeRanges(tx *bolt.Tx, o SortOrder, ranges []keyRange, reverse bool) iter.Seq2[[]byte, error] {
	type reader struct {
		keyRange
		cursor *keyset.Cursor
		key    []byte // the next one
	}
	return func(yield func([]byte, error) bool) {
		set := sortKeySet(tx)
		readers := make([]reader, 0, len(ranges)) // of ranges in which there are keys
		for _, r := range ranges {
			c := set.Cursor()
			if key := r.first(c, reverse); key != nil {
				readers = append(readers, reader{r, c, key})
			} else if err := c.Err(); err != nil {
				yield(nil, listError(err))
				return
			}
		}
		next := queueOf(len(readers), func(a, b int) int { return o.compare(readers[a].key, readers[b].key, reverse) })
		for len(next.sorted) > 0 {
			first := &readers[next.sorted[0]]
			if !yield(first.key, nil) {
				return
			}
			first.key = first.next(first.cursor, reverse)
			if err := first.cursor.Err(); err != nil {
				yield(nil, listError(err))
				return
			}
			next.moved(first.key != nil)
		}
	}
}

// listError returns an error of a key set with what the user can do about it.
func listError(err error) error {
	return request.Errorf("ledger_list_damaged", "a list in the ledger is damaged: repair it with countersignctl audit --rebuild (%w)", err)
}
