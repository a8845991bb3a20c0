package callback

import (
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"countersign/core/home"
	"countersign/core/peer"
)

// entrance answers the requests that no handler of this package may answer; see refused.
type entrance struct {
	port   string // of the listener
	owners peer.Finder
	log    *slog.Logger
}

func newEntrance(l net.Listener, log *slog.Logger) *entrance {
	return &entrance{port: strconv.Itoa(home.PortOf(l)), log: log}
}

// refused reports whether a request comes from a program of another user, is for another computer, or has none of the methods. It
// answers such a request.
func (e *entrance) refused(w http.ResponseWriter, r *http.Request, methods ...string) bool {
	lang := languageOf(r)
	name, _ := splitHost(r.Host)
	switch {
	case e.isOfOtherUser(r):
		e.log.Warn("a program of another user of this computer was not answered")
		write(w, http.StatusForbidden, lang, otherUserPage(lang), e.log)
	case !isLoopback(name):
		// Another name that resolves to this machine: DNS rebinding.
		e.log.Warn("a request with the name of another computer was not answered")
		write(w, http.StatusMisdirectedRequest, lang, otherHostPage(lang), e.log)
	case !slices.Contains(methods, r.Method):
		w.Header().Set("Allow", strings.Join(methods, ", "))
		http.Error(w, "only "+strings.Join(methods, ", "), http.StatusMethodNotAllowed)
	default:
		return false
	}
	return true
}

// hasOwnPort reports whether the Host header of a request has the port of the listener.
func (e *entrance) hasOwnPort(r *http.Request) bool {
	_, port := splitHost(r.Host)
	return port == e.port
}

// splitHost returns the name, without the brackets of an IPv6 address, and the port of a Host header. The port is empty if there is
// none.
func splitHost(header string) (name, port string) {
	name, port, err := net.SplitHostPort(header)
	if err != nil {
		name = strings.TrimSuffix(strings.TrimPrefix(header, "["), "]")
	}
	return name, port
}

// isLoopback reports whether a name stands for this computer and for no other one: an address of the loopback network, or "localhost",
// which browsers and resolvers do not look up (RFC 6761, 6.3). A dot at the end changes nothing.
func isLoopback(name string) bool {
	name = strings.TrimSuffix(name, ".")
	addr, err := netip.ParseAddr(name)
	return strings.EqualFold(name, "localhost") || err == nil && addr.Unmap().IsLoopback()
}

// isOfOtherUser reports whether a request comes from a program of another user of this computer. Where the system does not tell, it
// reports false. The owner is looked up for each request and not for each connection, so that connections without a request cost
// nothing.
func (e *entrance) isOfOtherUser(r *http.Request) bool {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	if !ok || err != nil {
		return false
	}
	owner, err := e.owners.Find(local.AddrPort(), remote)
	if err != nil {
		e.log.Warn("the system did not tell whose a connection is", "error", err)
	}
	return owner == peer.Other
}
