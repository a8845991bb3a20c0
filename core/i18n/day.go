package i18n

import (
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Weekday returns the date of t with its day of the week.
func (l Language) Weekday(t time.Time) string {
	return l.Say("win.weekday", strings.Fields(l.Say("win.weekdays"))[t.Weekday()], l.Date(t))
}

// ParseDay parses a date as people write it: 24/12/2026, 24.12.26, 24 December 2026, 24 Dec, or
// 2026-12-24. The day comes before the month, unless the month is a word or, in English, the
// second number cannot be a month. A date without a year is the first one not before notBefore.
// A year of two digits is after 2000. The result is midnight UTC. ok is false if text is no date.
func (l Language) ParseDay(text string, notBefore time.Time) (day time.Time, ok bool) {
	parts := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune("/.-,’'", r)
	})
	parts = significant(parts)
	if len(parts) == 3 && len(parts[0]) == 4 { // year first
		parts[0], parts[2] = parts[2], parts[0]
	}
	if len(parts) != 2 && len(parts) != 3 {
		return time.Time{}, false
	}
	d, month := parseNumber(parts[0]), parseNumber(parts[1])
	switch {
	case d > 0 && month == 0:
		month = l.monthOf(parts[1])
	case d == 0 && month > 0:
		d, month = month, l.monthOf(parts[0])
	case l == English && month > 12:
		d, month = month, d
	}
	if len(parts) == 3 {
		year := parseNumber(parts[2])
		if len(parts[2]) == 2 {
			year += 2000
		}
		return validDate(year, month, d)
	}
	for year := notBefore.Year(); year <= notBefore.Year()+8; year++ { // eight years suffice for February 29
		if t, ok := validDate(year, month, d); ok && t.Format(time.DateOnly) >= notBefore.Format(time.DateOnly) {
			return t, true
		}
	}
	return time.Time{}, false
}

// validDate returns a date at midnight UTC, and whether there is such a date, in a year from
// 1900 to 9999.
func validDate(year, month, day int) (time.Time, bool) {
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	return t, year >= 1900 && year <= 9999 && t.Year() == year && int(t.Month()) == month && t.Day() == day
}

// parseNumber returns the number that digits stand for, or 0 if it has more than four
// characters or is no number.
func parseNumber(digits string) int {
	if len(digits) > 4 {
		return 0
	}
	n, err := strconv.ParseUint(digits, 10, 16)
	if err != nil {
		return 0
	}
	return int(n)
}

// significant returns parts without the words that link them, as in "24 de diciembre de 2026",
// and without English ordinal endings.
func significant(parts []string) []string {
	var kept []string
	for _, p := range parts {
		switch p {
		case "de", "del", "d", "le", "of":
		default:
			kept = append(kept, strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(p, "th"), "st"), "nd"), "rd"))
		}
	}
	return kept
}

// monthOf returns the number of the month that word names: word begins with the short name of
// the month, or is the first three or more letters of it. It returns 0 if there is no such
// month, or more than one.
func (l Language) monthOf(word string) int {
	found := 0
	word = withoutAccents.Replace(word)
	for i, name := range strings.Fields(l.Say("format.months")) {
		name = strings.TrimSuffix(withoutAccents.Replace(strings.ToLower(name)), ".")
		if strings.HasPrefix(word, name) || len(word) >= 3 && strings.HasPrefix(name, word) {
			if found != 0 {
				return 0
			}
			found = i + 1
		}
	}
	return found
}

// withoutAccents removes the accents of the months' names.
var withoutAccents = strings.NewReplacer("é", "e", "è", "e", "û", "u", "ç", "c")
