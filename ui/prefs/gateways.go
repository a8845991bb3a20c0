package prefs

import (
	"cmp"
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/diagnosis"
	"countersign/core/explain"
	"countersign/core/gateways"
	"countersign/core/office"
	"countersign/core/secret"
	"countersign/core/team"
	"countersign/ui/async"
	"countersign/ui/kit"
)

// openGateways lists the gateways of the desk, below a message about the last change if there is one.
func (s *settingsSheet) openGateways(message string) {
	s.highlight(gatewaySection)
	content := s.intro(s.lang.Say("prefs.gateways_about"))
	if message != "" {
		c := kit.NewCallout(kit.InfoBadge)
		c.Set(message)
		content.Add(c.Root)
	}
	add := s.NewButton(s.lang.Say("prefs.add"), kit.IconPlus, widget.MediumImportance, s.addGateway)
	proxies := s.NewButton(s.lang.Say("prefs.proxies"), kit.IconGlobe, widget.MediumImportance, func() { s.openProxies("") })
	content.Add(container.New(kit.NewFlow(8), add, proxies))
	list := container.New(kit.Column(14))
	content.Add(list)
	s.ShowPage(s.lang.Say("prefs.title"), s.Close, content, s.tabs[gatewaySection], s.newCloseButton())
	shown := s.StillShown()
	async.Call(s.bg, s.desk.ListGateways, func(infos []gateways.Info, err error) {
		if !shown() {
			return
		}
		if err != nil {
			c := kit.NewCallout(kit.ErrorBadge)
			c.Set(kit.Sentence(explain.Error(s.lang, err)))
			list.Add(c.Root)
		}
		for _, info := range infos {
			list.Add(s.gatewayRow(info))
		}
		s.Arrange()
	})
	if s.office.Link == nil {
		return
	}
	manager := s.isManager()
	async.Call(s.bg, s.office.Link.Status, func(office.Status, error) {
		if shown() && s.isManager() != manager { // the login has another role since this desk has connected
			s.openGateways(message)
		}
	})
}

// gatewayRow draws one gateway with its buttons.
func (s *settingsSheet) gatewayRow(info gateways.Info) fyne.CanvasObject {
	shown := cmp.Or(info.Title, info.Name)
	name := kit.NewBoldText(theme.SizeNameText, theme.ColorNameForeground)
	name.MaxLines = 1
	name.Set(shown)
	tags := container.NewHBox()
	if info.Default {
		tags.Add(kit.NewBadgeWidget(kit.NewBadge(kit.IconCheck, s.lang.Say("prefs.is_default"), kit.ColorGood, kit.ColorGoodBack)))
	}
	if info.Office {
		tags.Add(kit.NewBadgeWidget(kit.NewBadge(kit.IconOffice, s.lang.Say("prefs.is_office"), kit.ColorBusy, kit.ColorBusyBack)))
	}
	if info.Practice {
		tags.Add(kit.NewBadgeWidget(kit.NewBadge(kit.IconInfo, s.lang.Say("window.practice"), kit.ColorWarn, kit.ColorWarnBack)))
	}
	under := kit.Joined(s.kindTitle(info.Kind), info.URL)
	if shown != info.Name {
		under = kit.Joined(info.Name, under)
	}
	fault := kit.NewCallout(kit.ErrorBadge)
	fault.Set(kit.Sentence(explain.Reason(s.lang, info.Fault.Text, info.Fault.Cause)))
	moved := kit.NewCallout(kit.WarningBadge)
	moved.Set("")
	buttons := container.New(kit.NewFlow(8))
	if info.Moved.From != "" {
		moved.Set(s.lang.Say("prefs.moved", info.Moved.From, info.Moved.To))
		if info.Moved.Certificate {
			moved.Set(s.lang.Say("prefs.moved_certificate", info.Moved.From, info.Moved.To))
		}
		buttons.Add(s.NewButton(s.lang.Say("prefs.confirm"), kit.IconCheck, widget.MediumImportance, func() { s.confirmGateway(info) }))
	}
	edit := func() { s.editGateway(info) }
	switch {
	case info.Practice:
	case !s.mayChange(info):
		buttons.Add(s.NewButton(s.lang.Say("prefs.enter_secret"), kit.IconPen, widget.MediumImportance, edit))
	default:
		buttons.Add(s.NewButton(s.lang.Say("prefs.edit"), kit.IconPen, widget.MediumImportance, edit))
	}
	buttons.Add(s.NewButton(s.lang.Say("prefs.check"), kit.IconAgain, widget.MediumImportance, func() { s.checkGateway(info.Name, func() { s.openGateways("") }) }))
	if !info.Default && !info.Office && !info.Given {
		buttons.Add(s.NewButton(s.lang.Say("prefs.make_default"), kit.IconCheck, widget.MediumImportance, func() { s.makeDefault(info.Name) }))
	}
	if !info.Given && s.mayChange(info) {
		buttons.Add(s.NewButton(s.lang.Say("prefs.remove"), kit.IconClose, widget.MediumImportance, func() { s.removeGateway(info.Name, "") }))
	}
	row := container.New(kit.Column(6),
		widget.NewSeparator(), kit.NewGap(2),
		container.New(kit.Row{Gap: 10, Center: true}, kit.NewIcon(kit.IconGateway, kit.ColorMuted, 18), name, tags),
		kit.NewText(theme.SizeNameText, kit.ColorMuted).Set(under),
	)
	if info.Given {
		row.Add(newCaption(kit.IconLock, kit.ColorMuted, s.lang.Say("prefs.given")))
	}
	for _, o := range []fyne.CanvasObject{s.secretLine(info), fault.Root, moved.Root, kit.NewGap(1), buttons} {
		row.Add(o)
	}
	return row
}

