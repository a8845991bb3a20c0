package prefs

import (
	"context"
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/explain"
	"countersign/core/ledger"
	"countersign/core/register"
	"countersign/core/sealing"
	"countersign/core/secret"
	"countersign/ui/async"
	"countersign/ui/kit"
)

// registerSheet is the modal that seals and checks the register.
type registerSheet struct {
	*kit.Sheet
	*Prefs
}

func (p *Prefs) newRegisterSheet() *registerSheet {
	s := p.modals.OpenSheet(nil)
	if s == nil {
		return nil
	}
	return &registerSheet{Sheet: s, Prefs: p}
}

// Seal opens the page with the seal of today. It does nothing while another modal is open.
func (p *Prefs) Seal() {
	if s := p.newRegisterSheet(); s != nil {
		s.openSeal()
	}
}

// Audit opens the check of the register. It does nothing while another modal is open.
func (p *Prefs) Audit() {
	if s := p.newRegisterSheet(); s != nil {
		s.openAudit(nil)
	}
}

// sealRows is the number of lines of text that the field for a seal shows.
const sealRows = 3

// openSeal shows the seal once the desk has made it.
func (s *registerSheet) openSeal() {
	state := kit.NewCallout(kit.InfoBadge)
	state.Set(s.lang.Say("seal.making"))
	line := kit.NewReadOnlyEntry(s.Pass)
	line.MultiLine, line.Wrapping, line.TextStyle = true, fyne.TextWrapBreak, fyne.TextStyle{Monospace: true}
	line.SetMinRowsVisible(sealRows)
	line.Hide()
	copied := s.NewFootButton(s.lang.Say("seal.copy"), widget.MediumImportance, nil)
	copied.Disable()
	check := s.NewFootButton(s.lang.Say("seal.check"), widget.MediumImportance, s.openCheckSeal)
	closing := s.NewFootButton(s.lang.Say("help.close"), widget.MediumImportance, s.Close)
	content := container.New(kit.Column(16), kit.NewText(theme.SizeNameText, kit.ColorMuted).Set(s.lang.Say("seal.about")), line, state.Root)
	s.ShowPage(s.lang.Say("seal.title"), s.Close, content, closing, copied, check, closing)
	shown := s.StillShown()
	async.Call(s.bg, s.desk.Seal, func(seal register.Seal, err error) {
		if !shown() {
			return
		}
		if err != nil {
			state.SetBadge(kit.ErrorBadge)
			state.Set(kit.Sentence(explain.Error(s.lang, err)))
			s.Arrange()
			return
		}
		line.SetText(seal.String())
		line.Show()
		state.Set(s.lang.Count("seal.of", seal.Count, s.lang.Moment(seal.At)))
		copied.OnTapped = func() {
			s.host.Copy(seal.String())
			state.SetBadge(kit.OKBadge)
			state.Set(s.lang.Say("seal.copied"))
			s.Arrange()
		}
		copied.Enable()
		s.Arrange()
		s.Focus(copied)
	})
}

// openCheckSeal asks for a seal to check.
func (s *registerSheet) openCheckSeal() {
	wrong := kit.NewCallout(kit.ErrorBadge)
	wrong.Set("")
	entry := s.NewField("", s.lang.Say("seal.placeholder"), sealRows+3, nil)
	check := func() {
		seal, err := register.ParseSeal(entry.Text)
		if err != nil {
			wrong.Set(kit.Sentence(explain.Error(s.lang, err)))
			s.Arrange()
			return
		}
		s.openAudit(&seal)
	}
	content := container.New(kit.Column(16), kit.NewText(theme.SizeNameText, kit.ColorMuted).Set(s.lang.Say("seal.paste")), entry, wrong.Root)
	s.ShowPage(s.lang.Say("seal.check_title"), s.openSeal, content, entry,
		s.NewFootButton(s.lang.Say("seal.back"), widget.MediumImportance, func() { s.Leave(s.openSeal) }),
		s.NewFootButton(s.lang.Say("seal.check_it"), widget.HighImportance, check),
	)
}

// auditPage is the page that checks the register and shows the result.
type auditPage struct {
	*registerSheet
	seal         *register.Seal // checked too; nil for none
	state        *kit.Callout
	facts        *fyne.Container
	faults       *fyne.Container
	toggleButton *kit.Button
	copyButton   *kit.Button // copies the faults; hidden while there are none
	leave        func()
	task         async.Task
}

// openAudit starts the check of the register, and of a seal unless it is nil.
func (s *registerSheet) openAudit(seal *register.Seal) {
	a := &auditPage{registerSheet: s, seal: seal, state: kit.NewCallout(kit.InfoBadge), facts: container.New(kit.Column(8)), faults: container.New(kit.Column(10))}
	a.leave = func() {
		a.task.Abandon()
		s.Close()
	}
	a.toggleButton = s.NewFootButton("", widget.MediumImportance, func() { a.task.Toggle(a.begin) })
	about := s.lang.Say("seal.audit_about")
	if s.office.Link != nil {
		about += " " + s.lang.Say("seal.audit_server")
	}
	content := container.New(kit.Column(16), kit.NewText(theme.SizeNameText, kit.ColorMuted).Set(about), a.state.Root, a.faults, a.facts)
	a.copyButton = s.NewFootButton("", widget.MediumImportance, nil)
	s.ShowPage(s.lang.Say("seal.audit_title"), a.leave, content, nil, a.toggleButton, a.copyButton, s.NewFootButton(s.lang.Say("help.close"), widget.MediumImportance, a.leave))
	s.OnClosed(a.task.Abandon)
	a.begin()
	s.Focus(a.toggleButton)
}

