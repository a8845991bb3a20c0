package ui

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/desk"
	"countersign/core/i18n"
	"countersign/ui/async"
)

// LookOf gives the look of a theme in the desk's settings.
func LookOf(chosen string) Look {
	switch chosen {
	case desk.LightTheme:
		return LightLook
	case desk.DarkTheme:
		return DarkLook
	}
	return SystemLook
}

// section is one of the parts of the settings.
type section int

const (
	gatewaySection section = iota
	signingSection
	lookSection
)

// settingsSheet is where people choose how the desk works. What they choose is checked and
// kept by the desk; its sentences are shown where they choose.
type settingsSheet struct {
	*sheet
	lang   i18n.Language
	desk   Desk
	tabs   []*button
	shown  section
	values desk.Settings // as they were read last
	fault  string        // why they could not be read

	busy    bool     // something chosen is being kept
	waiting []func() // what was chosen after it, in its order
}

// onSettings opens the settings.
func (w *Window) onSettings() {
	if s := w.newSettings(); s != nil {
		w.readSettings(s, gatewaySection)
	}
}

// newSettings opens the sheet; there is none while a question is open.
func (w *Window) newSettings() *settingsSheet {
	s := &settingsSheet{lang: w.lang, desk: w.desk, values: desk.DefaultSettings()}
	aside := container.New(column{gap: 4})
	for i, name := range []string{w.lang.Say("prefs.gateways"), w.lang.Say("prefs.signing"), w.lang.Say("prefs.look")} {
		tab := newButton(name, []icon{iconGateway, iconPen, iconHalf}[i], widget.LowImportance, nil, func() { s.open(section(i)) })
		tab.Alignment = widget.ButtonAlignLeading
		s.tabs = append(s.tabs, tab)
		aside.Add(tab)
	}
	aside.Add(newGap(8))
	keys := newButton(w.lang.Say("prefs.keys"), iconQuestion, widget.LowImportance, nil, w.showHelp)
	keys.Alignment = widget.ButtonAlignLeading
	aside.Add(keys)
	if s.sheet = w.openSheet(aside); s.sheet == nil {
		return nil
	}
	for _, b := range append(slices.Clone(s.tabs), keys) {
		b.pass = s.pass
	}
	s.show(w.lang.Say("prefs.title"), w.closeModal, container.New(column{}), s.tabs[0], s.closing())
	return s
}

// readSettings reads what was chosen before, and turns to a section.
func (w *Window) readSettings(s *settingsSheet, to section) {
	page := s.page
	async.Call(w.bg, w.desk.Settings, func(values desk.Settings, err error) {
		if s.values = values; err != nil {
			s.fault = sentence(err.Error())
		}
		if s.isOn(page) {
			s.open(to)
		}
	})
}

// showHelp lists the shortcuts in the place of whatever is open.
func (w *Window) showHelp() {
	w.closeModal()
	w.onHelp()
}

func (s *settingsSheet) closing() *button {
	return s.footButton(s.lang.Say("help.close"), widget.HighImportance, s.window.closeModal)
}

// open turns to a section.
func (s *settingsSheet) open(to section) {
	s.mark(to)
	switch to {
	case gatewaySection:
		s.openGateways("")
	case signingSection:
		s.openSigning()
	case lookSection:
		s.openLook()
	}
}

