package desk

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"countersign/core/desk/fake"
	"countersign/core/gateway"
	"countersign/core/input"
	"countersign/core/pdf/pdftest"
	"countersign/core/request"
)

// addTwo adds and launches a request of two documents. It also returns the content of the second.
func (r *rig) addTwo() (request.Request, request.Visit, []byte) {
	r.Helper()
	sampleFiles(r)
	second := pdftest.Plain(r, "A second lease")
	q, err := r.Add(r.Context(), New{Gateway: "one", Files: []input.File{input.Memory("A.pdf", original), input.Memory("B.pdf", second)}})
	r.must(err)
	visits, err := r.Sign(r.Context(), q.ID)
	r.must(err)
	r.One.Set(func(f *fake.Gateway) {
		f.Outcomes = map[request.ID]gateway.Outcome{q.ID: fake.NewOutcome(request.Signed, "finished", 2)}
	})
	return r.get(q.ID), visits[0], second
}

func (r *rig) handsAll(id request.ID, all ...[]byte) {
	r.One.Set(func(f *fake.Gateway) { f.Files = map[request.ID][][]byte{id: all} })
}

func (r *rig) deleted() bool {
	return slices.ContainsFunc(r.One.Seen(), func(call string) bool { return strings.HasPrefix(call, "discard") })
}

// The copies at the gateway are the only way to get a better file.
func TestCopiesStayWhileOneFileIsDoubtful(t *testing.T) {
	r := newRig(t)
	q, _, second := r.addTwo()
	signedSecond := pdftest.Sign(t, second, "Ana")
	r.handsAll(q.ID, original, signedSecond)
	r.must(r.Refresh(t.Context(), q.ID))
	now := r.get(q.ID)
	if now.NextStep != request.StepNone || now.Outcome.Evidence != request.ByGateway || !now.Documents[1].Signed.Proves || r.deleted() {
		t.Fatalf("got %+v, %v", now, r.One.Seen())
	}
	r.handsAll(q.ID, signed, signedSecond)
	r.must(r.Refresh(t.Context(), q.ID)) // asks again
	r.must(r.Refresh(t.Context(), q.ID)) // deletes
	if now := r.get(q.ID); now.Outcome.Evidence != request.ByDocument || now.NextStep != request.StepNone || !r.deleted() {
		t.Errorf("got %+v", now)
	}
}

func TestAllDoubtfulFilesAreLookedAtAgain(t *testing.T) {
	r := newRig(t)
	q, _, second := r.addTwo()
	signedSecond := pdftest.Sign(t, second, "Ana")
	r.handsAll(q.ID, original, second)
	r.must(r.Refresh(t.Context(), q.ID))
	r.handsAll(q.ID, original, signedSecond) // the first has not changed
	r.must(r.Refresh(t.Context(), q.ID))
	if now := r.get(q.ID); now.Documents[0].Signed.Proves || !now.Documents[1].Signed.Proves || now.NextStep != request.StepNone {
		t.Fatalf("got %+v", now)
	}
	r = newRig(t)
	q, _, second = r.addTwo()
	r.handsAll(q.ID, original, second)
	r.must(r.Refresh(t.Context(), q.ID))
	r.handsAll(q.ID, signed, pdftest.Sign(t, second, "Ana"))
	r.must(r.Refresh(t.Context(), q.ID))
	if now := r.get(q.ID); now.Outcome.Evidence != request.ByDocument || now.NextStep != request.StepDiscard {
		t.Errorf("got %+v", now)
	}
}

func TestAFileThatCannotBeHadKeepsNoOtherAway(t *testing.T) {
	r := newRig(t)
	q, _, second := r.addTwo()
	r.handsAll(q.ID, nil, pdftest.Sign(t, second, "Ana"))
	if err := r.Refresh(t.Context(), q.ID); err == nil {
		t.Error("nothing is missing")
	}
	now := r.get(q.ID)
	if now.Documents[1].Signed == nil || now.NextStep != request.StepFetch || !strings.Contains(now.Trouble, "no signed file") {
		t.Errorf("got %+v", now)
	}
	now, err := r.attach(q.ID, signed)
	r.must(err)
	if now.Outcome.Evidence != request.ByDocument || now.NextStep != request.StepDiscard {
		t.Errorf("the missing one is attached: %+v", now)
	}
}

func TestAnAttachedFileLeavesNothingToBeFetchedForEver(t *testing.T) {
	r := newRig(t)
	q, _, second := r.addTwo()
	r.handsAll(q.ID, original, nil)
	if err := r.Refresh(t.Context(), q.ID); err == nil {
		t.Error("nothing is missing")
	}
	now, err := r.attach(q.ID, pdftest.Sign(t, second, "Ana"))
	r.must(err)
	if now.NextStep != request.StepNone || !Doubtful(now) {
		t.Errorf("got %+v", now)
	}
}

