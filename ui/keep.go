package ui

import (
	"context"
	"sync"
	"time"

	"countersign/core/desk"
	"countersign/ui/async"
)

// keepAfter is how long changes of how the window is arranged are gathered before they are written.
const keepAfter = 700 * time.Millisecond

// keeper writes how the window is arranged into the settings, in the background, some
// changes at a time. What is still to be written when the window closes is written then.
type keeper struct {
	desk   Desk
	bg     *async.Worker
	done   func(error) // on the goroutine that draws
	mu     sync.Mutex
	wanted []func(*desk.Settings)
}

// keep has the settings changed soon. The change runs on a background goroutine, so that it
// must not look at what the window changes.
func (k *keeper) keep(change func(*desk.Settings)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.wanted = append(k.wanted, change)
	if len(k.wanted) == 1 {
		k.bg.Go(k.writeSoon)
	}
}

func (k *keeper) writeSoon(ctx context.Context) {
	wait := time.NewTimer(keepAfter)
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-ctx.Done():
	}
	k.mu.Lock()
	wanted := k.wanted
	k.wanted = nil
	k.mu.Unlock()
	_, err := k.desk.ChangeSettings(context.WithoutCancel(ctx), func(s *desk.Settings) {
		for _, change := range wanted {
			change(s)
		}
	})
	k.bg.Show(func() { k.done(err) })
}
