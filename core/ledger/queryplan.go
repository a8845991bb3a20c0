package ledger

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

// queryPlan is a query that makes sense, and how it is answered.
type queryPlan struct {
	Query
	groups           []group // those of the statuses that are asked for
	terms            []string
	latestLeftBefore time.Time // no row's browser left at this time or later; with OutSince only
	limits
}

func (l *Ledger) planQuery(q Query) (*queryPlan, error) {
	if len(q.Statuses) == 0 {
		q.Statuses = request.Statuses()
	}
	var statuses []request.Status
	for _, s := range q.Statuses {
		if !s.Valid() {
			return nil, fmt.Errorf("there is no status %q", s)
		}
		// Of the others, nobody's browser is out, or nothing can be decided.
		if !slices.Contains(statuses, s) && (q.OutSince.IsZero() || s == request.Signing) && (s.Ended() || !q.onlyEnded()) {
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
			if q.Decision == "" || g[0] == decisionByte(q.Decision) {
				groups = append(groups, g)
			}
		}
	}
	if !q.Order.Valid() {
		return nil, fmt.Errorf("there is no order %d", q.Order)
	}
	if q.After != "" && q.After[0] != byte(q.Order) {
		return nil, fmt.Errorf("the page before it was in another order: begin with the first page")
	}
	if q.DueBy != "" {
		if _, err := time.Parse(time.DateOnly, q.DueBy); err != nil {
			return nil, fmt.Errorf("%q is not a date: write it like 2026-12-24", truncate(q.DueBy, maxSortText))
		}
	}
	s := &queryPlan{Query: q, groups: groups, terms: splitTerms(q.Search), limits: l.limits}
	s.normalizeLeftBefore()
	return s, nil
}

// normalizeLeftBefore leaves no gateway in OutFor that says nothing, and finds the latest of the times.
func (s *queryPlan) normalizeLeftBefore() {
	if s.OutSince.IsZero() {
		s.OutFor = nil
		return
	}
	if s.Gateway != "" {
		s.OutSince, s.OutFor = s.leftBefore(s.Gateway), nil
	}
	s.OutFor = maps.Clone(s.OutFor)
	maps.DeleteFunc(s.OutFor, func(_ string, at time.Time) bool { return at.Equal(s.OutSince) })
	s.latestLeftBefore = s.OutSince
	for _, at := range s.OutFor {
		if at.After(s.latestLeftBefore) {
			s.latestLeftBefore = at
		}
	}
}

// leftBefore is the time before which a browser left for a gateway.
func (s *queryPlan) leftBefore(gateway string) time.Time {
	if at, ok := s.OutFor[gateway]; ok {
		return at
	}
	return s.OutSince
}

// onlyGroups tells that the statuses, and what was decided, are the only conditions.
func (s *queryPlan) onlyGroups() bool {
	return s.keysSuffice(ByChanged) && s.From.IsZero() && s.To.IsZero()
}

// keysSuffice tells that the keys of an order's spans say all that there is to know.
func (s *queryPlan) keysSuffice(o Order) bool {
	return len(s.terms) == 0 && s.Gateway == "" && s.Person == "" &&
		(s.DueBy == "" || o == ByDue) && (s.OutSince.IsZero() || o == byLaunch && len(s.OutFor) == 0) && (!s.hasEndedRange() || o == ByEnded)
}

// keyMayMatch tells whether a key of the spans says nothing against its row.
func (s *queryPlan) keyMayMatch(key []byte) bool {
	if s.From.IsZero() && s.To.IsZero() {
		return true
	}
	changed := changedInSortKey(key)
	return (s.From.IsZero() || changed <= descending(ceilMillis(s.From))) && (s.To.IsZero() || changed > descending(ceilMillis(s.To)))
}

// matches tells whether a request is a row of the query.
func (s *queryPlan) matches(r request.Request) bool {
	switch {
	case !slices.Contains(s.Statuses, r.Status),
		s.Gateway != "" && s.Gateway != r.Gateway,
		s.Person != "" && s.Person != r.AddedBy,
		!s.From.IsZero() && r.UpdatedAt.Before(s.From),
		!s.To.IsZero() && !r.UpdatedAt.Before(s.To),
		s.Decision != "" && s.Decision != r.Decision(),
		s.hasEndedRange() && r.Ended == nil,
		!s.EndedFrom.IsZero() && r.Ended.Before(s.EndedFrom),
		!s.EndedTo.IsZero() && !r.Ended.Before(s.EndedTo),
		s.DueBy != "" && sortTextOf(ByDue, r) > s.DueBy,
		!s.OutSince.IsZero() && !(browserIsOut(r) && r.Launched.Before(s.leftBefore(r.Gateway))):
		return false
	}
	return matchesTerms(s.terms, r)
}

