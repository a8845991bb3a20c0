package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"countersign/cmd/internal/program"
	"countersign/core/desk"
	"countersign/core/evidence"
	"countersign/core/explain"
	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/core/workspace"
)

type signCommand struct {
	IDs       []string      `arg:"" name:"id" help:"Requests, by the beginning of their ids."`
	NoBrowser bool          `help:"Open no browser: print the address, and wait."`
	Anew      bool          `help:"Give up the visits in progress, and begin new ones."`
	Timeout   time.Duration `help:"How long to wait for the outcome." default:"10m"`
}

// interruptedStart is how long an interrupted sign goes on for the browsers that it has started. A second interrupt ends it at once.
const interruptedStart = 5 * time.Second

func (c *signCommand) Run(ctx context.Context, t *terminal) error {
	if c.Timeout <= 0 {
		return usageError("--timeout must be longer than zero, like 10m")
	}
	ctx, end := context.WithCancel(ctx)
	defer end()
	system := program.OpenSession(end) // after a browser was opened, no signal says on Windows that the person logs off
	defer system.Close()
	return t.withWorkspace(ctx, func(w *workspace.Workspace) error {
		ids, err := findAll(ctx, w, c.IDs)
		if err != nil {
			return err
		}
		running, stop := context.WithCancel(ctx)
		stopped := make(chan error, 1)
		go func() { stopped <- w.Desk.Run(running) }()
		err = c.sign(ctx, t, w, ids)
		if ctx.Err() != nil { // a browser that has just been started lives on, and still has to be sent on to its gateway
			starting, cancel := context.WithTimeout(context.WithoutCancel(ctx), interruptedStart)
			w.Desk.AwaitBrowsers(starting)
			cancel()
		}
		stop()
		return errors.Join(err, <-stopped)
	})
}

// leastPreparing is how long preparing the visits may take even when --timeout is shorter. A script that
// wants only the addresses gives a short --timeout.
const leastPreparing = 2 * time.Second

func (c *signCommand) sign(ctx context.Context, t *terminal, w *workspace.Workspace, ids []request.ID) error {
	waiting, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	preparing, stop := context.WithTimeout(ctx, max(c.Timeout, leastPreparing))
	defer stop()
	begin := w.Desk.Sign
	if c.Anew {
		begin = w.Desk.SignAnew
	}
	visits, failure := begin(preparing, ids...)
	if failure != nil && preparing.Err() != nil && ctx.Err() == nil {
		// What was not ready in time stays as it was, and is printed with the rest.
		printf(t.err, "countersignctl: the time ran out while signing was being prepared: sign again with a longer --timeout\n")
		failure = nil
	}
	awaited := launched(visits, ids, failure)
	stopWarning, err := t.warnUnanswered(waiting, w, awaited)
	if err != nil {
		return err
	}
	defer stopWarning()
	for _, visit := range visits {
		if err := c.launch(ctx, t, w, visit); err != nil {
			return err
		}
	}
	if failure != nil && len(visits) == 0 {
		return failure
	}
	requests, err := w.Desk.Await(waiting, awaited...)
	stopWarning()
	if err != nil && waiting.Err() == nil {
		return errors.Join(err, failure)
	}
	if printErr := t.requests(w, requests...); printErr != nil {
		return printErr
	}
	t.warn(requests)
	w.Desk.AwaitBrowsers(ctx)
	w.Desk.AwaitReloads(ctx)
	if failure != nil {
		return failure
	}
	return codeFor(requests)
}

