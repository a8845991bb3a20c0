package desk

import (
	"cmp"
	"context"
	"errors"
	"hash/maphash"
	"slices"

	"countersign/core/gateway"
	"countersign/core/input"
	"countersign/core/ledger"
	"countersign/core/lists"
	"countersign/core/request"
)

// gaps are the texts of a request that a row of a list may fill in.
type gaps struct{ title, reference, due bool }

// gapsOf returns the gaps of a request with these texts. A title that the desk has made itself is one.
func gapsOf(key ledger.RemoteKey, title, reference, due string) gaps {
	return gaps{title == titleOf(&request.Added{Gateway: key.Gateway, RemoteID: key.ID}), reference == "", due == ""}
}

// pendingRow is a request that rows of a list add or fill in, and that is not written yet.
type pendingRow struct {
	key    ledger.RemoteKey
	before request.Request // with version 0 for a new request
	edited request.Edited  // the texts that are to be written
	gaps   gaps
	filled bool  // something is written for a request that was there before
	rows   []int // indexes in importing.rows
}

// fill fills the gaps of the request from a row, and returns the fields that it filled.
func (p *pendingRow) fill(row *request.Added) []lists.Field {
	var filled []lists.Field
	for _, gap := range []struct {
		field lists.Field
		open  *bool
		text  *string
		found string
	}{
		{lists.Title, &p.gaps.title, &p.edited.Title, row.Title},
		{lists.Reference, &p.gaps.reference, &p.edited.Reference, row.Reference},
		{lists.Due, &p.gaps.due, &p.edited.Due, row.Due},
	} {
		if *gap.open && gap.found != "" && gap.found != *gap.text {
			*gap.open, *gap.text = false, gap.found
			filled = append(filled, gap.field)
		}
	}
	p.filled = p.filled || len(filled) > 0
	return filled
}

// plan finds out what becomes of the rows, and notes what is to be written for them.
func (i *importing) plan(ctx context.Context) error {
	if err := i.find(ctx); err != nil {
		return err
	}
	for at, added := range i.added {
		if added != nil {
			i.planRow(at, added)
		}
	}
	return nil
}

// find notes the requests of the rows that are in the ledger.
func (i *importing) find(ctx context.Context) error {
	var keys []ledger.RemoteKey
	for _, added := range i.added {
		if added == nil {
			continue
		}
		key := ledger.RemoteKey{Gateway: added.Gateway, ID: added.RemoteID}
		if _, seen := i.dry[i.hash(key)]; !seen {
			keys = append(keys, key)
		}
	}
	found, err := i.desk.ledger.NewestByRemoteID(ctx, keys)
	if err != nil {
		return err
	}
	for at, r := range found {
		if r.Version > 0 && i.pending[keys[at]] == nil {
			i.note(keys[at]).startFrom(r)
		}
	}
	return nil
}

// note begins to keep what is to be written for a request.
func (i *importing) note(key ledger.RemoteKey) *pendingRow {
	p := &pendingRow{key: key}
	i.pending[key] = p
	i.order = append(i.order, p)
	return p
}

// planRow finds out what becomes of one row, by its index in i.rows.
func (i *importing) planRow(at int, added *request.Added) {
	row := &i.rows[at]
	key := ledger.RemoteKey{Gateway: added.Gateway, ID: added.RemoteID}
	p := i.pending[key]
	before, seen := i.dry[i.hash(key)]
	switch {
	case p != nil:
	case seen: // by an earlier part of the list, in a dry run
		p = i.note(key)
		p.gaps = before
	default:
		p = i.note(key)
		p.edited = request.Edited{Title: cmp.Or(added.Title, titleOf(added)), Reference: added.Reference, Due: added.Due}
		p.gaps = gapsOf(key, p.edited.Title, p.edited.Reference, p.edited.Due)
		row.Outcome = RowAdded
	}
	if row.Outcome == "" {
		row.Outcome, row.Filled = RowKnown, p.fill(added)
		if len(row.Filled) > 0 {
			row.Outcome = RowFilled
		}
	}
	row.Request = p.planned()
	p.rows = append(p.rows, at)
	if i.options.DryRun {
		i.dry[i.hash(key)] = p.gaps
	}
}

