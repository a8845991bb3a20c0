package i18n

import (
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Weekday writes a day with its day of the week.
func (l Language) Weekday(t time.Time) string {
	return l.Say("win.weekday", strings.Fields(l.Say("win.weekdays"))[t.Weekday()], l.Date(t))
}

// ReadDay reads a day as people write it: 24/12/2026, 24.12.26, 24 December 2026, 24 Dec, or
// 2026-12-24. The day comes before the month, but in English also after it where it can be
// nothing else, and where the month is a word. A day without a year is the first such day that
// is not before another. It is given at midnight UTC.
func (l Language) ReadDay(text string, notBefore time.Time) (time.Time, bool) {
	parts := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune("/.-,’'", r)
	})
	parts = withoutLinks(parts)
	if len(parts) == 3 && len(parts[0]) == 4 { // year first
		parts[0], parts[2] = parts[2], parts[0]
	}
	if len(parts) != 2 && len(parts) != 3 {
		return time.Time{}, false
	}
	day, month := number(parts[0]), number(parts[1])
	switch {
	case day > 0 && month == 0:
		month = l.monthOf(parts[1])
	case day == 0 && month > 0:
		day, month = month, l.monthOf(parts[0])
	case l == English && month > 12:
		day, month = month, day
	}
	if len(parts) == 3 {
		year := number(parts[2])
		if len(parts[2]) == 2 {
			year += 2000
		}
		return dayOf(year, month, day)
	}
	for year := notBefore.Year(); year <= notBefore.Year()+8; year++ { // for the 29th of February
		if t, ok := dayOf(year, month, day); ok && t.Format(time.DateOnly) >= notBefore.Format(time.DateOnly) {
			return t, true
		}
	}
	return time.Time{}, false
}

// dayOf gives a day that there is.
func dayOf(year, month, day int) (time.Time, bool) {
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	return t, year >= 1900 && year <= 9999 && t.Year() == year && int(t.Month()) == month && t.Day() == day
}

// number reads digits; zero stands for none.
func number(digits string) int {
	if len(digits) > 4 {
		return 0
	}
	n, err := strconv.ParseUint(digits, 10, 16)
	if err != nil {
		return 0
	}
	return int(n)
}

// withoutLinks leaves out the words that stand between the parts of a day: 24 de diciembre de 2026.
func withoutLinks(parts []string) []string {
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

// monthOf finds the month that a word can only be, by the beginning of its name; zero for none.
func (l Language) monthOf(word string) int {
	found := 0
	word = bare.Replace(word)
	for i, name := range strings.Fields(l.Say("format.months")) {
		name = strings.TrimSuffix(bare.Replace(strings.ToLower(name)), ".")
		if strings.HasPrefix(word, name) || len(word) >= 3 && strings.HasPrefix(name, word) {
			if found != 0 {
				return 0
			}
			found = i + 1
		}
	}
	return found
}

// bare takes the accents off the names of the months.
var bare = strings.NewReplacer("é", "e", "è", "e", "û", "u", "ç", "c")
