package callback

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"countersign/core/i18n"
)

const (
	openTime    = 2 * time.Minute // how long a one-time address is good for: a browser that has to be started takes some seconds
	maxOpenings = 1000            // one-time addresses at once; the oldest is dropped for a new one
)

// Opener gives out one-time addresses of this computer, each of which sends one browser on to another address. A browser is started
// with its address on its command line, which every user of the computer can read, and the address of a visit may contain the
// ticket of its return. Its methods may be called from any goroutine.
type Opener struct {
	log *slog.Logger
	now func() time.Time

	mu       sync.Mutex
	openings map[string]*opening
	order    []string      // the nonces, the oldest first
	changed  chan struct{} // closed when an opening is spent or dropped
}

// opening is a one-time address.
type opening struct {
	target  string // empty once it is spent
	expires time.Time
}

// NewOpener returns an Opener. Its addresses answer while [Opener.Serve] is running.
func NewOpener(now func() time.Time, log *slog.Logger) *Opener {
	return &Opener{log: log, now: now, openings: map[string]*opening{}, changed: make(chan struct{})}
}

// Address returns a new address that sends the first browser that asks for it to target. It is good for two minutes. Port is that of
// the listener of [Opener.Serve]. Calling drop makes it useless at once.
func (o *Opener) Address(port int, target string) (address string, drop func()) {
	nonce := NewTicket()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.dropOld()
	o.openings[nonce] = &opening{target, o.now().Add(openTime)}
	o.order = append(o.order, nonce)
	return "http://" + net.JoinHostPort(host, strconv.Itoa(port)) + "/open/" + nonce, func() { o.spend(nonce) }
}

// dropOld removes the addresses whose time is over, and the oldest one if there are too many. The caller holds the mutex.
func (o *Opener) dropOld() {
	for len(o.order) > 0 && (len(o.order) >= maxOpenings || o.openings[o.order[0]].expires.Before(o.now())) {
		delete(o.openings, o.order[0])
		o.order = o.order[1:]
		o.announce()
	}
}

// announce wakes those who wait in [Opener.Await]. The caller holds the mutex.
func (o *Opener) announce() {
	close(o.changed)
	o.changed = make(chan struct{})
}

// Await returns when no address is waiting for its browser any more, or ctx is done.
func (o *Opener) Await(ctx context.Context) {
	for {
		o.mu.Lock()
		o.dropOld()
		waiting := false
		for _, op := range o.openings {
			waiting = waiting || op.target != ""
		}
		changed := o.changed
		o.mu.Unlock()
		if !waiting {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// Serve answers browsers on l until ctx is done, and closes l. Of programs of other users, and of requests ahead of the person, it
// takes no notice, as [Serve] does. l must listen on the loopback address.
func (o *Opener) Serve(ctx context.Context, l net.Listener) error {
	return serve(ctx, l, openHandler{o, newEntrance(l, o.log)}, func() {}, o.log)
}

// openHandler answers requests for the addresses of an Opener.
type openHandler struct {
	*Opener
	*entrance
}

// ServeHTTP sends a browser on that asks for an address for the first time, and answers any other with a page.
func (h openHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	lang := i18n.FromAcceptLanguage(strings.Join(r.Header.Values("Accept-Language"), ","))
	nonce, isOpening := strings.CutPrefix(r.URL.Path, "/open/")
	switch {
	case h.refused(w, r, isOpening && isTicket(nonce), lang):
		return
	case !isNavigation(r.Header):
		refuseSpeculation(w)
		return
	}
	target, known := h.spend(nonce)
	switch {
	case target != "":
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Referrer-Policy", "no-referrer")
		http.Redirect(w, r, target, http.StatusFound)
	case known:
		write(w, http.StatusGone, lang, spentPage(lang), h.entrance.log)
	default:
		write(w, http.StatusNotFound, lang, unknownPage(lang), h.entrance.log)
	}
}

// spend returns the target of an address and takes it from it. It reports whether there is, or was, such an address.
func (o *Opener) spend(nonce string) (target string, known bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.dropOld()
	op, known := o.openings[nonce]
	if !known {
		return "", false
	}
	target, op.target = op.target, ""
	o.announce()
	return target, true
}
