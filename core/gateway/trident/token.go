package trident

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"countersign/core/gateway"
)

// tokens keeps the current access token in memory, and nowhere else. There are no
// refresh tokens in this grant: an expired token is asked for anew.
type tokens struct {
	call     gateway.Caller
	url      string
	server   string // the authorization server's name
	clientID string
	secret   func(context.Context) (string, error)

	mu    sync.Mutex
	token *oauth2.Token
}

func newTokens(call gateway.Caller, root *url.URL, s Settings, secret func(context.Context) (string, error)) *tokens {
	return &tokens{
		call:     call,
		url:      root.String() + "/trustedx-authserver/oauth/" + url.PathEscape(s.AuthServer) + "/token",
		server:   s.AuthServer,
		clientID: s.ClientID,
		secret:   secret,
	}
}

// get gives a token that has not expired by its own account.
func (t *tokens) get(ctx context.Context) (string, error) {
	token, err := t.fresh(ctx)
	if err != nil {
		return "", err
	}
	return token.AccessToken, nil
}

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
	if err != nil && ctx.Err() != nil {
		// The library hides it when the time runs out in the middle of an answer.
		return nil, t.call.Explain(ctx.Err(), "get a token")
	}
	if err != nil {
		return nil, t.explain(err)
	}
	t.token = token
	return token, nil
}

// forget drops a token that the gateway refused, unless it has been replaced already.
func (t *tokens) forget(refused string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.token != nil && t.token.AccessToken == refused {
		t.token = nil
	}
}

// explain never shows the answer's body as it is: it may repeat what was sent. The
// library's own error is dropped, since it has the body in it.
func (t *tokens) explain(err error) error {
	const doing = "get a token"
	retrieve, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		if call := t.call.Explain(err, doing); call != nil && isConnection(err) {
			return call
		}
		return &gateway.Error{Fault: gateway.Nonsense, Gateway: t.call.Gateway, Doing: doing, Message: "no token in the answer"}
	}
	resp := retrieve.Response
	code := cmp.Or(retrieve.ErrorCode, errorCode(resp.Header, retrieve.Body))
	e := &gateway.Error{Fault: gateway.FaultOf(resp.StatusCode), Gateway: t.call.Gateway, Doing: doing, Status: resp.StatusCode}
	switch said := gateway.Says(resp, retrieve.Body); {
	case retrieve.ErrorDescription != "":
		e.Message = gateway.Bounded(gateway.WithoutCredentials(resp, retrieve.ErrorDescription))
	case retrieve.ErrorCode != "":
		e.Message = gateway.Bounded(gateway.WithoutCredentials(resp, retrieve.ErrorCode))
	default:
		e.Message = said
	}
	if code == "invalid_client" || code == "unauthorized_client" {
		e.Fault = gateway.Unauthorized
	}
	switch {
	case code == "invalid_scope":
		e.Advice = askOperator
	case resp.StatusCode == http.StatusNotFound:
		e.Advice = fmt.Sprintf("check auth_server: there is no authorization server %s here", t.server)
	}
	return e
}

// isConnection tells whether no answer came at all.
func isConnection(err error) bool {
	_, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err)
	return ok || errors.Is(err, context.Canceled)
}
