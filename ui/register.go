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
	"countersign/core/ledger"
	"countersign/ui/async"
)

// registerSheet is where the register is sealed and checked.
type registerSheet struct {
	*sheet
	lang i18n.Language
	desk Desk
}

func (w *Window) newRegisterSheet() *registerSheet {
	s := w.openSheet(nil)
	if s == nil {
		return nil
	}
	return &registerSheet{sheet: s, lang: w.lang, desk: w.desk}
}

// onSeal shows today's seal.
func (w *Window) onSeal() {
	if s := w.newRegisterSheet(); s != nil {
		s.openSeal()
	}
}

// onAudit checks the register.
func (w *Window) onAudit() {
	if s := w.newRegisterSheet(); s != nil {
		s.openAudit(nil)
	}
}

// lineRows are how many rows a seal takes in the sheet.
const lineRows = 3

// openSeal shows the line, once the desk has made it.
func (s *registerSheet) openSeal() {
	state := newCallout(markTold)
	state.set(s.lang.Say("seal.making"))
	line := newReadOnlyEntry(s.pass)
	line.MultiLine, line.Wrapping, line.TextStyle = true, fyne.TextWrapBreak, fyne.TextStyle{Monospace: true}
	line.SetMinRowsVisible(lineRows)
	line.Hide()
	copied := s.footButton(s.lang.Say("seal.copy"), widget.MediumImportance, nil)
	copied.Disable()
	check := s.footButton(s.lang.Say("seal.check"), widget.MediumImportance, s.openPaste)
	closing := s.footButton(s.lang.Say("help.close"), widget.HighImportance, s.window.closeModal)
	content := container.New(column{gap: 16}, newText(theme.SizeNameText, colorMuted).set(s.lang.Say("seal.about")), line, state.root)
	s.show(s.lang.Say("seal.title"), s.window.closeModal, content, closing, copied, check, closing)
	page := s.page
	async.Call(s.window.bg, s.desk.Seal, func(seal desk.Seal, err error) {
		if !s.isOn(page) {
			return
		}
		if err != nil {
			state.mark(markFailed)
			state.set(sentence(err.Error()))
			s.arrange()
			return
		}
		line.SetText(seal.String())
		line.Show()
		state.set(s.lang.Count("seal.of", seal.Count, s.lang.Moment(seal.At)))
		copied.OnTapped = func() {
			s.window.app.Clipboard().SetContent(seal.String())
			state.mark(markWell)
			state.set(s.lang.Say("seal.copied"))
			s.arrange()
		}
		copied.Enable()
		s.arrange()
		s.window.window.Canvas().Focus(copied)
	})
}

// openPaste asks for a seal that is to be checked.
func (s *registerSheet) openPaste() {
	wrong := newCallout(markFailed)
	wrong.set("")
	entry := s.entry("", s.lang.Say("seal.placeholder"), lineRows+3, nil)
	check := func() {
		seal, err := desk.ParseSeal(entry.Text)
		if err != nil {
			wrong.set(sentence(err.Error()))
			s.arrange()
			return
		}
		s.openAudit(&seal)
	}
	content := container.New(column{gap: 16}, newText(theme.SizeNameText, colorMuted).set(s.lang.Say("seal.paste")), entry, wrong.root)
	s.show(s.lang.Say("seal.check_title"), s.openSeal, content, entry,
		s.footButton(s.lang.Say("seal.back"), widget.MediumImportance, s.openSeal),
		s.footButton(s.lang.Say("seal.check_it"), widget.HighImportance, check),
	)
}

// auditPage is the check of the register while it is made, and what it found.
type auditPage struct {
	*registerSheet
	seal  *desk.Seal // that is checked too; may be nil
	state *callout
	facts *fyne.Container
	again *button
	task  async.Task
}

// openAudit checks the register, and a seal if one is given.
func (s *registerSheet) openAudit(seal *desk.Seal) {
	a := &auditPage{registerSheet: s, seal: seal, state: newCallout(markTold), facts: container.New(column{gap: 8})}
	leave := func() {
		a.task.Abandon()
		s.window.closeModal()
	}
	a.again = s.footButton("", widget.MediumImportance, func() { a.task.Toggle(a.begin) })
	content := container.New(column{gap: 16}, newText(theme.SizeNameText, colorMuted).set(s.lang.Say("seal.audit_about")), a.state.root, a.facts)
	s.show(s.lang.Say("seal.audit_title"), leave, content, nil, a.again, s.footButton(s.lang.Say("help.close"), widget.HighImportance, leave))
	s.window.modal.closed = a.task.Abandon
	a.begin()
	s.window.window.Canvas().Focus(a.again)
}

