package ledger

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"iter"
	"strings"
	"time"
	"unicode/utf8"

	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

// Order is what the rows of a query are sorted by. Texts sort without case and accents, by
// their beginnings, and rows without one come last. Among equals the most recently changed
// comes first.
type Order byte

// The orders. Their numbers are in the views' keys: a new one goes to the end.
const (
	ByChanged Order = iota // the most recently changed first
	ByTitle
	ByReference
	BySigner // by the first signer's name
	ByGateway
	ByStatus   // as in [request.Statuses]
	ByEvidence // the weakest first
	ByDue      // the soonest first
	ByCreated  // the newest first
	ByEnded    // what ended last first, and what is open behind it
)

// byLaunch has the rows alone whose browser is out and has not come back, the first that
// left first. It is for finding them, not for lists.
const byLaunch Order = 0xff

// Valid tells whether o is one of the orders.
func (o Order) Valid() bool { return o <= ByEnded }

const (
	// maxSortText is how many bytes of a text are sorted by.
	maxSortText = 48
	// lastSortText sorts behind every text: no byte of UTF-8 is as large.
	lastSortText = "\xff"
)

// sortKeysOf gives all keys of a request in the views.
func sortKeysOf(r request.Request) [][]byte {
	if r.Version == 0 {
		return nil
	}
	var keys [][]byte
	for o := ByChanged; o.Valid(); o++ {
		if o == o.storedOrder() {
			keys = append(keys, sortKeyOf(o, r))
		}
	}
	if browserIsOut(r) {
		keys = append(keys, sortKeyOf(byLaunch, r))
	}
	return keys
}

func sortKeyOf(o Order, r request.Request) []byte {
	g := groupOf(r)
	key := append([]byte{byte(o), g[0], g[1]}, sortTextOf(o, r)...)
	key = append(key, 0)
	key = binary.BigEndian.AppendUint64(key, descending(ceilMillis(r.UpdatedAt)))
	return append(key, r.ID...)
}

// sortTextOf is what a request is sorted by. It has no zero byte, which ends it in the key.
func sortTextOf(o Order, r request.Request) string {
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
	case ByCreated:
		return fmt.Sprintf("%016x", descending(ceilMillis(r.CreatedAt)))
	case ByEnded:
		if r.Ended == nil {
			return lastSortText
		}
		return fmt.Sprintf("%016x", descending(ceilMillis(*r.Ended)))
	case byLaunch:
		return fmt.Sprintf("%016x", ^descending(ceilMillis(*r.Launched)))
	}
	return ""
}

func normalizeSortText(text string) string {
	// Folding takes away little but accents: enough is left of this much.
	text = strings.ReplaceAll(foldText(truncate(text, 8*maxSortText)), "\x00", " ")
	if text = truncate(strings.TrimSpace(text), maxSortText); text == "" {
		return lastSortText
	}
	return text
}

// truncate cuts a text between two letters.
func truncate(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}

func evidenceSortText(o *request.Outcome) string {
	if o == nil {
		return lastSortText
	}
	for i, weaker := range []request.Evidence{request.ByBrowser, request.ByGateway} {
		if !o.Evidence.Stronger(weaker) {
			return fmt.Sprint(i)
		}
	}
	return "2"
}

// browserIsOut tells that the browser was sent to the gateway and has not come back.
func browserIsOut(r request.Request) bool {
	return r.Status == request.Signing && r.Launched != nil && r.Returned == nil
}

// ceilMillis is the first whole millisecond that is not before t. Events are kept by the millisecond.
func ceilMillis(t time.Time) int64 {
	ms := t.UnixMilli()
	if time.UnixMilli(ms).Before(t) {
		ms++
	}
	return ms
}

// descending is a number that is the smaller, the later the time is.
func descending(ms int64) uint64 { return ^(uint64(ms) ^ 1<<63) }

// storedOrder is the order whose keys are walked for this one. Rows in the order of their statuses
// are those of each status, newest first, status after status.
func (o Order) storedOrder() Order {
	if o == ByStatus {
		return ByChanged
	}
	return o
}

// sortKeyHeader is what a view's key has before its text: the order and the group.
const sortKeyHeader = 1 + len(group{})

// position cuts off a key what says nothing about its place among rows of several
// groups. The rows of one order sort by the rest.
func (o Order) position(key []byte) []byte {
	if o == ByStatus {
		return key[sortKeyHeader-1:]
	}
	return key[sortKeyHeader:]
}

// keyAtPosition is where a place is, or would be, among the keys of a group.
func (o Order) keyAtPosition(place []byte, g group) []byte {
	if o == ByStatus {
		return append([]byte{byte(ByChanged), g[0]}, place...)
	}
	return append([]byte{byte(o), g[0], g[1]}, place...)
}

// sortKeyTail is what a view's key has behind its text: when the request was changed, and its id.
func sortKeyTail(key []byte) []byte {
	return key[sortKeyHeader+bytes.IndexByte(key[sortKeyHeader:], 0)+1:]
}

func idInSortKey(key []byte) request.ID { return request.ID(sortKeyTail(key)[8:]) }

func changedInSortKey(key []byte) uint64 { return binary.BigEndian.Uint64(sortKeyTail(key)) }

// keyRange is a range of keys, without its end.
type keyRange struct{ from, to []byte }

// first gives the first key of a span, or the last if reverse; nil when there is none.
func (s keyRange) first(c *bolt.Cursor, reverse bool) []byte {
	k, _ := c.Seek(s.from)
	if reverse {
		if k, _ = c.Seek(s.to); k == nil {
			k, _ = c.Last()
		} else {
			k, _ = c.Prev()
		}
	}
	return s.keyInside(k)
}

func (s keyRange) next(c *bolt.Cursor, reverse bool) []byte {
	if reverse {
		k, _ := c.Prev()
		return s.keyInside(k)
	}
	k, _ := c.Next()
	return s.keyInside(k)
}

// keyInside gives a key of the span, and nil for another.
func (s keyRange) keyInside(key []byte) []byte {
	if key == nil || bytes.Compare(key, s.from) < 0 || bytes.Compare(key, s.to) >= 0 {
		return nil
	}
	return key
}

// mergeRanges walks several spans of an order as one, in that order.
func mergeRanges(tx *bolt.Tx, o Order, spans []keyRange, reverse bool) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		cursors, heads := make([]*bolt.Cursor, len(spans)), make([][]byte, len(spans))
		for i, s := range spans {
			cursors[i] = tx.Bucket(bucketSortKeys).Cursor()
			heads[i] = s.first(cursors[i], reverse)
		}
		for {
			first := -1
			for i, head := range heads {
				if head != nil && (first < 0 || (bytes.Compare(o.position(head), o.position(heads[first])) < 0) != reverse) {
					first = i
				}
			}
			if first < 0 || !yield(heads[first]) {
				return
			}
			heads[first] = spans[first].next(cursors[first], reverse)
		}
	}
}
