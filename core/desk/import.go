package desk

import (
	"context"
	"errors"
	"hash/maphash"
	"io"
	"slices"

	"countersign/core/gateway"
	"countersign/core/input"
	"countersign/core/ledger"
	"countersign/core/lists"
	"countersign/core/request"
)

const (
	rowsAtOnce   = 500  // rows that are written in one transaction
	maxRowFaults = 1000 // length of Imported.Faults; further faults are only counted
)

// ImportOptions are how a list is imported.
type ImportOptions struct {
	Gateway string        // of the rows that name none; see [Desk.Import] when empty
	List    lists.Options // how the list is read; the desk fills in Remembered
	DryRun  bool          // write nothing: only find out what would be written
}

// ListLook is the beginning of a list as it stands in the file, see [Desk.LookList].
type ListLook struct {
	Info    lists.Info
	Problem error // why nothing can be imported with these columns; nil if something can
	Rows    []ListRow
}

// ListRow is a row of a list as it stands in the file.
type ListRow struct {
	Line  int
	Texts []string        // one for each column, or fewer
	Fault *lists.RowFault // why the row cannot be read; nil if it can
}

// RowOutcome is what became of a row of a list.
type RowOutcome string

// The outcomes of rows.
const (
	RowAdded   RowOutcome = "added"    // its request was added
	RowFilled  RowOutcome = "filled"   // its request was added before; what was empty there is filled in
	RowKnown   RowOutcome = "known"    // its request was added before, and nothing is new
	RowLeftOut RowOutcome = "left_out" // it cannot be used
)

// RowResult is one row of a list and what became of it.
type RowResult struct {
	Record  lists.Record
	Outcome RowOutcome
	Gateway string          // of the request; empty if that is unknown
	Request request.Request // as it is after the import; without an ID if nothing is written
	Filled  []lists.Field   // what was filled in
	Fault   *lists.RowFault // why the row was left out
}

// ImportStep is a part of an import that is done.
type ImportStep struct {
	Done, Total int64 // how much of the list was read; see [lists.List.Progress]
	Rows        []RowResult
}

// Imported is what became of the rows of a list.
type Imported struct {
	Info      lists.Info // how the list was read
	Added     int        // rows whose request was added
	Filled    int        // rows whose request was added before, with less than the row has
	Known     int        // rows whose request was added before, and that have nothing new
	LeftOut   int        // rows that cannot be used
	Ambiguous int        // rows whose date has a day and a month that could be meant the other way round

	Faults []*lists.RowFault // what is wrong with the rows that cannot be used, in the order of the file; at most a thousand
}

// LookList reads the headings and the first rows of a list, at most limit. It returns what the columns are read as,
// so that a person can choose other columns with o.List. It adds nothing.
func (d *Desk) LookList(ctx context.Context, file input.File, o ImportOptions, limit int) (ListLook, error) {
	source, list, err := d.openList(ctx, file, o)
	if err != nil {
		return ListLook{}, err
	}
	look := ListLook{Info: list.Info(), Problem: list.Problem()}
	err = readRows(ctx, list, limit, &look)
	return look, errors.Join(err, list.Close(), source.Close())
}

// readRows appends up to limit rows of the list to look.
func readRows(ctx context.Context, list *lists.List, limit int, look *ListLook) error {
	for len(look.Rows) < limit {
		line, texts, err := list.NextRaw()
		fault, bad := errors.AsType[*lists.RowFault](err)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, io.EOF):
			return nil
		case err != nil && !bad:
			return err
		}
		look.Rows = append(look.Rows, ListRow{line, texts, fault})
	}
	return nil
}

// openList opens a list. The caller closes both results.
func (d *Desk) openList(ctx context.Context, file input.File, o ImportOptions) (input.Source, *lists.List, error) {
	source, size, err := file.Open()
	if err != nil {
		return nil, nil, input.ExplainList(input.Label(file.Name), err)
	}
	o.List.Remembered = d.rememberedColumns
	list, err := lists.Open(ctx, source, size, o.List)
	if err != nil {
		return nil, nil, errors.Join(err, source.Close())
	}
	return source, list, nil
}

// rememberedColumns returns the fields that a person chose before for the columns with these headings, and nil if
// nobody did.
func (d *Desk) rememberedColumns(headings []string) []lists.Field {
	s, err := d.cfg.Policy.Settings.Load(d.cfg.Home)
	if err != nil {
		d.cfg.Log.Warn("the columns that were chosen for lists cannot be read", "error", err)
		return nil
	}
	var fields []lists.Field
	for _, name := range s.ListFields(headings) {
		field := lists.Field(name)
		if !slices.Contains(lists.Fields(), field) {
			field = lists.Unread
		}
		fields = append(fields, field)
	}
	return fields
}

