package desk

import (
	"encoding/json"
	"io"
	"net/http"
	"path"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/core/callback"
	"countersign/core/desk/fake"
	"countersign/core/gateway"
	"countersign/core/request"
)

// visitPage goes to an address as a browser that prefers Spanish does, and returns the status and the page.
func (r *rig) visitPage(method, address, form string) (int, string) {
	r.Helper()
	req, err := http.NewRequestWithContext(r.Context(), method, address, strings.NewReader(form))
	r.must(err)
	req.Header.Set("Accept-Language", "es-ES,es;q=0.9")
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := http.DefaultClient.Do(req)
	r.must(err)
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	r.must(err)
	return resp.StatusCode, string(page)
}

// The ticket proves a return in whatever form the browser brings it. One that cannot be read says that the browser came back, and
// nothing more: no outcome is made of it, and the page says what to do.
func TestReturnsThatAlmostFitAreRecordedAndAnsweredInTheLanguageOfTheBrowser(t *testing.T) {
	const (
		signedPage = "Firmado. Puede cerrar esta pestaña"
		unreadPage = "Ya está de vuelta, pero no se ha podido leer cómo ha ido"
	)
	local := func(address string) string { return strings.Replace(address, "127.0.0.1", "localhost", 1) }
	for name, test := range map[string]struct {
		method  string
		address func(returnURL string) string
		form    string
		how     request.Deviation
		status  request.Status
		page    string
	}{
		"localhost":         {"GET", func(u string) string { return local(u) + "?status=signed" }, "", "", request.Signed, signedPage},
		"a slash":           {"GET", func(u string) string { return u + "/?status=signed" }, "", request.DeviatesInPath, request.Signed, signedPage},
		"an ampersand":      {"GET", func(u string) string { return u + "&status=signed" }, "", request.DeviatesInQuery, request.Signed, signedPage},
		"an escaped query":  {"GET", func(u string) string { return u + "%3Fstatus%3Dsigned" }, "", request.DeviatesInQuery, request.Signed, signedPage},
		"a posted form":     {"POST", func(u string) string { return u }, "status=signed", request.DeviatesInMethod, request.Signed, signedPage},
		"a further segment": {"GET", func(u string) string { return u + "/signed" }, "", request.DeviatesUnread, request.Signing, unreadPage},
		"semicolons":        {"GET", func(u string) string { return u + "?a=b;status=signed" }, "", request.DeviatesUnread, request.Signing, unreadPage},
		"a long query":      {"GET", func(u string) string { return u + "?status=signed&x=" + strings.Repeat("x", 9000) }, "", request.DeviatesInLength, request.Signing, unreadPage},
		"nothing":           {"GET", func(u string) string { return u }, "", "", request.Signing, "Ya está de vuelta, y no se sabe cómo ha ido"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.One.Set(func(f *fake.Gateway) { f.ByBrowser, f.AskErr, f.Can.ReturnsSigned = true, gateway.ErrCannotAsk, false })
			q, visit := r.launch("one")
			for range 2 { // the page is loaded again
				status, page := r.visitPage(test.method, test.address(visit.ReturnURL), test.form)
				if status != 200 || !strings.Contains(page, test.page) || strings.Contains(page, "está pidiendo") || strings.Contains(page, "está preguntando") {
					t.Errorf("got %d, %s", status, page)
				}
			}
			events, err := r.ledger.Events(t.Context(), q.ID)
			r.must(err)
			if e := events[2]; e.Kind != request.KindReturned || e.Return.Deviation != test.how || e.Return.CannotAsk != (test.status == request.Signing) {
				t.Errorf("got %+v, %+v", e, e.Return)
			}
			if now := r.get(q.ID); now.Status != test.status || now.CannotAsk != (test.status == request.Signing) || now.ReturnedAt == nil {
				t.Errorf("got %+v", now)
			}
			if text, err := json.Marshal(events); err != nil || strings.Contains(string(text), path.Base(visit.ReturnURL)) {
				t.Errorf("the ticket is in %s, %v", text, err)
			}
		})
	}
}

