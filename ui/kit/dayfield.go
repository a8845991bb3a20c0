package kit

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

// Clock returns the time of now.
type Clock func() time.Time

// dayChoice is a day that can be chosen without typing; the zero time for none.
type dayChoice struct {
	name string
	day  func(today time.Time) time.Time
}

// DayField takes a day, typed in the person's format or chosen from a menu, which Down opens.
// What was understood stands below it.
type DayField struct {
	lang        i18n.Language
	clock       Clock
	choices     []dayChoice
	beforeToday bool // a day without a year is one that was, and not one that comes
	Entry       *Field
	menu        *Button
	hint        *Text
	Root        *fyne.Container
	changed     func()
}

func newDayField(lang i18n.Language, pass KeyHandler, explain Explainer, clock Clock, quick []dayChoice, changed func()) *DayField {
	d := &DayField{lang: lang, clock: clock, choices: quick, changed: changed}
	d.Entry = NewField(func(key *fyne.KeyEvent) { pass(key) })
	d.Entry.onDown = d.showChoices
	d.Entry.PlaceHolder = lang.Say("win.day_form")
	d.Entry.OnChanged = func(string) { d.onTyped() }
	d.menu = NewIconButton(lang, lang.Say("win.days"), "", IconDay, pass, explain, d.showChoices)
	d.hint = NewText(theme.SizeNameCaptionText, ColorMuted).Set("")
	d.Root = container.New(Column(2), container.NewBorder(nil, nil, nil, d.menu, d.Entry), d.hint)
	return d
}

// Day is what is in the field, as it is kept (2006-01-02); empty for none.
func (d *DayField) Day() (day string, ok bool) {
	typed := strings.TrimSpace(d.Entry.Text)
	if typed == "" {
		return "", true
	}
	notBefore := d.clock()
	if d.beforeToday {
		notBefore = notBefore.AddDate(-1, 0, 1)
	}
	t, ok := d.lang.ParseDay(typed, notBefore)
	if !ok {
		return "", false
	}
	return t.Format(time.DateOnly), true
}

// Set shows a day as it is kept. What is no such day is shown as it is.
func (d *DayField) Set(day string) {
	shown := day
	if t, err := time.Parse(time.DateOnly, day); err == nil {
		shown = d.lang.Date(t)
	}
	if d.Entry.Text != shown {
		d.Entry.SetText(shown)
	}
}

// onTyped says how what is typed is understood.
func (d *DayField) onTyped() {
	day, ok := d.Day()
	d.hint.SetColor(ColorMuted)
	switch t, err := time.Parse(time.DateOnly, day); {
	case !ok:
		d.hint.Set(d.lang.Say("win.no_day"))
	case err != nil:
		d.hint.Set("")
	default:
		d.hint.Set(d.lang.Weekday(t))
	}
	d.changed()
}

// Fail tells that what is in the field is no day, and gives it the keyboard.
func (d *DayField) Fail() {
	d.hint.Set(d.lang.Say("win.no_day")).SetColor(ColorBad)
	Focus(d.Entry)
}

// showChoices offers days.
func (d *DayField) showChoices() {
	if d.Entry.Disabled() {
		return
	}
	var items []*fyne.MenuItem
	for _, q := range d.choices {
		items = append(items, fyne.NewMenuItem(q.name, func() {
			day := ""
			if t := q.day(d.clock()); !t.IsZero() {
				day = t.Format(time.DateOnly)
			}
			d.Set(day)
		}))
	}
	driver := fyne.CurrentApp().Driver()
	at := driver.AbsolutePositionForObject(d.Entry).AddXY(0, d.Entry.Size().Height)
	widget.NewPopUpMenu(fyne.NewMenu("", items...), driver.CanvasForObject(d.Entry)).ShowAtPosition(at)
}

// Disable makes the field one that nothing can be typed into, until [DayField.Enable].
func (d *DayField) Disable() { d.Entry.Disable(); d.menu.Disable() }

// Enable lets a day be typed and chosen again.
func (d *DayField) Enable() { d.Entry.Enable(); d.menu.Enable() }

// Disabled reports whether nothing can be typed.
func (d *DayField) Disabled() bool { return d.Entry.Disabled() }

// RevealWith has something brought into sight when it gets the keyboard.
func (d *DayField) RevealWith(reveal func(fyne.CanvasObject)) {
	d.Entry.RevealWith(reveal)
	d.menu.RevealWith(reveal)
}

// NewDueField is one for a due date.
func NewDueField(lang i18n.Language, pass KeyHandler, explain Explainer, clock Clock, changed func()) *DayField {
	return newDayField(lang, pass, explain, clock, []dayChoice{
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

// NewSinceField is one for the first day of a period that is past.
func NewSinceField(lang i18n.Language, pass KeyHandler, explain Explainer, clock Clock, changed func()) *DayField {
	d := newDayField(lang, pass, explain, clock, []dayChoice{
		{lang.Say("win.today"), func(t time.Time) time.Time { return t }},
		{lang.Say("win.week_ago"), func(t time.Time) time.Time { return t.AddDate(0, 0, -7) }},
		{lang.Say("win.this_month"), func(t time.Time) time.Time { return firstOfMonth(t, 0) }},
		{lang.Say("win.last_month"), func(t time.Time) time.Time { return firstOfMonth(t, -1) }},
		{lang.Say("win.this_year"), func(t time.Time) time.Time { return firstOfMonth(t, 1-int(t.Month())) }},
		{lang.Say("win.open_end"), noDay},
	}, changed)
	d.beforeToday = true
	return d
}

// NewUntilField is one for its last day.
func NewUntilField(lang i18n.Language, pass KeyHandler, explain Explainer, clock Clock, changed func()) *DayField {
	d := newDayField(lang, pass, explain, clock, []dayChoice{
		{lang.Say("win.today"), func(t time.Time) time.Time { return t }},
		{lang.Say("win.week_ago"), func(t time.Time) time.Time { return t.AddDate(0, 0, -7) }},
		{lang.Say("win.last_month_end"), func(t time.Time) time.Time { return firstOfMonth(t, 0).AddDate(0, 0, -1) }},
		{lang.Say("win.open_end"), noDay},
	}, changed)
	d.beforeToday = true
	return d
}

// StartOfDay is when a day begins at a place; the zero time for none.
func StartOfDay(day string, here *time.Location) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, day, here)
	if err != nil {
		return time.Time{}
	}
	return t
}