// mark shows which section is open.
func (s *settingsSheet) mark(to section) {
	s.shown = to
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

// intro begins a section: what it is about, and what is wrong with the settings' file.
func (s *settingsSheet) intro(about string) *fyne.Container {
	content := container.New(column{gap: 18}, newText(theme.SizeNameText, colorMuted).set(about))
	if s.fault != "" {
		c := newCallout(markFailed)
		c.set(s.fault)
		content.Add(c.root)
	}
	return content
}

// change has the desk check and keep what was chosen, one thing after the other, so that what
// was chosen last is what stays. done is told, when the page is still there, at which setting
// something is wrong.
func (s *settingsSheet) change(change func(*desk.Settings), done func(key, problem string)) {
	page := s.page
	if s.busy {
		s.waiting = append(s.waiting, func() { s.keep(page, change, done) })
		return
	}
	s.keep(page, change, done)
}

func (s *settingsSheet) keep(page int, change func(*desk.Settings), done func(key, problem string)) {
	s.busy = true
	async.Call(s.window.bg, func(ctx context.Context) (desk.Settings, error) {
		return s.desk.ChangeSettings(ctx, change)
	}, func(values desk.Settings, err error) {
		s.busy = false
		if len(s.waiting) > 0 {
			next := s.waiting[0]
			s.waiting = s.waiting[1:]
			next()
		}
		key, problem := "", ""
		if err == nil {
			s.values = values
		} else {
			key, problem = desk.FieldOf(err)
		}
		if s.isOn(page) {
			done(key, sentence(problem))
			s.arrange()
		}
	})
}

// openSigning shows what is chosen for all signings.
func (s *settingsSheet) openSigning() {
	var save func()
	enter := func() { save() }
	patience := s.entry(desk.WriteTime(s.values.Patience), "", 1, enter)
	port := s.entry("", s.lang.Say("prefs.port_any"), 1, enter)
	if s.values.CallbackPort != 0 {
		port.Text = strconv.Itoa(s.values.CallbackPort)
	}
	folder := s.entry(s.values.OutputFolder, s.lang.Say("prefs.folder_off"), 1, enter)
	browse := s.button(s.lang.Say("prefs.folder_choose"), iconFile, widget.MediumImportance, func() { s.window.browseFolder(folder.SetText) })

	patienceLine := newFormLine(s.lang.Say("prefs.patience"), "", s.lang.Say("prefs.patience_help"), patience)
	portLine := newFormLine(s.lang.Say("prefs.port"), "", s.lang.Say("prefs.port_help"), port)
	folderLine := newFormLine(s.lang.Say("prefs.folder"), "", s.lang.Say("prefs.folder_help"), folder, container.New(newFlow(8), browse))
	lines := map[string]*formLine{desk.PatienceKey: patienceLine, desk.PortKey: portLine, desk.FolderKey: folderLine}
	told := newCallout(markTold)
	told.set("")

	button := s.button(s.lang.Say("prefs.save"), "", widget.HighImportance, enter)
	save = func() {
		for _, l := range lines {
			l.fail("")
		}
		told.set("")
		patience, port, folder := desk.ReadTime(patience.Text), readPort(port.Text), strings.TrimSpace(folder.Text)
		s.change(func(values *desk.Settings) {
			values.Patience, values.CallbackPort, values.OutputFolder = patience, port, folder
		}, func(key, problem string) {
			line, known := lines[key]
			switch {
			case problem == "":
				told.mark(markTold)
				told.set(s.lang.Say("prefs.saved"))
				s.window.filtered.Refresh() // more or fewer are without an answer now
			case known:
				line.fail(problem)
				s.window.window.Canvas().Focus(line.focus)
			default:
				told.mark(markFailed)
				told.set(problem)
			}
		})
	}
	content := s.intro(s.lang.Say("prefs.signing_about"))
	for _, l := range []*formLine{patienceLine, portLine, folderLine} {
		content.Add(l.root)
	}
	content.Add(told.root)
	content.Add(container.New(newFlow(8), button))
	s.show(s.lang.Say("prefs.title"), s.window.closeModal, content, s.tabs[signingSection], s.closing())
}

// readPort reads the number of a port; no number at all is no port there is.
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

// openLook shows how the window looks and speaks. What is chosen here is kept at once.
func (s *settingsSheet) openLook() {
	var themeLine, languageLine, notifyLine *formLine
	told := func(line *formLine) func(key, problem string) {
		return func(_, problem string) { line.fail(problem) }
	}
	themes := desk.Themes()
	colors := s.pick([]string{s.lang.Say("prefs.by_system"), s.lang.Say("prefs.light"), s.lang.Say("prefs.dark")}, slices.Index(themes, s.values.Theme), func(i int) {
		s.change(func(values *desk.Settings) { values.Theme = themes[i] }, func(_, problem string) {
			themeLine.fail(problem)
			if problem == "" {
				s.window.app.Settings().SetTheme(Theme(LookOf(themes[i])))
			}
		})
	})
	themeLine = newFormLine(s.lang.Say("prefs.theme"), "", s.lang.Say("prefs.theme_help"), colors)

	languages := desk.Languages()
	names := []string{s.lang.Say("prefs.by_system")}
	for _, l := range languages[1:] {
		names = append(names, i18n.Language(l).Say("language.name"))
	}
	language := s.pick(names, slices.Index(languages, s.values.Language), func(i int) {
		s.change(func(values *desk.Settings) { values.Language = languages[i] }, told(languageLine))
	})
	languageLine = newFormLine(s.lang.Say("prefs.language"), "", s.lang.Say("prefs.language_help"), language)

	notify := s.check(s.lang.Say("prefs.notify_on"), s.values.Notifications, func(on bool) {
		s.change(func(values *desk.Settings) { values.Notifications = on }, told(notifyLine))
	})
	notifyLine = newFormLine(s.lang.Say("prefs.notify"), "", s.lang.Say("prefs.notify_help"), notify)

	content := s.intro(s.lang.Say("prefs.look_about"))
	for _, l := range []*formLine{themeLine, languageLine, notifyLine} {
		content.Add(l.root)
	}
	s.show(s.lang.Say("prefs.title"), s.window.closeModal, content, s.tabs[lookSection], s.closing())
}
