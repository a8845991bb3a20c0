package request_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/core/request"
)

func TestArchivingSaysWhoAndWhy(t *testing.T) {
	archived := request.Event{Kind: request.KindArchived, By: "ana", Reason: "the year is over"}
	r := mustFold(t, added(1), launched("t1"), answered(request.Rejected, request.ByGateway), archived)
	want := &request.Archived{By: "ana", At: r.UpdatedAt, Reason: "the year is over"}
	if diff := cmp.Diff(want, r.Archived); diff != "" {
		t.Errorf("archived (-want +got):\n%s", diff)
	}
	if again := mustFold(t, added(1), launched("t1"), answered(request.Rejected, request.ByGateway), archived, request.Event{Kind: request.KindUnarchived}); again.Archived != nil {
		t.Errorf("taken out again: %+v", again.Archived)
	}
	if open := mustFold(t, added(1), launched("t1"), answered(request.Rejected, request.ByGateway), archived, request.Event{Kind: request.KindReopened}); open.Archived != nil {
		t.Errorf("reopened: %+v", open.Archived)
	}
}

func TestPracticeIsWhatTheEventsSay(t *testing.T) {
	add := func(gateway string, practice *bool) request.Event {
		e := added(1)
		e.Added.Gateway, e.Added.Practice = gateway, practice
		return e
	}
	launch := func(gateway string, practice *bool) request.Event {
		e := launched("t1")
		e.Visit.Gateway, e.Visit.Practice = gateway, practice
		return e
	}
	yes, no := new(true), new(false)
	tests := []struct {
		name   string
		events []request.Event
		want   bool
	}{
		{"an older event with the name of a practice gateway", []request.Event{add("sandbox", nil)}, true},
		{"an older event with the name of the other one", []request.Event{add("sandbox-portasigma", nil)}, true},
		{"an older event with another name", []request.Event{add("office", nil)}, false},
		{"a practice gateway with another name", []request.Event{add("office", yes)}, true},
		{"a real gateway with the name of a practice gateway", []request.Event{add("sandbox", no)}, false},
		{"a launch that says nothing", []request.Event{add("office", yes), launch("office", nil)}, true},
		{"the gateway became real before the launch", []request.Event{add("office", yes), launch("office", no)}, false},
		{"the gateway became a practice gateway before the launch", []request.Event{add("office", nil), launch("office", yes)}, true},
	}
	for _, test := range tests {
		if got := mustFold(t, test.events...).Practice; got != test.want {
			t.Errorf("%s: practice %t", test.name, got)
		}
	}
}

func TestMostEventsDoNotSayThatTheirGatewayIsReal(t *testing.T) {
	if p := request.StatePractice("office", false); p != nil {
		t.Errorf("a real gateway: %t", *p)
	}
	for _, name := range []string{"office", "sandbox"} {
		if p := request.StatePractice(name, true); p == nil || !*p {
			t.Errorf("%s as a practice gateway: %v", name, p)
		}
	}
	if p := request.StatePractice("sandbox", false); p == nil || *p {
		t.Errorf("a real gateway with the name of a practice gateway: %v", p)
	}
}
