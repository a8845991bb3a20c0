package callback

import (
	"context"
	"log/slog"
	"net"
	"net/http"

	"countersign/core/peer"
)

// ownedListener finds out for each connection whether the program at its other end is of this process's user.
type ownedListener struct {
	net.Listener
	finder *peer.Finder
	log    *slog.Logger
}

// Accept returns the next connection, which is an [*ownedConn].
func (l ownedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	owner, err := l.finder.Find(c)
	if err != nil {
		l.log.Debug("the system did not tell whose a connection is", "error", err)
	}
	return &ownedConn{c, owner}, nil
}

// ownedConn is a connection with the owner of its other end.
type ownedConn struct {
	net.Conn
	owner peer.Owner
}

// ownerKey is the key of a connection's [peer.Owner] in the contexts of its requests.
type ownerKey struct{}

func withOwner(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, ownerKey{}, c.(*ownedConn).owner)
}

// isOfOtherUser reports whether a request comes from a program of another user of this computer. Where the system does not tell, it
// reports false.
func isOfOtherUser(r *http.Request) bool { return r.Context().Value(ownerKey{}) == peer.Other }
