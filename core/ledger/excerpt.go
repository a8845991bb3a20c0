package ledger

import (
	"bytes"
	"context"
	"fmt"
	"io"

	bolt "go.etcd.io/bbolt"

	"countersign/core/register"
	"countersign/core/request"
)

// Excerpt is a part of the register that can be checked on its own: its entries build on the
// link before them, and the last of them is signed.
type Excerpt struct {
	Register string        // the register's id; empty when nothing was ever signed
	Before   register.Hash // the link before the first entry
	First    int           // the number of the first entry
	Entries  []Link
	// Signed is the head that the last entry is the end of. Its signature is nil
	// when the entries at the end are not signed yet.
	Signed register.Checkpoint
}

// Link is an entry of an [Excerpt]: one of the request that was asked for, with its event, or
// another's, by its hash alone.
type Link struct {
	Link  register.Hash
	Entry register.Hash
	ID    request.ID // empty for another's
	Seq   int
	Event []byte // the bytes that are kept, as they are hashed
}

// WriteTo writes the excerpt in the lines that docs/register.md describes.
func (p Excerpt) WriteTo(w io.Writer) (int64, error) {
	var b bytes.Buffer
	err := register.WriteBegin(&b, p.Register, p.First-1, p.Before)
	for i, e := range p.Entries {
		if err != nil {
			break
		}
		if n := p.First + i; e.ID != "" {
			err = register.WriteEntry(&b, n, e.Link, string(e.ID), e.Seq, e.Event)
		} else {
			err = register.WriteEntryHash(&b, n, e.Link, e.Entry)
		}
	}
	if err == nil && p.Signed.Signature != nil {
		err = register.WriteCheckpoint(&b, p.Signed)
	}
	if err != nil {
		return 0, fmt.Errorf("write a part of the register: %w", err)
	}
	return b.WriteTo(w)
}

// Proof gives the parts of the register that show that a request's events are in it, in their
// order: each of its events, what lies between it and the next signed head (at most
// some thousand hashes), and that head. It checks nothing; whoever gets it does. It fails with
// [ErrNotFound] when there is no such request.
func (l *Ledger) Proof(ctx context.Context, id request.ID) ([]Excerpt, error) {
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
			p, err := excerptFrom(ctx, tx, id, numbers[0])
			if err != nil {
				return err
			}
			excerpts = append(excerpts, p)
			for len(numbers) > 0 && numbers[0] < p.First+len(p.Entries) {
				numbers = numbers[1:]
			}
		}
		return nil
	})
	return excerpts, err
}

// entryNumbers finds a request's entries, from the end of the journal on.
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
		return nil, fmt.Errorf("the register does not have all events of request %s: check it with countersignctl audit", r.ID)
	}
	return numbers, nil
}

// excerptFrom gives the entries from the first on up to the next signed one, or to the end.
func excerptFrom(ctx context.Context, tx *bolt.Tx, id request.ID, first int) (Excerpt, error) {
	p := Excerpt{Register: registerID(tx), First: first}
	cursor := tx.Bucket(bucketJournal).Cursor()
	if first > 1 {
		e, err := parseEntry(tx.Bucket(bucketJournal).Get(encodeNumber(first - 1)))
		if err != nil {
			return Excerpt{}, err
		}
		p.Before = e.link
	}
	until, stored := tx.Bucket(bucketCheckpoints).Cursor().Seek(encodeNumber(first))
	var chain register.Chain
	for k, v := cursor.Seek(encodeNumber(first)); k != nil; k, v = cursor.Next() {
		if err := ctx.Err(); err != nil {
			return Excerpt{}, err
		}
		e, err := parseEntry(v)
		if err != nil {
			return Excerpt{}, err
		}
		event := tx.Bucket(bucketEvents).Get(eventKey(e.id, e.seq))
		link := Link{Link: e.link, Entry: chain.Entry(string(e.id), e.seq, event)}
		if e.id == id {
			link.ID, link.Seq, link.Event = e.id, e.seq, bytes.Clone(event)
		}
		p.Entries = append(p.Entries, link)
		if bytes.Equal(k, until) {
			p.Signed, err = parseCheckpoint(p.Register, decodeNumber(k), stored)
			return p, err
		}
	}
	return p, nil
}

// Export writes the whole register as lines, from which its chain can be computed without
// this program; see docs/register.md. What is added while it writes is written too. It tells
// how many entries it has written.
func (l *Ledger) Export(ctx context.Context, w io.Writer, tell func(entries, of int)) error {
	n := 0
	for done := false; !done; {
		err := l.readTx(ctx, func(tx *bolt.Tx) error {
			if n == 0 {
				if err := register.WriteBegin(w, registerID(tx), 0, register.Hash{}); err != nil {
					return err
				}
			}
			last, _, err := lastEntry(tx)
			if err != nil {
				return err
			}
			n, err = exportBatch(ctx, tx, w, n)
			done = n >= last
			tell(n, last)
			return err
		})
		if err != nil {
			return fmt.Errorf("export the register: %w", err)
		}
	}
	return nil
}

func exportBatch(ctx context.Context, tx *bolt.Tx, w io.Writer, n int) (int, error) {
	heads := tx.Bucket(bucketCheckpoints).Cursor()
	head, stored := heads.Seek(encodeNumber(n + 1))
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
		if bytes.Equal(k, head) {
			s, err := parseCheckpoint(registerID(tx), n, stored)
			if err != nil {
				return n, err
			}
			if err := register.WriteCheckpoint(w, s); err != nil {
				return n, err
			}
			head, stored = heads.Next()
		}
		k, v = cursor.Next()
	}
	return n, nil
}
