package ledger

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"countersign/core/request"
)

// newPending returns a call of Append that is not in a queue.
func newPending(ctx context.Context, changes ...Change) *pendingAppend {
	return &pendingAppend{ctx: ctx, changes: changes}
}

func addition(name string) Change {
	return Change{ID: request.ID(name), Events: []request.Event{added(name)}}
}

func TestACallThatFailsLeavesTheOthersOfItsGroupAlone(t *testing.T) {
	l := mustNew(t)
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	ctx := t.Context()
	group := []*pendingAppend{
		newPending(ctx, addition("a")),
		newPending(ctx, addition("b"), Change{ID: "c", Events: []request.Event{reopened}}), // the second cannot happen
		newPending(canceled, addition("d")),
		newPending(ctx, addition("a")),                                                                  // is there already, by then
		newPending(ctx, Change{ID: "a", Version: 1, Events: []request.Event{withdrawn}}, addition("e")), // of a request of the same group
	}
	l.writing.Lock()
	l.writeGroup(group)
	l.writing.Unlock()
	for i, want := range []error{nil, request.ErrIllegal, context.Canceled, ErrConflict, nil} {
		if p := group[i]; !p.done || !errors.Is(p.err, want) || (p.err == nil) != (want == nil) {
			t.Errorf("call %d: %t, %v, want %v", i, p.done, p.err, want)
		}
	}
	if after := group[4].after; len(after) != 2 || after[0].Status != request.Withdrawn || after[1].ID != "e" {
		t.Errorf("the results of the last call are %+v", after)
	}
	for id, there := range map[request.ID]bool{"a": true, "b": false, "c": false, "d": false, "e": true} {
		if _, err := l.Get(t.Context(), id); (err == nil) != there {
			t.Errorf("%s: %v", id, err)
		}
	}
	if fault := mustAudit(t, l).Fault; fault != nil {
		t.Error(fault)
	}
}

func TestAGroupIsBoundedAndCallsKeepTheirOrder(t *testing.T) {
	l := mustNew(t)
	large := make([]Change, maxGroup+1)
	for _, size := range []int{1, maxGroup - 1, 1, maxGroup + 1, 2} {
		l.pending = append(l.pending, newPending(t.Context(), large[:size]...))
	}
	for i, want := range []int{2, 1, 1, 1, 0} {
		if got := len(l.nextGroup()); got != want {
			t.Errorf("group %d has %d calls, want %d", i, got, want)
		}
	}
}

func TestManyAppendsAtOnceAreAllWritten(t *testing.T) {
	l := mustNew(t)
	const calls = 3 * maxGroup
	var wait sync.WaitGroup
	for i := range calls {
		wait.Go(func() {
			id := request.ID(fmt.Sprintf("r%03d", i))
			after, err := l.Append(t.Context(), Change{ID: id, Events: []request.Event{added("x")}})
			if err != nil || len(after) != 1 || after[0].ID != id {
				t.Errorf("%s: %+v, %v", id, after, err)
			}
		})
	}
	wait.Wait()
	if n, err := l.lastNumber(t.Context()); n != calls || err != nil {
		t.Errorf("%d entries, %v", n, err)
	}
	if fault := mustAudit(t, l).Fault; fault != nil {
		t.Error(fault)
	}
}
