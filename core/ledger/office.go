package ledger

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"

	"github.com/google/uuid"
	bolt "go.etcd.io/bbolt"

	"countersign/core/register"
	"countersign/core/request"
)

// The errors of a ledger that is the copy of an office's register.
var (
	// ErrParted is returned when the register of the office does not go on from what this copy has: an entry was changed or removed, or
	// the server has an older state. The copy stays as it is.
	ErrParted = request.Errorf("office_parted", "the office’s register is not the one that this desk has read")
	// ErrOfficeCopy is returned by what would write to the copy of an office's register without the office: see [Options.Office].
	ErrOfficeCopy = request.Errorf("office_copy", "this ledger is a desk’s copy of the register of an office, and is only read here")
	// ErrOtherOffice is returned by [Open] for a file that is no copy of the office's register that the options name.
	ErrOtherOffice = request.Errorf("office_other", "this ledger is no copy of the register of that office")
)

// Office is what the ledger of a desk knows of its office. The ledger is then the desk's copy of the office's register: [Ledger.Append]
// adds events at the server, and [Ledger.CatchUp] takes over what is new there, of this desk and of all others.
type Office struct {
	Register string // the id of the office's register
	Desk     string // the name of this desk, which each of its events has; empty for a desk that only reads
	Login    string // by which the server knows the person; each event that a person has done here has it
	Format   int    // of the office's register, for a copy that is made; [Ledger.CatchUp] learns of a later one
	Server   Server
}

// Server has the register of an office. Package office implements it. Its methods are called by several goroutines.
type Server interface {
	// Append adds events, all or none, and returns their entries, which have their links if they follow the entry read at once. With a key
	// that was used before it returns the entries of then. It fails with [ErrConflict] if a request is not at the version that the events
	// continue, and with [PartedAt] if the register does not have the entry read, which is the last one that is here or the zero value. After
	// another error the events may be there or not.
	Append(ctx context.Context, key uuid.UUID, read register.Head, events ...register.Event) ([]register.Entry, error)
	// Entries returns the entries after a number, in their order, and not more than limit.
	Entries(ctx context.Context, after, limit int) ([]register.Entry, error)
	// Format returns the format of the office's register, as the server last said it, or 0 while it has said nothing.
	Format() int
	// PutDocument stores a document, unless the server has it, and returns its SHA-256.
	PutDocument(ctx context.Context, r io.Reader) (register.Hash, error)
	// Document writes the content of a document to w, or a part of it and an error. It fails with [ErrNotFound] if the server does
	// not have it.
	Document(ctx context.Context, digest register.Hash, w io.Writer) error
}

// ErrPractice is returned for an event of a request at a practice gateway: the register of an office has none.
var ErrPractice = request.Errorf("office_practice", "an office’s register has no practice requests: choose another gateway, or practise in a home of its own")

// PartedAt returns the error [ErrParted] for a register whose entry with that number is not the one that this copy has or has to have.
func PartedAt(number int) error {
	return request.Errorf("office_parted_at", "%w: entry %d is another one: find out why, then join the office anew", ErrParted, number)
}

// Desk returns the name of the desk in its office, or "" for a home of its own and for a desk that only reads.
func (l *Ledger) Desk() string {
	if l.opts.Office == nil {
		return ""
	}
	return l.opts.Office.Desk
}

// isCopy reports whether the file is the copy of an office's register.
func isCopy(tx *bolt.Tx) bool { return tx.Bucket(bucketMeta).Get(keyOffice) != nil }

// createCopy makes what the copy of an office's register has besides the buckets of every ledger.
func createCopy(tx *bolt.Tx, o Office) error {
	meta := tx.Bucket(bucketMeta)
	return errors.Join(createCopyBuckets(tx), meta.Put(keyOffice, []byte(o.Desk)), meta.Put(keyRegister, []byte(o.Register)), meta.Put(keyFormat, encodeNumber(o.Format)))
}

func createCopyBuckets(tx *bolt.Tx) error {
	_, unfitErr := tx.CreateBucketIfNotExists(bucketUnfit)
	_, outboxErr := tx.CreateBucketIfNotExists(bucketOutbox)
	_, witnessesErr := tx.CreateBucketIfNotExists(bucketWitnesses)
	return errors.Join(unfitErr, outboxErr, witnessesErr)
}

// checkOffice returns an error if the file does not belong to the office of the options. It makes a copy of one that has no entries yet.
func (l *Ledger) checkOffice(ctx context.Context) error {
	o := l.opts.Office
	if o == nil {
		return nil // a copy is read
	}
	empty := false
	belongs := func(tx *bolt.Tx) (err error) {
		if registerID(tx) == o.Register {
			empty = false
			return nil
		}
		last, _, err := lastEntry(tx)
		if empty = err == nil && last == 0; !empty {
			err = errors.Join(err, ErrOtherOffice)
		}
		return err
	}
	if err := l.readTx(ctx, belongs); err != nil || !empty {
		return err
	}
	return l.writeTx(ctx, func(tx *bolt.Tx) error {
		if err := belongs(tx); err != nil || !empty {
			return err
		}
		return createCopy(tx, *o)
	})
}

