package main

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/rogpeppe/go-internal/testscript"

	"countersign/core/home"
)

// misbehaviors are ways in which a gateway answers wrongly.
var misbehaviors = map[string]http.HandlerFunc{
	"html": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<html><body>It works!</body></html>"))
	},
	"refuses": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"error":"invalid_client","error_description":"unknown client"}`))
	},
	"fails": afterToken(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = w.Write([]byte("<h1>Internal error</h1>"))
	}),
	"nonsense": afterToken(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte(`{"id": 17, "tasks": "soon"}`))
	}),
	"endless": afterToken(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusCreated)
		for piece := make([]byte, 64<<10); r.Context().Err() == nil; {
			if _, err := w.Write(piece); err != nil {
				return
			}
		}
	}),
	"elsewhere": afterToken(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte(`{"id":"p1","tasks":{"pending":[{"type":"UserBrowserTask","url":"file:///etc/passwd"}]},"documents":[{"id":"d1"}]}`))
	}),
	"hangs": func(_ http.ResponseWriter, r *http.Request) {
		// The server notices that the client has gone only after it has read the whole request.
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	},
}

// afterToken is a gateway that hands out tokens and answers everything else wrongly.
func afterToken(answer http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/token") {
			answer(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"access_token":"t","token_type":"bearer","expires_in":300}`))
	}
}

// cmdMisbehave is "misbehave HOW VAR": it starts a gateway that answers wrongly and puts
// its address into an environment variable.
func cmdMisbehave(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 || misbehaviors[args[0]] == nil {
		ts.Fatalf("usage: misbehave HOW VAR")
	}
	server := httptest.NewServer(misbehaviors[args[0]])
	ts.Defer(func() {
		server.CloseClientConnections()
		server.Close()
	})
	ts.Setenv(args[1], server.URL)
}

// cmdOccupy is "occupy VAR [FILE]": it takes a loopback port, which is the one in the file if there is one, and puts it into an
// environment variable.
func cmdOccupy(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: occupy VAR [FILE]")
	}
	port := "0"
	if len(args) == 2 {
		port = strings.TrimSpace(ts.ReadFile(args[1]))
	}
	l, err := net.Listen("tcp4", net.JoinHostPort(home.Loopback, port))
	ts.Check(err)
	ts.Defer(func() { l.Close() })
	ts.Setenv(args[0], strconv.Itoa(home.PortOf(l)))
}

// cmdAppears is "appears FILE [TEXT]": it waits until a program in the background has written a file, with the text.
func cmdAppears(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: appears FILE [TEXT]")
	}
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for limit := time.After(5 * time.Minute); ; {
		if b, err := os.ReadFile(ts.MkAbs(args[0])); err == nil && (len(args) == 1 || strings.Contains(string(b), args[1])) {
			return
		}
		select {
		case <-look.C:
		case <-limit:
			ts.Fatalf("%s does not appear", args[0])
		}
	}
}

// cmdHold is "hold FILE": it keeps a lock, as a program does that hangs.
func cmdHold(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: hold FILE")
	}
	lock := flock.New(filepath.Join(ts.Getenv("WORK"), args[0]))
	ts.Check(lock.Lock())
	ts.Defer(func() { ts.Check(lock.Unlock()) })
}
