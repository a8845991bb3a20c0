package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

// Query asks for requests, most recently changed first.
type Query struct {
	Statuses []request.Status // any of these; all when empty
	Gateway  string           // of this gateway; of any when empty
	Search   string           // every word typed is the beginning of a word of the request
	After    Cursor           // go on behind this row; from the start when empty
	Skip     int              // leave out so many rows first
	Limit    int              // rows at the most; 100 when zero
}

// Cursor is a place between two rows. It stays good while rows come and go.
type Cursor string

// Page is a piece of the answer to a [Query].
type Page struct {
	Requests []request.Request
	Next     Cursor // behind the last row; empty when there are no more
	Total    int    // all rows of the query, wherever the page begins; -1 when counting would mean reading them all
}

const (
	defaultLimit = 100
	// A search finds this many requests with a word before it decides that the word
	// is common, and of no use for telling which rows to read.
	commonWord = 20_000
	// So few candidates are read and put in order. Of more, the rows are walked in order
	// until the page is full, and those that are no candidates are not read.
	fewCandidates = 500
)

// Get gives one request.
func (l *Ledger) Get(ctx context.Context, id request.ID) (request.Request, error) {
	var r request.Request
	err := l.view(ctx, func(tx *bolt.Tx) (err error) { r, err = get(tx, id); return err })
	return r, err
}

func get(tx *bolt.Tx, id request.ID) (request.Request, error) {
	stored := tx.Bucket(bucketRequests).Get([]byte(id))
	if stored == nil {
		return request.Request{}, fmt.Errorf("request %s: %w", id, ErrNotFound)
	}
	var r request.Request
	if err := json.Unmarshal(stored, &r); err != nil {
		return request.Request{}, fmt.Errorf("decode request %s: %w", id, err)
	}
	return r, nil
}

// Match lists the ids that begin with prefix, at most limit.
func (l *Ledger) Match(ctx context.Context, prefix string, limit int) ([]request.ID, error) {
	var ids []request.ID
	err := l.view(ctx, func(tx *bolt.Tx) error {
		c := tx.Bucket(bucketRequests).Cursor()
		for k, _ := c.Seek([]byte(prefix)); k != nil && bytes.HasPrefix(k, []byte(prefix)) && len(ids) < limit; k, _ = c.Next() {
			ids = append(ids, request.ID(k))
		}
		return nil
	})
	return ids, err
}

// Given lists the requests that were added by an id at a gateway, oldest first.
func (l *Ledger) Given(ctx context.Context, gateway, remoteID string) ([]request.ID, error) {
	return l.having(ctx, givenWord(gateway, remoteID))
}

// WithDocument lists the requests that were added with the document of that digest, oldest first.
func (l *Ledger) WithDocument(ctx context.Context, sha256 string) ([]request.ID, error) {
	return l.having(ctx, contentMark+sha256)
}

// having lists the requests that have a word, oldest first.
func (l *Ledger) having(ctx context.Context, word string) ([]request.ID, error) {
	var ids []request.ID
	err := l.view(ctx, func(tx *bolt.Tx) error {
		prefix := append([]byte(word), 0)
		c := tx.Bucket(bucketWords).Cursor()
		for k, _ := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, _ = c.Next() {
			ids = append(ids, request.ID(k[len(prefix):]))
		}
		return nil
	})
	return ids, err
}

// Counts tells how many requests there are of each status, from counters.
func (l *Ledger) Counts(ctx context.Context) (map[request.Status]int, error) {
	counts := map[request.Status]int{}
	err := l.view(ctx, func(tx *bolt.Tx) error {
		for _, s := range request.Statuses() {
			counts[s] = toInt(tx.Bucket(bucketMeta).Get(countKey(s)))
		}
		return nil
	})
	return counts, err
}

// Open lists the requests that are owed a step.
func (l *Ledger) Open(ctx context.Context) ([]request.Request, error) {
	var open []request.Request
	err := l.view(ctx, func(tx *bolt.Tx) error {
		return tx.Bucket(bucketOpen).ForEach(func(id, _ []byte) error {
			r, err := get(tx, request.ID(id))
			if err != nil {
				return err
			}
			open = append(open, r)
			return nil
		})
	})
	return open, err
}

