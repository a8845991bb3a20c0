package desk

import (
	"context"
	"sync"
	"time"
)

const (
	reloadTime     = 2 * time.Second // after an answer, for a second request of the browser
	maxReloadsTime = 5 * time.Second // for all reloads together
)

// reloads knows when a browser that came back was last answered by this process. The zero value is ready to use.
type reloads struct {
	mu   sync.Mutex
	last time.Time // zero when none was
}

func (r *reloads) answered() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = time.Now()
}

// left returns how long a further request may still be expected; not positive when none is.
func (r *reloads) left() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last.IsZero() {
		return 0
	}
	return reloadTime - time.Since(r.last)
}

// AwaitReloads keeps a program that is about to end listening for a moment after a browser came back to it. Browsers may ask for the
// landing page twice, and people reload it; without the moment they would see that nothing answers. AwaitReloads returns two seconds
// after the last answer, and five seconds after its call at the latest. It returns at once when ctx is done, and when no browser
// came back to this process.
func (d *Desk) AwaitReloads(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, maxReloadsTime)
	defer cancel()
	for left := d.reloads.left(); left > 0; left = d.reloads.left() {
		select {
		case <-time.After(left):
		case <-ctx.Done():
			return
		}
	}
}