// Import adds the requests of a list, as an ERP exports it: requests that exist at a gateway. Package lists
// describes what a list may look like.
//
// Rows without a gateway are for o.Gateway; when that is empty, for the default gateway if it signs requests by their
// id, or else for the only one that does.
//
// Rows that cannot be used are left out, and stop nothing. A row whose request was added before, whatever became of it, adds
// nothing; but it fills in a reference or a due date that is empty there, and replaces a title that the desk made itself.
//
// Import calls the function each whenever some rows are done and written. If each returns an error, Import ends with it; what
// is written stays. The rows that were done are counted in the result, also when the error is not nil.
func (d *Desk) Import(ctx context.Context, file input.File, o ImportOptions, each func(ImportStep) error) (result Imported, err error) {
	source, list, err := d.openList(ctx, file, o)
	if err != nil {
		return Imported{}, err
	}
	defer func() { err = errors.Join(err, list.Close(), source.Close()) }()
	if err := list.Problem(); err != nil {
		return Imported{Info: list.Info()}, err
	}
	i := &importing{
		desk: d, options: o, list: list, each: each, result: Imported{Info: list.Info()},
		gateways: map[string]openedForList{}, pending: map[ledger.RemoteKey]*pendingRow{}, dry: map[uint64]gaps{}, seed: maphash.MakeSeed(),
	}
	if o.DryRun {
		err = i.run(ctx)
		return i.result, err
	}
	// The lock keeps two imports of one list from both finding that it is new.
	lock, err := d.cfg.Home.WaitLock(ctx, "import")
	if err != nil {
		return i.result, err
	}
	err = i.run(ctx)
	return i.result, errors.Join(err, lock.Release())
}

// importing is the state of one call of [Desk.Import].
type importing struct {
	desk    *Desk
	options ImportOptions
	list    *lists.List
	each    func(ImportStep) error
	result  Imported

	gateways map[string]openedForList // by name
	chosen   bool                     // options.Gateway was chosen, if it was empty

	rows    []RowResult                      // those that are read and not yet passed on
	added   []*request.Added                 // what each of them adds; nil for one that is left out
	order   []*pendingRow                    // what is to be written for them, in their order
	pending map[ledger.RemoteKey]*pendingRow // the same, by request
	dry     map[uint64]gaps                  // of the requests that the rows of a dry run were about, by the hash of their keys
	seed    maphash.Seed
}

// openedForList is a gateway that rows name.
type openedForList struct {
	name     string // by which requests name it
	gateway  gateway.Gateway
	practice bool
	err      error // why it takes no requests by their id; nil when it does
}

func (i *importing) run(ctx context.Context) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		record, err := i.list.Next()
		if errors.Is(err, io.EOF) {
			return i.flush(ctx)
		}
		if err := i.take(ctx, record, err); err != nil {
			return err
		}
		if len(i.rows) == rowsAtOnce {
			if err := i.flush(ctx); err != nil {
				return err
			}
		}
	}
}

// take reads a row, whose record is read with the error fault. The error ends the import.
func (i *importing) take(ctx context.Context, record lists.Record, fault error) error {
	row := RowResult{Record: record}
	var added *request.Added
	if fault == nil {
		added, fault = i.check(ctx, &row)
	}
	if bad, ok := errors.AsType[*lists.RowFault](fault); ok {
		row.Outcome, row.Fault = RowLeftOut, bad
	} else if fault != nil {
		return fault
	}
	i.rows, i.added = append(i.rows, row), append(i.added, added)
	return nil
}

// check returns what a row adds. The error is a [*lists.RowFault] if the row cannot be used.
func (i *importing) check(ctx context.Context, row *RowResult) (*request.Added, error) {
	n, err := i.newFrom(ctx, row.Record)
	row.Gateway = n.Gateway
	if err != nil {
		return nil, err
	}
	if _, err := input.Title.Clean(n.Title); err != nil {
		return nil, i.blame(row.Record, lists.Title, err)
	}
	if _, err := input.Reference.Clean(n.Reference); err != nil {
		return nil, i.blame(row.Record, lists.Reference, err)
	}
	added, err := i.desk.describe(n)
	if err != nil {
		return nil, i.blame(row.Record, lists.Due, err) // everything else has been checked
	}
	return added, nil
}
