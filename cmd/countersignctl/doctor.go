package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"countersign/cmd/internal/program"
	"countersign/core/diagnosis"
)

type doctorCommand struct{}

// Run prints the diagnosis of the desk, also of a desk that cannot be opened. It returns an error when the
// verdict of a finding is [diagnosis.Bad].
func (c *doctorCommand) Run(ctx context.Context, t *terminal) error {
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
	case diagnosis.IsBad(findings):
		return errors.New("something is wrong: repair what is marked bad and check again")
	}
	return err
}
