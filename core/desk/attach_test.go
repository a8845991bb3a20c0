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

func (r *rig) attach(id request.ID, file []byte) (request.Request, error) {
	return r.Attach(r.Context(), id, input.Memory("Signed.pdf", file), "")
}

// A signed file that proves itself decides, whatever the browser or the gateway said before.
func TestAnAttachedFileProvesWhateverWasKnown(t *testing.T) {
	tests := []struct {
		name    string
		before  func(*rig, request.Request, request.Visit)
		discard bool
	}{
		{name: "nobody came back", discard: true},
		{name: "the browser alone said signed", before: func(r *rig, q request.Request, v request.Visit) {
			r.One.Set(func(f *fake.Gateway) { f.ByBrowser, f.Can.ReturnsSigned, f.Can.DeleteAfterFetch = true, false, false })
			r.back(v, "status=signed")
		}},
		{name: "the browser alone said rejected", before: func(r *rig, q request.Request, v request.Visit) {
			r.One.Set(func(f *fake.Gateway) { f.ByBrowser, f.Can.DeleteAfterFetch = true, false })
			r.back(v, "status=rejected")
		}},
		{name: "the gateway said signed and hands nothing over", before: func(r *rig, q request.Request, _ request.Visit) {
			r.says(q.ID, request.Signed, "finished")
			if err := r.Refresh(r.Context(), q.ID); err == nil {
				r.Error("a file was fetched")
			}
		}, discard: true},
		{name: "the gateway no longer knows it", before: func(r *rig, q request.Request, _ request.Visit) {
			r.says(q.ID, request.Gone, "gone")
			r.must(r.Refresh(r.Context(), q.ID))
		}, discard: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t)
			q, visit := r.launch("one")
			if test.before != nil {
				test.before(r, q, visit)
			}
			now, err := r.attach(q.ID, signed)
			r.must(err)
			if now.Status != request.Signed || now.Outcome.Evidence != request.ByDocument || now.Documents[0].Signed == nil {
				t.Fatalf("got %+v", now)
			}
			want := request.StepNone
			if test.discard {
				want = request.StepDiscard
			}
			if now.NextStep != want || now.Trouble != "" {
				t.Errorf("next %q, trouble %q", now.NextStep, now.Trouble)
			}
			if again, err := r.attach(q.ID, signed); err != nil || again.Status != request.Signed {
				t.Errorf("attached again: %+v, %v", again, err)
			}
		})
	}
}

func TestAFileThatIsNotTheSignedFormIsRefused(t *testing.T) {
	sampleFiles(t)
	tests := []struct {
		name     string
		file     []byte
		says     string
		unsigned bool
	}{
		{"another document's", someoneElses, "does not begin with the bytes that were sent", false},
		{"another one that nobody signed", pdftest.Plain(t, "Another lease"), "does not begin with the bytes that were sent", true},
		{"what was sent", original, "exactly what was sent, without a signature", false},
		{"a longer one without a signature", unsignedNewer, "no intact signature made after it was sent", false},
		{"a signed one that was changed", fake.Flipped(signed), "no intact signature made after it was sent: the ", false},
		{"a signed one that was changed afterwards", exchange(t, signed), "what it shows is not what was signed", false},
		{"no PDF", []byte("Dear Ana, here is the lease."), "does not begin with the bytes that were sent", false},
		{"nothing", nil, "does not begin with the bytes that were sent", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t)
			q, _ := r.launch("one")
			before := r.documents()
			_, err := r.attach(q.ID, test.file)
			if err == nil || !strings.Contains(err.Error(), "Signed.pdf is not the signed version of Lease.pdf") || !strings.Contains(err.Error(), test.says) {
				t.Errorf("error: %v", err)
			}
			if errors.Is(err, ErrUnsigned) != test.unsigned {
				t.Errorf("is it unsigned? %t", !test.unsigned)
			}
			if now := r.get(q.ID); now.Version != q.Version || len(r.documents()) != len(before) {
				t.Errorf("something was kept: %+v, %v", now, r.documents())
			}
		})
	}
}

