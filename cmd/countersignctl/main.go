// Command countersignctl is the desk on a terminal. It works on the same home as the window, with the
// same ledger, gateways and rules, also while the window is open. It needs no display and no C library.
//
// It parses the command line and prints results. The work is done by the parts of a
// [workspace.Workspace].
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"time"

	"github.com/alecthomas/kong"

	"countersign/cmd/internal/program"
	"countersign/core/home"
	"countersign/core/workspace"
)

// Exit codes. Scripts rely on them.
const (
	exitDone      = 0
	exitError     = 1
	exitUsage     = 2
	exitOtherwise = 3 // of sign: a request ended as something else than signed; of verify: a signature is not intact; of import: rows were left out
	exitOpen      = 4 // of sign: a request was still open when the time ran out
)

// exit is an error that ends the program with an exit code, without a message.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// terminal is what a command gets from its surroundings: the standard streams, the log and the home. With
// json set, it prints JSON Lines for scripts.
type terminal struct {
	in       io.Reader
	out, err io.Writer
	json     bool
	verbose  bool
	log      *slog.Logger
	dir      home.Dir
	keyFile  string        // with the register's private key; empty for none
	left     time.Duration // of catchUpTime, after everything new in the office was read; zero if it was not
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), program.EndSignals()...)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	ending := program.NewEnding("countersignctl", program.EndTime, os.Stderr, os.Exit)
	context.AfterFunc(ctx, ending.Begin)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	ending.Done()
	stop()
	os.Exit(code)
}

// run runs the program with the arguments and the standard streams that are given, and returns the exit
// code. When ctx is done, the command ends early.
func run(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int {
	flags, parsed, err := parse(args, program.Kinds(), kong.Writers(out, errs), kong.BindTo(ctx, (*context.Context)(nil)))
	if code, ok := errors.AsType[exit](err); ok { // help or the version was asked for
		return int(code)
	}
	if err != nil {
		printf(errs, "countersignctl: %v: countersignctl --help lists the commands\n", err)
		return exitUsage
	}
	t := &terminal{in: in, out: out, err: errs, json: flags.JSON, verbose: flags.Verbose, keyFile: flags.RegisterKey, log: newLog(errs, flags.Verbose)}
	program.FilterLibraryLog(func(line string) { t.log.Debug("a library says", "line", line) })
	return t.finish(t.run(parsed, flags.Home))
}

func newLog(w io.Writer, verbose bool) *slog.Logger {
	level := slog.LevelError
	if verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
}

func (t *terminal) run(parsed *kong.Context, path string) (err error) {
	if path == "" {
		if former, found := home.FindFormer(); found && !needsNoHome(parsed) {
			return formerHome(former)
		}
		if path, err = home.Default(); err != nil {
			return err
		}
	}
	if t.dir, err = home.Open(path); err != nil {
		return err
	}
	return parsed.Run(t)
}

// finish returns the exit code for the error of a command, and prints the error on one line unless it is
// nil or an [exit].
func (t *terminal) finish(err error) int {
	if err == nil {
		return exitDone
	}
	if code, ok := errors.AsType[exit](err); ok {
		return int(code)
	}
	if usage, ok := errors.AsType[usageError](err); ok {
		printf(t.err, "countersignctl: %v\n", usage)
		return exitUsage
	}
	printf(t.err, "countersignctl: %s\n", oneLine(err))
	return exitError
}

// usageError is an error in the command line; the program ends with [exitUsage].
type usageError string

func (e usageError) Error() string { return string(e) }

// withWorkspace opens the home, calls the function use with its workspace, and closes the home. It warns on standard error
// when the ledger is damaged, so that it is only read, and when the home is on a network share. In an office, it first
// reads what is new there. It returns the errors of use and of closing, joined. When the home cannot be opened, it returns that
// error and does not call use.
func (t *terminal) withWorkspace(ctx context.Context, use func(*workspace.Workspace) error) error {
	return t.withHome(ctx, func(w *workspace.Workspace) error {
		t.catchUp(ctx, w)
		return use(w)
	})
}

// withHome does what withWorkspace does, but reads nothing of an office. If the function use has read what is new there, the desk signs that as a
// witness at the end.
func (t *terminal) withHome(ctx context.Context, use func(*workspace.Workspace) error) error {
	p, err := program.Open(ctx, t.dir, t.keyFile, t.log)
	if err != nil {
		return err
	}
	for _, err := range []error{p.Workspace.Ledger.Damage(), p.Workspace.Home.CheckPlace()} {
		if err != nil {
			printf(t.err, "countersignctl: warning: %s\n", oneLine(err))
		}
	}
	err = use(p.Workspace)
	t.signOff(ctx, p.Workspace)
	return errors.Join(err, p.Close())
}
