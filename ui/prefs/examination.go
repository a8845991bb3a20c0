package prefs

import (
	"context"
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/diagnosis"
	"countersign/core/explain"
	"countersign/core/i18n"
	"countersign/ui/async"
	"countersign/ui/kit"
)

// examination is a page that runs a check and shows its findings as they arrive, each with what to do. The check
// can be stopped and repeated, and its report copied.
type examination struct {
	*Prefs
	sheet        *kit.Sheet
	title, about string
	run          func(ctx context.Context, tell func(diagnosis.Finding)) error

	// A further button, which leaves the page; next is nil if there is none.
	nextName string
	next     func()

	state        *kit.Callout
	list         *fyne.Container
	found        []diagnosis.Finding
	rows         map[diagnosis.Verdict][]fyne.CanvasObject
	toggleButton *kit.Button
	copyButton   *kit.Button // copies the report
	task         async.Task
}

func newExamination(p *Prefs, s *kit.Sheet, title, about string, look func(context.Context, func(diagnosis.Finding)) error) *examination {
	return &examination{Prefs: p, sheet: s, title: title, about: about, run: look}
}

// with adds a button to the page that leaves it and calls next.
func (e *examination) with(name string, next func()) *examination {
	e.nextName, e.next = name, next
	return e
}

// Diagnose opens the check of the desk: everything that a signing needs, from the browser to the return. It does
// nothing while another modal is open.
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

// open shows the page and starts the check. The function back is called when the page is left by its button, which has
// the label backName, or by Escape.
func (e *examination) open(back func(), backName string) {
	s := e.sheet
	leave := func() {
		e.task.Abandon()
		back()
	}
	e.state = kit.NewCallout(kit.InfoBadge)
	e.list = container.New(kit.Column(14))
	e.copyButton = s.NewFootButton(e.lang.Say("prefs.copy_report"), widget.MediumImportance, e.copyReport)
	e.toggleButton = s.NewFootButton("", widget.MediumImportance, func() { e.task.Toggle(e.begin) })
	content := container.New(kit.Column(16), kit.NewText(theme.SizeNameText, kit.ColorMuted).Set(e.about), e.state.Root, e.list)
	buttons := []fyne.CanvasObject{e.copyButton, e.toggleButton}
	if e.next != nil {
		buttons = append(buttons, s.NewFootButton(e.nextName, widget.HighImportance, func() {
			e.task.Abandon()
			e.next()
		}))
	}
	s.ShowPage(e.title, leave, content, nil, append(buttons, s.NewFootButton(backName, widget.MediumImportance, leave))...)
	s.OnClosed(e.task.Abandon)
	e.begin()
	s.Focus(e.toggleButton)
}

func (e *examination) begin() {
	e.found, e.rows, e.list.Objects = nil, map[diagnosis.Verdict][]fyne.CanvasObject{}, nil
	e.setState(kit.InfoBadge, e.lang.Say("prefs.looking"))
	e.setToggleLabel(e.lang.Say("act.stop"))
	e.copyButton.Disable()
	look := func(ctx context.Context, tell func(diagnosis.Finding)) (struct{}, error) {
		return struct{}{}, e.run(ctx, tell)
	}
	async.Run(e.bg, &e.task, look, e.add, func(_ struct{}, err error) {
		e.setToggleLabel(e.lang.Say("prefs.again"))
		if len(e.found) > 0 {
			e.copyButton.Enable()
		}
		e.conclude(err)
	})
}

// add shows a finding, ordered by severity: problems first.
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
	name := kit.NewBoldText(theme.SizeNameText, theme.ColorNameForeground).Set(explain.Part(e.lang, f.Subject, f.Part))
	body := container.New(kit.Column(3),
		name,
		kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(kit.Sentence(explain.Reason(e.lang, f.Detail, f.Cause))),
	)
	if f.Advice != "" {
		body.Add(kit.NewText(theme.SizeNameText, m.Color).Set(e.lang.Say("prefs.todo", kit.Sentence(explain.Reason(e.lang, f.Advice, f.AdviceCause)))))
	}
	return container.New(kit.Row{Gap: 16}, container.New(kit.FixedWidth(verdictWidth), container.NewHBox(kit.NewBadgeWidget(m))), body)
}

// verdictWidth is the width of the column with the badges of the findings.
const verdictWidth = 112

// conclude shows the summary of the findings, or the error of the check.
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
		e.setState(kit.InfoBadge, e.lang.Say("window.stopped"))
	case err != nil:
		e.setState(kit.ErrorBadge, kit.Sentence(explain.Error(e.lang, err)))
	case bad > 0:
		e.setState(kit.ErrorBadge, e.lang.Count("prefs.all_bad", bad))
	case warnings > 0:
		e.setState(kit.WarningBadge, e.lang.Count("prefs.all_warnings", warnings))
	default:
		e.setState(kit.Badge{Icon: kit.IconCheck, Color: kit.ColorGood, Back: kit.ColorGoodBack}, e.lang.Say("prefs.all_well"))
	}
}

// setToggleLabel sets the label of the button that stops or repeats the check.
func (e *examination) setToggleLabel(label string) {
	e.toggleButton.SetText(label)
	e.sheet.ArrangeAll()
}

func (e *examination) setState(m kit.Badge, text string) {
	e.state.SetBadge(m)
	e.state.Set(text)
	e.sheet.Arrange()
}

// copyReport copies a report for support to the clipboard.
func (e *examination) copyReport() {
	current, found, now := e.task.Current(), e.found, e.now()
	async.Call(e.bg, func(context.Context) (string, error) { return diagnosis.Report(found, now), nil }, func(report string, _ error) {
		e.host.Copy(report)
		if current() {
			e.setState(kit.InfoBadge, e.lang.Say("prefs.copied"))
		}
	})
}

// verdictBadge returns the badge of a finding's verdict.
func verdictBadge(lang i18n.Language, v diagnosis.Verdict) kit.Badge {
	switch v {
	case diagnosis.Well:
		return kit.NewBadge(kit.IconCheck, lang.Say("prefs.well"), kit.ColorGood, kit.ColorGoodBack)
	case diagnosis.Warning:
		return kit.NewBadge(kit.IconWarning, lang.Say("prefs.warning"), kit.ColorWarn, kit.ColorWarnBack)
	}
	return kit.NewBadge(kit.IconCross, lang.Say("prefs.bad"), kit.ColorBad, kit.ColorBadBack)
}
