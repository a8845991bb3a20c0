package main

import (
	"fmt"
	"time"
)

// days parses the days of --from and --to, both inclusive. It returns the beginning of the first day and
// the end of the last, which is the beginning of the day after; for an empty flag it returns the zero
// time. It returns a [usageError] for a flag that is not a date, or when to is before from.
func days(from, to string, zone *time.Location) (since, until time.Time, err error) {
	if since, err = day("--from", from, zone); err != nil {
		return since, until, err
	}
	if until, err = day("--to", to, zone); err != nil {
		return since, until, err
	}
	if until.IsZero() {
		return since, until, nil
	}
	until = until.AddDate(0, 0, 1)
	if !since.Before(until) {
		return since, until, usageError("--to is before --from: exchange the two days")
	}
	return since, until, nil
}

// day returns when the typed day begins in zone, or the zero time when typed is empty. It returns a
// [usageError] that names the flag when typed is not a date.
func day(flag, typed string, zone *time.Location) (time.Time, error) {
	if typed == "" {
		return time.Time{}, nil
	}
	at, err := time.ParseInLocation(time.DateOnly, typed, zone)
	if err != nil {
		return time.Time{}, usageError(fmt.Sprintf("%s %q is not a date: enter it like 2026-12-24", flag, typed))
	}
	return at, nil
}
