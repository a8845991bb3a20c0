package i18n

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Number returns n with a separator between thousands.
func (l Language) Number(n int) string {
	digits := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	var groups []string
	for len(digits) > 3 {
		groups = append([]string{digits[len(digits)-3:]}, groups...)
		digits = digits[:len(digits)-3]
	}
	return sign + strings.Join(append([]string{digits}, groups...), l.Say("format.thousands"))
}

// Size returns a number of bytes in bytes, kilobytes, megabytes or gigabytes (powers of 1000).
func (l Language) Size(bytes int64) string {
	switch {
	case bytes < 1000:
		return l.Count("format.bytes", int(bytes))
	case bytes < 999_500:
		return l.Say("format.kilobytes", l.Number(int((bytes+500)/1000)))
	}
	if bytes < 999_950_000 {
		return l.Say("format.megabytes", l.tenths((bytes+50_000)/100_000))
	}
	return l.Say("format.gigabytes", l.tenths(bytes/100_000_000+(bytes%100_000_000+50_000_000)/100_000_000))
}

// Decimal returns a number for a field in which it can be edited: rounded to so many decimals, without zeros at its end and
// without groups of thousands.
func (l Language) Decimal(n float64, decimals int) string {
	unit := math.Pow10(decimals)
	return strings.Replace(strconv.FormatFloat(math.Round(n*unit)/unit, 'f', -1, 64), ".", l.Say("format.decimal"), 1)
}

// tenths returns a number of tenths as a decimal number.
func (l Language) tenths(n int64) string {
	return l.Number(int(n/10)) + l.Say("format.decimal") + strconv.Itoa(int(n%10))
}

// Day returns the day and month of t in its own location, without the year.
func (l Language) Day(t time.Time) string {
	return l.Say("format.day", strconv.Itoa(t.Day()), l.month(t))
}

// Date returns the day, month and year of t in its own location.
func (l Language) Date(t time.Time) string {
	return l.Say("format.date", strconv.Itoa(t.Day()), l.month(t), strconv.Itoa(t.Year()))
}

// Month returns the month and year of t in its own location.
func (l Language) Month(t time.Time) string {
	return l.Say("format.month", l.month(t), strconv.Itoa(t.Year()))
}

// month returns the short name of the month of t.
func (l Language) month(t time.Time) string {
	return strings.Fields(l.Say("format.months"))[t.Month()-1]
}

// Moment returns the local date and time of t, to the minute.
func (l Language) Moment(t time.Time) string {
	t = t.Local()
	return l.Say("format.moment", l.Date(t), t.Format("15:04"))
}

// Duration returns d in whole minutes or, from an hour on, in whole hours. It rounds down.
func (l Language) Duration(d time.Duration) string {
	if d < time.Hour {
		return l.Count("format.minutes", int(d.Minutes()))
	}
	return l.Count("format.hours", int(d.Hours()))
}

// Age returns how long ago the time then was, as seen at the time now, in a text that is short enough
// for a list: "now" in the first minute, the minutes or hours that have passed in the first hour and
// for the rest of the day, "yesterday", or the date, without the year if it is the present one.
func (l Language) Age(now, then time.Time) string {
	now, then = now.Local(), then.Local()
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	switch elapsed := now.Sub(then); {
	case elapsed < time.Minute:
		return l.Say("format.now")
	case elapsed < time.Hour || !then.Before(midnight):
		return l.Duration(elapsed)
	case !then.Before(midnight.AddDate(0, 0, -1)):
		return l.Say("format.yesterday")
	case then.Year() == now.Year():
		return l.Day(then)
	}
	return l.Date(then)
}
