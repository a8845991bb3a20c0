package main

import (
	"context"
	"fmt"
	"path/filepath"

	"countersign/core/export"
	"countersign/core/workspace"
)

type saveAllCommand struct {
	Out     string `arg:"" help:"Folder, which has to exist, or new ZIP file: OUT.zip. Existing files are not overwritten."`
	Pattern string `help:"Names of the files, made of {reference}, {title}, {date}, {gateway} and {id}." default:"${pattern}" placeholder:"PATTERN"`
	requestFilter
}

// Run saves the signed files of the requests that the flags describe.
func (c *saveAllCommand) Run(ctx context.Context, t *terminal) error {
	query, err := c.query()
	if err != nil {
		return err
	}
	if err := export.CheckPattern(c.Pattern); err != nil {
		return usageError(err.Error())
	}
	path, err := filepath.Abs(c.Out)
	if err != nil {
		return fmt.Errorf("find %s: %w", c.Out, err)
	}
	return t.withWorkspace(ctx, func(w *workspace.Workspace) error {
		if err := useGateway(ctx, w, &query); err != nil {
			return err
		}
		saved, err := w.Exporter.SaveSigned(ctx, export.SignedFiles{Path: path, Pattern: c.Pattern, Query: query}, t.exported)
		if err != nil {
			return err
		}
		for _, problem := range saved.Problems {
			printf(t.err, "%v\n", problem)
		}
		if err := t.saved(c.Out, saved); err != nil {
			return err
		}
		if saved.Damaged > 0 {
			return fmt.Errorf("%s could not be saved: see countersignctl audit", many(saved.Damaged, "file"))
		}
		return nil
	})
}

// saved prints what was saved.
func (t *terminal) saved(out string, saved export.SavedFiles) error {
	if t.json {
		return t.value(struct {
			File     string `json:"file"`
			Saved    int    `json:"saved"`
			Present  int    `json:"present"`
			Unsigned int    `json:"unsigned"`
			Damaged  int    `json:"damaged"`
		}{out, saved.Saved, saved.Present, saved.Unsigned, saved.Damaged})
	}
	if saved.Saved == 0 {
		return printf(t.out, "nothing saved: %d there already, %s without a signed file\n", saved.Present, many(saved.Unsigned, "request"))
	}
	return printf(t.out, "%s saved to %s; %d there already, %s without a signed file\n", many(saved.Saved, "file"), out, saved.Present, many(saved.Unsigned, "request"))
}
