package main

import (
	"context"

	"countersign/core/request"
	"countersign/core/workspace"
)

type editCommand struct {
	ID        string  `arg:"" help:"Request, by the beginning of its id."`
	Title     *string `help:"Another title." placeholder:"TEXT"`
	Reference *string `help:"Another reference; an empty one removes it." placeholder:"TEXT"`
	Due       *string `help:"Another due date; an empty one removes it." placeholder:"2026-12-24"`
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

// given returns what was typed for a flag, or the current value when the flag was not given and typed is nil.
func given(typed *string, current string) string {
	if typed != nil {
		return *typed
	}
	return current
}
