package desk

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/core/input"
	"countersign/core/ledger"
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

func TestWhatPeopleTypeIsKeptWholeOrRefused(t *testing.T) {
	r := newRig(t)
	fits, long := "né\n"+strings.Repeat("x", 252), "né\n"+strings.Repeat("x", 253)
	q := r.add("one")
	q, err := r.Edit(t.Context(), q.ID, fits, fits, "")
	r.must(err)
	q, err = r.Withdraw(t.Context(), q.ID, fits)
	r.must(err)
	want := strings.ReplaceAll(fits, "\n", " ")
	for _, text := range []string{q.Title, q.Reference, r.last(q.ID).Reason} {
		if text != want {
			t.Errorf("%q is kept of %q", text, fits)
		}
	}
	q, err = r.Reopen(t.Context(), q.ID)
	r.must(err)
	note := strings.Repeat("x", 4001)
	ended := r.add("one")
	ended, err = r.Withdraw(t.Context(), ended.ID, "")
	r.must(err)
	signer := func(s request.Signer) error {
		_, err := r.Add(t.Context(), New{Gateway: "one", Files: []input.File{input.Memory("Lease.pdf", original)}, Signers: []request.Signer{s}})
		return err
	}
	for say, do := range map[string]func() error{
		"the title has 256 characters, and at most 255 fit":  func() error { _, err := r.Edit(t.Context(), q.ID, long, "", ""); return err },
		"the reference has 256 characters":                   func() error { _, err := r.Edit(t.Context(), q.ID, q.Title, long, ""); return err },
		"the reason has 256 characters":                      func() error { _, err := r.Withdraw(t.Context(), q.ID, long); return err },
		"the note has 4001 characters, and at most 4000 fit": func() error { _, err := r.Review(t.Context(), ended.ID, request.SentBack, note); return err },
		"note has 4001 characters":                           func() error { _, err := r.Vouch(t.Context(), q.ID, note); return err },
		"the note has 4001": func() error {
			_, err := r.Attach(t.Context(), q.ID, input.Memory("Lease.pdf", original), note)
			return err
		},
		"the name of a person has 256 characters":    func() error { return signer(request.Signer{Name: long}) },
		"the e-mail address has 256 characters":      func() error { return signer(request.Signer{Name: "Ana", Email: long}) },
		"the reason for signing has 4001 characters": func() error { return CheckSignature(&request.SignatureOptions{Reason: note}) },
		"the name of the signature field has 256":    func() error { return CheckSignature(&request.SignatureOptions{Field: long}) },
	} {
		if err := do(); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("%s: got %v", say, err)
		}
	}
	if diff := cmp.Diff(q, r.get(q.ID)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(ended, r.get(ended.ID)); diff != "" {
		t.Error(diff)
	}
}

// A title that was made of the names of files may be longer than one that people type; it does not keep them from changing
// the rest.
func TestWhatIsNotChangedIsNotRefused(t *testing.T) {
	r := newRig(t)
	q := r.add("one")
	old := strings.Repeat("x", 300)
	_, err := r.ledger.Append(t.Context(), ledger.Change{ID: q.ID, Version: q.Version, Events: []request.Event{{Kind: request.KindEdited, Edited: &request.Edited{Title: old, Reference: old}}}})
	r.must(err)
	q, err = r.Edit(t.Context(), q.ID, old, old, "2026-12-24")
	if r.must(err); q.Title != old || q.Due != "2026-12-24" {
		t.Errorf("%+v", q)
	}
}
