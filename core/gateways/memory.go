package gateways

import (
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"sync"

	"countersign/core/home"
)

// memory is the [gateway.Memory] of a home, in its file learned.json. A file that cannot be read counts as empty, and one that
// cannot be written is only logged: what is not remembered is found out again.
type memory struct {
	dir home.Dir
	log *slog.Logger
	mu  sync.Mutex // this process's changes; those of two processes at once may lose one of them
}

const (
	maxMemory = 64 << 10 // bytes of learned.json
	maxFacts  = 100      // when there are more, all are forgotten
)

// Recall implements [gateway.Memory]. It reads the file anew each time, since other processes write it.
func (m *memory) Recall(subject string) string { return m.facts()[subject] }

// Remember implements [gateway.Memory].
func (m *memory) Remember(subject, fact string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	facts := m.facts()
	if len(facts) >= maxFacts {
		clear(facts)
	}
	facts[subject] = fact
	if fact == "" {
		delete(facts, subject)
	}
	text, err := json.MarshalIndent(facts, "", "  ")
	if err == nil {
		err = home.WriteFile(m.dir.Learned(), text)
	}
	if err != nil {
		m.log.Warn("what was learned about a gateway cannot be kept", "error", err)
	}
}

// facts returns what is in the file.
func (m *memory) facts() map[string]string {
	facts := map[string]string{}
	text, err := home.ReadFile(m.dir.Learned(), maxMemory)
	if errors.Is(err, fs.ErrNotExist) {
		return facts
	}
	if err == nil {
		err = json.Unmarshal(text, &facts)
	}
	if err != nil {
		m.log.Warn("what was learned about gateways cannot be read", "error", err)
	}
	if err != nil || facts == nil {
		return map[string]string{}
	}
	return facts
}
