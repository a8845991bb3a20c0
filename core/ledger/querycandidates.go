package ledger

import (
	"context"
	"maps"
	"slices"

	bolt "go.etcd.io/bbolt"

	"countersign/core/ledger/keyset"
	"countersign/core/ledger/record"
	"countersign/core/request"
)

// condition is one of the conditions of a query that an index decides: which requests meet it, keys in some ranges of a set say.
type condition struct {
	set      keyset.Set
	ranges   []keyRange
	numberIn func(key []byte) number

	sorted bool      // the keys are sort keys, so that only requests in the groups of the query have one in the ranges,
	order  SortOrder // of this order
}

// conditions returns the conditions that the ranges of o do not cover. Longer terms come first, because they are usually rarer.
func (p *queryPlan) conditions(tx *bolt.Tx, o SortOrder) (all []condition) {
	inOrder := func(applies bool, of SortOrder) {
		if applies && o.storedOrder() != of {
			all = append(all, condition{sortKeySet(tx), p.ranges(of), numberInSortKey, true, of})
		}
	}
	inTerms := func(applies bool, ranges ...keyRange) {
		if applies {
			all = append(all, condition{set: termSet(tx), ranges: ranges, numberIn: numberInTermKey})
		}
	}
	inOrder(!p.LeftBefore.IsZero(), byLaunch)
	for _, w := range slices.SortedStableFunc(slices.Values(p.terms), func(a, b string) int { return len(b) - len(a) }) {
		inTerms(true, keysOfPrefix(w))
	}
	inOrder(p.DueBy != "", ByDue)
	inTerms(p.Damaged, keysOfTerm(damagedTerm))
	inTerms(p.Desk != "", keysOfTerm(exactTerm(deskPrefix, p.Desk)))
	inTerms(p.AddedOrLaunchedBy != "", keysOfTerm(exactTerm(personPrefix, p.AddedOrLaunchedBy)), keysOfTerm(exactTerm(launcherPrefix, p.AddedOrLaunchedBy)))
	inOrder(p.Person != "", ByAddedBy)
	inOrder(p.Gateway != "", ByGateway)
	inOrder(!p.From.IsZero() || !p.To.IsZero(), ByChanged)
	inOrder(p.hasEndedRange(), ByEnded)
	return all
}

// rarest returns the rarest of the conditions that the ranges of o do not cover, and how many keys say which requests meet it. If every
// such condition has at least so many keys that it is common, or there is none, it returns nil. The keys are counted in their blocks, without being read.
func (p *queryPlan) rarest(tx *bolt.Tx, o SortOrder, common int) (rarest *condition, size int, err error) {
	size = common
	for _, c := range p.conditions(tx, o) {
		n := 0
		for _, r := range c.ranges {
			more, blocks, err := c.set.Count(r.from, r.to, size-n)
			if err != nil {
				return nil, 0, listError(err)
			}
			n += more
			p.keys += blocks
		}
		if n < size {
			rarest, size = &c, n
		}
	}
	return rarest, size, nil
}

// requests returns the requests that meet the condition, of which there are about so many as size says.
func (p *queryPlan) requests(c *condition, size int) (map[number]bool, error) {
	found, cursor := make(map[number]bool, size), c.set.Cursor()
	for _, r := range c.ranges {
		for key := r.first(cursor, false); key != nil; key = r.next(cursor, false) {
			p.keys++
			if !c.sorted || p.keyMayMatch(key) {
				found[c.numberIn(key)] = true
			}
		}
	}
	if err := cursor.Err(); err != nil {
		return nil, listError(err)
	}
	return found, nil
}

// commonCandidates returns the requests that meet the rarest condition for a walk that has looked at many requests in vain, or nil if even that
// is met by too many.
func (p *queryPlan) commonCandidates(tx *bolt.Tx) (map[number]bool, error) {
	rare, size, err := p.rarest(tx, p.Order, p.commonHits)
	if rare == nil || err != nil {
		return nil, err
	}
	return p.requests(rare, size)
}

