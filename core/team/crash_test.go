package team

import (
	"errors"
	"sync"
	"testing"

	"countersign/core/register"
	"countersign/core/team/teamtest"
)

// TestWhatWasAcknowledgedOutlivesTheServer kills the server while desks append. Each event that was acknowledged is there afterwards,
// and a desk that does not know whether its event was taken asks again with its key.
func TestWhatWasAcknowledgedOutlivesTheServer(t *testing.T) {
	needServer(t)
	shared := cluster
	own, err := teamtest.Start()
	if err != nil {
		t.Fatal(err)
	}
	cluster = own
	t.Cleanup(func() {
		cluster = shared
		if err := own.Stop(); err != nil {
			t.Error(err)
		}
	})
	f := newFixture(t)
	const desks, before = 5, 20
	acknowledged := make([]int, desks) // by each desk
	busy, running := make(chan struct{}, desks), make(chan struct{})
	var wg sync.WaitGroup
	for d := range desks {
		wg.Go(func() {
			for seq := 1; ; seq++ {
				e := event(seq, "added", f.clerkLogin, "front", nil)
				e.Request = "r-" + string(rune('a'+d))
				if seq == before {
					busy <- struct{}{}
				}
				key := NewKey()
				_, err := f.clerk.Append(t.Context(), key, register.Head{}, e)
				if err == nil {
					acknowledged[d] = seq
					continue
				}
				if !errors.Is(err, ErrUnreachable) {
					t.Error(err)
					busy <- struct{}{}
					return
				}
				<-running
				if _, err := f.clerk.Append(t.Context(), key, register.Head{}, e); err != nil {
					t.Errorf("with the key, after the server was killed: %v", err)
				}
				acknowledged[d] = seq
				return
			}
		})
	}
	for range desks {
		<-busy
	}
	if err := own.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := own.Restart(); err != nil {
		t.Fatal(err)
	}
	close(running)
	wg.Wait()
	entries, err := f.auditor.Entries(t.Context(), 0, 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	last := map[string]int{}
	var hasher register.Hasher
	var link register.Hash
	for i, e := range entries {
		link = hasher.Link(link, hasher.Entry(e.Request, e.Seq, e.Content))
		if e.Number != i+1 || e.Link != link {
			t.Fatalf("entry %d has the number %d, or another link", i+1, e.Number)
		}
		last[e.Request] = e.Seq
	}
	for d, n := range acknowledged {
		if got := last["r-"+string(rune('a'+d))]; got != n {
			t.Errorf("desk %d: %d events were acknowledged, and %d are there", d, n, got)
		}
	}
}
