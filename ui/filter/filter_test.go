package filter

import (
	"testing"
	"time"

	"countersign/core/ledger"
)

// A list of what has been silent for days has a bound of its own.
func TestAFilterByDaysDoesNotWidenTheListThatItFilters(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.Local)
	bound := now.AddDate(0, 0, -7)
	for last, want := range map[string]time.Time{
		"2026-11-20": bound,
		"2026-11-14": bound,
		"":           bound,
		"2026-11-01": time.Date(2026, 11, 2, 0, 0, 0, 0, time.Local),
	} {
		f := Filters{changed: customDays, from: "2026-10-01", to: last}
		if got := f.Apply(ledger.Query{To: bound}, now).To; !got.Equal(want) {
			t.Errorf("until %q: the bound is %v, not %v", last, got, want)
		}
	}
	if got := (Filters{changed: customDays, to: "2026-11-20"}).Apply(ledger.Query{}, now).To; got.Day() != 21 || got.Hour() != 0 {
		t.Errorf("without a bound: %v", got)
	}
}
