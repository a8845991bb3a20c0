package request

import "time"

// Decision is what a person made of an outcome.
type Decision string

// What can be decided, and the name of not having done so, which no event carries.
const (
	Undecided Decision = "needed"   // an outcome that nobody has reviewed
	Accepted  Decision = "accepted" // it is as it should be
	SentBack  Decision = "returned" // something is to be done about it; the note says what
)

// Decisions lists them all, with what is still to be decided first.
func Decisions() []Decision { return []Decision{Undecided, Accepted, SentBack} }

// Review is what a person decided about an outcome, and when. It is no part of the outcome:
// it says nothing of what the gateway said, and changes nothing of it.
type Review struct {
	Decision Decision  `json:"decision"`
	Note     string    `json:"note,omitempty"`
	By       string    `json:"by,omitempty"` // the person's account
	At       time.Time `json:"at"`
}

// Decision tells where the outcome stands with its review. It is empty while there is no
// outcome to review.
func (r Request) Decision() Decision {
	switch {
	case !r.Status.Ended():
		return ""
	case r.Review == nil:
		return Undecided
	}
	return r.Review.Decision
}

func (r *Request) reviewed(e Event) error {
	v := e.Reviewed
	switch {
	case v == nil || v.Decision != Accepted && v.Decision != SentBack:
		return r.refuse(e, "it says nothing of what was decided")
	case !r.Status.Ended():
		return r.refuse(e, "there is no outcome to review")
	}
	r.Review = &Review{Decision: v.Decision, Note: v.Note, By: e.By, At: e.At}
	return nil
}

// says is what a review is about: the status, and where that leaves it open, which documents
// are said to be signed.
func (r Request) says() (s Status, signed []bool) {
	if r.Status == Partial {
		for _, d := range r.Documents {
			signed = append(signed, d.Expected)
		}
	}
	return r.Status, signed
}
