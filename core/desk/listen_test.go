package desk

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/core/callback"
	"countersign/core/desk/fake"
	"countersign/core/gateway"
	"countersign/core/request"
)

func TestAReturnIsKeptBeforeTheBrowserIsAnswered(t *testing.T) {
	r := newRig(t)
	q, visit := r.launch("one")
	resp, err := http.Get(visit.ReturnURL + "?status=signed&process=p1")
	r.must(err)
	resp.Body.Close()
	if resp.StatusCode != 200 {
		t.Errorf("got %d", resp.StatusCode)
	}
	last := r.last(q.ID)
	want := &request.Return{VisitID: visit.ID, Query: map[string][]string{"status": {"signed"}, "process": {"p1"}}, Code: "signed"}
	if diff := cmp.Diff(want, last.Return); diff != "" {
		t.Error(diff)
	}
	// Anyone can type that address, so it signs nothing.
	if now := r.get(q.ID); now.Status != request.Signing || now.Outcome != nil || now.ReturnedAt == nil {
		t.Errorf("got %+v", now)
	}
	resp, err = http.Get(callback.ReturnAddress(mustPort(t, visit.ReturnURL), callback.NewTicket()))
	r.must(err)
	resp.Body.Close()
	if resp.StatusCode != 404 {
		t.Errorf("another ticket: got %d", resp.StatusCode)
	}
}

func mustPort(t *testing.T, address string) (port int) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscan(u.Port(), &port); err != nil {
		t.Fatal(err)
	}
	return port
}

func TestWhatTheBrowserLandsOn(t *testing.T) {
	r := newRig(t)
	_, visit := r.launch("one")
	for status, want := range map[string]callback.Claim{
		"signed": callback.ClaimsSigned, "rejected": callback.ClaimsRejected, "canceled": callback.ClaimsCanceled, "failed": callback.ClaimsFailed, "odd": callback.ClaimsNothing, "": callback.ClaimsNothing,
	} {
		got, err := r.HandleReturn(t.Context(), callback.Return{Ticket: path.Base(visit.ReturnURL), Query: url.Values{"status": {status}}})
		if err != nil || got != (callback.Landing{Claim: want}) {
			t.Errorf("%q: got %v, %v", status, got, err)
		}
	}
	if _, err := r.HandleReturn(t.Context(), callback.Return{Ticket: callback.NewTicket()}); !errors.Is(err, callback.ErrUnknownTicket) {
		t.Errorf("an unknown ticket: %v", err)
	}
}

func TestAReturnOfAnotherProcessIsRecordedAndChangesNothing(t *testing.T) {
	r := newRig(t)
	r.One.Set(func(f *fake.Gateway) { f.ByBrowser = true }) // so that it would be believed otherwise
	q, visit := r.launch("one")
	got, err := r.HandleReturn(t.Context(), callback.Return{Ticket: path.Base(visit.ReturnURL), Query: url.Values{"status": {"signed"}, "process": {"p99"}}})
	if err != nil || got.Claim != callback.ContradictsVisit {
		t.Errorf("got %v, %v", got, err)
	}
	if last := r.last(q.ID); last.Kind != request.KindReturned || last.Return.Rejection == "" {
		t.Errorf("got %+v", last)
	}
	if now := r.get(q.ID); now.Status != request.Signing || now.ReturnedAt != nil || now.Outcome != nil {
		t.Errorf("got %+v", now)
	}
}

// A gateway may put what it was sent into the address at which the browser comes back.
func TestNoCredentialInAReturnIsRecorded(t *testing.T) {
	const token = "s3cr3t-t0ken"
	r := newRig(t)
	r.One.Set(func(f *fake.Gateway) { f.ByBrowser = true })
	var client *http.Client
	r.setup.Kinds[0].New = func(_ gateway.Profile, tools gateway.Tools) (gateway.Gateway, error) {
		client = tools.HTTP
		return r.One, nil
	}
	q, visit := r.launch("one")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:0", nil)
	r.must(err)
	req.Header.Set("Authorization", "Bearer "+token)
	if resp, err := client.Do(req); err == nil { // only what was to be sent counts
		resp.Body.Close()
	}
	encoded := base64.StdEncoding.EncodeToString([]byte("Bearer " + token))
	for _, query := range []url.Values{
		{"status": {token}},
		{"status": {"failed"}, "message": {url.QueryEscape(encoded)}, encoded: {"a"}},
		{callback.MalformedQuery: {"%" + token}},
	} {
		if _, err := r.HandleReturn(t.Context(), callback.Return{Ticket: path.Base(visit.ReturnURL), Query: query}); err != nil {
			t.Error(err)
		}
	}
	events, err := r.ledger.Events(t.Context(), q.ID)
	r.must(err)
	text, err := json.Marshal(events)
	r.must(err)
	for _, secret := range []string{token, encoded} {
		if strings.Contains(string(text), secret) {
			t.Errorf("%s is in %s", secret, text)
		}
	}
	if now := r.get(q.ID); now.Status != request.Failed {
		t.Errorf("the outcome was not read: %+v", now.Status)
	}
}

