package pdf

import (
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// datePattern matches a date (ISO 32000-1, 7.9.4), and the ways that programs write one beside the standard: without "D:",
// with fractions of a second, without the apostrophes in the offset.
var datePattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:D:)?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:[.,]\d+)?(?:([Zz+-])(?:(\d\d)'?(?:(\d\d)'?)?)?)?$`)
})

// parseDate reads a date with the zone that it states. A date without a zone is read as UTC, and zoneUnknown is set. The
// time is zero for text that is no date.
func parseDate(text string) (at time.Time, zoneUnknown bool) {
	m := datePattern().FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return time.Time{}, false
	}
	number := func(i, otherwise int) int {
		if n, err := strconv.Atoi(m[i]); err == nil {
			return n
		}
		return otherwise
	}
	zone := time.UTC
	if offset := number(8, 0)*3600 + number(9, 0)*60; offset != 0 && m[7] != "" {
		if m[7] == "-" {
			offset = -offset
		}
		zone = time.FixedZone("", offset)
	}
	at = time.Date(number(1, 0), time.Month(number(2, 1)), number(3, 1), number(4, 0), number(5, 0), number(6, 0), 0, zone)
	if at.Month() != time.Month(number(2, 1)) || at.Day() != number(3, 1) || at.Hour() != number(4, 0) || at.Minute() != number(5, 0) {
		return time.Time{}, false // a thirteenth month, or the like
	}
	return at, m[7] == ""
}
