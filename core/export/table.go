package export

import (
	"context"
	"errors"
	"hash/maphash"
	"io"
	"time"

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

const (
	// pageSize is how many requests are in memory at once.
	pageSize = 500
	// clockMargin is the most by which the time of an event may be earlier than its writing: processes
	// may have different clocks, and some time passes between reading the clock and writing.
	clockMargin = time.Minute
)

// Export writes a table of requests, page by page, and returns how many requests it wrote. After each
// page it calls the function progress with how many requests are written and how many there are; total is
// -1 while that is not known. The file gets its name when it is complete, and nothing is left when writing
// fails or ctx ends. A request that changes meanwhile is written once, as it is when its turn comes or at
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
		w := &tableWriter{
			ledger: x.cfg.Ledger, now: x.cfg.Now, table: table, progress: progress, total: -1,
			seed: maphash.MakeSeed(), written: map[uint64]struct{}{},
		}
		if t.IDs != nil {
			err = w.writeIDs(ctx, t.IDs)
		} else {
			err = w.writeQuery(ctx, t.Query)
		}
		written = len(w.written)
		return errors.Join(err, table.Close())
	})
	return written, err
}

// tableWriter writes one table.
type tableWriter struct {
	ledger   Ledger
	now      func() time.Time
	table    evidence.Table
	progress func(done, total int)
	total    int // -1 while it is not known

	// written contains the hashes of the ids in the file; a million of them take some 20 MB. It is
	// needed because a request that changes moves in the order, and a query may return it twice.
	seed    maphash.Seed
	written map[uint64]struct{}
}

func (w *tableWriter) writeIDs(ctx context.Context, ids []request.ID) error {
	w.total = len(ids)
	for i, id := range ids {
		r, err := w.ledger.Get(ctx, id)
		if err == nil {
			err = w.write(ctx, r)
		}
		if err != nil {
			return err
		}
		if (i+1)%pageSize == 0 || i+1 == len(ids) {
			w.report()
		}
	}
	return nil
}

func (w *tableWriter) writeQuery(ctx context.Context, q ledger.Query) error {
	since := w.now().Add(-clockMargin)
	if err := w.writePages(ctx, q); err != nil {
		return err
	}
	// A request that changed meanwhile may have moved to pages that were written before. This pass
	// goes from the oldest change on, so that a request that changes again moves ahead of it.
	q.Order, q.Reverse = ledger.ByChanged, true
	if q.From.Before(since) {
		q.From = since
	}
	return w.writePages(ctx, q)
}

// writePages writes the requests that q finds, except for those that are in the file already.
func (w *tableWriter) writePages(ctx context.Context, q ledger.Query) error {
	q.After, q.Skip, q.Limit = "", 0, pageSize
	for {
		page, err := w.ledger.Query(ctx, q)
		if err != nil {
			return err
		}
		if len(w.written) == 0 {
			w.total = page.Total
		}
		for _, r := range page.Requests {
			if err := w.write(ctx, r); err != nil {
				return err
			}
		}
		w.report()
		if q.After = page.Next; page.Next == "" {
			return nil
		}
	}
}

func (w *tableWriter) report() {
	if w.total >= 0 && w.total < len(w.written) { // requests were added meanwhile
		w.total = len(w.written)
	}
	w.progress(len(w.written), w.total)
}

func (w *tableWriter) write(ctx context.Context, r request.Request) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	id := maphash.String(w.seed, string(r.ID))
	if _, twice := w.written[id]; twice {
		return nil
	}
	w.written[id] = struct{}{}
	return w.table.Add(r)
}

// SuggestExport returns a path in folder at which there is no file yet, for a table with this name and
// extension. The extension begins with a dot. If folder is "", it chooses the folder as
// [Exporter.SuggestCopy] does.
func (x *Exporter) SuggestExport(ctx context.Context, name, extension, folder string) (path string, err error) {
	return x.freePath(ctx, folder, safeName(name), extension)
}
