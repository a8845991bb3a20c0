package ledger

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"
	"pgregory.net/rapid"

	"countersign/core/request"
)

// plans are limits that lead to each of the ways in which a search can be answered. The first are
// those of the program.
var plans = []struct {
	name                          string
	common, few, counted, skipped int
}{
	{"as it comes", defaultLimits.commonHits, defaultLimits.maxCandidates, defaultLimits.maxCounted, defaultLimits.maxSkipped},
	{"candidates are read", math.MaxInt, math.MaxInt, math.MaxInt, 0},
	{"rows are walked, candidates read", keysPerRead - 1, 0, 0, math.MaxInt},
	{"rows are walked, candidates looked up", math.MaxInt, math.MaxInt, 0, 0},
	{"rows are walked, all are read", 0, 0, 0, 0},
	{"some words are common", 2, 1, 0, 2},
}

// newQuery draws a query, and returns its search also as the prefixes that find takes.
func (h *history) newQuery() (q Query, beginnings []string) {
	moment := func(what string) time.Time { // the time of an event, or a nanosecond before or after it, or zero
		times := []time.Time{{}, start, h.now.Add(time.Minute)}
		for _, id := range h.ids() {
			times = append(times, h.model[id].UpdatedAt)
			for _, at := range []*time.Time{h.model[id].LaunchedAt, h.model[id].EndedAt} {
				if at != nil {
					times = append(times, *at)
				}
			}
		}
		at := rapid.SampledFrom(times).Draw(h.t, what)
		if at.IsZero() {
			return at
		}
		return at.Add(time.Duration(rapid.IntRange(-1, 1).Draw(h.t, "nanoseconds")))
	}
	if rapid.Bool().Draw(h.t, "narrow") { // all conditions together would leave few rows
		q.Search = rapid.SampledFrom(slices.Sorted(maps.Keys(typed))).Draw(h.t, "search")
		q.Statuses = rapid.SliceOfN(rapid.SampledFrom(request.Statuses()), 0, 4).Draw(h.t, "statuses")
		q.Gateway = rapid.SampledFrom(append([]string{"", "off"}, gateways...)).Draw(h.t, "gateway")
	}
	q.Order = SortOrder(rapid.IntRange(0, int(ByReviewedBy)).Draw(h.t, "order"))
	q.Reverse = rapid.Bool().Draw(h.t, "reverse")
	if rapid.IntRange(0, 2).Draw(h.t, "decided") == 0 {
		q.Decision = rapid.SampledFrom(request.Decisions()).Draw(h.t, "decision")
	}
	q.None = rapid.IntRange(0, 20).Draw(h.t, "none") == 0
	among := rapid.SampledFrom([]Among{Both, Both, Without, Only})
	q.Archived, q.Practice = among.Draw(h.t, "archived"), among.Draw(h.t, "practice")
	switch rapid.IntRange(0, 10).Draw(h.t, "condition") {
	case 0:
		q.Person = rapid.SampledFrom(append([]string{"an"}, people...)).Draw(h.t, "person")
	case 1:
		q.From, q.To = moment("from"), moment("to")
	case 2:
		q.DueBy = rapid.SampledFrom([]string{"2026-02-28", "2026-03-01", "2026-03-02", "2027-01-01"}).Draw(h.t, "due")
	case 3:
		q.LeftBefore = moment("out")
	case 4:
		q.From, q.DueBy, q.LeftBefore = moment("from"), rapid.SampledFrom(dates).Draw(h.t, "due"), moment("out")
	case 5:
		q.EndedFrom, q.EndedTo = moment("ended from"), moment("ended to")
	case 6:
		q.EndedFrom, q.To, q.DueBy = moment("ended from"), moment("to"), rapid.SampledFrom(dates).Draw(h.t, "due")
	case 7:
		q.LaunchFailed = true
	case 8:
		q.AddedOrLaunchedBy = rapid.SampledFrom(append([]string{"an"}, people...)).Draw(h.t, "added or launched by")
	case 9:
		q.Desk = rapid.SampledFrom(append([]string{"not"}, desks[1:]...)).Draw(h.t, "desk")
	}
	if rapid.Bool().Draw(h.t, "other times") {
		q.LeftBeforeByGateway = map[string]time.Time{rapid.SampledFrom(gateways).Draw(h.t, "gateway with another time"): moment("other time")}
	}
	return q, typed[q.Search]
}

func TestQueriesAgreeWithTheModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := newHistory(rt, t)
		defer h.close()
		for range 5 {
			q, beginnings := h.newQuery()
			want := h.find(q, beginnings)
			q.Skip, q.Limit = rapid.IntRange(0, 4).Draw(rt, "skip"), rapid.IntRange(1, 4).Draw(rt, "limit")
			for _, plan := range plans {
				h.ledger.commonHits, h.ledger.maxCandidates, h.ledger.maxCounted, h.ledger.maxSkipped = plan.common, plan.few, plan.counted, plan.skipped
				got := h.pages(q, len(want))
				if diff := cmp.Diff(want[min(q.Skip, len(want)):], got); diff != "" {
					rt.Fatalf("%s: %+v (-want +got):\n%s", plan.name, q, diff)
				}
				h.compareIDs(q, want)
				h.compareCount(q, len(want))
			}
		}
	})
}

// compareIDs compares the first ids of a query with the expected rows.
func (h *history) compareIDs(q Query, want []request.ID) {
	got, err := h.ledger.IDs(h.t.Context(), q, q.Limit)
	if err != nil {
		h.t.Fatal(err)
	}
	want = want[min(q.Skip, len(want)):]
	if diff := cmp.Diff(want[:min(q.Limit, len(want))], got, emptyIsNil); diff != "" {
		h.t.Fatalf("ids of %+v (-want +got):\n%s", q, diff)
	}
}

// compareCount counts a query with limits below, at and above the number of its rows.
func (h *history) compareCount(q Query, total int) {
	for _, atMost := range []int{0, max(0, total-1), total, total + 1} {
		n, more, err := h.ledger.Count(h.t.Context(), q, atMost)
		if err != nil {
			h.t.Fatal(err)
		}
		exact := n == total && !more
		byKeys := q
		byKeys.AddedOrLaunchedBy = ""
		if cut := n == atMost && more && atMost < total; !cut && !exact || exact && atMost < total && !h.onlyStatuses(byKeys) {
			h.t.Fatalf("counted %d, more %t, of %d, to %d: %+v", n, more, total, atMost, q)
		}
	}
}

func (h *history) onlyStatuses(q Query) bool {
	return q.Gateway == "" && q.Person == "" && q.AddedOrLaunchedBy == "" && q.Desk == "" && q.From.IsZero() && q.To.IsZero() && q.DueBy == "" && q.LeftBefore.IsZero() && !q.hasEndedRange() && len(typed[q.Search]) == 0
}

// pages reads all pages of a query.
func (h *history) pages(q Query, total int) []request.ID {
	all := []request.ID{}
	for {
		page, err := h.ledger.Query(h.t.Context(), q)
		if err != nil {
			h.t.Fatal(err)
		}
		for _, r := range page.Requests {
			if diff := cmp.Diff(h.model[r.ID].Request.Version, r.Version); diff != "" {
				h.t.Fatalf("%s is at another version (-want +got):\n%s", r.ID, diff)
			}
		}
		if page.Total != total && (page.Total != -1 || h.onlyStatuses(q)) {
			h.t.Fatalf("total %d, not %d: %+v", page.Total, total, q)
		}
		if len(page.Requests) > q.Limit || (page.Next != "" && len(page.Requests) < q.Limit) {
			h.t.Fatalf("%d rows on a page of %d, next %q", len(page.Requests), q.Limit, page.Next)
		}
		all = append(all, ids(page.Requests)...)
		if page.Next == "" {
			return all
		}
		q.After, q.Skip = page.Next, 0
	}
}