// planned returns the request as it will be.
func (p *pendingRow) planned() request.Request {
	r := p.before
	if r.Version == 0 {
		r = request.Request{Gateway: p.key.Gateway, RemoteID: p.key.ID, AddedRemoteID: p.key.ID, Status: request.Pending, Attempt: 1}
	}
	r.Title, r.Reference, r.Due = p.edited.Title, p.edited.Reference, p.edited.Due
	return r
}

// startFrom sets the texts and the gaps to those of a request in the ledger.
func (p *pendingRow) startFrom(r request.Request) {
	p.before = r
	p.edited = request.Edited{Title: r.Title, Reference: r.Reference, Due: r.Due}
	p.gaps = gapsOf(p.key, r.Title, r.Reference, r.Due)
}

func (i *importing) hash(key ledger.RemoteKey) uint64 { return maphash.Comparable(i.seed, key) }

// flush writes what is to be written for the rows, and passes them on.
func (i *importing) flush(ctx context.Context) error {
	err := i.plan(ctx)
	if err == nil && !i.options.DryRun {
		err = i.write(ctx)
	}
	if err != nil {
		return err
	}
	rows := i.rows
	i.rows, i.added, i.order = nil, nil, nil
	clear(i.pending)
	for _, row := range rows {
		i.count(row)
	}
	if i.each == nil {
		return nil
	}
	done, total := i.list.Progress()
	return i.each(ImportStep{Done: done, Total: total, Rows: rows})
}

func (i *importing) count(row RowResult) {
	switch row.Outcome {
	case RowAdded:
		i.result.Added++
	case RowFilled:
		i.result.Filled++
	case RowKnown:
		i.result.Known++
	case RowLeftOut:
		if i.result.LeftOut++; len(i.result.Faults) < maxRowFaults {
			i.result.Faults = append(i.result.Faults, row.Fault)
		}
	}
	if row.Record.Ambiguous && row.Outcome != RowLeftOut {
		i.result.Ambiguous++
	}
}

