package ledger

import (
	"bytes"
	"cmp"
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	bolt "go.etcd.io/bbolt"

	"countersign/core/files"
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
	Server   Server
}

// Server has the register of an office. Package office implements it. Its methods are called by several goroutines.
type Server interface {
	// Append adds events, all or none, and returns their entries. With a key that was used before it returns the entries of then. It
	// fails with [ErrConflict] if a request is not at the version that the events continue. After
	// another error the events may be there or not.
	Append(ctx context.Context, key uuid.UUID, events ...register.Event) ([]register.Entry, error)
	// Entries returns the entries after a number, in their order, and not more than limit.
	Entries(ctx context.Context, after, limit int) ([]register.Entry, error)
	// PutDocument stores a document, unless the server has it, and returns its SHA-256.
	PutDocument(ctx context.Context, r io.Reader) (register.Hash, error)
	// Document writes the content of a document to w, or a part of it and an error. It fails with [ErrNotFound] if the server does
	// not have it.
	Document(ctx context.Context, digest register.Hash, w io.Writer) error
}

// ErrPractice is returned for an event of a request at a practice gateway: the register of an office has none.
var ErrPractice = request.Errorf("office_practice", "an office’s register has no practice requests: choose another gateway, or practise in a home of its own")

// partedAt returns the error for a register whose entry with that number is not the one that this copy has or has to have.
func partedAt(number int) error {
	return request.Errorf("office_parted_at", "%w: entry %d is another one: find out why, then join the office anew", ErrParted, number)
}

// Desk returns the name of the desk in its office, or "" for a home of its own and for a desk that only reads.
func (l *Ledger) Desk() string {
	if l.opts.Office == nil {
		return ""
	}
	return l.opts.Office.Desk
}

// takenAtOnce is how many entries CatchUp takes over in one transaction.
const takenAtOnce = 1000

// isCopy reports whether the file is the copy of an office's register.
func isCopy(tx *bolt.Tx) bool { return tx.Bucket(bucketMeta).Get(keyOffice) != nil }