// Rows that change while pages are read move to the front of their equals. Every row that does not
// change is returned once, and no row is returned twice.
func TestPagesGoOnWhileRowsMove(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := newHistory(rt, t)
		defer h.close()
		h.now = h.now.Add(time.Hour) // later changes are the newest
		plan := rapid.SampledFrom(plans).Draw(rt, "plan")
		h.ledger.commonHits, h.ledger.maxCandidates, h.ledger.maxCounted, h.ledger.maxSkipped = plan.common, plan.few, plan.counted, plan.skipped
		search := rapid.SampledFrom([]string{"", "acta"}).Draw(rt, "search")
		before, moved, met := h.find(Query{}, nil), map[request.ID]bool{}, []request.ID{}
		q := Query{Search: search, Limit: rapid.IntRange(1, 3).Draw(rt, "limit"), Order: SortOrder(rapid.IntRange(0, int(ByReviewedBy)).Draw(rt, "order"))}
		for {
			page, err := h.ledger.Query(rt.Context(), q)
			if err != nil {
				rt.Fatal(err)
			}
			met = append(met, ids(page.Requests)...)
			if page.Next == "" {
				break
			}
			q.After = page.Next
			h.now = h.now.Add(time.Second)
			id := rapid.SampledFrom(before).Draw(rt, "moves")
			h.append(h.extend(h.model[id], returned("late")))
			moved[id] = true
		}
		if slices.Sort(met); len(slices.Compact(slices.Clone(met))) != len(met) {
			rt.Fatalf("a row was returned twice: %v", met)
		}
		for _, id := range before {
			if !moved[id] && !slices.Contains(met, id) {
				rt.Fatalf("%s did not change and was not returned: %v", id, met)
			}
		}
	})
}

func TestCountsAndUnfinishedRequestsAgreeWithTheModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := newHistory(rt, t)
		defer h.close()
		counts, unfinished := map[request.Status]int{}, []request.ID{}
		for _, s := range request.Statuses() {
			counts[s] = 0
		}
		for _, id := range h.ids() {
			m := h.model[id]
			counts[m.Status]++
			if m.HasPendingWork() {
				unfinished = append(unfinished, id)
			}
			r, err := h.ledger.Get(rt.Context(), id)
			if err != nil {
				rt.Fatal(err)
			}
			if diff := cmp.Diff(m.Request, r, emptyIsNil, noAddresses); diff != "" {
				rt.Fatalf("%s (-want +got):\n%s", id, diff)
			}
			if r.Visit != nil && (r.Visit.URL != "" && r.Visit.ReturnURL != "") != m.AwaitsReturn() {
				rt.Fatalf("%s is %s and has the addresses %q and %q", id, r.Status, r.Visit.URL, r.Visit.ReturnURL)
			}
			events, err := h.ledger.Events(rt.Context(), id)
			if err != nil {
				rt.Fatal(err)
			}
			if diff := cmp.Diff(m.events, events, emptyIsNil, noAddresses); diff != "" {
				rt.Fatalf("history of %s (-want +got):\n%s", id, diff)
			}
		}
		for _, archived := range []Among{Without, Only} {
			for _, practice := range []Among{Without, Only} {
				some, err := h.ledger.CountByStatus(rt.Context(), archived, practice)
				if err != nil {
					rt.Fatal(err)
				}
				for s, n := range some {
					if want := len(h.find(Query{Statuses: []request.Status{s}, Archived: archived, Practice: practice}, nil)); n != want {
						rt.Fatalf("%d of %s, archived %d, practice %d, instead of %d", n, s, archived, practice, want)
					}
				}
			}
		}
		got, err := h.ledger.CountByStatus(rt.Context(), Both, Both)
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(counts, got); diff != "" {
			rt.Fatalf("counts (-want +got):\n%s", diff)
		}
		open, err := h.ledger.Unfinished(rt.Context())
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(unfinished, ids(open), emptyIsNil); diff != "" {
			rt.Fatalf("unfinished (-want +got):\n%s", diff)
		}
	})
}

