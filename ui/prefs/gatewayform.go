package prefs

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/explain"
	"countersign/core/gateway"
	"countersign/core/gateways"
	"countersign/core/secret"
	"countersign/core/settings"
	"countersign/ui/kit"
)

// gatewayForm is the form of one gateway. Its lines are built from the settings that the kind of gateway declares.
// A secret is typed into it, and never shown again.
type gatewayForm struct {
	s        *settingsSheet
	kind     gateway.Kind
	form     gateways.Form // values collected so far
	adding   bool
	info     gateways.Info // as it was listed; the zero value for a new gateway
	expanded bool          // the advanced fields are shown

	name         *kit.Field
	secret       *kit.Field
	inFile       *kit.Check               // shown when the keyring cannot store the secret
	useFile      bool                     // the person decided to keep the secret in a file
	readers      map[string]func() string // return the value of a field, by its key
	lines        map[string]*formLine
	failed       *kit.Callout
	save         *kit.Button
	saveAndCheck *kit.Button
	advanced     *fyne.Container
	foldButton   *kit.Button
}

// Rows of multi-line fields.
const (
	listRows = 2
	longRows = 4
)

func newGatewayForm(s *settingsSheet, kind gateway.Kind, form gateways.Form, adding bool) *gatewayForm {
	return &gatewayForm{s: s, kind: kind, form: form, adding: adding}
}

// open draws the form.
func (f *gatewayForm) open() {
	s := f.s
	f.readers, f.lines, f.secret = map[string]func() string{}, map[string]*formLine{}, nil
	f.inFile = nil
	f.failed = kit.NewCallout(kit.ErrorBadge)
	f.failed.Set("")
	content := container.New(kit.Column(16), f.failed.Root)
	mayChange := s.mayChange(f.info)
	switch {
	case f.info.Locked:
		content.Add(newCaption(kit.IconLock, kit.ColorMuted, s.lang.Say("prefs.given_locked")))
	case f.info.Office && mayChange:
		content.Add(kit.NewText(theme.SizeNameText, kit.ColorMuted).Set(s.lang.Say("prefs.office_all")))
	case f.info.Office:
		content.Add(newCaption(kit.IconLock, kit.ColorMuted, s.lang.Say("prefs.office_fixed")))
	}
	f.name = s.NewField(f.form.Name, "", 1, f.submit)
	var first fyne.Focusable
	if f.adding {
		kinds := s.desk.Kinds()
		var names []string
		for _, k := range kinds {
			names = append(names, s.kindTitle(k.Name))
		}
		at := slices.IndexFunc(kinds, func(k gateway.Kind) bool { return k.Name == f.kind.Name })
		kind := s.NewSelect(names, at, func(i int) { f.changeKind(kinds[i]) })
		content.Add(newFormLine(s.lang.Say("prefs.kind"), "", "", kind, f.kindHelp()).root)
		f.lines[gateways.NameKey] = newFormLine(s.lang.Say("prefs.name"), s.lang.Say("prefs.needed"), s.lang.Say("prefs.name_help"), f.name)
		content.Add(f.lines[gateways.NameKey].root)
		if s.isManager() {
			content.Add(newFormLine("", "", "", s.NewCheck(s.lang.Say("prefs.share"), f.form.Office, func(on bool) { f.form.Office = on })).root)
		}
		first = kind
	} else {
		content.Add(newFormLine(s.lang.Say("prefs.kind"), "", "", kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(s.kindTitle(f.kind.Name)), f.kindHelp()).root)
	}

	f.advanced = container.New(kit.Column(16))
	for _, field := range f.kind.FormFields() {
		l := f.line(field)
		f.lines[field.Key] = l
		wanted := f.info.AsksClientCert && (field.Key == gateway.ClientCertKey || field.Key == gateway.ClientKeyKey)
		isOpen := mayChange || field.Type == gateway.SecretField || wanted // a secret and a certificate are each person's own
		if !isOpen {
			disable(l.right)
		}
		if field.Advanced && !wanted {
			f.advanced.Add(l.root)
		} else {
			content.Add(l.root)
		}
		if first == nil && isOpen {
			first = l.focus
		}
	}
	f.foldButton = s.NewButton("", "", widget.MediumImportance, func() { f.unfold(!f.expanded) })
	content.Add(container.New(kit.NewFlow(8), f.foldButton))
	content.Add(f.advanced)

	cancel := s.NewFootButton(s.lang.Say("add.cancel"), widget.MediumImportance, func() { s.Leave(func() { s.openGateways("") }) })
	f.save = s.NewFootButton(s.lang.Say("prefs.save"), widget.MediumImportance, f.submit)
	f.saveAndCheck = s.NewFootButton(s.lang.Say("prefs.save_check"), widget.HighImportance, func() {
		f.submitThen(func(string) { s.checkGateway(f.form.Name, f.reopen) })
	})
	title := s.lang.Say("prefs.edit_title", f.form.Name)
	if f.adding {
		title = s.lang.Say("prefs.add_title")
	}
	if first == nil {
		first = cancel
	}
	f.unfold(f.expanded)
	s.ShowPage(title, func() { s.openGateways("") }, content, first, cancel, f.save, f.saveAndCheck)
}

