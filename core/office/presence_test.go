package office_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"countersign/core/office"
	"countersign/core/team"
)

func TestADeskIsAwayWhenItHasSaidNothingForLong(t *testing.T) {
	f := newFixture(t)
	front, floor := f.join(f.clara, "front"), f.join(f.max, "first floor")
	isAway := func(want bool) {
		t.Helper()
		away, err := front.Office.Away(t.Context())
		if err != nil || slices.Contains(away, "first floor") != want || slices.Contains(away, "front") {
			t.Errorf("away are %v, %v", away, err)
		}
	}
	lastSeen := func() time.Time {
		t.Helper()
		desks, err := front.Office.Desks(t.Context())
		if err != nil || len(desks) != 2 || desks[0].Name != "first floor" {
			t.Fatalf("got %+v, %v", desks, err)
		}
		return front.Office.LastSeen(desks[0])
	}
	isAway(true)
	if at := lastSeen(); !at.IsZero() {
		t.Errorf("it was seen at %v", at)
	}
	asked := time.Now()
	if err := floor.Office.StayHere(t.Context()); err != nil {
		t.Fatal(err)
	}
	isAway(false)
	if at := lastSeen(); at.Before(asked.Add(-time.Minute)) || at.After(asked.Add(time.Minute)) {
		t.Errorf("it was seen at %v, and spoke at %v", at, asked)
	}
	for _, other := range []func() (bool, error){
		func() (bool, error) { return floor.Office.TakeOver(t.Context(), "front", "one") },
		func() (bool, error) { return floor.Office.TakeOver(t.Context(), "front", "one") }, // it goes on
		func() (bool, error) { return front.Office.TakeOver(t.Context(), "front", "two") },
	} {
		if has, err := other(); err != nil || !has {
			t.Errorf("it does not get what is free: %v", err)
		}
	}
	if has, err := front.Office.TakeOver(t.Context(), "front", "one"); err != nil || has {
		t.Errorf("two desks have the same: %v", err)
	}
	cluster.MustExec(t, f.owner, f.owner, "UPDATE countersign.leases SET leased_until = clock_timestamp() - interval '1 second'")
	isAway(true)
	if at := lastSeen(); at.IsZero() || at.After(asked.Add(-front.Office.Patience()+time.Minute)) {
		t.Errorf("it was seen at %v", at)
	}
	stop := f.follow(floor)
	f.await(floor, office.Online)
	if err := stop(); err != nil { // it signs
		t.Fatal(err)
	}
	if at := lastSeen(); at.Before(asked.Add(-time.Minute)) {
		t.Errorf("it was seen at %v, and signed later", at)
	}
	if err := f.join(f.ada, "unused").Office.StayHere(t.Context()); !errors.Is(err, team.ErrRefused) {
		t.Errorf("an auditor has no desk: %v", err)
	}
}
