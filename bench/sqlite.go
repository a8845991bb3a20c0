package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	_ "github.com/mattn/go-sqlite3" // the database that some figures are compared with

	"countersign/core/ledger"
	"countersign/core/request"
)

// sqliteSchema has the events, a row for each request, an index for each sort order of the ledger, and the words. Rows that are equal in
// an order are sorted by their last change, as in the ledger.
const sqliteSchema = `
CREATE TABLE events (request TEXT, seq INTEGER, body BLOB, PRIMARY KEY (request, seq)) WITHOUT ROWID;
CREATE TABLE requests (n INTEGER PRIMARY KEY, id TEXT, title TEXT, reference TEXT, signer TEXT, gateway TEXT, status TEXT, evidence TEXT,
	due TEXT, created INTEGER, ended INTEGER, added_by TEXT, reviewed_by TEXT, launched INTEGER, decision TEXT, archived INTEGER, updated INTEGER);
CREATE VIRTUAL TABLE words USING fts5 (texts, content='', detail=none, columnsize=0, tokenize="unicode61 remove_diacritics 2");
CREATE TABLE attempts (day INTEGER, status TEXT, gateway TEXT, person TEXT, took INTEGER);`

// sqliteIndexes are made before rows are added one by one, and after a sorted load.
const sqliteIndexes = `
CREATE UNIQUE INDEX by_id ON requests (id);
CREATE INDEX by_changed ON requests (updated DESC);
CREATE INDEX by_title ON requests (title, updated DESC);
CREATE INDEX by_reference ON requests (reference, updated DESC);
CREATE INDEX by_signer ON requests (signer, updated DESC);
CREATE INDEX by_gateway ON requests (gateway, updated DESC);
CREATE INDEX by_evidence ON requests (evidence, updated DESC);
CREATE INDEX by_due ON requests (due, updated DESC);
CREATE INDEX by_created ON requests (created DESC, updated DESC);
CREATE INDEX by_ended ON requests (ended DESC, updated DESC);
CREATE INDEX by_added ON requests (added_by, updated DESC);
CREATE INDEX by_reviewed ON requests (reviewed_by, updated DESC);
CREATE INDEX by_launch ON requests (launched) WHERE launched IS NOT NULL;`

const attemptsIndex = `CREATE INDEX covering ON attempts (gateway, person, status, took);`

// rival is a database of SQLite with what a ledger has.
type rival struct {
	db     *sql.DB
	tx     *sql.Tx
	insert [4]*sql.Stmt // in tx: an event, a request, its words, an attempt
	rows   int          // requests that were inserted
}

var inserts = [4]string{
	"INSERT INTO events VALUES (?,?,?)",
	"INSERT INTO requests VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	"INSERT INTO words (rowid, texts) VALUES (?,?)",
	"INSERT INTO attempts VALUES (?,?,?,?,?)",
}

// openRival opens a database, with write-ahead log and a commit that is on the disk when it returns, or, if bulk is set, without a
// journal and without waiting for the disk.
func openRival(ctx context.Context, path string, bulk bool) (*rival, error) {
	pragmas := url.Values{"_journal_mode": {"WAL"}, "_synchronous": {"FULL"}, "_cache_size": {"-64000"}}
	if bulk {
		pragmas.Set("_journal_mode", "OFF")
		pragmas.Set("_synchronous", "OFF")
	}
	db, err := sql.Open("sqlite3", "file:"+path+"?"+pragmas.Encode())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return &rival{db: db}, db.PingContext(ctx)
}

// close commits what is open and closes the database.
func (v *rival) close() error { return errors.Join(v.commit(), v.db.Close()) }

