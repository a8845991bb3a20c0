package callback_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"countersign/core/callback"
)

// fewConnections is how many connections a server has that [limitConnections] limits.
const fewConnections = 16

// limitConnections lets servers that start in this test have few connections only.
func limitConnections(t *testing.T) {
	before := callback.SetMaxConnections(fewConnections)
	t.Cleanup(func() { callback.SetMaxConnections(before) })
}

// flood opens more connections than the server keeps, and leaves each of them as use leaves it.
func (l *listener) flood(use func(net.Conn)) {
	l.Helper()
	for range fewConnections + 6 {
		conn, err := net.Dial("tcp4", l.addr)
		if err != nil {
			l.Fatal(err)
		}
		l.Cleanup(func() { conn.Close() })
		use(conn)
	}
}

// write sends a part of a request. The server may have closed the connection for another one.
func write(part string) func(net.Conn) {
	return func(c net.Conn) { _, _ = io.WriteString(c, part) }
}

func TestConnectionsWithoutARequestKeepNoReturnOut(t *testing.T) {
	limitConnections(t)
	path := "GET /return/" + ticket + " HTTP/1.1\r\n"
	for name, use := range map[string]func(l *listener, c net.Conn){
		"idle":              func(*listener, net.Conn) {},
		"a slow first line": func(_ *listener, c net.Conn) { write("GET /ret")(c) },
		"slow headers":      func(l *listener, c net.Conn) { write(path + "Host: " + l.addr + "\r\nX-Slow: a")(c) },
		"half closed": func(_ *listener, c net.Conn) {
			write(path)(c)
			_ = c.(*net.TCPConn).CloseWrite()
		},
		"answered and kept open": func(l *listener, c net.Conn) {
			write("GET / HTTP/1.1\r\nHost: " + l.addr + "\r\n\r\n")(c)
			resp, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				l.Error(err)
				return
			}
			resp.Body.Close()
		},
		"a body that never comes": func(l *listener, c net.Conn) {
			write("POST / HTTP/1.1\r\nHost: " + l.addr + "\r\nContent-Length: 9\r\n\r\n")(c)
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := listen(t, func(context.Context, callback.Return) (callback.Landing, error) {
				return callback.Landing{Claim: callback.ClaimsSigned}, nil
			})
			l.client.Timeout = time.Minute // only so that a failure ends
			l.flood(func(c net.Conn) { use(l, c) })
			for i := range 30 {
				l.client.CloseIdleConnections() // each return needs a connection of its own
				resp, _ := l.send("GET", "/return/"+ticket, nil)
				if resp.StatusCode != 200 {
					t.Fatalf("return %d: got %d", i, resp.StatusCode)
				}
			}
		})
	}
}

// A browser that is being answered keeps its connection, however many others come.
func TestAFloodCutsNoAnswerOff(t *testing.T) {
	limitConnections(t)
	taking, keep := make(chan struct{}), make(chan struct{})
	release := sync.OnceFunc(func() { close(keep) })
	l := listen(t, func(context.Context, callback.Return) (callback.Landing, error) {
		close(taking)
		<-keep
		return callback.Landing{Claim: callback.ClaimsSigned}, nil
	})
	t.Cleanup(release)
	answered := make(chan error, 1)
	go func() {
		resp, err := l.client.Get("http://" + l.addr + "/return/" + ticket)
		if err == nil {
			_, err = io.ReadAll(resp.Body)
			resp.Body.Close()
		}
		answered <- err
	}()
	<-taking
	l.flood(func(net.Conn) {})
	// It is accepted after all of the flood.
	conn, err := net.Dial("tcp4", l.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	write("GET / HTTP/1.1\r\nHost: " + l.addr + "\r\n\r\n")(conn)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	release()
	if err := <-answered; err != nil {
		t.Error(err)
	}
}
