package team

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"countersign/core/team/teamtest"
)

// inWords fails the test unless an error is want, says so in words, and has nothing of the network's or the driver's own language.
func inWords(t *testing.T, err, want error, says string) {
	t.Helper()
	if !errors.Is(err, want) || !strings.Contains(err.Error(), says) {
		t.Errorf("%v, want %v: %s", err, want, says)
		return
	}
	for _, raw := range []string{"EOF", "dial", "SQLSTATE", "FATAL", "failed to connect", "syscall", "`", "\n", "reset by peer", "closed pool", "conn closed", "use of closed"} {
		if strings.Contains(err.Error(), raw) {
			t.Errorf("the error has %q: %v", raw, err)
		}
	}
}

func TestALostServerIsSaidInWords(t *testing.T) {
	server, err := teamtest.Start("max_connections=4", "superuser_reserved_connections=0")
	if errors.Is(err, teamtest.ErrNotInstalled) {
		t.Skip(err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(err)
	defer func() { must(server.Stop()) }()
	owner := server.MustCreate(t)
	made, err := Init(t.Context(), server.DSN(owner, owner), "", "Office")
	must(err)
	server.MustExec(t, "postgres", "postgres", "CREATE ROLE clara LOGIN", "CREATE ROLE nobody LOGIN")
	server.MustExec(t, owner, owner, "GRANT "+made.Clerk+" TO clara")
	way, err := teamtest.NewProxy(server)
	must(err)
	defer func() { must(way.Close()) }()
	o, err := Open(t.Context(), teamtest.DSN("clara", owner, way), "", "test")
	must(err)
	defer o.Close()

	_, err = Open(t.Context(), server.DSN("nobody", owner), "", "test")
	inWords(t, err, ErrNoRole, "GRANT")
	_, err = Open(t.Context(), server.DSN("clara", "postgres"), "", "test")
	inWords(t, err, ErrNoOffice, "no office in that database")
	_, err = Open(t.Context(), server.DSN("clara", "elsewhere"), "", "test")
	inWords(t, err, ErrNoOffice, "no office in that database")

	way.Cut() // while nobody uses the connection
	_, _, err = o.Head(t.Context())
	inWords(t, err, ErrUnreachable, "the connection was closed")
	way.Mend()

	// While the server is at work.
	ask := func() chan error {
		asked := make(chan error, 1)
		go func() {
			asked <- o.call(t.Context(), func() error { _, err := o.pool.Exec(t.Context(), "SELECT pg_sleep(600)"); return err })
		}()
		until := time.Now().Add(time.Minute)
		for asleep := "SELECT 1/count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)'"; server.Exec(t.Context(), "postgres", "postgres", asleep) != nil; {
			if time.Now().After(until) {
				t.Fatal("the server does not work")
			}
		}
		return asked
	}
	asked := ask()
	must(server.Exec(t.Context(), "postgres", "postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)'"))
	inWords(t, <-asked, ErrUnreachable, "has ended the connection")
	asked = ask()
	must(server.Kill())
	inWords(t, <-asked, ErrUnreachable, "the connection was closed")

	_, err = Open(t.Context(), server.DSN("clara", owner), "", "test")
	inWords(t, err, ErrUnreachable, "the connection was refused")
	_, err = Open(t.Context(), "host="+t.TempDir()+" user=clara dbname=x", "", "test")
	inWords(t, err, ErrUnreachable, "no server listens there")
	_, err = Open(t.Context(), "host=no.such.name.invalid user=clara dbname=x", "", "test")
	inWords(t, err, ErrUnreachable, "its name ")
	_, _, err = o.Head(t.Context())
	inWords(t, err, ErrUnreachable, "")

	must(server.Restart())
	way.Hold()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	_, err = Open(ctx, teamtest.DSN("clara", owner, way), "", "test")
	cancel()
	inWords(t, err, ErrUnreachable, "no connection in time")
	way.Mend()
	for range 4 {
		other, err := Open(t.Context(), server.DSN("clara", owner), "", "test")
		if err == nil {
			defer other.Close()
			conn, err := other.pool.Acquire(t.Context())
			must(err)
			defer conn.Release()
		}
	}
	_, err = Open(t.Context(), server.DSN("clara", owner), "", "test")
	inWords(t, err, ErrUnreachable, "no more connections")
}
