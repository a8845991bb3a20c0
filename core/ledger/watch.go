package ledger

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/fsnotify/fsnotify"
	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

// Notice tells a watcher what was committed since the notice before it.
type Notice struct {
	Events []Noted
	// Missed says that more happened than is listed: what the watcher shows has to
	// be read anew.
	Missed bool
}

// Noted is one event of one request, in the order of the journal.
type Noted struct {
	ID    request.ID
	Event request.Event
}

// backlog is how many events a watcher may fall behind before it is told to start over.
const backlog = 1000

// Watch tells of everything committed from now on, by this process and by others
// on the same home. Nobody ever waits for a watcher: one that is slow gets the next
// notice later, and one that is slower than the backlog learns that it missed something.
// The channel is closed when ctx ends or the ledger is closed.
func (l *Ledger) Watch(ctx context.Context) (<-chan Notice, error) {
	l.followOnce.Do(l.followFile)
	// Listen first and look second, so that nothing falls between.
	news := l.changes.Listen()
	at, err := l.lastNumber(ctx)
	if err != nil {
		return nil, err
	}
	notices := make(chan Notice)
	started := l.background(func() {
		defer close(notices)
		for {
			select {
			case <-news:
			case <-ctx.Done():
				return
			case <-l.stopped.Done():
				return
			}
			news = l.changes.Listen()
			notice, head, err := l.noticeSince(ctx, at)
			switch {
			case ctx.Err() != nil:
				return
			case err != nil:
				l.opts.Log.Warn("could not read what changed", "error", err)
				notice = Notice{Missed: true}
			case head == at:
				continue
			default:
				at = head
			}
			select {
			case notices <- notice:
			case <-ctx.Done():
				return
			case <-l.stopped.Done():
				return
			}
		}
	})
	if !started {
		close(notices)
	}
	return notices, nil
}

func (l *Ledger) lastNumber(ctx context.Context) (head int, err error) {
	err = l.readTx(ctx, func(tx *bolt.Tx) error {
		last, _ := tx.Bucket(bucketJournal).Cursor().Last()
		head = decodeNumber(last)
		return nil
	})
	return head, err
}

// noticeSince reads the journal behind at.
func (l *Ledger) noticeSince(ctx context.Context, at int) (notice Notice, head int, err error) {
	err = l.readTx(ctx, func(tx *bolt.Tx) error {
		cursor := tx.Bucket(bucketJournal).Cursor()
		last, _ := cursor.Last()
		head = decodeNumber(last)
		if head-at > backlog {
			notice.Missed = true
			return nil
		}
		for k, v := cursor.Seek(encodeNumber(at + 1)); k != nil; k, v = cursor.Next() {
			entry, err := parseEntry(v)
			if err != nil {
				return err
			}
			e, err := readEvent(tx, entry.id, entry.seq)
			if err != nil {
				return err
			}
			notice.Events = append(notice.Events, Noted{ID: entry.id, Event: e})
		}
		return nil
	})
	return notice, head, err
}

// followFile passes on that another process has written. The system tells of it;
// nobody polls. Where the system cannot, a window shows its own changes only, and says
// so in the log.
func (l *Ledger) followFile() {
	if l.opts.Private {
		return
	}
	watcher, err := fsnotify.NewWatcher()
	if err == nil {
		err = watcher.Add(l.dir)
	}
	if err != nil {
		l.opts.Log.Warn("changes by other programs will be seen late", "error", fmt.Errorf("watch %s: %w", l.dir, err))
		return
	}
	started := l.background(func() {
		defer watcher.Close()
		for {
			select {
			case e := <-watcher.Events:
				if filepath.Base(e.Name) == FileName {
					l.changes.Send()
				}
			case err := <-watcher.Errors:
				l.opts.Log.Warn("watching the ledger", "error", err)
				l.changes.Send()
			case <-l.stopped.Done():
				return
			}
		}
	})
	if !started {
		watcher.Close()
	}
}
