package ledger

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"countersign/core/register"
	"countersign/core/request"
)

// Recorded is an event of a register, as [Ledger.Load] gets it.
type Recorded struct {
	ID    request.ID // of its request
	Seq   int        // its number in the request, from 1
	Event []byte     // its JSON, which is stored and chained as it is
}

// Load adds many events behind those that the ledger has, in the order of their entries. It takes much less time for each than
// [Ledger.Append], because it writes a new file in sorted order, as [Ledger.Rebuild] does; others wait meanwhile. It
// signs nothing and knows no addresses of visits. If entries yields an error, Load stores the events before it, and then returns the
// error: the caller can load the rest later. If an event cannot follow those of its request, or ctx is done, Load fails and the ledger stays
// as it was. Load does not keep the bytes of an event after the next one was asked for.
func (l *Ledger) Load(ctx context.Context, entries iter.Seq2[Recorded, error]) error {
	var stopped error
	complete := func(yield func(Recorded, error) bool) {
		for r, err := range entries {
			if err != nil {
				stopped = err
				return
			}
			if !yield(r, nil) {
				return
			}
		}
	}
	if err := l.rebuildIf(ctx, func(int) bool { return true }, complete, func() error { return nil }); err != nil {
		return err
	}
	l.changes.Send()
	return stopped
}

// addEntries adds events behind those of the old file: to the new journal, and to the sorter of the events that have an entry.
func (b *rebuilder) addEntries(more iter.Seq2[Recorded, error]) error {
	var chain register.Hasher
	for r, err := range more {
		if err != nil {
			return err
		}
		if b.copied {
			return ErrOfficeCopy
		}
		if r.ID == "" || r.Seq < 1 || len(r.Event) == 0 || strings.ContainsFunc(string(r.ID), invalidInID) {
			return fmt.Errorf("an event needs a request, a number and content: %w", request.ErrIllegal)
		}
		e := entry{chain.Link(b.link, chain.Entry(string(r.ID), r.Seq, r.Event)), r.Seq, r.ID}
		b.entries++
		b.link = e.link
		if err := b.put(bucketJournal, encodeNumber(b.entries), e.bytes()); err != nil {
			return err
		}
		if err := b.addJournaled(e, r.Event); err != nil {
			return err
		}
	}
	return nil
}
