package report

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"countersign/core/i18n"
	"countersign/core/stats"
)

// period is a time that is looked back on.
type period int

// The stretches. Each but the last two is the one that today is in, to its end.
const (
	thisWeek period = iota
	thisMonth
	thisQuarter
	thisYear
	allTime
	ownPeriod // from a day to another that a person gave
)

// storedName is a name in the settings, in every language alike.
type storedName string

// What the stretches are called in the settings. One of a person's own is not kept.
const (
	storedWeek    storedName = "week"
	storedMonth   storedName = "month"
	storedQuarter storedName = "quarter"
	storedYear    storedName = "year"
	storedAll     storedName = "all"
)

// storedPeriods are in the order of the stretches.
var storedPeriods = []storedName{storedWeek, storedMonth, storedQuarter, storedYear, storedAll}

// periodOf is the stretch that the settings name; the usual one where they name none there is.
func periodOf(kept string) period {
	if i := slices.Index(storedPeriods, storedName(kept)); i >= 0 {
		return period(i)
	}
	return thisMonth
}

// name is what a stretch is called in a choice.
func (s period) name(lang i18n.Language) string {
	return []string{
		lang.Say("review.week"), lang.Say("review.month"), lang.Say("review.quarter"), lang.Say("review.year"), lang.Say("review.whole"), lang.Say("review.own"),
	}[s]
}

// bounds are the first day of a stretch and the one after its last. Zero times are no bounds.
func (s period) bounds(now time.Time) (from, to time.Time) {
	y, m, d := now.Date()
	day := func(m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, now.Location()) }
	switch s {
	case thisWeek:
		d -= (int(now.Weekday()) + 6) % 7 // to Monday
		return day(m, d), day(m, d+7)
	case thisMonth:
		return day(m, 1), day(m+1, 1)
	case thisQuarter:
		m -= (m - 1) % 3
		return day(m, 1), day(m+3, 1)
	case thisYear:
		return day(time.January, 1), day(time.January, 1).AddDate(1, 0, 0)
	}
	return time.Time{}, time.Time{}
}

// bar is what a chart shows of a day, a week, a month or a year.
type bar struct {
	name              string // in full
	tick              string // below the bar
	signed, notSigned int
}

func (b bar) total() int { return b.signed + b.notSigned }

// barUnit is what a bar stands for.
type barUnit int

const (
	dayUnit barUnit = iota
	weekUnit
	monthUnit
	yearUnit
)

// Up to how many days there is a bar for each, a bar for each week, and so on.
const (
	maxDaysForDayBars   = 31
	maxDaysForWeekBars  = 130
	maxDaysForMonthBars = 5 * 366
	maxBars             = 60 // clocks that were wrong are no reason for more
)

// unitOf chooses what the bars of a time stand for.
func unitOf(from, to time.Time) barUnit {
	switch days := int(to.Sub(from).Hours()/24 + 0.5); {
	case days <= maxDaysForDayBars:
		return dayUnit
	case days <= maxDaysForWeekBars:
		return weekUnit
	case days <= maxDaysForMonthBars:
		return monthUnit
	}
	return yearUnit
}

// start is the beginning of the unit that a day is in.
func (u barUnit) start(t time.Time) time.Time {
	y, m, d := t.Date()
	switch u {
	case weekUnit:
		d -= (int(t.Weekday()) + 6) % 7
	case monthUnit:
		d = 1
	case yearUnit:
		m, d = time.January, 1
	}
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

func (u barUnit) next(t time.Time) time.Time {
	switch u {
	case weekUnit:
		return t.AddDate(0, 0, 7)
	case monthUnit:
		return t.AddDate(0, 1, 0)
	case yearUnit:
		return t.AddDate(1, 0, 0)
	}
	return t.AddDate(0, 0, 1)
}

func (u barUnit) barNames(lang i18n.Language, t time.Time) (name, tick string) {
	month := strings.Fields(lang.Say("format.months"))[t.Month()-1]
	year := strconv.Itoa(t.Year())
	switch u {
	case weekUnit:
		return lang.Say("review.week_from", lang.Date(t)), lang.Day(t)
	case monthUnit:
		return month + " " + year, month
	case yearUnit:
		return year, year
	}
	return lang.Date(t), lang.Day(t)
}

// chartName is what a chart of bars of that unit is called.
func (u barUnit) chartName(lang i18n.Language) string {
	return []string{lang.Say("review.by_day"), lang.Say("review.by_week"), lang.Say("review.by_month"), lang.Say("review.by_year")}[u]
}

// barsOf puts the days of a time into bars. Where it has no bounds, it is from the first day that
// anything ended on until today.
func barsOf(lang i18n.Language, days []stats.Day, from, to, now time.Time) ([]bar, barUnit) {
	plain := func(t time.Time) time.Time {
		y, m, d := t.Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	if today := plain(now); to.IsZero() {
		to = today.AddDate(0, 0, 1)
		if len(days) > 0 {
			to = later(to, dayOf(days[len(days)-1]).AddDate(0, 0, 1))
		}
	}
	if from.IsZero() {
		from = to.AddDate(0, 0, -7)
		if len(days) > 0 {
			from = dayOf(days[0])
		}
	}
	from, to = plain(from), plain(to)
	u := unitOf(from, to)
	var bars []bar
	var begins []time.Time
	for t := u.start(from); t.Before(to); t = u.next(t) {
		name, tick := u.barNames(lang, t)
		bars, begins = append(bars, bar{name: name, tick: tick}), append(begins, t)
	}
	if n := len(bars); n > maxBars {
		bars, begins = bars[n-maxBars:], begins[n-maxBars:]
	}
	for _, day := range days {
		if len(bars) == 0 {
			break
		}
		i, exact := slices.BinarySearchFunc(begins, dayOf(day), time.Time.Compare)
		if !exact {
			i = max(i-1, 0)
		}
		bars[i].signed += day.Signed
		bars[i].notSigned += day.NotSigned
	}
	return bars, u
}

func dayOf(d stats.Day) time.Time {
	t, _ := time.Parse(time.DateOnly, d.Date) // the desk's own
	return t
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
