package trident_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"countersign/core/gateway"
	"countersign/core/gateway/trident"
)

// notebook is a [gateway.Memory] for a test.
type notebook struct{ sync.Map }

func (n *notebook) Recall(subject string) string {
	fact, _ := n.Load(subject)
	text, _ := fact.(string)
	return text
}

func (n *notebook) Remember(subject, fact string) { n.Store(subject, fact) }

// tokenServer is a token address that knows one client and reads its credentials in one way.
type tokenServer struct {
	id, secret string
	accepts    func(s *tokenServer, r *http.Request) bool
	refusal    reply // what it answers otherwise

	mu    sync.Mutex
	tries int
}

// decoded accepts Basic as RFC 6749, section 2.3.1, has it.
func decoded(s *tokenServer, r *http.Request) bool {
	id, secret, _ := r.BasicAuth()
	plainID, err1 := url.QueryUnescape(id)
	plainSecret, err2 := url.QueryUnescape(secret)
	return err1 == nil && err2 == nil && plainID == s.id && plainSecret == s.secret
}

// compared accepts Basic as RFC 7617 has it.
func compared(s *tokenServer, r *http.Request) bool {
	id, secret, _ := r.BasicAuth()
	return id == s.id && secret == s.secret
}

// form accepts the parameters of the body.
func form(s *tokenServer, r *http.Request) bool {
	return r.Header.Get("Authorization") == "" && r.PostFormValue("client_id") == s.id && r.PostFormValue("client_secret") == s.secret
}

func never(*tokenServer, *http.Request) bool { return false }

// RoundTrip implements [http.RoundTripper].
func (s *tokenServer) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.URL.Path, "/token") {
		return canned{"/result": {status: 200, body: `{"status":"finished"}`}}.RoundTrip(r)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tries++
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body.Close()
	copied := r.Clone(r.Context())
	copied.Body = io.NopCloser(strings.NewReader(string(body)))
	answer := canned{}
	if !s.accepts(s, copied) {
		answer["/token"] = s.refusal
	}
	r.Body = nil
	return answer.RoundTrip(r)
}

// count returns how often the server was asked since the last call of count.
func (s *tokenServer) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() { s.tries = 0 }()
	return s.tries
}

