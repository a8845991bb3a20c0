package ledger

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

// queryPlan is a valid [Query], with what is computed once to answer it.
type queryPlan struct {
	Query
	groups           []group   // the groups of the requests that can match
	terms            []string  // the terms of Query.Search
	latestLeftBefore time.Time // the latest of LeftBefore and the times in LeftBeforeByGateway
	limits

	keys, reads int // until now: how many keys were walked or looked up, with the blocks and counts of keys that were read, and how many requests were read
}

// read reads the request with the number n.
func (p *queryPlan) read(tx *bolt.Tx, n number) (request.Request, error) {
	p.reads++
	return readNumber(tx, n)
}

// planQuery returns the plan for a query, or an error if one of its fields has an invalid value.
func (l *Ledger) planQuery(q Query) (*queryPlan, error) {
	if len(q.Statuses) == 0 {
		q.Statuses = request.Statuses()
	}
	var statuses []request.Status
	for _, s := range q.Statuses {
		if !s.Valid() {
			return nil, fmt.Errorf("there is no status %q", s)
		}
		// Leave out statuses that no matching request can have.
		if !slices.Contains(statuses, s) && (q.LeftBefore.IsZero() || s == request.Signing) && (s.Ended() || !q.onlyEnded()) {
			statuses = append(statuses, s)
		}
	}
	q.Statuses = statuses
	if q.Decision != "" && !slices.Contains(request.Decisions(), q.Decision) {
		return nil, fmt.Errorf("there is no decision %q", q.Decision)
	}
	var groups []group
	for _, s := range q.Statuses {
		for _, g := range groupsOf(s) {
			if q.includes(g) {
				groups = append(groups, g)
			}
		}
	}
	if !q.Order.Valid() {
		return nil, fmt.Errorf("there is no sort order %d", q.Order)
	}
	if q.After != "" && q.After[0] != byte(q.Order) {
		return nil, request.Errorf("query_order", "the previous page was sorted in another order: start again with the first page")
	}
	if q.DueBy != "" {
		if _, err := time.Parse(time.DateOnly, q.DueBy); err != nil {
			return nil, request.Errorf("not_a_date", "%q is not a date: enter it like 2026-12-24", truncate(q.DueBy, maxSortText))
		}
	}
	p := &queryPlan{Query: q, groups: groups, terms: splitTerms(q.Search), limits: l.limits}
	p.normalizeLeftBefore()
	return p, nil
}

// includes reports whether requests of a group can match the query. It does not compare the status.
func (q Query) includes(g group) bool {
	switch decision := g.decision(); {
	case q.None, !q.Archived.includes(g.isArchived()), !q.Practice.includes(g.isPractice()):
		return false
	case q.LaunchFailed:
		return g.isLaunchFailed() && !q.onlyEnded()
	case q.ToDo:
		return decision == decisionByte(request.SentBack) && (q.Decision == "" || q.Decision == request.SentBack)
	case q.Decision == request.SentBack && decision == doneByte:
		return true
	default:
		return q.Decision == "" || decision == decisionByte(q.Decision)
	}
}

// normalizeLeftBefore drops the times that have no effect from LeftBeforeByGateway, and computes
// latestLeftBefore. For a query of one gateway, it sets LeftBefore to the time for this gateway.
func (p *queryPlan) normalizeLeftBefore() {
	if p.LeftBefore.IsZero() {
		p.LeftBeforeByGateway = nil
		return
	}
	if p.Gateway != "" {
		p.LeftBefore, p.LeftBeforeByGateway = p.leftBefore(p.Gateway), nil
		if p.LeftBefore.IsZero() {
			p.LeftBefore = p.LeftBefore.Add(1) // nothing is so old, but the zero time would be no condition
		}
	}
	p.LeftBeforeByGateway = maps.Clone(p.LeftBeforeByGateway)
	maps.DeleteFunc(p.LeftBeforeByGateway, func(_ string, at time.Time) bool { return at.Equal(p.LeftBefore) })
	p.latestLeftBefore = p.LeftBefore
	for _, at := range p.LeftBeforeByGateway {
		if at.After(p.latestLeftBefore) {
			p.latestLeftBefore = at
		}
	}
}

// leftBefore returns the time before which the browser of a matching request must have left for
// the gateway.
func (p *queryPlan) leftBefore(gateway string) time.Time {
	if at, ok := p.LeftBeforeByGateway[gateway]; ok {
		return at
	}
	return p.LeftBefore
}

