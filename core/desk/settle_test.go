package desk

import (
	"errors"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/core/desk/fake"
	"countersign/core/explain"
	"countersign/core/gateway"
	"countersign/core/i18n"
	"countersign/core/input"
	"countersign/core/pdf/pdftest"
	"countersign/core/request"
)

// says scripts the outcome that gateway one reports for a request of one document.
func (r *rig) says(id request.ID, s request.Status, code string) {
	r.One.Set(func(f *fake.Gateway) { f.Outcomes = map[request.ID]gateway.Outcome{id: fake.NewOutcome(s, code, 1)} })
}

// hands scripts the signed file that gateway one hands over for a request.
func (r *rig) hands(id request.ID, file []byte) {
	r.One.Set(func(f *fake.Gateway) { f.Files = map[request.ID][][]byte{id: {file}} })
}

// behind returns the kinds of the events after the launch.
func (r *rig) behind(id request.ID) []request.EventKind { return r.kinds(id)[2:] }

// documents returns the names of the kept documents.
func (r *rig) documents() (names []string) {
	r.Helper()
	entries, err := os.ReadDir(filepath.Join(r.dir.Path(), "documents"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		r.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestSettlingAsksFetchesJudgesAndDeletesInThatOrder(t *testing.T) {
	r := newRig(t)
	q, visit := r.launch("one")
	r.hands(q.ID, signed)
	r.must(r.Refresh(t.Context(), q.ID)) // not yet
	if now := r.get(q.ID); now.Status != request.Signing || len(r.behind(q.ID)) != 0 {
		t.Fatalf("got %+v", now)
	}
	r.says(q.ID, request.Signed, "finished")
	r.One.Set(func(f *fake.Gateway) {
		f.AtFetch = func() {
			if now := r.get(q.ID); now.Outcome == nil || now.Outcome.Evidence != request.ByGateway || now.NextStep != request.StepFetch {
				t.Errorf("at the fetch: %+v", now)
			}
		}
		f.AtDiscard = func() {
			if now := r.get(q.ID); now.Outcome.Evidence != request.ByDocument || now.NextStep != request.StepDiscard {
				t.Errorf("at the deletion: %+v", now)
			}
		}
	})
	r.must(r.Refresh(t.Context(), q.ID))
	now := r.get(q.ID)
	if now.Status != request.Signed || now.Outcome.Evidence != request.ByDocument || now.Outcome.Code != "finished" || now.NextStep != request.StepNone || now.Trouble != "" {
		t.Errorf("got %+v", now)
	}
	file := now.Documents[0].Signed
	if file == nil || !file.Proves || file.Size != int64(len(signed)) {
		t.Fatalf("got %+v", file)
	}
	kept, err := os.ReadFile(r.ledger.DocumentPath(file.SHA256))
	if err != nil || !slices.Equal(kept, signed) {
		t.Errorf("%d bytes, %v", len(kept), err)
	}
	if diff := cmp.Diff([]request.EventKind{request.KindAnswered, request.KindStored, request.KindDiscarded}, r.behind(q.ID)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"prepare 1", "ask", "ask", "fetch 0", "discard " + visit.ProcessID}, r.One.Seen()); diff != "" {
		t.Error(diff)
	}
	// Nothing is left to be done, so the gateway is not asked.
	r.must(r.Refresh(t.Context(), q.ID))
	if got := len(r.One.Seen()); got != 5 {
		t.Errorf("asked again: %v", r.One.Seen())
	}
	left, err := filepath.Glob(filepath.Join(r.dir.Path(), "incoming*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestOutcomesWithoutASignatureOweNothing(t *testing.T) {
	for _, status := range []request.Status{request.Rejected, request.Canceled, request.Failed, request.Gone} {
		r := newRig(t)
		q, _ := r.launch("one")
		r.says(q.ID, status, string(status))
		r.must(r.Refresh(t.Context(), q.ID))
		now := r.get(q.ID)
		if now.Status != status || now.NextStep != request.StepNone || now.Outcome.Evidence != request.ByGateway {
			t.Errorf("%s: got %+v", status, now)
		}
	}
}

func TestAWordNobodyKnowsIsKeptOnceAndAskedAbout(t *testing.T) {
	r := newRig(t)
	q, _ := r.launch("one")
	r.says(q.ID, request.Signing, "odd")
	for range 3 {
		r.must(r.Refresh(t.Context(), q.ID))
	}
	if now := r.get(q.ID); now.Status != request.Signing || now.Outcome.Code != "odd" || now.NextStep != request.StepAsk || len(r.behind(q.ID)) != 1 {
		t.Errorf("got %+v, %v", now, r.behind(q.ID))
	}
	r.says(q.ID, request.Canceled, "canceled")
	r.must(r.Refresh(t.Context(), q.ID))
	if now := r.get(q.ID); now.Status != request.Canceled {
		t.Errorf("got %+v", now)
	}
}

func TestAFileThatProvesNothingStaysAtTheGateway(t *testing.T) {
	sampleFiles(t)
	properties := pdftest.Update(t, original, pdftest.Find(t, original, "/Producer").Replace(t, "/Producer", "/Subject (Rent) /Producer"))
	tests := map[string]struct {
		file func() []byte
		say  string
	}{
		"another document":           {func() []byte { return someoneElses }, "does not begin with the bytes that were sent"},
		"what was sent, and no more": {func() []byte { return original }, "exactly what was sent, without a signature"},
		"no signature":               {func() []byte { return unsignedNewer }, "no intact signature"},
		"a signature that is broken": {func() []byte {
			broken := slices.Clone(signed)
			broken[len(original)+40] ^= 1
			return broken
		}, "signature"},
		"cut off": {func() []byte { return signed[:len(signed)-600] }, ""},
		"a page that was exchanged after it was signed": {
			func() []byte { return exchange(t, signed) },
			"changed after its last signature (something else): what it shows is not what was signed",
		},
		"properties that were changed before it was signed, and a page after": {
			func() []byte { return exchange(t, pdftest.Sign(t, properties, "Ana")) },
			"what it shows is not what was signed",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			q, _ := r.launch("one")
			r.says(q.ID, request.Signed, "finished")
			r.hands(q.ID, test.file())
			r.must(r.Refresh(t.Context(), q.ID))
			now := r.get(q.ID)
			file := now.Documents[0].Signed
			if now.Status != request.Signed || now.Outcome.Evidence != request.ByGateway || now.NextStep != request.StepNone {
				t.Errorf("got %+v", now)
			}
			if file == nil || file.Proves || file.Problem == "" || !strings.Contains(file.Problem, test.say) {
				t.Errorf("got %+v", file)
			}
			if slices.ContainsFunc(r.One.Seen(), func(c string) bool { return strings.HasPrefix(c, "discard") }) {
				t.Error("the only copy was deleted")
			}
		})
	}
}

// Many gateways put a stamp on the pages, or fill in a form, before they sign. The signature covers
// that, too.
func TestAFileThatWasChangedBeforeItWasSignedProvesAndWarns(t *testing.T) {
	sampleFiles(t)
	page := pdftest.Find(t, original, "/Type /Page\n")
	note := pdftest.Update(t, original, page.Replace(t, "/Contents", "/Annots [40 0 R] /Contents"),
		pdftest.Object{Number: 40, Body: "<< /Type /Annot /Subtype /FreeText /Rect [10 10 90 30] /Contents (Received) >>"})
	properties := pdftest.Update(t, original, pdftest.Find(t, original, "/Producer").Replace(t, "/Producer", "/Subject (Rent) /Producer"))
	for name, test := range map[string]struct {
		file []byte
		want []string
	}{
		"a page":                        {pdftest.Sign(t, exchange(t, original), "Ana"), []string{"something else"}},
		"a page between two signatures": {pdftest.Sign(t, exchange(t, signed), "Bea"), []string{"something else"}},
		"a note on a page":              {pdftest.Sign(t, note, "Ana"), []string{"annotations"}},
		"properties":                    {pdftest.Sign(t, properties, "Ana"), nil},
		"nothing":                       {signed, nil},
	} {
		for _, by := range []string{"the gateway", "a person"} {
			t.Run(name+" by "+by, func(t *testing.T) {
				r := newRig(t)
				q, _ := r.launch("one")
				r.says(q.ID, request.Signed, "finished")
				if by == "a person" {
					_, err := r.attach(q.ID, test.file)
					r.must(err)
				} else {
					r.hands(q.ID, test.file)
					r.must(r.Refresh(t.Context(), q.ID))
				}
				now := r.get(q.ID)
				file := now.Documents[0].Signed
				if now.Status != request.Signed || now.Outcome.Evidence != request.ByDocument || file == nil || !file.Proves || file.Problem != "" {
					t.Fatalf("got %+v, %+v", now, file)
				}
				if !slices.Equal(file.Changes, test.want) {
					t.Errorf("changed: %v, want %v", file.Changes, test.want)
				}
				if says := explain.Request(now, i18n.English); strings.Contains(says.State, "was changed") != (test.want != nil) {
					t.Errorf("says %+v", says)
				}
			})
		}
	}
}

// exchange appends an update that makes the page show something else.
func exchange(t *testing.T, file []byte) []byte {
	t.Helper()
	return pdftest.Update(t, file, pdftest.Find(t, file, "/Type /Page\n").Replace(t, "/Contents 4 0 R", "/Contents 5 0 R"))
}

// Additions after the signature do no harm when they change nothing, or are further signatures.
func TestAFileProvesWithWhatBelongsToSignatures(t *testing.T) {
	sampleFiles(t)
	for name, file := range map[string][]byte{
		"signed":              signed,
		"signed by two":       pdftest.Sign(t, signed, "Bea"),
		"with a line end":     append(slices.Clone(signed), '\n'),
		"with other metadata": pdftest.Update(t, signed, pdftest.Find(t, signed, "/Producer").Replace(t, "/Producer", "/Subject (Rent) /Producer")),
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			q, _ := r.launch("one")
			r.says(q.ID, request.Signed, "finished")
			r.hands(q.ID, file)
			r.must(r.Refresh(t.Context(), q.ID))
			if now := r.get(q.ID); now.Outcome.Evidence != request.ByDocument {
				t.Errorf("got %+v, %+v", now.Outcome, now.Documents[0].Signed)
			}
		})
	}
}

func TestADownloadThatFailsIsTriedAgain(t *testing.T) {
	tests := map[string]struct {
		script func(*fake.Gateway, request.ID)
		say    string
	}{
		"the gateway is down":        {func(f *fake.Gateway, _ request.ID) { f.FetchErr = fake.ErrDown }, "cannot be reached"},
		"there is no file yet":       {func(*fake.Gateway, request.ID) {}, "no signed file to return yet"},
		"it is a page, and no PDF":   {func(f *fake.Gateway, id request.ID) { f.Files = map[request.ID][][]byte{id: {[]byte("<html>Sign in")}} }, "not a PDF"},
		"it is an answer of nothing": {func(f *fake.Gateway, id request.ID) { f.Files = map[request.ID][][]byte{id: {{}}} }, "not a PDF"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			q, _ := r.launch("one")
			r.says(q.ID, request.Signed, "finished")
			r.One.Set(func(f *fake.Gateway) { test.script(f, q.ID) })
			for range 2 {
				if err := r.Refresh(t.Context(), q.ID); err == nil || !strings.Contains(err.Error(), test.say) {
					t.Errorf("got %v", err)
				}
			}
			now := r.get(q.ID)
			if now.Status != request.Signed || now.Outcome.Evidence != request.ByGateway || now.NextStep != request.StepFetch || !strings.Contains(now.Trouble, test.say) {
				t.Errorf("got %+v", now)
			}
			if diff := cmp.Diff([]request.EventKind{request.KindAnswered, request.KindTrouble}, r.behind(q.ID)); diff != "" {
				t.Error(diff)
			}
			if len(r.documents()) != 1 {
				t.Errorf("something was kept: %v", r.documents())
			}
			r.hands(q.ID, signed)
			r.One.Set(func(f *fake.Gateway) { f.FetchErr = nil })
			r.must(r.Refresh(t.Context(), q.ID))
			if now := r.get(q.ID); now.Outcome.Evidence != request.ByDocument || now.Trouble != "" || now.NextStep != request.StepNone {
				t.Errorf("got %+v", now)
			}
		})
	}
}

