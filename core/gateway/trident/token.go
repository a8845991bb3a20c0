package trident

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"countersign/core/gateway"
	"countersign/core/request"
)

// Scope is the OAuth scope that every call needs.
const Scope = "urn:safelayer:eidas:sign:process:document"

// tokens gets access tokens by the client credentials grant (RFC 6749, section 4.4) and keeps
// the current one in memory. The grant has no refresh tokens: an expired token is replaced by a
// new one. The type may be used from several goroutines at once.
type tokens struct {
	call     gateway.Caller
	url      string // token address
	server   string // name of the authorization server
	clientID string
	auth     string // setting client_auth
	secret   func(context.Context) (string, error)
	memory   gateway.Memory // of the form that the server accepted

	mu      sync.Mutex
	token   *oauth2.Token
	refused refusal
}

func newTokens(call gateway.Caller, root *url.URL, s *settings, tools gateway.Tools) *tokens {
	return &tokens{
		call:     call,
		url:      root.String() + "/trustedx-authserver/oauth/" + url.PathEscape(s.authServer) + "/token",
		server:   s.authServer,
		clientID: s.clientID,
		auth:     s.clientAuth,
		secret:   tools.Secret,
		memory:   tools.Remembered(),
	}
}

// get returns the text of the token that fresh returns.
func (t *tokens) get(ctx context.Context) (string, error) {
	token, err := t.fresh(ctx)
	if err != nil {
		return "", err
	}
	return token.AccessToken, nil
}

// fresh returns the current token, or gets a new one if there is none or it has expired.
func (t *tokens) fresh(ctx context.Context) (*oauth2.Token, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.token.Valid() {
		return t.token, nil
	}
	secret, err := t.secret(ctx)
	if err != nil {
		return nil, err
	}
	token, err := t.getToken(ctx, secret)
	if err != nil {
		return nil, err
	}
	t.token = token
	return token, nil
}

// request asks for a token with the client id and secret in one form. Errors are those of the OAuth library, or of a connection.
func (t *tokens) request(ctx context.Context, form clientAuth, secret string) (*oauth2.Token, error) {
	config := clientcredentials.Config{
		ClientID:     t.clientID,
		ClientSecret: secret,
		TokenURL:     t.url,
		Scopes:       []string{Scope},
		AuthStyle:    oauth2.AuthStyleInHeader,
	}
	if form == inBody {
		config.AuthStyle = oauth2.AuthStyleInParams
	}
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(t.call.Timeout, gateway.DefaultTimeout))
	defer cancel()
	client := *t.call.HTTP
	if client.Transport == nil {
		client.Transport = http.DefaultTransport
	}
	client.Transport = authorizing{client.Transport, form, t.clientID, secret}
	token, err := config.Token(context.WithValue(ctx, oauth2.HTTPClient, &client))
	switch {
	case err != nil && ctx.Err() != nil && !isConnectionError(err):
		return nil, ctx.Err() // the library hides that the deadline was exceeded in the middle of an answer
	case err == nil && !isHeaderText(token.AccessToken):
		return nil, errNoToken
	}
	return token, err
}

// errNoToken is returned for a token that cannot be sent.
var errNoToken = errors.New("the access token has characters that no token has")

// isHeaderText reports whether a token has only printable ASCII characters and no space, as RFC 6750, section 2.1, allows.
func isHeaderText(token string) bool {
	return !strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' })
}

// tryAgain lets the next call send a secret at once that was refused before.
func (t *tokens) tryAgain() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refused = refusal{}
}

// forget drops a token that the gateway refused, unless it was replaced already.
func (t *tokens) forget(refused string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.token != nil && t.token.AccessToken == refused {
		t.token = nil
	}
}

var gettingToken = request.Sentencef("doing_token", "get a token")

// tokenRefusal returns the answer in an error of the OAuth library, with its error code or "". ok is false if there was none.
func tokenRefusal(err error) (retrieve *oauth2.RetrieveError, code string, ok bool) {
	if retrieve, ok = errors.AsType[*oauth2.RetrieveError](err); !ok {
		return nil, "", false
	}
	return retrieve, cmp.Or(retrieve.ErrorCode, errorCode(retrieve.Response.Header, retrieve.Body)), true
}

// tokenError returns the [*gateway.Error] for an error of [tokens.request]. If there was an answer,
// it does not wrap err: the text of err contains the body of the answer, which may repeat the secret.
func (t *tokens) tokenError(err error) error {
	retrieve, code, ok := tokenRefusal(err)
	if !ok {
		if isConnectionError(err) {
			return t.call.ConnectionError(err, gettingToken)
		}
		return &gateway.Error{Fault: gateway.BadAnswer, Gateway: t.call.Gateway, Doing: gettingToken, Message: request.Sentencef("answer_no_token", "no token in the answer")}
	}
	resp := retrieve.Response
	e := &gateway.Error{Fault: gateway.FaultOf(resp.StatusCode), Gateway: t.call.Gateway, Doing: gettingToken, Status: resp.StatusCode}
	switch {
	case retrieve.ErrorDescription != "":
		e.Message.Text = gateway.Sanitize(gateway.Redact(resp, retrieve.ErrorDescription))
	case retrieve.ErrorCode != "":
		e.Message.Text = gateway.Sanitize(gateway.Redact(resp, retrieve.ErrorCode))
	default:
		e.Message.Text = gateway.RedactedMessage(resp, retrieve.Body)
	}
	if code == "invalid_client" || code == "unauthorized_client" {
		e.Fault = gateway.Unauthorized
	}
	e.ExplainConnection(resp, retrieve.Body)
	switch {
	case e.What.Text != "":
	case e.Fault == gateway.Unauthorized, code == "invalid_request": // as servers say that miss the parameters in the body
		e.Advice = t.clientAdvice()
	case code == "invalid_scope":
		e.Advice = scopeAdvice()
	case resp.StatusCode == http.StatusNotFound:
		e.Advice = request.Sentencef("advice_auth_server", "check auth_server: there is no authorization server %s at this address", t.server)
	}
	return e
}

// clientAdvice returns what to do if the gateway refuses the client.
func (t *tokens) clientAdvice() request.Sentence {
	if t.auth == authBody {
		return request.Sentencef("advice_client_body", "check client_id and the client secret; if both are right, set client_auth to basic")
	}
	return request.Sentencef("advice_client", "check client_id and the client secret; if both are right, set client_auth to body")
}

// isConnectionError reports whether an error of the OAuth library means that there was no answer.
func isConnectionError(err error) bool {
	_, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err)
	return ok || errors.Is(err, context.Canceled)
}