// onlyGroups reports whether the query has no conditions but those that its groups decide.
func (p *queryPlan) onlyGroups() bool {
	return p.keysSuffice(ByChanged) && p.From.IsZero() && p.To.IsZero()
}

// keysSuffice reports whether the sort keys in the ranges of o, together with keyMayMatch,
// decide which rows match, so that no request has to be looked at.
func (p *queryPlan) keysSuffice(o SortOrder) bool {
	return p.rangesSuffice(o) && len(p.terms) == 0 && p.Gateway == "" && p.Person == "" && p.AddedOrLaunchedBy == "" && p.Desk == "" && !p.Damaged
}

// rangesSuffice is keysSuffice for the conditions that no search term decides.
func (p *queryPlan) rangesSuffice(o SortOrder) bool {
	return (p.DueBy == "" || o == ByDue) && (p.LeftBefore.IsZero() || o == byLaunch && len(p.LeftBeforeByGateway) == 0) && (!p.hasEndedRange() || o == ByEnded)
}

// keyMayMatch reports whether the time of the last change, which is in every sort key, meets
// From and To.
func (p *queryPlan) keyMayMatch(key []byte) bool {
	if p.From.IsZero() && p.To.IsZero() {
		return true
	}
	changed := changedInSortKey(key)
	return (p.From.IsZero() || changed <= descending(ceilMillis(p.From))) && (p.To.IsZero() || changed > descending(ceilMillis(p.To)))
}

// matches reports whether a request meets all conditions.
func (p *queryPlan) matches(r request.Request) bool {
	switch {
	case !slices.Contains(p.Statuses, r.Status),
		p.Gateway != "" && p.Gateway != r.Gateway,
		p.Person != "" && p.Person != r.AddedBy,
		p.AddedOrLaunchedBy != "" && p.AddedOrLaunchedBy != r.AddedBy && p.AddedOrLaunchedBy != r.LaunchedBy,
		p.Desk != "" && p.Desk != r.Desk,
		!p.Archived.includes(r.Archived != nil), !p.Practice.includes(r.Practice),
		p.Damaged && len(r.DamagedFiles()) == 0,
		!p.From.IsZero() && r.UpdatedAt.Before(p.From),
		!p.To.IsZero() && !r.UpdatedAt.Before(p.To),
		p.Decision != "" && p.Decision != r.Decision(),
		p.ToDo && !r.IsToDo(),
		p.LaunchFailed && !r.LaunchFailed(),
		p.None,
		p.hasEndedRange() && r.EndedAt == nil,
		!p.EndedFrom.IsZero() && r.EndedAt.Before(p.EndedFrom),
		!p.EndedTo.IsZero() && !r.EndedAt.Before(p.EndedTo),
		p.DueBy != "" && sortTextOf(ByDue, &r) > p.DueBy,
		!p.LeftBefore.IsZero() && !(browserIsOut(r) && r.LaunchedAt.Before(p.leftBefore(r.Gateway))):
		return false
	}
	return matchesWords(p.terms, r)
}

// ranges returns the key ranges of an order that contain all matching rows, one for each of
// p.groups.
func (p *queryPlan) ranges(o SortOrder) []keyRange {
	var all []keyRange
	for _, g := range p.groups {
		header := []byte{byte(o.storedOrder()), g[0], g[1]}
		one := keyRange{from: header, to: []byte{byte(o.storedOrder()), g[0], g[1] + 1}}
		switch o {
		case ByChanged, ByStatus:
			if !p.To.IsZero() {
				one.from = appendTime([]byte{byte(ByChanged), g[0], g[1], 0}, descending(ceilMillis(p.To)-1))
			}
			if !p.From.IsZero() {
				one.to = appendTime([]byte{byte(ByChanged), g[0], g[1], 0}, descending(ceilMillis(p.From)-1))
			}
		case ByDue:
			if p.DueBy != "" {
				one.to = append(slices.Clone(header), p.DueBy+"\x01"...)
			}
		case ByEnded:
			if !p.EndedTo.IsZero() {
				one.from = appendTimeText(slices.Clone(header), descending(ceilMillis(p.EndedTo)-1))
			}
			if !p.EndedFrom.IsZero() {
				one.to = appendTimeText(slices.Clone(header), descending(ceilMillis(p.EndedFrom)-1))
			}
		case ByGateway:
			if p.Gateway != "" {
				one = ofText(header, p.Gateway)
			}
		case ByAddedBy:
			if p.Person != "" {
				one = ofText(header, p.Person)
			}
		case byLaunch:
			one.to = appendTimeText(slices.Clone(header), ascending(ceilMillis(p.latestLeftBefore)))
		}
		all = append(all, one)
	}
	return all
}