func TestTroubleIsKeptOnceForEachReason(t *testing.T) {
	r := newRig(t)
	q, _ := r.launch("one")
	other := *fake.ErrDown
	other.Fault = gateway.ServerError
	for _, err := range []error{fake.ErrDown, fake.ErrDown, &other, fake.ErrDown} {
		r.One.Set(func(f *fake.Gateway) { f.AskErr = err })
		if got := r.Refresh(t.Context(), q.ID); !errors.Is(got, err) {
			t.Errorf("got %v", got)
		}
	}
	if diff := cmp.Diff([]request.EventKind{request.KindTrouble, request.KindTrouble, request.KindTrouble}, r.behind(q.ID)); diff != "" {
		t.Error(diff)
	}
	if now := r.get(q.ID); now.Trouble != fake.ErrDown.Error() || now.Status != request.Signing {
		t.Errorf("got %+v", now)
	}
}

func TestARequestsTroubleIsItsOwn(t *testing.T) {
	r := newRig(t)
	a, b := r.add("one"), r.add("one")
	_, err := r.Sign(t.Context(), a.ID, b.ID)
	r.must(err)
	r.One.Set(func(f *fake.Gateway) {
		f.Outcomes = map[request.ID]gateway.Outcome{a.ID: fake.NewOutcome(request.Signed, "finished", 1)}
	})
	if err := r.Refresh(t.Context(), a.ID); err == nil {
		t.Error("the missing file is not reported")
	}
	if r.get(a.ID).Trouble == "" || r.get(b.ID).Trouble != "" {
		t.Errorf("got %q and %q", r.get(a.ID).Trouble, r.get(b.ID).Trouble)
	}
}

