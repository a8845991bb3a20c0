package importing

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/desk"
	"countersign/core/explain"
	"countersign/core/gateways"
	"countersign/core/input"
	"countersign/core/lists"
	"countersign/core/request"
	"countersign/core/settings"
	"countersign/ui/async"
	"countersign/ui/kit"
)

const (
	previewRows = 8  // rows of the list in the table
	shownFaults = 50 // rows that are left out and shown with their reasons
)

// page is the sheet with one list after the other.
type page struct {
	*Importer
	sheet   *kit.Sheet
	waiting []string // paths of the lists that are not shown yet
	last    request.ID

	path     string
	options  desk.ImportOptions
	changed  bool // a person changed what a column is read as
	gateways []gateways.Offer
	look     desk.ListLook
	looking  async.Latest
	counting async.Latest
	counts   *desk.Imported // what would come; nil until it is counted
	outcomes map[int]desk.RowResult
	work     async.Task // the import
	busy     bool
	result   *desk.Imported // what came; nil before the import
	progress string         // how far the counting or the import is; empty while neither is under way

	how, unread, dates  *kit.Text
	problem, summary    *kit.Callout
	choices             *fyne.Container
	table               *table
	faults              *fyne.Container
	tableBox            *fyne.Container
	start, stop, cancel *kit.Button
}

// next shows the next list. Without one it closes the sheet.
func (p *page) next() {
	if len(p.waiting) == 0 {
		p.sheet.Close()
		return
	}
	p.path, p.waiting = p.waiting[0], p.waiting[1:]
	p.options = desk.ImportOptions{Gateway: p.options.Gateway, List: lists.Options{Language: p.lang}}
	p.changed, p.busy, p.result, p.look, p.progress = false, false, nil, desk.ListLook{}, ""
	p.build()
	p.readList()
}

func (p *page) build() {
	muted := func() *kit.Text { return kit.NewText(theme.SizeNameText, kit.ColorMuted) }
	p.how, p.unread, p.dates = muted(), muted(), kit.NewText(theme.SizeNameText, kit.ColorWarn)
	p.problem, p.summary = kit.NewCallout(kit.ErrorBadge), kit.NewCallout(kit.InfoBadge)
	p.choices, p.tableBox, p.faults = container.New(kit.Weighted(12, 1, 1, 1)), container.New(kit.Column(0)), container.New(kit.Column(4))
	p.table = nil
	p.start = p.sheet.NewFootButton(p.lang.Say("sheet.import"), widget.HighImportance, p.onStart)
	p.stop = p.sheet.NewFootButton(p.lang.Say("act.stop"), widget.MediumImportance, p.back)
	p.cancel = p.sheet.NewFootButton(p.lang.Say("add.cancel"), widget.MediumImportance, p.next)
	content := container.New(kit.Column(14), p.how, p.choices, p.tableBox, p.problem.Root, p.dates, p.unread, p.summary.Root, p.faults)
	p.sheet.ShowPage(p.lang.Say("import.title", input.Name(p.path)), p.back, content, p.start, p.stop, p.cancel, p.start)
	p.draw()
}

// back closes the sheet. While the list is imported, it only stops that.
func (p *page) back() {
	if p.busy {
		p.work.Toggle(func() {})
		return
	}
	p.sheet.Close()
}

// closed is called after the sheet was closed. What was imported stays.
func (p *page) closed() {
	p.looking.Drop()
	p.counting.Drop()
	p.work.Abandon()
	if p.last != "" {
		p.host.ShowRequest(p.last, request.Pending)
		return
	}
	p.host.Closed()
}

// readGateways reads which gateways sign requests by their id.
func (p *page) readGateways() {
	async.Call(p.bg, p.desk.Offers, func(offers []gateways.Offer, err error) {
		if err != nil {
			p.log.Info("the gateways for a list cannot be read", "error", err) // the rows that name none say so
			return
		}
		p.gateways = slices.DeleteFunc(offers, func(o gateways.Offer) bool { return !o.KnowsIDs })
		p.drawChoices()
		p.sheet.Arrange()
	})
}

// readList reads the headings and the first rows of the list, and then counts what would come.
func (p *page) readList() {
	p.counting.Drop()
	p.progress = ""
	p.counts, p.outcomes = nil, map[int]desk.RowResult{}
	file, options := input.Path(p.path), p.options
	async.CallLatest(p.bg, &p.looking, func(ctx context.Context) (desk.ListLook, error) {
		return p.desk.LookList(ctx, file, options, previewRows)
	}, func(look desk.ListLook, err error) {
		p.look = look
		if err == nil {
			err = look.Problem
		}
		p.problem.Set("")
		if err != nil {
			p.problem.Set(kit.Sentence(explain.Error(p.lang, err)))
		} else {
			p.count()
		}
		p.drawChoices()
		p.drawTable()
		p.draw()
	})
}

