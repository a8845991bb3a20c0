package ui

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/desk"
	"countersign/ui/async"
)

// openGateways lists the gateways of the desk; told is what was just done.
func (s *settingsSheet) openGateways(told string) {
	s.mark(gatewaySection)
	content := s.intro(s.lang.Say("prefs.gateways_about"))
	if told != "" {
		c := newCallout(markTold)
		c.set(told)
		content.Add(c.root)
	}
	add := s.button(s.lang.Say("prefs.add"), iconPlus, widget.MediumImportance, s.addGateway)
	content.Add(container.New(newFlow(8), add))
	list := container.New(column{gap: 14})
	content.Add(list)
	s.show(s.lang.Say("prefs.title"), s.window.closeModal, content, s.tabs[gatewaySection], s.closing())
	page := s.page
	async.Call(s.window.bg, s.desk.ListGateways, func(infos []desk.GatewayInfo, err error) {
		if !s.isOn(page) {
			return
		}
		if err != nil {
			c := newCallout(markFailed)
			c.set(sentence(err.Error()))
			list.Add(c.root)
		}
		for _, info := range infos {
			list.Add(s.gatewayRow(info))
		}
		s.arrange()
	})
}

// gatewayRow is one gateway with what can be done with it.
func (s *settingsSheet) gatewayRow(info desk.GatewayInfo) fyne.CanvasObject {
	name := newBoldText(theme.SizeNameText, theme.ColorNameForeground)
	name.maxLines = 1
	name.set(info.Name)
	tags := container.NewHBox()
	if info.Default {
		tags.Add(newPill(mark{iconCheck, s.lang.Say("prefs.is_default"), colorGood, colorGoodPill}))
	}
	if info.Practice {
		tags.Add(newPill(mark{iconInfo, s.lang.Say("window.practice"), colorWarn, colorWarnPill}))
	}
	under := s.kindTitle(info.Kind)
	if info.URL != "" {
		under += " · " + info.URL
	}
	fault := newCallout(markFailed)
	fault.set(sentence(info.Fault))
	buttons := container.New(newFlow(8))
	if !info.Practice {
		buttons.Add(s.button(s.lang.Say("prefs.edit"), iconPen, widget.MediumImportance, func() { s.editGateway(info) }))
	}
	buttons.Add(s.button(s.lang.Say("prefs.check"), iconAgain, widget.MediumImportance, func() { s.checkGateway(info.Name) }))
	if !info.Default {
		buttons.Add(s.button(s.lang.Say("prefs.make_default"), iconCheck, widget.MediumImportance, func() { s.makeDefault(info.Name) }))
	}
	buttons.Add(s.button(s.lang.Say("prefs.remove"), iconClose, widget.MediumImportance, func() { s.removeGateway(info.Name, "") }))
	return container.New(column{gap: 6},
		widget.NewSeparator(), newGap(2),
		container.New(beside{gap: 10, center: true}, newIcon(iconGateway, colorMuted, 18), name, tags),
		newText(theme.SizeNameText, colorMuted).set(under),
		s.secretWords(info),
		fault.root,
		newGap(1), buttons,
	)
}

// secretWords say where the secret of a gateway is. That it is in a file is a warning.
func (s *settingsSheet) secretWords(info desk.GatewayInfo) fyne.CanvasObject {
	words, color, sign := s.lang.Say("prefs.secret_none"), colorMuted, iconDash
	switch {
	case info.Practice:
		words, sign = s.lang.Say("prefs.practice"), iconInfo
	case info.Secret == desk.InKeyring:
		words, sign = s.lang.Say("prefs.secret_keyring"), iconCheck
	case info.Secret == desk.InFile:
		words, color, sign = s.lang.Say("prefs.secret_file"), colorWarn, iconWarning
	}
	return container.New(beside{gap: 6}, container.New(inset{0, 1}, newIcon(sign, color, 14)), newText(theme.SizeNameCaptionText, color).set(words))
}

// kindTitle is what people call a kind of gateway.
func (s *settingsSheet) kindTitle(name string) string {
	for _, k := range s.desk.Kinds() {
		if k.Name == name && k.Title != "" {
			return k.Title
		}
	}
	return name
}

// makeDefault has new requests go to a gateway.
func (s *settingsSheet) makeDefault(name string) {
	s.does(func(ctx context.Context) error { return s.desk.SetDefaultGateway(ctx, name) }, func(err error) {
		if err != nil {
			s.openGateways(sentence(err.Error()))
			return
		}
		s.openGateways(s.lang.Say("prefs.default_now", name))
	})
}

// does does something with a gateway; done is told, when the page is still there.
func (s *settingsSheet) does(work func(context.Context) error, done func(error)) {
	page := s.page
	async.Do(s.window.bg, work, func(err error) {
		if err == nil {
			s.window.readGateways()
		}
		if s.isOn(page) {
			done(err)
		}
	})
}

// removeGateway asks before a gateway is removed, and shows why it was not.
func (s *settingsSheet) removeGateway(name, refused string) {
	content := container.New(column{gap: 14}, newText(theme.SizeNameText, theme.ColorNameForeground).set(s.lang.Say("prefs.remove_text")))
	if refused != "" {
		c := newCallout(markFailed)
		c.set(refused)
		content.Add(c.root)
	}
	back := func() { s.openGateways("") }
	no := s.footButton(s.lang.Say("withdraw.no"), widget.MediumImportance, back)
	yes := s.footButton(s.lang.Say("prefs.remove"), widget.HighImportance, func() {
		s.does(func(ctx context.Context) error { return s.desk.RemoveGateway(ctx, name) }, func(err error) {
			if err != nil {
				s.removeGateway(name, sentence(err.Error()))
				return
			}
			s.openGateways(s.lang.Say("prefs.removed", name))
		})
	})
	s.show(s.lang.Say("prefs.remove_title", name), back, content, no, no, yes)
}

// checkGateway tries a gateway out.
func (s *settingsSheet) checkGateway(name string) {
	newExamination(s.sheet, s.lang, s.lang.Say("prefs.check_title", name), s.lang.Say("prefs.check_about"), func(ctx context.Context, tell func(desk.Finding)) error {
		return s.desk.TryGateway(ctx, name, tell)
	}).open(func() { s.openGateways("") }, s.lang.Say("prefs.back"))
}

// addGateway asks for a new gateway.
func (s *settingsSheet) addGateway() {
	if kinds := s.desk.Kinds(); len(kinds) > 0 {
		newGatewayForm(s, kinds[0], desk.GatewayForm{Kind: kinds[0].Name, Texts: map[string]string{}}, true).open()
	}
}

// editGateway shows the form of a gateway.
func (s *settingsSheet) editGateway(info desk.GatewayInfo) {
	page := s.page
	async.Call(s.window.bg, func(ctx context.Context) (desk.GatewayForm, error) { return s.desk.FormOf(ctx, info.Name) }, func(form desk.GatewayForm, err error) {
		if !s.isOn(page) {
			return
		}
		if err != nil {
			s.openGateways(sentence(err.Error()))
			return
		}
		for _, k := range s.desk.Kinds() {
			if k.Name == form.Kind {
				f := newGatewayForm(s, k, form, false)
				f.hasSecret = info.Secret != ""
				f.open()
			}
		}
	})
}