func (a *auditPage) begin() {
	a.setState(kit.InfoBadge, "", a.lang.Say("seal.checking"))
	a.showFaults(audited{})
	a.copyButton.SetText(a.lang.Say("seal.copy_faults"))
	a.setToggleLabel(a.lang.Say("act.stop"))
	a.showProgress(auditProgress{})
	audit := func(ctx context.Context, tell func(auditProgress)) (audited, error) {
		return a.audit(ctx, a.seal, tell)
	}
	async.Run(a.bg, &a.task, audit, a.showProgress, func(found audited, err error) {
		a.setToggleLabel(a.lang.Say("prefs.again"))
		a.conclude(found, err)
	})
}

// showProgress shows how much has been checked.
func (a *auditPage) showProgress(p auditProgress) {
	a.facts.Objects = nil
	a.fact(a.lang.Say("seal.entries"), a.part(p.Entries, p.Total))
	a.fact(a.lang.Say("seal.requests"), a.lang.Number(p.Requests))
	a.documents(p.Documents, p.Bytes)
	if p.serverTotal > 0 {
		a.fact(a.lang.Say("seal.server"), a.part(p.server, p.serverTotal))
	}
	a.Arrange()
}

// part returns how much of something has been checked.
func (a *auditPage) part(n, total int) string {
	if total > n {
		return a.lang.Say("seal.of_all", a.lang.Number(n), a.lang.Number(total))
	}
	return a.lang.Number(n)
}

func (a *auditPage) documents(n int, bytes int64) {
	read := a.lang.Number(n)
	if n > 0 {
		read = a.lang.Say("seal.bytes", read, a.lang.Size(bytes))
	}
	a.fact(a.lang.Say("seal.documents"), read)
}

// fact adds a line with a name and a value.
func (a *auditPage) fact(name, value string) {
	text := kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(value)
	a.facts.Add(newFact(name, text))
}

// conclude shows the result of the check.
func (a *auditPage) conclude(found audited, err error) {
	switch {
	case errors.Is(err, context.Canceled):
		a.setState(kit.InfoBadge, "", a.lang.Say("window.stopped"))
		return
	case err != nil:
		a.setState(kit.ErrorBadge, "", kit.Sentence(explain.Error(a.lang, err)))
		return
	}
	a.showFaults(found)
	a.facts.Objects = nil
	a.fact(a.lang.Say("seal.entries"), a.lang.Number(found.Events))
	a.fact(a.lang.Say("seal.requests"), a.lang.Number(found.Requests))
	a.documents(found.Documents, found.Bytes)
	if found.Signed > 0 {
		a.fact(a.lang.Say("seal.signed"), a.lang.Say("seal.up_to", a.lang.Number(found.Signed), a.lang.Moment(found.SignedAt)))
		a.fact(a.lang.Say("seal.key"), a.keyText(found.Audited))
	}
	if s := found.Seal; s != nil && s.Holds {
		value := a.lang.Count("seal.holds", s.Count, a.lang.Moment(s.At))
		if s.OtherKey {
			value += " " + a.lang.Say("seal.other_key")
		}
		a.fact(a.lang.Say("seal.sealed"), value)
	}
	if o := found.server; o != nil && found.unasked == nil && o.Fault == nil {
		a.fact(a.lang.Say("seal.server"), a.lang.Say("seal.server_has", a.lang.Count("seal.server_entries", o.Entries), a.lang.Count("seal.server_desks", o.Desks), a.lang.Count("seal.server_signatures", o.Witnesses)))
	}
	switch failed := found.Err(""); {
	case failed != nil:
		a.setState(kit.ErrorBadge, a.faultText(found.Audited), kit.Sentence(explain.Error(a.lang, failed)))
	case found.unasked != nil:
		a.setState(kit.WarningBadge, a.lang.Say("seal.server_unasked"), kit.Sentence(explain.Error(a.lang, found.unasked)))
	case found.server != nil && found.server.Fault != nil:
		a.setState(kit.ErrorBadge, a.lang.Say("seal.server_differs"), kit.Sentence(explain.Error(a.lang, found.server.Err())))
	case found.Unsigned > 0:
		a.setState(kit.WarningBadge, a.lang.Say("seal.well"), a.lang.Count("seal.unsigned", found.Unsigned))
	case found.Seal != nil:
		a.setState(kit.OKBadge, "", a.lang.Say("seal.well_sealed"))
	default:
		a.setState(kit.OKBadge, "", a.lang.Say("seal.well"))
	}
}

// keyText returns the fingerprint of the key, and where the key is stored.
func (a *auditPage) keyText(found sealing.Audited) string {
	switch found.Kept {
	case secret.Keyring:
		return a.lang.Say("seal.in_keyring", found.Key)
	case secret.File, sealing.KeyFile:
		return a.lang.Say("seal.in_file", found.Key)
	}
	return a.lang.Say("seal.not_had", found.Key)
}

// faultText returns a sentence about the kind of change that was found.
func (a *auditPage) faultText(found sealing.Audited) string {
	kind := found.Fault.Kind
	if s := found.Seal; s != nil && !s.Holds {
		kind = s.Kind
	}
	switch kind {
	case ledger.Altered:
		return a.lang.Say("seal.altered")
	case ledger.Removed:
		return a.lang.Say("seal.removed")
	case ledger.Reordered:
		return a.lang.Say("seal.reordered")
	case ledger.Truncated:
		return a.lang.Say("seal.truncated")
	}
	return a.lang.Say("seal.foreign")
}

// setToggleLabel sets the label of the button that stops or repeats the check.
func (a *auditPage) setToggleLabel(label string) {
	a.toggleButton.SetText(label)
	a.ArrangeAll()
}

func (a *auditPage) setState(m kit.Badge, heading, text string) {
	a.state.SetBadge(m)
	a.state.SetHeading(heading)
	a.state.Set(text)
	a.Arrange()
}
