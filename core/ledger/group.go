package ledger

import (
	"context"
	"crypto"
	"slices"

	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

// maxGroup is the largest number of changes in one transaction, unless a single call of Append has more.
const maxGroup = 100

// pendingAppend is a call of Append that waits to be written. Its fields after key are guarded by Ledger.writing.
type pendingAppend struct {
	ctx     context.Context
	changes []Change
	key     crypto.Signer

	done  bool // after and err are the results
	after []request.Request
	err   error
}

// appendInGroup writes the changes of p, and sets p.after and p.err. The goroutine that comes to write also writes what others wait
// to append, in one transaction: a commit takes milliseconds, and hundreds of browsers may come back within a second. The results of each
// call of Append are those that it would have alone.
func (l *Ledger) appendInGroup(p *pendingAppend) {
	l.pendingMu.Lock()
	l.pending = append(l.pending, p)
	l.pendingMu.Unlock()
	l.writing.Lock()
	defer l.writing.Unlock()
	for !p.done { // those before p may be more than one group
		l.writeGroup(l.nextGroup())
	}
}

// nextGroup removes the calls for one transaction from l.pending, and returns them.
func (l *Ledger) nextGroup() (group []*pendingAppend) {
	l.pendingMu.Lock()
	defer l.pendingMu.Unlock()
	size, n := 0, 0
	for n < len(l.pending) && (n == 0 || size+len(l.pending[n].changes) <= maxGroup) {
		size += len(l.pending[n].changes)
		n++
	}
	group = slices.Clone(l.pending[:n])
	l.pending = slices.Delete(l.pending, 0, n)
	return group
}

// writeGroup writes the changes of a group of calls, and sets done, after and err of each. A call that fails does not affect the others.
// The caller is the one that writes.
func (l *Ledger) writeGroup(group []*pendingAppend) {
	var live []*pendingAppend
	for _, p := range group {
		p.done = true
		if p.err = p.ctx.Err(); p.err == nil {
			live = append(live, p)
		}
	}
	if len(live) == 0 {
		return
	}
	ctx := live[0].ctx
	if len(live) > 1 {
		ctx = context.WithoutCancel(ctx) // the end of one call must not end the others; the wait for the lock is bounded
	}
	err := l.writeFile(ctx, func(db *bolt.DB) error {
		for len(live) > 0 {
			failed, err := l.commitGroup(db, live)
			if failed == nil {
				return err
			}
			failed.err = err
			live = slices.DeleteFunc(live, func(p *pendingAppend) bool { return p == failed })
		}
		return nil
	})
	for _, p := range live {
		p.err = err
	}
}

// commitGroup writes the changes of all calls in one transaction, or nothing. If the changes of one call cannot be written, failed is that
// call, and err is the reason. If failed is nil, err is the error of the transaction as a whole, or nil after it was committed.
func (l *Ledger) commitGroup(db *bolt.DB, group []*pendingAppend) (failed *pendingAppend, err error) {
	err = update(db, func(tx *bolt.Tx) error {
		if isCopy(tx) {
			return ErrOfficeCopy
		}
		var key crypto.Signer
		a := l.newAppender(tx)
		for _, p := range group {
			if p.after, err = a.appendAll(p.changes); err != nil {
				failed = p
				return err
			}
			if p.key != nil {
				key = p.key
			}
		}
		if err := a.finish(); err != nil {
			return err
		}
		return l.trySign(tx, key)
	})
	return failed, err
}

func (a *appender) appendAll(changes []Change) (after []request.Request, err error) {
	for _, c := range changes {
		r, err := a.append(c)
		if err != nil {
			return nil, err
		}
		after = append(after, r)
	}
	return after, nil
}
