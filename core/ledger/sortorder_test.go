package ledger

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"countersign/core/request"
)

func TestTextsSortAsPeopleExpect(t *testing.T) {
	want := []string{
		" 2026", "acta", "ACTA 2", "Ágora", "árbol", "Avenida", "contrato", "Contrato de " + strings.Repeat("é", 3*maxSortText), "ñandú", "nz", "Straße", "zeta", "Ωmega", "",
	}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortStableFunc(got, func(a, b string) int { return strings.Compare(normalizeSortText(a), normalizeSortText(b)) })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	for _, empty := range []string{"", " ", "\t\u00a0", "\x00"} {
		if normalizeSortText(empty) != lastSortText {
			t.Errorf("%q sorts as %q", empty, normalizeSortText(empty))
		}
	}
}

// The sort key of any text is bounded, and contains no zero byte before its end.
func FuzzNormalizeSortText(f *testing.F) {
	for _, text := range []string{"", " ", "Contratación", "\x00a\x00", "\xff\xfe", strings.Repeat("é", 500), strings.Repeat("\u0301", 500), "\ufdfa", "İ"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := normalizeSortText(text)
		if got == "" || len(got) > maxSortText || strings.Contains(got, "\x00") || got != lastSortText && !utf8.ValidString(got) {
			t.Errorf("%q sorts as %q", text, got)
		}
		r := request.Request{ID: "id", Version: 1, Title: text, Status: request.Pending, CreatedAt: start, UpdatedAt: start}
		for _, key := range sortKeysOf(r, 7) {
			if numberInSortKey(key) != 7 || changedInSortKey(key) != descending(start.UnixMilli()) {
				t.Errorf("%q is stored as %q", text, key)
			}
		}
	})
}

func TestTimesSortByTheMillisecond(t *testing.T) {
	times := []time.Time{
		start, start.Add(-time.Nanosecond), start.Add(-time.Millisecond), time.Unix(0, 1), time.Unix(0, 0), time.Unix(0, -1), time.Unix(0, -1e6), {},
	}
	want := []uint64{}
	for _, at := range times {
		want = append(want, descending(ceilMillis(at)))
	}
	if !slices.IsSorted(want) || want[0] != want[1] || want[1] == want[2] || want[3] == want[4] || want[4] != want[5] || want[5] == want[6] {
		t.Errorf("numbers: %x", want)
	}
}
