package ledger

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"

	bolt "go.etcd.io/bbolt"

	"countersign/core/ledger/record"
	"countersign/core/request"
)

// partSize is how many requests [Ledger.QueryAll] decodes and hands over at once: so few that they stay in the cache of a processor until they
// are handed over.
const partSize = 64

// QueryAll calls the function work with all requests that a query selects, some at a time, on all processors, and then each function that work
// has returned, on the calling goroutine and in the order of the query. If no request is selected, it calls work once, with none. The total is that of
// a [QueryPage]. Query.After, Query.Skip and Query.Limit have no effect, and the visits of the requests may lack their addresses; see
// [Ledger.VisitByTicket].
//
// The requests of a part are valid until the function that work has returned for them returns: their memory is used again, except for their texts.
//
// QueryAll reads and decodes ahead. A few thousand requests are read in one transaction, so one that changes meanwhile takes another position: it
// may come twice, or not at all. The first error, also of the functions, ends QueryAll.
func (l *Ledger) QueryAll(ctx context.Context, q Query, work func(part []request.Request, total int) (inOrder func() error, err error)) error {
	q.After, q.Skip, q.Limit = "", 0, l.rowsPerTx
	inUse := 4 * runtime.GOMAXPROCS(0) // more than inOrder has at any time
	free, freeDecoded := newFreeList[storedPart](l.rowsPerTx/partSize+inUse), newFreeList[decodedPart](inUse)
	read := func(send func(*storedPart) error) error {
		for {
			page, next, err := l.readStored(ctx, q, free)
			if err != nil {
				return err
			}
			for _, part := range page {
				if len(part.rows) > 0 || q.After == "" {
					if err := send(part); err != nil {
						return err
					}
				}
			}
			if q.After = next; next == "" {
				return nil
			}
		}
	}
	prepare := func(p *storedPart) (*decodedPart, error) {
		d := freeDecoded.get()
		d.decoder.WithoutVisits = q.WithoutVisits
		err := l.catchPanic(func() error { return d.decode(p) })
		if err == nil {
			d.then, err = work(d.requests, p.total)
		}
		p.rows, p.stored = p.rows[:0], p.stored[:0]
		free.put(p)
		return d, err
	}
	// What others do in their functions is no damage of the file, so only what reads is guarded.
	unguarded := func(do func() error) error { return do() }
	return inOrder(ctx, unguarded, read, prepare, func(d *decodedPart) error {
		err := d.then()
		d.decoder.Reuse()
		freeDecoded.put(d)
		return err
	})
}

// storedPart is a number of rows that are decoded together.
type storedPart struct {
	rows   []storedRow
	stored []byte // the ids of the rows and what is stored of them
	total  int
}

// decodedPart has the requests of a [storedPart]. There are fewer of these at a time, and they are larger.
type decodedPart struct {
	requests []request.Request
	decoder  record.Decoder
	then     func() error // what the caller of QueryAll does with the requests
}

// storedRow is one row of a [storedPart]. It has a request if that had to be decoded to answer the query, and otherwise a place in what is stored
// of its part: its id, and behind that the request.
type storedRow struct {
	number        number
	request       *request.Request
	from, at, end int
}

// usualStored is about how many bytes an id and what is stored of its request have.
const usualStored = 600

// freeList has values that are not in use, for other rows.
type freeList[T any] chan *T

// newFreeList returns a list that keeps at most so many.
func newFreeList[T any](most int) freeList[T] { return make(chan *T, most) }

// get returns a value that was put into the list, or a new one.
func (f freeList[T]) get() *T {
	select {
	case t := <-f:
		return t
	default:
		return new(T)
	}
}

func (f freeList[T]) put(t *T) {
	select {
	case f <- t:
	default: // there are enough
	}
}

// readStored reads rows in one transaction, from q.After on: at least one part, whose memory is among free. The next rows are those after the
// cursor next; it is empty if there are none.
func (l *Ledger) readStored(ctx context.Context, q Query, free freeList[storedPart]) (page []*storedPart, next Cursor, err error) {
	p, err := l.planQuery(q)
	if err != nil {
		return nil, "", err
	}
	err = l.readTx(ctx, func(tx *bolt.Tx) error {
		rows, total := p.rows(ctx, tx)
		begin := func() *storedPart {
			part := free.get()
			part.total = total
			page = append(page, part)
			return part
		}
		part, count := begin(), 0
		var last row
		for r, err := range rows {
			if err != nil {
				return err
			}
			if count == p.Limit {
				next = last.cursor(p.Order)
				break
			}
			if len(part.rows) == partSize {
				part = begin()
			}
			part.rows, last = append(part.rows, storedRow{number: numberInSortKey(r.key), request: r.request}), r
			count++
		}
		return addStored(tx, page)
	})
	return page, next, err
}

// addStored adds what is stored of the rows that have no request.
func addStored(tx *bolt.Tx, page []*storedPart) error {
	type place struct {
		number    number
		part, row int
	}
	var places []place
	for i, part := range page {
		for k, row := range part.rows {
			if row.request == nil {
				places = append(places, place{row.number, i, k})
			}
		}
	}
	slices.SortFunc(places, func(a, b place) int { return cmp.Compare(a.number, b.number) })
	numbers := make([]number, len(places))
	for i, p := range places {
		numbers[i] = p.number
	}
	return eachStored(tx, numbers, func(i int, id, stored []byte) error {
		part := page[places[i].part]
		row := &part.rows[places[i].row]
		if part.stored == nil {
			part.stored = make([]byte, 0, usualStored*len(part.rows))
		}
		row.from, row.at = len(part.stored), len(part.stored)+len(id)
		part.stored = append(append(part.stored, id...), stored...) // they are valid only within the transaction
		row.end = len(part.stored)
		return nil
	})
}

// eachStored calls the function each for the requests with the numbers, which are ascending, with the index of the number and with what is
// stored of the request. It looks them up in the order in which they are near each other in the file, where each is often the next one:
// [readNumber] opens its buckets anew for each.
func eachStored(tx *bolt.Tx, numbers []number, each func(i int, id, stored []byte) error) error {
	ids, requests := tx.Bucket(bucketNumbers).Cursor(), tx.Bucket(bucketRequests).Cursor()
	var key [numberSize]byte
	var lastNumber, lastID, id, stored []byte
	for i, n := range numbers {
		if lastNumber, id = seekForward(ids, lastNumber, n.append(key[:0])); !bytes.Equal(lastNumber, key[:]) {
			return listError(fmt.Errorf("there is no request %d", n))
		}
		if lastID, stored = seekForward(requests, lastID, id); !bytes.Equal(lastID, id) {
			return request.Errorf("request_not_found", "request %s: %w", id, ErrNotFound)
		}
		if err := each(i, id, stored); err != nil {
			return err
		}
	}
	return nil
}

// decode decodes the requests of a part.
func (d *decodedPart) decode(p *storedPart) error {
	d.requests = slices.Grow(d.requests[:0], len(p.rows))[:len(p.rows)]
	for i, row := range p.rows {
		if row.request != nil {
			d.requests[i] = *row.request
			continue
		}
		if err := decodeRequestWith(&d.decoder, &d.requests[i], p.stored[row.from:row.at], p.stored[row.at:row.end]); err != nil {
			return err
		}
	}
	return nil
}
