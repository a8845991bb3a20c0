// Package callback hears browsers come back: one listener on 127.0.0.1 for all visits.
//
// It knows addresses and nothing of requests. A return is handed over as it came, and
// the browser is answered only after whoever takes it says that it is kept. The
// listener sends nothing anywhere and serves nothing but the page that a browser lands on,
// in the language that the browser asks for.
package callback

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"countersign/core/i18n"
)

// host is the loopback literal, as RFC 8252 section 7.3 asks, since "localhost" may
// resolve to something else.
const host = "127.0.0.1"

const (
	maxQuery          = 8 << 10 // bytes; longer returns are refused
	maxUnreadableKept = 500     // bytes that are kept of one that cannot be read
	maxConnections    = 64      // a browser opens a handful
	handleTimeout     = 10 * time.Second
)

// Unreadable is where a query that is none comes as it is, or its beginning.
const Unreadable = "unreadable"

// ErrUnknown says that a ticket belongs to no visit.
var ErrUnknown = errors.New("this return belongs to no signing of this desk")

// Take keeps one browser's return and says what the page should tell. When it gives nil,
// the return is on disk. Taking the same return again is harmless.
//
// A query that cannot be read whole is handed over as one value under [Unreadable] and nothing
// else: what is missing of it could be what says otherwise.
type Take func(ctx context.Context, ticket string, query url.Values) (Landing, error)

// Landing is what the page tells the signer.
type Landing int

// What a browser can land on.
const (
	Received Landing = iota // the return is kept, and claims nothing that is understood
	SaysSigned
	SaysRejected
	SaysCanceled
	SaysFailed
	NotBelieved // the return contradicts the visit
)

// NewTicket makes the unguessable part of a return address: 128 random bits.
func NewTicket() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// Address is where the browser is to come back for a ticket. The ticket is in the path,
// because not every gateway keeps a query that the address has already.
func Address(port int, ticket string) string {
	return "http://" + net.JoinHostPort(host, strconv.Itoa(port)) + "/return/" + ticket
}

// probeTimeout is how long a listener on this machine may take to answer.
const probeTimeout = 5 * time.Second

// Probe tells why a browser that comes back to the port would not be heard, if so. It
// calls the listener as a browser would, past every proxy.
func Probe(ctx context.Context, port int) error {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	// No visit has this ticket, so that nothing is kept.
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, Address(port, strings.Repeat("0", 32)), nil)
	if err != nil {
		return err
	}
	client := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(req)
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusNotFound {
		return fmt.Errorf("something else answers there (%d)", resp.StatusCode)
	}
	return nil
}

// Serve answers browsers on l, a listener on the loopback address, until ctx ends, and then lets the answers under way finish.
func Serve(ctx context.Context, l net.Listener, take Take, log *slog.Logger) error {
	answers, drop := context.WithCancel(context.Background())
	defer drop()
	h := &handler{host: l.Addr().String(), receive: take, log: log, ctx: answers}
	// Nobody takes a return any more once Serve is back.
	defer h.pending.Wait()
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       5 * time.Second,
		WriteTimeout:      handleTimeout + 5*time.Second,
		IdleTimeout:       30 * time.Second,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		grace, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if server.Shutdown(grace) != nil {
			drop()
			server.Close()
		}
	})
	err := server.Serve(limitConnections(l, maxConnections))
	if stop() {
		server.Close() // the listener failed; what is open would stay so
	} else {
		<-stopped
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("listen for the browser's return: %w", err)
}

type handler struct {
	host    string // what the Host header must say
	receive Take
	log     *slog.Logger
	ctx     context.Context
	pending sync.WaitGroup // returns that are being taken
}

// ServeHTTP answers GET /return/TICKET for this very host, and nothing else.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.pending.Add(1)
	defer h.pending.Done()
	ticket, isReturn := strings.CutPrefix(r.URL.Path, "/return/")
	switch {
	case r.Host != h.host:
		// A name that somebody made resolve to this machine (DNS rebinding).
		http.Error(w, "wrong host", http.StatusMisdirectedRequest)
		return
	case !isReturn || !isTicket(ticket):
		http.NotFound(w, r)
		return
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", http.MethodGet)
		http.Error(w, "only GET", http.StatusMethodNotAllowed)
		return
	case len(r.URL.RawQuery) > maxQuery:
		http.Error(w, "too long", http.StatusRequestURITooLong)
		return
	}
	// Not the request's own context: who closes the tab at once has come back all the same.
	ctx, cancel := context.WithTimeout(h.ctx, handleTimeout)
	defer cancel()
	lang := i18n.Accepted(strings.Join(r.Header.Values("Accept-Language"), ","))
	landing, err := h.receive(ctx, ticket, parseQuery(r.URL.RawQuery))
	switch {
	case errors.Is(err, ErrUnknown):
		h.writePage(w, http.StatusNotFound, lang, unknownPage(lang))
	case err != nil:
		h.log.Error("a return could not be kept", "error", err)
		h.writePage(w, http.StatusServiceUnavailable, lang, troublePage(lang))
	case landing == NotBelieved:
		h.writePage(w, http.StatusBadRequest, lang, landingPage(lang, landing))
	default:
		h.writePage(w, http.StatusOK, lang, landingPage(lang, landing))
	}
}

func parseQuery(query string) url.Values {
	values, err := url.ParseQuery(query)
	if err != nil {
		return url.Values{Unreadable: {strings.ToValidUTF8(query[:min(len(query), maxUnreadableKept)], "\uFFFD")}}
	}
	return values
}

func isTicket(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == 16 && s == strings.ToLower(s)
}

// limitConnections bounds the connections that are open at once; further ones are closed.
func limitConnections(l net.Listener, n int) net.Listener {
	return &limitedListener{Listener: l, slots: make(chan struct{}, n)}
}

type limitedListener struct {
	net.Listener
	slots chan struct{}
}

func (l *limitedListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		select {
		case l.slots <- struct{}{}:
			return &releasingConn{Conn: c, release: func() { <-l.slots }}, nil
		default:
			c.Close() // somebody floods the port; a browser tries again
		}
	}
}

type releasingConn struct {
	net.Conn
	once    sync.Once
	release func()
}

func (c *releasingConn) Close() error {
	c.once.Do(c.release)
	return c.Conn.Close()
}
