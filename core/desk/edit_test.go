package desk

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"countersign/core/request"
)

func TestWhatARequestIsCalledCanBeEditedAtAnyTime(t *testing.T) {
	r := newRig(t)
	q, _ := r.launch("one")
	after, err := r.Edit(t.Context(), q.ID, " The\nlease ", "L-7", "2026-12-24")
	r.must(err)
	if after.Title != "The lease" || after.Reference != "L-7" || after.Due != "2026-12-24" || after.Status != request.Signing {
		t.Errorf("got %+v", after)
	}
	if e := r.last(q.ID); e.Kind != request.KindEdited || e.By != "ana" {
		t.Errorf("got %+v", e)
	}
	// The same edit once more records nothing.
	again, err := r.Edit(t.Context(), q.ID, "The lease", "L-7", "2026-12-24")
	r.must(err)
	if again.Version != after.Version {
		t.Error("an edit that changes nothing is in the history")
	}
	after, err = r.Edit(t.Context(), q.ID, "The lease", "", "")
	r.must(err)
	if after.Reference != "" || after.Due != "" {
		t.Errorf("got %+v", after)
	}
}

func TestAnEditThatMakesNoSenseIsRefused(t *testing.T) {
	r := newRig(t)
	q := r.add("one")
	for name, test := range map[string]struct{ title, due, say string }{
		"no title":             {" \n\u202e ", "", "needs a title"},
		"a date that is none":  {"Lease", "24.12.2026", "enter it like 2026-12-24"},
		"a day that is no day": {"Lease", "2026-02-30", "enter it like 2026-12-24"},
	} {
		if _, err := r.Edit(t.Context(), q.ID, test.title, "", test.due); err == nil || !strings.Contains(err.Error(), test.say) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if diff := cmp.Diff(q, r.get(q.ID)); diff != "" {
		t.Error(diff)
	}
}

func TestWordsOfPeopleAreBoundedLines(t *testing.T) {
	r := newRig(t)
	long := strings.Repeat("né\n", 500)
	q := r.add("one")
	q, err := r.Edit(t.Context(), q.ID, long, long, "")
	r.must(err)
	_, err = r.Withdraw(t.Context(), q.ID, long)
	r.must(err)
	for _, text := range []string{q.Title, q.Reference, r.last(q.ID).Reason} {
		if text == "" || utf8.RuneCountInString(text) > 200 || strings.Contains(text, "\n") {
			t.Errorf("it has %d characters: %q", utf8.RuneCountInString(text), text)
		}
	}
}
