package desk

import (
	"context"
	"errors"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/core/desk/fake"
	"countersign/core/gateway"
	"countersign/core/input"
	"countersign/core/request"
)

func TestTheVisitIsInTheLedgerBeforeTheBrowserOpens(t *testing.T) {
	r := newRig(t)
	q := r.add("one")
	var kept []byte
	r.One.Set(func(f *fake.Gateway) {
		f.AtPrepare = func() {
			if now := r.get(q.ID); now.Status != request.Pending {
				t.Errorf("it is %s before there is a session", now.Status)
			}
		}
	})
	visits, err := r.Sign(t.Context(), q.ID)
	r.must(err)
	if len(r.Opened()) != 0 {
		t.Error("a browser opened by itself")
	}
	visit := *r.get(q.ID).Visit
	if diff := cmp.Diff(visits[0], visit); diff != "" {
		t.Error(diff)
	}
	trip := r.One.Visits[0]
	if trip.ReturnURL != visit.ReturnURL || !strings.HasPrefix(trip.ReturnURL, "http://127.0.0.1:") || request.VisitIDOf(path.Base(trip.ReturnURL)) != visit.ID {
		t.Errorf("it comes back to %s", trip.ReturnURL)
	}
	body, err := trip.OpenDocument(trip.Requests[0].Documents[0])
	r.must(err)
	defer body.Close()
	if kept, err = io.ReadAll(body); err != nil || string(kept) != string(original) {
		t.Errorf("%d bytes, %v", len(kept), err)
	}
	now := r.get(q.ID)
	if now.Status != request.Signing || now.NextStep != request.StepAsk || now.RemoteID != "p1" {
		t.Errorf("got %+v", now)
	}
	r.must(r.OpenBrowser(t.Context(), visit))
	if diff := cmp.Diff([]string{"https://one.example/sign/p1"}, r.Opened()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]request.EventKind{request.KindAdded, request.KindLaunched, request.KindOpened}, r.kinds(q.ID)); diff != "" {
		t.Error(diff)
	}
}

func TestALaunchThatFailsLeavesTheRequestPendingWithItsReason(t *testing.T) {
	r := newRig(t)
	q := r.add("one")
	r.One.Set(func(f *fake.Gateway) { f.PrepareErr = fake.ErrDown })
	visits, err := r.Sign(t.Context(), q.ID)
	if !errors.Is(err, fake.ErrDown) || len(visits) != 0 {
		t.Fatalf("got %v, %v", visits, err)
	}
	now := r.get(q.ID)
	if now.Status != request.Pending || now.Trouble != fake.ErrDown.Error() || r.last(q.ID).Reason != fake.ErrDown.Error() {
		t.Errorf("got %+v", now)
	}
	// It need not be reopened.
	r.One.Set(func(f *fake.Gateway) { f.PrepareErr = nil })
	visits, err = r.Sign(t.Context(), q.ID)
	r.must(err)
	if now := r.get(q.ID); len(visits) != 1 || now.Status != request.Signing || now.Trouble != "" || now.Attempt != 1 {
		t.Errorf("got %+v", now)
	}
}

func TestAGatewayThatIsGoneIsAReasonToo(t *testing.T) {
	r := newRig(t)
	q := r.add("one")
	r.must(os.WriteFile(r.dir.Gateways(), []byte("[gateways.two]\nkind = \"other\"\nurl = \"https://two.example\"\n"), 0o600))
	if _, err := r.Sign(t.Context(), q.ID); err == nil {
		t.Fatal("it was signed")
	}
	if now := r.get(q.ID); now.Status != request.Pending || !strings.Contains(now.Trouble, `there is no gateway "one"`) {
		t.Errorf("got %+v", now)
	}
}

func TestBreakingOffALaunchIsNoTrouble(t *testing.T) {
	r := newRig(t)
	q := r.add("one")
	ctx, cancel := context.WithCancel(t.Context())
	r.One.Set(func(f *fake.Gateway) { f.AtPrepare, f.PrepareErr = cancel, context.Canceled })
	if _, err := r.Sign(ctx, q.ID); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if now := r.get(q.ID); now.Trouble != "" || now.Status != request.Pending {
		t.Errorf("got %+v", now)
	}
}

