package filter

import (
	"cmp"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/core/settings"
	"countersign/ui/days"
	"countersign/ui/kit"
)

// Bar is the form for the filters. It stands below the search field while it is open.
type Bar struct {
	lang                     i18n.Language
	statuses, review         *kit.Select // statuses opens a menu, since several can be chosen
	gateway, person, changed *kit.Select
	problem                  *kit.Select
	gateways, people         []string // the options, without the one for "all"
	login                    string   // by which the office's server knows the person; empty in a home of its own, which has no whose and no desk
	whose, desk              *kit.Select
	desks                    []string // the options of desk, without the one for "all"
	names                    func() settings.Names
	from, to                 *days.Field
	dayFields                *fyne.Container // holds from and to
	dayError                 *kit.Text
	filling                  bool // the fields are being set by the program, so changes are ignored
	chosen                   Filters
	onChosen                 func(Filters)
	OnResize                 func() // called when the bar may need another height
	showMenu                 func(under fyne.CanvasObject, items ...*fyne.MenuItem)

	clear  *kit.Link   // clears all filters
	Toggle *kit.Button // opens and closes the bar
	Root   *fyne.Container
}

// NewBar returns a bar that is closed. The login is the one by which the office's server knows whoever works here; it is empty in a home of
// its own.
func NewBar(lang i18n.Language, pass kit.KeyHandler, explain kit.Explainer, clock kit.Clock, onToggle, onSave func(), names func() settings.Names, onChosen func(Filters),
	login string, showMenu func(fyne.CanvasObject, ...*fyne.MenuItem),
) *Bar {
	f := &Bar{lang: lang, names: names, onChosen: onChosen, login: login, OnResize: func() {}, showMenu: showMenu}
	// Escape closes the bar; the filters stay.
	inBar := func(key *fyne.KeyEvent) {
		if key.Name == fyne.KeyEscape {
			onToggle()
			return
		}
		pass(key)
	}
	chose := func(int) { f.onChanged() }
	f.gateway, f.person, f.changed = kit.NewSelect(inBar, chose), kit.NewSelect(inBar, chose), kit.NewSelect(inBar, chose)
	f.statuses, f.review, f.problem = kit.NewSelect(inBar, func(int) {}), kit.NewSelect(inBar, chose), kit.NewSelect(inBar, chose)
	f.whose, f.desk = kit.NewSelect(inBar, chose), kit.NewSelect(inBar, chose)
	f.statuses.OnOpen = f.statusMenu
	f.Toggle = kit.NewIconButton(lang, lang.Say("list.filters"), lang.Say("list.filter_keys"), kit.IconFunnel, pass, explain, onToggle)
	f.from, f.to = days.NewSince(lang, inBar, explain, clock, f.onDays), days.NewUntil(lang, inBar, explain, clock, f.onDays)
	f.dayFields = container.NewGridWithColumns(2, kit.NewLabeled(lang.Say("win.from"), f.from.Root), kit.NewLabeled(lang.Say("win.to"), f.to.Root))
	f.dayError = kit.NewText(theme.SizeNameCaptionText, kit.ColorBad).Set("")
	save := kit.NewLink(lang.Say("list.save_view"), kit.IconFlag, inBar, onSave)
	f.clear = kit.NewLink(lang.Say("list.no_filters"), kit.IconClose, inBar, f.ClearAll)
	selects := []fyne.CanvasObject{f.statuses, f.review, f.gateway, f.person, f.changed, f.problem}
	if login != "" {
		selects = append(selects, f.whose, f.desk)
	}
	f.Root = container.New(kit.Padding(10, 0), container.New(kit.Column(4),
		container.NewGridWithColumns(2, selects...),
		f.dayFields,
		f.dayError,
		container.New(kit.NewFlowGaps(18, 2), save, f.clear),
		kit.NewGap(2),
	))
	f.Root.Hide()
	f.showChosen()
	return f
}

// First returns the first field of the form.
func (f *Bar) First() fyne.Focusable { return f.statuses }

// ClearAll clears all filters.
func (f *Bar) ClearAll() {
	f.Set(Filters{})
	f.onChosen(Filters{})
}

// SetChoices sets the gateways, the people and the desks that the list can be filtered by.
func (f *Bar) SetChoices(gateways, people, desks []string) {
	f.gateways, f.people, f.desks = gateways, people, desks
	f.showChosen()
}

// Set shows filters that were set elsewhere, without a call of onChosen.
func (f *Bar) Set(chosen Filters) {
	if f.chosen != chosen {
		f.chosen = chosen
		f.showChosen()
	}
	f.showToggle()
}

// showToggle highlights the button of the bar while the list is filtered.
func (f *Bar) showToggle() {
	importance := widget.LowImportance
	if !f.chosen.MatchAll() {
		importance = widget.MediumImportance
	}
	f.Toggle.SetLabel("", kit.IconFunnel, importance)
}

