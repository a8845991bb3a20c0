package ledger

import (
	"time"

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

const defaultLimit = 100 // rows of a page

// onlyEnded tells that the query is about what has ended alone.
func (q Query) onlyEnded() bool { return q.Decision != "" || q.hasEndedRange() }

// hasEndedRange tells that there is a condition on when a request hasEndedRange.
func (q Query) hasEndedRange() bool { return !(q.EndedFrom.IsZero() && q.EndedTo.IsZero()) }
