package request

import "time"

// Archived is who put a request away, when, and why. A request that is put away is left out of the lists of
// what there is to do, and stays what it is otherwise.
type Archived struct {
	By     string    `json:"by,omitempty"` // account of the person
	At     time.Time `json:"at"`
	Reason string    `json:"reason,omitempty"` // the person's words
}

// archived applies a [KindArchived] event. A request that is open cannot be put away, since something is still to be done.
func (r *Request) archived(e Event) error {
	switch {
	case !r.Status.Ended():
		return r.refuse(e, "the request has not ended")
	case r.Archived != nil:
		return r.refuse(e, "the request is archived already")
	}
	r.Archived = &Archived{By: e.By, At: e.At, Reason: e.Reason}
	return nil
}

// unarchived applies a [KindUnarchived] event.
func (r *Request) unarchived(e Event) error {
	if r.Archived == nil {
		return r.refuse(e, "the request is not archived")
	}
	r.Archived = nil
	return nil
}
