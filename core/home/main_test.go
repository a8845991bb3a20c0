package home

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strconv"
	"testing"

	"countersign/core/home/hometest"
)

// roles are what another process does. The arguments are the home and the name of the process.
var roles = map[string]hometest.Role{
	"hold the job": holdJob,
	"serve":        serveNamed,
}

func TestMain(m *testing.M) { hometest.Main(m, roles) }

func holdJob(ctx context.Context, args []string) error {
	d, err := Open(args[0])
	if err != nil {
		return err
	}
	lock, err := d.WaitLock(context.Background(), "job")
	if err != nil {
		return err
	}
	fmt.Println("held")
	<-ctx.Done()
	return lock.Release()
}

func serveNamed(ctx context.Context, args []string) error {
	d, err := Open(args[0])
	if err != nil {
		return err
	}
	s := &Service{Home: d, Name: "hall", Log: slog.New(slog.DiscardHandler), Serve: func(ctx context.Context, l net.Listener) error {
		fmt.Println("serves")
		return answerWith(args[1])(ctx, l)
	}}
	port, err := s.Ensure(ctx, ctx)
	if err != nil {
		return err
	}
	fmt.Println("ready", port)
	s.Wait()
	return nil
}

// answerWith returns a server that sends its name to every client.
func answerWith(name string) func(context.Context, net.Listener) error {
	return func(ctx context.Context, l net.Listener) error {
		stop := context.AfterFunc(ctx, func() { l.Close() })
		defer stop()
		for {
			c, err := l.Accept()
			if ctx.Err() != nil {
				return nil
			}
			if err != nil {
				return err
			}
			io.WriteString(c, name)
			c.Close()
		}
	}
}

// mustAsk returns the name of the server on a port.
func mustAsk(t *testing.T, port int) string {
	t.Helper()
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp4", net.JoinHostPort(Loopback, strconv.Itoa(port)))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	name, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(name)
}

func mustOpen(t *testing.T) Dir {
	t.Helper()
	d, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func mustRelease(t *testing.T, l *Lock) {
	t.Helper()
	if err := l.Release(); err != nil {
		t.Fatal(err)
	}
}
