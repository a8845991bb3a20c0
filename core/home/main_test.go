package home

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"go.uber.org/goleak"
)

// childRole names the variable that makes this test program another process on a home:
// what it is to do there. Its arguments are the home and a name of its own.
const childRole = "COUNTERSIGN_HOME_CHILD"

// roles are what another process does. Each says on its standard output what happens,
// one line at a time, and ends when its standard input does.
var roles = map[string]func(ctx context.Context, d Dir, name string) error{
	"hold the job": holdJob,
	"serve":        serveNamed,
}

func TestMain(m *testing.M) {
	if role, ok := roles[os.Getenv(childRole)]; ok {
		d, err := Open(os.Args[1])
		if err == nil {
			err = role(untilInputEnds(), d, os.Args[2])
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

func untilInputEnds() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer cancel()
		io.Copy(io.Discard, os.Stdin)
	}()
	return ctx
}

func holdJob(ctx context.Context, d Dir, _ string) error {
	lock, err := d.WaitLock(context.Background(), "job")
	if err != nil {
		return err
	}
	fmt.Println("held")
	<-ctx.Done()
	return lock.Release()
}

func serveNamed(ctx context.Context, d Dir, name string) error {
	s := &Service{Home: d, Name: "hall", Log: slog.New(slog.DiscardHandler), Serve: func(ctx context.Context, l net.Listener) error {
		fmt.Println("serves")
		return answerWith(name)(ctx, l)
	}}
	port, err := s.Ensure(ctx, ctx)
	if err != nil {
		return err
	}
	fmt.Println("ready", port)
	s.Wait()
	return nil
}

// answerWith is a server that tells everybody its name.
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

// mustAsk gives the name of whoever answers on a port.
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

// child is another process on the same home.
type child struct {
	t     *testing.T
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines *bufio.Scanner
}

func mustStart(t *testing.T, role string, d Dir, name string) *child {
	t.Helper()
	c := &child{t: t, cmd: exec.Command(os.Args[0], d.Path(), name)}
	// The race detector would have a process that ends wait a second for other reports.
	c.cmd.Env = append(os.Environ(), childRole+"="+role, "GORACE=atexit_sleep_ms=0")
	c.cmd.Stderr = os.Stderr
	var err error
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.lines = bufio.NewScanner(out)
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if c.cmd.ProcessState == nil {
			c.cmd.Process.Kill()
			c.cmd.Wait()
		}
	})
	return c
}

// mustHear waits for the next line that the process says.
func (c *child) mustHear() string {
	c.t.Helper()
	if !c.lines.Scan() {
		c.t.Fatalf("the other process says nothing more: %v", c.lines.Err())
	}
	return c.lines.Text()
}

// mustEnd tells the process to end, and waits until it has.
func (c *child) mustEnd() {
	c.t.Helper()
	if err := errors.Join(c.in.Close(), c.cmd.Wait()); err != nil {
		c.t.Fatal(err)
	}
}

// mustKill ends the process without a warning.
func (c *child) mustKill() {
	c.t.Helper()
	if err := c.cmd.Process.Kill(); err != nil {
		c.t.Fatal(err)
	}
	if err := c.cmd.Wait(); err == nil {
		c.t.Fatal("the other process ended by itself")
	}
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
