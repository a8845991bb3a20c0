package ledger

import (
	"context"
	"encoding/json"
	"errors"

	bolt "go.etcd.io/bbolt"

	"countersign/core/register"
	"countersign/core/request"
)

// usualEventKey is how many bytes an event key has whose id is a UUID.
const usualEventKey = 36 + 9

// entriesAtOnce is how many entries one goroutine of an audit reads before it hands them over.
const entriesAtOnce = 512

// walkJournal checks the next batch of journal entries. done is true at the end of the journal,
// and after a fault, which is in the report and no error. The events are read and hashed on all processors. tx is one of readUnwritten.
func (a *auditor) walkJournal(ctx context.Context, tx *bolt.Tx) (done bool, err error) {
	last, _, err := lastEntry(tx)
	if err != nil && last == 0 {
		return false, err
	}
	a.progress.Total = last
	a.report.Register = registerID(tx)
	if a.report.Events == 0 && !a.checkRegister(tx) {
		return true, nil
	}
	if !a.seekCheckpoint(tx) {
		return true, nil
	}
	// Each goroutine has a transaction of its own; see readUnwritten.
	ended, from := false, encodeNumber(a.report.Events+1)
	produce := func(send func([]pair) error) error {
		return tx.DB().View(func(tx *bolt.Tx) error {
			cursor := tx.Bucket(bucketJournal).Cursor()
			k, v := cursor.Seek(from)
			for read := 0; k != nil && read < batchSize; read += entriesAtOnce {
				stored := make([]pair, 0, entriesAtOnce)
				for ; k != nil && len(stored) < entriesAtOnce; k, v = cursor.Next() {
					stored = append(stored, pair{k, v})
				}
				if err := send(stored); err != nil {
					return err
				}
			}
			ended = k == nil
			return nil
		})
	}
	read := func(stored []pair) (entries []journaled, err error) {
		err = tx.DB().View(func(tx *bolt.Tx) error {
			r := journalReader{events: tx.Bucket(bucketEvents).Cursor(), keys: make([]byte, 0, len(stored)*usualEventKey)}
			entries = make([]journaled, len(stored))
			for i, s := range stored {
				entries[i] = r.read(s.key, s.value)
			}
			return nil
		})
		return entries, err
	}
	err = inOrder(ctx, a.ledger.catchPanic, produce, read, func(entries []journaled) error {
		for _, e := range entries {
			if err := a.walkEntry(tx, e); err != nil {
				return err
			}
		}
		return ctx.Err()
	})
	if errors.Is(err, errFaultFound) {
		return true, nil
	}
	if err == nil && ended {
		a.whole = true
		a.checkEnd(tx)
	}
	return ended, err
}

// walkEntry checks the next entry and its checkpoint, and notes its event for checkEvents. It returns errFaultFound if the walk has to end.
func (a *auditor) walkEntry(tx *bolt.Tx, e journaled) error {
	if !a.checkEntry(tx, e) && !a.passEntry(tx, e) || !a.checkCheckpoint(tx) {
		return errFaultFound
	}
	a.progress.Entries = a.report.Events
	if e.event == nil {
		return nil
	}
	return a.walked.add(e.key, encodeNumber(e.number))
}

// passEntry goes on behind an entry with a fault if all faults are to be listed. It uses the link that is stored with it for the
// entries behind it. It returns false if the walk has to end.
func (a *auditor) passEntry(tx *bolt.Tx, e journaled) bool {
	if !a.All || e.number <= a.report.Events {
		return false
	}
	a.report.Events, a.last, a.resync = e.number, e.link, e.err != nil
	return a.nextCheckpoint == 0 || a.nextCheckpoint >= e.number || a.seekCheckpoint(tx)
}

// journaled is an entry of the journal with its event.
type journaled struct {
	number int
	entry
	err   error         // of the entry if it cannot be decoded; the fields below are then not set
	key   []byte        // of the event
	event []byte        // nil if the event is missing; valid for as long as the transaction
	hash  register.Hash // of the event
}

// journalReader reads entries with their events. Each goroutine has one of its own.
type journalReader struct {
	events *bolt.Cursor
	chain  register.Hasher
	keys   []byte // of the events that were read
}

func (r *journalReader) read(k, v []byte) journaled {
	e := journaled{number: decodeNumber(k)}
	if e.entry, e.err = parseEntry(v); e.err != nil {
		return e
	}
	from := len(r.keys)
	r.keys = appendEventKey(r.keys, e.id, e.seq)
	e.key = r.keys[from:len(r.keys):len(r.keys)]
	if e.event = valueAt(r.events, e.key); e.event != nil {
		e.hash = r.chain.Entry(string(e.id), e.seq, e.event)
	}
	return e
}