func (s *tokenServer) open(t *testing.T, memory gateway.Memory, secret string, settings map[string]any) gateway.Gateway {
	t.Helper()
	all := map[string]any{"client_id": s.id}
	for key, value := range settings {
		all[key] = value
	}
	g, err := trident.Kind.New(
		gateway.Profile{Name: "ours", Kind: "trident", URL: "https://sign.example.org", Settings: all},
		gateway.Tools{HTTP: &http.Client{Transport: s}, Secret: func(context.Context) (string, error) { return secret, nil }, Memory: memory},
	)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

var refused = reply{status: 401, body: `{"error":"invalid_client"}`}

// awkward are ids and secrets that the two forms of Basic write differently.
var awkward = [][2]string{
	{"desk", "padded=="},
	{"desk", "word1/word2"},
	{"desk", "p@ss+word!"},
	{"desk", "100%sure"},
	{"desk", "a%41b"},
	{"desk", "two words"},
	{"desk", "contraseña"},
	{"desk", "كلمة"},
	{"desk", "a:b"},
	{"desk", "~tilde*"},
	{"desk", `quote"back\slash`},
	{"desk@office.example", "plain"},
	{"an office", "with & signs="},
}

func TestEveryServerIsToldItsFormOfTheSecret(t *testing.T) {
	for name, accepts := range map[string]func(*tokenServer, *http.Request) bool{"RFC 6749": decoded, "RFC 7617": compared} {
		for _, client := range awkward {
			t.Run(name+" "+client[1], func(t *testing.T) {
				s := &tokenServer{id: client[0], secret: client[1], accepts: accepts, refusal: refused}
				memory := &notebook{}
				if _, err := s.open(t, memory, client[1], nil).Ask(t.Context(), visit("d1")); err != nil {
					t.Fatal(err)
				}
				if n := s.count(); n > 2 || name == "RFC 6749" && n != 1 {
					t.Errorf("%d tries", n)
				}
				// The next process knows.
				if _, err := s.open(t, memory, client[1], nil).Ask(t.Context(), visit("d1")); err != nil || s.count() != 1 {
					t.Errorf("it was not remembered: %v", err)
				}
			})
		}
	}
}

func TestTheSecretCanGoInTheBody(t *testing.T) {
	for _, client := range append(awkward, [2]string{"with:colon", "x"}) {
		s := &tokenServer{id: client[0], secret: client[1], accepts: form, refusal: refused}
		if _, err := s.open(t, nil, client[1], map[string]any{"client_auth": "body"}).Ask(t.Context(), visit("d1")); err != nil || s.count() != 1 {
			t.Errorf("%q: %v", client, err)
		}
	}
}

func TestASecretThatIsSentInOneFormIsTriedOnce(t *testing.T) {
	for name, test := range map[string]struct {
		id, secret string
		settings   map[string]any
	}{
		"both forms are the same":              {"desk", "plain123", nil},
		"the id has a colon":                   {"urn:desk", "a=b", nil},
		"the secret is in the body by setting": {"desk", "a=b", map[string]any{"client_auth": "body"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := &tokenServer{id: test.id, accepts: never, refusal: refused}
			if _, err := s.open(t, nil, test.secret, test.settings).Ask(t.Context(), visit("d1")); faultOf(err) != gateway.Unauthorized || s.count() != 1 {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestTheOtherFormIsTriedForARefusedClientAlone(t *testing.T) {
	tests := map[string]struct {
		refusal reply
		tries   int
	}{
		"401":                             {reply{status: 401}, 2},
		"401 with a code of its own":      {reply{status: 401, body: `{"error":"unauthorized_client"}`}, 2},
		"400 with the code":               {reply{status: 400, body: `{"error":"invalid_client"}`}, 2},
		"400 with the code behind a mark": {reply{status: 400, body: "\ufeff" + `{"error":"invalid_client"}`}, 2},
		"400 with the code in the header": {reply{status: 400, challenge: `Basic error="invalid_client"`}, 2},
		"400 without a code":              {reply{status: 400}, 2},
		"403":                             {reply{status: 403}, 2},
		"200 with the code":               {reply{status: 200, body: `{"error":"invalid_client"}`}, 2},
		"the scope":                       {reply{status: 400, body: `{"error":"invalid_scope"}`}, 1},
		"the grant":                       {reply{status: 400, body: `{"error":"unauthorized_client"}`}, 1},
		"no such address":                 {reply{status: 404}, 1},
		"too many":                        {reply{status: 429}, 1},
		"it is broken":                    {reply{status: 500}, 1},
		"no token":                        {reply{status: 200, body: `{}`}, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := &tokenServer{id: "desk", accepts: never, refusal: test.refusal}
			if _, err := s.open(t, nil, "a=b", nil).Ask(t.Context(), visit("d1")); err == nil {
				t.Error("no error")
			}
			if n := s.count(); n != test.tries {
				t.Errorf("%d tries, want %d", n, test.tries)
			}
		})
	}
}

func TestAWrongSecretIsNotTriedAgainAndAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &tokenServer{id: "desk", secret: "right=", accepts: compared, refusal: refused}
		memory := &notebook{}
		secret := "wrong="
		g, err := trident.Kind.New(
			gateway.Profile{Name: "ours", Kind: "trident", URL: "https://sign.example.org", Settings: map[string]any{"client_id": s.id}},
			gateway.Tools{HTTP: &http.Client{Transport: s}, Secret: func(context.Context) (string, error) { return secret, nil }, Memory: memory},
		)
		if err != nil {
			t.Fatal(err)
		}
		ask := func(why string, tries int) {
			t.Helper()
			_, err := g.Ask(t.Context(), visit("d1"))
			if n := s.count(); n != tries || (err == nil) != (secret == s.secret) || err != nil && faultOf(err) != gateway.Unauthorized {
				t.Errorf("%s: %d tries, want %d: %v", why, n, tries, err)
			}
		}
		ask("at first", 2)
		for range 50 {
			ask("for the next request", 0)
		}
		for range 4 {
			time.Sleep(time.Minute)
			ask("later", 1)
		}
		if findings := g.Check(t.Context()); findings[len(findings)-1].OK || s.count() != 2 {
			t.Errorf("a check does not try: %+v", findings)
		}
		if memory.Recall("client_auth https://sign.example.org/trustedx-authserver/oauth/main/token") != "" {
			t.Error("a refusal was remembered")
		}
		secret = s.secret
		ask("with another secret", 2)
	})
}

// After both forms were refused they are sent by turns, so that the one that is accepted once the client is set up is found.
func TestAClientThatIsSetUpLaterIsAcceptedInEitherForm(t *testing.T) {
	for name, test := range map[string]struct {
		accepts func(*tokenServer, *http.Request) bool
		asks    int
	}{"RFC 6749": {decoded, 1}, "RFC 7617": {compared, 2}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &tokenServer{id: "desk", secret: "a%41b", accepts: never, refusal: refused}
				g := s.open(t, nil, s.secret, nil)
				if _, err := g.Ask(t.Context(), visit("d1")); err == nil {
					t.Fatal("no error")
				}
				s.accepts = test.accepts
				s.count()
				for ask := 1; ; ask++ {
					time.Sleep(time.Minute)
					_, err := g.Ask(t.Context(), visit("d1"))
					if s.count() != 1 || (err == nil) != (ask == test.asks) || ask > test.asks {
						t.Fatalf("%d: %v", ask, err)
					}
					if err == nil {
						return
					}
				}
			})
		})
	}
}

