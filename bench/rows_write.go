package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	bolt "go.etcd.io/bbolt"

	"countersign/core/backup"
	"countersign/core/home"
	"countersign/core/ledger"
	"countersign/core/request"
)

// measureDisk compares the size of a ledger with that of its events.
func (b *bench) measureDisk(n int) error {
	for _, o := range []office{officeOf(n, true), officeOf(n, false)} {
		if !o.additions && n > mostLives {
			continue
		}
		l := diskOfLife
		if o.additions {
			l = diskOfOne
		}
		dir, err := b.ledgerOf(o)
		if err != nil {
			return err
		}
		info, err := os.Stat(filepath.Join(dir, ledger.FileName))
		if err != nil {
			return err
		}
		events := 0
		for e := range o.events() {
			events += len(e.Event)
		}
		b.record(l, n, quantity{float64(info.Size()) / float64(n), "B"}, quantity{float64(events) / float64(n), "B"})
	}
	return nil
}

// measureLoad compares filling a ledger with filling a database of SQLite, from the same events.
func (b *bench) measureLoad(n int) error {
	o := b.largeOffice(n)
	if _, kept := b.loaded[b.folder(o)]; !kept { // it is of an earlier run
		if err := os.RemoveAll(b.folder(o)); err != nil {
			return err
		}
	}
	return b.with(o, func(l *ledger.Ledger, dir string) error {
		return b.inScratch(func(scratch string) error {
			floor, err := loadRival(b.ctx, filepath.Join(scratch, "rival.db"), o, l)
			b.record(bulkLoad, n, perSecond(n, b.loaded[dir]), perSecond(n, floor))
			return err
		})
	})
}

func perSecond(n int, in time.Duration) quantity {
	return quantity{float64(n) / max(in.Seconds(), 1e-9), "/s"}
}

const (
	batch   = 500 // requests in one transaction
	batches = 10
)

// measureAdding compares adding requests to a ledger with adding the same rows to a database of SQLite that has as many.
func (b *bench) measureAdding(n int) error {
	return b.inScratch(func(dir string) error {
		o := officeOf(n, true)
		if err := b.copyOf(o, dir); err != nil {
			return err
		}
		l, err := b.open(dir)
		if err != nil {
			return err
		}
		v, err := b.rivalWith(o, l, filepath.Join(dir, "rival.db"))
		if err != nil {
			return errors.Join(err, l.Close())
		}
		var all [2][]time.Duration
		for nth := range batches {
			events, ids := o.nextAdditions(nth, batch)
			ours, floor, failed := alternate(1, func() error { return b.addToLedger(l, events, ids) }, func() error { return b.addToRival(v, events, ids) })
			all[0], all[1], err = append(all[0], ours), append(all[1], floor), errors.Join(err, failed)
		}
		if err == nil {
			b.record(bulkAdd, n, perSecond(batch, median(all[0])), perSecond(batch, median(all[1])))
		}
		return errors.Join(err, v.close(), l.Close())
	})
}

// rivalWith returns an open database at path that has everything that the ledger l of an office has.
func (b *bench) rivalWith(o office, l *ledger.Ledger, path string) (*rival, error) {
	if _, err := loadRival(b.ctx, path, o, l); err != nil {
		return nil, err
	}
	v, err := openRival(b.ctx, path, false)
	if err != nil {
		return nil, err
	}
	v.rows = o.requests
	return v, nil
}

func (b *bench) addToLedger(l *ledger.Ledger, events []request.Event, ids []request.ID) error {
	var changes []ledger.Change
	for i, e := range events {
		changes = append(changes, ledger.Change{ID: ids[i], Events: []request.Event{e}})
	}
	_, err := l.Append(b.ctx, changes...)
	return err
}

func (b *bench) addToRival(v *rival, events []request.Event, ids []request.ID) error {
	for i, e := range events {
		stored, err := json.Marshal(e)
		if err != nil {
			return err
		}
		r, err := request.Fold(ids[i], []request.Event{e})
		if err != nil {
			return err
		}
		if err := errors.Join(v.addEvent(b.ctx, ledger.Recorded{ID: ids[i], Seq: 1, Event: stored}), v.addRequest(b.ctx, r)); err != nil {
			return err
		}
	}
	return v.commit()
}

