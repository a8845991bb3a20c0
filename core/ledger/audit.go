package ledger

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"math"
	"os"

	bolt "go.etcd.io/bbolt"

	"countersign/core/register"
)

// Audit checks the ledger and reports the first fault that it finds: in the chain and its
// checkpoints, then in the events and folded requests, then in the derived buckets, then in
// the documents. A fault is not an error: it is in the result. Audit returns an error only if
// it could not check, or if the file is damaged (see [Ledger.Damage]) although no fault was
// found, for example in its list of free pages. It reads in short transactions, so others can
// write meanwhile, and keeps its memory bounded. Entries that are added while it runs may or
// may not be checked. It writes nothing, unless [AuditOptions.Record] is set.
//
// With [AuditOptions.All], it goes on after a fault and lists each: entries are compared with the link that is stored
// for the entry before, so that one altered event is one fault. The index buckets are only checked if the events are
// sound, because they follow from the events.
func (l *Ledger) Audit(ctx context.Context, opts AuditOptions) (Audit, error) {
	if opts.OnProgress == nil {
		opts.OnProgress = func(Progress) {}
	}
	if err := l.checkFile(ctx, math.MaxInt64); err != nil && l.Damage() == nil {
		return Audit{}, err
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
	if err == nil && a.report.Fault == nil {
		err = l.Damage() // in what is no event, such as the list of free pages
	}
	if err != nil {
		return Audit{}, err
	}
	if a.head != (register.Hash{}) {
		a.report.Head = a.head.String()
	}
	return a.report, nil
}

func (a *auditor) run(ctx context.Context) error {
	for done := false; !done && !a.stopped(); a.reportProgress() {
		err := a.ledger.readUnwritten(ctx, func(tx *bolt.Tx) (err error) {
			a.copied = isCopy(tx)
			done, err = a.walkJournal(ctx, tx)
			return err
		})
		if err != nil {
			return err
		}
	}
	a.checkSeal()
	if a.stopped() {
		return nil
	}
	if !a.whole { // what comes next is compared with the journal
		return nil
	}
	a.knowFaults()
	if err := a.checkEvents(ctx); err != nil || a.stopped() {
		return err
	}
	if a.report.Fault == nil {
		if err := a.checkIndexes(ctx); err != nil || a.stopped() {
			return err
		}
	}
	a.known = nil
	if a.FileAlone {
		return nil
	}
	return a.checkDocuments(ctx)
}