// TestAReturnThatCannotBeReadStartsTheAsking checks that a gateway that can be asked is asked at once, in whatever form its return came.
func TestAReturnThatCannotBeReadStartsTheAsking(t *testing.T) {
	r := newRig(t)
	q, visit := r.launch("one")
	r.says(q.ID, request.Rejected, "rejected")
	defer r.run()()
	if status, page := r.visitPage("GET", visit.ReturnURL+"/done", ""); status != 200 || !strings.Contains(page, "está preguntando a la pasarela") {
		t.Errorf("got %d, %s", status, page)
	}
	r.until(q.ID, func(q request.Request) bool { return q.Status == request.Rejected })
}

// The landing page may say that the gateway is asked only if it is.
func TestTheLandingPageSaysWhetherTheGatewayIsAsked(t *testing.T) {
	landing := func(r *rig, visit request.Visit, status string) callback.Asking {
		t.Helper()
		got, err := r.HandleReturn(t.Context(), callback.Return{Ticket: path.Base(visit.ReturnURL), Query: map[string][]string{"status": {status}}})
		r.must(err)
		return got.Asking
	}
	r := newRig(t)
	_, visit := r.launch("one")
	if got := landing(r, visit, "signed"); got != callback.Asked {
		t.Errorf("a gateway that can be asked: %v", got)
	}
	q, visit := r.launch("one")
	r.says(q.ID, request.Rejected, "rejected")
	r.must(r.Refresh(t.Context(), q.ID))
	if got := landing(r, visit, "signed"); got != callback.Recorded {
		t.Errorf("the outcome is known: %v", got)
	}
	q, visit = r.launch("one")
	_, err := r.Withdraw(t.Context(), q.ID, "")
	r.must(err)
	if got := landing(r, visit, "signed"); got != callback.Recorded {
		t.Errorf("the request was withdrawn: %v", got)
	}
	r.One.Set(func(f *fake.Gateway) { f.AskErr = gateway.ErrCannotAsk })
	_, visit = r.launch("one")
	if got := landing(r, visit, "odd"); got != callback.CannotAsk {
		t.Errorf("a gateway that cannot be asked: %v", got)
	}
}

// TestEachFormOfAReturnIsInTheHistory checks that a return that comes again in another form is recorded again, and that one in the same form
// is not.
func TestEachFormOfAReturnIsInTheHistory(t *testing.T) {
	r := newRig(t)
	q, visit := r.launch("one")
	for _, added := range []string{"?status=signed", "/?status=signed", "&status=signed", "//?status=signed", "?status=signed"} {
		r.visitPage("GET", visit.ReturnURL+added, "")
	}
	events, err := r.ledger.Events(t.Context(), q.ID)
	r.must(err)
	var forms []request.Deviation
	for _, e := range events[2:] {
		forms = append(forms, e.Return.Deviation)
	}
	if diff := cmp.Diff([]request.Deviation{"", request.DeviatesInPath, request.DeviatesInQuery}, forms); diff != "" {
		t.Error(diff)
	}
}

// TestALaterReturnThatSaysMoreCounts checks that a browser that comes back a second time with an outcome ends the wait for a person.
func TestALaterReturnThatSaysMoreCounts(t *testing.T) {
	r := newRig(t)
	r.One.Set(func(f *fake.Gateway) { f.ByBrowser, f.AskErr = true, gateway.ErrCannotAsk })
	q, visit := r.launch("one")
	r.visitPage("GET", visit.ReturnURL+"/x?status=signed", "")
	if now := r.get(q.ID); !now.CannotAsk || now.Status != request.Signing {
		t.Errorf("got %+v", now)
	}
	r.visitPage("GET", visit.ReturnURL+"?status=rejected", "")
	if now := r.get(q.ID); now.CannotAsk || now.Status != request.Rejected {
		t.Errorf("got %+v", now)
	}
	want := []request.EventKind{request.KindAdded, request.KindLaunched, request.KindReturned, request.KindReturned, request.KindAnswered}
	if diff := cmp.Diff(want, r.kinds(q.ID)); diff != "" {
		t.Error(diff)
	}
}