// ranges are the ranges of an order in which all rows are, one for each group.
func (s *queryPlan) ranges(o Order) []keyRange {
	var all []keyRange
	for _, g := range s.groups {
		head := []byte{byte(o.storedOrder()), g[0], g[1]}
		one := keyRange{from: head, to: []byte{byte(o.storedOrder()), g[0], g[1] + 1}}
		switch o {
		case ByChanged, ByStatus:
			if !s.To.IsZero() {
				one.from = binary.BigEndian.AppendUint64([]byte{byte(ByChanged), g[0], g[1], 0}, descending(ceilMillis(s.To)-1))
			}
			if !s.From.IsZero() {
				one.to = binary.BigEndian.AppendUint64([]byte{byte(ByChanged), g[0], g[1], 0}, descending(ceilMillis(s.From)-1))
			}
		case ByDue:
			if s.DueBy != "" {
				one.to = append(slices.Clone(head), s.DueBy+"\x01"...)
			}
		case ByEnded:
			if !s.EndedTo.IsZero() {
				one.from = fmt.Appendf(slices.Clone(head), "%016x", descending(ceilMillis(s.EndedTo)-1))
			}
			if !s.EndedFrom.IsZero() {
				one.to = fmt.Appendf(slices.Clone(head), "%016x", descending(ceilMillis(s.EndedFrom)-1))
			}
		case byLaunch:
			one.to = fmt.Appendf(slices.Clone(head), "%016x", ^descending(ceilMillis(s.latestLeftBefore)))
		}
		all = append(all, one)
	}
	return all
}

// afterCursor narrows spans of the query's order to what comes after its cursor.
func (s *queryPlan) afterCursor(spans []keyRange) []keyRange {
	if s.After == "" {
		return spans
	}
	for i, g := range s.groups {
		at := s.Order.keyAtPosition([]byte(s.After[1:]), g)
		if s.Reverse {
			spans[i].to = slices.MinFunc([][]byte{spans[i].to, at}, bytes.Compare)
		} else {
			spans[i].from = slices.MaxFunc([][]byte{spans[i].from, append(at, 0)}, bytes.Compare)
		}
	}
	return spans
}

// row is one row of an answer.
type row struct {
	key     []byte           // in the views; good for as long as the transaction
	request *request.Request // where it had to be read
}

func (r row) cursor(o Order) Cursor { return Cursor(append([]byte{byte(o)}, o.position(r.key)...)) }

// rows gives the rows behind the cursor in order, and how many the whole query has, if
// that is known.
func (s *queryPlan) rows(ctx context.Context, tx *bolt.Tx) (all iter.Seq2[row, error], total int) {
	total = -1
	if s.onlyGroups() {
		total = s.sumCounters(tx)
	}
	candidates, rare := s.candidates(tx, s.Order)
	if !rare || len(candidates) > s.maxCandidates {
		return s.walk(ctx, tx, candidates), total
	}
	found, err := s.readCandidates(ctx, tx, candidates)
	if err != nil {
		return func(yield func(row, error) bool) { yield(row{}, err) }, total
	}
	total = len(found)
	if s.After != "" {
		passed, _ := slices.BinarySearchFunc(found, []byte(s.After[1:]), func(r row, after []byte) int {
			if c := s.comparePositions(s.Order.position(r.key), after); c != 0 {
				return c
			}
			return -1
		})
		found = found[passed:]
	}
	return func(yield func(row, error) bool) {
		for _, r := range found {
			if !yield(r, nil) {
				return
			}
		}
	}, total
}

// comparePositions orders places as the query wants them.
func (s *queryPlan) comparePositions(a, b []byte) int {
	if s.Reverse {
		a, b = b, a
	}
	return bytes.Compare(a, b)
}

func (s *queryPlan) page(ctx context.Context, tx *bolt.Tx) (Page, error) {
	rows, total := s.rows(ctx, tx)
	page, skip := Page{Total: total}, s.Skip
	var last row
	for r, err := range rows {
		switch {
		case err != nil:
			return Page{}, err
		case skip > 0:
			skip--
			continue
		case len(page.Requests) == s.Limit:
			page.Next = last.cursor(s.Order)
			return page, nil
		}
		if r.request == nil {
			read, err := readRequest(tx, idInSortKey(r.key))
			if err != nil {
				return Page{}, err
			}
			r.request = &read
		}
		page.Requests, last = append(page.Requests, *r.request), r
	}
	return page, nil
}