func TestAVisitsCopiesAreDeletedWhenNobodyNeedsThem(t *testing.T) {
	r := newRig(t)
	a, b := r.add("one"), r.add("one")
	_, err := r.Sign(t.Context(), a.ID, b.ID)
	r.must(err)
	r.One.Set(func(f *fake.Gateway) {
		f.Outcomes = map[request.ID]gateway.Outcome{a.ID: fake.NewOutcome(request.Signed, "finished", 1)}
		f.Files = map[request.ID][][]byte{a.ID: {signed}, b.ID: {signed}}
	})
	r.must(r.Refresh(t.Context(), a.ID))
	if r.get(a.ID).NextStep != request.StepDiscard || r.get(b.ID).NextStep != request.StepAsk {
		t.Fatalf("got %q and %q", r.get(a.ID).NextStep, r.get(b.ID).NextStep)
	}
	r.One.Set(func(f *fake.Gateway) { f.Outcomes[b.ID] = fake.NewOutcome(request.Signed, "finished", 1) })
	r.must(r.Refresh(t.Context(), a.ID))
	if r.get(a.ID).NextStep != request.StepNone || r.get(b.ID).NextStep != request.StepNone || !slices.Contains(r.One.Seen(), "discard p1") {
		t.Errorf("got %q and %q", r.get(a.ID).NextStep, r.get(b.ID).NextStep)
	}
}

