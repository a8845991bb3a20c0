package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"countersign/core/explain"
	"countersign/core/i18n"
	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/core/workspace"
)

// amongFlags choose requests by whether they are archived, and whether they are practice.
type amongFlags struct {
	Archived *bool `help:"Only archived requests; with --archived=false, only others."`
	Practice *bool `help:"Only requests of practice gateways; with --practice=false, only others."`
}

// apply adds the conditions of the flags that were given to a query.
func (f amongFlags) apply(q *ledger.Query) {
	for _, flag := range []struct {
		given *bool
		into  *ledger.Among
	}{{f.Archived, &q.Archived}, {f.Practice, &q.Practice}} {
		switch {
		case flag.given == nil:
		case *flag.given:
			*flag.into = ledger.Only
		default:
			*flag.into = ledger.Without
		}
	}
}

type listCommand struct {
	Status  []string `help:"Only these statuses." placeholder:"STATUS"`
	Search  string   `help:"Only requests with words that begin with this text." placeholder:"TEXT"`
	Gateway string   `help:"Only of this gateway." placeholder:"NAME"`
	Review  string   `help:"Only outcomes with this decision: ${enum}." enum:",needed,accepted,returned" default:"" placeholder:"DECISION"`
	Mine    bool     `help:"Only requests that you added or, in an office, launched."`
	Desk    string   `help:"Only requests whose browser is at this desk of the office." placeholder:"NAME"`
	Damaged bool     `help:"Only requests with a stored file that is known to be altered or missing."`
	Limit   int      `help:"How many to list at most; 0 for all." default:"100"`
	amongFlags
}

// listPage is the number of requests that list reads from the ledger at once.
const listPage = 500

func (c *listCommand) Run(ctx context.Context, t *terminal) error {
	only, err := statuses(c.Status)
	if err != nil {
		return err
	}
	query := ledger.Query{Search: c.Search, Gateway: c.Gateway, Decision: request.Decision(c.Review), Statuses: only, Desk: c.Desk, Damaged: c.Damaged}
	c.apply(&query)
	if c.Limit < 0 {
		return usageError("--limit cannot be less than 0")
	}
	return t.withWorkspace(ctx, func(w *workspace.Workspace) error {
		if c.Mine {
			if query.AddedOrLaunchedBy = w.Person().Account; query.AddedOrLaunchedBy == "" {
				return errors.New("the system does not say who you are: list without --mine")
			}
		}
		if err := useGateway(ctx, w, &query); err != nil {
			return err
		}
		left := c.Limit
		for {
			query.Limit = listPage
			if c.Limit > 0 {
				query.Limit = min(listPage, left)
			}
			page, err := w.Ledger.Query(ctx, query)
			if err != nil {
				return err
			}
			if err := t.requests(w, page.Requests...); err != nil {
				return err
			}
			left -= len(page.Requests)
			if page.Next == "" || c.Limit > 0 && left == 0 {
				return nil
			}
			query.After = page.Next
		}
	})
}

// useGateway replaces the name of a gateway in a query that was typed by the name that requests have for it. In an office, the plain name of a gateway of this desk will do,
// unless there are requests with that name.
func useGateway(ctx context.Context, w *workspace.Workspace, q *ledger.Query) error {
	if q.Gateway == "" || w.Office == nil {
		return nil
	}
	used, err := w.Ledger.GatewaysUsed(ctx)
	if err != nil || slices.Contains(used, q.Gateway) {
		return err
	}
	profiles, err := w.Gateways.Profiles()
	if err != nil {
		return err
	}
	if p, err := profiles.Get(q.Gateway); err == nil {
		q.Gateway = p.Name
	}
	return nil
}

func join(statuses []request.Status) string {
	var names []string
	for _, s := range statuses {
		names = append(names, string(s))
	}
	return strings.Join(names, ", ")
}

type showCommand struct {
	ID string `arg:"" help:"Request, by the beginning of its id."`
}

func (c *showCommand) Run(ctx context.Context, t *terminal) error {
	return t.withWorkspace(ctx, func(w *workspace.Workspace) error {
		r, err := w.Desk.Find(ctx, c.ID)
		if err != nil {
			return err
		}
		if r, err = w.Ledger.CheckFiles(ctx, r.ID); err != nil {
			return err
		}
		return t.details(w, r)
	})
}

type reopenCommand struct {
	ID string `arg:"" help:"Request, by the beginning of its id."`
}

