package export

import (
	"context"
	"hash/maphash"
	"time"

	"countersign/core/ledger"
	"countersign/core/request"
)

// clockMargin is the most by which the time of an event may be earlier than its writing: processes
// may have different clocks, and some time passes between reading the clock and writing.
const clockMargin = time.Minute

// readAll calls the function each with the requests that ids names, in this order, or with those that the query finds if ids is
// nil. A request that changes meanwhile is read once, as it is shortly before its turn or at the end. After every step of requests,
// or more often, it calls the function progress with how many requests were read and how many there are; total is -1 while
// that is not known. It returns how many requests were read, and stops at the first error.
func (x *Exporter) readAll(ctx context.Context, ids []request.ID, q ledger.Query, step int, each func(*request.Request) error, progress func(done, total int)) (int, error) {
	r := &requestReader{
		ledger: x.cfg.Ledger, now: x.cfg.Now, each: each, progress: progress, step: step, total: -1,
		seed: maphash.MakeSeed(), seen: map[uint64]struct{}{},
	}
	var err error
	if ids != nil {
		err = r.readIDs(ctx, ids)
	} else {
		err = r.readQuery(ctx, q)
	}
	return len(r.seen), err
}

// requestReader reads many requests, each of them once.
type requestReader struct {
	ledger   Ledger
	now      func() time.Time
	each     func(*request.Request) error
	progress func(done, total int)
	step     int // requests after which progress is reported
	total    int // -1 while it is not known

	// seen contains the hashes of the ids that were read; a million of them take some 20 MB. It is
	// needed because a request that changes moves in the order, and a query may return it twice.
	seed maphash.Seed
	seen map[uint64]struct{}
}

func (r *requestReader) readIDs(ctx context.Context, ids []request.ID) error {
	r.total = len(ids)
	for i, id := range ids {
		found, err := r.ledger.Get(ctx, id)
		if err == nil {
			err = r.read(ctx, &found)
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
	return r.ledger.QueryAll(ctx, q, func(part []request.Request, total int) error {
		if len(r.seen) == 0 {
			r.total = total
		}
		for i := range part {
			if err := r.read(ctx, &part[i]); err != nil {
				return err
			}
		}
		r.report()
		return nil
	})
}

func (r *requestReader) report() {
	if r.total >= 0 && r.total < len(r.seen) { // requests were added meanwhile
		r.total = len(r.seen)
	}
	r.progress(len(r.seen), r.total)
}

func (r *requestReader) read(ctx context.Context, found *request.Request) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	id := maphash.String(r.seed, string(found.ID))
	if _, twice := r.seen[id]; twice {
		return nil
	}
	r.seen[id] = struct{}{}
	if err := r.each(found); err != nil {
		return err
	}
	if len(r.seen)%r.step == 0 {
		r.report()
	}
	return nil
}
