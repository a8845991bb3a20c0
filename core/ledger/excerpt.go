package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	bolt "go.etcd.io/bbolt"

	"countersign/core/register"
	"countersign/core/request"
)

// Excerpt is a contiguous part of the register that can be checked on its own: from the link
// before its first entry up to a checkpoint.
type Excerpt struct {
	Register     string        // the register's id; empty before anything is signed
	PreviousLink register.Hash // the link before the first entry
	First        int           // the number of the first entry
	Entries      []ExcerptEntry
	// Checkpoint is the checkpoint of the last entry. Its Signature is nil if the excerpt goes up to
	// the end of the register and the last entries are not signed yet.
	Checkpoint register.Checkpoint
	// Witnesses is what desks have signed of these entries, in the order of the entries. A home of its own has none.
	Witnesses []register.Witness
}

// ExcerptEntry is an entry of an [Excerpt]. It has the event if it belongs to the request that was
// asked for. Of other requests it reveals only the hash.
type ExcerptEntry struct {
	Link      register.Hash
	EventHash register.Hash // the entry hash, which covers the event
	ID        request.ID    // empty for other requests; then Seq and Event are zero, too
	Seq       int
	Event     []byte // the stored bytes, which are what was hashed
}

// WriteTo writes the excerpt in the text form of the register; docs/register.md describes it.
func (x Excerpt) WriteTo(w io.Writer) (int64, error) {
	var b bytes.Buffer
	err := register.WriteHeader(&b, x.Register, x.First-1, x.PreviousLink)
	witnesses := x.Witnesses
	for i, e := range x.Entries {
		n := x.First + i
		if e.ID != "" {
			err = errors.Join(err, register.WriteEntry(&b, n, e.Link, string(e.ID), e.Seq, e.Event))
		} else {
			err = errors.Join(err, register.WriteEntryHash(&b, n, e.Link, e.EventHash))
		}
		if x.Checkpoint.Signature != nil && x.Checkpoint.Count == n {
			err = errors.Join(err, register.WriteCheckpoint(&b, x.Checkpoint))
		}
		for len(witnesses) > 0 && witnesses[0].Count == n {
			err = errors.Join(err, register.WriteWitness(&b, witnesses[0]))
			witnesses = witnesses[1:]
		}
	}
	if err != nil {
		return 0, fmt.Errorf("write an excerpt of the register: %w", err)
	}
	return b.WriteTo(w)
}

// Excerpts returns excerpts of the register that contain all events of a request, in order. Each
// begins with an event of the request and ends with the next checkpoint, which is at most a
// thousand entries later, or with the end of the register. Excerpts verifies nothing; that is for
// whoever receives the excerpts. It fails with [ErrNotFound] if there is no such request.
//
// Events of schemas before 7 have the ticket of their visit, with which anybody could come back instead of the
// browser. Therefore Excerpts first makes this home stop hearing the returns of such visits of the request.
func (l *Ledger) Excerpts(ctx context.Context, id request.ID) ([]Excerpt, error) {
	if err := l.closeExposed(ctx, id); err != nil {
		return nil, err
	}
	var excerpts []Excerpt
	err := l.readTx(ctx, func(tx *bolt.Tx) error {
		excerpts = nil
		r, err := readRequest(tx, id)
		if err != nil {
			return err
		}
		numbers, err := entryNumbers(ctx, tx, r)
		if err != nil {
			return err
		}
		for len(numbers) > 0 {
			x, err := excerptFrom(ctx, tx, id, numbers[0])
			if err != nil {
				return err
			}
			excerpts = append(excerpts, x)
			for len(numbers) > 0 && numbers[0] < x.First+len(x.Entries) {
				numbers = numbers[1:]
			}
		}
		return nil
	})
	return excerpts, err
}

// entryNumbers returns the numbers of a request's entries. It searches from the end of the
// journal, because most requests are recent.
func entryNumbers(ctx context.Context, tx *bolt.Tx, r request.Request) ([]int, error) {
	numbers := make([]int, r.Version)
	left := r.Version
	cursor := tx.Bucket(bucketJournal).Cursor()
	for k, v := cursor.Last(); k != nil && left > 0; k, v = cursor.Prev() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		e, err := parseEntry(v)
		if err != nil {
			return nil, err
		}
		if e.id == r.ID && e.seq > 0 && e.seq <= r.Version {
			numbers[e.seq-1] = decodeNumber(k)
			left--
		}
	}
	if left > 0 {
		return nil, request.Errorf("excerpt_entries_missing", "entries of request %s are missing from the register: check it with countersignctl audit", r.ID)
	}
	return numbers, nil
}