// checkRegister checks what is stored about the register as a whole: that there is a public key
// if there are checkpoints, and that its conversion from an older schema, if there was one, found
// no fault. It puts the time of the first checkpoint and the record of the conversion into the
// report. It is called before the first entry is checked, and returns false after a fault.
func (a *auditor) checkRegister(tx *bolt.Tx) bool {
	if k, v := tx.Bucket(bucketCheckpoints).Cursor().First(); k != nil {
		if h, err := parseCheckpoint(a.report.Register, decodeNumber(k), v); err == nil {
			a.report.SignedSince = h.At
		}
		if a.Key == nil {
			return a.fail(Fault{Kind: Removed}, request.Sentencef("audit_no_public_key", "the register is signed, but the desk's public key is missing"))
		}
	}
	if stored := tx.Bucket(bucketMeta).Get(keyMigration); stored != nil {
		a.report.Migrated = &Migration{}
		if err := json.Unmarshal(stored, a.report.Migrated); err != nil {
			return a.fail(Fault{Kind: Altered}, request.Sentencef("audit_conversion_record", "the record of the conversion from an older register cannot be read"))
		}
		if f := a.report.Migrated.Fault; f != nil {
			return a.fail(*f, f.Sentence())
		}
	}
	return true
}

// checkEntry checks that a journal entry has the next number, that its event exists, and that its
// link is correct. If AuditOptions.Pinned is of this entry and has another link, that is a fault,
// too. If the seal is of this entry and has the same link, the report says that the seal holds.
// checkEntry returns false after a fault.
func (a *auditor) checkEntry(tx *bolt.Tx, e journaled) bool {
	n := a.report.Events + 1
	switch {
	case e.number != n:
		return a.fail(Fault{Kind: Removed, Number: n}, request.Sentencef("audit_entry_removed", "a journal entry was removed"))
	case e.err != nil:
		return a.fail(Fault{Kind: Altered, Number: n}, request.SentenceOf(e.err))
	case e.event == nil:
		return a.fail(Fault{Kind: Removed, Number: n, Request: e.id, Seq: e.seq}, request.Sentencef("audit_event_removed", "the event was removed"))
	}
	if link := a.chain.Link(a.last, e.hash); link != e.link && !a.resync {
		kind, problem := a.classifyBreak(tx, e)
		return a.fail(Fault{Kind: kind, Number: n, Request: e.id, Seq: e.seq}, problem)
	}
	if a.Pinned.Count == n && a.Pinned.Link != e.link {
		return a.fail(Fault{Kind: Altered, Number: a.lastAgreed + 1}, request.Sentencef("audit_not_as_noted",
			"entries %d to %d are not those that the desk signed, according to the note with its key: they were changed and the chain was recomputed, or a copy of this home was used in its place", request.Count(a.lastAgreed+1), request.Count(n)))
	}
	a.last, a.head, a.resync, a.report.Events = e.link, e.link, false, n
	if a.Seal != nil && a.report.Fault == nil && a.Seal.Count == n && a.Seal.Link == e.link {
		a.report.Seal = &SealResult{Holds: true}
	}
	return true
}

// lookAhead is how many of the entries behind one whose link is wrong classifyBreak tries in its
// place.
const lookAhead = 10_000

// classifyBreak returns what kind of change made the link of the next entry, which is e, wrong, and a sentence about it.
func (a *auditor) classifyBreak(tx *bolt.Tx, e journaled) (FaultKind, request.Sentence) {
	var event struct{ Seq int }
	if json.Unmarshal(e.event, &event) == nil && event.Seq > 0 && event.Seq != e.seq {
		return Reordered, request.Sentencef("audit_other_event", "another event of the request is in its place")
	}
	cursor := tx.Bucket(bucketJournal).Cursor()
	reader := journalReader{events: tx.Bucket(bucketEvents).Cursor()}
	k, v := cursor.Seek(encodeNumber(e.number + 1))
	for range lookAhead {
		if k == nil {
			break
		}
		if other := reader.read(k, v); other.event != nil && a.chain.Link(a.last, other.hash) == other.link {
			return Reordered, request.Sentencef("audit_other_entry", "entry %d belongs here", request.Count(other.number))
		}
		k, v = cursor.Next()
	}
	if signed, err := lastCheckpoint(tx); err == nil && signed.Count > a.progress.Total {
		return Removed, request.Sentencef("audit_renumbered", "entries were removed here, and the later ones renumbered (signed: %d, left: %d)", request.Count(signed.Count), request.Count(a.progress.Total))
	}
	return Altered, request.Sentencef("audit_altered", "the event, or the chain before it, was altered")
}

// seekCheckpoint sets nextCheckpoint to the number of the first checkpoint after the last checked
// entry, or to 0 if there is none. It returns false after a fault: a key that is no number, which
// must not pass for the end of the checkpoints.
func (a *auditor) seekCheckpoint(tx *bolt.Tx) bool {
	k, _ := tx.Bucket(bucketCheckpoints).Cursor().Seek(encodeNumber(a.report.Events + 1))
	a.nextCheckpoint = decodeNumber(k)
	if k != nil && a.nextCheckpoint <= a.report.Events {
		return a.fail(Fault{Kind: Foreign, Number: a.report.Events + 1}, request.Sentencef("audit_no_checkpoint", "something that is not a checkpoint is stored among the checkpoints"))
	}
	return true
}

