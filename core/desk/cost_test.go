package desk

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"countersign/core/desk/fake"
	"countersign/core/gateway"
	"countersign/core/ledger"
	"countersign/core/request"
)

// commits returns how many transactions have been committed to the ledger's file: the larger one of the numbers in its two meta pages.
func (r *rig) commits() uint64 {
	r.Helper()
	file, err := os.ReadFile(filepath.Join(r.dir.Path(), ledger.FileName))
	r.must(err)
	const number = 16 + 48 // behind the header of the page, and the fields before it
	return max(binary.LittleEndian.Uint64(file[number:]), binary.LittleEndian.Uint64(file[os.Getpagesize()+number:]))
}

// Who comes back waits for one commit, and the outcome takes another. Most of what a return costs are the pages that each of them writes.
func TestAReturnAndItsOutcomeTakeTwoCommits(t *testing.T) {
	r := newRig(t)
	q, v := r.launch("one")
	answers := make(chan struct{})
	r.One.Set(func(g *fake.Gateway) {
		g.AtAsk = func() { <-answers }
		g.Outcomes = map[request.ID]gateway.Outcome{q.ID: fake.NewOutcome(request.Canceled, "canceled", 1)}
	})
	stop := r.run()
	before := r.commits()
	returnAll(t, []string{v.ReturnURL + "?status=canceled"})
	if n := r.commits() - before; n != 1 {
		t.Errorf("%d commits before the browser has its page", n)
	}
	close(answers)
	r.until(q.ID, func(q request.Request) bool { return q.Status == request.Canceled })
	stop()
	if n := r.commits() - before; n != 2 {
		t.Errorf("%d commits for a return and its outcome", n)
	}
	want := []request.EventKind{request.KindAdded, request.KindLaunched, request.KindReturned, request.KindAnswered}
	if got := r.kinds(q.ID); !slices.Equal(got, want) {
		t.Errorf("events %v", got)
	}
	if calls := r.One.Seen(); !slices.Equal(calls, []string{"prepare 1", "ask"}) {
		t.Errorf("calls of the gateway: %v", calls)
	}
}