func TestAVisitTakesAsManyRequestsAsTheGatewayDoes(t *testing.T) {
	r := newRig(t)
	sampleFiles(t)
	var ids []request.ID
	for _, documents := range []int{1, 1, 2, 1, 1} { // at most two to a visit
		n := New{Gateway: "one"}
		for range documents {
			n.Files = append(n.Files, input.Memory("Lease.pdf", original))
		}
		q, err := r.Add(t.Context(), n)
		r.must(err)
		ids = append(ids, q.ID)
	}
	visits, err := r.Sign(t.Context(), append(ids, ids[0])...) // naming it twice changes nothing
	r.must(err)
	var got [][]request.ID
	for _, v := range visits {
		got = append(got, v.Requests)
	}
	if diff := cmp.Diff([][]request.ID{{"r1", "r2"}, {"r3"}, {"r4", "r5"}}, got); diff != "" {
		t.Error(diff)
	}
	if visits[0].ID == visits[1].ID {
		t.Error("two visits have one id")
	}
}

func TestTheSecondVisitFailsAndTheFirstGoesOn(t *testing.T) {
	r := newRig(t)
	sampleFiles(t)
	var ids []request.ID
	for range 3 {
		ids = append(ids, r.add("one").ID)
	}
	r.One.Set(func(f *fake.Gateway) {
		f.AtPrepare = func() {
			if len(f.Seen()) == 1 {
				f.Set(func(f *fake.Gateway) { f.PrepareErr = fake.ErrDown })
			}
		}
	})
	visits, err := r.Sign(t.Context(), ids...)
	if !errors.Is(err, fake.ErrDown) || len(visits) != 1 {
		t.Fatalf("got %v, %v", visits, err)
	}
	if a, b := r.get(ids[0]), r.get(ids[2]); a.Status != request.Signing || b.Status != request.Pending || b.Trouble == "" {
		t.Errorf("got %s and %s", a.Status, b.Status)
	}
}

func TestTwoGatewaysInOneGo(t *testing.T) {
	r := newRig(t)
	a, b, c := r.add("two"), r.add("one"), r.add("two")
	r.One.Set(func(f *fake.Gateway) { f.PrepareErr = fake.ErrDown })
	visits, err := r.Sign(t.Context(), a.ID, b.ID, c.ID)
	if !errors.Is(err, fake.ErrDown) || len(visits) != 1 || visits[0].Gateway != "two" {
		t.Fatalf("got %v, %v", visits, err)
	}
	r.One.Set(func(f *fake.Gateway) { f.PrepareErr = nil })
	visits, err = r.Sign(t.Context(), c.ID, b.ID)
	r.must(err)
	// Visits under way are reused and the rest begins, in the order in which the requests were named.
	if len(visits) != 2 || visits[0].Gateway != "two" || visits[1].Gateway != "one" {
		t.Errorf("got %+v", visits)
	}
}

func TestARequestThatIsBeingSignedGoesOnAtItsAddress(t *testing.T) {
	r := newRig(t)
	q, first := r.launch("one")
	for name, script := range map[string]func(*fake.Gateway){
		"the gateway knows nothing yet": func(*fake.Gateway) {},
		"the gateway does not answer":   func(f *fake.Gateway) { f.AskErr = fake.ErrDown },
		"the gateway cannot be asked":   func(f *fake.Gateway) { f.AskErr = gateway.ErrCannotAsk },
	} {
		r.One.Set(script)
		visits, err := r.Sign(t.Context(), q.ID)
		if err != nil || len(visits) != 1 || visits[0].ID != first.ID || visits[0].URL != first.URL {
			t.Errorf("%s: got %v, %v", name, visits, err)
		}
		if r.One.Within > askFirst {
			t.Errorf("%s: the person waits %s for the address", name, r.One.Within)
		}
	}
	if len(r.One.Visits) != 1 {
		t.Error("another session was prepared")
	}
	// A visit that the gateway does not know any more is not reused.
	r.One.Set(func(f *fake.Gateway) {
		f.AskErr, f.Outcomes = nil, map[request.ID]gateway.Outcome{q.ID: fake.NewOutcome(request.Gone, "gone", 1)}
	})
	visits, err := r.Sign(t.Context(), q.ID)
	if err != nil || len(visits) != 0 || r.get(q.ID).Status != request.Gone {
		t.Errorf("got %v, %v", visits, err)
	}
	if _, err := r.Sign(t.Context(), q.ID); err == nil || !strings.Contains(err.Error(), "reopen it first") {
		t.Errorf("got %v", err)
	}
}

