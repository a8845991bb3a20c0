package prefs

import (
	"context"
	"strings"
	"time"

	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/diagnosis"
	"countersign/core/support"
	"countersign/ui/async"
	"countersign/ui/kit"
	"countersign/ui/lines"
)

const (
	collectedHeight  = 360 // of the list with the texts
	collectedColumns = 96  // characters of a line
)

// CollectForSupport opens the page that collects what support needs. It shows all of that before it can be saved. It does nothing while another
// modal is open.
func (p *Prefs) CollectForSupport() {
	s := p.modals.OpenSheet(nil)
	if s == nil {
		return
	}
	var texts []support.Text
	at := p.now()
	ctx, stop := context.WithCancel(p.bg.Context())
	s.OnClosed(stop)
	state := kit.NewCallout(kit.InfoBadge)
	state.Set(p.lang.Say("prefs.looking"))
	list := lines.New(nil, 1, collectedHeight)
	save := s.NewFootButton(p.lang.Say("support.save"), widget.HighImportance, func() {
		p.modals.Close() // the file dialog is asked for over the window
		p.host.SaveForSupport(texts, at)
	})
	save.Disable()
	closing := s.NewFootButton(p.lang.Say("help.close"), widget.MediumImportance, p.modals.Close)
	save.Pass, closing.Pass = list.Pass(s.Pass), list.Pass(s.Pass)
	about := kit.NewText(theme.SizeNameText, kit.ColorMuted).Set(p.lang.Say("support.about"))
	s.ShowPage(p.lang.Say("support.title"), p.modals.Close, container.New(kit.Column(16), about, state.Root, list.Root), closing, closing, save)
	async.CallContext(ctx, p.bg, func(ctx context.Context) ([]support.Text, error) { return p.collect(ctx, at) }, func(collected []support.Text, err error) {
		if err != nil {
			return // the page was left
		}
		texts = collected
		list.Set(linesOf(texts))
		state.Set(p.lang.Say("support.read"))
		s.Arrange()
		save.Enable()
		s.Focus(save)
	})
}

// collect diagnoses the desk and collects what support needs. It fails only when ctx ends.
func (p *Prefs) collect(ctx context.Context, at time.Time) ([]support.Text, error) {
	var findings []diagnosis.Finding
	p.desk.Diagnose(ctx, func(f diagnosis.Finding) { findings = append(findings, f) })
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return p.desk.CollectForSupport(findings, at), nil
}

// linesOf returns the lines of the texts, each text below the name of its file. Long lines are broken.
func linesOf(texts []support.Text) []string {
	var all []string
	for i, t := range texts {
		if i > 0 {
			all = append(all, "")
		}
		all = append(all, "── "+t.Name+" ──", "")
		for line := range strings.Lines(t.Body) {
			all = append(all, lines.Break(strings.TrimRight(line, "\n"), collectedColumns)...)
		}
	}
	return all
}
