package ledger

import (
	"context"
	"iter"
	"maps"
	"slices"
	"strings"

	bolt "go.etcd.io/bbolt"
)

// Count returns the number of rows of a query on all pages, up to atMost; Skip and Limit have no
// effect. If more is true, there are more than n rows, or may be: Count also stops after reading
// thousands of rows that do not match. A query with no conditions but Statuses,
// Decision, ToDo, Archived, Practice and AddedOrLaunchedBy is counted exactly, from counters and the numbers of keys, and n may then be larger than
// atMost. The exception is a person whose name differs from that of another one by case, accents or what follows its first 48 bytes alone.
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
	if p.onlyGroupsOfPerson() {
		switch alone, err := p.sortsAlone(tx); {
		case err != nil:
			return 0, false, err
		case alone:
			n, err = p.sumKeysOfPerson(tx)
			return n, false, err
		}
	}
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

// onlyGroupsOfPerson reports whether the query has no conditions but AddedOrLaunchedBy and those that its groups decide.
func (p *queryPlan) onlyGroupsOfPerson() bool {
	others := *p
	others.AddedOrLaunchedBy = ""
	return p.AddedOrLaunchedBy != "" && others.onlyGroups()
}

// sortsAlone reports whether nobody else who added or launched requests has the same text as AddedOrLaunchedBy in sort keys.
func (p *queryPlan) sortsAlone(tx *bolt.Tx) (bool, error) {
	text := normalizeSortText(p.AddedOrLaunchedBy)
	if text == lastSortText || !isAloneInTerm(p.AddedOrLaunchedBy) { // requests that nobody added have that text as well
		return false, nil
	}
	for _, prefix := range []string{personPrefix, launcherPrefix} {
		names, err := namesInTerms(tx, prefix)
		if err != nil {
			return false, err
		}
		same := func(name string) bool {
			return name != p.AddedOrLaunchedBy && normalizeSortText(strings.ReplaceAll(name, zeroInTerm, "\x00")) == text
		}
		if slices.ContainsFunc(names, same) {
			return false, nil
		}
	}
	return true, nil
}

// sumKeysOfPerson counts the requests in the groups that AddedOrLaunchedBy added, and those that they launched after somebody else had added them.
func (p *queryPlan) sumKeysOfPerson(tx *bolt.Tx) (sum int, err error) {
	for _, g := range p.groups {
		for _, o := range []SortOrder{ByAddedBy, byOtherLauncher} {
			keys := ofText([]byte{byte(o), g[0], g[1]}, p.AddedOrLaunchedBy)
			marks, err := sortKeySet(tx).Marks(keys.from, keys.to)
			if err != nil {
				return 0, listError(err)
			}
			n, err := marks.Rank(keys.to)
			if err != nil {
				return 0, listError(err)
			}
			p.keys += marks.Read()
			sum += n
		}
	}
	return sum, nil
}

// hits yields true for each row that matches the query, and false for each row that had to be
// looked at and does not match. It looks at the candidates if a condition is rare, and else at
// the rows in the ranges of o.
func (p *queryPlan) hits(tx *bolt.Tx, o SortOrder) iter.Seq2[bool, error] {
	return func(yield func(bool, error) bool) {
		// A condition that more requests meet than there are in the groups, such as a person's name in a few open requests, decides nothing.
		rare, size, err := p.rarest(tx, o, min(p.commonHits, p.sumCounters(tx)))
		if err != nil {
			yield(false, err)
			return
		}
		if rare == nil {
			p.hitsOnWalk(tx, o, yield)
			return
		}
		candidates, err := p.requests(rare, size)
		if err != nil {
			yield(false, err)
			return
		}
		d, err := p.newDecider(tx, rare.sorted, rare.order)
		if err != nil {
			yield(false, err)
			return
		}
		for _, n := range slices.Sorted(maps.Keys(candidates)) { // so that two counts give up at the same row
			hit, _, err := d.decide(n)
			if !yield(hit, err) {
				return
			}
		}
	}
}

// hitsOnWalk is hits without candidates.
func (p *queryPlan) hitsOnWalk(tx *bolt.Tx, o SortOrder, yield func(bool, error) bool) {
	d, err := p.newDecider(tx, true, o)
	if err != nil {
		yield(false, err)
		return
	}
	for key, err := range mergeRanges(tx, o, p.ranges(o), false) {
		p.keys++
		hit := err == nil && p.keyMayMatch(key)
		if hit {
			hit, _, err = d.decide(numberInSortKey(key))
		}
		if !yield(hit, err) {
			return
		}
	}
}
