package ledger

import (
	"context"
	"crypto"
	"errors"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"

	"countersign/core/register"
	"countersign/core/request"
)

// takenAtOnce is how many entries CatchUp takes over in one transaction.
const takenAtOnce = 1000

// CatchUp takes over all entries of the office's register that this copy does not have. It fails with [ErrParted] if they do not
// follow those that it has. Entries that were taken over before an error stay. It may be called by several goroutines and processes.
func (l *Ledger) CatchUp(ctx context.Context) error { return l.catchUp(ctx, 0) }

// CatchUpTo does what CatchUp does, and asks the server nothing if the copy has the entry with that number, unless that is 0.
func (l *Ledger) CatchUpTo(ctx context.Context, number int) error { return l.catchUp(ctx, number) }

// catchUp does the work of CatchUp, and stops before the end if the copy has the entry with the number until, unless that is 0.
func (l *Ledger) catchUp(ctx context.Context, until int) error {
	l.catching.Lock()
	defer l.catching.Unlock()
	for {
		head, err := l.Head(ctx)
		if err != nil || until > 0 && head.Count >= until {
			return err
		}
		// The last entry that is here comes again, so that a server that has another one is found.
		entries, err := l.opts.Office.Server.Entries(ctx, max(head.Count-1, 0), takenAtOnce)
		if err != nil {
			return err
		}
		if head.Count > 0 && (len(entries) == 0 || entries[0].Number != head.Count || entries[0].Link != head.Link) {
			return PartedAt(head.Count)
		}
		if err := l.noteFormat(ctx); err != nil {
			return err
		}
		if len(entries) == 0 || entries[len(entries)-1].Number == head.Count {
			return nil
		}
		key := l.signer(ctx)
		if err := l.writeTx(ctx, func(tx *bolt.Tx) error { return l.take(tx, entries, key) }); err != nil {
			return err
		}
		l.changes.Send()
	}
}

// takeAppended takes over entries that this desk has just appended. If there are none of other desks before them, the server need not be asked
// for them once more.
func (l *Ledger) takeAppended(ctx context.Context, entries []register.Entry) error {
	taken, err := l.takeNext(ctx, entries)
	if taken || err != nil {
		return err
	}
	return l.catchUp(ctx, entries[len(entries)-1].Number)
}

// takeNext writes entries that have their links to the copy if the first of them is the next one, and reports whether it was.
func (l *Ledger) takeNext(ctx context.Context, entries []register.Entry) (taken bool, err error) {
	l.catching.Lock()
	defer l.catching.Unlock()
	key := l.signer(ctx)
	err = l.writeTx(ctx, func(tx *bolt.Tx) error {
		last, _, err := lastEntry(tx)
		if taken = err == nil && entries[0].Number == last+1 && entries[0].Link != (register.Hash{}); !taken {
			return err
		}
		return l.take(tx, entries, key)
	})
	if err == nil && taken {
		l.changes.Send()
	}
	return taken && err == nil, err
}

// take stores entries that follow the last one, and signs the new last one unless key is nil. Those that are here already, because another process has taken them, are left out.
func (l *Ledger) take(tx *bolt.Tx, entries []register.Entry, key crypto.Signer) error {
	if !isCopy(tx) {
		return ErrOtherOffice
	}
	last, link, err := lastEntry(tx)
	if err != nil {
		return err
	}
	t := taker{tx: tx, opts: l.opts, now: l.opts.Now(), indexes: newIndexChanges()}
	for _, e := range entries {
		if e.Number <= last {
			continue
		}
		link = t.chain.Link(link, t.chain.Entry(e.Request, e.Seq, e.Content))
		if e.Number != last+1 || e.Link != link || e.Request == "" || strings.ContainsFunc(e.Request, invalidInID) || e.Seq < 1 ||
			tx.Bucket(bucketEvents).Get(eventKey(request.ID(e.Request), e.Seq)) != nil {
			return PartedAt(last + 1)
		}
		last = e.Number
		if err := t.take(e); err != nil {
			return err
		}
	}
	if err := errors.Join(t.indexes.write(tx), l.forget(tx, t.forgotten)); err != nil {
		return err
	}
	return l.trySign(tx, key)
}

// taker takes entries over in one transaction.
type taker struct {
	tx      *bolt.Tx
	opts    Options
	now     time.Time
	chain   register.Hasher
	indexes *indexChanges

	forgotten []forgottenDocument
}

// take stores an entry and its event, and what follows from the event.
func (t *taker) take(e register.Entry) error {
	id := request.ID(e.Request)
	if err := putEvent(t.tx, id, e.Seq, e.Content); err != nil {
		return err
	}
	if err := putEntry(t.tx, e.Number, entry{e.Link, e.Seq, id}); err != nil {
		return err
	}
	if id == request.OfficeID {
		t.noteForgotten(e.Content)
		if event, unfit := t.opts.unfitOfOffice(e.Content); unfit != nil {
			return putUnfit(t.tx, unfitEntry(e, event, unfit))
		}
		return nil
	}
	before, err := readRequest(t.tx, id)
	if errors.Is(err, ErrNotFound) {
		before = request.Request{ID: id}
	} else if err != nil {
		return err
	}
	after, event, unfit := foldUnlessUnfit(before, e.Seq, e.Content)
	if unfit != nil {
		if err := putUnfit(t.tx, unfitEntry(e, event, unfit)); err != nil {
			return err
		}
	}
	if after.Version == 0 {
		return nil
	}
	n := numberOf(t.tx, id)
	if n == 0 {
		if n, err = addNumber(t.tx, id); err != nil {
			return err
		}
	}
	if err := errors.Join(deriveVisit(t.tx, before, after), deriveAttemptStat(t.tx, before, after, n), storeRequest(t.tx, after, n)); err != nil {
		return err
	}
	t.indexes.note(before, after, n)
	if before.AwaitsReturn() {
		return endLaunches(t.tx, []request.Visit{*before.Visit}, t.now)
	}
	return nil
}
