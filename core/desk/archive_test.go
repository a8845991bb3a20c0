package desk

import (
	"context"
	"os"
	"strings"
	"testing"

	"countersign/core/desk/fake"
	"countersign/core/gateway"
	"countersign/core/request"
)

func TestOnlyWhatHasEndedIsArchived(t *testing.T) {
	r := newRig(t)
	q := r.add("one")
	if _, err := r.Archive(t.Context(), q.ID, ""); err == nil || !strings.Contains(err.Error(), "withdraw it first") {
		t.Errorf("a pending request: %v", err)
	}
	q, _ = r.launch("one")
	if _, err := r.Archive(t.Context(), q.ID, ""); err == nil {
		t.Error("a request that is being signed was archived")
	}
	_, err := r.Withdraw(t.Context(), q.ID, "")
	r.must(err)
	if _, err := r.Archive(t.Context(), q.ID, strings.Repeat("x", 5000)); err == nil {
		t.Error("a reason that is too long was accepted")
	}
	after, err := r.Archive(t.Context(), q.ID, " a year\nhas passed ")
	r.must(err)
	if a := after.Archived; a == nil || a.By != "ana" || a.Reason != "a year has passed" {
		t.Errorf("archived: %+v", a)
	}
	again, err := r.Archive(t.Context(), q.ID, "another reason")
	r.must(err)
	if again.Version != after.Version {
		t.Error("archiving it again is in the history")
	}
	after, err = r.Unarchive(t.Context(), q.ID)
	r.must(err)
	if after.Archived != nil || r.last(q.ID).By != "ana" {
		t.Errorf("taken out again: %+v, %+v", after.Archived, r.last(q.ID))
	}
	again, err = r.Unarchive(t.Context(), q.ID)
	r.must(err)
	if again.Version != after.Version {
		t.Error("taking it out again is in the history")
	}
}

// Whether a request is practice is decided when it is added and launched, whatever becomes of its gateway's profile.
func TestARequestStaysPracticeWhenItsGatewayBecomesReal(t *testing.T) {
	r := newRig(t)
	r.setup.Practice = r.completePractice
	r.restart()
	profiles := func(practice string) {
		r.must(os.WriteFile(r.dir.Gateways(), []byte(strings.Replace(fake.Profiles, "[gateways.one]\n", "[gateways.one]\n"+practice, 1)), 0o600))
	}
	profiles("practice = true\n")
	added, other := r.add("one"), r.add("two")
	if !added.Practice || other.Practice {
		t.Errorf("practice: %t and %t", added.Practice, other.Practice)
	}
	launched, _ := r.launch("one")
	profiles("")
	if !r.get(launched.ID).Practice || !r.get(added.ID).Practice {
		t.Error("a practice request became a real one")
	}
	_, err := r.Sign(t.Context(), added.ID)
	r.must(err)
	if q := r.get(added.ID); q.Practice || q.Status != request.Signing {
		t.Errorf("it was launched at a real gateway, and is still practice: %+v", q)
	}
	profiles("practice = true\n")
	if r.get(added.ID).Practice {
		t.Error("a request became practice")
	}
}

func (r *rig) completePractice(_ context.Context, p gateway.Profile) (gateway.Profile, string, error) {
	p.URL = "http://127.0.0.1:1"
	return p, "", nil
}
