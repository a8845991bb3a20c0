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
