package request

import "slices"

// Status is the state of a request.
type Status string

// The statuses. Signing lasts from the launch until the outcome is known, and so covers
// the time after the browser came back: see Request.ReturnedAt.
const (
	Pending   Status = "pending"   // ready to be signed
	Signing   Status = "signing"   // in the browser, or back from it and not confirmed yet
	Signed    Status = "signed"    // every document was signed
	Partial   Status = "partial"   // some documents were signed, some were not
	Rejected  Status = "rejected"  // the signer refused
	Canceled  Status = "canceled"  // the signer stopped and may try again
	Failed    Status = "failed"    // the gateway failed
	Gone      Status = "gone"      // the gateway no longer knows the request
	Withdrawn Status = "withdrawn" // a person of the desk took the request back
)

// Statuses returns all statuses in the order of a request's life.
func Statuses() []Status {
	return []Status{Pending, Signing, Signed, Partial, Rejected, Canceled, Failed, Gone, Withdrawn}
}

// Valid reports whether s is one of [Statuses].
func (s Status) Valid() bool { return slices.Contains(Statuses(), s) }

// Open reports whether a signature may still come: the request is pending or signing.
func (s Status) Open() bool { return s == Pending || s == Signing }

// Ended reports whether s is final for its attempt.
func (s Status) Ended() bool { return s.Valid() && !s.Open() }

// Reopenable reports whether s is an end without all signatures, so that a new attempt
// may follow.
func (s Status) Reopenable() bool { return s.Ended() && s != Signed }

// hasFiles reports whether there are signed files for a request of this status, in the home or still
// at the gateway.
func (s Status) hasFiles() bool { return s == Signed || s == Partial }

// Evidence is how an outcome is known.
type Evidence string

// The kinds of evidence; see [EvidenceLevels].
const (
	ByBrowser  Evidence = "browser"  // the browser's return says so, which anyone can fake
	ByGateway  Evidence = "gateway"  // the gateway said so when the desk asked it
	ByDocument Evidence = "document" // the signed files are stored and prove it
)

// EvidenceLevels returns all kinds of evidence, from the weakest to the strongest.
func EvidenceLevels() []Evidence { return []Evidence{ByBrowser, ByGateway, ByDocument} }

// rank returns the strength of e from 1, or 0 if e is unknown.
func (e Evidence) rank() int { return slices.Index(EvidenceLevels(), e) + 1 }

// Stronger reports whether e is stronger than other.
func (e Evidence) Stronger(other Evidence) bool { return e.rank() > other.rank() }

// Step is what the desk has to do next for a request. It is stored, so that a restart
// does not lose it.
type Step string

// The steps, in the order in which they follow each other.
const (
	StepNone    Step = ""        // nothing is left to do
	StepAsk     Step = "ask"     // ask the gateway for the outcome
	StepFetch   Step = "fetch"   // fetch the signed files
	StepDiscard Step = "discard" // delete the copies at the gateway
)

// Valid reports whether s is one of the steps.
func (s Step) Valid() bool {
	return s == StepNone || s == StepAsk || s == StepFetch || s == StepDiscard
}
