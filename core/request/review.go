package request

import "time"

// Decision is what a person decided about an outcome in a review.
type Decision string

// The decisions. Undecided stands for an outcome without a review; no event carries it.
const (
	Undecided Decision = "needed"   // nobody has reviewed the outcome
	Accepted  Decision = "accepted" // the outcome is as it should be
	SentBack  Decision = "returned" // something has to be done; the note says what
)

// Decisions returns all decisions, Undecided first.
func Decisions() []Decision { return []Decision{Undecided, Accepted, SentBack} }

// Review is what a person decided about an outcome, and when. It stands beside the outcome
// and never changes it.
type Review struct {
	Decision Decision  `json:"decision"`
	Note     string    `json:"note,omitempty"`
	By       string    `json:"by,omitempty"` // account of the person
	At       time.Time `json:"at"`
	// Replaced is set once another request was added in place of this one after the review.
	Replaced bool `json:"replaced,omitempty"`
}

func (r *Request) reviewed(e Event) error {
	v := e.Reviewed
	switch {
	case v == nil || v.Decision != Accepted && v.Decision != SentBack:
		return r.refuse(e, "the event has no decision")
	case !r.Status.Ended():
		return r.refuse(e, "the request has no outcome to review")
	}
	r.Review = &Review{Decision: v.Decision, Note: v.Note, By: e.By, At: e.At}
	return nil
}

func (r *Request) replaced(e Event) error {
	switch {
	case e.ReplacedBy == "" || e.ReplacedBy == r.ID:
		return r.refuse(e, "the event does not name another request")
	case !r.Status.Ended():
		return r.refuse(e, "the request has not ended")
	}
	r.ReplacedBy = e.ReplacedBy
	if r.Review != nil {
		review := *r.Review
		review.Replaced = true
		r.Review = &review
	}
	return nil
}

// reviewedState returns what a review is about: the status and, if that is [Partial], which
// documents are reported as signed.
func (r Request) reviewedState() (s Status, signed []bool) {
	if r.Status == Partial {
		for _, d := range r.Documents {
			signed = append(signed, d.ReportedSigned)
		}
	}
	return r.Status, signed
}