func TestADeletionThatFailsIsTriedAgainUnlessItIsRefused(t *testing.T) {
	r := newRig(t)
	q, _ := r.launch("one")
	r.says(q.ID, request.Signed, "finished")
	r.hands(q.ID, signed)
	r.One.Set(func(f *fake.Gateway) { f.DiscardErr = fake.ErrDown })
	if err := r.Refresh(t.Context(), q.ID); !errors.Is(err, fake.ErrDown) {
		t.Errorf("got %v", err)
	}
	if now := r.get(q.ID); now.Status != request.Signed || now.NextStep != request.StepDiscard {
		t.Errorf("got %+v", now)
	}
	refused := &gateway.Error{Fault: gateway.Refused, Gateway: "one", Doing: request.Sentence{Text: "delete the documents"}, Status: 405}
	r.One.Set(func(f *fake.Gateway) { f.DiscardErr = refused })
	r.must(r.Refresh(t.Context(), q.ID))
	if now := r.get(q.ID); now.NextStep != request.StepNone || r.last(q.ID).Reason != refused.Error() {
		t.Errorf("got %+v, %+v", now, r.last(q.ID))
	}
}

func TestAWithdrawnRequestIsDeletedAtTheGateway(t *testing.T) {
	for name, can := range map[string]bool{"where it can be": true, "where it cannot be": false} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.One.Set(func(f *fake.Gateway) { f.Can.DeleteAfterFetch, f.AskErr = can, gateway.ErrCannotAsk })
			a, b := r.add("one"), r.add("one")
			_, err := r.Sign(t.Context(), a.ID, b.ID)
			r.must(err)
			_, err = r.Withdraw(t.Context(), a.ID, "")
			r.must(err)
			r.must(r.Refresh(t.Context(), a.ID))
			// The other request of the visit still needs the session at the gateway.
			if got := slices.Contains(r.One.Seen(), "discard p1"); got || (r.get(a.ID).NextStep == request.StepNone) == can {
				t.Errorf("deleted: %v, next step: %q", got, r.get(a.ID).NextStep)
			}
			_, err = r.Withdraw(t.Context(), b.ID, "")
			r.must(err)
			r.must(r.Refresh(t.Context(), b.ID))
			if got := slices.Contains(r.One.Seen(), "discard p1"); got != can || r.get(b.ID).NextStep != request.StepNone || r.get(a.ID).NextStep != request.StepNone {
				t.Errorf("deleted: %v, next step: %q, %q", got, r.get(a.ID).NextStep, r.get(b.ID).NextStep)
			}
		})
	}
}

