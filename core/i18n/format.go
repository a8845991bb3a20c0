package i18n

import (
	"strconv"
	"strings"
	"time"
)

// Number writes a count with a separator between thousands.
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

// Size writes a number of bytes.
func (l Language) Size(bytes int64) string {
	switch {
	case bytes < 1000:
		return l.Count("format.bytes", int(bytes))
	case bytes < 999_500:
		return l.Say("format.kilobytes", l.Number(int((bytes+500)/1000)))
	}
	tenths := int((bytes + 50_000) / 100_000)
	return l.Say("format.megabytes", l.Number(tenths/10)+l.Say("format.decimal")+strconv.Itoa(tenths%10))
}

// Day writes a day of a year that is clear.
func (l Language) Day(t time.Time) string {
	return l.Say("format.day", strconv.Itoa(t.Day()), l.month(t))
}

// Date writes a day.
func (l Language) Date(t time.Time) string {
	return l.Say("format.date", strconv.Itoa(t.Day()), l.month(t), strconv.Itoa(t.Year()))
}

func (l Language) month(t time.Time) string {
	return strings.Fields(l.Say("format.months"))[t.Month()-1]
}

// Moment writes a day and a time of the day here, to the minute.
func (l Language) Moment(t time.Time) string {
	t = t.Local()
	return l.Say("format.moment", l.Date(t), t.Format("15:04"))
}

// Duration writes how long something takes, in whole minutes or, from an hour on, hours.
func (l Language) Duration(d time.Duration) string {
	if d < time.Hour {
		return l.Count("format.minutes", int(d.Minutes()))
	}
	return l.Count("format.hours", int(d.Hours()))
}

// Age says how long ago something was, as briefly as a list needs it.
func (l Language) Age(now, then time.Time) string {
	now, then = now.Local(), then.Local()
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	switch passed := now.Sub(then); {
	case passed < time.Minute:
		return l.Say("format.now")
	case passed < time.Hour || !then.Before(midnight):
		return l.Duration(passed)
	case !then.Before(midnight.AddDate(0, 0, -1)):
		return l.Say("format.yesterday")
	case then.Year() == now.Year():
		return l.Day(then)
	}
	return l.Date(then)
}
