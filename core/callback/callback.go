// Package callback receives the browsers that return from a gateway: one HTTP server on 127.0.0.1 for all visits.
//
// It knows return addresses, and nothing about requests. It passes each return on unchanged, and answers the browser only
// after the return is stored. It makes no requests itself, except for [Probe], and serves only the page that a signer sees
// after a return, in the language that the browser asks for.
package callback

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"countersign/core/connlimit"
	"countersign/core/home"
	"countersign/core/i18n"
	"countersign/core/request"
)

// host is the loopback IP literal, as RFC 8252, 7.3, recommends: "localhost" may resolve to another address.
const host = "127.0.0.1"

const (
	handleTimeout = 10 * time.Second
	maxHead       = 32 << 10 // bytes of a request without its body; more than maxQuery, so that the ticket of a longer address is still found
)

// maxConnections is the largest number of connections that a server has open at once. Hundreds of browsers may come back within a
// second. Tests make it smaller.
var maxConnections = 1000

// ErrUnknownTicket is returned by a [Receiver] for a ticket that belongs to no visit. The browser gets status 404.
var ErrUnknownTicket = errors.New("this return belongs to no signing of this desk")

// Receiver stores the return of a browser and returns the page to answer with. A nil error means that the return is
// on disk. It is called concurrently, and may be called again for a return that it has stored already. The context ends after
// ten seconds, or when [Serve] gives up waiting; it does not end when the browser disconnects.
type Receiver func(ctx context.Context, back Return) (Landing, error)

// NewTicket returns a new ticket: 128 random bits in hexadecimal.
func NewTicket() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// ReturnAddress returns the return address for a ticket. The ticket is in the path, because some gateways drop the query of a return
// address.
func ReturnAddress(port int, ticket string) string {
	return "http://" + net.JoinHostPort(host, strconv.Itoa(port)) + "/return/" + ticket
}

// Prover returns what proves that the process that listens on a port works on the home of the process that asks; see
// [home.Dir.Prove].
type Prover func(challenge string, port int) (string, error)

const (
	proofPath    = "/proof/"       // followed by a challenge, which looks like a ticket
	maxProof     = 256             // bytes of an answer that are read
	probeTimeout = 5 * time.Second // ample for a server on the same machine
)

// Probe returns nil when [Serve] answers on a port of this machine, in a process of the same home. When another program answers, the
// error is [home.ErrOtherProgram]. Probe sends a request like that of a browser, without any proxy.
func Probe(ctx context.Context, port int, prove Prover) error {
	challenge := NewTicket()
	want, err := prove(challenge, port)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, strconv.Itoa(port))+proofPath+challenge, nil)
	if err != nil {
		return err
	}
	client := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(req)
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	switch dial, ok := errors.AsType[*net.OpError](err); {
	case ok && dial.Op == "dial", err != nil && ctx.Err() != nil:
		return err
	case err != nil: // what is there speaks another protocol
		return fmt.Errorf("%w (%w)", home.ErrOtherProgram, err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(io.LimitReader(resp.Body, maxProof))
	if err != nil || resp.StatusCode != http.StatusOK || !hmac.Equal(got, []byte(want)) {
		return home.ErrOtherProgram
	}
	return nil
}

// Serve answers browsers on l until ctx is done, and closes l. It calls the function take with each return: a request for an address
// with a ticket, also where it differs from the return address (see [Return]). Only a navigation is a
// return: to a request that a browser makes in advance, or for a part of a page, Serve answers with status 403 and does not call
// take. It does the same for a program of another user of this computer, where the system tells whose a connection is. A request
// whose Host header names another computer is answered with status 421. When too many
// connections are open, those without a request make room for new ones. After ctx is done, Serve waits a second for the answers in
// progress before it cancels them, and returns nil when no call of take is running any more. l must listen on the loopback address.
// An error of l is returned wrapped. The function prove makes the answers to processes that call [Probe].
func Serve(ctx context.Context, l net.Listener, take Receiver, prove Prover, log *slog.Logger) error {
	answers, abort := context.WithCancel(context.Background())
	defer abort()
	h := &handler{entrance: newEntrance(l, log), port: home.PortOf(l), receive: take, prove: prove, ctx: answers}
	defer h.pending.Wait() // no call of take is running after Serve has returned
	return serve(ctx, l, h, abort, log)
}

// serve answers requests on l with h until ctx is done, and closes l. Then it waits a second for the answers in progress before
// it calls abort and closes their connections.
func serve(ctx context.Context, l net.Listener, h http.Handler, abort func(), log *slog.Logger) error {
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       5 * time.Second,
		WriteTimeout:      handleTimeout + 5*time.Second,
		IdleTimeout:       30 * time.Second,
		MaxHeaderBytes:    maxHead,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		grace, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if server.Shutdown(grace) != nil {
			abort()
			_ = server.Close()
		}
	})
	err := connlimit.Serve(server, l, maxConnections)
	if stop() {
		_ = server.Close() // the listener failed; this closes the open connections
	} else {
		<-stopped
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return request.Errorf("return_listen", "listen for returning browsers: %w", err)
}

