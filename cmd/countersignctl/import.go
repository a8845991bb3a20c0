package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"countersign/core/desk"
	"countersign/core/evidence"
	"countersign/core/i18n"
	"countersign/core/input"
	"countersign/core/lists"
	"countersign/core/request"
	"countersign/core/settings"
	"countersign/core/workspace"
)

type importCommand struct {
	File     string   `arg:"" help:"List of requests that exist at a gateway: CSV or an Excel workbook (.xlsx), with a column id or link, and title, reference, due, gateway as you have them."`
	Gateway  string   `help:"Gateway of rows that name none." placeholder:"NAME"`
	DryRun   bool     `help:"Write nothing: print each row and what would become of it."`
	Sheet    string   `help:"Sheet of a workbook; the first one by default." placeholder:"NAME"`
	Map      []string `sep:"none" help:"What a column is read as, if its heading does not say it: ${fields}. Repeatable." placeholder:"FIELD=HEADING"`
	Encoding string   `help:"Encoding of a CSV file, if it is guessed wrongly: ${encodings}." placeholder:"NAME"`
}

// options returns how the list is to be read. The error is a [usageError] for a column that is given wrongly.
func (c *importCommand) options(ctx context.Context, w *workspace.Workspace) (desk.ImportOptions, error) {
	o := desk.ImportOptions{Gateway: c.Gateway, DryRun: c.DryRun, List: lists.Options{Sheet: c.Sheet, Encoding: strings.ToLower(c.Encoding)}}
	for _, column := range c.Map {
		name, heading, _ := strings.Cut(column, "=")
		field := lists.Field(strings.ToLower(strings.TrimSpace(name)))
		if !slices.Contains(lists.Fields(), field) || strings.TrimSpace(heading) == "" {
			return o, usageError(fmt.Sprintf("--map %q: give FIELD=HEADING, with one of %s as the field", column, fieldNames()))
		}
		if o.List.Headings == nil {
			o.List.Headings = map[lists.Field]string{}
		}
		o.List.Headings[field] = heading
	}
	o.List.Language, _ = i18n.FromEnvironment(os.Getenv)
	if s, err := w.Settings(ctx); err == nil && s.Language != settings.BySystem {
		o.List.Language = i18n.ParseLanguage(s.Language)
	}
	return o, nil
}

func fieldNames() string {
	var names []string
	for _, f := range lists.Fields() {
		names = append(names, string(f))
	}
	return strings.Join(names, ", ")
}

// maxFaultLines is the number of faulty rows that are named on standard error.
const maxFaultLines = 1000

func (c *importCommand) Run(ctx context.Context, t *terminal) error {
	source, _, err := input.Path(c.File).Open()
	if err != nil {
		return input.ExplainList(input.Label(c.File), err)
	}
	_ = source.Close() // it was not read
	return t.withWorkspace(ctx, func(w *workspace.Workspace) error {
		o, err := c.options(ctx, w)
		if err != nil {
			return err
		}
		if err := c.describe(ctx, t, w, o); err != nil {
			return err
		}
		p := &importPrinter{terminal: t, workspace: w, file: c.File, dryRun: c.DryRun}
		p.progress = seldom(p.printProgress)
		result, err := w.Desk.Import(ctx, input.Path(c.File), o, p.step)
		if err != nil && p.rows == 0 {
			return fmt.Errorf("%s: %w", c.File, err)
		}
		p.conclude(result)
		if ctx.Err() != nil {
			return fmt.Errorf("%s: stopped: what is imported stays; import the list again for the rest", c.File)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", c.File, err)
		}
		if result.LeftOut == 0 {
			return nil
		}
		if !c.DryRun {
			left := counted(result.LeftOut, "1 row was left out: mend it", "%d rows were left out: mend them")
			printf(t.err, "countersignctl: %s: %s and import the list again, what is here is not added twice\n", c.File, left)
		}
		return exit(exitOtherwise)
	})
}

