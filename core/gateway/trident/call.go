package trident

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"countersign/core/gateway"
)

const resources = "/trustedx-resources/esignsp/v2"

func (t *Trident) address(path string) string { return t.root.String() + resources + path }

func (t *Trident) processAddress(id, path string) string {
	return t.address("/signer_processes/" + url.PathEscape(id) + path)
}

func (t *Trident) documentAddress(id, path string) string {
	return t.address("/documents/" + url.PathEscape(id) + path)
}

// ours tells whether a token may be sent to an address.
func (t *Trident) ours(address string) bool {
	u, err := url.Parse(address)
	return err == nil && gateway.Origin(u) == gateway.Origin(t.root)
}

// do makes a call without a body.
func (t *Trident) do(ctx context.Context, method, address, doing string) (*http.Response, []byte, error) {
	return t.ask(ctx, func(ctx context.Context) (*http.Request, error) {
		return http.NewRequestWithContext(ctx, method, address, nil)
	}, doing, false)
}

// ask makes a call that is answered in JSON.
func (t *Trident) ask(ctx context.Context, build func(context.Context) (*http.Request, error), doing string, document bool) (*http.Response, []byte, error) {
	var body []byte
	resp, err := t.authorized(ctx, build, func(req *http.Request) (resp *http.Response, err error) {
		req.Header.Set("Accept", "application/json")
		resp, body, err = t.call.Do(req, doing, document)
		return resp, err
	})
	return resp, body, err
}

// authorized makes a call with a token. A token that ended early is renewed once and
// the call built and sent again.
func (t *Trident) authorized(ctx context.Context, build func(context.Context) (*http.Request, error), send func(*http.Request) (*http.Response, error)) (*http.Response, error) {
	for attempt := 0; ; attempt++ {
		token, err := t.tokens.get(ctx)
		if err != nil {
			return nil, err
		}
		req, err := build(ctx)
		if err != nil {
			return nil, err
		}
		if !t.ours(req.URL.String()) {
			return nil, errors.New("refusing to send a token to another address than the gateway's")
		}
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := send(req)
		if err != nil {
			return nil, err
		}
		if attempt > 0 || !tokenEnded(resp) {
			return resp, nil
		}
		resp.Body.Close()
		t.tokens.forget(token)
	}
}

// tokenEnded tells whether another token may help. RFC 6750 says so with invalid_token;
// a gateway that gives no reason is given the benefit of the doubt.
func tokenEnded(resp *http.Response) bool {
	if resp.StatusCode != http.StatusUnauthorized {
		return false
	}
	code := errorCode(resp.Header, nil)
	return code == "" || code == "invalid_token"
}

// challengeParameter is a parameter of a challenge (RFC 9110 section 11.2), with its value
// with or without quotes.
var challengeParameter = regexp.MustCompile(`(?i)([a-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))`)

// errorCode is the word that OAuth has for a refusal: in WWW-Authenticate (RFC 6750), or
// in a JSON body (RFC 6749). It is empty where there is none.
func errorCode(header http.Header, body []byte) string {
	for _, challenge := range header.Values("WWW-Authenticate") {
		for _, found := range challengeParameter.FindAllStringSubmatch(challenge, -1) {
			if strings.EqualFold(found[1], "error") {
				return found[2] + found[3]
			}
		}
	}
	var object struct {
		Error any `json:"error"`
	}
	if json.Unmarshal(body, &object) != nil {
		return ""
	}
	code, _ := object.Error.(string)
	return code
}

// unexpected makes an error of an answer that is no success. Its message is without the
// client's secret; where that cannot be had to look for it, there is no message.
func (t *Trident) unexpected(ctx context.Context, resp *http.Response, body []byte, doing string) error {
	e := t.call.Unexpected(resp, body, doing)
	if e.Message = t.says(ctx, resp, body); errorCode(resp.Header, body) == "insufficient_scope" {
		e.Message, e.Advice = "this client is not allowed to sign", askOperator
	}
	return e
}

// secrets are the client's secret in the forms in which it may come back in an answer; none
// of them is sent but to the token address.
func (t *Trident) secrets(ctx context.Context) ([]string, error) {
	secret, err := t.tokens.secret(ctx)
	if err != nil || secret == "" {
		return nil, err
	}
	id, escaped := t.settings.ClientID, url.QueryEscape(secret)
	return []string{
		base64.StdEncoding.EncodeToString([]byte(id + ":" + secret)),
		base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id) + ":" + escaped)),
		secret, escaped,
	}, nil
}

// askOperator is what to do when the client may not have the scope.
const askOperator = "ask the gateway's operator to allow " + Scope + " for this client"