func (f *gatewayForm) kindHelp() fyne.CanvasObject {
	return kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted).Set(explain.Kind(f.s.lang, f.kind))
}

// line draws one setting.
func (f *gatewayForm) line(field gateway.Field) *formLine {
	s := f.s
	label, help := explain.Field(s.lang, field)
	note := ""
	if field.Required || field.Type == gateway.SecretField && f.kind.NeedsSecret(f.kind.NewProfile("")) {
		note = s.lang.Say("prefs.needed")
	}
	now := f.form.Texts[field.Key]
	switch field.Type {
	case gateway.SecretField:
		e := s.NewField("", s.lang.Say("prefs.secret_new"), 1, f.submit)
		if f.info.Secret != "" {
			e.PlaceHolder = s.lang.Say("prefs.secret_kept")
		}
		e.Password = true
		f.secret = e
		if !f.adding {
			help = strings.TrimSpace(help + " " + s.lang.Say("prefs.secret_origin"))
		}
		f.useFile = false
		f.inFile = s.NewCheck(s.lang.Say("prefs.secret_in_file"), false, func(on bool) { f.useFile = on })
		f.inFile.Hide()
		return newFormLine(label, note, help, e, f.inFile)
	case gateway.BoolField:
		return f.choiceLine(field, label, note, help, now, []string{strconv.FormatBool(true), strconv.FormatBool(false)}, []string{s.lang.Say("prefs.yes"), s.lang.Say("prefs.no")})
	case gateway.ChoiceField:
		return f.choiceLine(field, label, note, help, now, field.Options, field.Options)
	}
	lines := 1
	switch field.Type {
	case gateway.ListField:
		lines = listRows
	case gateway.LongField, gateway.TableField:
		lines = longRows
	}
	e := s.NewField(now, field.Default, lines, f.submit)
	f.readers[field.Key] = func() string { return e.Text }
	if field.Key == gateways.AddressKey && len(f.kind.Hosts) > 0 {
		return newFormLine(label, note, help, e, f.hosts(e))
	}
	return newFormLine(label, note, help, e)
}

// hosts returns a row of buttons, one for each known address of the kind of gateway. A button puts its address into a
// field: the one that is passed as into.
func (f *gatewayForm) hosts(into *kit.Field) fyne.CanvasObject {
	row := container.New(kit.NewFlow(8))
	for _, h := range f.kind.Hosts {
		row.Add(f.s.NewButton(explain.Host(f.s.lang, h), kit.IconGlobe, widget.MediumImportance, func() { into.SetText(h.URL) }))
	}
	return row
}

// choiceLine draws a setting with a fixed set of values. The first choice leaves it unset, which means its
// default.
func (f *gatewayForm) choiceLine(field gateway.Field, label, note, help, now string, values, names []string) *formLine {
	s := f.s
	unset := s.lang.Say("prefs.unset")
	if i := slices.Index(values, field.Default); i >= 0 {
		unset = s.lang.Say("prefs.usual", names[i])
	}
	at := slices.Index(values, now) + 1
	c := s.NewSelect(append([]string{unset}, names...), at, func(i int) { at = i })
	f.readers[field.Key] = func() string {
		if at <= 0 {
			return ""
		}
		return values[at-1]
	}
	return newFormLine(label, note, help, c)
}

