package prefs

import (
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
	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/core/settings"
	"countersign/ui/async"
	"countersign/ui/kit"
)

// section is a section of the settings.
type section int

const (
	gatewaySection section = iota
	signingSection
	trustSection
	appearanceSection
	officeSection // the last one, since it is not always offered
)

// settingsSheet is the modal of the settings. The desk checks and saves each change; its errors are shown at the
// setting.
type settingsSheet struct {
	*kit.Sheet
	*Prefs
	tabs   []*kit.Button
	values settings.Settings // as last read or written
	ready  bool              // they have been read
	wanted section           // to be opened once they are
	fault  string            // why the settings could not be read

	busy    bool     // a change is being written
	waiting []func() // later changes, in order
}

// Settings opens the settings. It does nothing while another modal is open.
func (p *Prefs) Settings() {
	if s := p.newSettings(); s != nil {
		s.read(gatewaySection)
	}
}

// newSettings opens the modal; it returns nil while another one is open.
func (p *Prefs) newSettings() *settingsSheet {
	s := &settingsSheet{Prefs: p, values: settings.Default()}
	tabs := container.New(kit.Column(4))
	names := []string{p.lang.Say("prefs.gateways"), p.lang.Say("prefs.signing"), p.lang.Say("prefs.trust"), p.lang.Say("prefs.look")}
	if p.office.offered() {
		names = append(names, p.lang.Say("prefs.office"))
	}
	for i, name := range names {
		tab := kit.NewButton(name, []kit.Icon{kit.IconGateway, kit.IconPen, kit.IconProof, kit.IconHalf, kit.IconOffice}[i], widget.LowImportance, nil, func() { s.Leave(func() { s.open(section(i)) }) })
		tab.Alignment = widget.ButtonAlignLeading
		s.tabs = append(s.tabs, tab)
		tabs.Add(tab)
	}
	tabs.Add(kit.NewGap(8))
	keys := kit.NewButton(p.lang.Say("prefs.keys"), kit.IconQuestion, widget.LowImportance, nil, func() { s.Leave(p.host.Help) })
	keys.Alignment = widget.ButtonAlignLeading
	tabs.Add(keys)
	if s.Sheet = p.modals.OpenSheet(tabs); s.Sheet == nil {
		return nil
	}
	for _, b := range append(slices.Clone(s.tabs), keys) {
		b.Pass = s.Pass
	}
	s.ShowPage(p.lang.Say("prefs.title"), p.modals.Close, container.New(kit.Column(0)), s.tabs[0], s.newCloseButton())
	return s
}

// read reads the settings and opens a section.
func (s *settingsSheet) read(to section) {
	shown := s.StillShown()
	s.wanted = to
	async.Call(s.bg, s.desk.Settings, func(values settings.Settings, err error) {
		if s.values = values; err != nil {
			s.fault = kit.Sentence(explain.Error(s.lang, err))
		}
		s.ready = true
		if shown() {
			s.open(s.wanted)
		}
	})
}

func (s *settingsSheet) newCloseButton() *kit.Button {
	return s.NewFootButton(s.lang.Say("help.close"), widget.MediumImportance, s.Dismiss)
}

// open opens a section, at once or as soon as the settings are read: until then it would show what is not set.
func (s *settingsSheet) open(to section) {
	s.highlight(to)
	if !s.ready {
		s.wanted = to
		return
	}
	switch to {
	case gatewaySection:
		s.openGateways("")
	case signingSection:
		s.openSigning()
	case trustSection:
		s.openTrust(trustChange{})
	case appearanceSection:
		s.openAppearance()
	case officeSection:
		s.openOffice()
	}
}

// highlight marks the tab of a section.
func (s *settingsSheet) highlight(to section) {
	for i, tab := range s.tabs {
		importance := widget.LowImportance
		if section(i) == to {
			importance = widget.MediumImportance
		}
		if tab.Importance != importance {
			tab.Importance = importance
			tab.Refresh()
		}
	}
}

// intro returns the top of a section: what it is about, and the error of the settings file if there is one.
func (s *settingsSheet) intro(about string) *fyne.Container {
	return s.introBy(kit.NewText(theme.SizeNameText, kit.ColorMuted).Set(about))
}

// introBy is intro with a text that can be changed later.
func (s *settingsSheet) introBy(about *kit.Text) *fyne.Container {
	content := container.New(kit.Column(18), about)
	if s.fault != "" {
		c := kit.NewCallout(kit.ErrorBadge)
		c.Set(s.fault)
		content.Add(c.Root)
	}
	return content
}

// change has the desk check and save a change of the settings. Changes are written one after the other, so that
// the last one wins. Unless the page was left, the function done is called: after success with two empty strings,
// after an error with a sentence about the problem and with the key of the setting that it is about. The key is
// empty if the problem is about no single setting.
func (s *settingsSheet) change(change func(*settings.Settings), done func(key, problem string)) {
	shown := s.StillShown()
	if s.busy {
		s.waiting = append(s.waiting, func() { s.write(shown, change, done) })
		return
	}
	s.write(shown, change, done)
}