// count finds out what would come of the list. It writes nothing.
func (p *page) count() {
	ctx, current := p.counting.Begin(p.bg.Context())
	show := func(f func()) {
		p.bg.Show(func() {
			if current() {
				f()
				p.draw()
			}
		})
	}
	file, options, shown := input.Path(p.path), p.options, map[int]bool{}
	for _, row := range p.look.Rows {
		shown[row.Line] = true
	}
	options.DryRun = true
	meter := &meter{text: func(rows int) string { return p.lang.Count("import.counting", rows) }}
	p.progress = meter.text(0)
	async.CallContext(ctx, p.bg, func(ctx context.Context) (desk.Imported, error) {
		return p.desk.Import(ctx, file, options, func(step desk.ImportStep) error {
			found := map[int]desk.RowResult{}
			for _, row := range step.Rows {
				if shown[row.Record.Line] {
					found[row.Record.Line] = row
				}
			}
			if text, moved := meter.add(step); moved || len(found) > 0 {
				show(func() {
					maps.Copy(p.outcomes, found)
					p.progress = text
				})
			}
			return ctx.Err()
		})
	}, func(counts desk.Imported, err error) {
		if !current() {
			return
		}
		p.counting.Drop()
		p.progress = ""
		if err != nil {
			p.problem.Set(kit.Sentence(explain.Error(p.lang, err)))
		} else {
			p.counts = &counts
		}
		p.draw()
	})
}

// meter is how far the reading of a list is.
type meter struct {
	text    func(rows int) string
	rows    int
	percent int64
}

// add counts the rows of a step. It returns how far the reading is, and whether that is another percentage than before: a long
// list has too many steps to draw each.
func (m *meter) add(step desk.ImportStep) (text string, moved bool) {
	m.rows += len(step.Rows)
	now := int64(0)
	if step.Total > 0 {
		now = min(100*step.Done/step.Total, 100)
	}
	moved, m.percent = now != m.percent, now
	return kit.Joined(m.text(m.rows), percent(now)), moved
}

// onStart imports the list. Once that is done, the button shows the next list, or closes the sheet.
func (p *page) onStart() {
	switch {
	case p.result != nil:
		p.next()
	case !p.busy && !p.start.Disabled():
		p.run()
	}
}

func (p *page) run() {
	p.counting.Drop()
	p.busy = true
	file, options := input.Path(p.path), p.options
	remember := p.columnsToRemember()
	meter := &meter{text: func(rows int) string { return p.lang.Count("import.running", rows) }}
	p.progress = meter.text(0)
	p.draw()
	p.sheet.Focus(p.stop)
	type ended struct {
		result desk.Imported
		last   request.ID
	}
	async.Run(p.bg, &p.work, func(ctx context.Context, report func(string)) (end ended, err error) {
		if remember != nil {
			if _, err := p.desk.ChangeSettings(ctx, remember); err != nil {
				p.log.Warn("what the columns of a list are read as is not kept", "error", err)
			}
		}
		end.result, err = p.desk.Import(ctx, file, options, func(step desk.ImportStep) error {
			end.last = cmp.Or(lastAdded(step), end.last)
			if text, moved := meter.add(step); moved {
				report(text)
			}
			return ctx.Err()
		})
		return end, err
	}, func(text string) {
		p.progress = text
		p.draw()
	}, func(end ended, err error) {
		p.busy, p.result, p.last = false, &end.result, cmp.Or(end.last, p.last)
		p.progress = ""
		p.problem.Set("")
		if err != nil {
			p.problem.Set(p.stopText(err))
		}
		p.draw()
		p.sheet.Focus(p.start)
		p.sheet.ScrollToTop()
	})
}

// stopText returns why an import ended early.
func (p *page) stopText(err error) string {
	if errors.Is(err, context.Canceled) {
		return p.lang.Say("import.stopped")
	}
	return kit.Sentence(explain.Error(p.lang, err))
}

// lastAdded returns the last request that a step added; empty if there is none.
func lastAdded(step desk.ImportStep) request.ID {
	for _, row := range slices.Backward(step.Rows) {
		if row.Outcome == desk.RowAdded {
			return row.Request.ID
		}
	}
	return ""
}

// columnsToRemember returns a change of the settings that keeps what the columns are read as, for the next list with these
// headings; nil if nobody chose it.
func (p *page) columnsToRemember() func(*settings.Settings) {
	if !p.changed {
		return nil
	}
	var headings, fields []string
	for _, c := range p.look.Info.Columns {
		headings, fields = append(headings, c.Heading), append(fields, string(c.Field))
	}
	return func(s *settings.Settings) { s.RememberList(headings, fields) }
}
