package main

import (
	"context"

	"countersign/core/request"
	"countersign/core/workspace"
)

type editCommand struct {
	ID        string  `arg:"" help:"Request, by the beginning of its id."`
	Title     *string `help:"Another title." placeholder:"TEXT"`
	Reference *string `help:"Another reference; an empty one takes it away." placeholder:"TEXT"`
	Due       *string `help:"Another due date; an empty one takes it away." placeholder:"2026-12-24"`
}

func (c *editCommand) Run(ctx context.Context, t *terminal) error {
	if c.Title == nil && c.Reference == nil && c.Due == nil {
		return usageError("there is nothing to change: give --title, --reference or --due")
	}
	return t.one(ctx, c.ID, func(w *workspace.Workspace, id request.ID) (request.Request, error) {
		r, err := w.Ledger.Get(ctx, id)
		if err != nil {
			return r, err
		}
		return w.Desk.Edit(ctx, id, given(c.Title, r.Title), given(c.Reference, r.Reference), given(c.Due, r.Due))
	})
}

// given is what was typed, or what there is where nothing was.
func given(typed *string, there string) string {
	if typed != nil {
		return *typed
	}
	return there
}
