// Package broadcast has a signal that wakes any number of waiting goroutines at once. They need not
// register or unregister.
package broadcast

import "sync"

// Signal wakes all goroutines that listen to it. It carries no data: a listener that is woken looks
// for itself what has changed, and several sends before it looks wake it once. The zero value is
// ready to use, and must not be copied after the first use.
type Signal struct {
	mu   sync.Mutex
	next chan struct{} // closed by the next Send; nil while nobody has listened since the last
}

// Listen returns a channel that the next [Signal.Send] closes. To miss nothing, a goroutine that was
// woken calls Listen again first, and looks at what changed afterwards.
func (s *Signal) Listen() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.next == nil {
		s.next = make(chan struct{})
	}
	return s.next
}

// Send wakes all current listeners. It never blocks.
func (s *Signal) Send() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.next != nil {
		close(s.next)
		s.next = nil
	}
}
