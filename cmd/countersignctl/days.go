package main

import (
	"fmt"
	"time"
)

// days reads the days of --from and --to, both inclusive. It returns the first moment that counts
// and the first that no longer does, zero for a flag that is empty.
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
		return since, until, usageError("--to is before --from: nothing could be in between")
	}
	return since, until, nil
}

// day returns when a day begins; the zero time when none was typed.
func day(flag, typed string, zone *time.Location) (time.Time, error) {
	if typed == "" {
		return time.Time{}, nil
	}
	at, err := time.ParseInLocation(time.DateOnly, typed, zone)
	if err != nil {
		return time.Time{}, usageError(fmt.Sprintf("%s %q is not a date: write it like 2026-12-24", flag, typed))
	}
	return at, nil
}
