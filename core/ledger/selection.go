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

// selection is a query that makes sense, and how it is answered.
type selection struct {
	Query
	groups             []group // those of the statuses that are asked for
	words              []string
	latestOut          time.Time // no row's browser left at this time or later; with OutSince only
	common, few, looks int       // see Ledger
}

func (l *Ledger) selection(q Query) (*selection, error) {
	if len(q.Statuses) == 0 {
		q.Statuses = request.Statuses()
	}
	var statuses []request.Status
	for _, s := range q.Statuses {
		if !s.Valid() {
			return nil, fmt.Errorf("there is no status %q", s)
		}
		// Of the others, nobody's browser is out, or nothing can be decided.
		if !slices.Contains(statuses, s) && (q.OutSince.IsZero() || s == request.Signing) && (s.Ended() || !q.ofOutcomes()) {
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
			return nil, fmt.Errorf("%q is not a date: write it like 2026-12-24", bounded(q.DueBy, maxText))
		}
	}
	s := &selection{Query: q, groups: groups, words: fold(q.Search), common: l.common, few: l.few, looks: l.looks}
	s.settleOut()
	return s, nil
}

// settleOut leaves no gateway in OutFor that says nothing, and finds the latest of the times.
func (s *selection) settleOut() {
	if s.OutSince.IsZero() {
		s.OutFor = nil
		return
	}
	if s.Gateway != "" {
		s.OutSince, s.OutFor = s.outSince(s.Gateway), nil
	}
	s.OutFor = maps.Clone(s.OutFor)
	maps.DeleteFunc(s.OutFor, func(_ string, at time.Time) bool { return at.Equal(s.OutSince) })
	s.latestOut = s.OutSince
	for _, at := range s.OutFor {
		if at.After(s.latestOut) {
			s.latestOut = at
		}
	}
}

// outSince is the time before which a browser left for a gateway.
func (s *selection) outSince(gateway string) time.Time {
	if at, ok := s.OutFor[gateway]; ok {
		return at
	}
	return s.OutSince
}

// all tells that the statuses, and what was decided, are the only conditions.
func (s *selection) all() bool {
	return s.inKeys(ByChanged) && s.From.IsZero() && s.To.IsZero()
}

// inKeys tells that the keys of an order's spans say all that there is to know.
func (s *selection) inKeys(o Order) bool {
	return len(s.words) == 0 && s.Gateway == "" && s.Person == "" &&
		(s.DueBy == "" || o == ByDue) && (s.OutSince.IsZero() || o == byLaunch && len(s.OutFor) == 0) && (!s.ended() || o == ByEnded)
}

// admitsKey tells whether a key of the spans says nothing against its row.
func (s *selection) admitsKey(key []byte) bool {
	if s.From.IsZero() && s.To.IsZero() {
		return true
	}
	changed := changedIn(key)
	return (s.From.IsZero() || changed <= latestFirst(millis(s.From))) && (s.To.IsZero() || changed > latestFirst(millis(s.To)))
}

// admits tells whether a request is a row of the query.
func (s *selection) admits(r request.Request) bool {
	switch {
	case !slices.Contains(s.Statuses, r.Status),
		s.Gateway != "" && s.Gateway != r.Gateway,
		s.Person != "" && s.Person != r.AddedBy,
		!s.From.IsZero() && r.UpdatedAt.Before(s.From),
		!s.To.IsZero() && !r.UpdatedAt.Before(s.To),
		s.Decision != "" && s.Decision != r.Decision(),
		s.ended() && r.Ended == nil,
		!s.EndedFrom.IsZero() && r.Ended.Before(s.EndedFrom),
		!s.EndedTo.IsZero() && !r.Ended.Before(s.EndedTo),
		s.DueBy != "" && textOf(ByDue, r) > s.DueBy,
		!s.OutSince.IsZero() && !(isOut(r) && r.Launched.Before(s.outSince(r.Gateway))):
		return false
	}
	return matchesAll(s.words, r)
}

// spans are the ranges of an order in which all rows are, one for each group.
func (s *selection) spans(o Order) []span {
	var all []span
	for _, g := range s.groups {
		head := []byte{byte(o.kept()), g[0], g[1]}
		one := span{from: head, to: []byte{byte(o.kept()), g[0], g[1] + 1}}
		switch o {
		case ByChanged, ByStatus:
			if !s.To.IsZero() {
				one.from = binary.BigEndian.AppendUint64([]byte{byte(ByChanged), g[0], g[1], 0}, latestFirst(millis(s.To)-1))
			}
			if !s.From.IsZero() {
				one.to = binary.BigEndian.AppendUint64([]byte{byte(ByChanged), g[0], g[1], 0}, latestFirst(millis(s.From)-1))
			}
		case ByDue:
			if s.DueBy != "" {
				one.to = append(slices.Clone(head), s.DueBy+"\x01"...)
			}
		case ByEnded:
			if !s.EndedTo.IsZero() {
				one.from = fmt.Appendf(slices.Clone(head), "%016x", latestFirst(millis(s.EndedTo)-1))
			}
			if !s.EndedFrom.IsZero() {
				one.to = fmt.Appendf(slices.Clone(head), "%016x", latestFirst(millis(s.EndedFrom)-1))
			}
		case byLaunch:
			one.to = fmt.Appendf(slices.Clone(head), "%016x", ^latestFirst(millis(s.latestOut)))
		}
		all = append(all, one)
	}
	return all
}