// describe prints for a dry run how the list is read.
func (c *importCommand) describe(ctx context.Context, t *terminal, w *workspace.Workspace, o desk.ImportOptions) error {
	if !c.DryRun {
		return nil
	}
	look, err := w.LookList(ctx, input.Path(c.File), o, 0)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	if t.json {
		return t.value(newListRecord(look.Info))
	}
	how := look.Info.Encoding
	if look.Info.Format == lists.XLSX {
		how = "sheet " + look.Info.Sheet + " of " + strings.Join(look.Info.Sheets, ", ")
	}
	printf(t.err, "countersignctl: %s: %s, with the headings on line %d\n", c.File, how, look.Info.HeaderLine)
	for _, column := range look.Info.Columns {
		if column.Field != lists.Unread {
			printf(t.err, "countersignctl: %s is read from the column %s\n", string(column.Field), column.Heading)
		}
	}
	return nil
}

// importPrinter prints what becomes of the rows of a list while it is imported.
type importPrinter struct {
	*terminal
	workspace *workspace.Workspace
	file      string
	dryRun    bool
	rows      int
	faults    int
	progress  func(desk.ImportStep)
}

func (p *importPrinter) step(s desk.ImportStep) error {
	p.rows += len(s.Rows)
	p.progress(s)
	var added []request.Request
	for _, row := range s.Rows {
		if row.Fault != nil {
			if p.faults++; p.faults <= maxFaultLines {
				printf(p.err, "countersignctl: %s: %v\n", p.file, row.Fault)
			}
		}
		if row.Outcome == desk.RowFilled && !p.dryRun {
			printf(p.err, "countersignctl: %s: line %d: filled in %s of %s\n", p.file, row.Record.Line, fields(row.Filled), string(row.Request.ID))
		}
		switch {
		case p.json:
			if err := p.row(row); err != nil {
				return err
			}
		case p.dryRun:
		case row.Outcome == desk.RowAdded || row.Outcome == desk.RowFilled:
			added = append(added, row.Request)
		}
	}
	if p.dryRun && !p.json {
		return p.table(s.Rows)
	}
	return p.requests(p.workspace, added...)
}

// row prints a row as JSON: as its request if that was added or filled in, and otherwise what the list has.
func (p *importPrinter) row(row desk.RowResult) error {
	switch {
	case p.dryRun || row.Outcome == desk.RowLeftOut:
		return p.value(newRowRecord(row, p.dryRun))
	case row.Outcome == desk.RowAdded:
		return p.terminal.requests(p.workspace, row.Request)
	case row.Outcome == desk.RowFilled:
		return p.value(struct {
			evidence.Record
			Line   int           `json:"line"`
			Filled []lists.Field `json:"filled"`
		}{evidence.RecordOf(row.Request, p.workspace.Ledger.DocumentPath), row.Record.Line, row.Filled})
	}
	return nil
}

// table prints what would become of rows.
func (p *importPrinter) table(rows []desk.RowResult) error {
	table := p.terminal.table()
	for _, row := range rows {
		would := string(row.Outcome)
		if row.Outcome == desk.RowFilled {
			would += " " + fields(row.Filled)
		}
		r := newRowRecord(row, true)
		printf(table, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Line, would, orDash(r.Gateway), orDash(r.RemoteID), orDash(r.Due), orDash(r.Reference), orDash(r.Title))
	}
	return table.Flush()
}

func (p *importPrinter) printProgress(s desk.ImportStep) {
	percent := int64(100)
	if s.Total > 0 {
		percent = min(100, 100*s.Done/s.Total)
	}
	printf(p.err, "countersignctl: %s: %s, %d%% of the list\n", p.file, many(p.rows, "row"), percent)
}

