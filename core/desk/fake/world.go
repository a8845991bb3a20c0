package fake

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"countersign/core/gateway"
	"countersign/core/request"
)

// World stands for what a desk has of the world outside: a clock, ids, and a browser. The zero value is not
// for use; see [NewWorld].
type World struct {
	mu     sync.Mutex
	now    time.Time
	ids    int
	opened []string
}

// NewWorld returns a world whose clock starts at 9:00 UTC on 4 May 2026.
func NewWorld() *World { return &World{now: time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)} }

// Now moves the clock a second and returns its time.
func (w *World) Now() time.Time { return w.Advance(time.Second) }

// Advance moves the clock and returns its time.
func (w *World) Advance(by time.Duration) time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(by)
	return w.now
}

// NewID returns r1, r2 and so on.
func (w *World) NewID() request.ID {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ids++
	return request.ID(fmt.Sprintf("r%d", w.ids))
}

// OpenURL notes an address that a browser is sent to.
func (w *World) OpenURL(address string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.opened = append(w.opened, address)
	return nil
}

// Opened returns the addresses that browsers were sent to.
func (w *World) Opened() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.opened)
}

// Office is what a desk in tests works with: two gateways, one and two, secrets, and a world.
type Office struct {
	*World
	One, Two *Gateway
	Secrets  *Secrets
}

// NewOffice returns an office whose gateways take files, two in one visit, and give signed ones back.
func NewOffice() Office {
	can := gateway.Capabilities{MaxDocuments: 2, AcceptsFiles: true, ReturnsSigned: true, DeleteAfterFetch: true}
	return Office{NewWorld(), &Gateway{Can: can}, &Gateway{Can: can}, NewSecrets()}
}

// Kinds returns the kinds of both gateways; see [Profiles].
func (o Office) Kinds() []gateway.Kind {
	return []gateway.Kind{Kind("fake", o.One), Kind("other", o.Two)}
}