// write writes the pending requests in one transaction. If somebody changed one of them meanwhile, its gaps are
// filled anew.
func (i *importing) write(ctx context.Context) error {
	for range maxRetries {
		var changes []ledger.Change
		var written []*pendingRow
		for _, p := range i.order {
			if e, ok := i.eventOf(p); ok {
				id := p.before.ID
				if p.before.Version == 0 {
					id = i.desk.cfg.NewID()
				}
				changes = append(changes, ledger.Change{ID: id, Version: p.before.Version, Events: []request.Event{e}})
				written = append(written, p)
			}
		}
		if len(changes) == 0 {
			return nil
		}
		after, err := i.desk.ledger.Append(ctx, changes...)
		if errors.Is(err, ledger.ErrConflict) {
			if err := i.readAgain(ctx); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		for at, p := range written {
			for _, row := range p.rows {
				i.rows[row].Request = after[at]
			}
		}
		return nil
	}
	return request.Errorf("changed_too_often", "request %s: %w too often: try again", i.order[0].key.ID, ledger.ErrConflict)
}

// eventOf returns the event by which a pending request is written. ok is false if there is nothing to write.
func (i *importing) eventOf(p *pendingRow) (e request.Event, ok bool) {
	e.By = i.desk.cfg.Person
	if p.before.Version > 0 {
		e.Kind, e.Edited = request.KindEdited, &p.edited
		return e, p.filled
	}
	e.Kind = request.KindAdded
	e.Added = &request.Added{
		Title: p.edited.Title, Reference: p.edited.Reference, Due: p.edited.Due, Gateway: p.key.Gateway, RemoteID: p.key.ID,
		Practice: request.StatePractice(p.key.Gateway, i.gateways[p.key.Gateway].practice),
	}
	return e, true
}

// readAgain reads the requests anew that are to be filled in, and fills them from their rows.
func (i *importing) readAgain(ctx context.Context) error {
	for _, p := range i.order {
		if p.before.Version == 0 {
			continue
		}
		r, err := i.desk.ledger.Get(ctx, p.before.ID)
		if err != nil {
			return err
		}
		p.startFrom(r)
		p.filled = false
		for _, at := range p.rows {
			row := &i.rows[at]
			row.Outcome, row.Request = RowKnown, r
			row.Filled = p.fill(i.added[at])
			if len(row.Filled) > 0 {
				row.Outcome = RowFilled
			}
		}
	}
	return nil
}

// newFrom returns the request that a row is about. The error is a [*lists.RowFault].
func (i *importing) newFrom(ctx context.Context, r lists.Record) (New, error) {
	n := New{Gateway: r.Gateway, Title: r.Title, Reference: r.Reference, Due: r.Due, RemoteID: r.ID}
	idField := lists.ID
	switch {
	case r.ID == "" && r.Link == "":
		return n, i.blame(r, lists.ID, request.Errorf("row_no_id", "it names no request: give its id at the gateway"))
	case r.Link != "":
		name, ids, err := i.desk.gateways.ReadLink(ctx, r.Link)
		switch {
		case err != nil:
			return n, i.blame(r, lists.Link, err)
		case len(ids) > 1:
			return n, i.blame(r, lists.Link, request.Errorf("row_several", "the link is for several requests: give each a row with its id"))
		case r.ID != "" && r.ID != ids[0]:
			return n, i.blame(r, lists.Link, request.Errorf("row_other_request", "it is for another request than the id of this row: remove one of the two"))
		case r.Gateway != "" && r.Gateway != name && i.open(ctx, r.Gateway).name != name:
			return n, i.blame(r, lists.Gateway, request.Errorf("row_other_gateway", "the link is for gateway %s: remove one of the two", name))
		}
		n.Gateway, n.RemoteID, idField = name, ids[0], lists.Link
	case r.Gateway == "":
		n.Gateway = i.chooseGateway(ctx)
	}
	if n.Gateway == "" {
		return n, i.blame(r, lists.Gateway, request.Errorf("row_no_gateway", "it names no gateway, and several or none of this desk sign requests by their id: say which one"))
	}
	g := i.open(ctx, n.Gateway)
	if g.err != nil {
		return n, i.blame(r, lists.Gateway, g.err)
	}
	n.Gateway = g.name
	if err := checkID(g.gateway, n.RemoteID); err != nil {
		return n, i.blame(r, idField, err)
	}
	return n, nil
}

// blame returns a [*lists.RowFault] about a field of a row.
func (i *importing) blame(r lists.Record, field lists.Field, reason error) error {
	columns := i.list.Info().Columns
	fault := &lists.RowFault{Line: r.Line, Reason: request.SentenceOf(reason)}
	if at := slices.IndexFunc(columns, func(c lists.Column) bool { return c.Field == field }); at >= 0 {
		fault.Column, fault.Name = at+1, input.Label(columns[at].Heading)
	}
	return fault
}

// open opens a gateway that rows name, once.
func (i *importing) open(ctx context.Context, name string) openedForList {
	g, known := i.gateways[name]
	if !known {
		var p gateway.Profile
		if p, g.err = i.desk.gateways.Profile(name); g.err == nil {
			g.name, g.practice = p.Name, p.Practice
			g.gateway, g.err = i.desk.gateways.OpenProfile(ctx, p)
		}
		if g.err == nil && !g.gateway.Capabilities().AcceptsIDs {
			g.err = noIDs(name)
		}
		i.gateways[name] = g
		if g.err == nil {
			i.gateways[g.name] = g
		}
	}
	return g
}

// chooseGateway returns the gateway of rows that name none, as [Desk.Import] says, or "" if none can be chosen.
func (i *importing) chooseGateway(ctx context.Context) string {
	if i.options.Gateway == "" && !i.chosen {
		i.options.Gateway = i.desk.gatewayForIDs(ctx)
	}
	i.chosen = true
	return i.options.Gateway
}

// gatewayForIDs returns the default gateway if it signs requests by their id, or else the only one that does, and "" if
// there is none, or several. A practice gateway is returned only if it is the default one, and no real gateway signs by id.
func (d *Desk) gatewayForIDs(ctx context.Context) string {
	profiles, err := d.gateways.Profiles()
	if err != nil {
		return ""
	}
	var able []string
	practice := ""
	for _, p := range profiles.List {
		g, err := d.gateways.OpenProfile(ctx, p)
		switch {
		case err != nil || !g.Capabilities().AcceptsIDs:
		case p.Name == profiles.Default && p.Practice:
			practice = p.Name
		case p.Name == profiles.Default:
			return p.Name
		case !p.Practice:
			able = append(able, p.Name)
		}
	}
	switch len(able) {
	case 0:
		return practice
	case 1:
		return able[0]
	}
	return ""
}