// Visit gives the visit that a ticket belongs to, of whatever attempt.
func (l *Ledger) Visit(ctx context.Context, ticket string) (request.Visit, error) {
	var v request.Visit
	err := l.view(ctx, func(tx *bolt.Tx) error {
		stored := tx.Bucket(bucketVisits).Get([]byte(ticket))
		if stored == nil {
			return fmt.Errorf("visit: %w", ErrNotFound)
		}
		return json.Unmarshal(stored, &v)
	})
	return v, err
}

// Events gives a request's history, oldest first.
func (l *Ledger) Events(ctx context.Context, id request.ID) ([]request.Event, error) {
	var events []request.Event
	err := l.view(ctx, func(tx *bolt.Tx) error {
		prefix := append([]byte(id), 0)
		c := tx.Bucket(bucketEvents).Cursor()
		for k, v := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, v = c.Next() {
			var e request.Event
			if err := json.Unmarshal(v, &e); err != nil {
				return fmt.Errorf("decode event %d of request %s: %w", len(events)+1, id, err)
			}
			events = append(events, e)
		}
		if len(events) == 0 {
			return fmt.Errorf("request %s: %w", id, ErrNotFound)
		}
		return nil
	})
	return events, err
}

func readEvent(tx *bolt.Tx, id request.ID, seq int) (request.Event, error) {
	var e request.Event
	stored := tx.Bucket(bucketEvents).Get(eventKey(id, seq))
	if stored == nil {
		return e, fmt.Errorf("event %d of request %s: %w", seq, id, ErrNotFound)
	}
	if err := json.Unmarshal(stored, &e); err != nil {
		return e, fmt.Errorf("decode event %d of request %s: %w", seq, id, err)
	}
	return e, nil
}

// View answers a query. Its cost follows the page, not the ledger, but for a
// search whose words are all common and seldom met together.
func (l *Ledger) View(ctx context.Context, q Query) (Page, error) {
	if q.Limit <= 0 {
		q.Limit = defaultLimit
	}
	if len(q.Statuses) == 0 {
		q.Statuses = request.Statuses()
	}
	var statuses []request.Status
	for _, s := range q.Statuses {
		if !s.Valid() {
			return Page{}, fmt.Errorf("there is no status %q", s)
		}
		if !slices.Contains(statuses, s) {
			statuses = append(statuses, s)
		}
	}
	q.Statuses = statuses
	var page Page
	err := l.view(ctx, func(tx *bolt.Tx) (err error) {
		wanted := terms(q.Search, q.Gateway)
		candidates, rare := rarest(tx, wanted, l.common)
		if rare && len(candidates) <= l.few {
			page, err = pick(ctx, tx, q, wanted, candidates)
			return err
		}
		page, err = walk(ctx, tx, q, wanted, candidates)
		return err
	})
	return page, err
}

// walk goes through the views in order and keeps what matches. Nothing but a candidate
// can match, unless candidates is nil.
func walk(ctx context.Context, tx *bolt.Tx, q Query, wanted []term, candidates map[request.ID]bool) (Page, error) {
	page := Page{Total: -1}
	if len(wanted) == 0 {
		page.Total = 0
		for _, s := range q.Statuses {
			page.Total += toInt(tx.Bucket(bucketMeta).Get(countKey(s)))
		}
	}
	rows := newMerge(tx, q.Statuses, q.After)
	for place, ok := rows.next(); ok; place, ok = rows.next() {
		if err := ctx.Err(); err != nil {
			return Page{}, err
		}
		if len(wanted) == 0 && q.Skip > 0 { // no need to read the row
			q.Skip--
			continue
		}
		if candidates != nil && !candidates[place.id()] {
			continue
		}
		r, err := get(tx, place.id())
		if err != nil {
			return Page{}, err
		}
		if !matchesAll(wanted, r) {
			continue
		}
		if q.Skip > 0 {
			q.Skip--
			continue
		}
		if len(page.Requests) == q.Limit {
			page.Next = placeOf(page.Requests[q.Limit-1]).cursor()
			return page, nil
		}
		page.Requests = append(page.Requests, r)
	}
	return page, nil
}

