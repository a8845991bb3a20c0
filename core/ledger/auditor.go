package ledger

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"time"

	bolt "go.etcd.io/bbolt"

	"countersign/core/register"
	"countersign/core/request"
)

// Audit is what a walk along the whole register found.
type Audit struct {
	Events    int    `json:"events"`             // entries walked, up to the fault if there is one
	Head      string `json:"head"`               // the last link that holds, in hex
	Register  string `json:"register,omitempty"` // the register's id, once anything was signed
	Requests  int    `json:"requests"`           // whose events fold to what is kept of them
	Documents int    `json:"documents"`          // whose bytes are those that were kept, each counted once
	Bytes     int64  `json:"bytes"`              // of these

	Signed      int         `json:"signed"`                // the number of the last entry that is signed
	SignedAt    time.Time   `json:"signed_at,omitzero"`    //
	SignedSince time.Time   `json:"signed_since,omitzero"` // when the oldest signature was made
	Unsigned    int         `json:"unsigned"`              // how many entries at the end are not signed yet
	TakenOver   *Migration  `json:"taken_over,omitempty"`  //
	Seal        *SealResult `json:"seal,omitempty"`        // when one was asked about
	Fault       *Fault      `json:"fault,omitempty"`       // the first place that does not hold
}

// SealResult is whether the register still is what a seal says of it.
type SealResult struct {
	Holds    bool      `json:"holds"` // the first Count entries are those of At
	Count    int       `json:"count"`
	At       time.Time `json:"at"`
	OtherKey bool      `json:"other_key,omitempty"` // the desk has another key since
	Kind     FaultKind `json:"kind,omitempty"`      // of the change, where it does not hold
	Problem  string    `json:"problem,omitempty"`
}

// AuditOptions say what is audited besides the chain, and against what.
type AuditOptions struct {
	Key  ed25519.PublicKey // the desk's; what is signed cannot be judged without it
	Seal *register.Seal    // to be checked too
	Kept register.Head     // what is known, from outside of the home, to have been signed; nothing when its Count is zero
	Tell func(Progress)    // told how far it is, on the goroutine that audits; must not block
}

// Progress is how far an audit is.
type Progress struct {
	Entries, Of int   // of the chain
	Requests    int   // that were folded
	Documents   int   // that were read
	Bytes       int64 // of these
}

type auditor struct {
	AuditOptions
	ledger         *Ledger
	report         Audit
	progress       Progress
	chain          register.Chain
	last           register.Hash // the link of the last entry that was walked
	lastAgreed     int           // the last entry up to which a signed head agrees
	nextCheckpoint int           // the number of the signed head that comes next; 0 when there is none
	walked         *sorter       // the keys of the events that were walked, with their numbers
	documents      *sorter       // the digests of the documents that events name, with their requests

	nextEvent  []byte          // the key of the event that is folded next
	folding    request.Request // the request of these events, as far as it is folded
	lastFolded request.ID      // the last one that was folded whole
	sums       indexSums       // of what the requests leave in the lists
}

func (a *auditor) reportProgress() { a.Tell(a.progress) }

// errFaultFound ends a walk whose report has its fault.
var errFaultFound = errors.New("a fault was found")

// fail notes the first place that does not hold. It gives false.
func (a *auditor) fail(f Fault) bool {
	if a.report.Fault == nil {
		a.report.Fault = &f
	}
	return false
}

// eachKey goes along a bucket, with the ledger held for moments.
func (a *auditor) eachKey(ctx context.Context, bucket []byte, each func(tx *bolt.Tx, k, v []byte) error) error {
	var from []byte
	for done := false; !done; {
		err := a.ledger.readTx(ctx, func(tx *bolt.Tx) error {
			cursor := tx.Bucket(bucket).Cursor()
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
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
