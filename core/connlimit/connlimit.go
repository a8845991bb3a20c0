// Package connlimit bounds the connections of a server on this computer, so that connections which send nothing keep nobody out.
//
// At the bound, a new connection takes the place of the one that has waited longest for a complete request. It uses the standard
// library alone and knows no protocol but HTTP.
package connlimit

import (
	"container/list"
	"context"
	"io"
	"net"
	"net/http"
	"sync"
)

// Listener is a listener with at most a given number of open connections. Its methods may be called from any goroutine.
type Listener struct {
	net.Listener
	most int

	mu      sync.Mutex
	open    int
	waiting list.List // of *Conn: those without a complete request, the one that has waited longest first
}

// New returns a Listener for the connections of l, of which at most n are open at the same time. Closing it closes l.
func New(l net.Listener, n int) *Listener { return &Listener{Listener: l, most: n} }

// Accept waits for the next connection and returns it; it is a [*Conn]. If as many connections are open as [New] allows, Accept
// closes the one that has waited longest for a complete request. If requests of all of them are being answered, it closes the new
// one instead, and waits for the next.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		accepted, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		c := &Conn{Conn: accepted, listener: l}
		evicted, fits := l.admit(c)
		if evicted != nil {
			_ = evicted.Conn.Close() // admit has released it
		}
		if fits {
			return c, nil
		}
		_ = accepted.Close()
	}
}

// admit counts the new connection c, if there is room. If it has to take the place of another one for that, it stops counting that
// one and returns it in evicted, and the caller closes it. fits is false if there is no room; then c is not counted.
func (l *Listener) admit(c *Conn) (evicted *Conn, fits bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open >= l.most {
		front := l.waiting.Front()
		if front == nil {
			return nil, false
		}
		evicted = front.Value.(*Conn)
		evicted.release()
	}
	l.open++
	c.position = l.waiting.PushBack(c)
	return evicted, true
}

// Conn is a connection of a [Listener]. A new one waits for a request.
type Conn struct {
	net.Conn
	listener *Listener

	// Both are guarded by the listener's mutex.
	position *list.Element // in the listener's waiting list; nil while a request is answered
	released bool          // it is not counted any more
}

// Answering is called when the request of the connection is complete. From then on the connection is not closed for a new one, until
// [Conn.Answered] is called.
func (c *Conn) Answering() {
	c.listener.mu.Lock()
	defer c.listener.mu.Unlock()
	c.stopWaiting()
}

// Answered is called when the request was answered: the connection waits for its next request, and may be closed for a new connection
// again.
func (c *Conn) Answered() {
	c.listener.mu.Lock()
	defer c.listener.mu.Unlock()
	c.stopWaiting() // when its request was never complete
	if !c.released {
		c.position = c.listener.waiting.PushBack(c)
	}
}

// Close closes the connection, and makes room for another one.
func (c *Conn) Close() error {
	c.listener.mu.Lock()
	c.release()
	c.listener.mu.Unlock()
	return c.Conn.Close()
}

// stopWaiting removes the connection from the waiting list. The caller holds the listener's mutex.
func (c *Conn) stopWaiting() {
	if c.position != nil {
		c.listener.waiting.Remove(c.position)
		c.position = nil
	}
}

// release stops counting the connection. The caller holds the listener's mutex.
func (c *Conn) release() {
	if c.released {
		return
	}
	c.released = true
	c.listener.open--
	c.stopWaiting()
}

// connKey is the key of a request's [*Conn] in its context.
type connKey struct{}

// Serve serves HTTP on l with at most n connections, like [http.Server.Serve]. It sets the server's ConnContext, and wraps its
// Handler. Browsers send a request again whose idle connection was closed (RFC 9112, 9.3.1).
func Serve(server *http.Server, l net.Listener, n int) error {
	handler := server.Handler
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := r.Context().Value(connKey{}).(*Conn)
		defer c.Answered()
		if r.Body == http.NoBody {
			c.Answering()
		} else {
			r.Body = &body{ReadCloser: r.Body, conn: c}
		}
		handler.ServeHTTP(w, r)
	})
	server.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		return context.WithValue(ctx, connKey{}, c)
	}
	return server.Serve(New(l, n))
}

// body is the body of a request. When it has been read to its end, the request is complete, and body calls [Conn.Answering].
type body struct {
	io.ReadCloser
	conn *Conn
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		b.conn.Answering()
	}
	return n, err
}