// createCopy makes what the copy of an office's register has besides the buckets of every ledger.
func createCopy(tx *bolt.Tx, o Office) error {
	meta := tx.Bucket(bucketMeta)
	return errors.Join(createCopyBuckets(tx), meta.Put(keyOffice, []byte(o.Desk)), meta.Put(keyRegister, []byte(o.Register)))
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

// SetAside moves the ledger's file into a folder, which it makes, and begins an empty ledger that belongs to no office. What was moved can be
// opened there. It fails if the folder has a ledger already. This ledger must not be written to afterwards if it has [Options.Office].
func (l *Ledger) SetAside(ctx context.Context, folder string) error {
	return l.replaceFile(ctx, folder, func(fresh, _ *bolt.Tx) error { return createEmpty(fresh, nil) })
}

// BeginAnew moves the file of a copy into a folder as [Ledger.SetAside] does, and begins an empty copy of the same office's register. What is in no
// register stays here: the addresses of visits, and the outbox.
func (l *Ledger) BeginAnew(ctx context.Context, folder string) error {
	return l.replaceFile(ctx, folder, func(fresh, old *bolt.Tx) error {
		err := createEmpty(fresh, l.opts.Office)
		for _, name := range [][]byte{bucketLaunches, bucketOutbox} {
			err = errors.Join(err, old.Bucket(name).ForEach(func(k, v []byte) error { return fresh.Bucket(name).Put(k, v) }))
		}
		return err
	})
}

// replaceFile moves the ledger's file into a folder, and puts a new one in its place that the function fill has filled from it. At every moment
// there is one file or the other.
func (l *Ledger) replaceFile(ctx context.Context, folder string, fill func(fresh, old *bolt.Tx) error) error {
	release, err := l.takeAlone(ctx)
	if err != nil {
		return err
	}
	defer release()
	path, fresh, to := filepath.Join(l.dir, FileName), filepath.Join(l.dir, rebuiltName), filepath.Join(folder, FileName)
	if hasContent(to) {
		return request.Errorf("ledger_aside", "%s is there already: move it away", to)
	}
	if err := errors.Join(os.MkdirAll(folder, 0o700), os.RemoveAll(fresh)); err != nil {
		return l.explain(err)
	}
	defer func() { _ = os.Remove(fresh) }() // after a success there is nothing left to remove
	err = l.openFile(FileName, false, func(db *bolt.DB) error {
		return db.View(func(old *bolt.Tx) error {
			return l.fillFile(fresh, old, func(db *bolt.DB) error {
				return errors.Join(db.Update(func(tx *bolt.Tx) error { return fill(tx, old) }), db.Sync())
			})
		})
	})
	if err != nil {
		return err
	}
	if err := errors.Join(os.Link(path, to), files.SyncDir(folder), os.Rename(fresh, path), files.SyncDir(l.dir)); err != nil {
		return l.explain(err)
	}
	l.damage.Store(nil) // of the file that was moved
	return nil
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
	if err := l.sendDocuments(ctx, []Change{{Events: []request.Event{event}}}); err != nil {
		return err
	}
	entries, err := l.opts.Office.Server.Append(ctx, uuid.Must(uuid.NewV7()), e)
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
	var before int // the number of the last entry that is here
	err := l.readTx(ctx, func(tx *bolt.Tx) (err error) {
		if before, _, err = lastEntry(tx); err == nil {
			events, err = l.compose(tx, changes)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := l.sendDocuments(ctx, changes); err != nil {
		return nil, err
	}
	entries, err := l.opts.Office.Server.Append(ctx, uuid.Must(uuid.NewV7()), events...)
	if errors.Is(err, ErrConflict) {
		return nil, cmp.Or(l.CatchUp(ctx), err) // so that the caller reads what has changed
	}
	if err != nil {
		return nil, err
	}
	if last := entries[len(entries)-1].Number; last <= before {
		return nil, partedAt(last)
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

// sendDocuments stores the documents that the events of changes name at the server, before anybody reads of them.
func (l *Ledger) sendDocuments(ctx context.Context, changes []Change) error {
	for _, c := range changes {
		for _, e := range c.Events {
			for _, digest := range documentsOf(e) {
				if err := l.sendDocument(ctx, digest); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (l *Ledger) sendDocument(ctx context.Context, digest string) error {
	f, _, err := l.openDocument(ctx, digest, make([]byte, 64<<10))
	if errors.Is(err, ErrMissing) {
		return nil // it came from there
	} else if err != nil {
		return err
	}
	defer f.Close()
	stored, err := l.opts.Office.Server.PutDocument(ctx, f)
	if err == nil && stored.String() != digest {
		err = ErrAltered
	}
	return err
}

// fetchDocument stores a document here that the server has. It fails with ErrNotFound if the server does not have it.
func (l *Ledger) fetchDocument(ctx context.Context, digest string) error {
	hash, err := register.ParseHash(digest)
	if err != nil {
		return ErrMissing
	}
	from, to := io.Pipe()
	go func() { _ = to.CloseWithError(l.opts.Office.Server.Document(ctx, hash, to)) }()
	stored, _, err := l.PutDocument(ctx, from, maxFetched)
	_ = from.Close() // ends the goroutine
	if err == nil && stored != digest {
		_ = os.Remove(l.DocumentPath(stored))
		err = ErrAltered
	}
	return err
}

// maxFetched is the largest document in bytes that is fetched from a server, which has none that is larger.
const maxFetched = 512 << 20

// CatchUp takes over all entries of the office's register that this copy does not have. It fails with [ErrParted] if they do not
// follow those that it has. Entries that were taken over before an error stay. It may be called by several goroutines and processes.
func (l *Ledger) CatchUp(ctx context.Context) error { return l.catchUp(ctx, 0) }

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
			return partedAt(head.Count)
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

// takeNext takes over entries if the first of them is the next one, and reports whether it was.
func (l *Ledger) takeNext(ctx context.Context, entries []register.Entry) (taken bool, err error) {
	l.catching.Lock()
	defer l.catching.Unlock()
	key := l.signer(ctx)
	err = l.writeTx(ctx, func(tx *bolt.Tx) error {
		last, _, err := lastEntry(tx)
		if taken = err == nil && entries[0].Number == last+1; !taken {
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
	t := taker{tx: tx, now: l.opts.Now(), indexes: newIndexChanges()}
	for _, e := range entries {
		if e.Number <= last {
			continue
		}
		link = t.chain.Link(link, t.chain.Entry(e.Request, e.Seq, e.Content))
		if e.Number != last+1 || e.Link != link || e.Request == "" || strings.ContainsFunc(e.Request, invalidInID) || e.Seq < 1 ||
			tx.Bucket(bucketEvents).Get(eventKey(request.ID(e.Request), e.Seq)) != nil {
			return partedAt(last + 1)
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
	now     time.Time
	chain   register.Hasher
	indexes *indexChanges

	forgotten []forgottenDocument
}

// forgottenDocument is a document whose content must not be kept any more.
type forgottenDocument struct {
	request request.ID // which had it
	digest  string
}

// noteForgotten notes the documents that an event of the office says are forgotten. It does nothing for other events.
func (t *taker) noteForgotten(event []byte) {
	var e struct {
		Kind      string `json:"kind"`
		Forgotten struct {
			Request   request.ID `json:"request"`
			Documents []string   `json:"documents"`
		} `json:"forgotten"`
	}
	if json.Unmarshal(event, &e) != nil || e.Kind != "forgotten" {
		return
	}
	for _, digest := range e.Forgotten.Documents {
		t.forgotten = append(t.forgotten, forgottenDocument{e.Forgotten.Request, digest})
	}
}

// forget removes documents, except for those that another request has, too. If tx is not committed, it is called again.
func (l *Ledger) forget(tx *bolt.Tx, documents []forgottenDocument) error {
	for _, d := range documents {
		if !isDigest(d.digest) {
			continue
		}
		numbers, err := numbersByFile(tx, d.digest)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(numbers, func(n number) bool { return idOf(tx, n) != d.request }) {
			continue
		}
		if err := os.Remove(l.DocumentPath(d.digest)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return l.explain(err)
		}
	}
	return nil
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

// foldUnlessUnfit applies an event of an office's register to a request. Somebody with a login can append an event that cannot be read or
// cannot have happened. Such an event must not stop anybody: it counts as a version and changes nothing, and unfit says why. If it is the
// first of its request, there is no request: after has version 0.
func foldUnlessUnfit(before request.Request, seq int, stored []byte) (after request.Request, e request.Event, unfit error) {
	e, unfit = decodeEvent(before.ID, seq, stored)
	if unfit == nil && e.Seq != seq {
		unfit = fmt.Errorf("it says that it is event %d: %w", e.Seq, request.ErrIllegal)
	}
	if unfit == nil {
		if after, unfit = before.Apply(e); unfit == nil {
			return after, e, nil
		}
	}
	if after = before; before.Version > 0 {
		after.Version = seq
	}
	return after, e, unfit
}

// Unfit is an entry of an office's register whose event cannot be read or cannot have happened.
type Unfit struct {
	Number  int        `json:"number"` // of the entry
	Request request.ID `json:"request"`
	Seq     int        `json:"seq"`
	Desk    string     `json:"desk,omitempty"` // of the event, as far as it could be read
	By      string     `json:"by,omitempty"`
	Problem string     `json:"problem"` // an English sentence for the user

	request.Cause // of Problem
}

func unfitEntry(e register.Entry, event request.Event, cause error) Unfit {
	problem := request.SentenceOf(cause)
	return Unfit{Number: e.Number, Request: request.ID(e.Request), Seq: e.Seq, Desk: event.Desk, By: event.By, Problem: problem.Text, Cause: problem.Cause}
}

func putUnfit(tx *bolt.Tx, u Unfit) error {
	stored, err := json.Marshal(u)
	if err != nil {
		return fmt.Errorf("encode an entry that does not fit: %w", err)
	}
	return tx.Bucket(bucketUnfit).Put(encodeNumber(u.Number), stored)
}

// maxUnfit is the largest number of entries that Unfit returns.
const maxUnfit = 1000

// Unfit returns the entries of an office's register that do not fit, the oldest first and at most 1000 of them. A home of its own has none.
func (l *Ledger) Unfit(ctx context.Context) (all []Unfit, err error) {
	err = l.readTx(ctx, func(tx *bolt.Tx) error {
		all = nil
		if !isCopy(tx) {
			return nil
		}
		c := tx.Bucket(bucketUnfit).Cursor()
		for k, v := c.First(); k != nil && len(all) < maxUnfit; k, v = c.Next() {
			var u Unfit
			if err := json.Unmarshal(v, &u); err != nil {
				return fmt.Errorf("decode an entry that does not fit: %w", err)
			}
			all = append(all, u)
		}
		return nil
	})
	return all, err
}