func (c *reopenCommand) Run(ctx context.Context, t *terminal) error {
	return t.one(ctx, c.ID, func(w *workspace.Workspace, id request.ID) (request.Request, error) { return w.Desk.Reopen(ctx, id) })
}

type withdrawCommand struct {
	ID     string `arg:"" help:"Request, by the beginning of its id."`
	Reason string `help:"Reason, for the request's history." placeholder:"TEXT"`
}

func (c *withdrawCommand) Run(ctx context.Context, t *terminal) error {
	return t.one(ctx, c.ID, func(w *workspace.Workspace, id request.ID) (request.Request, error) {
		return w.Desk.Withdraw(ctx, id, c.Reason)
	})
}

// one finds the request whose id begins with prefix, calls the function do with its whole id, and prints the request
// that do returns. It fails when no request has such an id, or several have.
func (t *terminal) one(ctx context.Context, prefix string, do func(*workspace.Workspace, request.ID) (request.Request, error)) error {
	return t.withWorkspace(ctx, func(w *workspace.Workspace) error {
		r, err := w.Desk.Find(ctx, prefix)
		if err != nil {
			return err
		}
		if r, err = do(w, r.ID); err != nil {
			return err
		}
		return t.requests(w, r)
	})
}

type eventsCommand struct {
	ID string `arg:"" help:"Request, by the beginning of its id."`
}

func (c *eventsCommand) Run(ctx context.Context, t *terminal) error {
	return t.withWorkspace(ctx, func(w *workspace.Workspace) error {
		r, err := w.Desk.Find(ctx, c.ID)
		if err != nil {
			return err
		}
		events, err := w.Ledger.Events(ctx, r.ID)
		if err != nil {
			return err
		}
		table := t.table()
		for _, e := range events {
			if t.json {
				if err := t.value(e); err != nil {
					return err
				}
				continue
			}
			if err := t.event(table, e); err != nil {
				return err
			}
		}
		return table.Flush()
	})
}

// event prints an event as a row of a table for people.
func (t *terminal) event(table io.Writer, e request.Event) error {
	what := gist(e)
	if e.Brought != nil {
		what = strings.TrimPrefix(fmt.Sprintf("%s; brought along by the desk %s, on its word", what, e.Desk), "; ")
	}
	return printf(table, "%d\t%s\t%s\t%s\t%s\n", e.Seq, e.At.Local().Format(time.DateTime), e.Kind, e.DoneBy(), what)
}

// gist returns the content of an event as a short text, which may be empty.
func gist(e request.Event) string {
	switch e.Kind {
	case request.KindAdded:
		return e.Added.Title
	case request.KindEdited:
		return strings.Join(slices.DeleteFunc([]string{e.Edited.Title, e.Edited.Reference, e.Edited.Due}, func(s string) bool { return s == "" }), ", ")
	case request.KindDetailsChanged:
		return strings.Join(explain.DetailsChange(i18n.English, e.Details), "; ")
	case request.KindVouched:
		return fmt.Sprintf("sha256 %s: %s", e.Vouched.SHA256, e.Vouched.Note)
	case request.KindFileDamaged, request.KindFileRestored:
		return strings.TrimSpace(fmt.Sprintf("%s file, sha256 %s %s", e.FileCheck.Role, e.FileCheck.SHA256, e.FileCheck.Damage))
	case request.KindReviewed:
		return strings.TrimSuffix(string(e.Reviewed.Decision)+": "+e.Reviewed.Note, ": ")
	case request.KindLaunched:
		return strings.Join(e.Visit.Notes, "; ")
	case request.KindReplaced:
		return "by " + string(e.ReplacedBy)
	case request.KindReturnHeard:
		return fmt.Sprint("port ", e.Port)
	case request.KindReturned:
		if e.Return.Rejection != "" {
			return "not believed: " + e.Return.Rejection
		}
		return strings.TrimSuffix("says "+cmp.Or(e.Return.Code, "nothing")+"; "+explain.Deviation(i18n.English, e.Return.Deviation), "; ")
	case request.KindAnswered:
		return strings.TrimSuffix(fmt.Sprintf("%s, known by %s: %s", e.Answer.Code, e.Answer.Evidence, e.Answer.Message), ": ")
	case request.KindStored:
		if e.Stored.Problem != "" {
			return e.Stored.Problem
		}
		if len(e.Stored.Changes) > 0 {
			return fmt.Sprintf("sha256 %s; %s", e.Stored.SHA256, changedWords(e.Stored.Changes))
		}
		return "sha256 " + e.Stored.SHA256
	}
	return e.Reason
}
