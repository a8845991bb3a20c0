package main

import (
	"context"

	"countersign/core/workspace"
)

type documentsCommands struct {
	Forget forgetCommand `cmd:"" help:"Delete the content of all files of a request in the office, at the server and at every desk. What the register says of them stays. Only for logins with the rights of the database's owner."`
}

type forgetCommand struct {
	ID  string `arg:"" help:"Request, by the beginning of its id."`
	Yes bool   `help:"Delete them. Without this flag, nothing is deleted."`
}

func (c *forgetCommand) Run(ctx context.Context, t *terminal) error {
	return t.inOffice(ctx, func(w *workspace.Workspace) error {
		if err := w.Office.CatchUp(ctx, w.Ledger); err != nil {
			return err
		}
		r, err := w.Find(ctx, c.ID)
		if err != nil {
			return err
		}
		if !c.Yes {
			return usageError(counted(len(r.Files()), "1 file", "%d files") + " of " + r.Title + " would be deleted at every desk, for good: give --yes")
		}
		if err := w.Office.Forget(ctx, r); err != nil {
			return err
		}
		if err := w.Office.CatchUp(ctx, w.Ledger); err != nil {
			return err
		}
		return t.requests(w, r)
	})
}
