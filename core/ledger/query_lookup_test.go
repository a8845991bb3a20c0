package ledger

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

// mustFillOffice returns a ledger with n requests of ten people and of three gateways, of which the last is rare. Some of the names are alike.
func mustFillOffice(t *testing.T, n int) *Ledger {
	t.Helper()
	now := start
	l := mustOpen(t, t.TempDir(), Options{Now: func() time.Time { now = now.Add(time.Second); return now }, Exclusive: true})
	people := []string{"ana", "Ana", "bo", "clara", "ana b", "ana\x00b", strings.Repeat("x", 254) + "a", strings.Repeat("x", 254) + "ab", "", "dora"}
	var changes []Change
	for i := range n {
		id := benchID(i)
		e := added(fmt.Sprintf("Contrato %d", i))
		if i%3 == 0 {
			e = added(fmt.Sprintf("Acta %d", i))
		}
		e.By, e.Added.Due = people[i%len(people)], start.AddDate(0, 0, i*7%100).Format(time.DateOnly)
		e.Added.Gateway = []string{"office", "notary"}[i%2]
		if i%30 == 7 {
			e.Added.Gateway = "rare"
		}
		c := Change{ID: request.ID(id), Events: []request.Event{e}}
		if i%4 == 0 {
			launch := launched(id, "t-"+id)
			launch.Visit.Gateway, launch.By, launch.Desk = e.Added.Gateway, people[i/4%len(people)], []string{"front", "back"}[i/4%2]
			c.Events = append(c.Events, launch)
		}
		changes = append(changes, c)
	}
	mustChange(t, l, changes...)
	return l
}

// Which requests match is looked up among the search terms, where these say it, and read where they do not.
func TestRequestsAreLookedUpAsTheyAreRead(t *testing.T) {
	l := mustFillOffice(t, 600)
	usual := l.limits
	for _, q := range []Query{
		{Gateway: "office"},
		{Gateway: "rare", Order: ByTitle},
		{Gateway: "rare", Person: "ana", Order: ByDue, Reverse: true},
		{Gateway: "rare", Statuses: []request.Status{request.Pending}, DueBy: start.AddDate(0, 0, 40).Format(time.DateOnly)},
		{Gateway: "notary", Person: "Ana", Order: ByDue},
		{Person: "ana b", Order: ByTitle},
		{Person: "ana\x00b", Order: ByReference},
		{Person: strings.Repeat("x", 254) + "a", Order: ByTitle},
		{Person: strings.Repeat("x", 254) + "ab", Statuses: []request.Status{request.Pending}},
		{AddedOrLaunchedBy: "bo", Order: ByGateway},
		{AddedOrLaunchedBy: "ana b", Desk: "front"},
		{AddedOrLaunchedBy: "ana b"},
		{AddedOrLaunchedBy: "ana\x00b"},
		{AddedOrLaunchedBy: strings.Repeat("x", 254) + "a"},
		{Desk: "back", Search: "contrato", Order: ByEvidence},
		{Search: "contrato", Order: ByTitle},
		{Search: "contrato 1", Reverse: true},
		{Search: "acta contrato"},
		{Search: "a", Gateway: "office", From: start.Add(100 * time.Millisecond)},
		{Damaged: true},
	} {
		p, err := l.planQuery(q)
		if err != nil {
			t.Fatal(err)
		}
		want := slices.DeleteFunc(mustQuery(t, l, Query{Order: q.Order, Reverse: q.Reverse, Limit: 1000}).Requests, func(r request.Request) bool { return !p.matches(r) })
		for _, limits := range []struct{ candidates, counted, common int }{
			{usual.maxCandidates, usual.maxCounted, usual.commonHits},
			{usual.maxCandidates, 0, usual.commonHits},
			{10, 5, 40},
			{0, 0, 0},
			{math.MaxInt, math.MaxInt, math.MaxInt},
		} {
			l.maxCandidates, l.maxCounted, l.commonHits = limits.candidates, limits.counted, limits.common
			var got []request.ID
			for page := (QueryPage{Next: "first"}); page.Next != ""; {
				if q.After = page.Next; len(got) == 0 {
					q.After = ""
				}
				q.Limit = 7
				if page = mustQuery(t, l, q); page.Total != -1 && page.Total != len(want) {
					t.Fatalf("%+v, %+v: %d rows in all, not %d", limits, q, page.Total, len(want))
				}
				got = append(got, ids(page.Requests)...)
			}
			if diff := cmp.Diff(ids(want), got, emptyIsNil); diff != "" {
				t.Fatalf("%+v, %+v (-read +looked up):\n%s", limits, q, diff)
			}
			q.After = ""
			if n, more, err := l.Count(t.Context(), q, 1000); err != nil || n != len(want) || more {
				t.Errorf("%+v, %+v: counted %d, %t, %v, and there are %d", limits, q, n, more, err, len(want))
			}
		}
		l.limits = usual
	}
}

// However many requests a filter passes, it reads those that it shows.
func TestAFilterReadsWhatItShows(t *testing.T) {
	l := mustFillOffice(t, 2400)
	for name, test := range map[string]struct {
		q     Query
		total int
	}{
		"a frequent word":            {Query{Search: "contrato"}, -1},
		"two of them":                {Query{Search: "CONTR contra", Order: ByTitle}, -1},
		"a person":                   {Query{Person: "clara", Order: ByTitle}, 240},
		"a person with two names":    {Query{Person: "ana b", Order: ByTitle}, 240},
		"a rare gateway, some rows":  {Query{Gateway: "rare", Statuses: []request.Status{request.Pending}, Order: ByDue}, 80},
		"a person and their gateway": {Query{Person: "dora", Gateway: "notary", Order: ByDue}, 240},
		"a gateway":                  {Query{Gateway: "office", Order: ByDue}, -1},
		"six hundred of a gateway":   {Query{Gateway: "office", Statuses: []request.Status{request.Signing}, Order: ByDue}, -1},
	} {
		test.q.Limit = 5
		p, err := l.planQuery(test.q)
		if err != nil {
			t.Fatal(err)
		}
		err = l.readTx(t.Context(), func(tx *bolt.Tx) error {
			page, err := p.page(t.Context(), tx)
			if t.Logf("%s: %d keys", name, p.keys); p.reads != len(page.Requests) || page.Total != test.total {
				t.Errorf("%s: %d requests were read for %d rows of %d, not of %d", name, p.reads, len(page.Requests), page.Total, test.total)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
