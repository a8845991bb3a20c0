package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Bounds on what a client may send and how long it may take. An upload of the largest document over
// loopback takes seconds.
const (
	headerTime     = 5 * time.Second
	requestTime    = 2 * time.Minute
	idleTime       = time.Minute
	shutdownTime   = 500 * time.Millisecond
	maxHeaderBytes = 32 << 10
	maxFormBytes   = 64 << 10
	maxDocument    = 60 << 20
)

// gateway is a sandbox while it serves.
type gateway struct {
	*Sandbox
	state *state
	port  string
	// handler serves everything, from the guard on.
	handler http.Handler
	// signing lets one signature be made at a time: two tabs must not both sign the same bytes.
	signing sync.Mutex
}

// Serve opens the state and serves both gateways on ln until ctx ends. Then it closes ln, gives running
// requests half a second, closes the state and returns nil. One process at a time may serve a dir: a second
// one fails after waiting five seconds for the state.
func (s *Sandbox) Serve(ctx context.Context, ln net.Listener) error {
	defer ln.Close()
	address, ok := ln.Addr().(*net.TCPAddr)
	if !ok || !address.IP.IsLoopback() {
		return fmt.Errorf("serve practice gateway: %s is not a loopback address", ln.Addr())
	}
	st, err := openState(s.dir)
	if err != nil {
		return fmt.Errorf("serve practice gateway: %w", err)
	}
	g := &gateway{Sandbox: s, state: st, port: strconv.Itoa(address.Port)}
	g.handler = g.guard(g.routes())
	server := &http.Server{
		Handler:           g.handler,
		ReadHeaderTimeout: headerTime,
		ReadTimeout:       requestTime,
		WriteTimeout:      requestTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    maxHeaderBytes,
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(ln) }()

	select {
	case err = <-served:
	case <-ctx.Done():
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
		if server.Shutdown(limited) != nil {
			_ = server.Close() // the requests that would not end are cut off
		}
		cancel()
		err = <-served
	}
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	if err := errors.Join(err, st.close()); err != nil {
		return fmt.Errorf("serve practice gateway: %w", err)
	}
	return nil
}

func (g *gateway) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", g.showIndex)
	mux.HandleFunc("GET "+stylePath, g.serveStyle)

	mux.HandleFunc("GET "+misbehaviourPath, g.requireAnyClient(g.listMisbehaviour))
	mux.HandleFunc("PUT "+misbehaviourPath, g.requireAnyClient(g.putMisbehaviour))
	mux.HandleFunc("DELETE "+misbehaviourPath, g.requireAnyClient(g.deleteMisbehaviour))

	mux.HandleFunc("POST "+authorizations+"/{as}/token", g.issueToken)
	mux.HandleFunc("GET "+authorizations+"/{as}/authorize", g.authorize)
	mux.HandleFunc("POST "+authorizations+"/{as}/authorize", g.answerSigner)
	type about = func(*http.Request) ([]string, error)
	api := func(call calls, of about, method, path string, handle http.HandlerFunc) {
		mux.Handle(method+" "+tridentAPI+path, g.requireBearer(g.misbehaving(call, tridentWords, of, handle)))
	}
	api(callCreate, aboutNextProcess, "POST", "/signer_processes", g.createProcess)
	api(callRead, aboutProcess, "GET", "/signer_processes/{id}", g.readProcess)
	api(callResult, aboutProcess, "GET", "/signer_processes/{id}/result", g.readResult)
	api(callDocuments, aboutProcess, "GET", "/signer_processes/{id}/documents", g.readProcessDocuments)
	api(callDelete, aboutProcess, "DELETE", "/signer_processes/{id}", g.deleteProcess)
	api(callCreate, aboutNextProcess, "POST", "/documents", g.createDocument)
	api(callRead, g.aboutDocument, "GET", "/documents/{id}", g.readDocument)
	api(callContent, g.aboutDocument, "GET", "/documents/{id}/content", g.readContent)
	api(callDelete, g.aboutDocument, "DELETE", "/documents/{id}", g.deleteDocument)
	mux.HandleFunc("GET "+tridentUI, g.showProcess)
	mux.HandleFunc("POST "+tridentUI, g.advanceProcess)
	mux.HandleFunc("GET "+tripsEnd, g.endTrip)
	mux.HandleFunc("GET "+tridentUI+"/agreement/{id}", g.showAgreement)
	mux.HandleFunc("GET "+tridentUI+"/document/{id}", g.showProcessDocument)

	porta := func(call calls, of about, method, path string, handle http.HandlerFunc) {
		mux.Handle(method+" "+PortaSigmaAPIPath+path, g.requireService(g.misbehaving(call, portaSigmaWords, of, handle)))
	}
	porta(callCreate, aboutNextDoc, "POST", "/docs/{$}", g.createDoc)
	porta(callAdd, g.aboutDoc, "POST", "/docs/{doc}/{$}", g.addSigner)
	porta(callAdd, g.aboutDoc, "POST", "/docs/{doc}/oncopy/{$}", g.addCopy)
	porta(callRead, g.aboutDoc, "GET", "/docs/{doc}/{$}", g.readDoc)
	porta(callContent, g.aboutDoc, "GET", "/docs/{doc}/content/{$}", g.readDocContent)
	porta(callDelete, g.aboutDoc, "DELETE", "/docs/{doc}/{$}", g.deleteDoc)
	mux.Handle("GET "+PortaSigmaAPIPath+"/users/{user}/{$}", g.requireService(http.HandlerFunc(g.readUser)))
	for _, context := range []string{withCertificate, withPassword} {
		path := PortaSigmaPath + "/" + context + "/sign.html"
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) { g.showVisit(w, r, context) })
		mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) { g.advanceVisit(w, r, context) })
	}
	mux.HandleFunc("GET "+PortaSigmaPath+"/request/view.html", g.redirectDeprecated)
	mux.HandleFunc("GET "+PortaSigmaPath+"/document/{signer}", g.showRequestDocument)
	return mux
}

// guard holds what every answer has in common. It lets through only requests that name a loopback host with
// the served port: a page of another site whose name was made to point here (DNS rebinding) names its own.
func (g *gateway) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		h.Set("Pragma", "no-cache")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		if !g.servesHost(r.Host) {
			http.Error(w, "This address is not served here.", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (g *gateway) servesHost(host string) bool {
	name, port, err := net.SplitHostPort(host)
	return err == nil && port == g.port && isLoopbackHost(name)
}

// isLoopbackHost knows the names of this computer that no name service can redirect.
func isLoopbackHost(name string) bool {
	if name == "localhost" {
		return true
	}
	ip := net.ParseIP(name)
	return ip != nil && ip.IsLoopback()
}

// root gives the address the client reached the gateway by.
func root(r *http.Request) string { return "http://" + r.Host }

// fault logs an error of the gateway itself. What the client sends is not in it.
func (g *gateway) fault(r *http.Request, err error) {
	g.options.Log.ErrorContext(r.Context(), "practice gateway", "route", r.Pattern, "error", err)
}
