package desk

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"countersign/core/evidence"
	"countersign/core/files"
	"countersign/core/i18n"
	"countersign/core/ledger"
	"countersign/core/request"
)

// Export says what is written to a file, and where.
type Export struct {
	Path     string        // a whole path; its ending says what is written: .csv, .xlsx or .json
	Query    ledger.Query  // what is exported, in its order; its page does not count
	IDs      []request.ID  // these alone, in their order, instead of a query
	Language i18n.Language // of the headings and states; the names that scripts know when empty
	Replace  bool          // a file that has the name already is replaced
}

const (
	// exportPage is how many requests are in memory at once.
	exportPage = 500
	// exportMargin is how far apart the clocks are of those who write to the ledger, and how long
	// one of them may take between reading its clock and writing.
	exportMargin = time.Minute
)

// Export writes requests to a file, a page at a time. It tells after each page how many are
// written, and of how many, or -1 where that is not known. The file has its name when it is whole, and not
// before; nothing stays of one that was stopped. Requests that change meanwhile are written once,
// as they are when their turn comes, or at the end.
func (d *Desk) Export(ctx context.Context, e Export, told func(done, total int)) (written int, err error) {
	format, err := evidence.FormatOf(e.Path)
	if err != nil {
		return 0, err
	}
	err = d.writeOut(e.Path, e.Replace, func(out io.Writer) error {
		table, err := evidence.NewTable(out, format, e.Language)
		if err != nil {
			return err
		}
		x := &exporting{desk: d, table: table, told: told, total: -1, seed: maphash.MakeSeed(), written: map[uint64]struct{}{}}
		if e.IDs != nil {
			err = x.these(ctx, e.IDs)
		} else {
			err = x.all(ctx, e.Query)
		}
		written = len(x.written)
		return errors.Join(err, table.Close())
	})
	return written, err
}

// exporting is one export under way.
type exporting struct {
	desk  *Desk
	table evidence.Table
	told  func(done, total int)
	total int

	// written are the requests that are in the file, by what is hashed of their ids so that a million
	// of them take some 20 MB: a request that changes takes another place in its order, and may be met
	// twice or not at all.
	seed    maphash.Seed
	written map[uint64]struct{}
}

func (x *exporting) these(ctx context.Context, ids []request.ID) error {
	x.total = len(ids)
	for i, id := range ids {
		r, err := x.desk.ledger.Get(ctx, id)
		if err == nil {
			err = x.write(ctx, r)
		}
		if err != nil {
			return err
		}
		if (i+1)%exportPage == 0 || i+1 == len(ids) {
			x.tell()
		}
	}
	return nil
}

func (x *exporting) all(ctx context.Context, q ledger.Query) error {
	since := x.desk.cfg.Now().Add(-exportMargin)
	if err := x.pages(ctx, q); err != nil {
		return err
	}
	// What changed meanwhile may have gone where the pages had been already. From the oldest
	// change on, a request that changes again goes where they are still to come.
	q.Order, q.Reverse = ledger.ByChanged, true
	if q.From.Before(since) {
		q.From = since
	}
	return x.pages(ctx, q)
}

// pages writes the pages of a query, but what is in the file already.
func (x *exporting) pages(ctx context.Context, q ledger.Query) error {
	q.After, q.Skip, q.Limit = "", 0, exportPage
	for {
		page, err := x.desk.ledger.View(ctx, q)
		if err != nil {
			return err
		}
		if len(x.written) == 0 {
			x.total = page.Total
		}
		for _, r := range page.Requests {
			if err := x.write(ctx, r); err != nil {
				return err
			}
		}
		x.tell()
		if q.After = page.Next; page.Next == "" {
			return nil
		}
	}
}

func (x *exporting) tell() {
	if x.total >= 0 && x.total < len(x.written) { // more came meanwhile
		x.total = len(x.written)
	}
	x.told(len(x.written), x.total)
}

func (x *exporting) write(ctx context.Context, r request.Request) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	id := maphash.String(x.seed, string(r.ID))
	if _, twice := x.written[id]; twice {
		return nil
	}
	x.written[id] = struct{}{}
	return x.table.Add(r)
}

// SuggestExport gives the path of an export that is free now: of a name, with the ending, in a
// folder, or in the usual one where none is given.
func (d *Desk) SuggestExport(ctx context.Context, name, ending, folder string) (path string, err error) {
	return d.freeName(ctx, folder, safeName(name), ending)
}

// writeOut has a file written for a person to take away, for the person alone (0600). It has its name when it is
// whole; what goes wrong leaves nothing. Unless it replaces, a file of the name stays as it is: see [ErrTaken].
func (d *Desk) writeOut(path string, replace bool, write func(io.Writer) error) error {
	if !filepath.IsAbs(path) {
		return errors.New("a file needs a folder and a name: give its whole path")
	}
	path = filepath.Clean(path)
	folder := filepath.Dir(path)
	if inside, err := filepath.Rel(d.cfg.Home.Path(), path); err == nil && filepath.IsLocal(inside) {
		return errors.New("this is in the desk's own folder, where nothing else belongs: choose another one")
	}
	switch info, err := os.Lstat(path); {
	case err == nil && !replace:
		return ErrTaken
	case err == nil && !info.Mode().IsRegular():
		return errors.New("a folder, a link or something else that is no file has that name, and stays as it is: choose another name")
	}
	f, err := os.CreateTemp(folder, ".countersign-*") // made 0600
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no folder %s: make it first, or choose another one", label(folder))
	}
	if err != nil {
		return notWritten(err)
	}
	defer os.Remove(f.Name()) // gone already when all went well
	out := bufio.NewWriterSize(f, 256<<10)
	err = write(out)
	if flushed := out.Flush(); err == nil {
		err = flushed
	}
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return notWritten(err)
	}
	if replace {
		err = os.Rename(f.Name(), path)
	} else {
		err = files.Name(f.Name(), path)
	}
	if errors.Is(err, fs.ErrExist) {
		return ErrTaken
	}
	if err != nil {
		return notWritten(err)
	}
	return nil
}

func notWritten(err error) error {
	if cause := files.Cause(err); cause != err {
		return fmt.Errorf("the file could not be written: %w", cause)
	}
	return err
}
