package main

import (
	"context"
	"fmt"
	"path/filepath"

	"countersign/core/request"
	"countersign/core/workspace"
)

type saveCommand struct {
	ID       string `arg:"" help:"Request, by the beginning of its id."`
	Out      string `arg:"" help:"New PDF file. Existing files are not overwritten."`
	Original bool   `help:"The document as it was added, instead of the signed file."`
	Document int    `help:"Which of several documents, from 1." default:"1" placeholder:"N"`
}

// Run copies a stored file after it was checked, so that nobody has to use the file in the home itself.
func (c *saveCommand) Run(ctx context.Context, t *terminal) error {
	path, err := filepath.Abs(c.Out)
	if err != nil {
		return fmt.Errorf("find %s: %w", c.Out, err)
	}
	return t.withWorkspace(ctx, func(w *workspace.Workspace) error {
		r, err := w.Desk.Find(ctx, c.ID)
		if err != nil {
			return err
		}
		digest := c.digest(r)
		if digest == "" {
			return fmt.Errorf("%s has no such file here: see countersignctl show %s", r.Title, c.ID)
		}
		if err := w.Exporter.SaveCopy(ctx, digest, path); err != nil {
			return err
		}
		if t.json {
			return t.value(struct {
				File   string `json:"file"`
				SHA256 string `json:"sha256"`
			}{c.Out, digest})
		}
		return printf(t.out, "saved as %s\n", c.Out)
	})
}

// digest returns the SHA-256 of the chosen file of a request; empty if there is none.
func (c *saveCommand) digest(r request.Request) string {
	wanted := request.RoleSigned
	switch {
	case c.Original:
		wanted = request.RoleOriginal
	case len(r.Documents) == 0:
		wanted = request.RoleAttached
	}
	for _, f := range r.Files() {
		if f.Role == wanted && f.Document == c.Document-1 {
			return f.SHA256
		}
	}
	return ""
}