// behind narrows spans of the query's order to what comes after its cursor.
func (s *selection) behind(spans []span) []span {
	if s.After == "" {
		return spans
	}
	for i, g := range s.groups {
		at := s.Order.keyAt([]byte(s.After[1:]), g)
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

func (r row) cursor(o Order) Cursor { return Cursor(append([]byte{byte(o)}, o.placeIn(r.key)...)) }

// rows gives the rows behind the cursor in order, and how many the whole query has, if
// that is known.
func (s *selection) rows(ctx context.Context, tx *bolt.Tx) (all iter.Seq2[row, error], total int) {
	total = -1
	if s.all() {
		total = s.counted(tx)
	}
	candidates, rare := s.candidates(tx, s.Order)
	if !rare || len(candidates) > s.few {
		return s.walk(ctx, tx, candidates), total
	}
	found, err := s.pick(ctx, tx, candidates)
	if err != nil {
		return func(yield func(row, error) bool) { yield(row{}, err) }, total
	}
	total = len(found)
	if s.After != "" {
		passed, _ := slices.BinarySearchFunc(found, []byte(s.After[1:]), func(r row, after []byte) int {
			if c := s.compare(s.Order.placeIn(r.key), after); c != 0 {
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

// compare orders places as the query wants them.
func (s *selection) compare(a, b []byte) int {
	if s.Reverse {
		a, b = b, a
	}
	return bytes.Compare(a, b)
}

func (s *selection) page(ctx context.Context, tx *bolt.Tx) (Page, error) {
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
			read, err := get(tx, idIn(r.key))
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
func (s *selection) walk(ctx context.Context, tx *bolt.Tx, candidates map[request.ID]bool) iter.Seq2[row, error] {
	inKeys := s.inKeys(s.Order)
	return func(yield func(row, error) bool) {
		for key := range merged(tx, s.Order, s.behind(s.spans(s.Order)), s.Reverse) {
			if err := ctx.Err(); err != nil {
				yield(row{}, err)
				return
			}
			if !s.admitsKey(key) || candidates != nil && !candidates[idIn(key)] {
				continue
			}
			r := row{key: key}
			if !inKeys {
				read, err := get(tx, idIn(key))
				if err != nil {
					yield(row{}, err)
					return
				}
				if !s.admits(read) {
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

// pick reads the candidates, keeps what matches and puts it in order.
func (s *selection) pick(ctx context.Context, tx *bolt.Tx, candidates map[request.ID]bool) ([]row, error) {
	var found []row
	for id := range candidates {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r, err := get(tx, id)
		if err != nil {
			return nil, err
		}
		if s.admits(r) {
			found = append(found, row{key: viewKey(s.Order.kept(), r), request: &r})
		}
	}
	slices.SortFunc(found, func(a, b row) int { return s.compare(s.Order.placeIn(a.key), s.Order.placeIn(b.key)) })
	return found, nil
}

// candidates gives the requests that meet the least common of the conditions that the
// order's spans leave open, unless all of these are common.
func (s *selection) candidates(tx *bolt.Tx, o Order) (candidates map[request.ID]bool, rare bool) {
	var conditions []iter.Seq[request.ID]
	if !s.OutSince.IsZero() && o != byLaunch {
		conditions = append(conditions, s.within(tx, byLaunch))
	}
	// A longer word is more often the rarer one.
	for _, w := range slices.SortedStableFunc(slices.Values(s.words), func(a, b string) int { return len(b) - len(a) }) {
		conditions = append(conditions, posted(tx, w))
	}
	if s.DueBy != "" && o != ByDue {
		conditions = append(conditions, s.within(tx, ByDue))
	}
	if s.Person != "" {
		conditions = append(conditions, posted(tx, marked(personMark, s.Person)+"\x00"))
	}
	if s.Gateway != "" {
		conditions = append(conditions, posted(tx, marked(gatewayMark, s.Gateway)+"\x00"))
	}
	if !(s.From.IsZero() && s.To.IsZero()) && o.kept() != ByChanged {
		conditions = append(conditions, s.within(tx, ByChanged))
	}
	if s.ended() && o != ByEnded {
		conditions = append(conditions, s.within(tx, ByEnded))
	}
	common := s.common
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

// within gives the requests in the spans of an order.
func (s *selection) within(tx *bolt.Tx, o Order) iter.Seq[request.ID] {
	return func(yield func(request.ID) bool) {
		c := tx.Bucket(bucketViews).Cursor()
		for _, one := range s.spans(o) {
			for key := one.first(c, false); key != nil; key = one.next(c, false) {
				if !yield(idIn(key)) {
					return
				}
			}
		}
	}
}

// counted adds up the counters of the groups.
func (s *selection) counted(tx *bolt.Tx) (n int) {
	for _, g := range s.groups {
		n += toInt(tx.Bucket(bucketMeta).Get(countKey(g)))
	}
	return n
}

func (s *selection) count(ctx context.Context, tx *bolt.Tx, atMost int) (n int, more bool, err error) {
	if s.all() {
		return s.counted(tx), false, nil
	}
	o := ByChanged
	switch { // the spans that have the fewest rows besides those of the query
	case !s.OutSince.IsZero():
		o = byLaunch
	case s.DueBy != "":
		o = ByDue
	case s.ended():
		o = ByEnded
	}
	misses := 0
	for hit, err := range s.hits(tx, o) {
		switch {
		case err != nil:
			return 0, false, err
		case ctx.Err() != nil:
			return 0, false, ctx.Err()
		case hit && n == atMost, !hit && misses == s.looks:
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
func (s *selection) hits(tx *bolt.Tx, o Order) iter.Seq2[bool, error] {
	read := func(id request.ID) (bool, error) {
		r, err := get(tx, id)
		return err == nil && s.admits(r), err
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
		inKeys := s.inKeys(o)
		for key := range merged(tx, o, s.spans(o), false) {
			hit, err := s.admitsKey(key), error(nil)
			if hit && !inKeys {
				hit, err = read(idIn(key))
			}
			if !yield(hit, err) {
				return
			}
		}
	}
}