func TestWhoLaunchesSecondGoesOnWithTheOthersVisit(t *testing.T) {
	r := newRig(t)
	q := r.add("one")
	once := false
	r.One.Set(func(f *fake.Gateway) {
		f.AtPrepare = func() {
			if once {
				return
			}
			once = true
			if _, err := r.Sign(t.Context(), q.ID); err != nil { // somebody else signs it first
				t.Error(err)
			}
		}
	})
	visits, err := r.Sign(t.Context(), q.ID)
	if err != nil || len(visits) != 1 || visits[0].ProcessID != "p1" {
		t.Fatalf("got %v, %v", visits, err)
	}
	now := r.get(q.ID)
	if now.Visit.ProcessID != "p1" || now.Trouble != "" {
		t.Errorf("got %+v", now)
	}
	// The unused session is deleted at the gateway.
	if diff := cmp.Diff([]string{"prepare 1", "prepare 1", "discard p2"}, r.One.Seen()); diff != "" {
		t.Error(diff)
	}
}

// What is sent has to be what the register says was sent.
func TestADocumentThatIsNoLongerWhatWasAddedIsNotSent(t *testing.T) {
	for name, damage := range map[string]func(path string) error{
		"changed": func(path string) error {
			content, err := os.ReadFile(path)
			content[len(content)/2] ^= 1
			return errors.Join(err, os.WriteFile(path, content, 0o600))
		},
		"cut off": func(path string) error { return os.Truncate(path, 100) },
		"missing": os.Remove,
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			q := r.add("one")
			r.must(damage(r.ledger.DocumentPath(q.Documents[0].SHA256)))
			visits, err := r.Sign(t.Context(), q.ID)
			if err == nil || len(visits) != 0 || !strings.Contains(err.Error(), "withdraw this request and add the file again") {
				t.Errorf("got %v, %v", visits, err)
			}
			if now := r.get(q.ID); now.Status != request.Pending || now.Trouble == "" {
				t.Errorf("got %+v", now)
			}
		})
	}
}

func TestABrowserThatDoesNotStartIsTold(t *testing.T) {
	for name, open := range map[string]func(string) error{"there is none": nil, "it fails": func(string) error { return errors.New("no display") }} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.cfg.OpenURL = open
			q, visit := r.launch("one")
			err := r.OpenBrowser(t.Context(), visit)
			if !errors.Is(err, ErrBrowser) || !strings.Contains(err.Error(), "open the address in a browser yourself") {
				t.Errorf("got %v", err)
			}
			now := r.get(q.ID)
			if now.Status != request.Signing || now.Trouble == "" || r.last(q.ID).Kind != request.KindOpenFailed {
				t.Errorf("got %+v", now)
			}
			r.must(r.Shown(t.Context(), visit))
			if now := r.get(q.ID); now.Trouble != "" || r.last(q.ID).Reason != "the address was shown" {
				t.Errorf("got %+v", now)
			}
		})
	}
}

// TestTheBrowserIsStartedWithAOneTimeAddress checks that neither the ticket nor the address of the gateway is on the command line of
// a browser.
func TestTheBrowserIsStartedWithAOneTimeAddress(t *testing.T) {
	r := newRig(t)
	var started []string
	r.cfg.OpenURL = func(address string) error {
		started = append(started, address)
		return nil
	}
	_, visit := r.launch("one")
	for range 2 {
		r.must(r.OpenBrowser(t.Context(), visit))
	}
	if started[0] == started[1] {
		t.Error("the second browser got the address of the first")
	}
	for _, address := range started {
		if !strings.HasPrefix(address, "http://127.0.0.1:") || strings.Contains(address, path.Base(visit.ReturnURL)) || strings.Contains(address, "example") {
			t.Errorf("the browser was started with %s", address)
		}
		if target, err := fake.Follow(address); err != nil || target != visit.URL {
			t.Errorf("it leads to %s, %v", target, err)
		}
		if _, err := fake.Follow(address); err == nil {
			t.Error("it leads there twice")
		}
	}
	r.AwaitBrowsers(t.Context())
}

func TestABrowserThatIsFasterIsNoFault(t *testing.T) {
	r := newRig(t)
	q, visit := r.launch("one")
	r.One.Set(func(f *fake.Gateway) {
		f.Outcomes = map[request.ID]gateway.Outcome{q.ID: fake.NewOutcome(request.Canceled, "canceled", 1)}
	})
	r.must(r.Refresh(t.Context(), q.ID))
	if err := r.OpenBrowser(t.Context(), visit); err != nil {
		t.Error(err)
	}
}

