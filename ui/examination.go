package ui

import (
	"context"
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/desk"
	"countersign/core/i18n"
	"countersign/ui/async"
)

// examination is a page on which findings come in, one after the other, with what to do
// about each. It can be stopped and done again, and what was found can be handed on.
type examination struct {
	sheet        *sheet
	lang         i18n.Language
	title, about string
	look         func(ctx context.Context, tell func(desk.Finding)) error

	state *callout
	list  *fyne.Container
	found []desk.Finding
	rows  map[desk.Verdict][]fyne.CanvasObject
	again *button
	hand  *button // hands the report on
	task  async.Task
}

func newExamination(s *sheet, lang i18n.Language, title, about string, look func(context.Context, func(desk.Finding)) error) *examination {
	return &examination{sheet: s, lang: lang, title: title, about: about, look: look}
}

// onDiagnose looks at everything between Sign and the return.
func (w *Window) onDiagnose() {
	s := w.openSheet(nil)
	if s == nil {
		return
	}
	newExamination(s, w.lang, w.lang.Say("prefs.diagnose"), w.lang.Say("prefs.diagnose_about"), func(ctx context.Context, tell func(desk.Finding)) error {
		w.desk.Diagnose(ctx, tell)
		return ctx.Err()
	}).open(w.closeModal, w.lang.Say("help.close"))
}

// open shows the page and begins to look.
func (e *examination) open(back func(), backName string) {
	s := e.sheet
	leave := func() {
		e.task.Abandon()
		back()
	}
	e.state = newCallout(markTold)
	e.list = container.New(column{gap: 14})
	e.hand = s.footButton(e.lang.Say("prefs.copy_report"), widget.MediumImportance, e.copyReport)
	e.again = s.footButton("", widget.MediumImportance, func() { e.task.Toggle(e.begin) })
	content := container.New(column{gap: 16}, newText(theme.SizeNameText, colorMuted).set(e.about), e.state.root, e.list)
	s.show(e.title, leave, content, nil, e.hand, e.again, s.footButton(backName, widget.HighImportance, leave))
	s.window.modal.closed = e.task.Abandon
	e.begin()
	s.window.window.Canvas().Focus(e.again)
}

func (e *examination) begin() {
	e.found, e.rows, e.list.Objects = nil, map[desk.Verdict][]fyne.CanvasObject{}, nil
	e.say(markTold, e.lang.Say("prefs.looking"))
	e.name(e.lang.Say("act.stop"))
	e.hand.Disable()
	look := func(ctx context.Context, tell func(desk.Finding)) (struct{}, error) {
		return struct{}{}, e.look(ctx, tell)
	}
	async.Run(e.sheet.window.bg, &e.task, look, e.add, func(_ struct{}, err error) {
		e.name(e.lang.Say("prefs.again"))
		if len(e.found) > 0 {
			e.hand.Enable()
		}
		e.conclude(err)
	})
}

// add shows a finding among the others: what has to be mended comes first.
func (e *examination) add(f desk.Finding) {
	e.found = append(e.found, f)
	e.rows[f.Verdict] = append(e.rows[f.Verdict], e.row(f))
	e.list.Objects = nil
	for _, v := range []desk.Verdict{desk.Bad, desk.Warning, desk.Well} {
		for _, row := range e.rows[v] {
			if len(e.list.Objects) > 0 {
				e.list.Objects = append(e.list.Objects, widget.NewSeparator())
			}
			e.list.Objects = append(e.list.Objects, row)
		}
	}
	e.sheet.arrange()
}

// row draws a finding.
func (e *examination) row(f desk.Finding) fyne.CanvasObject {
	m := verdictMark(e.lang, f.Verdict)
	name := newBoldText(theme.SizeNameText, theme.ColorNameForeground).set(desk.FindingWords(e.lang, f))
	body := container.New(column{gap: 3},
		name,
		newText(theme.SizeNameText, theme.ColorNameForeground).set(sentence(f.Detail)),
	)
	if f.Advice != "" {
		body.Add(newText(theme.SizeNameText, m.color).set(e.lang.Say("prefs.todo", sentence(f.Advice))))
	}
	return container.New(beside{gap: 16}, container.New(fixedWidth(verdictWidth), container.NewHBox(newPill(m))), body)
}

const verdictWidth = 112

// conclude sums the findings up.
func (e *examination) conclude(err error) {
	bad, warnings := 0, 0
	for _, f := range e.found {
		switch f.Verdict {
		case desk.Bad:
			bad++
		case desk.Warning:
			warnings++
		}
	}
	switch {
	case errors.Is(err, context.Canceled):
		e.say(markTold, e.lang.Say("window.stopped"))
	case err != nil:
		e.say(markFailed, sentence(err.Error()))
	case bad > 0:
		e.say(markFailed, e.lang.Count("prefs.all_bad", bad))
	case warnings > 0:
		e.say(markTrouble, e.lang.Count("prefs.all_warnings", warnings))
	default:
		e.say(mark{icon: iconCheck, color: colorGood, back: colorGoodPill}, e.lang.Say("prefs.all_well"))
	}
}

// name says what the button does that stops and begins.
func (e *examination) name(label string) {
	e.again.SetText(label)
	e.sheet.body.Refresh()
}

func (e *examination) say(m mark, words string) {
	e.state.mark(m)
	e.state.set(words)
	e.sheet.arrange()
}

// copyReport puts a page for whoever helps on the clipboard.
func (e *examination) copyReport() {
	w := e.sheet.window
	current, found, now := e.task.Current(), e.found, w.opts.Now()
	async.Call(w.bg, func(context.Context) (string, error) { return desk.Report(found, now), nil }, func(report string, _ error) {
		w.app.Clipboard().SetContent(report)
		if current() {
			e.say(markTold, e.lang.Say("prefs.copied"))
		}
	})
}

// verdictMark is how a verdict is shown.
func verdictMark(lang i18n.Language, v desk.Verdict) mark {
	switch v {
	case desk.Well:
		return mark{iconCheck, lang.Say("prefs.well"), colorGood, colorGoodPill}
	case desk.Warning:
		return mark{iconWarning, lang.Say("prefs.warning"), colorWarn, colorWarnPill}
	}
	return mark{iconCross, lang.Say("prefs.bad"), colorBad, colorBadPill}
}