func (a *auditPage) begin() {
	a.say(markTold, "", a.lang.Say("seal.checking"))
	a.name(a.lang.Say("act.stop"))
	a.tell(ledger.Progress{})
	audit := func(ctx context.Context, tell func(ledger.Progress)) (desk.Audited, error) {
		return a.desk.Audit(ctx, a.seal, tell)
	}
	async.Run(a.window.bg, &a.task, audit, a.tell, func(found desk.Audited, err error) {
		a.name(a.lang.Say("prefs.again"))
		a.conclude(found, err)
	})
}

// tell shows how far it is.
func (a *auditPage) tell(p ledger.Progress) {
	a.facts.Objects = nil
	entries := a.lang.Number(p.Entries)
	if p.Of > p.Entries {
		entries = a.lang.Say("seal.of_all", entries, a.lang.Number(p.Of))
	}
	a.fact(a.lang.Say("seal.entries"), entries)
	a.fact(a.lang.Say("seal.requests"), a.lang.Number(p.Requests))
	a.documents(p.Documents, p.Bytes)
	a.arrange()
}

func (a *auditPage) documents(n int, bytes int64) {
	read := a.lang.Number(n)
	if n > 0 {
		read = a.lang.Say("seal.bytes", read, a.lang.Size(bytes))
	}
	a.fact(a.lang.Say("seal.documents"), read)
}

func (a *auditPage) fact(name, value string) {
	words := newText(theme.SizeNameText, theme.ColorNameForeground).set(value)
	a.facts.Add(container.New(beside{gap: 16}, container.New(fixedWidth(labelWidth), newText(theme.SizeNameText, colorMuted).set(name)), words))
}

// conclude shows what was found.
func (a *auditPage) conclude(found desk.Audited, err error) {
	switch {
	case errors.Is(err, context.Canceled):
		a.say(markTold, "", a.lang.Say("window.stopped"))
		return
	case err != nil:
		a.say(markFailed, "", sentence(err.Error()))
		return
	}
	a.facts.Objects = nil
	a.fact(a.lang.Say("seal.entries"), a.lang.Number(found.Events))
	a.fact(a.lang.Say("seal.requests"), a.lang.Number(found.Requests))
	a.documents(found.Documents, found.Bytes)
	if found.Signed > 0 {
		a.fact(a.lang.Say("seal.signed"), a.lang.Say("seal.up_to", a.lang.Number(found.Signed), a.lang.Moment(found.SignedAt)))
		a.fact(a.lang.Say("seal.key"), a.key(found))
	}
	if s := found.Seal; s != nil && s.Holds {
		value := a.lang.Count("seal.holds", s.Count, a.lang.Moment(s.At))
		if s.OtherKey {
			value += " " + a.lang.Say("seal.other_key")
		}
		a.fact(a.lang.Say("seal.sealed"), value)
	}
	switch failed := found.Err(""); {
	case failed != nil:
		a.say(markFailed, a.kind(found), sentence(failed.Error()))
	case found.Unsigned > 0:
		a.say(markTrouble, a.lang.Say("seal.well"), a.lang.Count("seal.unsigned", found.Unsigned))
	case found.Seal != nil:
		a.say(markWell, "", a.lang.Say("seal.well_sealed"))
	default:
		a.say(markWell, "", a.lang.Say("seal.well"))
	}
}

// key tells which key the signatures are of, and whether it could be had itself.
func (a *auditPage) key(found desk.Audited) string {
	switch found.Kept {
	case desk.InKeyring:
		return a.lang.Say("seal.in_keyring", found.Key)
	case desk.InFile:
		return a.lang.Say("seal.in_file", found.Key)
	}
	return a.lang.Say("seal.not_had", found.Key)
}

// kind says what kind of change was found.
func (a *auditPage) kind(found desk.Audited) string {
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

// name says what the button does that stops and begins.
func (a *auditPage) name(label string) {
	a.again.SetText(label)
	a.body.Refresh()
}

func (a *auditPage) say(m mark, head, words string) {
	a.state.mark(m)
	a.state.setHead(head)
	a.state.set(words)
	a.arrange()
}
