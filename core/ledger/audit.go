package ledger

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"os"

	bolt "go.etcd.io/bbolt"
)

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
