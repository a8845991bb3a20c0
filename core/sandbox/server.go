package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"countersign/core/connlimit"
)

// Bounds on connections. Uploading the largest document over loopback takes seconds.
const (
	headerTime     = 5 * time.Second        // for the header of a request
	requestTime    = 2 * time.Minute        // for a whole request, and for its response
	idleTime       = time.Minute            // for the next request on an open connection
	shutdownTime   = 500 * time.Millisecond // for running requests when the server ends
	maxHeaderBytes = 32 << 10
	maxConnections = 128 // open at once; a desk and a browser open a few
)

// Serve serves both gateways on ln until ctx is done, then waits half a second for running requests, cuts off the others, and
// returns nil. When too many connections are open, those without a complete request make room for new ones. It always closes ln. It
// returns an error when ln is not on a loopback address, and when another process serves the
// same folder and still does so five seconds later.
func (s *Sandbox) Serve(ctx context.Context, ln net.Listener) error {
	defer ln.Close()
	address, ok := ln.Addr().(*net.TCPAddr)
	if !ok || !address.IP.IsLoopback() {
		return fmt.Errorf("serve the practice gateways: %s is not a loopback address", ln.Addr())
	}
	st, err := openState(s.dir)
	if err != nil {
		return fmt.Errorf("serve the practice gateways: %w", err)
	}
	if s.options.Rules != nil {
		if err := st.setRules(s.options.Rules); err != nil {
			return fmt.Errorf("serve the practice gateways: %w", errors.Join(err, st.close()))
		}
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
	go func() { served <- connlimit.Serve(server, ln, maxConnections) }()

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
		return fmt.Errorf("serve the practice gateways: %w", err)
	}
	return nil
}

func (g *gateway) answerChallenge(w http.ResponseWriter, r *http.Request) {
	port, err := strconv.Atoi(g.port)
	if err != nil || g.options.Prove == nil {
		http.NotFound(w, r)
		return
	}
	proof, err := g.options.Prove(r.PathValue("challenge"), port)
	if err != nil {
		http.Error(w, "no proof", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, proof) // whoever asked asks again
}

func (g *gateway) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", g.showIndex)
	mux.HandleFunc("GET "+stylePath, g.serveStyle)
	mux.HandleFunc("GET /proof/{challenge}", g.answerChallenge)

	mux.HandleFunc("GET "+misbehaviorPath, g.requireAnyClient(g.listMisbehavior))
	mux.HandleFunc("PUT "+misbehaviorPath, g.requireAnyClient(g.putMisbehavior))
	mux.HandleFunc("DELETE "+misbehaviorPath, g.requireAnyClient(g.deleteMisbehavior))
	mux.HandleFunc("GET "+rulesPath, g.requireAnyClient(g.readRules))
	mux.HandleFunc("PUT "+rulesPath, g.requireAnyClient(g.putRules))
	mux.HandleFunc("POST "+overviewRulesPath, g.submitRules)

	mux.HandleFunc("POST "+oauthPath+"/{as}/token", g.issueToken)
	mux.HandleFunc("GET "+oauthPath+"/{as}/authorize", g.authorize)
	mux.HandleFunc("POST "+oauthPath+"/{as}/authorize", g.submitAuthorizePage)
	type about = func(*http.Request) ([]string, error)
	api := func(call callSet, of about, method, path string, handle http.HandlerFunc) {
		mux.Handle(method+" "+tridentAPI+path, g.requireBearer(g.withMisbehavior(call, callsAtTrident, of, g.withRules(handle))))
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
	mux.HandleFunc("GET "+redirectPath, g.receiveAuthorization)
	mux.HandleFunc("GET "+tridentUI+"/agreement/{id}", g.showAgreement)
	mux.HandleFunc("GET "+tridentUI+"/document/{id}", g.showProcessDocument)

	porta := func(call callSet, of about, method, path string, handle http.HandlerFunc) {
		mux.Handle(method+" "+PortaSigmaAPIPath+path, g.requireService(g.withMisbehavior(call, callsAtPortaSigma, of, g.withRules(handle))))
	}
	porta(callCreate, aboutNextDoc, "POST", "/docs/{$}", g.createDoc)
	porta(callAdd, g.aboutDoc, "POST", "/docs/{doc}/{$}", g.addSigner)
	porta(callAdd, g.aboutDoc, "POST", "/docs/{doc}/oncopy/{$}", g.addCopy)
	porta(callRead, g.aboutDoc, "GET", "/docs/{doc}/{$}", g.readDoc)
	porta(callContent, g.aboutDoc, "GET", "/docs/{doc}/content/{$}", g.readDocContent)
	porta(callContent, g.aboutDoc, "GET", "/docs/{doc}/signed/{$}", g.readDocContent)
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
