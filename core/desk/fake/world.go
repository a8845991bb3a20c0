package fake

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"countersign/core/gateway"
	"countersign/core/request"
)

// World stands in for what a desk needs from outside: a clock, ids, and a browser. Make it with
// [NewWorld].
type World struct {
	mu     sync.Mutex
	now    time.Time
	ids    int
	opened []string
}

// NewWorld returns a world whose clock starts at 9:00 UTC on 4 May 2026.
func NewWorld() *World { return &World{now: time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)} }

// Now moves the clock on by a second and returns its new time, so that no two calls return the same.
func (w *World) Now() time.Time { return w.Advance(time.Second) }

// Advance moves the clock on by a duration and returns its new time.
func (w *World) Advance(by time.Duration) time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(by)
	return w.now
}

// NewID returns r1 at the first call, r2 at the second, and so on.
func (w *World) NewID() request.ID {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ids++
	return request.ID(fmt.Sprintf("r%d", w.ids))
}

// OpenURL follows a one-time address of this computer, as a browser does, and adds the address to which
// it leads to those that [World.Opened] returns. It fails as [Follow] does.
func (w *World) OpenURL(address string) error {
	address, err := Follow(address)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.opened = append(w.opened, address)
	return nil
}

// Follow asks a one-time address of this computer and returns the address to which it sends the browser.
// It fails if the answer is no redirection.
func Follow(address string) (string, error) {
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Get(address)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	target := resp.Header.Get("Location")
	if resp.StatusCode != http.StatusFound || target == "" {
		return "", fmt.Errorf("%s leads nowhere: %s", address, resp.Status)
	}
	return target, nil
}

// Opened returns the addresses that browsers were sent to, in order.
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