// ofText returns the range of the keys with a header whose text is that of a name.
func ofText(header []byte, name string) keyRange {
	from := append(slices.Clone(header), normalizeSortText(name)...)
	return keyRange{from: append(from, 0), to: append(slices.Clone(from), 1)}
}

// skipEmptyGroups drops the groups that no request is in, which are most: to find nothing in a range costs as much as to find a row.
func (p *queryPlan) skipEmptyGroups(tx *bolt.Tx) {
	meta := tx.Bucket(bucketMeta)
	p.groups = slices.DeleteFunc(p.groups, func(g group) bool { return decodeNumber(meta.Get(counterKey(g))) == 0 })
}

// afterCursor narrows the ranges of the query's order to what comes after its cursor.
func (p *queryPlan) afterCursor(ranges []keyRange) []keyRange {
	if p.After == "" {
		return ranges
	}
	for i, g := range p.groups {
		at := p.Order.appendKeyAtPosition(nil, []byte(p.After[1:]), g)
		if p.Reverse {
			ranges[i].to = slices.MinFunc([][]byte{ranges[i].to, at}, bytes.Compare)
		} else {
			ranges[i].from = slices.MaxFunc([][]byte{ranges[i].from, append(at, 0)}, bytes.Compare)
		}
	}
	return ranges
}

// row is one matching row.
type row struct {
	key     []byte           // its sort key; valid for as long as the transaction
	request *request.Request // nil if it was not read
	id      request.ID       // with stored
	stored  []byte           // what is stored of the request, if that was found already; valid for as long as the transaction
}

func (r row) cursor(o SortOrder) Cursor { return Cursor(append([]byte{byte(o)}, o.position(r.key)...)) }

// rows yields the matching rows after the cursor and those to skip, sorted, and returns how many rows the query
// has on all pages, or -1 if that is not known.
func (p *queryPlan) rows(ctx context.Context, tx *bolt.Tx) (all iter.Seq2[row, error], total int) {
	p.skipEmptyGroups(tx)
	total = -1
	if p.onlyGroups() {
		total = p.sumCounters(tx)
	}
	rare, size, err := p.rarest(tx, p.Order, p.maxCandidates)
	if err != nil {
		return failing(err), total
	}
	if rare == nil {
		return p.walk(ctx, tx, nil, false), total
	}
	walks, byChecks := p.walksFaster(tx, size)
	if byChecks && size > p.maxCounted {
		return p.walk(ctx, tx, nil, false), total
	}
	candidates, err := p.requests(rare, size)
	if err != nil {
		return failing(err), total
	}
	if walks {
		if size > p.maxCounted {
			return p.walk(ctx, tx, candidates, false), total
		}
		switch exact, err := p.keepMatches(ctx, tx, rare, candidates); {
		case err != nil:
			return failing(err), total
		case exact:
			return p.walk(ctx, tx, candidates, true), len(candidates)
		}
	}
	found, err := p.readCandidates(ctx, tx, candidates)
	if err != nil {
		return failing(err), total
	}
	total = len(found)
	if p.After != "" {
		passed, _ := slices.BinarySearchFunc(found, []byte(p.After[1:]), func(r row, after []byte) int {
			if c := p.comparePositions(p.Order.position(r.key), after); c != 0 {
				return c
			}
			return -1
		})
		found = found[passed:]
	}
	found = found[min(p.Skip, len(found)):]
	return func(yield func(row, error) bool) {
		for _, r := range found {
			if !yield(r, nil) {
				return
			}
		}
	}, total
}

// failing returns rows that end at once with an error.
func failing(err error) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) { yield(row{}, err) }
}

// comparePositions compares two positions as [bytes.Compare] does, in the order of the query,
// which may be reversed.
func (p *queryPlan) comparePositions(a, b []byte) int {
	if p.Reverse {
		a, b = b, a
	}
	return bytes.Compare(a, b)
}

func (p *queryPlan) page(ctx context.Context, tx *bolt.Tx) (QueryPage, error) {
	rows, total := p.rows(ctx, tx)
	page := QueryPage{Total: total}
	var last row
	for r, err := range rows {
		switch {
		case err != nil:
			return QueryPage{}, err
		case len(page.Requests) == p.Limit:
			page.Next = last.cursor(p.Order)
			return page, nil
		}
		if r.request == nil {
			read, err := p.readRow(tx, r)
			if err != nil {
				return QueryPage{}, err
			}
			r.request = &read
		}
		page.Requests, last = append(page.Requests, *r.request), r
	}
	return page, nil
}