func TestAnAnswerForAnEarlierAttemptChangesNothing(t *testing.T) {
	r := newRig(t)
	q, _ := r.launch("one")
	r.says(q.ID, request.Canceled, "canceled")
	r.must(r.Refresh(t.Context(), q.ID))
	_, err := r.Reopen(t.Context(), q.ID)
	r.must(err)
	// The answer about the earlier attempt comes while the next one is under way.
	first := r.One.Visits[0]
	_, err = r.Sign(t.Context(), q.ID)
	r.must(err)
	before := len(r.kinds(q.ID))
	left, err := r.settleVisit(t.Context(), request.VisitIDOf(path.Base(first.ReturnURL)))
	done := left == request.StepNone
	if err != nil || !done || len(r.kinds(q.ID)) != before {
		t.Errorf("got %v, %v, %v", done, err, r.kinds(q.ID))
	}
	// The same when it is reopened while the gateway is being asked.
	r.One.Set(func(f *fake.Gateway) {
		f.AtAsk = func() {
			f.Set(func(f *fake.Gateway) { f.AtAsk = nil })
			if _, err := r.Withdraw(t.Context(), q.ID, ""); err != nil {
				t.Error(err)
			}
			if _, err := r.Reopen(t.Context(), q.ID); err != nil {
				t.Error(err)
			}
		}
	})
	r.says(q.ID, request.Signed, "finished")
	r.must(r.Refresh(t.Context(), q.ID))
	if now := r.get(q.ID); now.Status != request.Pending || now.Attempt != 3 || now.Outcome != nil {
		t.Errorf("got %+v", now)
	}
}

