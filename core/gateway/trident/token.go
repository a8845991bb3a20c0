package trident

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
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
	secret   func(context.Context) (string, error)

	mu    sync.Mutex
	token *oauth2.Token
}

func newTokens(call gateway.Caller, root *url.URL, s *settings, secret func(context.Context) (string, error)) *tokens {
	return &tokens{
		call:     call,
		url:      root.String() + "/trustedx-authserver/oauth/" + url.PathEscape(s.authServer) + "/token",
		server:   s.authServer,
		clientID: s.clientID,
		secret:   secret,
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
	config := clientcredentials.Config{
		ClientID:     t.clientID,
		ClientSecret: secret,
		TokenURL:     t.url,
		Scopes:       []string{Scope},
		AuthStyle:    oauth2.AuthStyleInHeader,
	}
	timeout := t.call.Timeout
	if timeout == 0 {
		timeout = gateway.DefaultTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	token, err := config.Token(context.WithValue(ctx, oauth2.HTTPClient, t.call.HTTP))
	if err != nil && ctx.Err() != nil && !isConnectionError(err) {
		// The library hides that the deadline was exceeded in the middle of an answer.
		return nil, t.call.ConnectionError(ctx.Err(), gettingToken)
	}
	if err != nil {
		return nil, t.tokenError(err)
	}
	t.token = token
	return token, nil
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

// tokenError returns the [*gateway.Error] for an error of the OAuth library. If there was an answer,
// it does not wrap err: the text of err contains the body of the answer, which may repeat the secret.
func (t *tokens) tokenError(err error) error {
	retrieve, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		if isConnectionError(err) {
			return t.call.ConnectionError(err, gettingToken)
		}
		return &gateway.Error{Fault: gateway.BadAnswer, Gateway: t.call.Gateway, Doing: gettingToken, Message: request.Sentencef("answer_no_token", "no token in the answer")}
	}
	resp := retrieve.Response
	code := cmp.Or(retrieve.ErrorCode, errorCode(resp.Header, retrieve.Body))
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
	e.ExplainConnection(resp)
	switch {
	case e.What.Text != "":
	case code == "invalid_scope":
		e.Advice = scopeAdvice()
	case resp.StatusCode == http.StatusNotFound:
		e.Advice = request.Sentencef("advice_auth_server", "check auth_server: there is no authorization server %s at this address", t.server)
	}
	return e
}

// isConnectionError reports whether an error of the OAuth library means that there was no answer.
func isConnectionError(err error) bool {
	_, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err)
	return ok || errors.Is(err, context.Canceled)
}
