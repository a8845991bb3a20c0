// Package request says what a request for signature is: its states, the events
// of its life, and the one function that folds events into a [Request].
//
// It knows no clock, no file, no network and no gateway; it imports the standard
// library alone. What is legal is decided here and nowhere else, so a store can
// replay any history and a caller cannot write one that makes no sense.
package request

// Status is where a request stands.
type Status string

// The states of a request. Signing covers both "the browser is out" and "the
// browser came back and the gateway has not confirmed yet"; [Request.Returned]
// tells which.
const (
	Pending   Status = "pending"   // ready to be signed
	Signing   Status = "signing"   // in the browser, or returned and not yet confirmed
	Signed    Status = "signed"    // every document was signed
	Partial   Status = "partial"   // some documents were signed, some were not
	Rejected  Status = "rejected"  // the signer refused
	Canceled  Status = "canceled"  // the signer broke off and may try again
	Failed    Status = "failed"    // the gateway could not do it
	Gone      Status = "gone"      // the gateway no longer knows it
	Withdrawn Status = "withdrawn" // taken back here
)

// Statuses lists every state, in the order in which people meet them.
func Statuses() []Status {
	return []Status{Pending, Signing, Signed, Partial, Rejected, Canceled, Failed, Gone, Withdrawn}
}

// Valid tells whether s is one of the states.
func (s Status) Valid() bool {
	for _, known := range Statuses() {
		if s == known {
			return true
		}
	}
	return false
}

// Open tells whether a signature may still come: the request is pending or signing.
func (s Status) Open() bool { return s == Pending || s == Signing }

// Ended tells whether s is an outcome, of whatever kind.
func (s Status) Ended() bool { return s.Valid() && !s.Open() }

// Reopenable tells whether a new attempt may follow: the request ended without
// all its signatures.
func (s Status) Reopenable() bool { return s.Ended() && s != Signed }

// withFiles tells whether signed files belong to s.
func (s Status) withFiles() bool { return s == Signed || s == Partial }

// Evidence says how an outcome is known.
type Evidence string

// The kinds of evidence, weakest first.
const (
	ByBrowser  Evidence = "browser"  // the browser came back saying so: a hint
	ByGateway  Evidence = "gateway"  // the gateway said so when asked
	ByDocument Evidence = "document" // the signed file is here and proves it
)

// rank orders evidence: a stronger kind may replace a weaker one, never the reverse.
func (e Evidence) rank() int {
	switch e {
	case ByBrowser:
		return 1
	case ByGateway:
		return 2
	case ByDocument:
		return 3
	}
	return 0
}

// Stronger tells whether e proves more than other.
func (e Evidence) Stronger(other Evidence) bool { return e.rank() > other.rank() }

// Step is what the desk still owes a request: work that has to survive a restart.
type Step string

// The steps, in the order in which they follow one another.
const (
	Nothing Step = ""        // nothing is owed
	Ask     Step = "ask"     // the gateway is to be asked for the outcome
	Fetch   Step = "fetch"   // a signed file is to be fetched
	Discard Step = "discard" // the gateway's copy is to be deleted
)

// Valid tells whether s is one of the steps.
func (s Step) Valid() bool {
	return s == Nothing || s == Ask || s == Fetch || s == Discard
}
