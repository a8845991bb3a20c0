package queuebar

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/core/i18n"
	"countersign/core/ledger"
	"countersign/core/queue"
	"countersign/core/request"
	"countersign/ui/kit"
	"countersign/ui/uitest"
)

func TestTheQueueInWords(t *testing.T) {
	visit := &request.Visit{}
	for name, c := range map[string]struct {
		state queue.State
		want  Model
	}{
		"elsewhere": {queue.State{}, Model{}},
		"preparing": {queue.State{Here: true, Out: []request.ID{"a"}, Total: 1}, Model{shown: true, current: "a", currentTitle: "A", count: "Queue: 0 of 1 done", state: "Preparing the next one…"}},
		"late": {
			queue.State{Here: true, Out: []request.ID{"a", "b"}, Visit: visit, Late: true, Done: 3, Total: 5},
			Model{shown: true, late: true, visit: true, current: "a", currentTitle: "A and 1 more", count: "Queue: 3 of 5 done", state: "No answer yet:"},
		},
		"unreadable": {queue.State{Here: true, Reason: "it cannot be read"}, Model{shown: true, count: "Queue: 0 of 0 done", state: "It cannot be read."}},
	} {
		if got := NewModel(i18n.English, c.state, "A"); got != c.want {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

// states is a [Queue] with the given states.
type states []queue.State

func (s states) Watch(context.Context) <-chan queue.State {
	all := make(chan queue.State, len(s))
	for _, one := range s {
		all <- one
	}
	close(all)
	return all
}

func TestTheSumOfARunIsSaidOnce(t *testing.T) {
	statuses := map[request.ID]request.Status{
		"a": request.Signed, "b": request.Rejected, "c": request.Signing, "d": request.Signed, "e": request.Canceled, "f": request.Gone, "g": request.Failed, "h": request.Pending,
	}
	get := func(_ context.Context, id request.ID) (request.Request, error) {
		if s, ok := statuses[id]; ok {
			return request.Request{ID: id, Status: s}, nil
		}
		return request.Request{}, fmt.Errorf("%s: %w", id, ledger.ErrNotFound)
	}
	ids := func(names string) (all []request.ID) {
		for _, n := range names {
			all = append(all, request.ID(n))
		}
		return all
	}
	runs := queue.State{Here: true, Out: ids("x"), Total: 1}
	over := func(names string) queue.State { return queue.State{Here: true, Finished: ids(names)} }
	for name, c := range map[string]struct {
		states states
		want   []string
	}{
		"each outcome":                     {states{{Here: true}, runs, over("abcdefghi")}, []string{"2 signed, 1 rejected, 1 canceled, 1 failed, 1 expired at the gateway, 2 still open"}},
		"changes after it":                 {states{{Here: true}, runs, over("ab"), over("ab")}, []string{"1 signed, 1 rejected"}},
		"two runs":                         {states{{Here: true}, runs, over("ab"), runs, over("ab")}, []string{"1 signed, 1 rejected", "1 signed, 1 rejected"}},
		"no state of the run was seen":     {states{{Here: true}, over("ad")}, []string{"2 signed"}},
		"one request":                      {states{{Here: true}, runs, over("a")}, nil},
		"a run of the last time":           {states{{}, over("ab"), over("ab")}, nil},
		"the queue runs somewhere else":    {states{{Here: true}, runs, {}}, nil},
		"still under way, with a finished": {states{{Here: true}, {Here: true, Out: ids("x"), Finished: ids("ab"), Total: 3}}, nil},
	} {
		var got, notified []string
		Follow(t.Context(), i18n.English, c.states, get, func(m Model) {
			if m.sum {
				got = append(got, m.state)
			}
		}, func(all []request.ID, counts map[request.Status]int) {
			notified = append(notified, NewSum(i18n.English, counts).state)
		})
		if diff := cmp.Diff(c.want, got); diff != "" || !slices.Equal(got, notified) {
			t.Errorf("%s (-want +got):\n%s, and notified %q", name, diff, notified)
		}
	}
}

func TestTheSumStaysUntilItIsClosedOrARunBegins(t *testing.T) {
	uitest.App(t).Settings().SetTheme(kit.Theme(kit.LightLook))
	changes := 0
	b := NewBar(i18n.English, nil, nil, nil, func() { changes++ })
	sum, runs := NewSum(i18n.English, map[request.Status]int{request.Signed: 9, request.Rejected: 1}), NewModel(i18n.English, queue.State{Here: true, Total: 2, Waiting: make([]request.ID, 2)}, "")
	b.Set(runs)
	b.Set(Model{})
	b.Set(sum)
	b.Set(Model{})
	if !b.Root.Visible() || b.Runs() || b.state.Value() != "9 signed, 1 rejected" || b.pause.Visible() || !b.done.Visible() {
		t.Errorf("it shows %+v", b.model)
	}
	b.Set(runs)
	if !b.Runs() || b.done.Visible() || !b.pause.Visible() {
		t.Errorf("the next run: %+v", b.model)
	}
	b.Set(sum)
	b.done.OnTapped()
	if b.Root.Visible() || changes != 4 {
		t.Errorf("closed: %+v after %d changes", b.model, changes)
	}
}