type handler struct {
	*entrance
	port    int
	receive Receiver
	prove   Prover
	ctx     context.Context
	pending sync.WaitGroup // requests that are being answered
}

// ServeHTTP answers a browser that comes back with a ticket, and a process of the home that asks for /proof/CHALLENGE. It refuses
// everything else.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.pending.Add(1)
	defer h.pending.Done()
	lang := languageOf(r)
	if challenge, isProbe := strings.CutPrefix(r.URL.Path, proofPath); isProbe && isTicket(challenge) {
		if !h.refused(w, r, http.MethodGet) {
			h.answerProbe(w, challenge)
		}
		return
	}
	t, found := parseTarget(r.URL)
	switch {
	case h.refused(w, r, http.MethodGet, http.MethodPost):
		return
	case !isNavigation(r.Header):
		h.log.Debug("a request ahead of a visit, or for a part of a page, was not taken for a return")
		refuseSpeculation(w)
		return
	case !found:
		write(w, http.StatusNotFound, lang, unknownPage(lang), h.log)
		return
	}
	back := parseReturn(w, r, t, h.hasOwnPort(r))
	// Not the context of the request: a return counts even if the tab is closed at once.
	ctx, cancel := context.WithTimeout(h.ctx, handleTimeout)
	defer cancel()
	landing, err := h.receive(ctx, back)
	status, content := http.StatusOK, landingPage(lang, landing)
	switch {
	case errors.Is(err, ErrUnknownTicket):
		status, content = http.StatusNotFound, unknownPage(lang)
	case err != nil:
		h.log.Error("a return could not be stored", "error", err)
		status, content = http.StatusServiceUnavailable, troublePage(lang)
	case landing.Claim == ContradictsVisit:
		status = http.StatusBadRequest
	}
	write(w, status, lang, content, h.log)
}

// languageOf returns the language of the page that answers an HTTP request.
func languageOf(r *http.Request) i18n.Language {
	return i18n.FromAcceptLanguage(strings.Join(r.Header.Values("Accept-Language"), ","))
}

func (h *handler) answerProbe(w http.ResponseWriter, challenge string) {
	proof, err := h.prove(challenge, h.port)
	if err != nil {
		h.log.Error("another process of this home cannot be answered", "error", err)
		http.Error(w, "no proof", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if _, err := io.WriteString(w, proof); err != nil {
		h.log.Debug("another process of this home got no answer", "error", err)
	}
}

func write(w http.ResponseWriter, status int, lang i18n.Language, content landingContent, log *slog.Logger) {
	if err := writePage(w, status, lang, content); err != nil {
		log.Debug("the page could not be sent", "error", err)
	}
}

func isTicket(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == 16 && s == strings.ToLower(s)
}