func TestTheSameReturnIsWrittenOnce(t *testing.T) {
	r := newRig(t)
	q, visit := r.launch("one")
	var work sync.WaitGroup
	for range 8 { // at the same time, like a browser that restores its tabs
		work.Go(func() {
			if _, err := r.HandleReturn(t.Context(), callback.Return{Ticket: path.Base(visit.ReturnURL), Query: url.Values{"status": {"signed"}}}); err != nil {
				t.Error(err)
			}
		})
	}
	work.Wait()
	if diff := cmp.Diff([]request.EventKind{request.KindAdded, request.KindLaunched, request.KindReturned}, r.kinds(q.ID)); diff != "" {
		t.Error(diff)
	}
	// A return with another query is another return.
	r.back(visit, "status=signed&status=signed")
	r.back(visit, "status=signed")
	if got := len(r.kinds(q.ID)); got != 4 {
		t.Errorf("%d events", got)
	}
}

func TestReturnsOfOneVisitAreBounded(t *testing.T) {
	r := newRig(t)
	q, visit := r.launch("one")
	for i := range maxReturns + 5 {
		r.back(visit, fmt.Sprintf("n=%d", i))
	}
	if got := len(r.kinds(q.ID)) - 2; got != maxReturns {
		t.Errorf("%d returns", got)
	}
}

func TestALateReturnIsHistory(t *testing.T) {
	r := newRig(t)
	q, visit := r.launch("one")
	r.One.Set(func(f *fake.Gateway) {
		f.ByBrowser = true
		f.Outcomes = map[request.ID]gateway.Outcome{q.ID: fake.NewOutcome(request.Canceled, "canceled", 1)}
	})
	r.must(r.Refresh(t.Context(), q.ID))
	before := r.get(q.ID)
	r.back(visit, "status=signed")
	after := r.get(q.ID)
	if after.Status != request.Canceled || after.ReturnedAt != nil || !cmp.Equal(before.Outcome, after.Outcome) || r.last(q.ID).Kind != request.KindReturned {
		t.Errorf("got %+v", after)
	}
	// A return of an earlier attempt does not affect the next one.
	_, err := r.Reopen(t.Context(), q.ID)
	r.must(err)
	r.back(visit, "status=signed&again=1")
	if now := r.get(q.ID); now.Status != request.Pending {
		t.Errorf("got %+v", now)
	}
	visits, err := r.Sign(t.Context(), q.ID)
	r.must(err)
	r.back(visit, "status=signed&again=2")
	if now := r.get(q.ID); now.Status != request.Signing || now.Outcome != nil || now.ReturnedAt != nil {
		t.Errorf("got %+v", now)
	}
	r.back(visits[0], "status=rejected")
	if now := r.get(q.ID); now.Status != request.Rejected {
		t.Errorf("got %+v", now)
	}
}

func TestWhereTheBrowserHasTheOnlyWord(t *testing.T) {
	tests := map[string]struct {
		returns []string
		want    request.Status
		code    string
		kinds   int // events after the launch
	}{
		"signed":                                 {[]string{"status=signed"}, request.Signed, "signed", 2},
		"rejected":                               {[]string{"status=rejected"}, request.Rejected, "rejected", 2},
		"a code that is not known":               {[]string{"status=odd"}, request.Signing, "odd", 2},
		"an odd code, then a known one":          {[]string{"status=odd", "status=signed"}, request.Signed, "signed", 4},
		"nothing at all is no outcome":           {[]string{""}, request.Signing, "", 1},
		"the second does not change the first":   {[]string{"status=rejected", "status=signed"}, request.Rejected, "rejected", 3},
		"failed, and signed after going back":    {[]string{"status=failed", "status=signed"}, request.Signed, "signed", 4},
		"failed, and refused after going back":   {[]string{"status=failed", "status=rejected"}, request.Rejected, "rejected", 4},
		"failed, and nothing definite after it":  {[]string{"status=failed", "status=odd"}, request.Failed, "failed", 3},
		"failed, and failed otherwise":           {[]string{"status=failed", "status=failed&again=1"}, request.Failed, "failed", 4},
		"the same twice is the same":             {[]string{"status=signed", "status=signed"}, request.Signed, "signed", 2},
		"refused, and believed when it is right": {[]string{"status=signed&process=p9", "status=signed&process=p1"}, request.Signed, "signed", 3},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.One.Set(func(f *fake.Gateway) { f.ByBrowser, f.Can.ReturnsSigned, f.Can.DeleteAfterFetch = true, false, false })
			q, visit := r.launch("one")
			for _, query := range test.returns {
				r.back(visit, query)
			}
			now := r.get(q.ID)
			code := ""
			if now.Outcome != nil {
				code = now.Outcome.Code
				if now.Outcome.Evidence != request.ByBrowser || now.Outcome.Confirmed() {
					t.Errorf("got %+v", now.Outcome)
				}
			}
			if now.Status != test.want || code != test.code || len(r.kinds(q.ID))-2 != test.kinds {
				t.Errorf("got %s by %q, %v", now.Status, code, r.kinds(q.ID))
			}
			if test.want.Ended() && now.NextStep != request.StepNone {
				t.Errorf("next step: %q", now.NextStep)
			}
		})
	}
}

