package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"countersign/core/evidence"
	"countersign/core/export"
	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/core/workspace"
)

type exportCommand struct {
	Out string `arg:"" help:"File to write: OUT.csv, OUT.xlsx or OUT.json."`
	requestFilter
	Force bool `help:"Overwrite an existing file."`
}

// requestFilter has the flags that say which requests are written to files.
type requestFilter struct {
	Status  []string `help:"Only these statuses." placeholder:"STATUS"`
	From    string   `help:"Only requests that last changed on this day or later." placeholder:"DATE"`
	To      string   `help:"Only requests that last changed on this day or before." placeholder:"DATE"`
	Gateway string   `help:"Only of this gateway." placeholder:"NAME"`
	Search  string   `help:"Only requests with words that begin with this text." placeholder:"TEXT"`
	amongFlags
}

func (c *exportCommand) Run(ctx context.Context, t *terminal) error {
	query, err := c.query()
	if err != nil {
		return err
	}
	if _, err := evidence.FormatOf(c.Out); err != nil {
		return usageError(fmt.Sprintf("%s: %v", c.Out, err))
	}
	path, err := filepath.Abs(c.Out)
	if err != nil {
		return fmt.Errorf("find %s: %w", c.Out, err)
	}
	return t.withWorkspace(ctx, func(w *workspace.Workspace) error {
		if err := useGateway(ctx, w, &query); err != nil {
			return err
		}
		n, err := w.Exporter.Export(ctx, export.Table{Path: path, Query: query, Replace: c.Force}, t.exported)
		if err != nil {
			return t.notWritten(err, c.Out)
		}
		if t.json {
			return t.value(struct {
				File     string `json:"file"`
				Requests int    `json:"requests"`
			}{c.Out, n})
		}
		return printf(t.out, "%s written to %s\n", many(n, "request"), c.Out)
	})
}

// query returns the query for the requests that the flags describe, the oldest first. It returns a
// [usageError] for a status or a day that cannot be read.
func (c *requestFilter) query() (ledger.Query, error) {
	q := ledger.Query{Search: c.Search, Gateway: c.Gateway, Order: ledger.ByCreated, Reverse: true}
	statuses, err := statuses(c.Status)
	if err != nil {
		return q, err
	}
	q.Statuses = statuses
	c.apply(&q)
	q.From, q.To, err = days(c.From, c.To, time.Local)
	return q, err
}

// statuses returns the statuses that were typed. It returns a [usageError] when there is no such status.
func statuses(typed []string) (all []request.Status, err error) {
	for _, s := range typed {
		status := request.Status(s)
		if !status.Valid() {
			return nil, usageError(fmt.Sprintf("there is no status %q: use %s", s, join(request.Statuses())))
		}
		all = append(all, status)
	}
	return all, nil
}

// exportStep is how many requests are exported between two lines of progress.
const exportStep = 50_000

// exported prints the progress of an export on standard error, every [exportStep] requests. total is
// negative while it is not known.
func (t *terminal) exported(done, total int) {
	switch {
	case done == 0 || done%exportStep != 0:
	case total < 0:
		printf(t.err, "%s written\n", many(done, "request"))
	default:
		printf(t.err, "requests written: %d of %d\n", done, total)
	}
}

// notWritten returns err. For [export.ErrTaken], it returns an error which says that there is a file at name
// already, and how to replace that file.
func (t *terminal) notWritten(err error, name string) error {
	if errors.Is(err, export.ErrTaken) {
		return fmt.Errorf("%s already exists and was not overwritten: choose another name, or use --force to replace it", name)
	}
	return err
}
