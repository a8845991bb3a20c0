package desk

import "sync"

// signal wakes everyone who listens. It carries nothing, so it never fills up.
type signal struct {
	mu   sync.Mutex
	news chan struct{}
}

func newSignal() *signal { return &signal{news: make(chan struct{})} }

// listen gives a channel that is closed by the next send.
func (s *signal) listen() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.news
}

func (s *signal) send() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.news)
	s.news = make(chan struct{})
}