func TestAGoodRequestDoesNotDeleteTheDoubtfulFileOfItsNeighbour(t *testing.T) {
	r := newRig(t)
	a, b := r.add("one"), r.add("one")
	_, err := r.Sign(t.Context(), a.ID, b.ID)
	r.must(err)
	r.One.Set(func(f *fake.Gateway) {
		f.Outcomes = map[request.ID]gateway.Outcome{a.ID: fake.NewOutcome(request.Signed, "finished", 1), b.ID: fake.NewOutcome(request.Signed, "finished", 1)}
		f.Files = map[request.ID][][]byte{a.ID: {original}, b.ID: {signed}}
	})
	r.must(r.Refresh(t.Context(), a.ID, b.ID))
	if r.deleted() || r.get(b.ID).NextStep != request.StepDiscard {
		t.Fatalf("got %v, %+v", r.One.Seen(), r.get(b.ID))
	}
	r.One.Set(func(f *fake.Gateway) { f.Files[a.ID] = [][]byte{signed} })
	r.must(r.Refresh(t.Context(), a.ID))
	r.must(r.Refresh(t.Context(), a.ID))
	if !r.deleted() || r.get(a.ID).NextStep != request.StepNone || r.get(b.ID).NextStep != request.StepNone {
		t.Errorf("once it is good: %v, %+v, %+v", r.One.Seen(), r.get(a.ID), r.get(b.ID))
	}
}

// Deleting is taken up although nobody follows the visit any more.
func TestADeletionThatBecomesDueByAPersonIsDone(t *testing.T) {
	r := newRig(t)
	r.One.Set(func(f *fake.Gateway) { f.ByBrowser, f.AskErr, f.Can.ReturnsSigned = true, gateway.ErrCannotAsk, false })
	stop := r.run()
	defer stop()
	q, visit := r.launch("one")
	r.back(visit, "status=signed")
	if _, err := r.attach(q.ID, signed); err != nil {
		t.Fatal(err)
	}
	r.until(q.ID, func(q request.Request) bool { return q.NextStep == request.StepNone && r.deleted() })
}

// A document that several people sign is not complete with one signature.
func TestSeveralSignersAreAllToSign(t *testing.T) {
	r := newRig(t)
	sampleFiles(t)
	r.One.Set(func(f *fake.Gateway) {
		f.ByBrowser, f.Can.MultiSigner, f.Can.ReturnsSigned, f.Can.DeleteAfterFetch = true, true, false, false
	})
	r.One.Set(func(f *fake.Gateway) { f.AskErr = gateway.ErrCannotAsk })
	q, err := r.Add(t.Context(), New{
		Gateway: "one", Files: []input.File{input.Memory("Lease.pdf", original)}, Signers: []request.Signer{{Name: "Ana"}, {Name: "Bea"}},
	})
	r.must(err)
	visits, err := r.Sign(t.Context(), q.ID)
	r.must(err)
	r.back(visits[0], "status=signed")
	now := r.get(q.ID)
	if now.Status != request.Signing || now.Outcome.Code != "signed" || !strings.Contains(now.Outcome.Message, "Ana has signed, the first of 2") {
		t.Fatalf("after the first: %+v", now)
	}
	if _, err := r.attach(q.ID, signed); err == nil || !strings.Contains(err.Error(), "the file carries 1 of 2") {
		t.Errorf("with one signature: %v", err)
	}
	now, err = r.attach(q.ID, pdftest.Sign(t, signed, "Bea"))
	r.must(err)
	if now.Status != request.Signed || now.Outcome.Evidence != request.ByDocument {
		t.Errorf("after both: %+v", now)
	}
}

// The old session could still be signed on a page that is still open.
func TestTheOldSessionIsDeletedThoughTheRequestWasOpenedAgain(t *testing.T) {
	r := newRig(t)
	q, _ := r.launch("one")
	_, err := r.Withdraw(t.Context(), q.ID, "")
	r.must(err)
	r.One.Set(func(f *fake.Gateway) { f.DiscardErr = fake.ErrDown })
	if err := r.Refresh(t.Context(), q.ID); !errors.Is(err, fake.ErrDown) {
		t.Fatalf("got %v", err)
	}
	_, err = r.Reopen(t.Context(), q.ID)
	r.must(err)
	_, err = r.Sign(t.Context(), q.ID)
	r.must(err)
	r.restart()
	before := len(r.One.Seen())
	r.One.Set(func(f *fake.Gateway) { f.DiscardErr = nil })
	ids, err := r.Unsettled(t.Context())
	r.must(err)
	r.must(r.Refresh(t.Context(), ids...))
	now := r.get(q.ID)
	if calls := r.One.Seen()[before:]; !slices.Contains(calls, "discard p1") || slices.Contains(calls, "discard p2") || len(now.PendingDeletes) > 0 || now.Status != request.Signing {
		t.Errorf("got %v, %+v", calls, now)
	}
}

// A gateway may describe the same fault differently each time.
func TestTheSameFaultIsNotedOnce(t *testing.T) {
	r := newRig(t)
	q, _ := r.launch("one")
	for _, trace := range []string{"a1", "b2", "c3"} {
		r.One.Set(func(f *fake.Gateway) {
			f.AskErr = &gateway.Error{Fault: gateway.ServerError, Gateway: "one", Doing: request.Sentence{Text: "ask for the outcome"}, Status: 500, Message: request.Sentence{Text: "trace " + trace}}
		})
		if err := r.Refresh(t.Context(), q.ID); err == nil {
			t.Error("no fault")
		}
	}
	if kinds := r.behind(q.ID); len(kinds) != 1 || kinds[0] != request.KindTrouble {
		t.Errorf("got %v", kinds)
	}
	r.One.Set(func(f *fake.Gateway) {
		f.AskErr = &gateway.Error{Fault: gateway.ServerError, Gateway: "one", Doing: request.Sentence{Text: "ask for the outcome"}, Status: 502}
	})
	if err := r.Refresh(t.Context(), q.ID); err == nil || len(r.behind(q.ID)) != 2 {
		t.Errorf("another fault: %v, %v", err, r.behind(q.ID))
	}
}