// Entries returns the entries after a number, in their order, and not more than limit, as [Server.Entries] does.
func (l *Ledger) Entries(ctx context.Context, after, limit int) (entries []register.Entry, err error) {
	err = l.readTx(ctx, func(tx *bolt.Tx) error {
		entries = nil
		c := tx.Bucket(bucketJournal).Cursor()
		for k, v := c.Seek(encodeNumber(after + 1)); k != nil && len(entries) < limit; k, v = c.Next() {
			e, err := parseEntry(v)
			if err != nil {
				return err
			}
			content := bytes.Clone(tx.Bucket(bucketEvents).Get(eventKey(e.id, e.seq)))
			entries = append(entries, register.Entry{Number: decodeNumber(k), Event: register.Event{Request: string(e.id), Seq: e.seq, Content: content}, Link: e.link})
		}
		return nil
	})
	return entries, err
}

// HasEvent reports whether the ledger has the very bytes of an event.
func (l *Ledger) HasEvent(ctx context.Context, e register.Event) (has bool, err error) {
	err = l.readTx(ctx, func(tx *bolt.Tx) error {
		has = bytes.Equal(tx.Bucket(bucketEvents).Get(eventKey(request.ID(e.Request), e.Seq)), e.Content)
		return nil
	})
	return has, err
}

// HandIn appends an event of this desk, as it is, to the office's register once more, with the documents that it names. It fails as
// [Ledger.Append] does.
func (l *Ledger) HandIn(ctx context.Context, e register.Event) error {
	event, err := decodeEvent(request.ID(e.Request), e.Seq, e.Content)
	if err != nil {
		return err
	}
	if err := l.sendDocuments(ctx, []Change{{Events: []request.Event{event}}}, true); err != nil {
		return err
	}
	read, err := l.Head(ctx)
	if err != nil {
		return err
	}
	entries, err := l.opts.Office.Server.Append(ctx, uuid.Must(uuid.NewV7()), read, e)
	if err != nil {
		return err
	}
	return l.takeAppended(ctx, entries)
}

// Head returns the last entry's number and link. The number is 0 if there is none.
func (l *Ledger) Head(ctx context.Context) (head register.Head, err error) {
	err = l.readTx(ctx, func(tx *bolt.Tx) error {
		head.Register = registerID(tx)
		head.Count, head.Link, err = lastEntry(tx)
		return err
	})
	return head, err
}

// appendAtOffice does the work of Append for the copy of an office's register. The entries are in the copy when it returns nil.
func (l *Ledger) appendAtOffice(ctx context.Context, changes []Change) ([]request.Request, error) {
	if err := l.keepLaunches(ctx, changes); err != nil {
		return nil, err
	}
	var events []register.Event
	var read register.Head // the last entry that is here
	err := l.readTx(ctx, func(tx *bolt.Tx) (err error) {
		if read.Count, read.Link, err = lastEntry(tx); err == nil {
			events, err = l.compose(tx, changes)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := l.sendDocuments(ctx, changes, false); err != nil {
		return nil, err
	}
	entries, err := l.opts.Office.Server.Append(ctx, uuid.Must(uuid.NewV7()), read, events...)
	if errors.Is(err, ErrConflict) {
		return nil, cmp.Or(l.CatchUp(ctx), err) // so that the caller reads what has changed
	}
	if err != nil {
		return nil, err
	}
	if last := entries[len(entries)-1].Number; last <= read.Count {
		return nil, PartedAt(last)
	}
	if err := l.takeAppended(ctx, entries); err != nil {
		return nil, err
	}
	var after []request.Request
	for _, c := range changes {
		r, err := l.Get(ctx, c.ID)
		if err != nil {
			return nil, err
		}
		after = append(after, r)
	}
	return after, nil
}

// keepLaunches stores the addresses of the visits that changes begin. They are stored before the server has the events, since they
// are nowhere else.
func (l *Ledger) keepLaunches(ctx context.Context, changes []Change) error {
	var launched []request.Event
	for _, c := range changes {
		for _, e := range c.Events {
			if e.Kind == request.KindLaunched {
				launched = append(launched, e)
			}
		}
	}
	if len(launched) == 0 {
		return nil
	}
	return l.writeTx(ctx, func(tx *bolt.Tx) (err error) {
		for _, e := range launched {
			err = errors.Join(err, keepLaunch(tx, e, l.opts.Now()))
		}
		return err
	})
}

// compose returns the events of changes as they are to be appended. It fails as [Ledger.Append] does.
func (l *Ledger) compose(tx *bolt.Tx, changes []Change) (events []register.Event, err error) {
	states, now := map[request.ID]request.Request{}, l.opts.Now()
	for _, c := range changes {
		if err := c.check(); err != nil {
			return nil, err
		}
		r, known := states[c.ID]
		if !known {
			if r, err = readRequest(tx, c.ID); errors.Is(err, ErrNotFound) {
				r = request.Request{ID: c.ID}
			} else if err != nil {
				return nil, err
			}
		}
		if err := c.checkVersion(r); err != nil {
			return nil, err
		}
		for _, e := range c.Events {
			e = completed(e, r, now)
			if e.Desk = l.opts.Office.Desk; e.By != "" {
				e.By = l.opts.Office.Login
			}
			stored, err := encodeEvent(tx, e, r)
			if err != nil {
				return nil, err
			}
			if e, err = decodeEvent(c.ID, e.Seq, stored); err != nil {
				return nil, err
			}
			if r, err = r.Apply(e); err != nil {
				return nil, err
			}
			if r.Practice {
				return nil, ErrPractice
			}
			events = append(events, register.Event{Request: string(c.ID), Seq: e.Seq, Content: stored})
		}
		states[c.ID] = r
	}
	return events, nil
}
