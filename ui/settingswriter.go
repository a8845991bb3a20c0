package ui

import (
	"context"
	"sync"
	"time"

	"countersign/core/settings"
	"countersign/ui/async"
)

// writeDelay is how long changes of the arrangement are collected before they are written.
const writeDelay = 700 * time.Millisecond

// settingsWriter writes changes of the window's arrangement to the settings, several at a time and in the
// background. Changes that are pending when the window closes are written at once.
type settingsWriter struct {
	desk    Desk
	bg      *async.Worker
	done    func(error) // called on the drawing goroutine after each write
	mu      sync.Mutex
	pending []func(*settings.Settings)
}

// write schedules a change of the settings. The function change runs on a background goroutine, and must not read what
// the window changes. write may be called from any goroutine.
func (s *settingsWriter) write(change func(*settings.Settings)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending = append(s.pending, change)
	if len(s.pending) == 1 {
		s.bg.Go(s.writeSoon)
	}
}

func (s *settingsWriter) writeSoon(ctx context.Context) {
	wait := time.NewTimer(writeDelay)
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-ctx.Done():
	}
	s.mu.Lock()
	wanted := s.pending
	s.pending = nil
	s.mu.Unlock()
	_, err := s.desk.ChangeSettings(context.WithoutCancel(ctx), func(s *settings.Settings) {
		for _, change := range wanted {
			change(s)
		}
	})
	s.bg.Show(func() { s.done(err) })
}
