package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"countersign/cmd/internal/program"
	"countersign/core/diagnosis"
	"countersign/core/support"
)

type doctorCommand struct {
	Bundle string `help:"Also write what support needs to know into a new ZIP file: versions, the findings, the settings, the gateways and the log, without titles, names, addresses of e-mail and secrets." placeholder:"OUT.zip"`
}

// Validate is called by the parser.
func (c *doctorCommand) Validate() error {
	if c.Bundle != "" && !strings.EqualFold(filepath.Ext(c.Bundle), ".zip") {
		return fmt.Errorf("%s: what is collected is a ZIP file: use a name that ends with .zip", c.Bundle)
	}
	return nil
}

// Run prints the diagnosis of the desk, also of a desk that cannot be opened. It returns an error when the
// verdict of a finding is [diagnosis.Bad].
func (c *doctorCommand) Run(ctx context.Context, t *terminal) error {
	if c.Bundle != "" {
		if err := support.CheckPath(c.Bundle); err != nil {
			return fmt.Errorf("%s: %w", c.Bundle, err)
		}
	}
	var unwritten error
	tell := func(f diagnosis.Finding) {
		if t.json {
			unwritten = errors.Join(unwritten, t.value(f))
		}
	}
	if !t.json {
		fmt.Fprintln(t.err, "Checking the desk and its gateways …")
	}
	var findings []diagnosis.Finding
	p, err := program.Open(ctx, t.dir, t.keyFile, t.log)
	if err != nil {
		findings = program.DiagnoseClosed(ctx, t.dir, err, tell)
	} else {
		findings = p.Workspace.Diagnose(ctx, tell)
		err = p.Close()
	}
	if !t.json {
		_, unwritten = io.WriteString(t.out, diagnosis.Report(findings, time.Now()))
	}
	switch {
	case unwritten != nil:
		return unwritten
	case ctx.Err() != nil:
		return ctx.Err()
	}
	if c.Bundle != "" {
		now := time.Now()
		set, _ := program.ReadPolicy() // an error is one of the findings
		texts := support.Collect(support.Source{Home: t.dir, Kinds: program.Kinds(), Given: set.Gateways, Proxy: set.Proxy.Name(), Findings: findings, At: now})
		if err := support.Save(c.Bundle, texts, now); err != nil {
			return fmt.Errorf("%s: %w", c.Bundle, err)
		}
		fmt.Fprintf(t.err, "countersignctl: what support needs was saved to %s: read it before you send it\n", c.Bundle)
	}
	if diagnosis.IsBad(findings) {
		return errors.New("something is wrong: repair what is marked bad and check again")
	}
	return err
}
