package desk

import (
	"context"
	"sync"
	"time"
)

const (
	reloadTime     = 2 * time.Second // how long after an answer the browser may ask for the page again
	maxReloadsTime = 5 * time.Second // how long AwaitReloads waits at most
)

// reloads records when this process last answered a browser that came back. The zero value is ready to use.
type reloads struct {
	mu   sync.Mutex
	last time.Time // zero when none was
}

func (r *reloads) answered() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = time.Now()
}

// left returns how long the browser may still ask for the page again. It is zero or negative when no
// further request is expected.
func (r *reloads) left() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last.IsZero() {
		return 0
	}
	return reloadTime - time.Since(r.last)
}

// AwaitReloads waits a moment if a browser has just come back to this process. A program calls it
// before it ends, while it still listens: browsers may ask for the landing page twice, and people
// reload it, and then they would find that nothing answers. AwaitReloads returns two seconds after
// the last answer, and five seconds after its call at the latest. It returns at once when ctx is
// done, and when no browser came back to this process.
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
