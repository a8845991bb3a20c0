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
)

const (
	openTime    = 2 * time.Minute // how long a one-time address is good for: a browser that has to be started takes some seconds
	maxOpenings = 1000            // one-time addresses at once; the oldest is dropped for a new one
)

// Opener makes one-time addresses on this computer. Each sends the first browser that asks for it on to another address, such as
// that of a visit. A browser is started with an address on its command line, which every user of the computer can read, and the
// address of a visit may contain the ticket of the visit. The methods of an Opener may be called from any goroutine.
type Opener struct {
	log *slog.Logger
	now func() time.Time

	mu       sync.Mutex
	openings map[string]*opening
	order    []string      // the nonces, the oldest first
	changed  chan struct{} // closed when an opening is spent or dropped
}

// opening is what an Opener keeps of a one-time address.
type opening struct {
	target  string // empty once it is spent
	expires time.Time
}

// NewOpener returns an Opener. Its addresses answer while [Opener.Serve] is running.
func NewOpener(now func() time.Time, log *slog.Logger) *Opener {
	return &Opener{log: log, now: now, openings: map[string]*opening{}, changed: make(chan struct{})}
}

// Address returns a new address that sends the first browser that asks for it to target. It is good for two minutes. port is the
// port of the listener that [Opener.Serve] has. Calling drop makes the address useless at once.
func (o *Opener) Address(port int, target string) (address string, drop func()) {
	nonce := NewTicket()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.dropOld()
	o.openings[nonce] = &opening{target, o.now().Add(openTime)}
	o.order = append(o.order, nonce)
	return "http://" + net.JoinHostPort(host, strconv.Itoa(port)) + "/open/" + nonce, func() { o.spend(nonce) }
}

// dropOld removes the addresses whose time is over, and then the oldest one if there is no room for a new one. The caller holds the
// mutex.
func (o *Opener) dropOld() {
	for len(o.order) > 0 && (len(o.order) >= maxOpenings || o.openings[o.order[0]].expires.Before(o.now())) {
		delete(o.openings, o.order[0])
		o.order = o.order[1:]
		o.announce()
	}
}

// announce wakes the goroutines that wait in [Opener.Await]. The caller holds the mutex.
func (o *Opener) announce() {
	close(o.changed)
	o.changed = make(chan struct{})
}

// Await waits until each address has been used or dropped, or until ctx is done.
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

// Serve answers browsers on l until ctx is done, and closes l. As [Serve] does, it answers programs of other users, and requests
// that are no navigation, with status 403; these do not use an address up. l must listen on the loopback address. An error of l is
// returned wrapped.
func (o *Opener) Serve(ctx context.Context, l net.Listener) error {
	return serve(ctx, l, openHandler{o, newEntrance(l, o.log)}, func() {}, o.log)
}

// openHandler answers requests for the addresses of an Opener.
type openHandler struct {
	*Opener
	*entrance
}

// ServeHTTP sends the first browser that asks for an address on to the target of the address. It answers later ones, and those that
// ask for an unknown address, with a page.
func (h openHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	lang := languageOf(r)
	nonce, isOpening := strings.CutPrefix(r.URL.Path, "/open/")
	switch {
	case h.refused(w, r, http.MethodGet):
		return
	case !isOpening || !isTicket(nonce) || !h.hasOwnPort(r):
		write(w, http.StatusNotFound, lang, unknownPage(lang), h.entrance.log)
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

// spend returns the target of the address with this nonce, and uses the address up: the next call returns an empty target. known is
// false if there is no such address, or if dropOld has removed it.
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
