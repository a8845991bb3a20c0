package lists

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"countersign/core/i18n"
)

var (
	scientific = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[+-]?[0-9]+([.,][0-9]+)?[eE][+-]?[0-9]+$`) })
	grouped    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[+-]?[0-9]+([.,'’\x{00a0}\x{202f} ][0-9]+)+$`) })
	// The errors of Excel in several languages, what it writes for a column that is too narrow, and the errors of
	// LibreOffice: #REF!, #¿NOMBRE?, #N/A, ####, Err:502.
	spreadsheetError = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(#[¡¿]?[\p{Lu}0-9/_ ]{1,30}[!?]|#\p{Lu}/\p{Lu}|#NV|#{3,}|Err:[0-9]{3})$`)
	})

	// A time of day at the end of a date, with or without a zone.
	timeOfDay = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)(T|,?\s+)[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?\s*([ap]\.?\s?m\.?)?\s*(Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2})?$`)
	})
	numericDate = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^([0-9]{1,2})([/.\-\s]+)([0-9]{1,2})([/.\-\s]+)([0-9]{2}|[0-9]{4})\.?$`)
	})
	// 20261224, as databases export dates.
	compactDate = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(19|20)[0-9]{6}$`) })
	// 00/00/0000, as databases export that there is no date.
	zeroDate = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(0{1,4}[./-]0{1,2}[./-]0{1,4}|0{8})$`) })
)

// cleanDate returns a date in a list without the time of day, without characters for the direction of writing,
// which spreadsheets add to Arabic dates, and with the digits 0 to 9.
func cleanDate(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r), r == '\x00', r == '\x1a':
			return -1
		case r >= '٠' && r <= '٩':
			return '0' + r - '٠'
		case r >= '۰' && r <= '۹':
			return '0' + r - '۰'
		case unicode.IsSpace(r):
			return ' '
		}
		return r
	}, text)
	text = strings.TrimSpace(text)
	if strings.Contains(text, ":") {
		text = strings.TrimSpace(timeOfDay().ReplaceAllString(text, ""))
	}
	return text
}

// parseDate returns the date in a text. Numbers are read in the order day, month, year, or year, month, day.
// In English, the month comes first if monthFirst is set, or if there is no other way to read the date.
// ambiguous reports whether the other order would be a date, too.
func parseDate(text string, lang i18n.Language, monthFirst bool) (day time.Time, ambiguous, ok bool) {
	text = cleanDate(text)
	if compactDate().MatchString(text) {
		day, err := time.Parse("20060102", text)
		return day, false, err == nil
	}
	if parts := numericDate().FindStringSubmatch(text); parts != nil {
		first, _ := strconv.Atoi(parts[1])
		second, _ := strconv.Atoi(parts[3])
		if !isDayFirst(lang) && (second > 12 || monthFirst && first <= 12) {
			parts[1], parts[3] = parts[3], parts[1]
		}
		day, ok = i18n.Spanish.ParseDay(parts[1]+"/"+parts[3]+"/"+parts[5], time.Time{})
		return day, ok && first <= 12 && second <= 12 && first != second, ok
	}
	if !hasYear(text) {
		return time.Time{}, false, false // 24 December: of which year is nobody's guess
	}
	for _, l := range append([]i18n.Language{lang}, i18n.Languages()...) {
		if day, ok = l.ParseDay(withoutWeekday(text), time.Time{}); ok {
			return day, false, true
		}
	}
	return time.Time{}, false, false
}

// hasYear reports whether a date has three parts, or one of four digits.
func hasYear(text string) bool {
	digits := strings.FieldsFunc(text, func(r rune) bool { return r < '0' || r > '9' })
	return len(digits) >= 2 || slices.ContainsFunc(digits, func(d string) bool { return len(d) == 4 })
}

// withoutWeekday returns a date without the name of a day before a comma, as in "Thursday, 24 December 2026".
func withoutWeekday(text string) string {
	before, after, found := strings.Cut(text, ",")
	if found && !strings.ContainsFunc(before, unicode.IsDigit) {
		return after
	}
	return text
}

// orderOf reports whether a date can only be meant with the day first, or only with the month first.
func orderOf(text string) (dayFirst, monthFirst bool) {
	parts := numericDate().FindStringSubmatch(cleanDate(text))
	if parts == nil {
		return false, false
	}
	first, _ := strconv.Atoi(parts[1])
	second, _ := strconv.Atoi(parts[3])
	return first > 12 && second <= 12, second > 12 && first <= 12
}
