package days

import (
	"testing"
	"time"

	"fyne.io/fyne/v2/test"

	"countersign/core/i18n"
	"countersign/ui/kit"
)

func TestDayFieldChoices(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(kit.Theme(kit.LightLook))
	leap := func() time.Time { return time.Date(2028, 1, 31, 23, 0, 0, 0, time.Local) }
	none := func() {}
	for name, c := range map[string]struct {
		field *Field
		want  []string
	}{
		"due":   {NewDue(i18n.English, nil, nil, leap, none), []string{"2028-01-31", "2028-02-01", "2028-02-07", "2028-01-31", "2028-02-29", ""}},
		"since": {NewSince(i18n.English, nil, nil, leap, none), []string{"2028-01-31", "2028-01-24", "2028-01-01", "2027-12-01", "2028-01-01", ""}},
		"until": {NewUntil(i18n.English, nil, nil, leap, none), []string{"2028-01-31", "2028-01-24", "2027-12-31", ""}},
	} {
		for i, q := range c.field.choices {
			day := ""
			if at := q.day(leap()); !at.IsZero() {
				day = at.Format(time.DateOnly)
			}
			if day != c.want[i] {
				t.Errorf("%s, %s: %q, not %q", name, q.name, day, c.want[i])
			}
		}
	}
}

func TestDayWithoutAYearIsNextOrLast(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(kit.Theme(kit.LightLook))
	clock := func() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.Local) } // of 21 November 2026
	for text, want := range map[string]struct{ due, since string }{
		"1/12":       {"2026-12-01", "2025-12-01"},
		"1/11":       {"2027-11-01", "2026-11-01"},
		"21/11":      {"2026-11-21", "2026-11-21"},
		"2026-12-24": {"2026-12-24", "2026-12-24"},
	} {
		for field, want := range map[*Field]string{
			NewDue(i18n.French, nil, nil, clock, func() {}): want.due, NewSince(i18n.French, nil, nil, clock, func() {}): want.since,
		} {
			field.Entry.SetText(text)
			if got, ok := field.Day(); !ok || got != want {
				t.Errorf("%q is %q, %t, not %q", text, got, ok, want)
			}
		}
	}
	d := NewDue(i18n.French, nil, nil, clock, func() {})
	d.Set("somebody wrote this")
	if _, ok := d.Day(); ok || d.Entry.Text != "somebody wrote this" {
		t.Errorf("a stored text that is no day is shown as %q", d.Entry.Text)
	}
}
