package ledger

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"time"

	bolt "go.etcd.io/bbolt"

	"countersign/core/ledger/keyset"
	"countersign/core/register"
	"countersign/core/request"
)

// Audit is the result of [Ledger.Audit]. Its JSON is part of the output of countersignctl
// audit, so the names of its members are fixed.
type Audit struct {
	Events    int    `json:"events"`             // entries whose links are correct, up to the fault if there is one; with AuditOptions.All, those that were looked at
	Head      string `json:"head"`               // the last correct link, in hex
	Register  string `json:"register,omitempty"` // the register's id; empty until something is signed
	Requests  int    `json:"requests"`           // whose stored state equals the fold of their events
	Documents int    `json:"documents"`          // whose bytes match their digests, each counted once; up to the fault unless AuditOptions.Record or All is set
	Bytes     int64  `json:"bytes"`              // of these documents

	Signed      int         `json:"signed"`                // the number of the last entry that is signed
	SignedAt    time.Time   `json:"signed_at,omitzero"`    // when the last checkpoint was signed
	SignedSince time.Time   `json:"signed_since,omitzero"` // when the oldest checkpoint was signed
	Unsigned    int         `json:"unsigned"`              // entries after the last checkpoint
	Migrated    *Migration  `json:"taken_over,omitempty"`  // nil unless the journal was converted from an older schema
	Seal        *SealResult `json:"seal,omitempty"`        // nil unless AuditOptions has a seal
	Fault       *Fault      `json:"fault,omitempty"`       // the first fault; nil if the ledger is sound

	Faults     []Fault `json:"-"` // all faults that were found, the first 1000 of them; nil unless AuditOptions.All is set
	MoreFaults int     `json:"-"` // how many were found besides

	// Unfit are the entries of an office's register that cannot have happened, at most 1000 of them. They are no fault of the register, and
	// change nothing.
	Unfit []Unfit `json:"unfit,omitempty"`
}

// maxFaults is the largest number of faults that are listed.
const maxFaults = 1000

// SealResult is the answer to the question whether the register still begins with the entries that
// a seal was made for.
type SealResult struct {
	Holds    bool      `json:"holds"` // the first Count entries are the same as at that time
	Count    int       `json:"count"`
	At       time.Time `json:"at"`
	OtherKey bool      `json:"other_key,omitempty"` // the desk has got another key since
	Kind     FaultKind `json:"kind,omitempty"`      // of the change; empty if the seal holds
	Problem  string    `json:"problem,omitempty"`

	request.Cause // of Problem
}

// Sentence returns Problem with its cause; an empty one if the seal holds.
func (s SealResult) Sentence() request.Sentence {
	return request.Sentence{Text: s.Problem, Cause: s.Cause}
}

// AuditOptions say what an audit compares the register with.
type AuditOptions struct {
	Key        ed25519.PublicKey // the public register key; if it is nil, a register with checkpoints is a fault
	Seal       *register.Seal    // a seal to check; nil for none
	Pinned     register.Head     // the head of the kept checkpoint, which is stored with the key outside of the home; none if its Count is zero
	Record     bool              // record with the requests which of their documents are damaged, or no longer are
	All        bool              // go on after a fault and list what is found; see [Ledger.Audit]
	FileAlone  bool              // leave out the documents, which are not with the file
	OnProgress func(Progress)    // called now and then, on the goroutine that called Audit; may be nil
}

// Progress is how far an audit has come.
type Progress struct {
	Entries, Total int   // checked entries, and all entries of the journal
	Requests       int   // checked requests
	Documents      int   // checked documents
	Bytes          int64 // of the checked documents
}