// keepMatches removes those of the requests that meet a condition from candidates that do not match the query, if that can be decided without
// reading any.
func (p *queryPlan) keepMatches(ctx context.Context, tx *bolt.Tx, c *condition, candidates map[number]bool) (decided bool, err error) {
	d, err := p.newDecider(tx, c.sorted, c.order)
	if d.reads || err != nil {
		return false, err
	}
	for _, n := range slices.Sorted(maps.Keys(candidates)) {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		matches, _, err := d.decide(n)
		if err != nil {
			return false, err
		}
		if !matches {
			delete(candidates, n)
		}
	}
	return true, nil
}

// readCandidates returns the matching rows of the candidates, sorted. It reads of each what decides whether it matches, and leaves it to the
// caller to read the few that are on the page.
func (p *queryPlan) readCandidates(ctx context.Context, tx *bolt.Tx, candidates map[number]bool) ([]row, error) {
	numbers, found := slices.Sorted(maps.Keys(candidates)), make([]row, 0, len(candidates))
	decoder := record.Decoder{WithoutVisits: true}
	var read request.Request
	err := eachStored(tx, numbers, func(i int, id, stored []byte) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		p.reads++
		if err := decodeRequestWith(&decoder, &read, id, stored); err != nil {
			return err
		}
		if p.matches(read) {
			found = append(found, row{key: sortKeyOf(p.Order.storedOrder(), read, numbers[i]), id: request.ID(id), stored: stored})
		}
		return nil
	})
	slices.SortFunc(found, func(a, b row) int { return p.comparePositions(p.Order.position(a.key), p.Order.position(b.key)) })
	return found, err
}

// A decider decides which requests match a query. It reads a request only if the search terms do not decide.
type decider struct {
	plan   *queryPlan
	tx     *bolt.Tx
	checks []termCheck
	reads  bool // those that pass the checks are read
}

// termCheck is a condition that a request meets that has one of some terms.
type termCheck struct {
	terms []string
	probe *keyset.Probe
	key   []byte // reused
}

// maxWords is how many words a search term may begin that are looked up for each request. To read the request takes less for more of them.
const maxWords = 4

// newDecider returns a decider for requests that have keys in the ranges of o and pass keyMayMatch, if sorted is set, and else for any.
func (p *queryPlan) newDecider(tx *bolt.Tx, sorted bool, o SortOrder) (decider, error) {
	d := decider{plan: p, tx: tx, reads: !sorted || !p.rangesSuffice(o)}
	add := func(terms ...string) {
		d.checks = append(d.checks, termCheck{terms: terms, probe: termSet(tx).Probe()})
	}
	ofName := func(name string, prefixes ...string) {
		var terms []string
		for _, prefix := range prefixes {
			terms = append(terms, exactTerm(prefix, name))
		}
		if name != "" {
			add(terms...)
			d.reads = d.reads || !isAloneInTerm(name)
		}
	}
	ofName(p.Gateway, gatewayPrefix)
	ofName(p.Person, personPrefix)
	ofName(p.Desk, deskPrefix)
	ofName(p.AddedOrLaunchedBy, personPrefix, launcherPrefix)
	if p.Damaged {
		add(damagedTerm)
	}
	for _, prefix := range p.terms {
		words, err := termsWithPrefix(tx, prefix, maxWords+1)
		if err != nil {
			return d, err
		}
		if p.keys += len(words); len(words) > maxWords {
			d.reads = true
		} else {
			add(words...)
		}
	}
	return d, nil
}

// decide reports whether the request with the number n matches. If it had to be read, it is returned.
func (d *decider) decide(n number) (match bool, read *request.Request, err error) {
	for i := range d.checks {
		if has, err := d.checks[i].has(d.plan, n); !has || err != nil {
			return false, nil, err
		}
	}
	if !d.reads {
		return true, nil, nil
	}
	r, err := d.plan.read(d.tx, n)
	if err != nil || !d.plan.matches(r) {
		return false, nil, err
	}
	return true, &r, nil
}

func (c *termCheck) has(p *queryPlan, n number) (bool, error) {
	for _, term := range c.terms {
		p.keys++
		c.key = appendTermKey(c.key[:0], term, n)
		if has, err := c.probe.Has(c.key); err != nil {
			return false, listError(err)
		} else if has {
			return true, nil
		}
	}
	return false, nil
}
