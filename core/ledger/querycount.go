package ledger

import (
	"context"
	"iter"
	"maps"
	"slices"

	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

// Count tells how many rows a query has, wherever its page begins. Where there is no
// condition but statuses, counters say it. Otherwise it counts to atMost, and gives up
// early when it finds few rows among many: more says that there are more, or may be.
func (l *Ledger) Count(ctx context.Context, q Query, atMost int) (n int, more bool, err error) {
	q.After, q.Order = "", ByChanged
	s, err := l.planQuery(q)
	if err != nil {
		return 0, false, err
	}
	err = l.readTx(ctx, func(tx *bolt.Tx) (err error) {
		n, more, err = s.count(ctx, tx, atMost)
		return err
	})
	return n, more, err
}

func (s *queryPlan) count(ctx context.Context, tx *bolt.Tx, atMost int) (n int, more bool, err error) {
	if s.onlyGroups() {
		return s.sumCounters(tx), false, nil
	}
	o := ByChanged
	switch { // the spans that have the fewest rows besides those of the query
	case !s.OutSince.IsZero():
		o = byLaunch
	case s.DueBy != "":
		o = ByDue
	case s.hasEndedRange():
		o = ByEnded
	}
	misses := 0
	for hit, err := range s.hits(tx, o) {
		switch {
		case err != nil:
			return 0, false, err
		case ctx.Err() != nil:
			return 0, false, ctx.Err()
		case hit && n == atMost, !hit && misses == s.maxMisses:
			return n, true, nil
		case hit:
			n++
		default:
			misses++
		}
	}
	return n, false, nil
}

// hits looks at all that may be a row of the query, and tells of each whether it is one.
func (s *queryPlan) hits(tx *bolt.Tx, o Order) iter.Seq2[bool, error] {
	read := func(id request.ID) (bool, error) {
		r, err := readRequest(tx, id)
		return err == nil && s.matches(r), err
	}
	candidates, rare := s.candidates(tx, o)
	return func(yield func(bool, error) bool) {
		if rare {
			for _, id := range slices.Sorted(maps.Keys(candidates)) { // two counts give up at the same one
				if !yield(read(id)) {
					return
				}
			}
			return
		}
		inKeys := s.keysSuffice(o)
		for key := range mergeRanges(tx, o, s.ranges(o), false) {
			hit, err := s.keyMayMatch(key), error(nil)
			if hit && !inKeys {
				hit, err = read(idInSortKey(key))
			}
			if !yield(hit, err) {
				return
			}
		}
	}
}
