package ledger

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"countersign/core/request"
)

func TestTheOutboxKeepsEachReturnOnce(t *testing.T) {
	l := mustJoin(t, newOffice(), "front")
	first := KeptReturn{At: start, Return: request.Return{VisitID: request.VisitIDOf(longTicket), Query: map[string][]string{"error": {"denied"}}}}
	again := KeptReturn{At: start.Add(time.Minute), Return: first.Return}
	other := KeptReturn{At: start.Add(time.Minute), Return: request.Return{VisitID: first.Return.VisitID}}
	for _, k := range []KeptReturn{first, again, other} {
		if err := l.KeepReturn(t.Context(), k); err != nil {
			t.Fatal(err)
		}
	}
	byTime := func(a, b KeptReturn) int { return a.At.Compare(b.At) }
	want := []KeptReturn{first, other}
	for _, when := range []string{"kept", "rebuilt", "opened again"} {
		got, err := l.KeptReturns(t.Context())
		slices.SortFunc(got, byTime)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", when, err, diff)
		}
		if when == "kept" {
			mustEqualItsRebuild(t, l)
		} else {
			l = mustOpen(t, l.dir, l.opts)
		}
	}
	if err := l.RemoveReturn(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if got, err := l.KeptReturns(t.Context()); err != nil || !cmp.Equal(got, []KeptReturn{other}) {
		t.Errorf("after one was handed in: %+v, %v", got, err)
	}
}

func TestAHomeOfItsOwnHasNoOutbox(t *testing.T) {
	l := mustNew(t)
	if err := l.KeepReturn(t.Context(), KeptReturn{}); !errors.Is(err, ErrOtherOffice) {
		t.Errorf("keep: %v", err)
	}
	if got, err := l.KeptReturns(t.Context()); err != nil || len(got) > 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestPracticeRequestsDoNotEnterAnOffice(t *testing.T) {
	o := newOffice()
	l := mustJoin(t, o, "front")
	practice := addedWithout("A")
	practice.Added.Practice = new(bool)
	*practice.Added.Practice = true
	if _, err := l.Append(t.Context(), Change{ID: "a", Events: []request.Event{practice}}); !errors.Is(err, ErrPractice) {
		t.Errorf("added: %v", err)
	}
	mustAppend(t, l, "a", addedWithout("A"))
	launch := launched("a", longTicket)
	launch.Visit.Practice = practice.Added.Practice
	if _, err := l.Append(t.Context(), Change{ID: "a", Version: 1, Events: []request.Event{launch}}); !errors.Is(err, ErrPractice) {
		t.Errorf("launched: %v", err)
	}
	if len(o.entries) != 1 {
		t.Errorf("the office has %d entries", len(o.entries))
	}
}

// A watch of a copy tells of what happened to requests, and of nothing that somebody has only claimed.
func TestAWatchLeavesOutWhatDoesNotFit(t *testing.T) {
	o := newOffice()
	l := mustJoin(t, o, "front")
	mustAppend(t, l, "a", addedWithout("A"))
	notices, err := l.Watch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	o.add(asEvent(request.OfficeID, 1, `{"seq":1,"kind":"desk_joined"}`))
	o.add(asEvent("a", 2, `{"seq":2,"kind":"launched"}`))
	o.add(asEvent("a", 3, `{"seq":3,"at":"2026-03-01T09:00:00Z","kind":"withdrawn"}`))
	mustCatchUp(t, l)
	notice := <-notices
	if notice.Missed || len(notice.Events) != 1 || notice.Events[0].Event.Kind != request.KindWithdrawn {
		t.Errorf("%+v", notice)
	}
}