func TestARequestThatCannotHaveASignedFileTakesNone(t *testing.T) {
	r := newRig(t)
	q := r.add("one")
	if _, err := r.attach(q.ID, signed); err == nil || !strings.Contains(err.Error(), "not been sent") {
		t.Errorf("a pending request: %v", err)
	}
	_, err := r.Sign(t.Context(), q.ID)
	r.must(err)
	_, err = r.Withdraw(t.Context(), q.ID, "")
	r.must(err)
	if _, err := r.attach(q.ID, signed); err == nil || !strings.Contains(err.Error(), "withdrawn") {
		t.Errorf("a withdrawn request: %v", err)
	}
	if _, err := r.attach("nobody", signed); err == nil {
		t.Error("a request that is not there takes a file")
	}
}

// Each file is matched with its document, in whatever order files are attached.
func TestFilesOfARequestOfSeveralAreTakenOneByOne(t *testing.T) {
	r := newRig(t)
	sampleFiles(t)
	second := pdftest.Plain(t, "A second lease")
	q, err := r.Add(t.Context(), New{Gateway: "one", Files: []input.File{input.Memory("A.pdf", original), input.Memory("B.pdf", second)}})
	r.must(err)
	_, err = r.Sign(t.Context(), q.ID)
	r.must(err)
	now, err := r.attach(q.ID, pdftest.Sign(t, second, "Ana"))
	r.must(err)
	if now.Status != request.Signing || now.Documents[1].Signed == nil || now.Documents[0].Signed != nil || now.NextStep != request.StepAsk {
		t.Fatalf("after the second one's: %+v", now)
	}
	now, err = r.attach(q.ID, signed)
	r.must(err)
	if now.Status != request.Signed || now.Outcome.Evidence != request.ByDocument || now.NextStep != request.StepDiscard {
		t.Errorf("after both: %+v", now)
	}
}

// A request may have the same bytes twice, and each document needs a signed file.
func TestEqualDocumentsEachTakeAFile(t *testing.T) {
	r := newRig(t)
	sampleFiles(t)
	q, err := r.Add(t.Context(), New{Gateway: "one", Files: []input.File{input.Memory("A.pdf", original), input.Memory("B.pdf", original)}})
	r.must(err)
	_, err = r.Sign(t.Context(), q.ID)
	r.must(err)
	for range 2 { // attaching the same file twice changes nothing
		now, err := r.attach(q.ID, signed)
		r.must(err)
		if now.Status != request.Signing || now.Documents[0].Signed == nil || now.Documents[1].Signed != nil {
			t.Fatalf("after one file: %+v", now)
		}
	}
	now, err := r.attach(q.ID, pdftest.Sign(t, original, "Bea"))
	r.must(err)
	if now.Status != request.Signed || now.Outcome.Evidence != request.ByDocument || now.Documents[0].Signed.SHA256 == now.Documents[1].Signed.SHA256 {
		t.Errorf("after both: %+v", now)
	}
}

func TestAFileForARequestThatWasNeverHereProvesNothing(t *testing.T) {
	r := newRig(t)
	sampleFiles(t)
	r.One.Set(func(f *fake.Gateway) { f.Can.AcceptsIDs = true })
	q, err := r.Add(t.Context(), New{Gateway: "one", RemoteID: "27"})
	r.must(err)
	_, err = r.Sign(t.Context(), q.ID)
	r.must(err)
	if _, err := r.attach(q.ID, original); !errors.Is(err, ErrUnsigned) || !strings.Contains(err.Error(), "carries no intact signature") {
		t.Errorf("an unsigned file: %v", err)
	}
	now, err := r.attach(q.ID, signed)
	r.must(err)
	if now.Status != request.Signing || now.Outcome != nil || len(now.Attached) != 1 || now.Attached[0].Proves {
		t.Errorf("before an outcome: %+v", now)
	}
	r.One.Set(func(f *fake.Gateway) {
		f.Outcomes = map[request.ID]gateway.Outcome{q.ID: {Status: request.Signed, Code: "finished"}}
	})
	r.must(r.Refresh(t.Context(), q.ID))
	if now, err = r.attach(q.ID, signed); err != nil || now.Outcome.Evidence != request.ByGateway || len(now.Attached) != 1 {
		t.Errorf("after it: %+v, %v", now, err)
	}
}
