package ui

import (
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/i18n"
)

// The toolkit's own field for dates speaks the system's language and writes the system's
// format, whatever language the window was told to speak; so there is this one.

// quickDay is a day that can be chosen without typing; the zero time for none.
type quickDay struct {
	name string
	of   func(today time.Time) time.Time
}

// dayField takes a day, typed in the person's format or chosen from a menu, which Down opens.
// What was understood stands below it.
type dayField struct {
	lang    i18n.Language
	clock   clock
	quick   []quickDay
	past    bool // a day without a year is one that was, and not one that comes
	entry   *field
	menu    *button
	hint    *text
	root    *fyne.Container
	changed func()
}

func newDayField(lang i18n.Language, pass passKey, explain explainer, clock clock, quick []quickDay, changed func()) *dayField {
	d := &dayField{lang: lang, clock: clock, quick: quick, changed: changed}
	d.entry = newField(func(key *fyne.KeyEvent) { pass(key) })
	d.entry.onDown = d.choose
	d.entry.PlaceHolder = lang.Say("win.day_form")
	d.entry.OnChanged = func(string) { d.onTyped() }
	d.menu = newIconButton(lang, lang.Say("win.days"), "", iconDay, pass, explain, d.choose)
	d.hint = newText(theme.SizeNameCaptionText, colorMuted).set("")
	d.root = container.New(column{gap: 2}, container.NewBorder(nil, nil, nil, d.menu, d.entry), d.hint)
	return d
}

// day is what is in the field, as it is kept (2006-01-02); empty for none.
func (d *dayField) day() (day string, ok bool) {
	typed := strings.TrimSpace(d.entry.Text)
	if typed == "" {
		return "", true
	}
	notBefore := d.clock()
	if d.past {
		notBefore = notBefore.AddDate(-1, 0, 1)
	}
	t, ok := d.lang.ReadDay(typed, notBefore)
	if !ok {
		return "", false
	}
	return t.Format(time.DateOnly), true
}

// set shows a day as it is kept. What is no such day is shown as it is.
func (d *dayField) set(day string) {
	shown := day
	if t, err := time.Parse(time.DateOnly, day); err == nil {
		shown = d.lang.Date(t)
	}
	if d.entry.Text != shown {
		d.entry.SetText(shown)
	}
}

// onTyped says how what is typed is understood.
func (d *dayField) onTyped() {
	day, ok := d.day()
	d.hint.setColor(colorMuted)
	switch t, err := time.Parse(time.DateOnly, day); {
	case !ok:
		d.hint.set(d.lang.Say("win.no_day"))
	case err != nil:
		d.hint.set("")
	default:
		d.hint.set(d.lang.Weekday(t))
	}
	d.changed()
}

// fail tells that what is in the field is no day, and gives it the keyboard.
func (d *dayField) fail() {
	d.hint.set(d.lang.Say("win.no_day")).setColor(colorBad)
	focusOn(d.entry)
}

// choose offers days.
func (d *dayField) choose() {
	if d.entry.Disabled() {
		return
	}
	var items []*fyne.MenuItem
	for _, q := range d.quick {
		items = append(items, fyne.NewMenuItem(q.name, func() {
			day := ""
			if t := q.of(d.clock()); !t.IsZero() {
				day = t.Format(time.DateOnly)
			}
			d.set(day)
		}))
	}
	driver := fyne.CurrentApp().Driver()
	at := driver.AbsolutePositionForObject(d.entry).AddXY(0, d.entry.Size().Height)
	widget.NewPopUpMenu(fyne.NewMenu("", items...), driver.CanvasForObject(d.entry)).ShowAtPosition(at)
}

// Disable and the others make it what a sheet can switch off while it is busy.
func (d *dayField) Disable()       { d.entry.Disable(); d.menu.Disable() }
func (d *dayField) Enable()        { d.entry.Enable(); d.menu.Enable() }
func (d *dayField) Disabled() bool { return d.entry.Disabled() }

// reveals has something brought into sight when it gets the keyboard.
func (d *dayField) reveals(reveal func(fyne.CanvasObject)) {
	d.entry.reveals(reveal)
	d.menu.reveals(reveal)
}

// newDueField is one for a due date.
func newDueField(lang i18n.Language, pass passKey, explain explainer, clock clock, changed func()) *dayField {
	return newDayField(lang, pass, explain, clock, []quickDay{
		{lang.Say("win.today"), func(t time.Time) time.Time { return t }},
		{lang.Say("win.tomorrow"), func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }},
		{lang.Say("win.in_a_week"), func(t time.Time) time.Time { return t.AddDate(0, 0, 7) }},
		{lang.Say("win.month_end"), func(t time.Time) time.Time { return firstOfMonth(t, 1).AddDate(0, 0, -1) }},
		{lang.Say("win.in_a_month"), inAMonth},
		{lang.Say("win.no_date"), noDay},
	}, changed)
}

func noDay(time.Time) time.Time { return time.Time{} }

// firstOfMonth is the first day of the month that so many months later.
func firstOfMonth(t time.Time, later int) time.Time {
	return time.Date(t.Year(), t.Month()+time.Month(later), 1, 12, 0, 0, 0, t.Location())
}

// inAMonth is the same day of the next month, or its last one.
func inAMonth(t time.Time) time.Time {
	last := firstOfMonth(t, 2).AddDate(0, 0, -1)
	return firstOfMonth(t, 1).AddDate(0, 0, min(t.Day(), last.Day())-1)
}

// newSinceField is one for the first day of a period that is past.
func newSinceField(lang i18n.Language, pass passKey, explain explainer, clock clock, changed func()) *dayField {
	d := newDayField(lang, pass, explain, clock, []quickDay{
		{lang.Say("win.today"), func(t time.Time) time.Time { return t }},
		{lang.Say("win.week_ago"), func(t time.Time) time.Time { return t.AddDate(0, 0, -7) }},
		{lang.Say("win.this_month"), func(t time.Time) time.Time { return firstOfMonth(t, 0) }},
		{lang.Say("win.last_month"), func(t time.Time) time.Time { return firstOfMonth(t, -1) }},
		{lang.Say("win.this_year"), func(t time.Time) time.Time { return firstOfMonth(t, 1-int(t.Month())) }},
		{lang.Say("win.open_end"), noDay},
	}, changed)
	d.past = true
	return d
}

// newUntilField is one for its last day.
func newUntilField(lang i18n.Language, pass passKey, explain explainer, clock clock, changed func()) *dayField {
	d := newDayField(lang, pass, explain, clock, []quickDay{
		{lang.Say("win.today"), func(t time.Time) time.Time { return t }},
		{lang.Say("win.week_ago"), func(t time.Time) time.Time { return t.AddDate(0, 0, -7) }},
		{lang.Say("win.last_month_end"), func(t time.Time) time.Time { return firstOfMonth(t, 0).AddDate(0, 0, -1) }},
		{lang.Say("win.open_end"), noDay},
	}, changed)
	d.past = true
	return d
}
