package main

import (
	"context"
	"errors"
	"time"

	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/core/workspace"
)

type archiveCommand struct {
	IDs         []string `arg:"" optional:"" name:"id" help:"Requests, by the beginning of their ids."`
	EndedBefore string   `help:"All requests that ended before this day." placeholder:"DATE"`
	Reason      string   `help:"Reason, for the history of each request." placeholder:"TEXT"`
}

func (c *archiveCommand) Run(ctx context.Context, t *terminal) error {
	before, err := day("--ended-before", c.EndedBefore, time.Local)
	switch {
	case err != nil:
		return err
	case before.IsZero() && len(c.IDs) == 0:
		return usageError("name the requests to archive, or use --ended-before")
	}
	return t.withWorkspace(ctx, func(w *workspace.Workspace) error {
		archive := func(id request.ID) (request.Request, error) { return w.Desk.Archive(ctx, id, c.Reason) }
		failure := t.each(ctx, w, c.IDs, archive)
		if before.IsZero() {
			return failure
		}
		return errors.Join(failure, t.archiveBefore(ctx, w, before, archive))
	})
}

// archiveBefore archives all requests that ended before a time, page by page, and prints them. It stops at the first error.
func (t *terminal) archiveBefore(ctx context.Context, w *workspace.Workspace, before time.Time, archive func(request.ID) (request.Request, error)) error {
	q := ledger.Query{EndedTo: before, Archived: ledger.Without, Order: ledger.ByEnded, Reverse: true}
	for {
		ids, err := w.Ledger.IDs(ctx, q, listPage)
		if err != nil || len(ids) == 0 {
			return err
		}
		for _, id := range ids {
			r, err := archive(id)
			if err == nil {
				err = t.requests(w, r)
			}
			if err != nil {
				return err
			}
		}
	}
}

type unarchiveCommand struct {
	IDs []string `arg:"" name:"id" help:"Requests, by the beginning of their ids."`
}

func (c *unarchiveCommand) Run(ctx context.Context, t *terminal) error {
	return t.withWorkspace(ctx, func(w *workspace.Workspace) error {
		return t.each(ctx, w, c.IDs, func(id request.ID) (request.Request, error) { return w.Desk.Unarchive(ctx, id) })
	})
}

// each finds the requests whose ids begin with the prefixes, calls the function do with the whole id of each, and prints the
// requests that do returns. It begins only when all are found, and does not stop at an error of do.
func (t *terminal) each(ctx context.Context, w *workspace.Workspace, prefixes []string, do func(request.ID) (request.Request, error)) error {
	ids, err := findAll(ctx, w, prefixes)
	if err != nil {
		return err
	}
	var failures []error
	for _, id := range ids {
		r, err := do(id)
		if err == nil {
			err = t.requests(w, r)
		}
		failures = append(failures, err)
	}
	return errors.Join(failures...)
}
