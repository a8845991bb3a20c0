package report

import (
	"context"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"countersign/core/explain"
	"countersign/core/printout"
	"countersign/core/request"
	"countersign/ui/async"
	"countersign/ui/files"
	"countersign/ui/kit"
)

// newPrintLinks returns the links that save the numbers as a PDF file, and open one to be printed.
func (s *Screen) newPrintLinks() fyne.CanvasObject {
	save := kit.NewLink(s.lang.Say("review.save_pdf"), kit.IconDrop, s.pass, s.savePDF)
	show := kit.NewLink(s.lang.Say("review.print"), kit.IconExport, s.pass, s.print)
	save.Reveal, show.Reveal = s.reveal, s.reveal
	s.printLinks = container.New(kit.NewFlowGaps(18, 2), save, show)
	s.printLinks.Hide()
	return s.printLinks
}

// printName returns the name of the file with the numbers, without its extension.
func (s *Screen) printName() string {
	return s.lang.Say("review.title") + " " + s.clock().Format(time.DateOnly)
}

// print opens the numbers that are shown as a PDF file in the system's viewer.
func (s *Screen) print() {
	d, name := s.document(), s.printName()
	async.Call(s.bg, func(ctx context.Context) (string, error) { return s.desk.PrintoutForViewer(ctx, d, name) }, func(path string, err error) {
		if err != nil {
			s.fail(err)
			return
		}
		s.host.OpenFile(path)
	})
}

// savePDF asks where to save the numbers that are shown.
func (s *Screen) savePDF() {
	d, name := s.document(), s.printName()
	async.Call(s.bg, func(ctx context.Context) (string, error) {
		return s.desk.SuggestExport(ctx, name, files.PDFs[0], s.host.Files().SavedIn())
	}, func(path string, err error) {
		if err != nil {
			s.fail(err)
			return
		}
		s.askPath(d, path, nil)
	})
}

// askPath asks for the path of the file. With the question it shows the error failed: why the last path could not be used; nil for
// the first question.
func (s *Screen) askPath(d printout.Document, path string, failed error) {
	s.host.Files().AskPath(files.Save{
		Title: s.lang.Say("review.save_title"), About: s.lang.Say("request.save_hint"), Yes: s.lang.Say("request.save_yes"), Icon: kit.IconDrop,
		Kinds: []files.Kind{{Extension: files.PDFs[0]}},
		Do: func(path string) {
			async.Do(s.bg, func(ctx context.Context) error { return s.desk.SavePrintout(ctx, d, path) }, func(err error) {
				if err != nil {
					s.askPath(d, path, err)
					return
				}
				s.host.Saved(s.lang.Say("review.saved", path), path)
			})
		},
	}, path, failed)
}

// fail shows an error above the numbers.
func (s *Screen) fail(err error) {
	s.problem.Set(kit.Sentence(explain.Error(s.lang, err)))
	s.arrange()
}

// document returns the numbers that are shown, with their period and conditions, and when and by whom they were printed.
func (s *Screen) document() printout.Document {
	lang, now := s.lang, s.clock()
	d := printout.Document{
		Title: lang.Say("review.title"), Lines: slices.DeleteFunc([]string{s.periodText.Value(), s.practice.Value()}, isEmpty), At: now,
		Footer:  lang.Say("review.printed", lang.Moment(now), s.host.Person()),
		Regular: theme.DefaultTextFont().Content(), Bold: theme.DefaultTextBoldFont().Content(),
	}
	for _, t := range []Tile{WaitingTile, AttentionTile, SignedTile, DueTile} {
		d.Numbers = append(d.Numbers, printout.Number{Label: s.tiles[t].name, Value: s.tiles[t].number})
	}
	add := func(heading string, table *NumberTable, lines ...string) {
		lines = slices.DeleteFunc(lines, isEmpty)
		section := printout.Section{Heading: heading, Lines: lines}
		if table != nil && len(table.rows) > 0 {
			section.Columns, section.Names = table.headings, table.Names
			for _, row := range table.rows {
				cells := make([]string, len(row.Cells))
				for i, cell := range row.Cells {
					cells[i] = request.ShowHidden(cell)
				}
				section.Rows = append(section.Rows, cells)
			}
		}
		if len(section.Rows)+len(lines) > 0 {
			d.Sections = append(d.Sections, section)
		}
	}
	if s.endedSections.Hidden {
		d.Lines = append(d.Lines, s.emptyText.Value())
	} else {
		add(s.heading.Value(), s.barTable, s.signed.Value(), s.notSigned.Value())
		add(lang.Say("review.by_gateway"), s.gateways)
		add(lang.Say("review.how_long"), nil, s.signingTime.Value())
		reasons := newNumberTable(lang.Say("review.reason"), lang.Say("review.gateway_said"), lang.Say("review.not_signed"))
		reasons.Names = 2
		for _, r := range s.reasonLines() {
			reasons.rows = append(reasons.rows, numberRow{Cells: []string{r.meaning, r.gatewaySaid, lang.Number(r.count)}})
		}
		add(lang.Say("review.why"), reasons)
	}
	add(lang.Say("review.oldest"), s.oldest.NumberTable, s.noOldest.Value())
	add(lang.Say("review.by_person"), s.people)
	return d
}

func isEmpty(line string) bool { return line == "" }