// A second process may fetch the file and delete the copy at the gateway between our asking and
// fetching. That is no trouble.
func TestWhoIsOvertakenHasNoTrouble(t *testing.T) {
	r := newRig(t)
	q, _ := r.launch("one")
	r.says(q.ID, request.Signed, "finished")
	r.hands(q.ID, signed)
	var once sync.Once
	r.One.Set(func(f *fake.Gateway) {
		f.AtFetch = func() {
			overtake := false
			once.Do(func() { overtake = true })
			if !overtake {
				return
			}
			r.One.Set(func(f *fake.Gateway) { f.DiscardErr = fake.ErrDown }) // so that a step is left
			if err := r.Refresh(t.Context(), q.ID); !errors.Is(err, fake.ErrDown) {
				t.Errorf("got %v", err)
			}
			r.One.Set(func(f *fake.Gateway) { f.Files, f.DiscardErr = nil, nil })
		}
	})
	r.must(r.Refresh(t.Context(), q.ID))
	events, err := r.ledger.Events(t.Context(), q.ID)
	r.must(err)
	for _, e := range events {
		if strings.Contains(e.Reason, "no signed file") {
			t.Errorf("trouble was made up: %+v", e)
		}
	}
	if now := r.get(q.ID); now.NextStep != request.StepNone || now.Outcome.Evidence != request.ByDocument {
		t.Errorf("got %+v", now)
	}
}

func TestAGatewayThatCannotBeAskedWaitsForTheBrowser(t *testing.T) {
	r := newRig(t)
	r.One.Set(func(f *fake.Gateway) { f.AskErr = gateway.ErrCannotAsk })
	q, visit := r.launch("one")
	left, err := r.settleVisit(t.Context(), visit.ID)
	done := left == request.StepNone
	if !done || err != nil || len(r.behind(q.ID)) != 0 {
		t.Errorf("got %v, %v, %v", done, err, r.behind(q.ID))
	}
	if err := r.Refresh(t.Context(), q.ID); err != nil {
		t.Error(err)
	}
}

func TestWhereNobodyVouchesTheFileAloneDecides(t *testing.T) {
	r := newRig(t)
	r.One.Set(func(f *fake.Gateway) { f.Can.DeleteAfterFetch = false })
	q, _ := r.launch("one")
	unproven := fake.NewOutcome(request.Signed, "", 1)
	unproven.NeedsProof = true
	r.One.Set(func(f *fake.Gateway) { f.Outcomes = map[request.ID]gateway.Outcome{q.ID: unproven} })
	for name, file := range map[string][]byte{"none": nil, "what was sent": original, "another document": someoneElses, "not signed": unsignedNewer} {
		r.hands(q.ID, file)
		for range 2 {
			r.must(r.Refresh(t.Context(), q.ID))
		}
		if now := r.get(q.ID); now.Status != request.Signing || now.Outcome != nil || len(r.behind(q.ID)) != 0 || len(r.documents()) != 1 {
			t.Errorf("%s: got %+v, kept %v", name, now, r.documents())
		}
	}
	r.hands(q.ID, []byte("<html>"))
	if err := r.Refresh(t.Context(), q.ID); err == nil || r.get(q.ID).Trouble == "" {
		t.Errorf("a page: got %v", err)
	}
	r.hands(q.ID, signed)
	r.must(r.Refresh(t.Context(), q.ID))
	now := r.get(q.ID)
	if now.Status != request.Signed || now.Outcome.Evidence != request.ByDocument || now.NextStep != request.StepNone || now.Trouble != "" {
		t.Errorf("got %+v", now)
	}
}

// A signature in the file may be anyone's. It does not overrule a signer's refusal, but it overrules
// anything else that only the browser said.
func TestASignatureDoesNotOverruleARefusal(t *testing.T) {
	for claimed, want := range map[string]request.Status{"rejected": request.Rejected, "failed": request.Signed, "signed": request.Signed} {
		r := newRig(t)
		r.One.Set(func(f *fake.Gateway) { f.Can.DeleteAfterFetch, f.ByBrowser = false, true })
		q, visit := r.launch("one")
		unproven := fake.NewOutcome(request.Signed, "", 1)
		unproven.NeedsProof = true
		r.One.Set(func(f *fake.Gateway) { f.Outcomes = map[request.ID]gateway.Outcome{q.ID: unproven} })
		r.back(visit, "status="+claimed)
		r.hands(q.ID, signed)
		r.must(r.Refresh(t.Context(), q.ID))
		now := r.get(q.ID)
		if now.Status != want || (want == request.Signed) != (now.Outcome.Evidence == request.ByDocument) || Doubtful(now) || !now.Reopenable() && want == request.Rejected {
			t.Errorf("%s: got %+v", claimed, now)
		}
	}
}

