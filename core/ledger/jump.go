package ledger

import (
	"bytes"
	"math"
	"slices"

	bolt "go.etcd.io/bbolt"

	"countersign/core/ledger/keyset"
)

// jump narrows the ranges by as many of the rows that the query skips as it can pass without walking over them, and returns how many
// are left to skip. inKeys tells whether all keys in the ranges are rows.
func (p *queryPlan) jump(tx *bolt.Tx, ranges []keyRange, inKeys bool) (narrowed []keyRange, skip int, err error) {
	dated := !p.From.IsZero() || !p.To.IsZero()
	if !inKeys || p.Skip <= p.maxSkipped || dated && p.Order.storedOrder() != ByChanged {
		return ranges, p.Skip, nil
	}
	j, err := p.newJumper(tx, ranges)
	if err != nil {
		return nil, 0, listError(err)
	}
	left, err := j.pass(p.Skip)
	p.keys += j.marks.Read()
	if err != nil {
		return nil, 0, listError(err)
	}
	left, passed, err := passBlocks(sortKeySet(tx), p.Order, ranges, p.Reverse, left)
	p.keys += passed
	if err != nil {
		return nil, 0, listError(err)
	}
	return ranges, left, nil
}

// jumper looks for a position that about as many rows come before as are to be skipped. It knows exactly how many keys of a range come
// before each of its marks. Only at the position that it has chosen by them does it count, in each range, the keys behind the last mark.
// So it reads few blocks, however many rows it passes.
type jumper struct {
	order   SortOrder
	reverse bool
	marks   *keyset.Marks
	ranges  []*markedRange
}

// markedRange is a range with its marks.
type markedRange struct {
	*keyRange
	group      group
	begin, end keyset.Mark   // its from and its to
	marks      []keyset.Mark // those between
	low, high  int           // which of the marks may still be chosen: those from low up to, but without, high
	key        []byte        // reused by at
}

func (p *queryPlan) newJumper(tx *bolt.Tx, ranges []keyRange) (*jumper, error) {
	stored := byte(p.Order.storedOrder())
	marks, err := sortKeySet(tx).Marks([]byte{stored}, []byte{stored + 1})
	if err != nil {
		return nil, err
	}
	j := &jumper{order: p.Order, reverse: p.Reverse, marks: marks}
	before := ranksOfGroups(tx)
	for i, g := range p.groups {
		r := &markedRange{keyRange: &ranges[i], group: g}
		if bytes.Compare(r.from, r.to) >= 0 {
			continue
		}
		r.begin, r.end = keyset.Mark{Key: r.from, Rank: before[g].begin}, keyset.Mark{Key: r.to, Rank: before[g].end}
		if len(r.from) > sortKeyHeader {
			r.begin.Rank, err = marks.Rank(r.from)
		}
		if len(r.to) > sortKeyHeader && err == nil {
			r.end.Rank, err = marks.Rank(r.to)
		}
		if err != nil {
			return nil, err
		}
		r.marks = marks.Between(r.from, r.to)
		j.ranges = append(j.ranges, r)
	}
	return j, nil
}

// ranksOfGroups returns for each group how many keys of an order come before its own, and how many come before its end: their counters say it,
// since a request has one key in each order by which rows are sorted.
func ranksOfGroups(tx *bolt.Tx) map[group]struct{ begin, end int } {
	all := map[group]struct{ begin, end int }{}
	meta, rank := tx.Bucket(bucketMeta).Cursor(), 0
	for k, v := meta.Seek(keyCount); len(k) == len(keyCount)+len(group{}) && bytes.HasPrefix(k, keyCount); k, v = meta.Next() {
		n := decodeNumber(v)
		all[group(k[len(keyCount):])] = struct{ begin, end int }{rank, rank + n}
		rank += n
	}
	return all
}

// pass narrows the ranges by at most n rows, and returns how many of these are still in them.
func (j *jumper) pass(n int) (left int, err error) {
	for _, sure := range []bool{false, true} {
		position, found := j.choose(n, sure)
		if !found {
			continue
		}
		cuts, passed := make([]keyset.Mark, len(j.ranges)), 0
		for i, r := range j.ranges {
			if cuts[i], err = r.cut(j, position); err != nil {
				return 0, err
			}
			passed += r.passed(cuts[i], j.reverse)
		}
		if passed > n {
			continue
		}
		for i, r := range j.ranges {
			if j.reverse {
				r.to = cuts[i].Key
			} else {
				r.from = cuts[i].Key
			}
		}
		return n - passed, nil
	}
	return n, nil
}

// choose returns the position of the mark that comes last, or first if the order is reversed, of those before which there are at most n
// rows: surely, or else in all likelihood.
func (j *jumper) choose(n int, sure bool) (position []byte, found bool) {
	for _, r := range j.ranges {
		r.low, r.high = 0, len(r.marks)
	}
	for {
		var widest *markedRange
		for _, r := range j.ranges {
			if widest == nil || r.high-r.low > widest.high-widest.low {
				widest = r
			}
		}
		if widest == nil || widest.high == widest.low {
			return position, found
		}
		tried := j.order.position(widest.marks[(widest.low+widest.high)/2].Key)
		fits := j.rowsBefore(tried, sure) <= float64(n)
		if fits {
			position, found = tried, true
		}
		for _, r := range j.ranges {
			at, onMark := r.search(r.at(j.order, tried))
			if fits == j.reverse {
				r.high = min(r.high, at)
				continue
			}
			if onMark {
				at++
			}
			r.low = max(r.low, at)
		}
	}
}

