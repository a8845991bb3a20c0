package ledger

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"

	bolt "go.etcd.io/bbolt"

	"countersign/core/ledger/record"
	"countersign/core/request"
)

// partSize is how many requests [Ledger.QueryAll] decodes and hands over at once.
const partSize = 250

// QueryAll calls the function each with all requests that a query selects, in its order and some at a time; with none, it calls it
// once. The total is that of a [QueryPage]. Query.After, Query.Skip and Query.Limit have no effect, and the visits of the requests may
// lack their addresses; see [Ledger.VisitByTicket]. The requests of a part share memory, which is in use for as long as one of them is.
//
// QueryAll reads ahead and decodes on all processors while each is at work. A few thousand requests are read in one transaction, so one
// that changes meanwhile takes another position: it may come twice, or not at all. The first error, also of each, ends QueryAll.
func (l *Ledger) QueryAll(ctx context.Context, q Query, each func(part []request.Request, total int) error) error {
	q.After, q.Skip, q.Limit = "", 0, l.rowsPerTx
	read := func(send func(storedRows) error) error {
		for {
			page, next, err := l.readStored(ctx, q)
			if err != nil {
				return err
			}
			for len(page.rows) > partSize {
				if err := send(storedRows{page.rows[:partSize], page.total, q.WithoutVisits}); err != nil {
					return err
				}
				page.rows = page.rows[partSize:]
			}
			if len(page.rows) > 0 || q.After == "" {
				if err := send(page); err != nil {
					return err
				}
			}
			if q.After = next; next == "" {
				return nil
			}
		}
	}
	return inOrder(ctx, l.catchPanic, read, storedRows.decode, func(p decodedRows) error { return each(p.requests, p.total) })
}

// storedRows are rows of a query that are not decoded yet.
type storedRows struct {
	rows          []storedRow
	total         int
	withoutVisits bool
}

type decodedRows struct {
	requests []request.Request
	total    int
}

// storedRow is one of [storedRows]. It has a request if that had to be decoded to answer the query, and otherwise its id and what
// is stored of it.
type storedRow struct {
	number  number
	id      request.ID
	stored  []byte
	request *request.Request
}

// readStored reads rows in one transaction, from q.After on. The next rows are those after the cursor next; it is empty if there are none.
func (l *Ledger) readStored(ctx context.Context, q Query) (page storedRows, next Cursor, err error) {
	p, err := l.planQuery(q)
	if err != nil {
		return page, "", err
	}
	page.withoutVisits = q.WithoutVisits
	err = l.readTx(ctx, func(tx *bolt.Tx) error {
		rows, total := p.rows(ctx, tx)
		page.total = total
		var last row
		for r, err := range rows {
			if err != nil {
				return err
			}
			if len(page.rows) == p.Limit {
				next = last.cursor(p.Order)
				break
			}
			page.rows, last = append(page.rows, storedRow{number: numberInSortKey(r.key), request: r.request}), r
		}
		return addStored(tx, page.rows)
	})
	return page, next, err
}

// addStored sets id and stored of the rows that have no request.
func addStored(tx *bolt.Tx, rows []storedRow) error {
	var byNumber []*storedRow
	for i := range rows {
		if rows[i].request == nil {
			byNumber = append(byNumber, &rows[i])
		}
	}
	slices.SortFunc(byNumber, func(a, b *storedRow) int { return cmp.Compare(a.number, b.number) })
	numbers, size := make([]number, len(byNumber)), 0
	for i, row := range byNumber {
		numbers[i] = row.number
	}
	err := eachStored(tx, numbers, func(i int, id request.ID, stored []byte) error {
		byNumber[i].id, byNumber[i].stored = id, stored
		size += len(stored)
		return nil
	})
	kept := make([]byte, 0, size) // what is stored is valid only within the transaction
	for _, row := range byNumber {
		from := len(kept)
		kept = append(kept, row.stored...)
		row.stored = kept[from:]
	}
	return err
}

// eachStored calls the function each for the requests with the numbers, which are ascending, with the index of the number and with what is
// stored of the request. It looks them up with one cursor for all, in the order in which they are near each other in the file: [readNumber] opens
// its buckets anew for each.
func eachStored(tx *bolt.Tx, numbers []number, each func(i int, id request.ID, stored []byte) error) error {
	ids, requests := tx.Bucket(bucketNumbers).Cursor(), tx.Bucket(bucketRequests).Cursor()
	var key [numberSize]byte
	for i, n := range numbers {
		found, id := ids.Seek(n.append(key[:0]))
		if !bytes.Equal(found, key[:]) {
			return listError(fmt.Errorf("there is no request %d", n))
		}
		found, stored := requests.Seek(id)
		if !bytes.Equal(found, id) {
			return request.Errorf("request_not_found", "request %s: %w", id, ErrNotFound)
		}
		if err := each(i, request.ID(id), stored); err != nil {
			return err
		}
	}
	return nil
}

func (s storedRows) decode() (decodedRows, error) {
	d := decodedRows{make([]request.Request, len(s.rows)), s.total}
	decoder := record.Decoder{WithoutVisits: s.withoutVisits}
	for i, row := range s.rows {
		if row.request != nil {
			d.requests[i] = *row.request
			continue
		}
		if err := decodeRequestWith(&decoder, &d.requests[i], row.id, row.stored); err != nil {
			return d, err
		}
	}
	return d, nil
}