// newCaption returns a line in small letters behind an icon.
func newCaption(icon kit.Icon, color fyne.ThemeColorName, text string) fyne.CanvasObject {
	return container.New(kit.Row{Gap: 6}, container.New(kit.Padding(0, 1), kit.NewIcon(icon, color, 14)), kit.NewText(theme.SizeNameCaptionText, color).Set(text))
}

// mayChange reports whether the person may change more of a gateway than their secret. That is up to the managers for one of the office, and the
// server has the last word.
func (s *settingsSheet) mayChange(info gateways.Info) bool {
	return !info.Locked && (!info.Office || s.isManager())
}

func (s *settingsSheet) isManager() bool {
	return s.office.Link != nil && s.office.Link.Role() == team.Manager
}

// secretLine returns a line about where the secret of a gateway is stored. A file is shown as a warning.
func (s *settingsSheet) secretLine(info gateways.Info) fyne.CanvasObject {
	text, color, sign := s.lang.Say("prefs.secret_none"), kit.ColorMuted, kit.IconDash
	switch {
	case info.Practice:
		text, sign = s.lang.Say("prefs.practice"), kit.IconInfo
	case info.Secret == secret.Keyring:
		text, sign = s.lang.Say("prefs.secret_keyring"), kit.IconCheck
	case info.Unknown.Text != "":
		text, color, sign = kit.Sentence(explain.Reason(s.lang, info.Unknown.Text, info.Unknown.Cause)), kit.ColorWarn, kit.IconWarning
	case info.Secret == secret.File:
		text, color, sign = s.lang.Say("prefs.secret_file"), kit.ColorWarn, kit.IconWarning
	}
	return newCaption(sign, color, text)
}

// kindTitle returns the title of a kind of gateway, or its name if it has none.
func (s *settingsSheet) kindTitle(name string) string {
	for _, k := range s.desk.Kinds() {
		if k.Name == name && k.Title != "" {
			return k.Title
		}
	}
	return name
}

// makeDefault makes a gateway the one for new requests.
func (s *settingsSheet) makeDefault(name string) {
	s.run(func(ctx context.Context) error { return s.desk.SetDefaultGateway(ctx, name) }, func(err error) {
		if err != nil {
			s.openGateways(kit.Sentence(explain.Error(s.lang, err)))
			return
		}
		s.openGateways(s.lang.Say("prefs.default_now", name))
	})
}

// run calls the function work, which changes a gateway, on a background goroutine, and then the function done with its
// error. It does not call done if the page was left meanwhile.
func (s *settingsSheet) run(work func(context.Context) error, done func(error)) {
	shown := s.StillShown()
	async.Do(s.bg, work, func(err error) {
		if err == nil {
			s.host.NamesChanged()
		}
		if shown() {
			done(err)
		}
	})
}