// rowsBefore returns how many rows come before a position at most, or how many in all likelihood are not exceeded if sure is not set.
func (j *jumper) rowsBefore(position []byte, sure bool) float64 {
	most, likely, variance := 0, 0.0, 0.0
	for _, r := range j.ranges {
		last, next := r.around(r.at(j.order, position))
		least, greatest := r.passed(last, j.reverse), r.passed(next, j.reverse)
		if j.reverse {
			least, greatest = greatest, least
		}
		most += greatest
		likely += float64(least+greatest) / 2
		variance += float64((greatest-least)*(greatest-least)) / 12 // as if the position were anywhere between the marks
	}
	if sure {
		return float64(most)
	}
	return likely + 2*math.Sqrt(variance)
}

// at returns the key that a row of the range has at a position. It is valid until the next call.
func (r *markedRange) at(o SortOrder, position []byte) []byte {
	r.key = o.appendKeyAtPosition(r.key[:0], position, r.group)
	return r.key
}

func (r *markedRange) search(key []byte) (at int, onMark bool) {
	return slices.BinarySearchFunc(r.marks, key, func(m keyset.Mark, key []byte) int { return bytes.Compare(m.Key, key) })
}

// around returns the last mark that does not come after a key, and the first one that does not come before it. The ends of the range
// are such marks as well.
func (r *markedRange) around(key []byte) (last, next keyset.Mark) {
	switch {
	case bytes.Compare(key, r.from) <= 0:
		return r.begin, r.begin
	case bytes.Compare(key, r.to) >= 0:
		return r.end, r.end
	}
	last, next = r.begin, r.end
	at, onMark := r.search(key)
	if onMark {
		return r.marks[at], r.marks[at]
	}
	if at > 0 {
		last = r.marks[at-1]
	}
	if at < len(r.marks) {
		next = r.marks[at]
	}
	return last, next
}

// passed returns how many keys of the range are passed before a mark.
func (r *markedRange) passed(m keyset.Mark, reverse bool) int {
	if reverse {
		return r.end.Rank - m.Rank
	}
	return m.Rank - r.begin.Rank
}

// cut returns where a position cuts the range.
func (r *markedRange) cut(j *jumper, position []byte) (keyset.Mark, error) {
	key := r.at(j.order, position)
	if last, next := r.around(key); last.Rank == next.Rank {
		return last, nil
	}
	rank, err := j.marks.Rank(key)
	return keyset.Mark{Key: bytes.Clone(key), Rank: rank}, err
}

// passBlocks narrows ranges of one order to what begins about n rows behind their beginning, or before their end if reverse is set. It
// returns how many of these n rows are still in them, and how many blocks of keys it has read.
func passBlocks(set keyset.Set, o SortOrder, ranges []keyRange, reverse bool, n int) (left, read int, err error) {
	type reader struct {
		*keyRange
		parts  *keyset.Parts
		part   keyset.Part // the next one
		passed int         // how many keys the part before it has
	}
	readers := make([]reader, 0, len(ranges))
	for i := range ranges {
		r := reader{keyRange: &ranges[i], parts: set.Parts(ranges[i].from, ranges[i].to, reverse)}
		var there bool
		if r.part, there, err = r.parts.Next(); err != nil {
			return 0, read, err
		}
		if read++; there {
			readers = append(readers, r)
		}
	}
	next := queueOf(len(readers), func(a, b int) int { return o.compare(readers[a].part.At, readers[b].part.At, reverse) })
	left = n
	for len(next.sorted) > 0 && readers[next.sorted[0]].part.Keys <= n {
		// Before the next part of any range there are no other rows than those of the parts that were taken. When a
		// range has a further part that begins before that, its earlier ones are passed.
		r := &readers[next.sorted[0]]
		n -= r.part.Keys
		left -= r.passed
		r.passed = r.part.Keys
		if reverse {
			r.to = r.part.At
		} else {
			r.from = r.part.At
		}
		var there bool
		if r.part, there, err = r.parts.Next(); err != nil {
			return 0, read, err
		}
		read++
		next.moved(there)
	}
	return left, read, nil
}

// queue keeps the numbers of things sorted by a function whose result changes for the first of them. It has numbers and no pointers,
// which the garbage collector would have to hear of at each move.
type queue struct {
	sorted  []int
	compare func(a, b int) int
}

// queueOf returns a queue with the numbers from 0 up to, but without, n.
func queueOf(n int, compare func(a, b int) int) queue {
	q := queue{make([]int, n), compare}
	for i := range q.sorted {
		q.sorted[i] = i
	}
	slices.SortFunc(q.sorted, compare)
	return q
}

// moved moves the first thing to its new place, or drops it if stays is not set.
func (q *queue) moved(stays bool) {
	first, others := q.sorted[0], q.sorted[1:]
	if !stays {
		q.sorted = others
		return
	}
	at, _ := slices.BinarySearchFunc(others, first, q.compare)
	copy(q.sorted, others[:at])
	q.sorted[at] = first
}
