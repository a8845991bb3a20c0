package ledger

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"os"
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

// FaultKind is what kind of change a fault is.
type FaultKind string

// The kinds of change.
const (
	Altered   FaultKind = "altered"   // something says what it did not say
	Removed   FaultKind = "removed"   // something is missing where it was
	Reordered FaultKind = "reordered" // what is there is in another place
	Truncated FaultKind = "truncated" // the end is missing
	Foreign   FaultKind = "foreign"   // something was not made by this desk
)

// Fault is a place where the register was tampered with or damaged.
type Fault struct {
	Kind     FaultKind  `json:"kind"`
	Number   int        `json:"number"` // of the journal entry; 0 when it is in none
	Request  request.ID `json:"request,omitempty"`
	Seq      int        `json:"seq,omitempty"`
	Document string     `json:"document,omitempty"` // its digest
	List     string     `json:"list,omitempty"`     // which of the lists that are made of the events
	Problem  string     `json:"problem"`
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

// batchSize is how many entries are read in one go, so that a long audit does not
// keep everyone else from writing.
const batchSize = 10_000

// Audit walks the register and tells the first place that does not hold: first along the
// chain and what was signed of it, then the events of each request against what is kept of
// it, then the lists, then every document. What is added while it walks is walked too, or left to the
// next audit. It holds no more in memory than its bounds, and the ledger for moments.
func (l *Ledger) Audit(ctx context.Context, opts AuditOptions) (Audit, error) {
	if opts.Tell == nil {
		opts.Tell = func(Progress) {}
	}
	dir, err := os.MkdirTemp("", "countersign-audit-*")
	if err != nil {
		return Audit{}, fmt.Errorf("audit: %w", err)
	}
	defer os.RemoveAll(dir)
	a := &auditor{
		AuditOptions: opts, ledger: l, sums: indexSums{seed: maphash.MakeSeed()},
		walked: &sorter{dir: dir, maxBytes: l.sortBytes}, documents: &sorter{dir: dir, maxBytes: l.sortBytes},
	}
	err = errors.Join(a.run(ctx), a.walked.close(), a.documents.close())
	if err != nil {
		return Audit{}, err
	}
	return a.report, nil
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

func (a *auditor) run(ctx context.Context) error {
	for done := false; !done && a.report.Fault == nil; a.reportProgress() {
		err := a.ledger.readTx(ctx, func(tx *bolt.Tx) (err error) {
			done, err = a.walkJournal(ctx, tx)
			return err
		})
		if err != nil {
			return err
		}
	}
	a.checkSeal()
	if a.report.Fault != nil {
		return nil
	}
	if err := a.checkEvents(ctx); err != nil || a.report.Fault != nil {
		return err
	}
	if err := a.checkIndexes(ctx); err != nil || a.report.Fault != nil {
		return err
	}
	return a.checkDocuments(ctx)
}

func (a *auditor) reportProgress() { a.Tell(a.progress) }

// walkJournal goes along a batch of the journal.
func (a *auditor) walkJournal(ctx context.Context, tx *bolt.Tx) (done bool, err error) {
	last, _, err := lastEntry(tx)
	if err != nil && last == 0 {
		return false, err
	}
	a.progress.Of = last
	a.report.Register = registerID(tx)
	if a.report.Events == 0 && !a.checkRegister(tx) {
		return true, nil
	}
	if !a.seekCheckpoint(tx) {
		return true, nil
	}
	cursor := tx.Bucket(bucketJournal).Cursor()
	k, v := cursor.Seek(encodeNumber(a.report.Events + 1))
	for range batchSize {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		if k == nil {
			a.checkEnd(tx)
			return true, nil
		}
		e, ok := a.checkEntry(tx, k, v)
		if !ok || !a.checkCheckpoint(tx) {
			return true, nil
		}
		a.progress.Entries = a.report.Events
		if err := a.walked.add(eventKey(e.id, e.seq), encodeNumber(a.report.Events)); err != nil {
			return false, err
		}
		k, v = cursor.Next()
	}
	return false, nil
}

// checkRegister looks at what is said of the register as a whole.
func (a *auditor) checkRegister(tx *bolt.Tx) bool {
	if k, v := tx.Bucket(bucketCheckpoints).Cursor().First(); k != nil {
		if h, err := parseCheckpoint(a.report.Register, decodeNumber(k), v); err == nil {
			a.report.SignedSince = h.At
		}
		if a.Key == nil {
			return a.fail(Fault{Kind: Removed, Problem: "the register is signed, and the desk's public key is missing"})
		}
	}
	if stored := tx.Bucket(bucketMeta).Get(keyMigration); stored != nil {
		a.report.TakenOver = &Migration{}
		if err := json.Unmarshal(stored, a.report.TakenOver); err != nil {
			return a.fail(Fault{Kind: Altered, Problem: "what is said of an older form of the register cannot be read"})
		}
		if f := a.report.TakenOver.Fault; f != nil {
			return a.fail(*f)
		}
	}
	return true
}

// checkEntry looks whether the entry that comes next builds on those before it.
func (a *auditor) checkEntry(tx *bolt.Tx, k, v []byte) (entry, bool) {
	n := a.report.Events + 1
	if decodeNumber(k) != n {
		return entry{}, a.fail(Fault{Kind: Removed, Number: n, Problem: "a journal entry was removed"})
	}
	e, err := parseEntry(v)
	if err != nil {
		return e, a.fail(Fault{Kind: Altered, Number: n, Problem: err.Error()})
	}
	stored := tx.Bucket(bucketEvents).Get(eventKey(e.id, e.seq))
	if stored == nil {
		return e, a.fail(Fault{Kind: Removed, Number: n, Request: e.id, Seq: e.seq, Problem: "the event was removed"})
	}
	if a.chain.Link(a.last, a.chain.Entry(string(e.id), e.seq, stored)) != e.link {
		f := a.classifyBreak(tx, n, e, stored)
		f.Number, f.Request, f.Seq = n, e.id, e.seq
		return e, a.fail(f)
	}
	if a.Kept.Count == n && a.Kept.Link != e.link {
		return e, a.fail(Fault{Kind: Altered, Number: a.lastAgreed + 1, Problem: fmt.Sprintf(
			"the entries %d to %d are not those that the desk signed, as was noted with its key: they were changed, and the chain written anew", a.lastAgreed+1, n)})
	}
	a.last, a.report.Events, a.report.Head = e.link, n, e.link.String()
	if a.Seal != nil && a.Seal.Count == n && a.Seal.Link == e.link {
		a.report.Seal = &SealResult{Holds: true}
	}
	return e, true
}

// lookAhead is how far an entry is looked for that is in another place.
const lookAhead = 10_000

// classifyBreak tells what kind of change it is that an entry does not build on those before it.
func (a *auditor) classifyBreak(tx *bolt.Tx, n int, e entry, stored []byte) Fault {
	var says struct{ Seq int }
	if json.Unmarshal(stored, &says) == nil && says.Seq > 0 && says.Seq != e.seq {
		return Fault{Kind: Reordered, Problem: "another event of the request is in its place"}
	}
	cursor := tx.Bucket(bucketJournal).Cursor()
	k, v := cursor.Seek(encodeNumber(n + 1))
	for range lookAhead {
		if k == nil {
			break
		}
		if other, err := parseEntry(v); err == nil {
			event := tx.Bucket(bucketEvents).Get(eventKey(other.id, other.seq))
			if event != nil && a.chain.Link(a.last, a.chain.Entry(string(other.id), other.seq, event)) == other.link {
				return Fault{Kind: Reordered, Problem: fmt.Sprintf("entry %d belongs here", decodeNumber(k))}
			}
		}
		k, v = cursor.Next()
	}
	if signed, err := lastCheckpoint(tx); err == nil && signed.Count > a.progress.Of {
		return Fault{Kind: Removed, Problem: fmt.Sprintf("entries were removed here, and those behind them given other numbers: %d were signed, %d are left", signed.Count, a.progress.Of)}
	}
	return Fault{Kind: Altered, Problem: "the event, or the chain before it, was altered"}
}

// seekCheckpoint finds the head that comes next. What has no number is none, and must not be
// taken for there being no more.
func (a *auditor) seekCheckpoint(tx *bolt.Tx) bool {
	k, _ := tx.Bucket(bucketCheckpoints).Cursor().Seek(encodeNumber(a.report.Events + 1))
	a.nextCheckpoint = decodeNumber(k)
	if k != nil && a.nextCheckpoint <= a.report.Events {
		return a.fail(Fault{Kind: Foreign, Number: a.report.Events + 1, Problem: "there is something among the signed heads that is none"})
	}
	return true
}

// checkCheckpoint looks at the signed head of the entry that was walked last, if it has one.
func (a *auditor) checkCheckpoint(tx *bolt.Tx) bool {
	n := a.report.Events
	if n != a.nextCheckpoint {
		return true
	}
	h, err := parseCheckpoint(a.report.Register, n, tx.Bucket(bucketCheckpoints).Get(encodeNumber(n)))
	switch {
	case err != nil:
		return a.fail(Fault{Kind: Altered, Number: n, Problem: err.Error()})
	case !h.SignedBy(a.Key):
		return a.fail(Fault{Kind: Foreign, Number: n, Problem: "the head that is signed here was not signed with the desk's key"})
	case h.Link != a.last:
		return a.fail(Fault{Kind: Altered, Number: a.lastAgreed + 1, Problem: fmt.Sprintf(
			"the entries %d to %d are not those that the desk signed: one of them was changed, and the chain written anew", a.lastAgreed+1, n)})
	}
	a.lastAgreed, a.report.Signed, a.report.SignedAt = n, n, h.At
	return a.seekCheckpoint(tx)
}

// checkEnd looks, at the end of the journal, for what ought to come behind it.
func (a *auditor) checkEnd(tx *bolt.Tx) {
	a.report.Unsigned = a.report.Events - a.report.Signed
	if a.Kept.Count > a.report.Events {
		a.failTruncated(a.Kept.Count)
		return
	}
	k, v := tx.Bucket(bucketCheckpoints).Cursor().Last()
	if k == nil || decodeNumber(k) <= a.report.Events && len(k) == 8 {
		return
	}
	h, err := parseCheckpoint(a.report.Register, decodeNumber(k), v)
	if err != nil || !h.SignedBy(a.Key) {
		a.fail(Fault{Kind: Foreign, Number: a.report.Events + 1, Problem: "there is a head behind the last entry that was not signed with the desk's key"})
		return
	}
	a.failTruncated(h.Count)
}

func (a *auditor) failTruncated(signed int) {
	a.fail(Fault{Kind: Truncated, Number: a.report.Events + 1, Problem: fmt.Sprintf("the desk signed %d entries and %d are left: the last ones were cut off", signed, a.report.Events)})
}

// checkSeal says what became of the seal, when the chain was walked.
func (a *auditor) checkSeal() {
	if a.Seal == nil {
		return
	}
	s := a.report.Seal
	f := a.report.Fault
	switch {
	case s != nil:
	case a.report.Register != "" && a.report.Register != a.Seal.Register:
		s = &SealResult{Kind: Foreign, Problem: "the seal is of another register"}
	case f != nil && f.Number <= a.Seal.Count:
		s = &SealResult{Kind: f.Kind, Problem: f.Problem}
	case a.report.Events < a.Seal.Count:
		s = &SealResult{Kind: Truncated, Problem: fmt.Sprintf("the seal counts %d entries and %d are left: the last ones were cut off", a.Seal.Count, a.report.Events)}
	default:
		s = &SealResult{Kind: Altered, Problem: fmt.Sprintf("the first %d entries are not those of the seal: they were changed, and the chain written anew", a.Seal.Count)}
	}
	s.Count, s.At = a.Seal.Count, a.Seal.At
	s.OtherKey = a.Seal.Key != "" && a.Key != nil && a.Seal.Key != register.Fingerprint(a.Key)
	a.report.Seal = s
	if !s.Holds && f == nil {
		a.fail(Fault{Kind: s.Kind, Problem: s.Problem})
	}
}

// errFaultFound ends a walk whose report has its fault.
var errFaultFound = errors.New("a fault was found")

// fail notes the first place that does not hold. It gives false.
func (a *auditor) fail(f Fault) bool {
	if a.report.Fault == nil {
		a.report.Fault = &f
	}
	return false
}
