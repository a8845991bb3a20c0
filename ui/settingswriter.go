package ui

import (
	"context"
	"sync"
	"time"

	"countersign/core/settings"
	"countersign/ui/async"
)

// writeAfter is how long changes of how the window is arranged are gathered before they are written.
const writeAfter = 700 * time.Millisecond

// settingsWriter writes how the window is arranged into the settings, in the background, some
// changes at a time. What is still to be written when the window closes is written then.
type settingsWriter struct {
	desk   Desk
	bg     *async.Worker
	done   func(error) // on the goroutine that draws
	mu     sync.Mutex
	wanted []func(*settings.Settings)
}

// write has the settings changed soon. The change runs on a background goroutine, so that it
// must not look at what the window changes.
func (k *settingsWriter) write(change func(*settings.Settings)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.wanted = append(k.wanted, change)
	if len(k.wanted) == 1 {
		k.bg.Go(k.writeSoon)
	}
}

func (k *settingsWriter) writeSoon(ctx context.Context) {
	wait := time.NewTimer(writeAfter)
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-ctx.Done():
	}
	k.mu.Lock()
	wanted := k.wanted
	k.wanted = nil
	k.mu.Unlock()
	_, err := k.desk.ChangeSettings(context.WithoutCancel(ctx), func(s *settings.Settings) {
		for _, change := range wanted {
			change(s)
		}
	})
	k.bg.Show(func() { k.done(err) })
}
