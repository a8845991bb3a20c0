// Package days has the fields in which a day is typed, or chosen from a menu.
package days

import (
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/i18n"
	"countersign/ui/kit"
)

// The toolkit's date entry uses the language and the date format of the system. This package has
// its own, because the window may be set to another language.

// dayChoice is an entry of the menu of days. Its function returns the zero time for "no date".
type dayChoice struct {
	name string
	day  func(today time.Time) time.Time
}

// Field is a field for a day, which is typed in the format of its language or chosen from a menu. Down opens the
// menu. The line below the field shows how the text was understood. Put Root into a layout.
type Field struct {
	lang        i18n.Language
	clock       kit.Clock
	choices     []dayChoice
	beforeToday bool // a day typed without a year is the last such day, not the next
	Entry       *kit.Field
	menu        *kit.Button
	hint        *kit.Text
	Root        *fyne.Container
	changed     func()
}

func newField(lang i18n.Language, pass kit.KeyHandler, explain kit.Explainer, clock kit.Clock, quick []dayChoice, changed func()) *Field {
	d := &Field{lang: lang, clock: clock, choices: quick, changed: changed}
	d.Entry = kit.NewField(func(key *fyne.KeyEvent) { pass(key) })
	d.Entry.OnDown = d.showChoices
	d.Entry.PlaceHolder = lang.Say("win.day_form")
	d.Entry.OnChanged = func(string) { d.onTyped() }
	d.menu = kit.NewIconButton(lang, lang.Say("win.days"), "", kit.IconDay, pass, explain, d.showChoices)
	d.hint = kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted).Set("")
	d.Root = container.New(kit.Column(2), container.NewBorder(nil, nil, nil, d.menu, d.Entry), d.hint)
	return d
}

// Day returns the day in the field in the format of [time.DateOnly]; empty when the field is empty. It reports false
// when the text is no day.
func (d *Field) Day() (day string, ok bool) {
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

// Set shows a day that is given in the format of [time.DateOnly]. Any other text is shown unchanged.
func (d *Field) Set(day string) {
	shown := day
	if t, err := time.Parse(time.DateOnly, day); err == nil {
		shown = d.lang.Date(t)
	}
	if d.Entry.Text != shown {
		d.Entry.SetText(shown)
	}
}

// onTyped shows how the text is understood, and calls changed.
func (d *Field) onTyped() {
	day, ok := d.Day()
	d.hint.SetColor(kit.ColorMuted)
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

// Fail shows below the field that its text is no valid day, and focuses the field.
func (d *Field) Fail() {
	d.hint.Set(d.lang.Say("win.no_day")).SetColor(kit.ColorBad)
	kit.Focus(d.Entry)
}

// showChoices opens the menu of days under the field.
func (d *Field) showChoices() {
	if d.Entry.Disabled() {
		return
	}
	var items []*fyne.MenuItem
	for _, q := range d.choices {
		items = append(items, kit.NewMenuItem(q.name, func() {
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

// Disable makes the field read-only until [Field.Enable] is called.
func (d *Field) Disable() { d.Entry.Disable(); d.menu.Disable() }

// Enable undoes [Field.Disable].
func (d *Field) Enable() { d.Entry.Enable(); d.menu.Enable() }

// Disabled reports whether the field is read-only.
func (d *Field) Disabled() bool { return d.Entry.Disabled() }

// RevealWith sets the function that scrolls the entry or the menu button into view when it is focused.
func (d *Field) RevealWith(reveal func(fyne.CanvasObject)) {
	d.Entry.RevealWith(reveal)
	d.menu.RevealWith(reveal)
}

// NewDue returns a field for a due date. A day that is typed without a year means the next such day. The function
// changed is called after every change of the text.
func NewDue(lang i18n.Language, pass kit.KeyHandler, explain kit.Explainer, clock kit.Clock, changed func()) *Field {
	return newField(lang, pass, explain, clock, []dayChoice{
		{lang.Say("win.today"), func(t time.Time) time.Time { return t }},
		{lang.Say("win.tomorrow"), func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }},
		{lang.Say("win.in_a_week"), func(t time.Time) time.Time { return t.AddDate(0, 0, 7) }},
		{lang.Say("win.month_end"), func(t time.Time) time.Time { return firstOfMonth(t, 1).AddDate(0, 0, -1) }},
		{lang.Say("win.in_a_month"), inAMonth},
		{lang.Say("win.no_date"), noDay},
	}, changed)
}

func noDay(time.Time) time.Time { return time.Time{} }

// firstOfMonth returns noon on the first day of a month. If the parameter later is 0, that is the month of t; if it is 1,
// the next month; if it is -1, the month before, and so on.
func firstOfMonth(t time.Time, later int) time.Time {
	return time.Date(t.Year(), t.Month()+time.Month(later), 1, 12, 0, 0, 0, t.Location())
}

// inAMonth returns the day of the next month with t's number, or the last day of the next month if it is shorter.
func inAMonth(t time.Time) time.Time {
	last := firstOfMonth(t, 2).AddDate(0, 0, -1)
	return firstOfMonth(t, 1).AddDate(0, 0, min(t.Day(), last.Day())-1)
}

// NewSince returns a field for the first day of a period in the past. A day that is typed without a year means the
// most recent such day. The function changed is called after every change of the text.
func NewSince(lang i18n.Language, pass kit.KeyHandler, explain kit.Explainer, clock kit.Clock, changed func()) *Field {
	d := newField(lang, pass, explain, clock, []dayChoice{
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

// NewUntil returns a field for the last day of a period in the past. It is like [NewSince] with other days in
// its menu.
func NewUntil(lang i18n.Language, pass kit.KeyHandler, explain kit.Explainer, clock kit.Clock, changed func()) *Field {
	d := newField(lang, pass, explain, clock, []dayChoice{
		{lang.Say("win.today"), func(t time.Time) time.Time { return t }},
		{lang.Say("win.week_ago"), func(t time.Time) time.Time { return t.AddDate(0, 0, -7) }},
		{lang.Say("win.last_month_end"), func(t time.Time) time.Time { return firstOfMonth(t, 0).AddDate(0, 0, -1) }},
		{lang.Say("win.open_end"), noDay},
	}, changed)
	d.beforeToday = true
	return d
}

// StartOf returns when a day begins in a time zone. The day is in the format of [time.DateOnly]; for any other text
// it returns the zero time.
func StartOf(day string, here *time.Location) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, day, here)
	if err != nil {
		return time.Time{}
	}
	return t
}