// collect copies the kind, the name and the values of all fields, as they are typed now, into f.form.
func (f *gatewayForm) collect() {
	f.form.Kind = f.kind.Name
	f.form.Name = strings.TrimSpace(f.name.Text)
	texts := maps.Clone(f.form.Texts)
	for key, text := range f.readers {
		texts[key] = text()
	}
	f.form.Texts = texts
}

// changeKind switches the form to another kind of gateway and draws it again. A value stays if the new kind has a setting
// with the same key; the address is cleared.
func (f *gatewayForm) changeKind(kind gateway.Kind) {
	if kind.Name == f.kind.Name {
		return
	}
	typed := f.s.HasInput()
	f.collect()
	if _, known := f.form.Texts[gateways.AddressKey]; known {
		f.form.Texts[gateways.AddressKey] = ""
	}
	f.kind = kind
	f.open()
	f.s.SetSaved(!typed)
}

// unfold shows or hides the advanced fields.
func (f *gatewayForm) unfold(more bool) {
	f.expanded = more
	f.advanced.Hidden = !more
	if more {
		f.foldButton.SetText(f.s.lang.Say("prefs.less"))
	} else {
		f.foldButton.SetText(f.s.lang.Count("prefs.more", len(f.advanced.Objects)))
	}
	f.s.Arrange()
}

// reopen opens the form of the gateway that was saved.
func (f *gatewayForm) reopen() {
	info := f.info
	if info.Name = f.form.Name; f.secret != nil && f.secret.Text != "" {
		info.Secret = cmp.Or(info.Secret, secret.Keyring)
	}
	f.s.editGateway(info)
}

// submit has the desk check and save the gateway, and then lists the gateways.
func (f *gatewayForm) submit() { f.submitThen(f.s.openGateways) }

// submitThen has the desk check and save the gateway, and then calls the function then with a message that says so.
func (f *gatewayForm) submitThen(then func(message string)) {
	s := f.s
	if f.save.Disabled() {
		return
	}
	f.collect()
	for _, l := range f.lines {
		l.fail("")
	}
	f.failed.Set("")
	form := f.form
	form.Texts = map[string]string{}
	for _, field := range f.kind.FormFields() {
		if text, known := f.form.Texts[field.Key]; known && field.Type != gateway.SecretField {
			form.Texts[field.Key] = text
		}
	}
	if f.secret != nil {
		form.Secret = secret.Entered{Value: f.secret.Text, InFile: f.useFile}
	}
	f.save.Disable()
	f.saveAndCheck.Disable()
	save := s.desk.EditForm
	done := s.lang.Say("prefs.edited", form.Name)
	if f.adding {
		save, done = s.desk.AddForm, s.lang.Say("prefs.added", form.Name)
	}
	s.run(func(ctx context.Context) error {
		_, err := save(ctx, form)
		return err
	}, func(err error) {
		f.save.Enable()
		f.saveAndCheck.Enable()
		if err == nil {
			then(done)
			return
		}
		if f.inFile != nil && secret.IsKeyringError(err) {
			f.inFile.Show()
		}
		f.fail(settings.KeysOf(err))
	})
}

// fail shows each problem at the line of its setting, and unfolds the advanced fields if one of the lines is among
// them. The first line with a problem gets the keyboard focus. Problems without a line are shown above the form.
func (f *gatewayForm) fail(problems []settings.KeyError) {
	var general []string
	failed := map[string]bool{}
	for _, p := range problems {
		said := kit.Sentence(explain.Reason(f.s.lang, p.Problem.Text, p.Problem.Cause))
		line := f.lines[p.Key]
		if line == nil {
			general = append(general, said)
			continue
		}
		line.fail(said)
		failed[p.Key] = true
	}
	f.failed.Set(strings.Join(general, "\n"))
	keys := []string{gateways.NameKey}
	for _, field := range f.kind.FormFields() {
		keys = append(keys, field.Key)
		if failed[field.Key] && field.Advanced && !f.expanded {
			f.unfold(true)
		}
	}
	f.s.Arrange()
	if len(general) > 0 {
		f.s.ScrollToTop()
		return
	}
	for _, key := range keys {
		if failed[key] {
			f.s.Focus(f.lines[key].focus)
			return
		}
	}
}
