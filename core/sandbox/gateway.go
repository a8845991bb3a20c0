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
	maxFormBytes = 64 << 10
	maxDocument  = 60 << 20
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

// logFault logs an error of the gateway itself. What the client sends is not in it.
func (g *gateway) logFault(r *http.Request, err error) {
	g.options.Log.ErrorContext(r.Context(), "practice gateway", "route", r.Pattern, "error", err)
}
