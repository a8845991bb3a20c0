package export

import (
	"context"
	"hash/maphash"
	"sync"
	"time"

	"countersign/core/ledger"
	"countersign/core/request"
)

// clockMargin is the most by which the time of an event may be earlier than its writing: processes
// may have different clocks, and some time passes between reading the clock and writing.
const clockMargin = time.Minute

// readAll calls the function each with the requests that ids names, in this order, or with those that the query finds if ids is
// nil. A request that changes meanwhile is read once, as it is shortly before its turn or at the end. Unless the function appendRow is nil,
// it is called for each request first, on several goroutines at once, and each also gets what it appended. A request and what was appended are valid
// until each returns; the texts of a request stay valid. After every step of requests and at the end, readAll calls the function progress with how many requests
// were read and how many there are; total is -1 while that is not known. It returns how many requests were read, and stops at the first error.
func (x *Exporter) readAll(ctx context.Context, ids []request.ID, q ledger.Query, step int, appendRow rowFunc, each func(r *request.Request, row []byte) error, progress func(done, total int)) (int, error) {
	r := &requestReader{
		ledger: x.cfg.Ledger, now: x.cfg.Now, appendRow: appendRow, each: each, progress: progress, step: step, total: -1,
		seed: maphash.MakeSeed(),
	}
	var err error
	if ids != nil {
		err = r.readIDs(ctx, ids)
	} else {
		err = r.readQuery(ctx, q)
	}
	return len(r.seen), err
}

// rowFunc appends something about a request to b.
type rowFunc func(b []byte, r *request.Request) ([]byte, error)

// requestReader reads many requests, each of them once.
type requestReader struct {
	ledger    Ledger
	now       func() time.Time
	appendRow rowFunc // may be nil
	each      func(r *request.Request, row []byte) error
	progress  func(done, total int)
	step      int       // requests after which progress is reported
	total     int       // -1 while it is not known
	free      sync.Pool // of rows

	// seen contains the hashes of the ids that were read; a million of them take some 20 MB. It is
	// needed because a request that changes moves in the order, and a query may return it twice.
	seed maphash.Seed
	seen map[uint64]struct{}
}

func (r *requestReader) readIDs(ctx context.Context, ids []request.ID) error {
	r.total = len(ids)
	r.seen = make(map[uint64]struct{}, len(ids))
	for i, id := range ids {
		found, err := r.ledger.Get(ctx, id)
		if err != nil {
			return err
		}
		part := []request.Request{found}
		rows, err := r.prepare(part)
		if err == nil {
			err = r.read(ctx, part, rows)
		}
		if err != nil {
			return err
		}
		if i+1 == len(ids) {
			r.report()
		}
	}
	return nil
}

func (r *requestReader) readQuery(ctx context.Context, q ledger.Query) error {
	since := r.now().Add(-clockMargin)
	if err := r.readRows(ctx, q); err != nil {
		return err
	}
	// A request that changed meanwhile may have moved to rows that were read before. This pass
	// goes from the oldest change on, so that a request that changes again moves ahead of it.
	q.Order, q.Reverse = ledger.ByChanged, true
	if q.From.Before(since) {
		q.From = since
	}
	return r.readRows(ctx, q)
}

// readRows reads the requests that q finds, except for those that were read already.
func (r *requestReader) readRows(ctx context.Context, q ledger.Query) error {
	err := r.ledger.QueryAll(ctx, q, func(part []request.Request, total int) (func() error, error) {
		rows, err := r.prepare(part)
		return func() error {
			if len(r.seen) == 0 {
				r.total, r.seen = total, make(map[uint64]struct{}, max(0, total))
			}
			return r.read(ctx, part, rows)
		}, err
	})
	if err == nil {
		r.report()
	}
	return err
}

// usualRow is about how many bytes a row of a table has.
const usualRow = 700

// rows are what is found out about some requests before their turn. Their memory is used again.
type rows struct {
	ids  []uint64 // the hashes of the ids
	text []byte   // what appendRow appended
	ends []int    // where in text that of each request ends
}

// prepare does for some requests what needs no order. It may be called on several goroutines.
func (r *requestReader) prepare(part []request.Request) (_ *rows, err error) {
	all, ok := r.free.Get().(*rows)
	if !ok {
		all = new(rows)
	}
	all.ids, all.text, all.ends = all.ids[:0], all.text[:0], all.ends[:0]
	for i := range part {
		all.ids = append(all.ids, maphash.String(r.seed, string(part[i].ID)))
		if r.appendRow != nil {
			if all.text == nil {
				all.text = make([]byte, 0, usualRow*len(part))
			}
			if all.text, err = r.appendRow(all.text, &part[i]); err != nil {
				return nil, err
			}
		}
		all.ends = append(all.ends, len(all.text))
	}
	return all, nil
}

func (r *requestReader) report() {
	if r.total >= 0 && r.total < len(r.seen) { // requests were added meanwhile
		r.total = len(r.seen)
	}
	r.progress(len(r.seen), r.total)
}

// read calls each with the requests that were not read already, and ends the use of the rows.
func (r *requestReader) read(ctx context.Context, part []request.Request, all *rows) error {
	from := 0
	for i, id := range all.ids {
		if err := ctx.Err(); err != nil {
			return err
		}
		row := all.text[from:all.ends[i]]
		from = all.ends[i]
		before := len(r.seen)
		if r.seen[id] = struct{}{}; len(r.seen) == before {
			continue
		}
		if err := r.each(&part[i], row); err != nil {
			return err
		}
		if len(r.seen)%r.step == 0 {
			r.report()
		}
	}
	r.free.Put(all)
	return nil
}
