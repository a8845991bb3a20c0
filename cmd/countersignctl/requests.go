package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"countersign/core/desk"
	"countersign/core/ledger"
	"countersign/core/request"
)

type addCommand struct {
	Files     []string `arg:"" optional:"" name:"file" help:"PDF files."`
	Gateway   string   `help:"Gateway; the desk's default when left out." placeholder:"NAME"`
	Title     string   `help:"Title; the file's name when left out."`
	Reference string   `help:"Your own reference."`
	Due       string   `help:"Date by which it should be signed." placeholder:"2026-12-24"`
	Signer    []string `help:"Who signs, for gateways that are told: NAME,EMAIL,COUNTRY,NUMBER. May be repeated." sep:"none" placeholder:"SIGNER"`
	Together  bool     `help:"One request for all the files, instead of one each."`
	RemoteID  []string `name:"remote-id" help:"Requests that exist at the gateway, by their ids." placeholder:"ID"`
}

func (c *addCommand) Run(ctx context.Context, t *terminal) error {
	signers, err := parseSigners(c.Signer)
	if err != nil {
		return err
	}
	if _, err := time.Parse(time.DateOnly, c.Due); c.Due != "" && err != nil {
		return usageError(fmt.Sprintf("--due %q is not a date: write it like 2026-12-24", c.Due))
	}
	if len(c.Files) > 0 && len(c.RemoteID) > 0 {
		return usageError("give files or --remote-id, not both")
	}
	if len(c.Files) == 0 && len(c.RemoteID) == 0 {
		return usageError("there is nothing to add: name a PDF file, or give --remote-id")
	}
	return t.withDesk(ctx, func(d *desk.Desk) error {
		var failures []error
		for _, n := range c.split(signers) {
			r, err := d.Add(ctx, n)
			if err != nil {
				failures = append(failures, err)
				continue
			}
			if err := t.requests(d, r); err != nil {
				return err
			}
		}
		return errors.Join(failures...)
	})
}

// split makes the requests of what was typed: one a file, one an id, or one for all.
func (c *addCommand) split(signers []request.Signer) []desk.New {
	base := desk.New{Gateway: c.Gateway, Title: c.Title, Reference: c.Reference, Due: c.Due, Signers: signers}
	var all []desk.New
	seen := map[string]bool{}
	for _, id := range c.RemoteID {
		id = strings.TrimSpace(id)
		if n := base; id != "" && !seen[id] {
			n.RemoteID, seen[id] = id, true
			all = append(all, n)
		}
	}
	for _, path := range c.Files {
		file := desk.PathFile(path)
		if c.Together && len(all) > 0 {
			all[0].Files = append(all[0].Files, file)
			continue
		}
		n := base
		n.Files = []desk.File{file}
		all = append(all, n)
	}
	return all
}

func parseSigners(typed []string) ([]request.Signer, error) {
	var signers []request.Signer
	for _, text := range typed {
		parts := strings.Split(text, ",")
		if len(parts) != 4 {
			return nil, usageError(fmt.Sprintf("--signer %q: give NAME,EMAIL,COUNTRY,NUMBER", text))
		}
		for i := range parts {
			if parts[i] = strings.TrimSpace(parts[i]); parts[i] == "" {
				return nil, usageError(fmt.Sprintf("--signer %q: none of NAME,EMAIL,COUNTRY,NUMBER may be empty", text))
			}
		}
		signers = append(signers, request.Signer{Name: parts[0], Email: parts[1], Country: parts[2], Number: parts[3]})
	}
	return signers, nil
}

type listCommand struct {
	Status  []string `help:"Only these states." placeholder:"STATUS"`
	Search  string   `help:"Only what has words that begin so." placeholder:"TEXT"`
	Gateway string   `help:"Only of this gateway." placeholder:"NAME"`
	Limit   int      `help:"At most so many; 0 for all." default:"100"`
}

// listPage is how many requests are read at once.
const listPage = 500

func (c *listCommand) Run(ctx context.Context, t *terminal) error {
	query := ledger.Query{Search: c.Search, Gateway: c.Gateway}
	for _, s := range c.Status {
		status := request.Status(s)
		if !status.Valid() {
			return usageError(fmt.Sprintf("there is no status %q: use %s", s, join(request.Statuses())))
		}
		query.Statuses = append(query.Statuses, status)
	}
	if c.Limit < 0 {
		return usageError("--limit cannot be less than 0")
	}
	return t.withDesk(ctx, func(d *desk.Desk) error {
		left := c.Limit
		for {
			query.Limit = listPage
			if c.Limit > 0 {
				query.Limit = min(listPage, left)
			}
			page, err := d.View(ctx, query)
			if err != nil {
				return err
			}
			if err := t.requests(d, page.Requests...); err != nil {
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
	return t.withDesk(ctx, func(d *desk.Desk) error {
		r, err := d.Find(ctx, c.ID)
		if err != nil {
			return err
		}
		return t.details(d, r)
	})
}

type reopenCommand struct {
	ID string `arg:"" help:"Request, by the beginning of its id."`
}

func (c *reopenCommand) Run(ctx context.Context, t *terminal) error {
	return t.one(ctx, c.ID, func(d *desk.Desk, id request.ID) (request.Request, error) { return d.Reopen(ctx, id) })
}

type withdrawCommand struct {
	ID     string `arg:"" help:"Request, by the beginning of its id."`
	Reason string `help:"Why, for the request's history." placeholder:"TEXT"`
}

func (c *withdrawCommand) Run(ctx context.Context, t *terminal) error {
	return t.one(ctx, c.ID, func(d *desk.Desk, id request.ID) (request.Request, error) {
		return d.Withdraw(ctx, id, c.Reason)
	})
}

// one does something to one request and prints it.
func (t *terminal) one(ctx context.Context, prefix string, do func(*desk.Desk, request.ID) (request.Request, error)) error {
	return t.withDesk(ctx, func(d *desk.Desk) error {
		r, err := d.Find(ctx, prefix)
		if err != nil {
			return err
		}
		if r, err = do(d, r.ID); err != nil {
			return err
		}
		return t.requests(d, r)
	})
}

type eventsCommand struct {
	ID string `arg:"" help:"Request, by the beginning of its id."`
}

func (c *eventsCommand) Run(ctx context.Context, t *terminal) error {
	return t.withDesk(ctx, func(d *desk.Desk) error {
		r, err := d.Find(ctx, c.ID)
		if err != nil {
			return err
		}
		events, err := d.Events(ctx, r.ID)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
		for _, e := range events {
			if t.json {
				if err := t.value(e); err != nil {
					return err
				}
				continue
			}
			fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\n", e.Seq, e.At.Local().Format(time.DateTime), e.Kind, e.By, gist(e))
		}
		return table.Flush()
	})
}

// gist is what an event says, in short.
func gist(e request.Event) string {
	switch e.Kind {
	case request.KindAdded:
		return e.Added.Title
	case request.KindLaunched:
		return strings.Join(append([]string{e.Visit.URL}, e.Visit.Notes...), "; ")
	case request.KindReturned:
		if e.Return.Refuse != "" {
			return "not believed: " + e.Return.Refuse
		}
		return "says " + e.Return.Word
	case request.KindAnswered:
		return strings.TrimSuffix(fmt.Sprintf("%s, known by %s: %s", e.Answer.Word, e.Answer.Evidence, e.Answer.Message), ": ")
	case request.KindStored:
		if e.Stored.Problem != "" {
			return e.Stored.Problem
		}
		return "sha256 " + e.Stored.SHA256
	}
	return e.Reason
}