// readRow reads the request of a row.
func (p *queryPlan) readRow(tx *bolt.Tx, r row) (request.Request, error) {
	if r.stored == nil {
		return p.read(tx, numberInSortKey(r.key))
	}
	read, err := decodeRequest(r.id, r.stored)
	if err == nil {
		err = addAddresses(tx, &read)
	}
	return read, err
}

// keysPerRead and keysPerCheck are about how many keys are walked in the time in which one request is read, or looked up in a search term.
const (
	keysPerRead  = 20
	keysPerCheck = 10
)

// walksFaster reports whether walking the sort keys until the page is full, past rows that are no candidates, takes less than reading
// all candidates, and whether it takes even less than collecting them to look each row up in the search terms. It supposes that the rows of
// the candidates are spread evenly.
func (p *queryPlan) walksFaster(tx *bolt.Tx, candidates int) (walks, byChecks bool) {
	reads := p.Skip + min(p.Limit, candidates)
	if reads >= candidates {
		return false, false
	}
	walked := p.sumCounters(tx) / candidates * reads
	return reads+walked/keysPerRead < candidates, walked*keysPerCheck < candidates
}

// walk yields the matching rows after the cursor and those to skip by walking the sort keys. It reads requests
// only where neither these nor search terms suffice. If candidates is not nil, only these can match, and exact says that they do. If it is nil and
// many requests were looked at in vain, walk looks for candidates once more, among those of more common
// conditions.
func (p *queryPlan) walk(ctx context.Context, tx *bolt.Tx, candidates map[number]bool, exact bool) iter.Seq2[row, error] {
	inKeys := p.keysSuffice(p.Order)
	return func(yield func(row, error) bool) {
		ranges, skip, err := p.jump(tx, p.afterCursor(p.ranges(p.Order)), inKeys && candidates == nil)
		if err != nil {
			yield(row{}, err)
			return
		}
		d, err := p.newDecider(tx, true, p.Order)
		if err != nil {
			yield(row{}, err)
			return
		}
		misses, searched := 0, candidates != nil
		for key, err := range mergeRanges(tx, p.Order, ranges, p.Reverse) {
			p.keys++
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(row{}, err)
				return
			}
			if !p.keyMayMatch(key) || candidates != nil && !candidates[numberInSortKey(key)] {
				continue
			}
			r := row{key: key}
			if !exact {
				var matches bool
				matches, r.request, err = d.decide(numberInSortKey(key))
				if !matches && err == nil {
					if misses++; !searched && misses > p.commonHits/keysPerRead {
						searched = true
						candidates, err = p.commonCandidates(tx)
					}
				}
				if err != nil {
					yield(row{}, err)
					return
				}
				if !matches {
					continue
				}
			}
			if skip > 0 {
				skip--
				continue
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

func (p *queryPlan) sumCounters(tx *bolt.Tx) (n int) {
	for _, g := range p.groups {
		n += decodeNumber(tx.Bucket(bucketMeta).Get(counterKey(g)))
	}
	return n
}

// Query returns a page of the rows of a query. It reads about as many requests as the page has
// rows, however large the ledger is. The exception is a combination of conditions of which
// each is met by many requests, and all together by few.
func (l *Ledger) Query(ctx context.Context, q Query) (QueryPage, error) {
	if q.Limit <= 0 {
		q.Limit = defaultLimit
	}
	p, err := l.planQuery(q)
	if err != nil {
		return QueryPage{}, err
	}
	var page QueryPage
	err = l.readTx(ctx, func(tx *bolt.Tx) (err error) {
		page, err = p.page(ctx, tx)
		return err
	})
	return page, err
}

// IDs returns the ids of the first rows of a query, in its order, at most limit of them. It
// skips Query.Skip rows, but ignores Query.Limit.
func (l *Ledger) IDs(ctx context.Context, q Query, limit int) ([]request.ID, error) {
	q.Limit = limit
	p, err := l.planQuery(q)
	if err != nil {
		return nil, err
	}
	var ids []request.ID
	err = l.readTx(ctx, func(tx *bolt.Tx) error {
		rows, _ := p.rows(ctx, tx)
		for r, err := range rows {
			switch {
			case err != nil:
				return err
			case len(ids) >= limit:
				return nil
			}
			ids = append(ids, idOf(tx, numberInSortKey(r.key)))
		}
		return nil
	})
	return ids, err
}
