package ui

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/words"
)

// choice is the toolkit's field to choose from a list, which passes on the keys it has no use for.
type choice struct {
	widget.Select
	pass passKey
}

func newChoice(pass passKey, onChanged func()) *choice {
	c := &choice{pass: pass}
	c.ExtendBaseWidget(c)
	c.OnChanged = func(string) { onChanged() }
	return c
}

// TypedKey is called by the toolkit.
func (c *choice) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeySpace, fyne.KeyUp, fyne.KeyDown, fyne.KeyReturn, fyne.KeyEnter:
		if key.Name == fyne.KeyReturn || key.Name == fyne.KeyEnter {
			key = &fyne.KeyEvent{Name: fyne.KeySpace}
		}
		c.Select.TypedKey(key)
	default:
		c.pass(key)
	}
}

// filterBar is where the list is narrowed down. It stands under the search field when it is asked for.
type filterBar struct {
	lang                     words.Language
	gateway, person, changed *choice
	gateways, people         []string // there are to choose from
	filling                  bool     // what changes now, nobody chose
	chosen                   filters
	onChosen                 func(filters)

	toggle *button // shows and hides it
	root   *fyne.Container
}

func newFilterBar(lang words.Language, pass passKey, onToggle, onSave func(), onChosen func(filters)) *filterBar {
	f := &filterBar{lang: lang, onChosen: onChosen}
	f.gateway, f.person, f.changed = newChoice(pass, f.onChanged), newChoice(pass, f.onChanged), newChoice(pass, f.onChanged)
	f.toggle = newButton("", iconFunnel, widget.LowImportance, pass, onToggle)
	save := newButton(lang.Say("list.save_view"), iconFlag, widget.LowImportance, pass, onSave)
	none := newButton(lang.Say("list.no_filters"), iconClose, widget.LowImportance, pass, func() {
		f.set(filters{})
		onChosen(filters{})
	})
	f.root = container.New(inset{10, 0}, container.New(column{gap: 4},
		container.NewGridWithColumns(2, framed(f.gateway), framed(f.person), framed(f.changed)),
		container.New(newFlow(4), save, none),
		newGap(2),
	))
	f.root.Hide()
	f.fill()
	return f
}

// framed puts a line around an object, like that of the search field.
func framed(o fyne.CanvasObject) fyne.CanvasObject {
	line := newGround(theme.ColorNameInputBorder)
	line.radius = 8
	return container.NewStack(line, container.New(inset{1, 1}, o))
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
	importance := widget.LowImportance
	if f.chosen != (filters{}) {
		importance = widget.HighImportance
	}
	f.toggle.show("", iconFunnel, importance)
}

// fill puts the choices into the fields. What is chosen is among them, whether it is
// known any more or not.
func (f *filterBar) fill() {
	f.filling = true
	defer func() { f.filling = false }()
	put := func(c *choice, all string, known []string, chosen string) {
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
}

// chosenName is the name of a period that is a bound.
func (p period) chosenName(lang words.Language) string {
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
	if f.gateway.SelectedIndex() > 0 {
		chosen.gateway = f.gateway.Selected
	}
	if f.person.SelectedIndex() > 0 {
		chosen.person = f.person.Selected
	}
	f.set(chosen)
	f.onChosen(chosen)
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
	w.list.frame.Refresh()
}

// offerFilters reads what there is to filter by.
func (w *Window) offerFilters() {
	type offer struct{ gateways, people []string }
	ask(w.bg, w.bg.ctx, func(ctx context.Context) (o offer, err error) {
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