// walk goes through the keys in order and keeps what matches, reading no more requests
// than it must. Nothing but a candidate can match, unless candidates is nil.
func (s *queryPlan) walk(ctx context.Context, tx *bolt.Tx, candidates map[request.ID]bool) iter.Seq2[row, error] {
	inKeys := s.keysSuffice(s.Order)
	return func(yield func(row, error) bool) {
		for key := range mergeRanges(tx, s.Order, s.afterCursor(s.ranges(s.Order)), s.Reverse) {
			if err := ctx.Err(); err != nil {
				yield(row{}, err)
				return
			}
			if !s.keyMayMatch(key) || candidates != nil && !candidates[idInSortKey(key)] {
				continue
			}
			r := row{key: key}
			if !inKeys {
				read, err := readRequest(tx, idInSortKey(key))
				if err != nil {
					yield(row{}, err)
					return
				}
				if !s.matches(read) {
					continue
				}
				r.request = &read
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

// readCandidates reads the candidates, keeps what matches and puts it in order.
func (s *queryPlan) readCandidates(ctx context.Context, tx *bolt.Tx, candidates map[request.ID]bool) ([]row, error) {
	var found []row
	for id := range candidates {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r, err := readRequest(tx, id)
		if err != nil {
			return nil, err
		}
		if s.matches(r) {
			found = append(found, row{key: sortKeyOf(s.Order.storedOrder(), r), request: &r})
		}
	}
	slices.SortFunc(found, func(a, b row) int { return s.comparePositions(s.Order.position(a.key), s.Order.position(b.key)) })
	return found, nil
}

// candidates gives the requests that meet the least common of the conditions that the
// order's spans leave open, unless all of these are common.
func (s *queryPlan) candidates(tx *bolt.Tx, o Order) (candidates map[request.ID]bool, rare bool) {
	var conditions []iter.Seq[request.ID]
	if !s.OutSince.IsZero() && o != byLaunch {
		conditions = append(conditions, s.idsInRanges(tx, byLaunch))
	}
	// A longer word is more often the rarer one.
	for _, w := range slices.SortedStableFunc(slices.Values(s.terms), func(a, b string) int { return len(b) - len(a) }) {
		conditions = append(conditions, idsByTermPrefix(tx, w))
	}
	if s.DueBy != "" && o != ByDue {
		conditions = append(conditions, s.idsInRanges(tx, ByDue))
	}
	if s.Person != "" {
		conditions = append(conditions, idsByTermPrefix(tx, exactTerm(personPrefix, s.Person)+"\x00"))
	}
	if s.Gateway != "" {
		conditions = append(conditions, idsByTermPrefix(tx, exactTerm(gatewayPrefix, s.Gateway)+"\x00"))
	}
	if !(s.From.IsZero() && s.To.IsZero()) && o.storedOrder() != ByChanged {
		conditions = append(conditions, s.idsInRanges(tx, ByChanged))
	}
	if s.hasEndedRange() && o != ByEnded {
		conditions = append(conditions, s.idsInRanges(tx, ByEnded))
	}
	common := s.commonHits
	for _, condition := range conditions {
		found := map[request.ID]bool{}
		for id := range condition {
			if len(found) >= common {
				break
			}
			found[id] = true
		}
		if len(found) == common {
			continue
		}
		// From now on a condition has to be rarer than this one to be of use.
		candidates, rare, common = found, true, len(found)
	}
	return candidates, rare
}

// idsInRanges gives the requests in the spans of an order.
func (s *queryPlan) idsInRanges(tx *bolt.Tx, o Order) iter.Seq[request.ID] {
	return func(yield func(request.ID) bool) {
		c := tx.Bucket(bucketSortKeys).Cursor()
		for _, one := range s.ranges(o) {
			for key := one.first(c, false); key != nil; key = one.next(c, false) {
				if !yield(idInSortKey(key)) {
					return
				}
			}
		}
	}
}

// sumCounters adds up the counters of the groups.
func (s *queryPlan) sumCounters(tx *bolt.Tx) (n int) {
	for _, g := range s.groups {
		n += decodeNumber(tx.Bucket(bucketMeta).Get(counterKey(g)))
	}
	return n
}

// View answers a query. Its cost follows the page, not the ledger, but for conditions
// that are each met by many requests and seldom together.
func (l *Ledger) View(ctx context.Context, q Query) (Page, error) {
	if q.Limit <= 0 {
		q.Limit = defaultLimit
	}
	s, err := l.planQuery(q)
	if err != nil {
		return Page{}, err
	}
	var page Page
	err = l.readTx(ctx, func(tx *bolt.Tx) (err error) {
		page, err = s.page(ctx, tx)
		return err
	})
	return page, err
}

// IDs lists the first rows of a query by their ids, in its order. The query's own limit
// does not count.
func (l *Ledger) IDs(ctx context.Context, q Query, limit int) ([]request.ID, error) {
	s, err := l.planQuery(q)
	if err != nil {
		return nil, err
	}
	var ids []request.ID
	err = l.readTx(ctx, func(tx *bolt.Tx) error {
		rows, _ := s.rows(ctx, tx)
		skip := q.Skip
		for r, err := range rows {
			switch {
			case err != nil:
				return err
			case skip > 0:
				skip--
				continue
			case len(ids) >= limit:
				return nil
			}
			ids = append(ids, idInSortKey(r.key))
		}
		return nil
	})
	return ids, err
}