func TestAReturnThatIsNoQueryIsShownAndSaysNothing(t *testing.T) {
	r := newRig(t)
	r.One.Set(func(f *fake.Gateway) { f.ByBrowser, f.AskErr = true, gateway.ErrCannotAsk })
	q, visit := r.launch("one")
	landing, err := r.HandleReturn(t.Context(), callback.Return{Ticket: path.Base(visit.ReturnURL), Query: url.Values{callback.MalformedQuery: {"status=signed&x=%\x1b"}}})
	if now := r.get(q.ID); err != nil || landing != (callback.Landing{Asking: callback.CannotAsk}) || now.Status != request.Signing || now.Outcome != nil || now.ReturnedAt == nil {
		t.Errorf("got %v, %v, %+v", landing, err, now)
	}
	if e := r.last(q.ID); e.Kind != request.KindReturned || e.Return.Code != "status=signed&x=%" || len(e.Return.Query[callback.MalformedQuery]) != 1 {
		t.Errorf("got %+v", e)
	}
	r.must(r.Refresh(t.Context(), q.ID))
	r.back(visit, "status=signed")
	if now := r.get(q.ID); now.Status != request.Signed {
		t.Errorf("got %+v", now)
	}
}

// A home that was restored from a backup hears none of the browsers that were out, and neither does one whose
// events were handed on with the tickets that older versions wrote.
func TestAVisitThatIsNotHeardHereIsNotResumedAndIsStillSettled(t *testing.T) {
	r := newRig(t)
	q, visit := r.launch("one")
	_, err := r.ledger.CloseReturns(t.Context())
	r.must(err)
	if _, err := r.HandleReturn(t.Context(), callback.Return{Ticket: path.Base(visit.ReturnURL), Query: url.Values{"status": {"signed"}}}); !errors.Is(err, callback.ErrUnknownTicket) {
		t.Errorf("the browser came back: %v", err)
	}
	visits, err := r.Sign(t.Context(), q.ID)
	if err == nil || request.CauseOf(err).Code != "visit_unheard" || len(visits) != 0 {
		t.Errorf("signed again: %v, %v", visits, err)
	}
	if kinds := r.kinds(q.ID); len(kinds) != 2 {
		t.Errorf("recorded: %v", kinds)
	}
	r.says(q.ID, request.Rejected, "rejected")
	r.must(r.Refresh(t.Context(), q.ID))
	if now := r.get(q.ID); now.Status != request.Rejected {
		t.Errorf("after the gateway was asked it is %s", now.Status)
	}
}

// For some gateways the return is the only source of an outcome. It must not be lost because gateways.toml
// cannot be read when the browser comes back.
// TestAReturnIsKeptAndReadWhileItsPracticeGatewayHangs checks that a return does not wait for a practice gateway that does not answer.
func TestAReturnIsKeptAndReadWhileItsPracticeGatewayHangs(t *testing.T) {
	r := newRig(t)
	r.must(os.WriteFile(r.dir.Gateways(), []byte("version = 2\ndefault = \"one\"\n[gateways.one]\nkind = \"fake\"\npractice = true\n"), 0o600))
	hangs := false
	r.setup.Practice = func(ctx context.Context, p gateway.Profile) (gateway.Profile, string, error) {
		if !hangs {
			return p, "", nil
		}
		<-ctx.Done()
		return gateway.Profile{}, "", ctx.Err()
	}
	r.restart()
	q, visit := r.launch("one")
	hangs = true
	got, err := r.HandleReturn(t.Context(), callback.Return{Ticket: path.Base(visit.ReturnURL), Query: url.Values{"status": {"signed"}}})
	if err != nil || got.Claim != callback.ClaimsSigned {
		t.Errorf("got %v, %v", got, err)
	}
	if now := r.get(q.ID); now.ReturnedAt == nil {
		t.Errorf("got %+v", now)
	}
}

func TestAReturnThatCouldNotBeReadIsReadLater(t *testing.T) {
	for _, askErr := range []error{gateway.ErrCannotAsk, nil} {
		r := newRig(t)
		r.One.Set(func(f *fake.Gateway) { f.ByBrowser, f.AskErr = true, askErr })
		q, visit := r.launch("one")
		r.must(os.WriteFile(r.dir.Gateways(), []byte("what is this"), 0o600))
		if got, err := r.HandleReturn(t.Context(), callback.Return{Ticket: path.Base(visit.ReturnURL), Query: url.Values{"status": {"rejected"}}}); err != nil || got != (callback.Landing{Asking: callback.Recorded}) {
			t.Fatalf("got %v, %v", got, err)
		}
		if now := r.get(q.ID); now.Status != request.Signing || now.ReturnedAt == nil {
			t.Fatalf("got %+v", now)
		}
		r.must(os.WriteFile(r.dir.Gateways(), []byte(fake.Profiles), 0o600))
		r.must(r.Refresh(t.Context(), q.ID))
		if now := r.get(q.ID); now.Status != request.Rejected || now.Outcome.Evidence != request.ByBrowser {
			t.Errorf("got %+v", now)
		}
	}
}
