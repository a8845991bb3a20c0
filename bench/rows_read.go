package main

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"time"

	bolt "go.etcd.io/bbolt"

	"countersign/core/export"
	"countersign/core/home"
	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/core/stats"
)

// measureReading compares queries with the same in a small ledger.
func (b *bench) measureReading(n int) error {
	if n == smallSize {
		return nil // it is the floor
	}
	largeOffice := b.largeOffice(n)
	smallOffice := officeOf(smallSize, largeOffice.additions)
	return b.with(smallOffice, func(small *ledger.Ledger, _ string) error {
		return b.with(largeOffice, func(large *ledger.Ledger, _ string) error {
			for _, r := range readings {
				ofLarge, ofSmall := func() error { return r.do(b, large, largeOffice) }, func() error { return r.do(b, small, smallOffice) }
				if err := errors.Join(ofLarge(), ofSmall()); err != nil { // so that both are in memory
					return fmt.Errorf("%s: %w", r.what, err)
				}
				ours, floor, err := alternate(20, ofLarge, ofSmall)
				if err != nil {
					return fmt.Errorf("%s: %w", r.what, err)
				}
				b.record(r.line, n, duration(ours), duration(floor))
			}
			return nil
		})
	})
}

// readings are the questions that a window asks, of the ledger of an office.
var readings = []struct {
	line
	do func(b *bench, l *ledger.Ledger, o office) error
}{
	{searchRare, func(b *bench, l *ledger.Ledger, o office) error {
		return b.ask(l, ledger.Query{Search: strconv.Itoa(o.requests)}, 1) // the number in the title of the last one
	}},
	{searchCommon, func(b *bench, l *ledger.Ledger, _ office) error {
		return b.ask(l, ledger.Query{Search: "contrato"}, page)
	}},
	{sorting, func(b *bench, l *ledger.Ledger, _ office) error {
		for o := ledger.ByChanged; o.Valid(); o++ {
			for _, reverse := range []bool{false, true} {
				if err := b.ask(l, ledger.Query{Order: o, Reverse: reverse}, page); err != nil {
					return err
				}
			}
		}
		return nil
	}},
	{jump, func(b *bench, l *ledger.Ledger, o office) error {
		return b.ask(l, ledger.Query{Order: ledger.ByCreated, Skip: o.requests / 2}, page)
	}},
	{selectAll, func(b *bench, l *ledger.Ledger, _ office) error {
		ids, err := l.IDs(b.ctx, ledger.Query{}, mostSelected)
		if err == nil && len(ids) != mostSelected {
			err = fmt.Errorf("%d ids", len(ids))
		}
		return err
	}},
	{filtering, func(b *bench, l *ledger.Ledger, o office) error {
		q := ledger.Query{Statuses: []request.Status{request.Rejected, request.Failed}, Decision: request.Undecided, Gateway: gateways[1], Archived: ledger.Without, Order: ledger.ByDue, Limit: filtered}
		if o.additions { // they are all open, and of one gateway
			q.Statuses, q.Decision, q.Gateway, q.Person = []request.Status{request.Pending}, "", gateways[2], people[1]
		}
		return b.ask(l, q, filtered)
	}},
}

const (
	page         = 50     // rows that a list shows at once
	filtered     = 10     // rows that meet the four conditions also in the small ledger
	mostSelected = 10_000 // requests that a window selects at once
)

// ask makes a query for one page, which has the usual number of rows unless the query says another, and checks that it has at
// least so many.
func (b *bench) ask(l *ledger.Ledger, q ledger.Query, rows int) error {
	q.Limit = cmp.Or(q.Limit, page)
	found, err := l.Query(b.ctx, q)
	if err == nil && len(found.Requests) < rows {
		err = fmt.Errorf("%d rows in place of %d", len(found.Requests), rows)
	}
	return err
}

// measureAudit compares an audit with reading and hashing what it reads.
func (b *bench) measureAudit(n int) error {
	o := b.largeOffice(n)
	return b.with(o, func(l *ledger.Ledger, dir string) error {
		ours, err := took(func() error {
			a, err := l.Audit(b.ctx, ledger.AuditOptions{})
			missesDocument := a.Fault != nil && a.Fault.Document != ""
			if err == nil && (a.Requests != n || missesDocument == o.additions) { // only whole lives have documents, which are not there
				err = fmt.Errorf("the audit has not come to its end: %+v, fault %+v", a, a.Fault)
			}
			return err
		})
		if err != nil {
			return err
		}
		floor, err := took(func() error { return hashRegister(dir) })
		b.record(audit, n, duration(ours), duration(floor))
		return err
	})
}

