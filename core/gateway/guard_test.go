package gateway_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"countersign/core/gateway"
	"countersign/core/request"
)

// echo is a gateway that repeats a text in everything that it returns.
type echo struct {
	said      string
	ids       bool // also in ids
	discarded int
}

func (e *echo) Capabilities() gateway.Capabilities { return gateway.Capabilities{} }

func (e *echo) Prepare(context.Context, gateway.VisitSpec) (gateway.PreparedVisit, error) {
	p := gateway.PreparedVisit{URL: "https://x.test", Notes: []request.Sentence{request.Sentencef("note", "it says %s", e.said)}}
	if e.ids {
		p.RemoteIDs = map[request.ID]request.RemoteIDs{"r": {Documents: []string{e.said}}}
	}
	return p, nil
}

func (e *echo) ParseReturn(request.Visit, url.Values) gateway.ReturnHint {
	return gateway.ReturnHint{Code: e.said, Rejection: request.Sentence{Text: e.said}, Outcomes: e.outcomes()}
}

func (e *echo) CanAsk(request.Visit, request.ID) bool { return true }

func (e *echo) Ask(context.Context, request.Visit) (map[request.ID]gateway.Outcome, error) {
	return e.outcomes(), e.failure()
}

func (e *echo) outcomes() map[request.ID]gateway.Outcome {
	return map[request.ID]gateway.Outcome{"r": {Status: request.Failed, Code: e.said, Message: e.said, Documents: []request.DocumentResult{{Code: e.said, Message: e.said}}}}
}

func (e *echo) failure() error {
	return &gateway.Error{Fault: gateway.Refused, Doing: asking, Message: request.Sentence{Text: e.said}}
}

func (e *echo) Fetch(context.Context, request.Visit, request.ID, int) (io.ReadCloser, error) {
	return nil, e.failure()
}

func (e *echo) Discard(context.Context, request.Visit) error {
	e.discarded++
	return e.failure()
}

func (e *echo) Check(context.Context) []gateway.CheckResult {
	return []gateway.CheckResult{gateway.NewCheckResult(gateway.PartAPI, false, request.Sentencef("detail", "it says %s", e.said), request.Sentence{Text: e.said})}
}

func TestNothingThatAGatewayRepeatsOfItsCredentialsIsReturned(t *testing.T) {
	const token = "s3cr3t-t0ken"
	var c gateway.Credentials
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	client := &http.Client{Transport: c.Transport(http.DefaultTransport)}
	defer client.CloseIdleConnections()
	req := get(t, server.URL)
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()

	const ticket = "t1cketOfAVisit"
	spec := gateway.VisitSpec{ReturnURL: "http://127.0.0.1:4000/return/" + ticket}
	for i, encode := range encodings {
		encoded := encode("the word " + []string{token, ticket}[i%2])
		e := &echo{said: encoded}
		g := c.Guard(e)
		prepared, err := g.Prepare(t.Context(), spec)
		outcomes, askErr := g.Ask(t.Context(), request.Visit{})
		_, fetchErr := g.Fetch(t.Context(), request.Visit{}, "r", 0)
		all := fmt.Sprintf("%+v %v %+v %+v %v %v %v %+v %v", prepared, err, g.ParseReturn(request.Visit{}, nil), outcomes, askErr, fetchErr,
			g.Discard(t.Context(), request.Visit{}), g.Check(t.Context()), c.RedactQuery(url.Values{encoded: {"a", encoded}}))
		if strings.Contains(all, encoded) || !strings.Contains(all, "…") {
			t.Errorf("%q is in %s", encoded, all)
		}
		var fault *gateway.Error
		if !errors.As(askErr, &fault) || fault.Fault != gateway.Refused {
			t.Errorf("the error is %v", askErr)
		}
		e.ids = true
		if p, err := g.Prepare(t.Context(), spec); err == nil || strings.Contains(err.Error()+fmt.Sprintf("%+v", p), encoded) || e.discarded != 2 {
			t.Errorf("an id with a secret: %+v, %v, %d", p, err, e.discarded)
		}
	}
	// What is not a credential stays as it is.
	g := c.Guard(&echo{said: "the word"})
	if hint := g.ParseReturn(request.Visit{}, nil); hint.Code != "the word" || hint.Outcomes["r"].Message != "the word" {
		t.Errorf("got %+v", hint)
	}
	query := url.Values{"status": {"signed"}, "id": {"1", "2"}, "empty": nil}
	if got := c.RedactQuery(query); fmt.Sprint(got) != fmt.Sprint(query) {
		t.Errorf("got %v", got)
	}
}

// choosy implements the interfaces that a gateway may implement beside [gateway.Gateway].
type choosy struct{ echo }

func (*choosy) CheckSigner(request.Signer) error { return errors.New("unknown") }

func (*choosy) CheckID(string) error { return errors.New("unknown") }

func (*choosy) FitsVisit(requests []request.Request) bool { return len(requests) < 3 }

