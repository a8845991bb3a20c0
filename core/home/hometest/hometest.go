// Package hometest lets a test run several processes on one home, as the window and the
// terminal commands do. The processes are the test program itself, started again in another
// role. Only tests import it.
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

// RoleVariable names the environment variable that starts a test program in the role of that
// name.
const RoleVariable = "COUNTERSIGN_TEST_ROLE"

// Role is what a process that [MustStart] started does. It reports to the test by printing
// lines on its standard output. Its context ends when the test calls [Process.MustStop], or
// when the test program ends. If a role returns an error, its process prints the error on the
// standard output, too, and ends with exit code 1.
type Role func(ctx context.Context, args []string) error

// Main is what TestMain calls. In a process that [MustStart] started, it runs the role of
// that process and exits. Otherwise it runs the tests, and fails if they leave goroutines
// behind, other than those that ignored says.
func Main(m *testing.M, roles map[string]Role, ignored ...goleak.Option) {
	name, isOther := os.LookupEnv(RoleVariable)
	if !isOther {
		goleak.VerifyTestMain(m, ignored...)
		return
	}
	role, ok := roles[name]
	if !ok {
		role = func(context.Context, []string) error { return fmt.Errorf("there is no role %q", name) }
	}
	if err := role(contextOfInput(), os.Args[1:]); err != nil {
		fmt.Println(err)                  // for a test that expects it
		fmt.Fprintln(os.Stderr, "*", err) // for the output of a test that fails
		os.Exit(1)
	}
	os.Exit(0)
}

// contextOfInput returns a context that ends when the standard input is closed, which also
// happens when the test program ends.
func contextOfInput() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer cancel()
		_, _ = io.Copy(io.Discard, os.Stdin)
	}()
	return ctx
}

// Process is a process that [MustStart] started. Its methods must be called on the goroutine
// of the test.
type Process struct {
	t     testing.TB
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines *bufio.Scanner
}

// MustStart starts another process in a role, and fails the test if it cannot. If the process
// still runs at the end of the test, it is killed.
func MustStart(t testing.TB, role string, args ...string) *Process {
	t.Helper()
	p := &Process{t: t, cmd: exec.Command(os.Args[0], args...)} // #nosec G204 G702 -- a test starts itself
	// By default the race detector delays the exit of a process by a second.
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
			_ = p.cmd.Process.Kill()
			_ = p.cmd.Wait()
		}
	})
	return p
}

// MustReadLine waits for the next line that the process prints on its standard output, and
// returns it. It fails the test if there is none, because the process has ended.
func (p *Process) MustReadLine() string {
	p.t.Helper()
	if !p.lines.Scan() {
		p.t.Fatalf("the other process prints nothing more: %v", p.lines.Err())
	}
	return p.lines.Text()
}

// MustExpect waits for the next line that the process prints, and fails the test if the line
// is not want, or if there is none.
func (p *Process) MustExpect(want string) {
	p.t.Helper()
	if got := p.MustReadLine(); got != want {
		p.t.Fatalf("the other process prints %q, not %q", got, want)
	}
}

// MustStop asks the process to stop, and waits until it has ended. It fails the test if the
// process ends with an error.
func (p *Process) MustStop() {
	p.t.Helper()
	if err := errors.Join(p.in.Close(), p.cmd.Wait()); err != nil {
		p.t.Fatal(err)
	}
}

// MustKill kills the process, and waits until it has ended. It fails the test if the process
// had ended by itself before, without an error.
func (p *Process) MustKill() {
	p.t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		p.t.Fatal(err)
	}
	if err := p.cmd.Wait(); err == nil {
		p.t.Fatal("the other process ended by itself")
	}
}
