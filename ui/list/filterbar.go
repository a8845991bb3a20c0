package list

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/i18n"
	"countersign/core/settings"
	"countersign/ui/days"
	"countersign/ui/kit"
)

// filterBar is the form for the filters. It stands below the search field while it is open.
type filterBar struct {
	lang                     i18n.Language
	gateway, person, changed *kit.Select
	gateways, people         []string // the options, without the one for "all"
	names                    func() settings.Names
	from, to                 *days.Field
	dayFields                *fyne.Container // holds from and to
	dayError                 *kit.Text
	filling                  bool // the fields are being set by the program, so changes are ignored
	chosen                   filters
	onChosen                 func(filters)
	onResize                 func() // called when the bar may need another height

	clear  *kit.Link   // clears all filters
	toggle *kit.Button // opens and closes the bar
	root   *fyne.Container
}

func newFilterBar(lang i18n.Language, pass kit.KeyHandler, explain kit.Explainer, clock kit.Clock, onToggle, onSave func(), names func() settings.Names, onChosen func(filters)) *filterBar {
	f := &filterBar{lang: lang, names: names, onChosen: onChosen, onResize: func() {}}
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
	f.toggle = kit.NewIconButton(lang, lang.Say("list.filters"), lang.Say("list.filter_keys"), kit.IconFunnel, pass, explain, onToggle)
	f.from, f.to = days.NewSince(lang, inBar, explain, clock, f.onDays), days.NewUntil(lang, inBar, explain, clock, f.onDays)
	f.dayFields = container.NewGridWithColumns(2, kit.NewLabeled(lang.Say("win.from"), f.from.Root), kit.NewLabeled(lang.Say("win.to"), f.to.Root))
	f.dayError = kit.NewText(theme.SizeNameCaptionText, kit.ColorBad).Set("")
	save := kit.NewLink(lang.Say("list.save_view"), kit.IconFlag, inBar, onSave)
	f.clear = kit.NewLink(lang.Say("list.no_filters"), kit.IconClose, inBar, f.clearAll)
	f.root = container.New(kit.Padding(10, 0), container.New(kit.Column(4),
		container.NewGridWithColumns(2, f.gateway, f.person, f.changed),
		f.dayFields,
		f.dayError,
		container.New(kit.NewFlowGaps(18, 2), save, f.clear),
		kit.NewGap(2),
	))
	f.root.Hide()
	f.showChosen()
	return f
}

// clearAll clears all filters.
func (f *filterBar) clearAll() {
	f.set(filters{})
	f.onChosen(filters{})
}

// setChoices sets the gateways and the signers that the list can be filtered by.
func (f *filterBar) setChoices(gateways, people []string) {
	f.gateways, f.people = gateways, people
	f.showChosen()
}

// set shows filters that were set elsewhere, without a call of onChosen.
func (f *filterBar) set(chosen filters) {
	if f.chosen != chosen {
		f.chosen = chosen
		f.showChosen()
	}
	f.showToggle()
}

// showToggle highlights the button of the bar while the list is filtered.
func (f *filterBar) showToggle() {
	importance := widget.LowImportance
	if !f.chosen.matchAll() {
		importance = widget.HighImportance
	}
	f.toggle.SetLabel("", kit.IconFunnel, importance)
}

// showChosen fills the fields. A chosen value is an option even if the desk does not know it any more.
func (f *filterBar) showChosen() {
	f.filling = true
	defer func() { f.filling = false }()
	fill := func(c *kit.Select, all string, known []string, chosen string) {
		c.SetOptions(append([]string{all}, known...))
		c.SetSelectedIndex(1 + slices.Index(known, chosen))
	}
	f.gateways, f.people = including(f.gateways, f.chosen.gateway), including(f.people, f.chosen.person)
	names, shown := f.names(), make([]string, len(f.gateways))
	for i, name := range f.gateways {
		shown[i] = names.Gateway(name)
	}
	fill(f.gateway, f.lang.Say("list.all_gateways"), shown, names.Gateway(f.chosen.gateway))
	fill(f.person, f.lang.Say("list.anyone"), f.people, f.chosen.person)
	var named []string
	for _, p := range periods() {
		named = append(named, p.name(f.lang))
	}
	fill(f.changed, named[0], named[1:], f.chosen.changed.optionName(f.lang))
	f.from.Set(f.chosen.from)
	f.to.Set(f.chosen.to)
	f.showDays()
}

// including returns options with one that was chosen; an empty one is none.
func including(options []string, chosen string) []string {
	if chosen == "" || slices.Contains(options, chosen) {
		return options
	}
	return append(slices.Clone(options), chosen)
}

// showDays shows the fields for days if they are needed, and an error if the last day is before the first.
func (f *filterBar) showDays() {
	kit.SetHidden(f.dayFields, f.chosen.changed != customDays)
	wrong := ""
	if f.chosen.from != "" && f.chosen.to != "" && f.chosen.from > f.chosen.to {
		wrong = f.lang.Say("win.wrong_days")
	}
	f.dayError.Set(wrong)
	f.onResize()
}

// onDays filters by the days that were typed. While the text in one of the two fields is not a valid day, the list stays
// as it is.
func (f *filterBar) onDays() {
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

func (f *filterBar) onChanged() {
	if f.filling {
		return
	}
	chosen := filters{changed: periods()[max(f.changed.SelectedIndex(), 0)]}
	if chosen.changed == customDays {
		chosen.from, chosen.to = f.chosen.from, f.chosen.to
	}
	if i := f.gateway.SelectedIndex(); i > 0 {
		chosen.gateway = f.gateways[i-1]
	}
	if f.person.SelectedIndex() > 0 {
		chosen.person = f.person.Selected
	}
	asksForDays := chosen.changed == customDays && f.chosen.changed != customDays
	f.set(chosen)
	f.onChosen(chosen)
	if asksForDays {
		kit.Focus(f.from.Entry)
	}
}
