package callback

import (
	"log/slog"
	"net"
	"net/http"
	"net/netip"

	"countersign/core/i18n"
	"countersign/core/peer"
)

// entrance refuses what no handler of this package answers.
type entrance struct {
	host   string // the only Host header that is accepted
	owners peer.Finder
	log    *slog.Logger
}

func newEntrance(l net.Listener, log *slog.Logger) *entrance {
	return &entrance{host: l.Addr().String(), log: log}
}

// refused answers a request that is of another user, for another host, for a path that does not exist, or of another method than GET,
// and reports whether it was one of these.
func (e *entrance) refused(w http.ResponseWriter, r *http.Request, exists bool, lang i18n.Language) bool {
	switch {
	case e.isOfOtherUser(r):
		e.log.Warn("a program of another user of this computer was not answered")
		write(w, http.StatusForbidden, lang, otherUserPage(lang), e.log)
	case r.Host != e.host:
		// Another name that resolves to this machine: DNS rebinding.
		http.Error(w, "wrong host", http.StatusMisdirectedRequest)
	case !exists:
		http.NotFound(w, r)
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", http.MethodGet)
		http.Error(w, "only GET", http.StatusMethodNotAllowed)
	default:
		return false
	}
	return true
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