func TestAServerThatBeginsToAcceptAnotherFormIsFollowed(t *testing.T) {
	s := &tokenServer{id: "desk", secret: "a%41b", accepts: compared, refusal: refused}
	memory := &notebook{}
	tries := func() int {
		t.Helper()
		if _, err := s.open(t, memory, "a%41b", nil).Ask(t.Context(), visit("d1")); err != nil {
			t.Fatal(err)
		}
		return s.count()
	}
	for _, step := range []struct {
		accepts func(*tokenServer, *http.Request) bool
		tries   int
	}{{compared, 2}, {compared, 1}, {decoded, 2}, {decoded, 1}, {compared, 2}, {compared, 1}} {
		s.accepts = step.accepts
		if n := tries(); n != step.tries {
			t.Errorf("%d tries, want %d", n, step.tries)
		}
	}
}

// A secret that has one form only says nothing about the server.
func TestAPlainSecretDoesNotChangeWhatIsRemembered(t *testing.T) {
	s, memory := &tokenServer{id: "desk", secret: "a=b", accepts: compared, refusal: refused}, &notebook{}
	for _, step := range []struct {
		secret string
		tries  int
	}{{"a=b", 2}, {"plain", 1}, {"a=b", 1}} {
		s.secret = step.secret
		if _, err := s.open(t, memory, step.secret, nil).Ask(t.Context(), visit("d1")); err != nil {
			t.Fatal(err)
		}
		if n := s.count(); n != step.tries {
			t.Errorf("%s: %d tries, want %d", step.secret, n, step.tries)
		}
	}
}

func TestARefusedSecretStaysOutOfTheErrorInEveryForm(t *testing.T) {
	const secret = "contraseña/larga=="
	hidden := []string{secret, url.QueryEscape(secret), "larga"}
	for _, auth := range []string{"basic", "body"} {
		t.Run(auth, func(t *testing.T) {
			// It repeats what it was sent: the header, the body, and the secret itself in two encodings.
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, password, _ := r.BasicAuth()
				sent := r.PostFormValue("client_secret") + password
				latin := string([]byte{0xf1})
				w.WriteHeader(http.StatusUnauthorized)
				io.WriteString(w, "no: "+r.Header.Get("Authorization")+" "+sent+" "+strings.ReplaceAll(sent, "ñ", latin))
			}))
			t.Cleanup(server.Close)
			p := gateway.Profile{Name: "ours", Kind: "trident", URL: server.URL, Settings: map[string]any{"client_id": "desk", "client_auth": auth}}
			client, err := gateway.NewClient(p, gateway.Proxies{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(client.CloseIdleConnections)
			g, err := trident.Kind.New(p, gateway.Tools{HTTP: client, Secret: func(context.Context) (string, error) { return secret, nil }})
			if err != nil {
				t.Fatal(err)
			}
			_, err = g.Ask(t.Context(), visit("d1"))
			if err == nil || !strings.Contains(err.Error(), "no: ") {
				t.Fatalf("got %v", err)
			}
			if slices.ContainsFunc(hidden, func(text string) bool { return strings.Contains(err.Error(), text) }) {
				t.Errorf("the secret is in: %v", err)
			}
		})
	}
}

