package ledger

import (
	"time"

	"countersign/core/request"
)

// Query selects requests that meet all of its conditions. A zero field is no condition.
type Query struct {
	Statuses            []request.Status     // any of these
	Gateway             string               // of this gateway
	Person              string               // added by this person
	AddedOrLaunchedBy   string               // added by this person, or launched by them at a desk of an office
	Desk                string               // whose browser is at this desk of an office; see [request.Request.Desk]
	Decision            request.Decision     // ended, with this decision about the outcome
	ToDo                bool                 // sent back, and not replaced since; see [request.Request.IsToDo]
	LaunchFailed        bool                 // open, and the last launch failed; see [request.Request.LaunchFailed]
	None                bool                 // no request at all: for conditions that contradict each other
	Archived            Among                // put away; see [request.Archived]
	Practice            Among                // to be signed, or signed, at a practice gateway
	From, To            time.Time            // last changed at From or later, and before To
	DueBy               string               // with a due date on this date (2006-01-02) or earlier
	LeftBefore          time.Time            // the browser left for the gateway before this time and has not come back
	LeftBeforeByGateway map[string]time.Time // other times than LeftBefore, by the names of gateways; ignored if LeftBefore is zero
	EndedFrom, EndedTo  time.Time            // ended at EndedFrom or later, and before EndedTo
	Damaged             bool                 // with a stored file that is altered or missing
	Search              string               // each word in it begins a word of the request

	Order   SortOrder // ByChanged when zero
	Reverse bool      // the whole order reversed, also of rows that are equal in Order

	After Cursor // continue after this row; from the first row when empty
	Skip  int    // leave out this many rows first
	Limit int    // at most this many rows; 100 when zero

	WithoutVisits bool // leave Request.Visit out of the rows, where that makes reading them faster
}

// Cursor is a position in a sort order, after the row it was made from. It stays valid when
// rows appear, change or disappear, but only for queries with the same Order.
type Cursor string

// QueryPage is a part of the rows that a [Query] selects.
type QueryPage struct {
	Requests []request.Request
	Next     Cursor // what Query.After has to be for the next page; empty if there are no more rows
	Total    int    // the number of rows on all pages; -1 if all of them would have to be read to count
}

const defaultLimit = 100 // rows of a page

// onlyEnded reports whether only requests that have ended can match.
func (q Query) onlyEnded() bool { return q.Decision != "" || q.ToDo || q.hasEndedRange() }

func (q Query) hasEndedRange() bool { return !(q.EndedFrom.IsZero() && q.EndedTo.IsZero()) }
