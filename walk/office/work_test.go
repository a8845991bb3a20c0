package office

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"time"

	"countersign/core/home"
	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/core/workspace"
)

// workVar names the home of a desk. With it, this program is that desk instead of the tests.
const workVar = "COUNTERSIGN_TEST_DESK"

// work is what the program of a desk does: it follows its office, and appends events to requests that all desks work on and to requests of its
// own, until its standard input ends. Each append has a mark of its own; the reason of each of its events is "MARK 1/2" or the like. As soon
// as the office has acknowledged an append, it prints the mark.
func work(dir string) error {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	folder, err := home.Open(dir)
	if err != nil {
		return err
	}
	w, err := open(ctx, folder)
	if err != nil {
		return err
	}
	defer w.Close()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	var following sync.WaitGroup
	defer following.Wait()
	failed := make(chan error, 1)
	following.Go(func() { failed <- w.Office.Follow(ctx, w.Ledger) })
	out := bufio.NewWriter(os.Stdout)
	d := worker{Workspace: w, name: fmt.Sprintf("%s-%d", strings.ReplaceAll(w.Ledger.Desk(), " ", "-"), os.Getpid())}
	for ctx.Err() == nil {
		select {
		case err := <-failed:
			return err // the office has parted from this desk
		default:
		}
		err := d.step(ctx)
		switch {
		case errors.Is(err, ledger.ErrParted):
			return err
		case errors.Is(err, ledger.ErrConflict), errors.Is(err, request.ErrIllegal), errors.Is(err, context.Canceled):
		case err != nil:
			fmt.Fprintln(out, "unknown", d.mark(), err)
		default:
			fmt.Fprintln(out, "done", d.mark())
		}
		if err := out.Flush(); err != nil {
			return err
		}
	}
	return nil
}

func open(ctx context.Context, dir home.Dir) (*workspace.Workspace, error) {
	return workspace.Open(ctx, workspace.Config{Home: dir})
}

// worker appends events at a desk.
type worker struct {
	*workspace.Workspace
	name  string
	count int // of the appends that were tried
}

// mark is that of the append that was tried last. No other append has it, at whichever desk.
func (d *worker) mark() string { return fmt.Sprintf("%s-%d", d.name, d.count) }

// shared is how many requests all desks work on.
const shared = 30

// step appends events to one or two requests.
func (d *worker) step(ctx context.Context) error {
	d.count++
	ids := []request.ID{request.ID(d.mark())}
	if rand.N(4) > 0 {
		first := rand.N(shared)
		ids = append(ids, request.ID(fmt.Sprintf("shared-%d", first)))[rand.N(2):]
	}
	var changes []ledger.Change
	n := 0
	for _, id := range ids {
		r, err := d.Get(ctx, id)
		if errors.Is(err, ledger.ErrNotFound) {
			r = request.Request{ID: id}
		} else if err != nil {
			return err
		}
		events, err := d.next(ctx, r)
		if err != nil {
			return err
		}
		changes = append(changes, ledger.Change{ID: id, Version: r.Version, Events: events})
		n += len(events)
	}
	k := 0
	for _, c := range changes {
		for i := range c.Events {
			k++
			c.Events[i].Reason = fmt.Sprintf("%s %d/%d", d.mark(), k, n)
		}
	}
	_, err := d.Ledger.Append(ctx, changes...)
	return err
}

// next returns events that may follow in the history of a request.
func (d *worker) next(ctx context.Context, r request.Request) ([]request.Event, error) {
	e := request.Event{By: "somebody"}
	answer := func(s request.Status) request.Event {
		e := e
		e.Kind, e.By, e.Answer = request.KindAnswered, "", &request.Answer{VisitID: r.Visit.ID, Status: s, Evidence: request.ByGateway}
		return e
	}
	edited := func() request.Event {
		e := e
		e.Kind, e.Edited = request.KindEdited, &request.Edited{Title: "Lease", Reference: d.mark()}
		return e
	}
	switch r.Status {
	case "":
		e.Kind, e.Added = request.KindAdded, &request.Added{Title: "Lease", Gateway: "office", RemoteID: "1"}
		if rand.N(4) == 0 {
			digest, size, err := d.Ledger.PutDocument(ctx, strings.NewReader("document of "+d.mark()), 1<<10)
			if err != nil {
				return nil, err
			}
			e.Added.RemoteID, e.Added.Documents = "", []request.Original{{Name: "Lease.pdf", SHA256: digest, Size: size}}
		}
	case request.Pending:
		switch rand.N(3) {
		case 0:
			return []request.Event{edited(), edited()}, nil
		case 1:
			e.Kind = request.KindWithdrawn
		default:
			ticket := "ticket-of-" + d.mark() + strings.Repeat("x", 32)
			e.Kind, e.Visit = request.KindLaunched, &request.Visit{
				ID: request.VisitIDOf(ticket), Gateway: "office", Requests: []request.ID{r.ID},
				URL: "https://office.example/" + ticket, ReturnURL: "http://127.0.0.1:1/return/" + ticket,
			}
		}
	case request.Signing:
		return []request.Event{answer([]request.Status{request.Signed, request.Failed, request.Rejected}[rand.N(3)])}, nil
	case request.Signed:
		switch {
		case d.Office.Membership().Role == "manager" && rand.N(3) > 0:
			e.Kind, e.Reviewed = request.KindReviewed, &request.Reviewed{Decision: request.Accepted, Note: d.mark()}
		default:
			return []request.Event{edited()}, nil
		}
	default:
		e.Kind = request.KindReopened
	}
	return []request.Event{e}, nil
}

// patience bounds what a test waits for.
const patience = 2 * time.Minute
