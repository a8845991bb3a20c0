package ledger

import (
	"context"

	bolt "go.etcd.io/bbolt"

	"countersign/core/register"
	"countersign/core/request"
)

// Health is the result of [Ledger.QuickCheck].
type Health struct {
	Schema  int
	Events  int    // entries of the journal
	Checked int    // how many of the last entries were checked and have correct links
	Signed  int    // the number of the last entry with a checkpoint; its signature is not verified
	Fault   *Fault // the first fault among the entries that were checked; nil if there is none
}

// QuickCheck checks the last entries, as many as links says, and that the last checkpoint has
// the link of its entry. It trusts the link before these entries, and verifies no signature;
// [Ledger.Audit] checks everything. A fault is not an error: it is in the result. If no fault
// was found in a file that is known to be damaged, the error is that of [Ledger.Damage].
func (l *Ledger) QuickCheck(ctx context.Context, links int) (Health, error) {
	var h Health
	err := l.readTx(ctx, func(tx *bolt.Tx) error {
		h = Health{Schema: schemaOf(tx)}
		cursor := tx.Bucket(bucketJournal).Cursor()
		last, _ := cursor.Last()
		h.Events = decodeNumber(last)
		before := max(h.Events-links, 0)
		a := &auditor{}
		a.report.Events, a.progress.Total = before, h.Events
		if before > 0 {
			if _, v := cursor.Seek(encodeNumber(before)); v != nil {
				e, err := parseEntry(v)
				if err != nil {
					a.fail(Fault{Kind: Altered, Number: before}, request.SentenceOf(err))
					h.Fault = a.report.Fault
					return nil
				}
				a.last = e.link
			}
		}
		reader := journalReader{events: tx.Bucket(bucketEvents).Cursor()}
		for k, v := cursor.Seek(encodeNumber(before + 1)); k != nil; k, v = cursor.Next() {
			if err := ctx.Err(); err != nil {
				return err
			}
			if !a.checkEntry(tx, reader.read(k, v)) {
				break
			}
		}
		if signed, err := lastCheckpoint(tx); a.report.Fault == nil && err == nil {
			h.Signed = signed.Count
			a.checkLastCheckpoint(tx, signed)
		}
		h.Checked, h.Fault = a.report.Events-before, a.report.Fault
		return nil
	})
	if err == nil && h.Fault == nil {
		err = l.Damage()
	}
	return h, err
}

// checkLastCheckpoint checks that the last checkpoint, which is signed, has the link of its
// entry. It does nothing if the Count of signed is 0, and does not verify the signature.
func (a *auditor) checkLastCheckpoint(tx *bolt.Tx, signed register.Checkpoint) {
	if signed.Count == 0 {
		return
	}
	e, err := parseEntry(tx.Bucket(bucketJournal).Get(encodeNumber(signed.Count)))
	switch {
	case signed.Count > a.report.Events:
		a.fail(Fault{Kind: Truncated, Number: a.report.Events + 1}, request.Sentencef("audit_end_cut_off", "the last entries were cut off"))
	case err != nil || e.link != signed.Link:
		a.fail(Fault{Kind: Altered, Number: signed.Count}, request.Sentencef("audit_end_changed", "the entries up to here are not those that were signed"))
	}
}
