package main

import (
	"context"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"countersign/core/home"
	"countersign/core/team/teamtest"
)

// The stories in testdata/office have a PostgreSQL server each, which they may end while others run.
func TestStoriesOfAnOffice(t *testing.T) {
	if err := teamtest.Installed(); err != nil {
		t.Skip(err)
	}
	authority, err := teamtest.NewAuthority("Town hall")
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := authority.Issue("localhost", time.Now().AddDate(0, 0, 1))
	if err != nil {
		t.Fatal(err)
	}
	p := stories(t, "testdata/office")
	files := p.Setup
	p.Setup = func(e *testscript.Env) error {
		server, err := teamtest.StartTLS(certificate, authority)
		if err != nil {
			return err
		}
		e.Values["server"] = server
		e.Defer(func() {
			if err := server.Stop(); err != nil {
				t.Error(err)
			}
		})
		if err := os.WriteFile(filepath.Join(e.WorkDir, "issuer.crt"), authority.Certificate, 0o600); err != nil {
			return err
		}
		return files(e)
	}
	p.Cmds["server"] = func(ts *testscript.TestScript, neg bool, args []string) {
		cmdServer(ts, ts.Value("server").(*teamtest.Cluster), neg, args)
	}
	p.Cmds["window"] = cmdWindow
	t.Run("stories", func(t *testing.T) { testscript.Run(t, p) }) // returns when all have ended, which run at once
}

// cmdServer is "server database NAME", "server first", "server grant ROLE NAME [PASSWORD]", "server run LOGIN STATEMENT", "server kill" or "server restart": it makes a database, and
// the login that owns it; makes an office of format 1 in it; makes a login with a role; runs a statement; and ends and starts the server. It puts how the login connects into the environment variable NAME: with a
// password by an encrypted connection, where the server's certificate is of the authority in issuer.crt.
func cmdServer(ts *testscript.TestScript, server *teamtest.Cluster, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: server database NAME | first | grant ROLE NAME [PASSWORD] | run LOGIN STATEMENT | kill | restart")
	}
	exec := func(statement string) { ts.Check(server.Exec(context.Background(), "postgres", "postgres", statement)) }
	switch {
	case args[0] == "database" && len(args) == 2:
		exec("CREATE ROLE " + args[1] + " LOGIN CREATEROLE")
		exec("CREATE DATABASE " + args[1] + " OWNER " + args[1])
		ts.Setenv("DATABASE", args[1])
		ts.Setenv(args[1], server.DSN(args[1], args[1]))
	case args[0] == "first" && len(args) == 1:
		_, err := server.MakeFirstOffice(context.Background(), ts.Getenv("DATABASE"), "../../core/team/schema/1.sql")
		ts.Check(err)
	case args[0] == "first" && len(args) == 1:
		_, err := server.MakeFirstOffice(context.Background(), ts.Getenv("DATABASE"), "../../core/team/schema/1.sql")
		ts.Check(err)
	case args[0] == "grant" && len(args) == 3:
		exec("CREATE ROLE " + args[2] + " LOGIN")
		exec("GRANT " + args[1] + " TO " + args[2])
		ts.Setenv(args[2], server.DSN(args[2], ts.Getenv("DATABASE")))
	case args[0] == "grant" && len(args) == 4:
		exec("CREATE ROLE " + args[2] + " LOGIN PASSWORD '" + args[3] + "'")
		exec("GRANT " + args[1] + " TO " + args[2])
		ts.Setenv(args[2], server.TLS("localhost", args[2], ts.Getenv("DATABASE"), "sslrootcert="+ts.MkAbs("issuer.crt")))
	case args[0] == "run" && len(args) == 3:
		ts.Check(server.Exec(context.Background(), args[1], ts.Getenv("DATABASE"), args[2]))
	case args[0] == "kill":
		ts.Check(server.Kill())
	case args[0] == "restart":
		ts.Check(server.Restart())
	default:
		ts.Fatalf("there is no such command: %q", args)
	}
}

// cmdWindow is "window open" or "window close": the home is as one that has a window, or has none any more.
func cmdWindow(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: window open | close")
	}
	if args[0] == "close" {
		ts.Check(opened.Load().Release())
		return
	}
	dir, err := home.Open(ts.Getenv("COUNTERSIGN_HOME"))
	ts.Check(err)
	lock, err := dir.TryLock("window")
	ts.Check(err)
	opened.Store(lock)
}

// opened is the lock of the window that cmdWindow has opened.
var opened atomic.Pointer[home.Lock]
