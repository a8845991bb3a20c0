// Package pending keeps the decisions of a person that can still be undone, and shows requests as if they were written already. It
// does not write them.
package pending

import (
	"context"
	"sync"

	"countersign/core/ledger"
	"countersign/core/request"
)

// Decisions are the decisions that are not written yet. The zero value holds none. They can be used on any goroutine.
type Decisions struct {
	mu     sync.Mutex
	events map[request.ID]request.Event
}

// Add adds the event that a decision will become, for a request. It takes the place of an earlier one of that request.
func (d *Decisions) Add(id request.ID, e request.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.events == nil {
		d.events = map[request.ID]request.Event{}
	}
	d.events[id] = e
}

// Remove removes the decision about a request, which was written or taken back. It reports whether there was one.
func (d *Decisions) Remove(id request.ID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, had := d.events[id]
	delete(d.events, id)
	return had
}

// Has reports whether there is a decision about a request.
func (d *Decisions) Has(id request.ID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, has := d.events[id]
	return has
}

// Apply returns the request as it will be after the decision about it. A request without one, or one to which it cannot happen
// (any more), is returned as it is.
func (d *Decisions) Apply(r request.Request) request.Request {
	d.mu.Lock()
	e, has := d.events[r.ID]
	d.mu.Unlock()
	if !has {
		return r
	}
	e.Seq = r.Version + 1
	decided, err := r.Apply(e)
	if err != nil {
		return r
	}
	return decided
}

// Querier reads pages of requests.
type Querier interface {
	Query(ctx context.Context, q ledger.Query) (ledger.QueryPage, error)
}

// Query returns a page of requests as they will be after the decisions. Which of them are on the page follows from what is
// written.
func (d *Decisions) Query(ctx context.Context, from Querier, q ledger.Query) (ledger.QueryPage, error) {
	page, err := from.Query(ctx, q)
	for i, r := range page.Requests {
		page.Requests[i] = d.Apply(r)
	}
	return page, err
}