// conclude prints what became of the rows that were read.
func (p *importPrinter) conclude(r desk.Imported) {
	if more := r.LeftOut - maxFaultLines; more > 0 {
		printf(p.err, "countersignctl: %s: and %s of the kind\n", p.file, many(more, "more row"))
	}
	if unread := r.Info.Unread(); len(unread) > 0 {
		printf(p.err, "countersignctl: warning: nothing is read from the columns %s\n", strings.Join(unread, ", "))
	}
	if r.Ambiguous > 0 {
		order := "day"
		if r.Info.MonthFirst {
			order = "month"
		}
		printf(p.err, "countersignctl: %s could also be read the other way round: the %s is read first\n", many(r.Ambiguous, "date"), order)
	}
	text := fmt.Sprintf("%d added, ", r.Added)
	if r.Filled > 0 {
		text += fmt.Sprintf("%d filled in, ", r.Filled)
	}
	text += fmt.Sprintf("%d already here, %d left out", r.Known, r.LeftOut)
	if p.dryRun {
		text = "nothing is written; it would be " + text
	}
	printf(p.err, "countersignctl: %s\n", text)
}

func fields(fields []lists.Field) string {
	var names []string
	for _, f := range fields {
		names = append(names, string(f))
	}
	return strings.Join(names, ", ")
}

// listRecord is how a list is read, as --json prints it.
type listRecord struct {
	List struct {
		Format     lists.Format   `json:"format"`
		Encoding   string         `json:"encoding,omitempty"`
		Separator  string         `json:"separator,omitempty"`
		Sheets     []string       `json:"sheets,omitempty"`
		Sheet      string         `json:"sheet,omitempty"`
		HeaderLine int            `json:"header_line"`
		Columns    []columnRecord `json:"columns"`
	} `json:"list"`
}

type columnRecord struct {
	Heading string      `json:"heading"`
	Field   lists.Field `json:"field,omitempty"`
}

func newListRecord(i lists.Info) listRecord {
	var r listRecord
	r.List.Format, r.List.Encoding, r.List.Sheets, r.List.Sheet, r.List.HeaderLine = i.Format, i.Encoding, i.Sheets, i.Sheet, i.HeaderLine
	r.List.Columns = []columnRecord{}
	if i.Separator != 0 {
		r.List.Separator = string(i.Separator)
	}
	for _, c := range i.Columns {
		r.List.Columns = append(r.List.Columns, columnRecord{c.Heading, c.Field})
	}
	return r
}

// rowRecord is a row of a list, as --json prints it.
type rowRecord struct {
	Line          int             `json:"line"`
	Would         desk.RowOutcome `json:"would,omitempty"` // of a dry run
	ID            request.ID      `json:"id,omitempty"`    // of a request that is here already
	Gateway       string          `json:"gateway,omitempty"`
	RemoteID      string          `json:"remote_id"`
	Title         string          `json:"title"`
	Reference     string          `json:"reference,omitempty"`
	Due           string          `json:"due,omitempty"`
	Filled        []lists.Field   `json:"filled,omitempty"`
	AmbiguousDate bool            `json:"ambiguous_date,omitempty"`
	LeftOut       *faultRecord    `json:"left_out,omitempty"`
}

// faultRecord is why a row is left out.
type faultRecord struct {
	Column int    `json:"column,omitempty"` // from 1
	Name   string `json:"name,omitempty"`   // of the column
	evidence.SentenceRecord
}

func newRowRecord(row desk.RowResult, dryRun bool) rowRecord {
	r := rowRecord{
		Line: row.Record.Line, ID: row.Request.ID, Gateway: row.Gateway, RemoteID: row.Record.ID, Title: row.Record.Title, Reference: row.Record.Reference, Due: row.Record.Due,
		Filled: row.Filled, AmbiguousDate: row.Record.Ambiguous,
	}
	if dryRun {
		r.Would = row.Outcome
	}
	if row.Fault == nil {
		r.RemoteID, r.Title, r.Reference, r.Due = row.Request.AddedRemoteID, cmp.Or(row.Request.Title, r.Title), row.Request.Reference, row.Request.Due
		return r
	}
	r.LeftOut = &faultRecord{row.Fault.Column, row.Fault.Name, evidence.SentenceRecord{Text: row.Fault.Reason.Text, Cause: row.Fault.Reason.Cause}}
	if r.Due == "" {
		r.Due = row.Record.DueText
	}
	return r
}