// auditor is the state of one audit.
type auditor struct {
	AuditOptions
	ledger         *Ledger
	report         Audit
	progress       Progress
	chain          register.Hasher
	last           register.Hash // the link of the last checked entry
	head           register.Hash // the last correct link
	lastAgreed     int           // the number of the last entry that a checkpoint confirms
	nextCheckpoint int           // the number of the next checkpoint; 0 if there is none
	walked         *sorter       // the event keys of the checked entries, with the numbers of the entries
	documents      *sorter       // the digests that events name, with the ids of the requests

	resync     bool                // the link of the entry before is not known, because of a fault
	copied     bool                // the ledger is the copy of an office's register
	whole      bool                // the journal was walked to its end
	known      map[request.ID]bool // requests with a fault that is listed; used while another fault of theirs would say the same
	nextEvent  []byte              // the key of the event to fold next
	lastFolded request.ID          // the last request whose events were all folded
	sums       indexSums           // of the index entries
}

func (a *auditor) reportProgress() { a.OnProgress(a.progress) }

// errFaultFound ends a walk after the fault was put into the report.
var errFaultFound = errors.New("a fault was found")

// fail puts f, with the sentence problem, into the report, unless the report has a fault already and one is
// enough. It always returns false.
func (a *auditor) fail(f Fault, problem request.Sentence) bool {
	f.Problem, f.Cause = problem.Text, problem.Cause
	if a.report.Fault == nil {
		a.report.Fault = &f
	}
	switch {
	case !a.All || a.known[f.Request]:
	case len(a.report.Faults) < maxFaults:
		a.report.Faults = append(a.report.Faults, f)
		if a.known != nil && f.Request != "" {
			a.known[f.Request] = true
		}
	default:
		a.report.MoreFaults++
	}
	return false
}

// stopped reports whether the audit ends because of a fault.
func (a *auditor) stopped() bool { return a.report.Fault != nil && !a.All }

// knowFaults leaves out, from now on, faults of requests that are in the report: what follows from a fault is not
// another one.
func (a *auditor) knowFaults() {
	a.known = map[request.ID]bool{}
	for _, f := range a.report.Faults {
		if f.Request != "" {
			a.known[f.Request] = true
		}
	}
}

// eachKey calls the function each with every key of a bucket or key set and its value, in one read
// transaction for each batch. It stops at the first error that a call returns, and returns it.
func (a *auditor) eachKey(ctx context.Context, bucket []byte, each func(tx *bolt.Tx, k, v []byte) error) error {
	var from []byte
	for done := false; !done; {
		err := a.ledger.readTx(ctx, func(tx *bolt.Tx) error {
			cursor := cursorOf(tx, bucket)
			k, v := cursor.Seek(from)
			for n := 0; k != nil && n < batchSize; n++ {
				if err := ctx.Err(); err != nil {
					return err
				}
				if err := each(tx, k, v); err != nil {
					return err
				}
				k, v = cursor.Next()
			}
			from, done = bytes.Clone(k), k == nil
			return cursor.err()
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// keyCursor reads the keys of a bucket in ascending order, whether or not it is one of the setBuckets. A key of a set has no value.
type keyCursor struct {
	plain *bolt.Cursor
	set   *keyset.Cursor // nil for a plain bucket
}

func cursorOf(tx *bolt.Tx, bucket []byte) keyCursor {
	for _, set := range setBuckets {
		if bytes.Equal(bucket, set) {
			return keyCursor{set: keyset.In(tx.Bucket(bucket)).Cursor()}
		}
	}
	return keyCursor{plain: tx.Bucket(bucket).Cursor()}
}

// Seek moves to the first key that is not before key.
func (c keyCursor) Seek(key []byte) (k, v []byte) {
	if c.set != nil {
		return c.set.Seek(key), nil
	}
	return c.plain.Seek(key)
}

func (c keyCursor) Next() (k, v []byte) {
	if c.set != nil {
		return c.set.Next(), nil
	}
	return c.plain.Next()
}

// err returns why the keys ended before the last one, or nil.
func (c keyCursor) err() error {
	if c.set != nil {
		return c.set.Err()
	}
	return nil
}
