package report

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"countersign/core/i18n"
	"countersign/core/stats"
)

// period is a choice of the days that the numbers are about.
type period int

// The periods. Those up to thisYear are the whole week, month, quarter or year that today is in.
const (
	thisWeek period = iota
	thisMonth
	thisQuarter
	thisYear
	allTime
	ownPeriod // between two days that a person chose
)

// storedName is a name in the settings file. It is never translated.
type storedName string

// The names of the periods in the settings. An ownPeriod is not stored.
const (
	storedWeek    storedName = "week"
	storedMonth   storedName = "month"
	storedQuarter storedName = "quarter"
	storedYear    storedName = "year"
	storedAll     storedName = "all"
)

// storedPeriods holds the names of the periods by period.
var storedPeriods = []storedName{storedWeek, storedMonth, storedQuarter, storedYear, storedAll}

// periodOf returns the period that is stored as a name; thisMonth for a name that is unknown.
func periodOf(stored string) period {
	if i := slices.Index(storedPeriods, storedName(stored)); i >= 0 {
		return period(i)
	}
	return thisMonth
}

// name returns the name of the period for a person.
func (p period) name(lang i18n.Language) string {
	return []string{
		lang.Say("review.week"), lang.Say("review.month"), lang.Say("review.quarter"), lang.Say("review.year"), lang.Say("review.whole"), lang.Say("review.own"),
	}[p]
}

// bounds returns the first day of the period that now is in, and the day after its last. For the periods after thisYear
// it returns zero times, which mean no bounds.
func (p period) bounds(now time.Time) (from, to time.Time) {
	y, m, d := now.Date()
	day := func(m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, now.Location()) }
	switch p {
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

// bar is a bar of the chart: the numbers of a day, a week, a month or a year.
type bar struct {
	name              string // in full
	tick              string // below the bar
	signed, notSigned int
}

func (b bar) total() int { return b.signed + b.notSigned }

// barUnit is the time that a bar stands for.
type barUnit int

const (
	dayUnit barUnit = iota
	weekUnit
	monthUnit
	yearUnit
)

// The longest periods, in days, that have a bar for each day, each week and each month. Longer ones have a bar for each
// year.
const (
	maxDaysForDayBars   = 31
	maxDaysForWeekBars  = 130
	maxDaysForMonthBars = 5 * 366
	maxBars             = 60 // the most bars that are drawn; a clock that was once wrong would lead to more
)

// unitOf returns the unit for the bars of a period.
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

// start returns the first day of the unit that t is in, as midnight UTC.
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

// next returns the first day of the unit after the one that begins at t.
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

// barNames returns the full name of the bar of the unit that begins at t, and the short one below it.
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

// chartName returns the title of a chart with such bars.
func (u barUnit) chartName(lang i18n.Language) string {
	return []string{lang.Say("review.by_day"), lang.Say("review.by_week"), lang.Say("review.by_month"), lang.Say("review.by_year")}[u]
}

// barsOf returns the bars for a period, and their unit. The days must be in order. The period begins with the day of from
// and ends before that of to. If from is zero, the bars begin with the first day in days, or six days before the last one
// if days is empty; if to is zero, they end with today, or with a later day in days. Only the last maxBars bars are
// returned, the first of which then includes the numbers of all days before it.
func barsOf(lang i18n.Language, days []stats.Day, from, to, now time.Time) ([]bar, barUnit) {
	midnightUTC := func(t time.Time) time.Time {
		y, m, d := t.Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	if today := midnightUTC(now); to.IsZero() {
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
	from, to = midnightUTC(from), midnightUTC(to)
	u := unitOf(from, to)
	var bars []bar
	var starts []time.Time
	for t := u.start(from); t.Before(to); t = u.next(t) {
		name, tick := u.barNames(lang, t)
		bars, starts = append(bars, bar{name: name, tick: tick}), append(starts, t)
	}
	if n := len(bars); n > maxBars {
		bars, starts = bars[n-maxBars:], starts[n-maxBars:]
	}
	for _, day := range days {
		if len(bars) == 0 {
			break
		}
		i, exact := slices.BinarySearchFunc(starts, dayOf(day), time.Time.Compare)
		if !exact {
			i = max(i-1, 0)
		}
		bars[i].signed += day.Signed
		bars[i].notSigned += day.NotSigned
	}
	return bars, u
}

func dayOf(d stats.Day) time.Time {
	t, _ := time.Parse(time.DateOnly, d.Date) // package stats writes valid days
	return t
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
