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
}
