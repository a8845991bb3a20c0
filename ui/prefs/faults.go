package prefs

import (
	"context"
	"strings"

	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"countersign/core/explain"
	"countersign/core/i18n"
	"countersign/core/ledger"
	"countersign/core/office"
	"countersign/core/register"
	"countersign/core/request"
	"countersign/core/sealing"
	"countersign/ui/kit"
)

// shownFaults is the number of faults that the check of the register shows. More of them are copied with the list.
const shownFaults = 50

// audited is what a check of the register found, with the requests that its faults are about. A request that is not
// there any more is missing.
type audited struct {
	sealing.Audited
	server   *office.Audit // of the office; nil if there is none, or if it was not asked because of a fault here
	unasked  error         // why the server could not be asked
	requests map[request.ID]request.Request
}

// auditProgress is how much of the register has been checked, and how much of the office's server.
type auditProgress struct {
	ledger.Progress
	server, serverTotal int // entries
}

// audit checks the whole register, and then whether the office's server has all of it, and reads the requests that have faults.
func (p *Prefs) audit(ctx context.Context, seal *register.Seal, tell func(auditProgress)) (audited, error) {
	var progress auditProgress
	found, err := p.desk.AuditAll(ctx, seal, func(now ledger.Progress) { progress.Progress = now; tell(progress) })
	a := audited{Audited: found, requests: map[request.ID]request.Request{}}
	if err == nil && found.Fault == nil && p.office.Link != nil && p.office.Copy != nil {
		server, err := p.office.Link.Audit(ctx, p.office.Copy, func(entries, total int) {
			progress.server, progress.serverTotal = entries, total
			tell(progress)
		})
		if ctx.Err() != nil {
			return audited{}, ctx.Err()
		}
		if a.server, a.unasked = &server, err; err == nil && server.Fault != nil {
			f := server.Fault
			a.Faults = append(a.Faults, ledger.Fault{Kind: f.Kind, Number: f.Number, Request: f.Request, Seq: f.Seq, Problem: f.Problem, Cause: f.Cause})
		}
	}
	for _, f := range a.Faults {
		if _, known := a.requests[f.Request]; known || f.Request == "" {
			continue
		}
		if r, err := p.desk.Get(ctx, f.Request); err == nil {
			a.requests[f.Request] = r
		} else if ctx.Err() != nil {
			return audited{}, ctx.Err()
		}
	}
	return a, err
}

// subject returns what a fault is about: the title of a request, or what else is named, such as an entry.
func (a audited) subject(lang i18n.Language, f ledger.Fault) string {
	if r, ok := a.requests[f.Request]; ok {
		return request.ShowHidden(r.Title)
	}
	where := sealing.Where(f)
	return strings.TrimSuffix(kit.Sentence(explain.Reason(lang, where.Text, where.Cause)), ".")
}

// detail returns where in its request a fault is, and what is wrong.
func (a audited) detail(lang i18n.Language, f ledger.Fault) string {
	problem := explain.Reason(lang, f.Problem, f.Cause)
	r, ok := a.requests[f.Request]
	if !ok {
		return kit.Sentence(problem)
	}
	if name := fileName(r, f.Document); name != "" {
		return kit.SentenceAbout(name, lang.Say("seal.fault_at", name, problem))
	}
	if f.Number > 0 {
		return kit.Sentence(lang.Say("seal.fault_at", lang.Say("seal.fault_entry", lang.Number(f.Number)), problem))
	}
	return kit.Sentence(problem)
}

// fileName returns the name of the document that a file with that digest is, or whose signed file it is; empty if there
// is none.
func fileName(r request.Request, digest string) string {
	for _, d := range r.Documents {
		if digest != "" && (d.SHA256 == digest || d.Signed != nil && d.Signed.SHA256 == digest) {
			return request.ShowHidden(d.Name)
		}
	}
	return ""
}

// list returns all faults as text, one on each line.
func (a audited) list(lang i18n.Language) string {
	var lines []string
	for _, f := range a.Faults {
		lines = append(lines, lang.Say("seal.fault_line", a.subject(lang, f), string(f.Request), a.detail(lang, f)))
	}
	if a.MoreFaults > 0 {
		lines = append(lines, lang.Count("seal.more_faults", a.MoreFaults))
	}
	return strings.Join(lines, "\n")
}

// showFaults lists the faults, each with a link to its request.
func (a *auditPage) showFaults(found audited) {
	a.faults.Objects = nil
	all := len(found.Faults) + found.MoreFaults
	kit.SetHidden(a.copyButton, all == 0)
	a.ArrangeAll()
	if all == 0 {
		return
	}
	a.faults.Add(kit.NewBoldText(theme.SizeNameText, theme.ColorNameForeground).Set(a.lang.Count("seal.faults", all)))
	for _, f := range found.Faults[:min(len(found.Faults), shownFaults)] {
		row := container.New(kit.Column(0))
		if r, ok := found.requests[f.Request]; ok {
			link := kit.NewLink(found.subject(a.lang, f), kit.IconOut, a.Pass, func() {
				a.leave()
				a.host.ShowRequest(r)
			})
			link.Reveal = a.Reveal
			row.Add(container.New(kit.NewFlow(0), link))
		} else {
			row.Add(kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(found.subject(a.lang, f)))
		}
		row.Add(kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted).Set(found.detail(a.lang, f)))
		a.faults.Add(row)
	}
	if more := all - shownFaults; more > 0 {
		a.faults.Add(kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted).Set(a.lang.Count("seal.more_faults", more)))
	}
	a.copyButton.OnTapped = func() {
		a.host.Copy(found.list(a.lang))
		a.copyButton.SetText(a.lang.Say("seal.faults_copied"))
		a.ArrangeAll()
	}
}
