package main

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"countersign/core/backup"
	"countersign/core/workspace"
)

type backupCommand struct {
	Out     string `arg:"" optional:"" help:"The file to write (.tar.gz), which must not exist yet."`
	Daily   bool   `help:"Make today's backup in the folder backups of the home, as the window does. The newest seven are kept."`
	Damaged bool   `help:"Leave out documents that are missing or were changed, and list them."`
}

// Validate reports a command line with both a file and --daily, or with neither.
func (c *backupCommand) Validate() error {
	if (c.Out != "") == c.Daily {
		return errors.New("give either a file to write or --daily")
	}
	return nil
}

func (c *backupCommand) Run(ctx context.Context, t *terminal) error {
	return t.withWorkspace(ctx, func(w *workspace.Workspace) error {
		w.Sealer.SignNow(ctx)
		summary, err := c.write(ctx, t, w)
		if err != nil {
			return err
		}
		t.warnings(summary)
		if t.json {
			return t.value(summary)
		}
		if summary.Files == 0 {
			return printf(t.out, "%s: today's backup already exists.\n", summary.File)
		}
		printf(t.out, "%s: %s, %s, %s; %d MB. It was read back and is complete.\n", cmp.Or(c.Out, summary.File), many(summary.Files, "file"), many(summary.Documents, "document"), many(summary.Events, "event"), summary.Size>>20)
		return printf(t.out, "The gateways' secrets and the private key of the register are not in it.\n")
	})
}

func (c *backupCommand) write(ctx context.Context, t *terminal, w *workspace.Workspace) (backup.Summary, error) {
	if c.Daily {
		return w.Daily.Make(ctx, t.files())
	}
	return backup.Write(ctx, w.Home, w.Ledger, c.Out, backup.Options{AllowDamaged: c.Damaged, OnProgress: t.files()})
}

type restoreCommand struct {
	In           string `arg:"" help:"A file written by backup."`
	Damaged      bool   `help:"Restore it even if its register was changed, and say where."`
	WithTrust    bool   `help:"Also restore the certificates that the backup trusts."`
	WithGateways bool   `help:"Also restore its gateways and its output folder."`
}

// Run restores a backup into a home that has no desk yet.
func (c *restoreCommand) Run(ctx context.Context, t *terminal) error {
	summary, err := backup.Restore(ctx, c.In, t.dir.Path(), backup.Options{AllowDamaged: c.Damaged, WithTrust: c.WithTrust, WithGateways: c.WithGateways, OnProgress: t.files()})
	if err != nil {
		return err
	}
	t.warnings(summary)
	t.parts(summary)
	if summary.Out > 0 {
		printf(t.err, "countersignctl: open in a browser when the backup was made: %s. Their returns cannot be received here: ask the gateways with countersignctl refresh, and withdraw and reopen what stays open\n", many(summary.Out, "request"))
	}
	if t.json {
		return t.value(summary)
	}
	holds := "the register is intact"
	if len(summary.Warnings) > 0 {
		holds = "as it was, with what is told above"
	}
	printf(t.out, "%s: %s, %s: %s. Head: %s\n", t.dir.Path(), many(summary.Documents, "document"), many(summary.Events, "event"), holds, summary.Head)
	printf(t.out, "Enter the gateways' secrets again: countersignctl gateway secret NAME\n")
	return printf(t.out, "To have the register signed from now on: countersignctl register new-key\n")
}

// parts prints on standard error which anchors, gateways and output folder of a backup were restored, and which were left out.
func (t *terminal) parts(summary backup.Summary) {
	for _, p := range summary.Taken {
		printf(t.err, "countersignctl: also restored: %s %s\n", p.Kind, strings.TrimSpace(p.Name+" "+p.Detail))
	}
	for _, p := range summary.LeftOut {
		flag := "--with-gateways"
		if p.Kind == "anchor" {
			flag = "--with-trust"
		}
		printf(t.err, "countersignctl: left out: %s %s; restore with %s to include it\n", p.Kind, strings.TrimSpace(p.Name+" "+p.Detail), flag)
	}
}

func (t *terminal) warnings(summary backup.Summary) {
	for _, w := range summary.Warnings {
		printf(t.err, "countersignctl: %s\n", w)
	}
}

// files returns a function that prints the progress of a backup on standard error, at most every [progressEvery].
func (t *terminal) files() func(backup.Progress) {
	return seldom(func(p backup.Progress) { printf(t.err, "%s, %d MB\n", many(p.Files, "file"), p.Bytes>>20) })
}
