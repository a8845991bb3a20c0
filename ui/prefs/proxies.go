package prefs

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/explain"
	"countersign/core/gateways"
	"countersign/core/secret"
	"countersign/ui/async"
	"countersign/ui/kit"
)

// proxyForm is the page with the logins for proxies, and the form for another one. A password is typed into it, and never
// shown again.
type proxyForm struct {
	*settingsSheet
	address, user, password *kit.Field
	inFile                  *kit.Check // shown when the keyring cannot store the password
	useFile                 bool       // the person decided to keep the password in a file
	failed                  *kit.Callout
	save                    *kit.Button
}

// openProxies lists the logins for proxies, below a message about the last change if there is one.
func (s *settingsSheet) openProxies(message string) {
	s.highlight(gatewaySection)
	f := &proxyForm{settingsSheet: s, failed: kit.NewCallout(kit.ErrorBadge)}
	f.failed.Set("")
	content := container.New(kit.Column(16), kit.NewText(theme.SizeNameText, kit.ColorMuted).Set(s.lang.Say("prefs.proxies_about")))
	decides := s.lang.Say("prefs.proxies_environment")
	given, address := s.desk.GivenProxy()
	if given.Text != "" {
		decides = kit.Sentence(explain.Reason(s.lang, given.Text, given.Cause))
	}
	content.Add(kit.NewText(theme.SizeNameText, kit.ColorMuted).Set(decides))
	if message != "" {
		c := kit.NewCallout(kit.InfoBadge)
		c.Set(message)
		content.Add(c.Root)
	}
	list := container.New(kit.Column(14))
	content.Add(list)

	f.address = s.NewField(address, "", 1, f.submit)
	f.user = s.NewField("", "", 1, f.submit)
	f.password = s.NewField("", s.lang.Say("prefs.secret_new"), 1, f.submit)
	f.password.Password = true
	f.inFile = s.NewCheck(s.lang.Say("prefs.secret_in_file"), false, func(on bool) { f.useFile = on })
	f.inFile.Hide()
	first := f.address
	if address != "" {
		first = f.user
	}
	content.Add(widget.NewSeparator())
	for _, l := range []*formLine{
		newFormLine(s.lang.Say("prefs.proxy_address"), "", s.lang.Say("prefs.proxy_address_help"), f.address),
		newFormLine(s.lang.Say("prefs.proxy_user"), "", "", f.user),
		newFormLine(s.lang.Say("prefs.proxy_password"), "", "", f.password, f.inFile),
	} {
		content.Add(l.root)
	}
	content.Add(f.failed.Root)
	back := s.NewFootButton(s.lang.Say("prefs.back"), widget.MediumImportance, func() { s.openGateways("") })
	f.save = s.NewFootButton(s.lang.Say("prefs.save"), widget.HighImportance, f.submit)
	s.ShowPage(s.lang.Say("prefs.proxies_title"), func() { s.openGateways("") }, content, first, back, f.save)

	shown := s.StillShown()
	async.Call(s.bg, s.desk.ProxyLogins, func(logins []gateways.ProxyLogin, err error) {
		if !shown() {
			return
		}
		if err != nil {
			f.fail(err)
		} else if len(logins) == 0 {
			list.Add(kit.NewText(theme.SizeNameText, kit.ColorMuted).Set(s.lang.Say("prefs.proxies_none")))
		}
		for _, login := range logins {
			list.Add(f.row(login))
		}
		s.Arrange()
	})
}

// row draws a login with its button.
func (f *proxyForm) row(login gateways.ProxyLogin) fyne.CanvasObject {
	name := kit.NewBoldText(theme.SizeNameText, theme.ColorNameForeground)
	name.MaxLines = 1
	name.Set(login.Proxy)
	remove := f.NewButton(f.lang.Say("prefs.remove"), kit.IconClose, widget.MediumImportance, func() {
		f.run(func(ctx context.Context) error { return f.desk.RemoveProxyLogin(ctx, login.Proxy) }, func(err error) {
			if err != nil {
				f.fail(err)
				return
			}
			f.openProxies(f.lang.Say("prefs.proxy_removed", login.Proxy))
		})
	})
	return container.New(kit.Column(6),
		container.New(kit.Row{Gap: 10, Center: true}, kit.NewIcon(kit.IconGlobe, kit.ColorMuted, 18), name),
		kit.NewText(theme.SizeNameText, kit.ColorMuted).Set(f.lang.Say("prefs.proxy_as", login.User)),
		f.passwordLine(login),
		container.New(kit.NewFlow(8), remove),
	)
}

// passwordLine returns a line about where the password of a login is stored. A file is shown as a warning.
func (f *proxyForm) passwordLine(login gateways.ProxyLogin) fyne.CanvasObject {
	text, color, sign := f.lang.Say("prefs.proxy_password_none"), kit.ColorWarn, kit.IconWarning
	switch {
	case login.Unknown.Text != "":
		text = kit.Sentence(explain.Reason(f.lang, login.Unknown.Text, login.Unknown.Cause))
	case login.Secret == secret.Keyring:
		text, color, sign = f.lang.Say("prefs.proxy_password_keyring"), kit.ColorMuted, kit.IconCheck
	case login.Secret == secret.File:
		text = f.lang.Say("prefs.proxy_password_file")
	}
	return container.New(kit.Row{Gap: 6}, container.New(kit.Padding(0, 1), kit.NewIcon(sign, color, 14)), kit.NewText(theme.SizeNameCaptionText, color).Set(text))
}

// submit has the desk keep the login that was typed.
func (f *proxyForm) submit() {
	if f.save.Disabled() {
		return
	}
	f.failed.Set("")
	f.save.Disable()
	address, user := strings.TrimSpace(f.address.Text), strings.TrimSpace(f.user.Text)
	entered := secret.Entered{Value: f.password.Text, InFile: f.useFile}
	var kept gateways.ProxyLogin
	f.run(func(ctx context.Context) (err error) {
		kept, err = f.desk.SetProxyLogin(ctx, address, user, entered)
		return err
	}, func(err error) {
		f.save.Enable()
		if err == nil {
			f.openProxies(f.lang.Say("prefs.proxy_kept", kept.Proxy))
			return
		}
		if secret.IsKeyringError(err) {
			f.inFile.Show()
		}
		f.fail(err)
	})
}

// fail shows an error below the form.
func (f *proxyForm) fail(err error) {
	f.failed.Set(kit.Sentence(explain.Error(f.lang, err)))
	f.Arrange()
}
