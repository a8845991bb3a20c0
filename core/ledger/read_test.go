package ledger

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/core/request"
)

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
	for digest, want := range map[string][]request.ID{"abc": {"2"}, "def": {"2", "1"}, "abcd": {"3"}, "ab": nil, "": nil, "made later": nil} {
		got, err := l.FindByDocument(t.Context(), digest)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("with %q (-want +got):\n%s", digest, diff)
		}
	}
}

func TestRequestsAreFoundByRemoteID(t *testing.T) {
	l := mustNew(t)
	given := added("A")
	given.Added.RemoteID = "27"
	mustAppend(t, l, "b", given)
	mustAppend(t, l, "a", given)
	mustAppend(t, l, "c", added("C"))
	for at, want := range map[[2]string][]request.ID{
		{"office", "27"}: {"b", "a"}, {"office", "2"}: nil, {"offic", "27"}: nil, {"office", "270"}: nil, {"office2", "7"}: nil, {"office", ""}: nil,
	} {
		got, err := l.FindByRemoteID(t.Context(), at[0], at[1])
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
	if diff := cmp.Diff([]string{"a\x01b", "an", "ana", "ana\x01", "ana b", strings.Repeat("x", maxName)}, people); diff != "" {
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

func TestDesksAreListedOnce(t *testing.T) {
	l := mustNew(t)
	for i, desk := range []string{"front", "", "back", "front"} {
		e := launched(benchID(i), fmt.Sprint("t", i))
		e.Desk = desk
		mustAppend(t, l, request.ID(benchID(i)), added("A"), e)
	}
	used, err := l.DesksUsed(t.Context())
	if err != nil || !slices.Equal(used, []string{"back", "front"}) {
		t.Errorf("got %q, %v", used, err)
	}
}
