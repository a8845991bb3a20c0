package ledger

import "countersign/core/request"

// FaultKind is how the stored data of a [Fault] differs from what was written.
type FaultKind string

// The kinds of fault that an audit can tell apart.
const (
	Altered   FaultKind = "altered"   // the content is not what was written
	Removed   FaultKind = "removed"   // something is missing in the middle
	Reordered FaultKind = "reordered" // entries or events are in another order
	Truncated FaultKind = "truncated" // the last entries are missing
	Foreign   FaultKind = "foreign"   // something was not written by this desk
)

// Fault says where the ledger was tampered with or is damaged, and how. Fields that do not apply
// are zero.
type Fault struct {
	Kind     FaultKind  `json:"kind"`
	Number   int        `json:"number"` // of the journal entry; 0 if the fault is outside of the journal
	Request  request.ID `json:"request,omitempty"`
	Seq      int        `json:"seq,omitempty"`
	Document string     `json:"document,omitempty"` // its SHA-256 in hex
	List     string     `json:"list,omitempty"`     // the stored name of the derived bucket, or "counters"
	Problem  string     `json:"problem"`            // an English sentence for the user

	request.Cause // of Problem
}

// Sentence returns the English word for the kind, with a cause from which it can be said in any
// language.
func (k FaultKind) Sentence() request.Sentence {
	switch k {
	case Altered:
		return request.Sentencef("kind_altered", "altered")
	case Removed:
		return request.Sentencef("kind_removed", "removed")
	case Reordered:
		return request.Sentencef("kind_reordered", "reordered")
	case Truncated:
		return request.Sentencef("kind_truncated", "truncated")
	case Foreign:
		return request.Sentencef("kind_foreign", "foreign")
	}
	return request.Sentence{Text: string(k)}
}

// Sentence returns Problem with its cause.
func (f Fault) Sentence() request.Sentence { return request.Sentence{Text: f.Problem, Cause: f.Cause} }