func (s *settingsSheet) write(shown func() bool, change func(*settings.Settings), done func(key, problem string)) {
	s.busy = true
	async.Call(s.bg, func(ctx context.Context) (settings.Settings, error) {
		return s.desk.ChangeSettings(ctx, change)
	}, func(values settings.Settings, err error) {
		s.busy = false
		if len(s.waiting) > 0 {
			next := s.waiting[0]
			s.waiting = s.waiting[1:]
			next()
		}
		key, problem := "", request.Sentence{}
		if err == nil {
			before := s.values
			s.values = values
			if !maps.Equal(before.People, values.People) {
				s.host.NamesChanged() // also when the page was left meanwhile
			}
		} else {
			key, problem = settings.KeyOf(err)
		}
		if shown() {
			done(key, kit.Sentence(explain.Reason(s.lang, problem.Text, problem.Cause)))
			s.Arrange()
		}
	})
}

// lockFixed locks the lines of settings that an administrator has fixed. The lines are given by the keys of their settings.
func (s *settingsSheet) lockFixed(lines map[string]*formLine) {
	for key, l := range lines {
		if s.desk.IsFixed(key) {
			l.lock(s.lang.Say("prefs.fixed"))
		}
	}
}

// openSigning opens the section about all signings.
func (s *settingsSheet) openSigning() {
	var save func()
	enter := func() { save() }
	patience := s.NewField(settings.FormatDuration(s.values.Patience), "", 1, enter)
	port := s.NewField("", s.lang.Say("prefs.port_any"), 1, enter)
	if s.values.CallbackPort != 0 {
		port.Text = strconv.Itoa(s.values.CallbackPort)
	}
	folder := s.NewField(s.values.OutputFolder, s.lang.Say("prefs.folder_off"), 1, enter)
	browse := s.NewButton(s.lang.Say("prefs.folder_choose"), kit.IconFile, widget.MediumImportance, func() { s.host.BrowseFolder(folder.SetText) })

	patienceLine := newFormLine(s.lang.Say("prefs.patience"), "", s.lang.Say("prefs.patience_help"), patience)
	portLine := newFormLine(s.lang.Say("prefs.port"), "", s.lang.Say("prefs.port_help"), port)
	folderLine := newFormLine(s.lang.Say("prefs.folder"), "", s.lang.Say("prefs.folder_help"), folder, container.New(kit.NewFlow(8), browse))
	lines := map[string]*formLine{settings.PatienceKey: patienceLine, settings.PortKey: portLine, settings.FolderKey: folderLine}
	result := kit.NewCallout(kit.InfoBadge)
	result.Set("")

	button := s.NewButton(s.lang.Say("prefs.save"), "", widget.HighImportance, enter)
	save = func() {
		for _, l := range lines {
			l.fail("")
		}
		result.Set("")
		patience, port, folder := settings.ParseDuration(patience.Text), readPort(port.Text), strings.TrimSpace(folder.Text)
		s.change(func(values *settings.Settings) {
			values.Patience, values.CallbackPort, values.OutputFolder = patience, port, folder
		}, func(key, problem string) {
			line, known := lines[key]
			switch {
			case problem == "":
				s.SetSaved(true)
				result.SetBadge(kit.InfoBadge)
				result.Set(s.lang.Say("prefs.saved"))
				s.host.PatienceChanged()
			case known:
				line.fail(problem)
				s.Focus(line.focus)
			default:
				result.SetBadge(kit.ErrorBadge)
				result.Set(problem)
			}
		})
	}
	s.lockFixed(lines)
	content := s.intro(s.lang.Say("prefs.signing_about"))
	for _, l := range []*formLine{patienceLine, portLine, folderLine} {
		content.Add(l.root)
	}
	content.Add(result.Root)
	content.Add(container.New(kit.NewFlow(8), button))
	s.ShowPage(s.lang.Say("prefs.title"), s.Close, content, s.tabs[signingSection], s.newCloseButton())
}