func TestWhatAGatewayDecidesIsAskedThroughTheGuard(t *testing.T) {
	var c gateway.Credentials
	for _, test := range []struct {
		gateway gateway.Gateway
		two     bool
		signer  string
	}{{&echo{}, false, "<nil>"}, {&choosy{}, true, "unknown"}} {
		g := c.Guard(test.gateway)
		if got := gateway.FitsVisit(g, make([]request.Request, 2)); got != test.two {
			t.Errorf("%T: two requests fit: %v", test.gateway, got)
		}
		if err := g.(gateway.SignerChecker).CheckSigner(request.Signer{}); fmt.Sprint(err) != test.signer {
			t.Errorf("%T: %v", test.gateway, err)
		}
		if err := g.(gateway.IDChecker).CheckID("12"); fmt.Sprint(err) != test.signer {
			t.Errorf("%T: an id: %v", test.gateway, err)
		}
	}
}

func TestPasswordsOfCallsAreRemembered(t *testing.T) {
	var c gateway.Credentials
	transport := c.Transport(roundTrip(func(*http.Request) (*http.Response, error) { return nil, errors.New("no connection") }))
	for i := range 100 { // also many of them
		req := get(t, "http://127.0.0.1")
		req.SetBasicAuth("me", fmt.Sprintf("p&ssword/%d+%%", i))
		if _, err := transport.RoundTrip(req); err == nil {
			t.Fatal("there was a connection")
		}
	}
	for _, text := range []string{"p&ssword/99+%", url.QueryEscape("p&ssword/99+%"), base64.StdEncoding.EncodeToString([]byte("me:p&ssword/99+%"))} {
		if got := c.RedactQuery(url.Values{"a": {text}}).Get("a"); got != "…" {
			t.Errorf("%q is left of %q", got, text)
		}
	}
}

// A desk remembers the tickets of a hundred visits, and each return is searched for them in several texts. To prepare the search anew for each
// text takes hundreds of allocations.
func TestManyCredentialsArePreparedOnce(t *testing.T) {
	var c gateway.Credentials
	g := c.Guard(&echo{said: "nothing"})
	ticket := func(i int) string { return fmt.Sprintf("%032x", 0xf00d+i) }
	for i := range 100 {
		g.ParseReturn(request.Visit{ReturnURL: "http://127.0.0.1:4000/return/" + ticket(i)}, nil)
	}
	query := url.Values{"status": {"signed"}, "process": {"0195f00d"}}
	again := testing.AllocsPerRun(10, func() {
		g.ParseReturn(request.Visit{ReturnURL: "http://127.0.0.1:4000/return/" + ticket(7)}, query)
		c.RedactQuery(query)
	})
	if again > 130 {
		t.Errorf("a return takes %.0f allocations, which were 115", again)
	}
	// A new one is found at once, and takes the place of the one that was used least recently.
	g.ParseReturn(request.Visit{ReturnURL: "http://127.0.0.1:4000/return/" + ticket(100)}, nil)
	for i, want := range map[int]string{100: "…", 99: "…", 7: "…", 0: ticket(0)} {
		if got := c.RedactQuery(url.Values{"a": {ticket(i)}}).Get("a"); got != want {
			t.Errorf("ticket %d became %q", i, got)
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// tried is a gateway whose trial repeats what it was sent.
type tried struct{ echo }

func (*tried) CanTry() error { return nil }

func (t *tried) Try(_ context.Context, spec gateway.VisitSpec) []gateway.CheckResult {
	return []gateway.CheckResult{gateway.TrialCreated("p1", "https://sign.example.org/"+gateway.LastPathSegment(spec.ReturnURL))}
}

func TestATrialIsMadeThroughTheGuard(t *testing.T) {
	var c gateway.Credentials
	spec := gateway.TrialVisit("http://127.0.0.1:1/return/0123456789abcdef0123456789abcdef")
	trier, err := gateway.TrierOf(c.Guard(&tried{}))
	if err != nil {
		t.Fatal(err)
	}
	if got := trier.Try(t.Context(), spec); len(got) != 1 || got[0].Detail != "created as p1, with the address https://sign.example.org/…" {
		t.Errorf("got %+v", got)
	}
	if _, err := gateway.TrierOf(c.Guard(&echo{})); !errors.Is(err, gateway.ErrCannotTry) {
		t.Errorf("got %v", err)
	}
}

func TestAnErrorWithASecretIsRedacted(t *testing.T) {
	var c gateway.Credentials
	g := c.Guard(&failing{})
	_, err := g.Prepare(t.Context(), gateway.VisitSpec{ReturnURL: "http://127.0.0.1:1/return/0123456789abcdef0123456789abcdef"})
	if err == nil || err.Error() != "no; left: … there" || !errors.Is(err, errNo) || request.CauseOf(err).Code != "left" || request.CauseOf(err).Args[1].Text != "…" {
		t.Errorf("got %v, %+v", err, request.CauseOf(err))
	}
}

var errNo = errors.New("no")

// failing is a gateway whose error names the ticket.
type failing struct{ echo }

func (*failing) Prepare(_ context.Context, spec gateway.VisitSpec) (gateway.PreparedVisit, error) {
	return gateway.PreparedVisit{}, request.Errorf("left", "%w; left: %s there", errNo, gateway.LastPathSegment(spec.ReturnURL))
}
