package sandbox

import (
	"net"
	"net/http"
	"sync"
)

// Paths of TRIDENT, below the address that is served.
const (
	tridentAPI              = TridentPath + "/trustedx-resources/esignsp/v2"
	tridentUI               = tridentAPI + "/ui"
	authorizationServerPath = TridentPath + "/trustedx-authserver"
	oauthPath               = authorizationServerPath + "/oauth" // before the name of an authorization server
)

// Bounds on what a client may send, in bytes.
const (
	maxFormBytes = 64 << 10 // of a form, or of what is beside the parts of an upload
	maxDocument  = 60 << 20 // of a PDF
)

// gateway is a Sandbox that is being served: both practice gateways.
type gateway struct {
	*Sandbox
	state *state
	port  string
	// handler is all routes, behind guard.
	handler http.Handler
	// signing is held while documents are signed, so that two tabs cannot sign the same bytes.
	signing sync.Mutex
}

// guard sets the headers that all responses have in common. It answers 421 unless the Host header names this computer and the served
// port: a site that makes its own name resolve to this computer (DNS rebinding) sends that name.
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

// isLoopbackHost reports whether name is localhost or a loopback address, which no name server can redirect.
func isLoopbackHost(name string) bool {
	if name == "localhost" {
		return true
	}
	ip := net.ParseIP(name)
	return ip != nil && ip.IsLoopback()
}

// baseURL returns the scheme, host and port by which the client reached the gateway.
func baseURL(r *http.Request) string { return "http://" + r.Host }

// logFault logs a fault of the gateway itself, with the route but without anything that the client sent.
func (g *gateway) logFault(r *http.Request, err error) {
	g.options.Log.ErrorContext(r.Context(), "practice gateway", "route", r.Pattern, "error", err)
}
