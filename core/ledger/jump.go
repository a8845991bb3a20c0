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
// before each of its marks, which are landmarks first, and then the milestones where these have shown that the position is. Only at the position that
// it has chosen by them does it count, in each range, the keys behind the last mark. So it reads few numbers and few blocks, however many rows it
// passes.
type jumper struct {
	order   SortOrder
	reverse bool
	marks   *keyset.Marks
	ranges  []*markedRange
}

// markedRange is a range with its marks. The first and the last of these are the ends of the part of the range in which the position is.
type markedRange struct {
	*keyRange
	group      group
	begin, end int // how many keys of the order come before the range, and before its end
	marks      []keyset.Mark
	passed     int    // how many of the marks were passed
	key        []byte // reused by at
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
		r := &markedRange{keyRange: &ranges[i], group: g, begin: before[g].begin, end: before[g].end}
		if bytes.Compare(r.from, r.to) >= 0 {
			continue
		}
		if len(r.from) > sortKeyHeader {
			r.begin, err = marks.Rank(r.from)
		}
		if len(r.to) > sortKeyHeader && err == nil {
			r.end, err = marks.Rank(r.to)
		}
		if err != nil {
			return nil, err
		}
		r.marks = []keyset.Mark{{Key: r.from, Rank: r.begin}, {Key: r.to, Rank: r.end}}
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
	begin, end := 0, 0
	for _, r := range j.ranges {
		begin, end = begin+r.begin, end+r.end
		r.insert(j.marks.Landmarks(r.from, r.to))
	}
	target := begin + n // how many keys of the order come before the position, summed over the ranges
	if j.reverse {
		target = end - n
	}
	low, high := j.bounds(target, true)
	for _, r := range j.ranges {
		r.narrow(j.order, low, high)
		milestones, err := j.marks.Milestones(r.marks[0].Key, r.last().Key)
		if err != nil {
			return 0, err
		}
		r.insert(milestones)
		r.narrow(j.order, low, high)
	}
	for _, sure := range []bool{false, true} {
		position, after := j.bounds(target, sure)
		if j.reverse {
			position = after
		}
		if position == nil {
			continue
		}
		cuts, passed, err := j.cut(position)
		if err != nil {
			return 0, err
		}
		if passed > n {
			continue
		}
		for i, r := range j.ranges {
			if j.reverse {
				r.to = cuts[i]
			} else {
				r.from = cuts[i]
			}
		}
		return n - passed, nil
	}
	return n, nil
}

// bounds returns the position of the last mark before which there are at most as many keys as target says, and that of the first mark before which there
// are at least so many: surely, or else in all likelihood. Without such a mark, the position is nil.
func (j *jumper) bounds(target int, sure bool) (low, high []byte) {
	least, most, variance := 0, 0, 0.0
	for _, r := range j.ranges {
		r.passed = 0
		least, most = least+r.marks[0].Rank, most+r.marks[0].Rank
	}
	next := queueOf(len(j.ranges), func(a, b int) int { return bytes.Compare(j.nextMark(a), j.nextMark(b)) })
	for len(next.sorted) > 0 {
		r := j.ranges[next.sorted[0]]
		last, mark, following := r.marks[max(0, r.passed-1)], r.marks[r.passed], r.marks[min(r.passed+1, len(r.marks)-1)]
		position := j.nextMark(next.sorted[0])
		least += mark.Rank - last.Rank // at its mark, it is known of the range how many keys come before
		variance -= varianceBetween(last, mark)
		spread := float64(most-least) / 2
		if !sure {
			spread = min(spread, 2*math.Sqrt(max(0, variance)))
		}
		switch middle := float64(least+most) / 2; {
		case middle-spread >= float64(target) && len(position) > 0:
			return low, position
		case middle+spread <= float64(target) && len(position) > 0:
			low = position
		}
		most += following.Rank - mark.Rank
		variance += varianceBetween(mark, following)
		r.passed++
		next.moved(r.passed < len(r.marks) && len(j.nextMark(next.sorted[0])) > 0)
	}
	return low, nil
}

// nextMark returns the position of the next mark of a range. It is empty at the beginning or the end of a whole group.
func (j *jumper) nextMark(i int) []byte {
	r := j.ranges[i]
	return j.order.position(r.marks[r.passed].Key)
}

// varianceBetween returns the variance of the rank of a position that may be anywhere between two marks.
func varianceBetween(a, b keyset.Mark) float64 {
	width := float64(b.Rank - a.Rank)
	return width * width / 12
}

// at returns the key that a row of the range has at a position. It is valid until the next call.
func (r *markedRange) at(o SortOrder, position []byte) []byte {
	r.key = o.appendKeyAtPosition(r.key[:0], position, r.group)
	return r.key
}

func (r *markedRange) last() keyset.Mark { return r.marks[len(r.marks)-1] }

// insert puts all marks in place of those between the first and the last.
func (r *markedRange) insert(marks []keyset.Mark) {
	r.marks = slices.Concat(r.marks[:1], marks, []keyset.Mark{r.last()})
}

// narrow drops the marks that are not needed to know how many keys come before a position between two others, of which each may be nil.
func (r *markedRange) narrow(o SortOrder, low, high []byte) {
	if high != nil {
		_, next := r.around(r.at(o, high))
		r.marks = r.marks[:next+1]
	}
	if low != nil {
		last, _ := r.around(r.at(o, low))
		r.marks = r.marks[last:]
	}
}

// around returns the index of the last mark that does not come after a key, and of the first one that does not come before it. A key outside of all
// marks is taken to be at the nearest.
func (r *markedRange) around(key []byte) (last, next int) {
	at, onMark := slices.BinarySearchFunc(r.marks, key, func(m keyset.Mark, key []byte) int { return bytes.Compare(m.Key, key) })
	if onMark {
		return at, at
	}
	return max(0, at-1), min(at, len(r.marks)-1)
}

// cut returns where a position cuts the ranges, and how many rows come before that, or after it if the order is reversed.
func (j *jumper) cut(position []byte) (cuts [][]byte, passed int, err error) {
	for _, r := range j.ranges {
		key := r.at(j.order, position)
		last, next := r.around(key)
		cut := r.marks[last]
		if cut.Rank != r.marks[next].Rank {
			cut.Key = bytes.Clone(key)
			if cut.Rank, err = j.marks.Rank(key); err != nil {
				return nil, 0, err
			}
		}
		cuts = append(cuts, cut.Key)
		if j.reverse {
			passed += r.end - cut.Rank
		} else {
			passed += cut.Rank - r.begin
		}
	}
	return cuts, passed, nil
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
