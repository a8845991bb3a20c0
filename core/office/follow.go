package office

import (
	"context"
	"errors"
	"time"

	"countersign/core/ledger"
	"countersign/core/register"
	"countersign/core/team"
)

const (
	// lookEvery is how long Follow relies on the server to say that there is something new.
	lookEvery = 30 * time.Second
	// longestPause is the longest pause between two attempts of Follow to reach the server.
	longestPause = 30 * time.Second
	// farewell is how long Follow takes at most to sign at its end.
	farewell = 2 * time.Second
)

// Copy is the desk's copy of the office's register. Package ledger implements it.
type Copy interface {
	// CatchUpTo writes what is new to the copy, and asks the server nothing if the copy has the entry with that number, unless that is 0.
	CatchUpTo(ctx context.Context, number int) error
	LastCheckpoint(ctx context.Context) (register.Checkpoint, error)
}

// CatchUp has the copy take over what is new in the office's register, and notes that everything is here then. It fails as
// [ledger.Ledger.CatchUp] does.
func (l *Link) CatchUp(ctx context.Context, c Copy) error { return l.catchUpTo(ctx, c, 0) }

func (l *Link) catchUpTo(ctx context.Context, c Copy, number int) error {
	err := c.CatchUpTo(ctx, number)
	switch {
	case err == nil:
		l.enter(Online, nil)
	case errors.Is(err, ledger.ErrParted):
		l.enter(Parted, err)
	}
	return err
}

// Follow has the copy take over what is new as soon as the server says so, until ctx is done; then it returns nil. While the server is out of
// reach it tries again, with pauses that grow. It also signs as a witness what the copy has. It fails with [ledger.ErrParted] if the office's
// register is not the one that this desk has read: then a person has to decide.
func (l *Link) Follow(ctx context.Context, c Copy) error {
	w := witness{link: l, copy: c}
	defer w.end(ctx)
	pause := firstPause
	for {
		err := l.listen(ctx, c, func() { pause = firstPause; w.sign(ctx, witnessStep) })
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, ledger.ErrParted):
			return err
		}
		l.log.Info("the office is not followed for the moment", "error", err)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil
		}
		pause = min(2*pause, longestPause)
	}
}

// listen has the copy catch up and calls caughtUp then, whenever the server says that there is something new. It returns when it cannot go
// on.
func (l *Link) listen(ctx context.Context, c Copy, caughtUp func()) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	return l.call(ctx, callTime, func(_ context.Context, o *team.Office) error { // it lasts
		err := o.Listen(ctx, lookEvery, func(ctx context.Context, number int) {
			if err := l.catchUpTo(ctx, c, number); err != nil {
				stop(err)
				return
			}
			caughtUp()
		})
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return err
	})
}