// begin begins a transaction, unless there is one.
func (v *rival) begin(ctx context.Context) (err error) {
	if v.tx != nil {
		return nil
	}
	if v.tx, err = v.db.BeginTx(ctx, nil); err != nil {
		return err
	}
	for i, text := range inserts {
		if v.insert[i], err = v.tx.PrepareContext(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

func (v *rival) commit() error {
	if v.tx == nil {
		return nil
	}
	tx := v.tx
	v.tx = nil
	return tx.Commit()
}

func (v *rival) addEvent(ctx context.Context, e ledger.Recorded) error {
	if err := v.begin(ctx); err != nil {
		return err
	}
	_, err := v.insert[0].ExecContext(ctx, string(e.ID), e.Seq, e.Event)
	return err
}

// addRequest inserts the row of a request and its words.
func (v *rival) addRequest(ctx context.Context, r request.Request) error {
	if err := v.begin(ctx); err != nil {
		return err
	}
	v.rows++
	var signer, evidence, reviewer any
	if len(r.Signers) > 0 {
		signer = r.Signers[0].Name
	}
	if r.Outcome != nil {
		evidence = string(r.Outcome.Evidence)
	}
	if r.Review != nil {
		reviewer = r.Review.By
	}
	_, err := v.insert[1].ExecContext(ctx, v.rows, string(r.ID), r.Title, r.Reference, signer, r.Gateway, string(r.Status), evidence,
		orNull(r.Due), r.CreatedAt.UnixMilli(), millis(r.EndedAt), r.AddedBy, reviewer, launchedOut(r), string(r.Decision()), r.Archived != nil, r.UpdatedAt.UnixMilli())
	if err != nil {
		return err
	}
	_, err = v.insert[2].ExecContext(ctx, v.rows, wordsOf(r))
	return err
}

// addAttempt inserts what statistics are made from.
func (v *rival) addAttempt(ctx context.Context, a ledger.AttemptStat) error {
	if err := v.begin(ctx); err != nil {
		return err
	}
	_, err := v.insert[3].ExecContext(ctx, a.At.Unix()/86400, string(a.Status), a.Gateway, a.Person, int64(a.Took/time.Millisecond))
	return err
}

// wordsOf returns the texts of a request that the ledger finds it by.
func wordsOf(r request.Request) string {
	texts := []string{r.Title, r.Reference, r.RemoteID}
	for _, s := range r.Signers {
		texts = append(texts, s.Name)
	}
	for _, d := range r.Documents {
		texts = append(texts, d.Name)
	}
	if r.Outcome != nil {
		texts = append(texts, r.Outcome.Code, r.Outcome.Message)
	}
	if r.Review != nil {
		texts = append(texts, r.Review.Note)
	}
	return strings.Join(texts, " ")
}

// launchedOut returns when the browser of a request left that has not come back, nil if there is none.
func launchedOut(r request.Request) any {
	if r.Status != request.Signing || r.ReturnedAt != nil {
		return nil
	}
	return millis(r.LaunchedAt)
}

func millis(t *time.Time) any {
	if t == nil {
		return nil
	}
	return t.UnixMilli()
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// loadRival makes a database with everything that the ledger l of an office has, as quickly as SQLite can: in the order of the keys, the
// indexes afterwards, and one wait for the disk at the end. It returns how long SQLite took. What it costs to read the rows from the
// ledger does not count.
func loadRival(ctx context.Context, path string, o office, l *ledger.Ledger) (took time.Duration, err error) {
	v, err := openRival(ctx, path, true)
	if err != nil {
		return 0, err
	}
	timed := func(do func() error) error {
		start := time.Now()
		defer func() { took += time.Since(start) }()
		return do()
	}
	err = timed(func() error {
		if _, err := v.db.ExecContext(ctx, sqliteSchema); err != nil {
			return err
		}
		for e := range o.events() {
			if err := v.addEvent(ctx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, errors.Join(err, v.close())
	}
	err = eachPage(ctx, l, func(page []request.Request) error {
		return timed(func() error {
			for _, r := range page {
				if err := v.addRequest(ctx, r); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		return 0, errors.Join(err, v.close())
	}
	err = timed(func() error {
		if err := v.commit(); err != nil {
			return err
		}
		if _, err := v.db.ExecContext(ctx, sqliteIndexes); err != nil {
			return err
		}
		return errors.Join(v.close(), syncFile(path))
	})
	return took, err
}

// eachPage calls the function each with all requests of a ledger, in the order in which they were added.
func eachPage(ctx context.Context, l *ledger.Ledger, each func([]request.Request) error) error {
	q := ledger.Query{Order: ledger.ByCreated, Reverse: true, Limit: 1000}
	for {
		page, err := l.Query(ctx, q)
		if err != nil {
			return err
		}
		if err := each(page.Requests); err != nil || page.Next == "" {
			return err
		}
		q.After = page.Next
	}
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// countByGroup runs the query that the statistics are compared with and returns how many groups there are.
func (v *rival) countByGroup(ctx context.Context) (groups int, err error) {
	rows, err := v.db.QueryContext(ctx, "SELECT gateway, person, status, count(*), sum(took) FROM attempts GROUP BY gateway, person, status")
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var n, took int64
		var status, gateway, person string
		if err := rows.Scan(&gateway, &person, &status, &n, &took); err != nil {
			return 0, err
		}
		groups++
	}
	if groups == 0 {
		return 0, fmt.Errorf("no attempt was found: %w", errors.Join(sql.ErrNoRows, rows.Err()))
	}
	return groups, rows.Err()
}