func TestAPartialRequestFetchesWhatWasSigned(t *testing.T) {
	r := newRig(t)
	sampleFiles(t)
	q, err := r.Add(t.Context(), New{Gateway: "one", Files: []input.File{input.Memory("A.pdf", original), input.Memory("B.pdf", original)}})
	r.must(err)
	_, err = r.Sign(t.Context(), q.ID)
	r.must(err)
	r.One.Set(func(f *fake.Gateway) {
		f.Outcomes = map[request.ID]gateway.Outcome{q.ID: {Status: request.Partial, Code: "failed_documents", Documents: []request.DocumentResult{
			{Code: "failed", Message: "in use"}, {Code: "finished", Signed: true},
		}}}
		f.Files = map[request.ID][][]byte{q.ID: {original, signed}}
	})
	r.must(r.Refresh(t.Context(), q.ID))
	now := r.get(q.ID)
	if now.Status != request.Partial || now.Documents[0].Signed != nil || !now.Documents[1].Signed.Proves || now.Outcome.Evidence != request.ByDocument || now.NextStep != request.StepNone {
		t.Errorf("got %+v", now)
	}
	if slices.Contains(r.One.Seen(), "fetch 0") {
		t.Error("the unsigned document was fetched")
	}
}

// A gateway that reports a partial outcome without naming a signed document must not be asked forever
// for files.
func TestNothingSignedIsNothingToFetch(t *testing.T) {
	r := newRig(t)
	q, visit := r.launch("one")
	r.One.Set(func(f *fake.Gateway) {
		f.Outcomes = map[request.ID]gateway.Outcome{q.ID: {Status: request.Partial, Code: "odd", Documents: []request.DocumentResult{{Code: "failed"}}}}
	})
	if left, err := r.settleVisit(t.Context(), visit.ID); left != request.StepNone || err != nil || r.get(q.ID).NextStep != request.StepNone {
		t.Errorf("got %v, %v, %+v", left, err, r.get(q.ID))
	}
}

func TestAGatewayThatWasRemovedIsTrouble(t *testing.T) {
	r := newRig(t)
	q, _ := r.launch("one")
	r.must(os.WriteFile(r.dir.Gateways(), nil, 0o600))
	if err := r.Refresh(t.Context(), q.ID); err == nil || !strings.Contains(r.get(q.ID).Trouble, `there is no gateway "one"`) {
		t.Errorf("got %v, %q", err, r.get(q.ID).Trouble)
	}
}

// Deleting is tried for a long time, but not forever.
func TestACopyThatCannotBeDeletedIsGivenUpInTheEnd(t *testing.T) {
	r := newRig(t)
	q, visit := r.launch("one")
	r.says(q.ID, request.Signed, "finished")
	r.hands(q.ID, signed)
	r.One.Set(func(f *fake.Gateway) { f.DiscardErr = fake.ErrDown })
	for range 2 {
		if left, err := r.settleVisit(t.Context(), visit.ID); left != request.StepDiscard || err == nil {
			t.Fatalf("left %q, %v", left, err)
		}
	}
	if now := r.get(q.ID); now.Status != request.Signed || now.Outcome.Evidence != request.ByDocument || !strings.Contains(now.Trouble, "cannot be reached") {
		t.Errorf("got %+v", now)
	}
	r.Advance(discardWithin)
	left, err := r.settleVisit(t.Context(), visit.ID)
	if now := r.get(q.ID); left != request.StepNone || err != nil || now.NextStep != request.StepNone || now.Trouble != "" {
		t.Errorf("left %q, %v: %+v", left, err, now)
	}
	if e := r.last(q.ID); e.Kind != request.KindDiscarded || !strings.HasPrefix(e.Reason, "given up: gateway one") {
		t.Errorf("got %+v", e)
	}
}
