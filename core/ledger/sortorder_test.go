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

// Whatever a text is, its key is bounded and has one end.
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
		for _, key := range sortKeysOf(r) {
			if idInSortKey(key) != "id" || changedInSortKey(key) != descending(start.UnixMilli()) {
				t.Errorf("%q is kept as %q", text, key)
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

func TestRequestsAreFoundByTheirDocuments(t *testing.T) {
	l := mustNew(t)
	with := func(digests ...string) request.Event {
		e := added(strings.Repeat("many words ", maxTerms))
		e.Added.Documents = nil
		for _, d := range digests {
			e.Added.Documents = append(e.Added.Documents, request.Original{Name: "a.pdf", SHA256: d})
		}
		return e
	}
	mustAppend(t, l, "2", with("abc", "def"), withdrawn, reopened)
	mustAppend(t, l, "1", with("def"))
	mustAppend(t, l, "3", with("abcd"))
	signed := request.Event{Kind: request.KindStored, Stored: &request.Stored{SHA256: "made later", Proves: true}}
	mustAppend(t, l, "3", launched("3", "t"), signed)
	for digest, want := range map[string][]request.ID{"abc": {"2"}, "def": {"1", "2"}, "abcd": {"3"}, "ab": nil, "": nil, "made later": nil} {
		got, err := l.WithDocument(t.Context(), digest)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("with %q (-want +got):\n%s", digest, diff)
		}
	}
}

func TestRequestsAreFoundByTheirGivenID(t *testing.T) {
	l := mustNew(t)
	given := added("A")
	given.Added.RemoteID = "27"
	mustAppend(t, l, "b", given)
	mustAppend(t, l, "a", given)
	mustAppend(t, l, "c", added("C"))
	for at, want := range map[[2]string][]request.ID{
		{"office", "27"}: {"a", "b"}, {"office", "2"}: nil, {"offic", "27"}: nil, {"office", "270"}: nil, {"office2", "7"}: nil, {"office", ""}: nil,
	} {
		got, err := l.Given(t.Context(), at[0], at[1])
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%v (-want +got):\n%s", at, diff)
		}
	}
}

func TestPeopleAndGatewaysAreListedOnce(t *testing.T) {
	l := mustNew(t)
	for i, of := range [][2]string{{"ana", "office"}, {"", "office"}, {"ana b", "office 2"}, {"ana", "notary"}, {"an", "Office"}, {"ana\x01", "office"}, {"a\x00b", "office"}, {strings.Repeat("x", 4*maxName), "office"}} {
		e := added("A")
		e.By, e.Added.Gateway = of[0], of[1]
		mustAppend(t, l, request.ID(benchID(i)), e)
	}
	people, err := l.People(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a b", "an", "ana", "ana\x01", "ana b", strings.Repeat("x", maxName)}, people); diff != "" {
		t.Errorf("people (-want +got):\n%s", diff)
	}
	used, err := l.GatewaysUsed(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Office", "notary", "office", "office 2"}, used); diff != "" {
		t.Errorf("gateways (-want +got):\n%s", diff)
	}
	if page := mustQuery(t, l, Query{Person: strings.Repeat("x", 4*maxName), Gateway: "office"}); len(page.Requests) != 1 {
		t.Errorf("a long name finds %d", len(page.Requests))
	}
}

// What is rare among many is not looked for in all of them.
func TestACountGivesUpOnRowsThatAreRare(t *testing.T) {
	l := mustNew(t)
	l.commonHits, l.maxMisses = 0, 10
	var changes []Change
	for i := range 30 {
		c := Change{ID: request.ID(benchID(i)), Events: []request.Event{added("A")}}
		if i%6 == 0 {
			c.Events[0].By = "ana"
		}
		changes = append(changes, c)
	}
	mustChange(t, l, changes...)
	count := func(q Query) (int, bool) {
		n, more, err := l.Count(t.Context(), q, 100)
		if err != nil {
			t.Fatal(err)
		}
		return n, more
	}
	if n, more := count(Query{Person: "ana"}); n == 0 || n == 5 || !more {
		t.Errorf("of many: %d, more %t", n, more)
	}
	if n, more := count(Query{Gateway: "office"}); n != 30 || more {
		t.Errorf("all that is looked at counts: %d, more %t", n, more)
	}
	l.commonHits = defaultLimits.commonHits // now it is known which rows to look at
	if n, more := count(Query{Person: "ana"}); n != 5 || more {
		t.Errorf("of candidates: %d, more %t", n, more)
	}
}
