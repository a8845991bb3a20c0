// Package hometest has a test program be several processes at once, on one home, as the window and the
// terminal are. It is for tests alone; no program imports it.
package hometest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"

	"go.uber.org/goleak"
)

// RoleVariable names the variable that makes a test program another process: what it is to do.
const RoleVariable = "COUNTERSIGN_TEST_ROLE"

// A Role is what another process does. It says on its standard output what happens, one line at a time. Its context ends
// when whoever started it wants no more of it, which is also when the starting process ends, however it does.
type Role func(ctx context.Context, args []string) error

// Main is the TestMain of a package that has other processes: they play their role, and the test program
// runs its tests and looks for goroutines that are left over.
func Main(m *testing.M, roles map[string]Role) {
	name, isOther := os.LookupEnv(RoleVariable)
	if !isOther {
		goleak.VerifyTestMain(m)
		return
	}
	role, ok := roles[name]
	if !ok {
		role = func(context.Context, []string) error { return fmt.Errorf("there is no role %q", name) }
	}
	if err := role(contextOfInput(), os.Args[1:]); err != nil {
		fmt.Println(err)                  // for a test that waits for it
		fmt.Fprintln(os.Stderr, "*", err) // for whoever wonders why a test failed
		os.Exit(1)
	}
	os.Exit(0)
}

func contextOfInput() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer cancel()
		io.Copy(io.Discard, os.Stdin)
	}()
	return ctx
}

// Process is another process. Its methods are for the test's own goroutine.
type Process struct {
	t     testing.TB
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines *bufio.Scanner
}

// MustStart starts another process, which ends with the test at the latest.
func MustStart(t testing.TB, role string, args ...string) *Process {
	t.Helper()
	p := &Process{t: t, cmd: exec.Command(os.Args[0], args...)}
	// The race detector would have a process that ends wait a second for other reports.
	p.cmd.Env = append(os.Environ(), RoleVariable+"="+role, "GORACE=atexit_sleep_ms=0")
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

// MustHear waits for the next line that the process says.
func (p *Process) MustHear() string {
	p.t.Helper()
	if !p.lines.Scan() {
		p.t.Fatalf("the other process says nothing more: %v", p.lines.Err())
	}
	return p.lines.Text()
}

// MustSay waits for the next line that the process says, which has to be this one.
func (p *Process) MustSay(want string) {
	p.t.Helper()
	if got := p.MustHear(); got != want {
		p.t.Fatalf("the other process says %q, not %q", got, want)
	}
}

// MustEnd tells the process to end, and waits until it has done what it was to do.
func (p *Process) MustEnd() {
	p.t.Helper()
	if err := errors.Join(p.in.Close(), p.cmd.Wait()); err != nil {
		p.t.Fatal(err)
	}
}

// MustKill ends the process without a warning.
func (p *Process) MustKill() {
	p.t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		p.t.Fatal(err)
	}
	if err := p.cmd.Wait(); err == nil {
		p.t.Fatal("the other process ended by itself")
	}
}