// Servers differ in how they write a token.
func TestTokensOfAllFormsAreRead(t *testing.T) {
	lifetimes := map[string]struct {
		answer string
		valid  time.Duration // 0 for as long as the gateway accepts it
	}{
		"a number":               {`{"access_token":"t","token_type":"Bearer","expires_in":600}`, 10 * time.Minute},
		"a fraction":             {`{"access_token":"t","token_type":"BEARER","expires_in":600.75}`, 10 * time.Minute},
		"an exponent":            {`{"access_token":"t","token_type":"bearer","expires_in":6e2}`, 10 * time.Minute},
		"a text":                 {`{"access_token":"t","expires_in":"600"}`, 10 * time.Minute},
		"a text with a blank":    {`{"access_token":"t","expires_in":" 600.0 "}`, 10 * time.Minute},
		"a mark in front":        {"\ufeff" + `{"access_token":"t","expires_in":600}`, 10 * time.Minute},
		"UTF-16":                 {"\xff\xfe{\x00\"\x00a\x00c\x00c\x00e\x00s\x00s\x00_\x00t\x00o\x00k\x00e\x00n\x00\"\x00:\x00\"\x00t\x00\"\x00}\x00", 0},
		"no lifetime":            {`{"access_token":"t"}`, 0},
		"null":                   {`{"access_token":"t","token_type":null,"expires_in":null}`, 0},
		"a word":                 {`{"access_token":"t","expires_in":"soon"}`, 0},
		"a list":                 {`{"access_token":"t","expires_in":[600]}`, 0},
		"no number":              {`{"access_token":"t","expires_in":"NaN"}`, 0},
		"far too much":           {`{"access_token":"t","expires_in":1e300}`, 1<<31*time.Second - time.Second},
		"a token of digits":      {`{"access_token":12345678901234567890,"expires_in":600}`, 10 * time.Minute},
		"a scope that is a list": {`{"access_token":"t","scope":["openid","` + trident.Scope + `"],"expires_in":600}`, 10 * time.Minute},
	}
	for name, test := range lifetimes {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &tokenServer{id: "desk", accepts: never, refusal: reply{status: 200, body: test.answer}}
				g := s.open(t, nil, "plain", nil)
				for _, finding := range g.Check(t.Context()) {
					if !finding.OK {
						t.Errorf("got %+v", finding)
					}
				}
				if test.valid == 0 {
					time.Sleep(1000 * time.Hour)
				} else {
					time.Sleep(test.valid - 15*time.Second)
				}
				s.count()
				if _, err := g.Ask(t.Context(), visit("d1")); err != nil || s.count() != 0 {
					t.Errorf("it is not used as long as it is valid: %v", err)
				}
				if test.valid == 0 {
					return
				}
				time.Sleep(15 * time.Second)
				if _, err := g.Ask(t.Context(), visit("d1")); err != nil || s.count() != 1 {
					t.Errorf("it is used for longer than it is valid: %v", err)
				}
			})
		})
	}
}

func TestTheExchangeSaysInWhichFormTheSecretWasSent(t *testing.T) {
	for secret, want := range map[string][]string{
		"a=b":   {"Authorization: Basic … (escaped, as in RFC 6749)", "Authorization: Basic … (as it is, as in RFC 7617)"},
		"plain": {"Authorization: Basic …"},
	} {
		s := &tokenServer{id: "desk", accepts: never, refusal: refused}
		credentials := &gateway.Credentials{}
		p := gateway.Profile{Name: "ours", Kind: "trident", URL: "https://sign.example.org", Settings: map[string]any{"client_id": "desk"}}
		g, err := trident.Kind.New(p, gateway.Tools{
			HTTP: &http.Client{Transport: credentials.Transport(s)}, Secret: func(context.Context) (string, error) { return secret, nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, recorder := gateway.Record(t.Context())
		g.Check(ctx)
		var got []string
		for _, x := range recorder.Exchanges() {
			if x.Method == http.MethodPost {
				got = append(got, x.Sent.Headers[0])
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}
