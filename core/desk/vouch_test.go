package desk

import (
	"errors"
	"strings"
	"testing"

	"countersign/core/desk/fake"
	"countersign/core/gateway"
	"countersign/core/input"
	"countersign/core/pdf/pdftest"
	"countersign/core/request"
)

// unreadable returns the original with a signature in a format that cannot be checked here.
func unreadable(t testing.TB) []byte {
	sampleFiles(t)
	return pdftest.Embed(t, original, pdftest.SignatureField{SubFilter: "example.signature"}, func([]byte) []byte { return []byte("a signature") })
}

// A gateway that states no outcome itself, and hands over a file that cannot be checked here, has handed over what there
// is: the waiting ends, and nothing is said against the file.
func TestAFileThatCannotBeCheckedEndsTheWaiting(t *testing.T) {
	r := newRig(t)
	r.One.Set(func(f *fake.Gateway) { f.Can.DeleteAfterFetch = true })
	q, _ := r.launch("one")
	outcome := fake.NewOutcome(request.Signed, "", 1)
	outcome.NeedsProof = true
	r.One.Set(func(f *fake.Gateway) { f.Outcomes = map[request.ID]gateway.Outcome{q.ID: outcome} })
	r.hands(q.ID, unreadable(t))
	r.must(r.Refresh(t.Context(), q.ID))
	now := r.get(q.ID)
	if now.Status != request.Signed || now.Outcome.Evidence != request.ByGateway || now.NextStep != request.StepNone || Doubtful(now) {
		t.Fatalf("got %+v", now)
	}
	file := now.Documents[0].Signed
	if file == nil || file.Proves || !file.Unchecked || file.Code != "file_unchecked" || now.FileState() != request.FilesUnchecked {
		t.Fatalf("the file: %+v", file)
	}
	if _, err := r.Vouch(t.Context(), q.ID, " "); err == nil {
		t.Error("somebody vouches without saying how they know")
	}
	for range 2 { // the same word twice is one event
		vouched, err := r.Vouch(t.Context(), q.ID, "Ana signed it in front of me")
		r.must(err)
		if v := vouched.Documents[0].Signed.Voucher; v == nil || v.Note != "Ana signed it in front of me" || v.By != r.cfg.Person || vouched.Version != now.Version+1 {
			t.Fatalf("the voucher: %+v", v)
		}
		if vouched.Outcome.Evidence != request.ByGateway || vouched.NextStep != request.StepNone || vouched.FileState() != request.FilesVouched {
			t.Errorf("after it: %+v", vouched)
		}
	}
}

// What only the browser said is not overruled by a file that cannot be checked.
func TestAFileThatCannotBeCheckedOverrulesNothing(t *testing.T) {
	for code, want := range map[string]request.Evidence{"failed": request.ByBrowser, "rejected": request.ByBrowser, "signed": request.ByGateway} {
		r := newRig(t)
		r.One.Set(func(f *fake.Gateway) { f.Can.DeleteAfterFetch, f.ByBrowser = false, true })
		q, visit := r.launch("one")
		outcome := fake.NewOutcome(request.Signed, "", 1)
		outcome.NeedsProof = true
		r.One.Set(func(f *fake.Gateway) { f.Outcomes = map[request.ID]gateway.Outcome{q.ID: outcome} })
		r.back(visit, "status="+code)
		r.hands(q.ID, unreadable(t))
		for range 2 { // fetched first, then asked about
			r.must(r.Refresh(t.Context(), q.ID))
		}
		if now := r.get(q.ID); string(now.Status) != code || now.Outcome.Evidence != want {
			t.Errorf("%s: got %s by %s", code, now.Status, now.Outcome.Evidence)
		}
	}
}

func TestAFileThatCannotBeCheckedIsAttachedWithAPersonsWord(t *testing.T) {
	r := newRig(t)
	r.One.Set(func(f *fake.Gateway) { f.Can.ReturnsSigned, f.Can.DeleteAfterFetch = false, false })
	q, _ := r.launch("one")
	attach := func(file []byte, note string) (request.Request, error) {
		return r.Attach(t.Context(), q.ID, input.Memory("Signed.pdf", file), note)
	}
	if _, err := attach(unreadable(t), "by courier"); err == nil || !strings.Contains(err.Error(), "not known to be signed") {
		t.Errorf("before the outcome is known: %v", err)
	}
	r.says(q.ID, request.Signed, "finished")
	r.must(r.Refresh(t.Context(), q.ID))
	kept := len(r.documents())
	if _, err := attach(unreadable(t), ""); !errors.Is(err, ErrUnchecked) || !strings.Contains(err.Error(), "cannot be checked here") || len(r.documents()) != kept {
		t.Errorf("without a word: %v", err)
	}
	if _, err := attach(fake.Flipped(signed), "by courier"); err == nil || errors.Is(err, ErrUnchecked) {
		t.Errorf("somebody vouches for a file that was changed: %v", err)
	}
	for range 2 {
		now, err := attach(unreadable(t), "by courier")
		r.must(err)
		file := now.Documents[0].Signed
		if file == nil || file.Voucher == nil || file.Voucher.Note != "by courier" || now.Outcome.Evidence != request.ByGateway || now.Status != request.Signed {
			t.Fatalf("got %+v, %+v", now, file)
		}
	}
	if n := r.kinds(q.ID); n[len(n)-1] != request.KindVouched || n[len(n)-2] != request.KindStored {
		t.Errorf("events: %v", n)
	}
	now, err := attach(signed, "by courier") // it proves itself, and needs nobody's word
	r.must(err)
	if file := now.Documents[0].Signed; !file.Proves || file.Voucher != nil || now.Outcome.Evidence != request.ByDocument {
		t.Errorf("after a proof: %+v", file)
	}
	if _, err := attach(unreadable(t), "by courier"); err == nil || !strings.Contains(err.Error(), "already has a file that proves") {
		t.Errorf("after a proof: %v", err)
	}
	if _, err := r.Vouch(t.Context(), q.ID, "by courier"); err == nil || !strings.Contains(err.Error(), "no file to vouch for") {
		t.Errorf("vouched for a proof: %v", err)
	}
}

// A request that was made elsewhere has nothing to compare a file with, but the signature has to be readable.
func TestASignatureThatCannotBeReadNeedsAPersonsWord(t *testing.T) {
	r := newRig(t)
	r.One.Set(func(f *fake.Gateway) { f.Can.AcceptsIDs = true })
	q, err := r.Add(t.Context(), New{Gateway: "one", RemoteID: "27"})
	r.must(err)
	_, err = r.Sign(t.Context(), q.ID)
	r.must(err)
	file := input.Memory("Signed.pdf", unreadable(t))
	if _, err := r.Attach(t.Context(), q.ID, file, ""); !errors.Is(err, ErrUnchecked) {
		t.Errorf("without a word: %v", err)
	}
	now, err := r.Attach(t.Context(), q.ID, file, "Ana mailed it")
	r.must(err)
	if len(now.Attached) != 1 || now.Attached[0].Voucher == nil || now.Attached[0].Voucher.Note != "Ana mailed it" {
		t.Errorf("got %+v", now.Attached)
	}
}
