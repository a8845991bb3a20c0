package ledger

import (
	"context"
	"time"

	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

// Query asks for requests that meet all of its conditions. What is empty is no condition.
type Query struct {
	Statuses           []request.Status     // any of these
	Gateway            string               // of this gateway
	Person             string               // added by this person
	Decision           request.Decision     // this was decided about the outcome, or nothing yet
	From, To           time.Time            // last changed at From or later, and before To
	DueBy              string               // with a due date, on this date (2006-01-02) or before
	OutSince           time.Time            // the browser left before this time and has not come back
	OutFor             map[string]time.Time // stands in for OutSince, where that is a condition, for the gateways of these names
	EndedFrom, EndedTo time.Time            // ended at EndedFrom or later, and before EndedTo
	Search             string               // every word typed is the beginning of a word of the request

	Order   Order // the most recently changed first when zero
	Reverse bool  // backwards, also among equals

	After Cursor // go on behind this row; from the start when empty
	Skip  int    // leave out so many rows first
	Limit int    // rows at the most; 100 when zero
}

// Cursor is a place between two rows of one order. It stays good while rows come and go.
type Cursor string

// Page is a piece of the answer to a [Query].
type Page struct {
	Requests []request.Request
	Next     Cursor // behind the last row; empty when there are no more
	Total    int    // all rows of the query, wherever the page begins; -1 when counting would mean reading them all
}

const (
	defaultLimit = 100
	// A search finds this many requests with a word before it decides that the word
	// is common, and of no use for telling which rows to read.
	defaultCommonHits = 20_000
	// So few candidates are read and put in order. Of more, the rows are walked in order
	// until the page is full, and those that are no candidates are not read.
	defaultMaxCandidates = 500
	// A count looks at so many rows besides those it counts.
	defaultMaxMisses = 5_000
)

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

// onlyEnded tells that the query is about what has ended alone.
func (q Query) onlyEnded() bool { return q.Decision != "" || q.hasEndedRange() }

// hasEndedRange tells that there is a condition on when a request hasEndedRange.
func (q Query) hasEndedRange() bool { return !(q.EndedFrom.IsZero() && q.EndedTo.IsZero()) }