// hashRegister reads and hashes the journal and the events of the ledger in a folder, which nobody may write to.
func hashRegister(dir string) error {
	db, err := bolt.Open(filepath.Join(dir, ledger.FileName), 0o600, &bolt.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	sum := sha256.New()
	err = db.View(func(tx *bolt.Tx) error {
		for _, name := range []string{"journal", "events"} {
			if err := tx.Bucket([]byte(name)).ForEach(func(k, v []byte) error {
				sum.Write(k)
				sum.Write(v)
				return nil
			}); err != nil {
				return err
			}
		}
		return nil
	})
	return errors.Join(err, db.Close())
}

// measureStatistics compares statistics over everything with the same in SQLite. Requests without attempts have none.
func (b *bench) measureStatistics(n int) error {
	if n > mostLives {
		return nil
	}
	return b.with(officeOf(n, false), func(l *ledger.Ledger, _ string) error {
		return b.inScratch(func(dir string) error {
			v, err := openRival(b.ctx, filepath.Join(dir, "rival.db"), true)
			if err != nil {
				return err
			}
			err = b.fillAttempts(v, l)
			counter := stats.NewCounter(l, func() time.Time { return opened.AddDate(officeYears, 0, 0) })
			count := func() error { _, err := counter.Stats(b.ctx, stats.Period{Zone: time.UTC}); return err }
			if err == nil {
				var ours, floor time.Duration
				ours, floor, err = alternate(3, count, func() error { _, err := v.countByGroup(b.ctx); return err })
				b.record(statistics, n, duration(ours), duration(floor))
			}
			if err == nil {
				err = b.measureHeap(n, count)
			}
			return errors.Join(err, v.close())
		})
	})
}

func (b *bench) fillAttempts(v *rival, l *ledger.Ledger) error {
	if _, err := v.db.ExecContext(b.ctx, sqliteSchema); err != nil {
		return err
	}
	if err := l.AttemptStats(b.ctx, ledger.StatQuery{}, func(a ledger.AttemptStat) error { return v.addAttempt(b.ctx, a) }); err != nil {
		return err
	}
	if err := v.commit(); err != nil {
		return err
	}
	_, err := v.db.ExecContext(b.ctx, attemptsIndex)
	return err
}

// measureHeap compares the memory of statistics with that in a small ledger.
func (b *bench) measureHeap(n int, count func() error) error {
	if n == smallSize {
		return nil // it is the floor
	}
	ours, err := peakHeap(count)
	if err != nil {
		return err
	}
	return b.with(officeOf(smallSize, false), func(l *ledger.Ledger, _ string) error {
		counter := stats.NewCounter(l, func() time.Time { return opened.AddDate(officeYears, 0, 0) })
		floor, err := peakHeap(func() error { _, err := counter.Stats(b.ctx, stats.Period{Zone: time.UTC}); return err })
		b.record(statsMemory, n, quantity{float64(ours), "B"}, quantity{float64(floor), "B"})
		return err
	})
}

// measureExport compares the export of all requests with writing the same rows with encoding/csv.
func (b *bench) measureExport(n int) error {
	return b.with(b.largeOffice(n), func(l *ledger.Ledger, _ string) error {
		return b.inScratch(func(dir string) error {
			folder, err := home.Open(filepath.Join(dir, "home"))
			if err != nil {
				return err
			}
			x := export.New(export.Config{Home: folder, Ledger: l, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
			path := filepath.Join(dir, "all.csv")
			ours, err := took(func() error {
				written, err := x.Export(b.ctx, export.Table{Path: path, Query: ledger.Query{Order: ledger.ByCreated}}, func(int, int) {})
				if err == nil && written != n {
					err = fmt.Errorf("%d rows of %d", written, n)
				}
				return err
			})
			if err != nil {
				return err
			}
			floor, err := writeReadyRows(path, filepath.Join(dir, "floor.csv"))
			b.record(exportCSV, n, duration(ours), duration(floor))
			return err
		})
	})
}

// writeReadyRows reads the table at path and writes its rows to another file. It returns how long the writing took.
func writeReadyRows(path, to string) (writing time.Duration, err error) {
	from, err := os.Open(path) // #nosec G304 -- a file of this run
	if err != nil {
		return 0, err
	}
	defer from.Close()
	out, err := os.Create(to) // #nosec G304 -- a file of this run
	if err != nil {
		return 0, err
	}
	in, buffered := csv.NewReader(bufio.NewReaderSize(from, 1<<20)), bufio.NewWriter(out)
	w := csv.NewWriter(buffered)
	w.UseCRLF = true
	for end := false; !end; {
		var rows [][]string
		for len(rows) < 10_000 {
			row, err := in.Read()
			if end = errors.Is(err, io.EOF); end {
				break
			}
			if err != nil {
				return 0, errors.Join(err, out.Close())
			}
			rows = append(rows, row)
		}
		t, err := took(func() error { return w.WriteAll(rows) })
		if writing += t; err != nil {
			return 0, errors.Join(err, out.Close())
		}
	}
	t, err := took(func() error { return errors.Join(buffered.Flush(), out.Sync(), out.Close()) })
	if err == nil {
		err = sameSize(path, to)
	}
	return writing + t, err
}

// sameSize returns an error unless two files have the same rows, whose sizes differ by a byte order mark at most.
func sameSize(path, to string) error {
	one, err := os.ReadFile(path) // #nosec G304 -- a file of this run
	if err != nil {
		return err
	}
	other, err := os.ReadFile(to) // #nosec G304 -- a file of this run
	if err == nil && !bytes.Equal(one, other) {
		err = fmt.Errorf("%s has %d bytes and %s %d", path, len(one), to, len(other))
	}
	return err
}
