package bulk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"countersign/core/i18n"
	"countersign/core/ledger"
	"countersign/core/queue"
	"countersign/core/request"
	"countersign/ui/status"
)

// fakeDesk is a desk with requests in memory.
type fakeDesk struct {
	requests  map[request.ID]request.Request
	refreshed [][]request.ID
	stop      func() // called while requests are refreshed, which it stops; nil for none
}

func (d *fakeDesk) Get(ctx context.Context, id request.ID) (request.Request, error) {
	if r, ok := d.requests[id]; ok {
		return r, ctx.Err()
	}
	return request.Request{}, ledger.ErrNotFound
}

func (d *fakeDesk) Refresh(ctx context.Context, ids ...request.ID) error {
	d.refreshed = append(d.refreshed, slices.Clone(ids))
	if d.stop != nil {
		d.stop()
	}
	return ctx.Err()
}

func (d *fakeDesk) Queue() *queue.Queue { return nil }

func TestARequestThatChangedMeanwhileIsLeftOut(t *testing.T) {
	d := &fakeDesk{requests: map[request.ID]request.Request{"a": {ID: "a", Status: request.Pending}, "b": {ID: "b", Status: request.Withdrawn}, "c": {ID: "c", Status: request.Signing}}}
	var done []request.ID
	r := Each(t.Context(), d, []request.ID{"a", "b", "missing", "c"}, func(int) {}, status.Withdraw, func(id request.ID) error {
		done = append(done, id)
		if id == "c" {
			return errors.New("the gateway is down")
		}
		return nil
	})
	if !slices.Equal(done, []request.ID{"a", "c"}) || r.Done != 1 || r.skipped != 1 || r.failed != 2 {
		t.Errorf("withdrawn are %v: %+v", done, r)
	}
	if said, failed := r.Text(i18n.English, status.Withdraw, false); !failed || said != "1 request was withdrawn. 1 was left unchanged, because there was nothing to do. 2 failures:\nNot found.\nThe gateway is down." {
		t.Errorf("%v: %q", failed, said)
	}
}

func TestManyAreCheckedWithFewCalls(t *testing.T) {
	d := &fakeDesk{requests: map[request.ID]request.Request{}}
	var ids []request.ID
	for i := range 45 {
		id := request.ID(fmt.Sprint(i))
		ids = append(ids, id)
		d.requests[id] = request.Request{ID: id, Status: request.Signing, NextStep: request.StepAsk}
	}
	last := -1
	r := Check(t.Context(), d, ids, func(done int) { last = done })
	if r.Done != 45 || len(d.refreshed) != 3 || last != 44 {
		t.Errorf("%+v with %d calls, the last progress is %d", r, len(d.refreshed), last)
	}
}

func TestAStoppedActionEndsAtOnce(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	d := &fakeDesk{requests: map[request.ID]request.Request{"a": {Status: request.Pending}, "b": {Status: request.Pending}}}
	calls := 0
	r := Each(ctx, d, []request.ID{"a", "b"}, func(int) {}, status.Withdraw, func(request.ID) error {
		calls++
		stop()
		return ctx.Err()
	})
	if calls != 1 || r.Done != 0 || r.failed != 0 {
		t.Errorf("%d calls: %+v", calls, r)
	}
	ctx, stop = context.WithCancel(t.Context())
	d = &fakeDesk{requests: map[request.ID]request.Request{"a": {Status: request.Signing, NextStep: request.StepAsk}}, stop: stop}
	if r := Check(ctx, d, []request.ID{"a"}, func(int) {}); len(d.refreshed) != 1 || r.Done != 0 || r.failed != 0 {
		t.Errorf("a check that was stopped: %+v", r)
	}
}