// readPort parses a port number: zero if the text is empty, and -1, which the desk refuses, if it is no number.
func readPort(text string) int {
	if text = strings.TrimSpace(text); text == "" {
		return 0
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return port
}

// practiceLine returns the line for whether practice requests are listed. A change is saved at once.
func (s *settingsSheet) practiceLine() *formLine {
	var line *formLine
	choices := settings.PracticeChoices()
	names := []string{s.lang.Say("prefs.practice_auto"), s.lang.Say("prefs.practice_shown"), s.lang.Say("prefs.practice_hidden")}
	line = newFormLine(s.lang.Say("prefs.practice_line"), "", s.lang.Say("prefs.practice_help"), s.NewSelect(names, slices.Index(choices, s.values.Practice), func(i int) {
		s.change(func(values *settings.Settings) { values.Practice = choices[i] }, func(_, problem string) {
			if line.fail(problem); problem == "" {
				s.host.NamesChanged()
			}
		})
	}))
	return line
}

// personLine returns the line for the name of whoever works here. It is saved by its button, or by Enter.
func (s *settingsSheet) personLine(who settings.Person) *formLine {
	var line *formLine
	var field *kit.Field
	save := func() {
		name := strings.Join(strings.Fields(field.Text), " ")
		s.change(func(values *settings.Settings) {
			if values.People == nil {
				values.People = map[string]string{}
			}
			if values.People[who.Account] = name; name == "" {
				delete(values.People, who.Account)
			}
		}, func(_, problem string) {
			line.fail(problem)
			if problem == "" {
				s.SetSaved(true)
			}
		})
	}
	field = s.NewField(s.values.People[who.Account], who.Name, 1, save)
	button := s.NewButton(s.lang.Say("prefs.save"), "", widget.MediumImportance, save)
	line = newFormLine(s.lang.Say("prefs.person"), "", s.lang.Say("prefs.person_help", who.Account), field, container.New(kit.NewFlow(8), button))
	return line
}

// openAppearance opens the section about theme, language, rows, starting at login, notifications, practice requests and the name of whoever works here. Each choice is
// saved at once.
func (s *settingsSheet) openAppearance() {
	var themeLine, languageLine, rowsLine, notifyLine *formLine
	failAt := func(line *formLine) func(key, problem string) {
		return func(_, problem string) { line.fail(problem) }
	}
	themes := settings.Themes()
	colors := s.NewSelect([]string{s.lang.Say("prefs.by_system"), s.lang.Say("prefs.light"), s.lang.Say("prefs.dark")}, slices.Index(themes, s.values.Theme), func(i int) {
		s.change(func(values *settings.Settings) { values.Theme = themes[i] }, func(_, problem string) {
			themeLine.fail(problem)
			if problem == "" {
				s.host.SetTheme(themes[i])
			}
		})
	})
	themeLine = newFormLine(s.lang.Say("prefs.theme"), "", s.lang.Say("prefs.theme_help"), colors)

	languages := settings.Languages()
	names := []string{s.lang.Say("prefs.by_system")}
	for _, l := range languages[1:] {
		names = append(names, i18n.Language(l).Say("language.name"))
	}
	language := s.NewSelect(names, slices.Index(languages, s.values.Language), func(i int) {
		s.change(func(values *settings.Settings) { values.Language = languages[i] }, failAt(languageLine))
	})
	languageLine = newFormLine(s.lang.Say("prefs.language"), "", s.lang.Say("prefs.language_help"), language)

	rows := s.NewSelect([]string{s.lang.Say("prefs.rows_roomy"), s.lang.Say("prefs.rows_dense")}, densityIndex(s.values.Dense), func(i int) {
		dense := i == densityIndex(true)
		s.change(func(values *settings.Settings) { values.Dense = dense }, func(_, problem string) {
			rowsLine.fail(problem)
			if problem == "" {
				s.host.SetDense(dense)
			}
		})
	})
	rowsLine = newFormLine(s.lang.Say("prefs.rows"), "", s.lang.Say("prefs.rows_help"), rows)

	notify := s.NewCheck(s.lang.Say("prefs.notify_on"), s.values.Notifications, func(on bool) {
		s.change(func(values *settings.Settings) { values.Notifications = on }, failAt(notifyLine))
	})
	notifyLine = newFormLine(s.lang.Say("prefs.notify"), "", s.lang.Say("prefs.notify_help"), notify)

	content := s.intro(s.lang.Say("prefs.look_about"))
	reminderLine, silentLine := s.newReminderLines(failAt)
	practiceLine := s.practiceLine()
	s.lockFixed(map[string]*formLine{
		settings.ThemeKey: themeLine, settings.LanguageKey: languageLine, settings.NotificationsKey: notifyLine,
		settings.ReminderKey: reminderLine, settings.SilentDaysKey: silentLine, settings.PracticeKey: practiceLine,
	})
	lines, readLogin := []*formLine{themeLine, languageLine, rowsLine, notifyLine, reminderLine, silentLine, practiceLine}, func() {}
	if s.login.Entry != nil {
		var loginLine *formLine
		loginLine, readLogin = s.loginLine()
		lines = slices.Insert(lines, slices.Index(lines, notifyLine), loginLine)
	}
	for _, l := range lines {
		content.Add(l.root)
	}
	if who := s.desk.Person(); who.Account != "" {
		content.Add(s.personLine(who).root)
	}
	s.ShowPage(s.lang.Say("prefs.title"), s.Close, content, s.tabs[appearanceSection], s.newCloseButton())
	readLogin()
}

// densityIndex returns the index of roomy or of dense rows among the options.
func densityIndex(dense bool) int {
	if dense {
		return 1
	}
	return 0
}