// removeGateway asks for confirmation and removes a gateway. It shows refused with the question: why the last attempt to
// remove it failed; empty for the first question.
func (s *settingsSheet) removeGateway(name, refused string) {
	content := container.New(kit.Column(14), kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(s.lang.Say("prefs.remove_text")))
	if refused != "" {
		c := kit.NewCallout(kit.ErrorBadge)
		c.Set(refused)
		content.Add(c.Root)
	}
	back := func() { s.openGateways("") }
	no := s.NewFootButton(s.lang.Say("withdraw.no"), widget.MediumImportance, back)
	yes := s.NewFootButton(s.lang.Say("prefs.remove"), widget.DangerImportance, func() {
		s.run(func(ctx context.Context) error { return s.desk.RemoveGateway(ctx, name) }, func(err error) {
			if err != nil {
				s.removeGateway(name, kit.Sentence(explain.Error(s.lang, err)))
				return
			}
			s.openGateways(s.lang.Say("prefs.removed", name))
		})
	})
	s.ShowPage(s.lang.Say("prefs.remove_title", name), back, content, no, no, yes)
}

// confirmGateway asks for confirmation that the secret of a gateway of the office goes to its new address.
func (s *settingsSheet) confirmGateway(info gateways.Info) {
	back := func() { s.openGateways("") }
	content := container.New(kit.Column(14), kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(s.lang.Say("prefs.confirm_text", info.Moved.From, info.Moved.To)))
	no := s.NewFootButton(s.lang.Say("add.cancel"), widget.MediumImportance, back)
	yes := s.NewFootButton(s.lang.Say("prefs.confirm_yes"), widget.HighImportance, func() {
		s.run(func(ctx context.Context) error { return s.desk.ConfirmGateway(ctx, info.Name, info.Moved.To) }, func(err error) {
			if err != nil {
				s.openGateways(kit.Sentence(explain.Error(s.lang, err)))
				return
			}
			s.openGateways(s.lang.Say("prefs.confirmed", info.Name, info.Moved.To))
		})
	})
	s.ShowPage(s.lang.Say("prefs.confirm_title", info.Name), back, content, no, no, yes)
}

// checkGateway opens the check of one gateway. The function back is called when the check is left.
func (s *settingsSheet) checkGateway(name string, back func()) {
	newExamination(s.Prefs, s.Sheet, s.lang.Say("prefs.check_title", name), s.lang.Say("prefs.check_about"), func(ctx context.Context, tell func(diagnosis.Finding)) error {
		return s.desk.TryGateway(ctx, name, tell)
	}).with(s.lang.Say("prefs.try"), func() { s.tryGateway(name) }).open(back, s.lang.Say("prefs.back"))
}

// tryGateway asks for confirmation, and then opens the trial of one gateway: a document is created there and deleted
// again.
func (s *settingsSheet) tryGateway(name string) {
	text := kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(s.lang.Say("prefs.try_text"))
	back := func() { s.openGateways("") }
	no := s.NewFootButton(s.lang.Say("add.cancel"), widget.MediumImportance, back)
	yes := s.NewFootButton(s.lang.Say("prefs.try_yes"), widget.HighImportance, func() {
		newExamination(s.Prefs, s.Sheet, s.lang.Say("prefs.try_title", name), s.lang.Say("prefs.try_about"), func(ctx context.Context, tell func(diagnosis.Finding)) error {
			return s.desk.Trial(ctx, name, tell)
		}).open(back, s.lang.Say("prefs.back"))
	})
	s.ShowPage(s.lang.Say("prefs.try_title", name), back, container.New(kit.Column(14), text), no, no, yes)
}

// addGateway opens the form for a new gateway.
func (s *settingsSheet) addGateway() {
	if kinds := s.desk.Kinds(); len(kinds) > 0 {
		newGatewayForm(s, kinds[0], gateways.Form{Kind: kinds[0].Name, Texts: map[string]string{}}, true).open()
	}
}

// editGateway reads a gateway and opens its form.
func (s *settingsSheet) editGateway(info gateways.Info) {
	shown := s.StillShown()
	s.Hold()
	async.Call(s.bg, func(ctx context.Context) (gateways.Form, error) { return s.desk.FormOf(ctx, info.Name) }, func(form gateways.Form, err error) {
		if !shown() {
			return
		}
		if err != nil {
			s.openGateways(kit.Sentence(explain.Error(s.lang, err)))
			return
		}
		for _, k := range s.desk.Kinds() {
			if k.Name == form.Kind {
				f := newGatewayForm(s, k, form, false)
				f.info = info
				f.open()
			}
		}
	})
}