// rarest gives the requests that have the least common of the words, unless all
// of the words are common.
func rarest(tx *bolt.Tx, wanted []term, common int) (candidates map[request.ID]bool, rare bool) {
	// A longer word is more often the rarer one.
	slices.SortStableFunc(wanted, func(a, b term) int { return len(b.word) - len(a.word) })
	for _, t := range wanted {
		found := map[request.ID]bool{}
		c := tx.Bucket(bucketWords).Cursor()
		prefix := t.prefix()
		for k, _ := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix) && len(found) < common; k, _ = c.Next() {
			found[request.ID(k[bytes.LastIndexByte(k, 0)+1:])] = true
		}
		if len(found) == common {
			continue
		}
		// From now on a word has to be rarer than this one to be of use.
		candidates, rare, common = found, true, len(found)
	}
	return candidates, rare
}

// pick reads the candidates, keeps what matches and puts it in order.
func pick(ctx context.Context, tx *bolt.Tx, q Query, wanted []term, candidates map[request.ID]bool) (Page, error) {
	var found []request.Request
	for id := range candidates {
		if err := ctx.Err(); err != nil {
			return Page{}, err
		}
		r, err := get(tx, id)
		if err != nil {
			return Page{}, err
		}
		if slices.Contains(q.Statuses, r.Status) && matchesAll(wanted, r) {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(a, b request.Request) int {
		return strings.Compare(string(placeOf(a)), string(placeOf(b)))
	})
	page := Page{Total: len(found)}
	start, _ := slices.BinarySearchFunc(found, q.After, func(r request.Request, after Cursor) int {
		if c := placeOf(r).cursor(); c <= after {
			return -1
		}
		return 1
	})
	start = min(start+q.Skip, len(found))
	end := min(start+q.Limit, len(found))
	page.Requests = found[start:end]
	if end < len(found) {
		page.Next = placeOf(found[end-1]).cursor()
	}
	return page, nil
}

// place is a row's key in the views without its status: rows of all statuses
// sort by it, newest first.
type place string

func placeOf(r request.Request) place      { return place(viewKey(r)[1:]) }
func (p place) id() request.ID             { return request.ID(p[8:]) }
func (p place) cursor() Cursor             { return Cursor(p) }
func (p place) before(other place) bool    { return p < other }
func (c Cursor) seek(status byte) []byte   { return append([]byte{status}, c...) }
func (c Cursor) passed(key []byte) bool    { return c == "" || string(key[1:]) > string(c) }
func belongs(key []byte, status byte) bool { return len(key) > 9 && key[0] == status }

// merge walks the key ranges of several statuses as one, in order.
type merge struct {
	cursors []*bolt.Cursor
	heads   []place // the next place of each cursor; empty when it is done
	status  []byte
}

func newMerge(tx *bolt.Tx, statuses []request.Status, after Cursor) *merge {
	m := &merge{}
	for _, s := range statuses {
		status := statusByte(s)
		c := tx.Bucket(bucketViews).Cursor()
		key, _ := c.Seek(after.seek(status))
		if belongs(key, status) && !after.passed(key) {
			key, _ = c.Next()
		}
		m.cursors, m.status = append(m.cursors, c), append(m.status, status)
		m.heads = append(m.heads, headOf(key, status))
	}
	return m
}

func headOf(key []byte, status byte) place {
	if !belongs(key, status) {
		return ""
	}
	return place(key[1:])
}

func (m *merge) next() (place, bool) {
	first := -1
	for i, head := range m.heads {
		if head != "" && (first < 0 || head.before(m.heads[first])) {
			first = i
		}
	}
	if first < 0 {
		return "", false
	}
	p := m.heads[first]
	key, _ := m.cursors[first].Next()
	m.heads[first] = headOf(key, m.status[first])
	return p, true
}