// checkCheckpoint checks the signature and the link of the checkpoint of the last checked entry,
// if that entry has one. It returns false after a fault.
func (a *auditor) checkCheckpoint(tx *bolt.Tx) bool {
	n := a.report.Events
	if n != a.nextCheckpoint {
		return true
	}
	h, err := parseCheckpoint(a.report.Register, n, tx.Bucket(bucketCheckpoints).Get(encodeNumber(n)))
	fault := func(f Fault, problem request.Sentence) bool {
		a.lastAgreed = n
		return a.fail(f, problem) || a.All && a.seekCheckpoint(tx)
	}
	switch {
	case err != nil:
		return fault(Fault{Kind: Altered, Number: n}, request.SentenceOf(err))
	case !h.SignedBy(a.Key):
		return fault(Fault{Kind: Foreign, Number: n}, request.Sentencef("audit_checkpoint_foreign", "the checkpoint of this entry was not signed with the desk's key"))
	case h.Link != a.last:
		return fault(Fault{Kind: Altered, Number: a.lastAgreed + 1}, request.Sentencef("audit_not_as_signed",
			"entries %d to %d are not those that the desk signed: one of them was changed, and the chain was recomputed", request.Count(a.lastAgreed+1), request.Count(n)))
	}
	a.lastAgreed, a.report.Signed, a.report.SignedAt = n, n, h.At
	return a.seekCheckpoint(tx)
}

// checkEnd puts the number of unsigned entries into the report, and a fault if
// AuditOptions.Pinned or a checkpoint is of an entry beyond the end of the journal: then the last
// entries were cut off, or, if that checkpoint is not signed with the register key, somebody
// added it.
func (a *auditor) checkEnd(tx *bolt.Tx) {
	a.report.Unsigned = a.report.Events - a.report.Signed
	if a.Pinned.Count > a.report.Events {
		a.failTruncated(a.Pinned.Count)
		return
	}
	k, v := tx.Bucket(bucketCheckpoints).Cursor().Last()
	if k == nil || decodeNumber(k) <= a.report.Events && len(k) == 8 {
		return
	}
	h, err := parseCheckpoint(a.report.Register, decodeNumber(k), v)
	if err != nil || !h.SignedBy(a.Key) {
		a.fail(Fault{Kind: Foreign, Number: a.report.Events + 1}, request.Sentencef("audit_checkpoint_beyond", "there is a checkpoint beyond the last entry that was not signed with the desk's key"))
		return
	}
	a.failTruncated(h.Count)
}

func (a *auditor) failTruncated(signed int) {
	a.fail(Fault{Kind: Truncated, Number: a.report.Events + 1}, request.Sentencef("audit_cut_off", "the last entries were cut off (signed by the desk: %d, left: %d)", request.Count(signed), request.Count(a.report.Events)))
}

// checkSeal puts the result for the seal of AuditOptions, if there is one, into the report. It is
// called after the chain was walked. If the seal does not hold and the report has no fault yet,
// checkSeal puts one into it.
func (a *auditor) checkSeal() {
	if a.Seal == nil {
		return
	}
	s := a.report.Seal
	f := a.report.Fault
	var problem request.Sentence
	switch {
	case s != nil:
	case a.report.Register != "" && a.report.Register != a.Seal.Register:
		s, problem = &SealResult{Kind: Foreign}, request.Sentencef("audit_seal_other", "the seal is of another register")
	case f != nil && f.Number <= a.Seal.Count:
		s, problem = &SealResult{Kind: f.Kind}, f.Sentence()
	case a.report.Events < a.Seal.Count && f == nil && a.report.Unsigned == 0:
		s, problem = &SealResult{Kind: Truncated}, request.Sentencef("audit_seal_beyond", "the seal counts more entries than are here (in the seal: %d, left: %d), and the desk's key has signed the last of these: either entries were cut off, or the seal is of a copy of this home that continued on its own", request.Count(a.Seal.Count), request.Count(a.report.Events))
	case a.report.Events < a.Seal.Count:
		s, problem = &SealResult{Kind: Truncated}, request.Sentencef("audit_seal_cut_off", "the last entries were cut off (in the seal: %d, left: %d)", request.Count(a.Seal.Count), request.Count(a.report.Events))
	case a.lastAgreed >= a.Seal.Count:
		// With the desk's key alone, one history can become two.
		s, problem = &SealResult{Kind: Altered}, request.Sentencef("audit_seal_diverged", "the entries up to number %d are not those of the seal, and the desk's key has signed them: the seal is of a copy of this home that continued on its own, or someone with the key changed the entries", request.Count(a.Seal.Count))
	default:
		s, problem = &SealResult{Kind: Altered}, request.Sentencef("audit_seal_changed", "the entries up to number %d are not those of the seal: they were changed, and the chain was recomputed", request.Count(a.Seal.Count))
	}
	s.Count, s.At = a.Seal.Count, a.Seal.At
	s.Problem, s.Cause = problem.Text, problem.Cause
	s.OtherKey = a.Seal.Key != "" && a.Key != nil && a.Seal.Key != register.Fingerprint(a.Key)
	a.report.Seal = s
	if !s.Holds && f == nil {
		a.fail(Fault{Kind: s.Kind}, problem)
	}
}
