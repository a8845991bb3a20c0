package filter

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"countersign/core/i18n"
	"countersign/core/settings"
	"countersign/ui/kit"
)

// maxChip is the largest width of the text of a chip.
const maxChip = 280

// Line shows what the list is filtered by, with one chip for each filter. A chip is a link that removes its filter.
// The line is hidden while the filter bar is open, which shows the same, and while the list is not filtered.
type Line struct {
	lang   i18n.Language
	pass   kit.KeyHandler
	names  func() settings.Names
	remove func(without Filters) // called with the filters that are left when a chip was pressed
	chips  *fyne.Container
	Root   *fyne.Container
}

// NewLine returns a line without chips. The function remove is called with the filters that are left when a chip was pressed, and
// the function pass with the keys that no chip handles.
func NewLine(lang i18n.Language, pass kit.KeyHandler, names func() settings.Names, remove func(Filters)) *Line {
	l := &Line{lang: lang, pass: pass, names: names, remove: remove, chips: container.New(kit.NewFlowGaps(14, 0))}
	l.Root = container.New(kit.Padding(10, 2), l.chips)
	l.Root.Hide()
	return l
}

// Show shows the filters.
func (l *Line) Show(f Filters, hidden bool) {
	l.chips.RemoveAll()
	for _, c := range f.chips(l.lang, l.names()) {
		label := kit.FitText(c.label, maxChip, theme.Size(theme.SizeNameText), fyne.TextStyle{})
		l.chips.Add(kit.NewLink(label, kit.IconClose, l.pass, func() { l.remove(c.without) }))
	}
	kit.SetHidden(l.Root, hidden || len(l.chips.Objects) == 0)
}

// chip is one filter that is set.
type chip struct {
	label   string
	without Filters // the filters without this one
}

// chips returns a chip for each filter that is set, in the order of the filter bar.
func (f Filters) chips(lang i18n.Language, names settings.Names) (all []chip) {
	add := func(label string, clear func(*Filters)) {
		without := f
		clear(&without)
		all = append(all, chip{label, without})
	}
	named := func(heading, value string) string { return lang.Say("filter.chip", heading, value) }
	if f.statuses != 0 {
		add(named(lang.Say("list.status"), f.statuses.names(lang)), func(f *Filters) { f.statuses = 0 })
	}
	if f.review != "" {
		add(decisionName(lang, f.review), func(f *Filters) { f.review = "" })
	}
	if f.gateway != "" {
		add(named(lang.Say("list.gateway"), names.Gateway(f.gateway)), func(f *Filters) { f.gateway = "" })
	}
	if f.person != "" {
		add(named(lang.Say("list.added_by"), names.Person(f.person)), func(f *Filters) { f.person = "" })
	}
	if f.mine != "" {
		add(lang.Say("filter.mine"), func(f *Filters) { f.mine = "" })
	}
	if f.desk != "" {
		add(named(lang.Say("list.desk"), f.desk), func(f *Filters) { f.desk = "" })
	}
	if when := f.changedName(lang); when != "" {
		add(named(lang.Say("list.changed"), when), func(f *Filters) { f.changed, f.from, f.to = anyTime, "", "" })
	}
	if f.problem != anyProblem {
		add(f.problem.name(lang), func(f *Filters) { f.problem = anyProblem })
	}
	return all
}

// changedName returns the time of the last change for a person; empty if any time will do.
func (f Filters) changedName(lang i18n.Language) string {
	if f.changed != customDays {
		return f.changed.optionName(lang)
	}
	day := func(text string) string {
		at, err := time.Parse(time.DateOnly, text)
		if err != nil {
			return ""
		}
		return lang.Date(at)
	}
	switch from, to := day(f.from), day(f.to); {
	case from == "" && to == "":
		return ""
	case to == "":
		return lang.Say("review.from_on", from)
	case from == "":
		return lang.Say("review.up_to", to)
	default:
		return lang.Say("review.from_to", from, to)
	}
}