func TestRequestsAreFoundByPrefix(t *testing.T) {
	l := mustNew(t)
	for _, id := range []request.ID{"018f-1", "018f-2", "018f-22", "0190-1"} {
		mustAppend(t, l, id, added("A"))
	}
	tests := []struct {
		prefix string
		limit  int
		want   []request.ID
	}{
		{"018f", 9, []request.ID{"018f-1", "018f-2", "018f-22"}},
		{"018f", 2, []request.ID{"018f-1", "018f-2"}},
		{"018f-2", 9, []request.ID{"018f-2", "018f-22"}},
		{"018f-22", 1, []request.ID{"018f-22"}},
		{"", 1, []request.ID{"018f-1"}},
		{"018g", 9, nil},
		{"0190-1x", 9, nil},
		{"018f", 0, nil},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%q, at most %d", test.prefix, test.limit), func(t *testing.T) {
			got, err := l.FindByPrefix(t.Context(), test.prefix, test.limit)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("ids (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUnknownKeysAreNotFound(t *testing.T) {
	l := mustNew(t)
	mustAppend(t, l, "ab", added("A"), launched("ab", "ticket"))
	_, noRequest := l.Get(t.Context(), "a")
	_, noHistory := l.Events(t.Context(), "a")
	_, noVisit := l.Visit(t.Context(), "tick")
	_, noTicket := l.Visit(t.Context(), "")
	_, idForTicket := l.VisitByTicket(t.Context(), string(request.VisitIDOf("ticket")))
	for i, err := range []error{noRequest, noHistory, noVisit, noTicket, idForTicket} {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("%d: %v", i, err)
		}
	}
}

func TestVisitIsFoundByItsIDAndByItsTicket(t *testing.T) {
	l := mustNew(t)
	visit := request.Visit{
		ID: request.VisitIDOf("t1"), Gateway: "office", Requests: []request.ID{"a", "b"}, ProcessID: "p", URL: "https://office.example", ReturnURL: "http://127.0.0.1:1/return/t1",
		RemoteIDs: map[request.ID]request.RemoteIDs{"a": {Request: "r", Documents: []string{"d"}}}, Notes: []string{"odd"},
	}
	together := request.Event{Kind: request.KindLaunched, Visit: &visit}
	mustChange(
		t, l,
		Change{ID: "a", Events: []request.Event{added("A"), together}},
		Change{ID: "b", Events: []request.Event{added("B"), together}},
	)
	byID, err := l.Visit(t.Context(), visit.ID)
	byTicket, ticketErr := l.VisitByTicket(t.Context(), "t1")
	if err := errors.Join(err, ticketErr); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(visit, byTicket); diff != "" {
		t.Errorf("visit by its ticket (-want +got):\n%s", diff)
	}
	visit.URL, visit.ReturnURL = "", "" // who has only the id gets no address
	if diff := cmp.Diff(visit, byID); diff != "" {
		t.Errorf("visit by its id (-want +got):\n%s", diff)
	}
}

func TestTheDefaultPageHasAHundredRows(t *testing.T) {
	l := mustNew(t)
	var changes []Change
	for i := range defaultLimit + 1 {
		changes = append(changes, Change{ID: request.ID(fmt.Sprintf("%03d", i)), Events: []request.Event{added("A")}})
	}
	mustChange(t, l, changes...)
	page := mustQuery(t, l, Query{})
	if len(page.Requests) != defaultLimit || page.Total != defaultLimit+1 || page.Next == "" {
		t.Errorf("%d rows of %d, next %q", len(page.Requests), page.Total, page.Next)
	}
	if rest := mustQuery(t, l, Query{After: page.Next}); len(rest.Requests) != 1 || rest.Next != "" {
		t.Errorf("%d rows behind them, next %q", len(rest.Requests), rest.Next)
	}
	if beyond := mustQuery(t, l, Query{Skip: 1000}); len(beyond.Requests) != 0 || beyond.Total != defaultLimit+1 {
		t.Errorf("%d rows beyond the last, of %d", len(beyond.Requests), beyond.Total)
	}
}

func TestAnInvalidQueryIsAnError(t *testing.T) {
	l := mustNew(t)
	mustAppend(t, l, "a", added("A"))
	mustAppend(t, l, "b", added("B"))
	other := mustQuery(t, l, Query{Limit: 1}).Next
	for name, q := range map[string]Query{
		"a status that does not exist":   {Statuses: []request.Status{request.Signed, "lost"}},
		"an order that does not exist":   {Order: ByReviewedBy + 1},
		"an order that is only an index": {Order: byLaunch},
		"a cursor of another order":      {Order: ByTitle, After: other},
		"a decision that does not exist": {Decision: "perhaps"},
		"a day that does not exist":      {DueBy: "2026-02-30"},
	} {
		_, viewed := l.Query(t.Context(), q)
		_, listed := l.IDs(t.Context(), q, 1)
		if viewed == nil || listed == nil {
			t.Errorf("%s: %v, %v", name, viewed, listed)
		}
	}
}

func TestASearchCanBeCanceled(t *testing.T) {
	l := mustNew(t)
	mustAppend(t, l, "a", added("A"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Query(ctx, Query{Search: "a"}); !errors.Is(err, context.Canceled) {
		t.Errorf("error: %v", err)
	}
}

// A gateway is found by its exact name in Query.Gateway, and never by a search.
func TestAGatewayIsFoundByItsFilterAlone(t *testing.T) {
	l := mustNew(t)
	mustAppend(t, l, "a", added("A"))
	for name, q := range map[string]Query{
		"its name as a search":          {Search: "office"},
		"its name with the prefix":      {Search: gatewayPrefix + "office"},
		"the beginning of its name":     {Gateway: "off"},
		"its name in another case":      {Gateway: "OFFICE"},
		"its name and a term of others": {Gateway: "office", Search: "b"},
	} {
		if page := mustQuery(t, l, q); len(page.Requests) > 0 {
			t.Errorf("%s finds it", name)
		}
	}
	if page := mustQuery(t, l, Query{Gateway: "office", Search: "a"}); len(page.Requests) != 1 {
		t.Error("its name and a term do not find it")
	}
}

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
	l.commonHits = defaultLimits.commonHits // now the term decides which rows to read
	if n, more := count(Query{Person: "ana"}); n != 5 || more {
		t.Errorf("of candidates: %d, more %t", n, more)
	}
}

// What a page costs does not grow with the ledger: one of these is six times as large as the other.
func TestAPageCostsTheSameInALargeLedger(t *testing.T) {
	const middle = -1
	small, large := mustFill(t, 400), mustFill(t, 2400)
	cost := func(l *Ledger, q Query) int {
		l.maxCandidates, l.maxCounted, l.commonHits, l.maxSkipped = 60, 10, 300, 100
		if q.Skip == middle {
			q.Skip = mustQuery(t, l, Query{}).Total / 2
		}
		p, err := l.planQuery(q)
		if err != nil {
			t.Fatal(err)
		}
		err = l.readTx(t.Context(), func(tx *bolt.Tx) error {
			if page, err := p.page(t.Context(), tx); err != nil || len(page.Requests) != q.Limit {
				t.Errorf("%d rows, %v", len(page.Requests), err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return p.keys + keysPerRead*p.reads
	}
	for name, q := range map[string]Query{
		"no condition":          {Order: ByTitle},
		"the middle of all":     {Order: ByCreated, Skip: middle},
		"the middle, backwards": {Order: ByTitle, Skip: middle, Reverse: true},
		"a word that all have":  {Search: "oficina"},
		"a word that some have": {Search: "1", Reverse: true},
		"common words":          {Search: "oficina 1", Person: "clerk 1", Order: ByReference},
		"what a person handles": {AddedOrLaunchedBy: "clerk 2", Order: ByReference},
		"four conditions":       {Statuses: []request.Status{request.Rejected, request.Failed}, Decision: request.Undecided, Archived: Without, Person: "clerk 4", Order: ByDue},
	} {
		t.Run(name, func(t *testing.T) {
			q.Limit = 5
			ofSmall, ofLarge := cost(small, q), cost(large, q)
			if t.Logf("%d and %d", ofSmall, ofLarge); ofLarge > 3*ofSmall {
				t.Errorf("it costs %d in a small ledger and %d in a large one", ofSmall, ofLarge)
			}
		})
	}
}

// The sidebar counts what is to be done of a person's requests, of which there may be many from former years.
func TestToCountOpenRequestsOfAPersonCostsWhatIsOpen(t *testing.T) {
	l := mustNew(t)
	mustChange(t, l, additions(0, 1000)...)
	var done []Change
	for _, c := range additions(0, 990) {
		done = append(done, Change{ID: c.ID, Version: 1, Events: []request.Event{withdrawn}})
	}
	mustChange(t, l, done...)
	launch := launched(string(additions(991, 1)[0].ID), "t")
	launch.By, launch.Desk = "clerk 2", "front"
	mustAppend(t, l, additions(991, 1)[0].ID, launch) // clerk 1 has added it
	for _, test := range []struct {
		q                 Query
		n, keys, requests int
	}{
		{Query{AddedOrLaunchedBy: "clerk 2"}, 201, 8, 0},
		{Query{AddedOrLaunchedBy: "clerk 1"}, 200, 8, 0},
		{Query{AddedOrLaunchedBy: "clerk 2", Statuses: []request.Status{request.Signing}}, 1, 2, 0},
		{Query{AddedOrLaunchedBy: "clerk 2", Statuses: []request.Status{request.Pending}}, 2, 2, 0},
		{Query{AddedOrLaunchedBy: "clerk 2", Statuses: []request.Status{request.Pending}, DueBy: "2026-03-01"}, 0, 20, 10},
		{Query{AddedOrLaunchedBy: "clerk 2", Statuses: []request.Status{request.Withdrawn}}, 198, 4, 0},
		{Query{AddedOrLaunchedBy: "nobody"}, 0, 6, 0},
	} {
		p, err := l.planQuery(test.q)
		if err != nil {
			t.Fatal(err)
		}
		err = l.readTx(t.Context(), func(tx *bolt.Tx) error {
			n, more, err := p.count(t.Context(), tx, 1000)
			if n != test.n || more || p.keys > test.keys || p.reads > test.requests {
				t.Errorf("%+v: %d, %v; %d keys and %d requests were read, and may be %d and %d", test.q, n, more, p.keys, p.reads, test.keys, test.requests)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// The keys of people whose names sort alike do not tell them apart.
func TestRequestsOfPeopleWhoseNamesSortAlikeAreCounted(t *testing.T) {
	l := mustNew(t)
	for i, person := range []string{"max", "Max", "màx", "clara", "", " "} {
		e := added("A")
		e.By = person
		mustAppend(t, l, request.ID(fmt.Sprint(i)), e)
	}
	launch := launched("3", "t")
	launch.By, launch.Desk = "CLARA", "front"
	mustAppend(t, l, "3", launch)
	for _, person := range []string{"max", "Max", "clara", "CLARA", " "} {
		if n, more, err := l.Count(t.Context(), Query{AddedOrLaunchedBy: person}, 10); n != 1 || more || err != nil {
			t.Errorf("%q: %d, %v, %v", person, n, more, err)
		}
	}
}

// People see how many requests a search or a filter finds, and not only that there are more than on the first page.
func TestSomeHundredHitsAreCounted(t *testing.T) {
	l := mustFill(t, 2000)
	for name, q := range map[string]Query{
		"a person": {Person: "clerk 4"}, "a person who adds or launches": {AddedOrLaunchedBy: "clerk 4"}, "a word": {Search: "1999"}, "both": {Person: "clerk 4", Search: "oficina"},
	} {
		q.Limit = 2000
		all := mustQuery(t, l, q)
		q.Limit = 5
		if page := mustQuery(t, l, q); page.Total != len(all.Requests) || page.Total == 0 {
			t.Errorf("%s: %d rows, not %d", name, page.Total, len(all.Requests))
		}
	}
}

func TestRowsAreSkippedByCountsAsByWalking(t *testing.T) {
	l := mustFill(t, 2000)
	for o := ByChanged; o.Valid(); o++ {
		for _, q := range []Query{
			{Order: o},
			{Order: o, Reverse: true, Practice: Without, Statuses: []request.Status{request.Signed, request.Rejected, request.Signing}},
			{Order: o, Archived: Only, After: mustQuery(t, l, Query{Order: o, Skip: 100, Limit: 1}).Next},
		} {
			q.Limit = 3
			for q.Skip = 0; q.Skip < 2500; q.Skip = q.Skip*2 + 101 {
				l.maxSkipped = math.MaxInt
				want := mustQuery(t, l, q)
				l.maxSkipped = 0
				if diff := cmp.Diff(want, mustQuery(t, l, q)); diff != "" {
					t.Fatalf("%+v (-walked +counted):\n%s", q, diff)
				}
			}
		}
	}
}

func TestNobodyLeftBeforeTheZeroTime(t *testing.T) {
	l := mustNew(t)
	mustAppend(t, l, "a", added("A"), launched("a", "t"))
	q := Query{Gateway: mustGet(t, l, "a").Gateway, LeftBefore: start.Add(time.Hour)}
	if page := mustQuery(t, l, q); page.Total != 1 {
		t.Fatalf("%d rows", page.Total)
	}
	q.LeftBeforeByGateway = map[string]time.Time{q.Gateway: {}}
	if page := mustQuery(t, l, q); page.Total != 0 || len(page.Requests) != 0 {
		t.Errorf("%d rows of %d for a gateway with the zero time", len(page.Requests), page.Total)
	}
}
