package i18n

import (
	"testing"
	"time"
)

func TestReadDay(t *testing.T) {
	today := time.Date(2026, 11, 21, 18, 0, 0, 0, time.Local)
	for _, c := range []struct {
		l          Language
		text, want string
	}{
		{English, "24/12/2026", "2026-12-24"},
		{English, " 24.12.26 ", "2026-12-24"},
		{English, "2026-12-24", "2026-12-24"},
		{English, "3/4/2027", "2027-04-03"},
		{English, "12/24/2026", "2026-12-24"}, // 24 cannot be a month
		{Spanish, "12/24/2026", ""},
		{English, "24 Dec 2026", "2026-12-24"},
		{English, "December 24, 2026", "2026-12-24"},
		{English, "24th of December", "2026-12-24"},
		{English, "Dec 24", "2026-12-24"},
		{English, "20/11", "2027-11-20"}, // this year's is over
		{English, "21/11", "2026-11-21"},
		{English, "29/2", "2028-02-29"},
		{Spanish, "24 de diciembre de 2026", "2026-12-24"},
		{Spanish, "1 sept", "2027-09-01"},
		{Catalan, "1 d’agost del 2027", "2027-08-01"},
		{Catalan, "3 març", "2027-03-03"},
		{French, "le 24 décembre 2026", "2026-12-24"},
		{French, "14 juillet", "2027-07-14"},
		{French, "14 juil. 2027", "2027-07-14"},
		{French, "1 août 2027", "2027-08-01"},
		{French, "14 jui", ""}, // juin or juillet
		{French, "24 march 2026", ""},
		{English, "31/2/2026", ""},
		{English, "0/1/2026", ""},
		{English, "24/13/2026", ""},
		{English, "24/12/99999", ""},
		{English, "24/12/126", ""},
		{English, "24 12 2026 7", ""},
		{English, "soon", ""},
		{English, "", ""},
		{English, "-1/1/2026", "2026-01-01"},
	} {
		got, ok := c.l.ParseDay(c.text, today)
		if ok != (c.want != "") || ok && got.Format(time.DateOnly) != c.want {
			t.Errorf("%s: %q is %s, %t, not %q", c.l, c.text, got.Format(time.DateOnly), ok, c.want)
		}
	}
}

func TestReadDayReadsWhatDateWrites(t *testing.T) {
	for _, l := range Languages() {
		for day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() == 2026; day = day.AddDate(0, 0, 1) {
			if got, ok := l.ParseDay(l.Date(day), day); !ok || !got.Equal(day) {
				t.Fatalf("%s: %q is read as %s, %t", l, l.Date(day), got, ok)
			}
		}
		if got := len(l.Weekday(noon)); got < 10 {
			t.Errorf("%s: %s", l, l.Weekday(noon))
		}
	}
	if got := English.Weekday(noon); got != "Sat, 21 Nov 2026" {
		t.Errorf("got %q", got)
	}
}

func FuzzReadDay(f *testing.F) {
	for _, text := range []string{"24/12/2026", "24 Dec", "29/2", "2026-12-24", "d’agost 1", "١/٢/2026"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, l := range Languages() {
			day, ok := l.ParseDay(text, noon)
			if !ok {
				continue
			}
			if again, ok := l.ParseDay(l.Date(day), noon); !ok || !again.Equal(day) {
				t.Errorf("%s: %q is %s, which is read as %s", l, text, day, again)
			}
		}
	})
}