// excerptFrom returns the entries from number first up to the next checkpoint, or up to the
// end.
func excerptFrom(ctx context.Context, tx *bolt.Tx, id request.ID, first int) (Excerpt, error) {
	x := Excerpt{Register: registerID(tx), First: first}
	cursor := tx.Bucket(bucketJournal).Cursor()
	if first > 1 {
		e, err := parseEntry(tx.Bucket(bucketJournal).Get(encodeNumber(first - 1)))
		if err != nil {
			return Excerpt{}, err
		}
		x.PreviousLink = e.link
	}
	until, stored := tx.Bucket(bucketCheckpoints).Cursor().Seek(encodeNumber(first))
	witnesses := witnessesAfter(tx, first-1)
	var chain register.Hasher
	for k, v := cursor.Seek(encodeNumber(first)); k != nil; k, v = cursor.Next() {
		if err := ctx.Err(); err != nil {
			return Excerpt{}, err
		}
		e, err := parseEntry(v)
		if err != nil {
			return Excerpt{}, err
		}
		event := tx.Bucket(bucketEvents).Get(eventKey(e.id, e.seq))
		link := ExcerptEntry{Link: e.link, EventHash: chain.Entry(string(e.id), e.seq, event)}
		if e.id == id {
			link.ID, link.Seq, link.Event = e.id, e.seq, bytes.Clone(event)
		}
		x.Entries = append(x.Entries, link)
		if x.Witnesses, err = witnesses.appendOf(x.Witnesses, decodeNumber(k)); err != nil {
			return Excerpt{}, err
		}
		if bytes.Equal(k, until) {
			x.Checkpoint, err = parseCheckpoint(x.Register, decodeNumber(k), stored)
			return x, err
		}
	}
	return x, nil
}

// Export writes the whole register in its text form, which docs/register.md describes: everything that is
// needed to compute the chain without this program. It calls onProgress after each batch with the number of
// entries written so far and the number of all entries, within a read transaction. Entries that are added
// while it writes are written, too. As [Ledger.Excerpts] does for one request, Export first makes this home
// stop hearing the returns of all visits whose tickets are in events.
func (l *Ledger) Export(ctx context.Context, w io.Writer, onProgress func(entries, total int)) error {
	if err := l.closeExposed(ctx, ""); err != nil {
		return err
	}
	n := 0
	for done := false; !done; {
		err := l.readTx(ctx, func(tx *bolt.Tx) error {
			if n == 0 {
				if err := register.WriteHeader(w, registerID(tx), 0, register.Hash{}); err != nil {
					return err
				}
			}
			last, _, err := lastEntry(tx)
			if err != nil {
				return err
			}
			n, err = exportBatch(ctx, tx, w, n)
			done = n >= last
			onProgress(n, last)
			return err
		})
		if err != nil {
			return fmt.Errorf("export the register: %w", err)
		}
	}
	return nil
}

// exportBatch writes the next batch of entries after number n, with their checkpoints, and returns the number
// of the last one that it wrote; n if there are no more.
func exportBatch(ctx context.Context, tx *bolt.Tx, w io.Writer, n int) (int, error) {
	checkpoints := tx.Bucket(bucketCheckpoints).Cursor()
	next, stored := checkpoints.Seek(encodeNumber(n + 1))
	witnesses := witnessesAfter(tx, n)
	cursor := tx.Bucket(bucketJournal).Cursor()
	k, v := cursor.Seek(encodeNumber(n + 1))
	for range batchSize {
		if err := ctx.Err(); err != nil || k == nil {
			return n, err
		}
		e, err := parseEntry(v)
		if err != nil {
			return n, err
		}
		n = decodeNumber(k)
		event := tx.Bucket(bucketEvents).Get(eventKey(e.id, e.seq))
		if err := register.WriteEntry(w, n, e.link, string(e.id), e.seq, event); err != nil {
			return n, err
		}
		if bytes.Equal(k, next) {
			s, err := parseCheckpoint(registerID(tx), n, stored)
			if err != nil {
				return n, err
			}
			if err := register.WriteCheckpoint(w, s); err != nil {
				return n, err
			}
			next, stored = checkpoints.Next()
		}
		signed, err := witnesses.appendOf(nil, n)
		for _, s := range signed {
			err = errors.Join(err, register.WriteWitness(w, s))
		}
		if err != nil {
			return n, err
		}
		k, v = cursor.Next()
	}
	return n, nil
}