// nextAdditions returns the requests that the office adds in its nth batch after all that it has.
func (o office) nextAdditions(nth, size int) (events []request.Event, ids []request.ID) {
	for i := range size {
		l := o.life(o.requests + nth*size + i)
		var e request.Event
		if err := json.Unmarshal(l.appendEvent(nil, 0, l.added), &e); err != nil {
			panic(err) // the tests compare these bytes with what the program writes
		}
		events, ids = append(events, e), append(ids, l.id)
	}
	return events, ids
}

// measureWrite compares a transaction that changes nothing with one of bbolt, on the same file.
func (b *bench) measureWrite(n int) error {
	return b.inScratch(func(dir string) error {
		paths := [2]string{filepath.Join(dir, "one"), filepath.Join(dir, "other")}
		for _, p := range paths {
			if err := errors.Join(os.Mkdir(p, 0o700), b.copyOf(officeOf(n, true), p)); err != nil {
				return err
			}
		}
		l, err := b.open(paths[0])
		if err != nil {
			return err
		}
		db, err := bolt.Open(filepath.Join(paths[1], ledger.FileName), 0o600, &bolt.Options{FreelistType: bolt.FreelistMapType})
		if err != nil {
			return errors.Join(err, l.Close())
		}
		ours, floor, err := alternate(100, func() error { _, err := l.Append(b.ctx); return err }, func() error {
			return db.Update(func(*bolt.Tx) error { return nil })
		})
		b.record(oneWrite, n, duration(ours), duration(floor))
		return errors.Join(err, db.Close(), l.Close())
	})
}

// measureCopies compares what reads or writes a whole ledger with a copy of its file.
func (b *bench) measureCopies(n int) error {
	return b.inScratch(func(dir string) error {
		in := filepath.Join(dir, "home")
		// The requests of this office have no documents, which would be missing in a backup.
		if err := errors.Join(os.Mkdir(in, 0o700), b.copyOf(officeOf(n, true), in)); err != nil {
			return err
		}
		copied := filepath.Join(dir, "copy")
		copying := func() error {
			_, err := copyFile(filepath.Join(in, ledger.FileName), copied)
			return err
		}
		for _, c := range []struct {
			line
			do func(in string) error
		}{{writeBackup, b.writeBackup}, {readBackup, b.restore}, {rebuild, b.rebuild}, {migration, b.migrate}} {
			ours, floor, err := alternate(rounds(n), func() error { return c.do(in) }, copying)
			if err = errors.Join(err, os.RemoveAll(copied), os.RemoveAll(restoredOf(in))); err != nil { // the next line needs their room
				return fmt.Errorf("%s: %w", c.what, err)
			}
			b.record(c.line, n, duration(ours), duration(floor))
		}
		return nil
	})
}

func backupOf(in string) string { return in + ".tar.gz" }

func restoredOf(in string) string { return in + ".restored" }

func (b *bench) writeBackup(in string) error {
	folder, err := home.Open(in)
	if err != nil {
		return err
	}
	l, err := b.open(in)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(backupOf(in)); err != nil {
		return err
	}
	_, err = backup.Write(b.ctx, folder, l, backupOf(in), backup.Options{})
	return errors.Join(err, l.Close())
}

func (b *bench) restore(in string) error {
	if err := os.RemoveAll(restoredOf(in)); err != nil {
		return err
	}
	_, err := backup.Restore(b.ctx, backupOf(in), restoredOf(in), backup.Options{})
	return err
}

func (b *bench) rebuild(in string) error {
	l, err := b.open(in)
	if err != nil {
		return err
	}
	return errors.Join(l.Rebuild(b.ctx), l.Close())
}

// migrate opens the ledger of a home whose file says that it is of the schema before. The events of the two schemas are the same, and
// the rest is made anew.
func (b *bench) migrate(in string) error {
	db, err := bolt.Open(filepath.Join(in, ledger.FileName), 0o600, nil)
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bolt.Tx) error {
		meta := tx.Bucket([]byte("meta"))
		version := append([]byte(nil), meta.Get([]byte("schema"))...)
		version[len(version)-1]--
		return meta.Put([]byte("schema"), version)
	})
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	l, err := b.open(in)
	if err != nil {
		return err
	}
	return l.Close()
}
