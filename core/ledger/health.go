package ledger

import (
	"context"

	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

// Health is what a quick look at the ledger found.
type Health struct {
	Schema int
	Events int    // in all
	Walked int    // of the last ones, whose links were checked
	Fault  *Fault // the first of these that does not hold
}

// Look checks the last links of the chain, at most so many. It takes as given what is
// before them; [Ledger.Audit] does not.
func (l *Ledger) Look(ctx context.Context, links int) (Health, error) {
	var h Health
	err := l.view(ctx, func(tx *bolt.Tx) error {
		h = Health{Schema: schemaOf(tx)}
		cursor := tx.Bucket(bucketJournal).Cursor()
		last, _ := cursor.Last()
		h.Events = toInt(last)
		before := max(h.Events-links, 0)
		a := &auditor{seqs: map[request.ID]int{}}
		a.report.Events = before
		if before > 0 {
			if _, v := cursor.Seek(number(before)); v != nil {
				e, err := parseEntry(v)
				if err != nil {
					h.Fault = &Fault{Number: before, Problem: err.Error()}
					return nil
				}
				a.last = e.link
			}
		}
		for k, v := cursor.Seek(number(before + 1)); k != nil; k, v = cursor.Next() {
			if err := ctx.Err(); err != nil {
				return err
			}
			// What a request has before the first entry that is walked is not known here.
			if e, err := parseEntry(v); err == nil && before > 0 && a.seqs[e.id] == 0 {
				a.seqs[e.id] = e.seq - 1
			}
			if !a.check(tx, k, v) {
				break
			}
		}
		h.Walked, h.Fault = a.report.Events-before, a.report.Fault
		return nil
	})
	return h, err
}