// warnUnanswered prints a warning on standard error for each of the requests whose browser comes back without an outcome while the gateway
// cannot be asked, until ctx ends or stop is called. stop returns after the last line was printed, and may be called again. The waiting goes on: the browser may
// come back once more, or a person may attach the signed file.
func (t *terminal) warnUnanswered(ctx context.Context, w *workspace.Workspace, ids []request.ID) (stop func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	notices, err := w.Ledger.Watch(ctx)
	if err != nil {
		cancel()
		if ctx.Err() == nil {
			return nil, err
		}
		return func() {}, nil
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for notice := range notices {
			for _, n := range notice.Events {
				if n.Event.Kind == request.KindReturned && n.Event.Return.CannotAsk && slices.Contains(ids, n.ID) {
					said := explain.Request(request.Request{Status: request.Signing, ReturnedAt: &n.Event.At, CannotAsk: true}, i18n.English)
					printf(t.err, "countersignctl: warning: %s %s\n", said.State, said.Advice)
				}
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}, nil
}

// launch opens the browser for a visit. With --no-browser, it prints the address of the visit on standard
// output instead, and records that it was shown. When no browser can be opened, it prints the address on
// standard error and returns no error.
func (c *signCommand) launch(ctx context.Context, t *terminal, w *workspace.Workspace, visit request.Visit) error {
	if c.NoBrowser {
		if err := t.address(visit); err != nil {
			return err
		}
		return w.Desk.Shown(ctx, visit)
	}
	err := w.Desk.OpenBrowser(ctx, visit)
	if errors.Is(err, desk.ErrBrowser) {
		printf(t.err, "countersignctl: %s\n%s\n", oneLine(err), visit.URL)
		return nil
	}
	return err
}

// address prints the address at which a browser begins the visit; as JSON, also the requests of the visit.
func (t *terminal) address(visit request.Visit) error {
	if !t.json {
		return printf(t.out, "%s\n", visit.URL)
	}
	return t.value(struct {
		URL      string       `json:"url"`
		Requests []request.ID `json:"requests"`
	}{visit.URL, visit.Requests})
}

// launched returns the ids whose outcome is to be waited for: all of ids, or after a failure only those
// that are in one of the visits.
func launched(visits []request.Visit, ids []request.ID, failure error) []request.ID {
	if failure == nil {
		return ids
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id request.ID) bool {
		return !slices.ContainsFunc(visits, func(v request.Visit) bool { return slices.Contains(v.Requests, id) })
	})
}

// warn prints on standard error which requests are still open, which are signed but have trouble, and
// what [terminal.warnFiles] prints.
func (t *terminal) warn(requests []request.Request) {
	for _, r := range requests {
		switch {
		case r.Status.Open():
			where := explain.Request(r, i18n.English)
			printf(t.err, "countersignctl: %s is still open: %s %s\n", r.Title, where.State, r.Trouble)
		case r.Status == request.Signed && r.Trouble != "":
			printf(t.err, "countersignctl: warning: %s is signed, but %s\n", r.Title, r.Trouble)
		}
	}
	t.warnFiles(requests)
}

// warnFiles prints on standard error which signed files prove nothing or cannot be checked here, and which
// show changes that were made between sending and signing.
func (t *terminal) warnFiles(requests []request.Request) {
	for _, r := range requests {
		for _, d := range r.Documents {
			switch {
			case d.Signed == nil || d.Signed.Problem == "" || d.Signed.Voucher != nil:
			case d.Signed.Unchecked:
				printf(t.err, "countersignctl: warning: the signed file of %s cannot be checked here: %s: if you know that it is the signed document, vouch for it with attach --vouch\n", d.Name, d.Signed.Problem)
			default:
				printf(t.err, "countersignctl: warning: the signed file of %s does not prove the signature: %s\n", d.Name, d.Signed.Problem)
			}
			if d.Signed != nil && len(d.Signed.Changes) > 0 {
				printf(t.err, "countersignctl: warning: %s: %s\n", d.Name, changedWords(d.Signed.Changes))
			}
		}
	}
}

// changedWords returns the warning about changes that were made between sending and signing.
func changedWords(changed []string) string {
	return fmt.Sprintf("visible content of the signed file was changed between sending and signing (%s): compare it with the document that was sent", evidence.DescribeChanges(changed, i18n.English))
}

func codeFor(requests []request.Request) error {
	code := exitDone
	for _, r := range requests {
		switch {
		case r.Status.Open():
			return exit(exitOpen)
		case r.Status != request.Signed:
			code = exitOtherwise
		}
	}
	if code == exitDone {
		return nil
	}
	return exit(code)
}

// findAll returns the ids that begin with the prefixes, in the order of the prefixes and each once. It
// fails when no request has an id with a prefix, or several have; a whole id is never ambiguous.
func findAll(ctx context.Context, w *workspace.Workspace, prefixes []string) ([]request.ID, error) {
	var ids []request.ID
	for _, prefix := range prefixes {
		r, err := w.Desk.Find(ctx, prefix)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(ids, r.ID) {
			ids = append(ids, r.ID)
		}
	}
	return ids, nil
}

type refreshCommand struct {
	IDs []string `arg:"" optional:"" name:"id" help:"Requests, by the beginning of their ids. Default: all open requests."`
}

func (c *refreshCommand) Run(ctx context.Context, t *terminal) error {
	return t.withWorkspace(ctx, func(w *workspace.Workspace) error {
		ids, err := findAll(ctx, w, c.IDs)
		if err != nil {
			return err
		}
		if len(ids) == 0 {
			if ids, err = w.Desk.Unsettled(ctx); err != nil || len(ids) == 0 {
				return err
			}
		}
		failure := w.Desk.Refresh(ctx, ids...)
		var requests []request.Request
		for _, id := range ids {
			r, err := w.Ledger.Get(ctx, id)
			if err != nil {
				return err
			}
			requests = append(requests, r)
		}
		if failure != nil && desk.Answered(failure) {
			printf(t.err, "countersignctl: warning: %s\n", failure)
			failure = nil
		}
		t.warnFiles(requests)
		return errors.Join(t.requests(w, requests...), failure)
	})
}
