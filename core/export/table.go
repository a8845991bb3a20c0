package export

import (
	"context"
	"errors"
	"io"

	"countersign/core/evidence"
	"countersign/core/i18n"
	"countersign/core/ledger"
	"countersign/core/request"
)

// Table describes a table of requests for [Exporter.Export].
type Table struct {
	Path     string        // absolute; its extension chooses the format: .csv, .xlsx or .json
	Query    ledger.Query  // which requests, and in which order; Limit, Skip and After are ignored
	IDs      []request.ID  // unless nil, these requests in this order are written, and Query is ignored
	Language i18n.Language // of headings and statuses; empty stands for names that are the same in every language
	Replace  bool          // replace a file that is at Path already
}

// tableStep is the number of requests after which the progress of a table is told.
const tableStep = 500

// Export writes a table of requests, and returns how many requests it wrote. After some hundreds
// it calls the function progress with how many requests are written and how many there are; total is
// -1 while that is not known. The file gets its name when it is complete, and nothing is left when writing
// fails or ctx ends. A request that changes meanwhile is written once, as it is shortly before its turn or at
// the end. The error is [ErrTaken] when there is a file at t.Path and t.Replace is not set.
func (x *Exporter) Export(ctx context.Context, t Table, progress func(done, total int)) (written int, err error) {
	format, err := evidence.FormatOf(t.Path)
	if err != nil {
		return 0, err
	}
	err = x.write(t.Path, t.Replace, func(out io.Writer) error {
		table, err := evidence.NewTable(out, format, t.Language)
		if err != nil {
			return err
		}
		t.Query.WithoutVisits = !format.HasVisits()
		written, err = x.readAll(ctx, t.IDs, t.Query, tableStep, table.AppendRow, func(_ *request.Request, row []byte) error { return table.AddRow(row) }, progress)
		return errors.Join(err, table.Close())
	})
	return written, err
}

// SuggestExport returns a path in folder at which there is no file yet, for a table with this name and
// extension. The extension begins with a dot. If folder is "", it chooses the folder as
// [Exporter.SuggestCopy] does.
func (x *Exporter) SuggestExport(ctx context.Context, name, extension, folder string) (path string, err error) {
	return x.freePath(ctx, folder, safeName(name), extension)
}
