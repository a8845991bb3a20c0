package ledger

import (
	"context"
	"iter"
	"maps"
	"slices"

	bolt "go.etcd.io/bbolt"
)

// Count returns the number of rows of a query on all pages, up to atMost; Skip and Limit have no
// effect. If more is true, there are more than n rows, or may be: Count also stops after reading
// thousands of rows that do not match. A query with no conditions but Statuses,
// Decision, ToDo, Archived and Practice is always counted exactly, from counters, and n may then be larger than atMost.
func (l *Ledger) Count(ctx context.Context, q Query, atMost int) (n int, more bool, err error) {
	q.After, q.Order = "", ByChanged
	p, err := l.planQuery(q)
	if err != nil {
		return 0, false, err
	}
	err = l.readTx(ctx, func(tx *bolt.Tx) (err error) {
		n, more, err = p.count(ctx, tx, atMost)
		return err
	})
	return n, more, err
}

func (p *queryPlan) count(ctx context.Context, tx *bolt.Tx, atMost int) (n int, more bool, err error) {
	if p.onlyGroups() {
		return p.sumCounters(tx), false, nil
	}
	p.skipEmptyGroups(tx)
	o := ByChanged
	switch { // the order whose ranges contain the fewest rows that do not match
	case !p.LeftBefore.IsZero():
		o = byLaunch
	case p.DueBy != "":
		o = ByDue
	case p.hasEndedRange():
		o = ByEnded
	}
	misses := 0
	for hit, err := range p.hits(tx, o) {
		switch {
		case err != nil:
			return 0, false, err
		case ctx.Err() != nil:
			return 0, false, ctx.Err()
		case hit && n == atMost, !hit && misses == p.maxMisses:
			return n, true, nil
		case hit:
			n++
		default:
			misses++
		}
	}
	return n, false, nil
}

// hits yields true for each row that matches the query, and false for each row that had to be
// looked at and does not match. It looks at the candidates if a condition is rare, and else at
// the rows in the ranges of o.
func (p *queryPlan) hits(tx *bolt.Tx, o SortOrder) iter.Seq2[bool, error] {
	read := func(n number) (bool, error) {
		r, err := p.read(tx, n)
		return err == nil && p.matches(r), err
	}
	// A condition that more requests meet than there are in the groups, such as a person's name in a few open requests, decides nothing.
	candidates, rare, err := p.candidates(tx, o, min(p.commonHits, p.sumCounters(tx)))
	return func(yield func(bool, error) bool) {
		if err != nil {
			yield(false, err)
			return
		}
		if rare {
			for _, n := range slices.Sorted(maps.Keys(candidates)) { // so that two counts give up at the same row
				if !yield(read(n)) {
					return
				}
			}
			return
		}
		inKeys := p.keysSuffice(o)
		for key, err := range mergeRanges(tx, o, p.ranges(o), false) {
			p.keys++
			hit := err == nil && p.keyMayMatch(key)
			if hit && !inKeys {
				hit, err = read(numberInSortKey(key))
			}
			if !yield(hit, err) {
				return
			}
		}
	}
}