// showChosen fills the fields. A chosen value is an option even if the desk does not know it any more.
func (f *Bar) showChosen() {
	f.filling = true
	defer func() { f.filling = false }()
	fill := func(c *kit.Select, all string, known []string, chosen string) {
		c.SetOptions(append([]string{all}, known...))
		c.SetSelectedIndex(1 + slices.Index(known, chosen))
	}
	f.statuses.Selected = cmp.Or(f.chosen.statuses.names(f.lang), f.lang.Say("filter.any_status"))
	f.statuses.Refresh()
	var reviews, wrong []string
	for _, d := range decisions() {
		reviews = append(reviews, decisionName(f.lang, d))
	}
	for _, p := range problems() {
		wrong = append(wrong, p.name(f.lang))
	}
	f.review.SetOptions(reviews)
	f.review.SetSelectedIndex(slices.Index(decisions(), f.chosen.review))
	f.problem.SetOptions(wrong)
	f.problem.SetSelectedIndex(slices.Index(problems(), f.chosen.problem))
	f.gateways, f.people = including(f.gateways, f.chosen.gateway), including(f.people, f.chosen.person)
	names := f.names()
	fill(f.gateway, f.lang.Say("list.all_gateways"), named(f.gateways, names.Gateway), names.Gateway(f.chosen.gateway))
	fill(f.person, f.lang.Say("list.anyone"), named(f.people, names.Person), names.Person(f.chosen.person))
	f.whose.SetOptions([]string{f.lang.Say("filter.everyone"), f.lang.Say("filter.mine")})
	f.whose.SetSelectedIndex(0)
	if f.chosen.mine != "" {
		f.whose.SetSelectedIndex(1)
	}
	f.desks = including(f.desks, f.chosen.desk)
	fill(f.desk, f.lang.Say("filter.all_desks"), f.desks, f.chosen.desk)
	var times []string
	for _, p := range periods() {
		times = append(times, p.name(f.lang))
	}
	fill(f.changed, times[0], times[1:], f.chosen.changed.optionName(f.lang))
	f.from.Set(f.chosen.from)
	f.to.Set(f.chosen.to)
	f.showDays()
}

// named returns the names of options as people see them.
func named(options []string, name func(string) string) []string {
	shown := make([]string, len(options))
	for i, option := range options {
		shown[i] = name(option)
	}
	return shown
}

// including returns options with one that was chosen; an empty one is none.
func including(options []string, chosen string) []string {
	if chosen == "" || slices.Contains(options, chosen) {
		return options
	}
	return append(slices.Clone(options), chosen)
}

// statusMenu opens the menu of statuses, and again after each choice, so that several can be chosen.
func (f *Bar) statusMenu() {
	choose := func(statuses statusSet) {
		chosen := f.chosen
		chosen.statuses = statuses
		f.Set(chosen)
		f.onChosen(chosen)
	}
	anyStatus := kit.NewMenuItem(f.lang.Say("filter.any_status"), func() { choose(0) })
	anyStatus.Checked = f.chosen.statuses == 0
	items := []*fyne.MenuItem{anyStatus, fyne.NewMenuItemSeparator()}
	for _, s := range request.Statuses() {
		item := kit.NewMenuItem(statusName(f.lang, s), func() {
			choose(f.chosen.statuses.toggle(s))
			f.statusMenu()
		})
		item.Checked = f.chosen.statuses.has(s)
		items = append(items, item)
	}
	f.showMenu(f.statuses, items...)
}

// showDays shows the fields for days if they are needed, and an error if the last day is before the first.
func (f *Bar) showDays() {
	kit.SetHidden(f.dayFields, f.chosen.changed != customDays)
	wrong := ""
	if f.chosen.from != "" && f.chosen.to != "" && f.chosen.from > f.chosen.to {
		wrong = f.lang.Say("win.wrong_days")
	}
	f.dayError.Set(wrong)
	f.OnResize()
}

// onDays filters by the days that were typed. While the text in one of the two fields is not a valid day, the list stays
// as it is.
func (f *Bar) onDays() {
	if f.filling || f.chosen.changed != customDays {
		return
	}
	chosen, fromOK, toOK := f.chosen, false, false
	chosen.from, fromOK = f.from.Day()
	chosen.to, toOK = f.to.Day()
	if fromOK && toOK && chosen != f.chosen {
		f.chosen = chosen
		f.showToggle()
		f.onChosen(chosen)
	}
	f.showDays()
}

// optionName returns the name of a period in the select; empty for anyTime.
func (p period) optionName(lang i18n.Language) string {
	if p == anyTime {
		return ""
	}
	return p.name(lang)
}

func (f *Bar) onChanged() {
	if f.filling {
		return
	}
	chosen := Filters{
		statuses: f.chosen.statuses, review: decisions()[max(f.review.SelectedIndex(), 0)],
		changed: periods()[max(f.changed.SelectedIndex(), 0)], problem: problems()[max(f.problem.SelectedIndex(), 0)],
	}
	if chosen.changed == customDays {
		chosen.from, chosen.to = f.chosen.from, f.chosen.to
	}
	if i := f.gateway.SelectedIndex(); i > 0 {
		chosen.gateway = f.gateways[i-1]
	}
	if i := f.person.SelectedIndex(); i > 0 {
		chosen.person = f.people[i-1]
	}
	if i := f.desk.SelectedIndex(); i > 0 {
		chosen.desk = f.desks[i-1]
	}
	if f.whose.SelectedIndex() == 1 {
		chosen.mine = cmp.Or(f.chosen.mine, f.login)
	}
	asksForDays := chosen.changed == customDays && f.chosen.changed != customDays
	f.Set(chosen)
	f.onChosen(chosen)
	if asksForDays {
		kit.Focus(f.from.Entry)
	}
}