func TestReopenAndWithdrawAreForTheRightMoment(t *testing.T) {
	r := newRig(t)
	q, _ := r.launch("one")
	if _, err := r.Reopen(t.Context(), q.ID); err == nil || !strings.Contains(err.Error(), "signing") {
		t.Errorf("got %v", err)
	}
	after, err := r.Withdraw(t.Context(), q.ID, " no longer\nneeded ")
	if err != nil || after.Status != request.Withdrawn || r.last(q.ID).Reason != "no longer needed" || r.last(q.ID).By != "ana" {
		t.Errorf("got %+v, %v", after, err)
	}
	if _, err := r.Withdraw(t.Context(), q.ID, ""); err == nil || !strings.Contains(err.Error(), "withdrawn") {
		t.Errorf("got %v", err)
	}
	after, err = r.Reopen(t.Context(), q.ID)
	if err != nil || after.Status != request.Pending || after.Attempt != 2 {
		t.Errorf("got %+v, %v", after, err)
	}
}

func TestAPageOfRequestsIsFoundByTheBeginningsOfIDs(t *testing.T) {
	r := newRig(t)
	for range 11 {
		r.add("one")
	}
	for prefix, want := range map[string]request.ID{"r2": "r2", "r1": "r1", "r11": "r11"} {
		if got, err := r.Find(t.Context(), prefix); err != nil || got.ID != want {
			t.Errorf("%q: got %s, %v", prefix, got.ID, err)
		}
	}
	for prefix, say := range map[string]string{"": "check its id in the list", "r": "enter more of the id", "x": "check its id in the list"} {
		if _, err := r.Find(t.Context(), prefix); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("%q: got %v", prefix, err)
		}
	}
}

// A visit is for one person.
func TestRequestsForDifferentSignersGoSeparateWays(t *testing.T) {
	r := newRig(t)
	sampleFiles(t)
	r.One.Set(func(f *fake.Gateway) { f.Can.MaxDocuments = 5 })
	var ids []request.ID
	for _, name := range []string{"Ana", "Bea", "Ana", "", "Bea"} {
		n := New{Gateway: "one", Files: []input.File{input.Memory("Lease.pdf", original)}}
		if name != "" {
			n.Signers = []request.Signer{{Name: name, Email: name + "@example.test", Country: "ES", Number: name}}
		}
		q, err := r.Add(t.Context(), n)
		r.must(err)
		ids = append(ids, q.ID)
	}
	visits, err := r.Sign(t.Context(), ids...)
	r.must(err)
	var got [][]request.ID
	for _, v := range visits {
		got = append(got, v.Requests)
	}
	if diff := cmp.Diff([][]request.ID{{ids[0], ids[2]}, {ids[1], ids[4]}, {ids[3]}}, got); diff != "" {
		t.Error(diff)
	}
}

// The copy at the gateway stays while somebody else needs it.
func TestACopyThatOthersNeedIsNotDeleted(t *testing.T) {
	ana, bea := request.Signer{Name: "Ana"}, request.Signer{Name: "Bea"}
	for name, n := range map[string]New{
		"a second signer": {Signers: []request.Signer{ana, bea}},
		"a copy":          {Signers: []request.Signer{ana}, Copies: []request.CopyRecipient{{Name: "Bea"}}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			sampleFiles(t)
			r.One.Set(func(f *fake.Gateway) { f.Can.CopyRecipients = true })
			n.Gateway, n.Files = "one", []input.File{input.Memory("Lease.pdf", original)}
			q, err := r.Add(t.Context(), n)
			r.must(err)
			_, err = r.Sign(t.Context(), q.ID)
			r.must(err)
			r.says(q.ID, request.Signed, "finished")
			r.hands(q.ID, signed)
			r.must(r.Refresh(t.Context(), q.ID))
			if now := r.get(q.ID); now.Outcome.Evidence != request.ByDocument || now.NextStep != request.StepNone {
				t.Errorf("got %+v", now)
			}
			if calls := r.One.Seen(); slices.Contains(calls, "discard p1") {
				t.Errorf("calls: %v", calls)
			}
		})
	}
}

func TestTheGatewayLearnsWhichDocumentsHaveASignatureField(t *testing.T) {
	r := newRig(t)
	samples := fake.Samples(t)
	for _, file := range [][]byte{samples.Original, samples.Signed} {
		q, err := r.Add(t.Context(), New{Gateway: "one", Files: []input.File{input.Memory("Lease.pdf", file)}})
		r.must(err)
		_, err = r.Sign(t.Context(), q.ID)
		r.must(err)
	}
	visits := r.One.Visits
	if len(visits) != 2 || visits[0].NeedsFieldName(visits[0].Requests[0].Documents[0]) || !visits[1].NeedsFieldName(visits[1].Requests[0].Documents[0]) {
		t.Errorf("got %d visits, and other answers", len(visits))
	}
	if missing := (request.Document{Original: request.Original{SHA256: strings.Repeat("0", 64)}}); !visits[0].NeedsFieldName(missing) {
		t.Error("a document that cannot be read has no field")
	}
}
