package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"countersign/core/gateway"
	"countersign/core/workspace"
)

// report prints the results of a check. ok reports whether all of them are OK.
func (c *gatewayCheck) report(t *terminal, check func() ([]gateway.CheckResult, error)) (ok bool, err error) {
	findings, err := check()
	if err != nil {
		return false, err
	}
	ok = true
	for _, f := range findings {
		ok = ok && f.OK
		if err := t.finding(f); err != nil {
			return false, err
		}
	}
	return ok, nil
}

// confirm returns nil if a document may be created at the gateway: with --yes, or after a person at the
// terminal has said so.
func (c *gatewayCheck) confirm(ctx context.Context, t *terminal, w *workspace.Workspace) error {
	if err := w.Desk.CanTry(ctx, c.Name); err != nil || c.Yes {
		return err
	}
	what := fmt.Sprintf("create a document of one page at gateway %s, and delete it again", c.Name)
	return t.ask(ctx, fmt.Sprintf("this will %s. Nobody is asked to sign it", what), fmt.Errorf("--try would %s: where that is right, give --yes", what))
}

// ask tells a person at the terminal what is about to happen, and returns nil if they say yes. It returns the error nobody if nobody is there.
func (t *terminal) ask(ctx context.Context, what string, nobody error) error {
	if !t.isInteractive() {
		return nobody
	}
	printf(t.err, "countersignctl: %s. Go on? [y/N] ", what)
	answer, err := t.readLine(ctx)
	switch {
	case errors.Is(err, io.EOF):
		return nobody
	case err != nil:
		return err
	}
	if answer = strings.ToLower(strings.TrimSpace(answer)); answer != "y" && answer != "yes" {
		return errors.New("nothing was done")
	}
	return nil
}

// isInteractive reports whether a person may be there to answer: standard input is a terminal. It also
// reports true for the null device, where reading ends at once.
func (t *terminal) isInteractive() bool {
	f, ok := t.in.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// readLine reads a line of standard input. The error is [io.EOF] if there is none. When ctx is done, it
// returns the error of ctx at once.
func (t *terminal) readLine(ctx context.Context) (string, error) {
	type line struct {
		text string
		err  error
	}
	read := make(chan line, 1)
	go func() {
		text, err := bufio.NewReader(io.LimitReader(t.in, 1<<10)).ReadString('\n')
		if text != "" {
			err = nil
		}
		read <- line{text, err}
	}()
	select {
	case l := <-read:
		return l.text, l.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}
