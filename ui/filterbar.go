package ui

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/i18n"
	"countersign/ui/async"
)

// filterBar is where the list is narrowed down. It stands under the search field when it is asked for.
type filterBar struct {
	lang                     i18n.Language
	gateway, person, changed *pick
	gateways, people         []string // there are to choose from
	from, to                 *dayField
	days                     *fyne.Container // the two
	wrong                    *text
	filling                  bool // what changes now, nobody chose
	chosen                   filters
	onChosen                 func(filters)
	onShape                  func() // the bar needs another height

	clear  *link   // takes all filters off
	toggle *button // shows and hides it
	root   *fyne.Container
}

func newFilterBar(lang i18n.Language, pass passKey, explain explainer, clock clock, onToggle, onSave func(), onChosen func(filters)) *filterBar {
	f := &filterBar{lang: lang, onChosen: onChosen, onShape: func() {}}
	// Escape puts the filters away; what they say stays.
	inBar := func(key *fyne.KeyEvent) {
		if key.Name == fyne.KeyEscape {
			onToggle()
			return
		}
		pass(key)
	}
	chose := func(int) { f.onChanged() }
	f.gateway, f.person, f.changed = newPick(inBar, chose), newPick(inBar, chose), newPick(inBar, chose)
	f.toggle = newIconButton(lang, lang.Say("list.filters"), lang.Say("list.filter_keys"), iconFunnel, pass, explain, onToggle)
	f.from, f.to = newSinceField(lang, inBar, explain, clock, f.onDays), newUntilField(lang, inBar, explain, clock, f.onDays)
	f.days = container.NewGridWithColumns(2, named(lang.Say("win.from"), f.from.root), named(lang.Say("win.to"), f.to.root))
	f.wrong = newText(theme.SizeNameCaptionText, colorBad).set("")
	save := newLink(face{lang.Say("list.save_view"), iconFlag}, inBar, onSave)
	f.clear = newLink(face{lang.Say("list.no_filters"), iconClose}, inBar, f.none)
	f.root = container.New(inset{10, 0}, container.New(column{gap: 4},
		container.NewGridWithColumns(2, f.gateway, f.person, f.changed),
		f.days,
		f.wrong,
		container.New(newFlowOf(18, 2), save, f.clear),
		newGap(2),
	))
	f.root.Hide()
	f.fill()
	return f
}

// none takes all filters off.
func (f *filterBar) none() {
	f.set(filters{})
	f.onChosen(filters{})
}

// offer says what there is to choose from.
func (f *filterBar) offer(gateways, people []string) {
	f.gateways, f.people = gateways, people
	f.fill()
}

// set shows what the list is narrowed down by.
func (f *filterBar) set(chosen filters) {
	if f.chosen != chosen {
		f.chosen = chosen
		f.fill()
	}
	f.showToggle()
}

// showToggle tells by its colour that the list is narrowed down.
func (f *filterBar) showToggle() {
	importance := widget.LowImportance
	if !f.chosen.narrowsNothing() {
		importance = widget.HighImportance
	}
	f.toggle.show("", iconFunnel, importance)
}

// fill puts the choices into the fields. What is chosen is among them, whether it is
// known any more or not.
func (f *filterBar) fill() {
	f.filling = true
	defer func() { f.filling = false }()
	put := func(c *pick, all string, known []string, chosen string) {
		if chosen != "" && !slices.Contains(known, chosen) {
			known = append(slices.Clone(known), chosen)
		}
		c.SetOptions(append([]string{all}, known...))
		c.SetSelectedIndex(1 + slices.Index(known, chosen))
	}
	put(f.gateway, f.lang.Say("list.all_gateways"), f.gateways, f.chosen.gateway)
	put(f.person, f.lang.Say("list.anyone"), f.people, f.chosen.person)
	var named []string
	for _, p := range periods() {
		named = append(named, p.name(f.lang))
	}
	put(f.changed, named[0], named[1:], f.chosen.changed.chosenName(f.lang))
	f.from.set(f.chosen.from)
	f.to.set(f.chosen.to)
	f.showDays()
}

// showDays shows the two days where they are asked for.
func (f *filterBar) showDays() {
	setHidden(f.days, f.chosen.changed != twoDays)
	wrong := ""
	if f.chosen.from != "" && f.chosen.to != "" && f.chosen.from > f.chosen.to {
		wrong = f.lang.Say("win.wrong_days")
	}
	f.wrong.set(wrong)
	f.onShape()
}

// onDays narrows the list down to what lies between the two days. While one of them is being
// typed, and makes no sense yet, the list stays as it is.
func (f *filterBar) onDays() {
	if f.filling || f.chosen.changed != twoDays {
		return
	}
	chosen, fromOK, toOK := f.chosen, false, false
	chosen.from, fromOK = f.from.day()
	chosen.to, toOK = f.to.day()
	if fromOK && toOK && chosen != f.chosen {
		f.chosen = chosen
		f.showToggle()
		f.onChosen(chosen)
	}
	f.showDays()
}

// chosenName is the name of a period that is a bound.
func (p period) chosenName(lang i18n.Language) string {
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
	if chosen.changed == twoDays {
		chosen.from, chosen.to = f.chosen.from, f.chosen.to
	}
	if f.gateway.SelectedIndex() > 0 {
		chosen.gateway = f.gateway.Selected
	}
	if f.person.SelectedIndex() > 0 {
		chosen.person = f.person.Selected
	}
	asksForDays := chosen.changed == twoDays && f.chosen.changed != twoDays
	f.set(chosen)
	f.onChosen(chosen)
	if asksForDays {
		focusOn(f.from.entry)
	}
}

// onFilters shows the filters, or hides them.
func (w *Window) onFilters() {
	bar := w.filterBar
	w.showList()
	if bar.root.Visible() {
		bar.root.Hide()
		w.list.focus()
	} else {
		bar.root.Show()
		w.offerFilters()
		w.window.Canvas().Focus(bar.gateway)
	}
	w.arrangeList()
}

// arrangeList lays the list out again after the height of something around it changed.
func (w *Window) arrangeList() {
	if w.list.frame != nil {
		w.list.frame.Refresh()
	}
}

// offerFilters reads what there is to filter by.
func (w *Window) offerFilters() {
	type offer struct{ gateways, people []string }
	async.Call(w.bg, func(ctx context.Context) (o offer, err error) {
		if o.gateways, err = w.desk.GatewaysUsed(ctx); err == nil {
			o.people, err = w.desk.People(ctx)
		}
		return o, err
	}, func(o offer, err error) {
		if err != nil {
			w.notices.fail(sentence(err.Error()))
			return
		}
		w.filterBar.offer(o.gateways, o.people)
	})
}
