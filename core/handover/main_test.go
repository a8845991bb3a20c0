package handover

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"countersign/core/home"
)

// childRole names the variable that makes this test program another start of the program:
// what it is to do. Its arguments are the home and the files.
const childRole = "COUNTERSIGN_HANDOVER_CHILD"

// roles are what another process does. Each says on its standard output what happens,
// one line at a time, and ends when its standard input does.
var roles = map[string]func(ctx context.Context, dir home.Dir, m Message) error{
	"start": startAndServe,
	"hang":  startAndHang,
	"dial":  nil, // see dialPath
}

func TestMain(m *testing.M) {
	if role, ok := os.LookupEnv(childRole); ok {
		if err := child(role); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

func child(role string) error {
	if role == "dial" {
		return dialPath(os.Args[1])
	}
	dir, err := home.Open(os.Args[1])
	if err != nil {
		return err
	}
	m, err := For(os.Args[2:])
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer cancel()
		io.Copy(io.Discard, os.Stdin)
	}()
	return roles[role](ctx, dir, m)
}

var quiet = slog.New(slog.DiscardHandler)

func startAndServe(ctx context.Context, dir home.Dir, m Message) error {
	first, err := Start(context.Background(), dir, m, quiet)
	if err != nil {
		return err
	}
	if first == nil {
		fmt.Println("handed over")
		return nil
	}
	fmt.Println("first")
	err = first.Serve(ctx, func(_ context.Context, m Message) error {
		line, err := json.Marshal(m.Files)
		fmt.Println("received", string(line))
		return err
	})
	return errors.Join(err, first.Close())
}

// startAndHang has the window, and hears nobody.
func startAndHang(ctx context.Context, dir home.Dir, m Message) error {
	first, err := Start(context.Background(), dir, m, quiet)
	if err != nil {
		return err
	}
	fmt.Println("hangs")
	<-ctx.Done()
	return first.Close()
}

type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines *bufio.Scanner
}

func mustStart(t *testing.T, role string, dir home.Dir, files ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(os.Args[0], append([]string{dir.Path()}, files...)...)}
	// The race detector would have a process that ends wait a second for other reports.
	p.cmd.Env = append(os.Environ(), childRole+"="+role, "GORACE=atexit_sleep_ms=0")
	p.cmd.Stderr = os.Stderr
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.lines = bufio.NewScanner(out)
	p.lines.Buffer(nil, 1<<20)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if p.cmd.ProcessState == nil {
			p.cmd.Process.Kill()
			p.cmd.Wait()
		}
	})
	return p
}

// hear waits for the next line that the process says.
func (p *process) hear() string {
	p.t.Helper()
	if !p.lines.Scan() {
		p.t.Fatalf("the process says nothing more: %v", p.lines.Err())
	}
	return p.lines.Text()
}

func (p *process) mustSay(want string) {
	p.t.Helper()
	if got := p.hear(); got != want {
		p.t.Fatalf("the process says %q, not %q", got, want)
	}
}

func (p *process) mustEnd() {
	p.t.Helper()
	if err := errors.Join(p.in.Close(), p.cmd.Wait()); err != nil {
		p.t.Fatal(err)
	}
}

func (p *process) mustKill() {
	p.t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		p.t.Fatal(err)
	}
	if err := p.cmd.Wait(); err == nil {
		p.t.Fatal("the process ended by itself")
	}
}

func mustOpen(t *testing.T) home.Dir {
	t.Helper()
	return mustOpenAt(t, t.TempDir())
}

func mustOpenAt(t *testing.T, path string) home.Dir {
	t.Helper()
	dir, err := home.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func received(files ...string) string {
	line, _ := json.Marshal(files)
	return "received " + strings.TrimSpace(string(line))
}

// dialPath tells how far one gets with a socket.
func dialPath(path string) error {
	c, err := net.Dial("unix", path)
	if err != nil {
		return err
	}
	return c.Close()
}
