package prefs

import (
	"context"
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/diagnosis"
	"countersign/core/i18n"
	"countersign/ui/async"
	"countersign/ui/kit"
)

// examination is a page on which findings come in, one after the other, with what to do
// about each. It can be stopped and done again, and what was found can be handed on.
type examination struct {
	*Prefs
	sheet        *kit.Sheet
	title, about string
	look         func(ctx context.Context, tell func(diagnosis.Finding)) error

	state *kit.Callout
	list  *fyne.Container
	found []diagnosis.Finding
	rows  map[diagnosis.Verdict][]fyne.CanvasObject
	again *kit.Button
	hand  *kit.Button // hands the report on
	task  async.Task
}

func newExamination(p *Prefs, s *kit.Sheet, title, about string, look func(context.Context, func(diagnosis.Finding)) error) *examination {
	return &examination{Prefs: p, sheet: s, title: title, about: about, look: look}
}

// Diagnose looks at everything between Sign and the return.
func (p *Prefs) Diagnose() {
	s := p.modals.OpenSheet(nil)
	if s == nil {
		return
	}
	newExamination(p, s, p.lang.Say("prefs.diagnose"), p.lang.Say("prefs.diagnose_about"), func(ctx context.Context, tell func(diagnosis.Finding)) error {
		p.desk.Diagnose(ctx, tell)
		return ctx.Err()
	}).open(p.modals.Close, p.lang.Say("help.close"))
}

// open shows the page and begins to look.
func (e *examination) open(back func(), backName string) {
	s := e.sheet
	leave := func() {
		e.task.Abandon()
		back()
	}
	e.state = kit.NewCallout(kit.InfoBadge)
	e.list = container.New(kit.Column(14))
	e.hand = s.NewFootButton(e.lang.Say("prefs.copy_report"), widget.MediumImportance, e.copyReport)
	e.again = s.NewFootButton("", widget.MediumImportance, func() { e.task.Toggle(e.begin) })
	content := container.New(kit.Column(16), kit.NewText(theme.SizeNameText, kit.ColorMuted).Set(e.about), e.state.Root, e.list)
	s.ShowPage(e.title, leave, content, nil, e.hand, e.again, s.NewFootButton(backName, widget.HighImportance, leave))
	s.OnClosed(e.task.Abandon)
	e.begin()
	s.Focus(e.again)
}

func (e *examination) begin() {
	e.found, e.rows, e.list.Objects = nil, map[diagnosis.Verdict][]fyne.CanvasObject{}, nil
	e.say(kit.InfoBadge, e.lang.Say("prefs.looking"))
	e.name(e.lang.Say("act.stop"))
	e.hand.Disable()
	look := func(ctx context.Context, tell func(diagnosis.Finding)) (struct{}, error) {
		return struct{}{}, e.look(ctx, tell)
	}
	async.Run(e.bg, &e.task, look, e.add, func(_ struct{}, err error) {
		e.name(e.lang.Say("prefs.again"))
		if len(e.found) > 0 {
			e.hand.Enable()
		}
		e.conclude(err)
	})
}

// add shows a finding among the others: what has to be mended comes first.
func (e *examination) add(f diagnosis.Finding) {
	e.found = append(e.found, f)
	e.rows[f.Verdict] = append(e.rows[f.Verdict], e.row(f))
	e.list.Objects = nil
	for _, v := range []diagnosis.Verdict{diagnosis.Bad, diagnosis.Warning, diagnosis.Well} {
		for _, row := range e.rows[v] {
			if len(e.list.Objects) > 0 {
				e.list.Objects = append(e.list.Objects, widget.NewSeparator())
			}
			e.list.Objects = append(e.list.Objects, row)
		}
	}
	e.sheet.Arrange()
}

// row draws a finding.
func (e *examination) row(f diagnosis.Finding) fyne.CanvasObject {
	m := verdictBadge(e.lang, f.Verdict)
	name := kit.NewBoldText(theme.SizeNameText, theme.ColorNameForeground).Set(diagnosis.NameOf(e.lang, f))
	body := container.New(kit.Column(3),
		name,
		kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(kit.Sentence(f.Detail)),
	)
	if f.Advice != "" {
		body.Add(kit.NewText(theme.SizeNameText, m.Color).Set(e.lang.Say("prefs.todo", kit.Sentence(f.Advice))))
	}
	return container.New(kit.Row{Gap: 16}, container.New(kit.FixedWidth(verdictWidth), container.NewHBox(kit.NewPill(m))), body)
}

const verdictWidth = 112

// conclude sums the findings up.
func (e *examination) conclude(err error) {
	bad, warnings := 0, 0
	for _, f := range e.found {
		switch f.Verdict {
		case diagnosis.Bad:
			bad++
		case diagnosis.Warning:
			warnings++
		}
	}
	switch {
	case errors.Is(err, context.Canceled):
		e.say(kit.InfoBadge, e.lang.Say("window.stopped"))
	case err != nil:
		e.say(kit.ErrorBadge, kit.Sentence(err.Error()))
	case bad > 0:
		e.say(kit.ErrorBadge, e.lang.Count("prefs.all_bad", bad))
	case warnings > 0:
		e.say(kit.WarningBadge, e.lang.Count("prefs.all_warnings", warnings))
	default:
		e.say(kit.Badge{Icon: kit.IconCheck, Color: kit.ColorGood, Back: kit.ColorGoodPill}, e.lang.Say("prefs.all_well"))
	}
}

// name says what the button does that stops and begins.
func (e *examination) name(label string) {
	e.again.SetText(label)
	e.sheet.ArrangeAll()
}

func (e *examination) say(m kit.Badge, words string) {
	e.state.SetBadge(m)
	e.state.Set(words)
	e.sheet.Arrange()
}

// copyReport puts a page for whoever helps on the clipboard.
func (e *examination) copyReport() {
	current, found, now := e.task.Current(), e.found, e.now()
	async.Call(e.bg, func(context.Context) (string, error) { return diagnosis.Report(found, now), nil }, func(report string, _ error) {
		e.host.Copy(report)
		if current() {
			e.say(kit.InfoBadge, e.lang.Say("prefs.copied"))
		}
	})
}

// verdictBadge is how a verdict is shown.
func verdictBadge(lang i18n.Language, v diagnosis.Verdict) kit.Badge {
	switch v {
	case diagnosis.Well:
		return kit.NewBadge(kit.IconCheck, lang.Say("prefs.well"), kit.ColorGood, kit.ColorGoodPill)
	case diagnosis.Warning:
		return kit.NewBadge(kit.IconWarning, lang.Say("prefs.warning"), kit.ColorWarn, kit.ColorWarnPill)
	}
	return kit.NewBadge(kit.IconCross, lang.Say("prefs.bad"), kit.ColorBad, kit.ColorBadPill)
}
