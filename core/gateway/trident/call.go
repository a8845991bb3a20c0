package trident

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"countersign/core/gateway"
	"countersign/core/request"
)

// apiPath is the path of the API below the gateway's root.
const apiPath = "/trustedx-resources/esignsp/v2"

// address returns the URL of a path of the API.
func (t *Trident) address(path string) string { return t.root.String() + apiPath + path }

// processAddress returns the URL of a process, or of path below it.
func (t *Trident) processAddress(id, path string) string {
	return t.address("/signer_processes/" + url.PathEscape(id) + path)
}

// documentAddress returns the URL of a document, or of path below it.
func (t *Trident) documentAddress(id, path string) string {
	return t.address("/documents/" + url.PathEscape(id) + path)
}

// isOwn reports whether a URL has the gateway's origin. Tokens are sent to no other URL.
func (t *Trident) isOwn(address string) bool {
	u, err := url.Parse(address)
	return err == nil && gateway.Origin(u) == gateway.Origin(t.root)
}

// do makes a call without a request body and returns the answer with its body.
func (t *Trident) do(ctx context.Context, method, address string, doing request.Sentence) (*http.Response, []byte, error) {
	return t.callJSON(ctx, func(ctx context.Context) (*http.Request, error) {
		return http.NewRequestWithContext(ctx, method, address, nil)
	}, doing, false)
}

// callJSON sends the request that build returns, with a token, and returns the answer with its
// body. build may be called twice; see authorized. upload is as in [gateway.Caller.Do].
func (t *Trident) callJSON(ctx context.Context, build func(context.Context) (*http.Request, error), doing request.Sentence, upload bool) (*http.Response, []byte, error) {
	var body []byte
	resp, err := t.authorized(ctx, build, func(req *http.Request) (resp *http.Response, err error) {
		req.Header.Set("Accept", "application/json")
		resp, body, err = t.call.Do(req, doing, upload)
		return resp, err
	})
	return resp, body, err
}

// authorized builds a request, adds a token (RFC 6750) and sends it. If the gateway refuses
// the token, it gets a new one and builds and sends the request once more.
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
		if !t.isOwn(req.URL.String()) {
			return nil, request.Errorf("token_elsewhere", "a token was about to be sent to another server than the gateway: check the gateway's address")
		}
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := send(req)
		if err != nil {
			return nil, err
		}
		if attempt > 0 || !tokenRefused(resp) {
			return resp, nil
		}
		_ = resp.Body.Close()
		t.tokens.forget(token)
	}
}

// tokenRefused reports whether a new token may help: the error code is invalid_token (RFC
// 6750, section 3.1), or there is none.
func tokenRefused(resp *http.Response) bool {
	if resp.StatusCode != http.StatusUnauthorized {
		return false
	}
	code := errorCode(resp.Header, nil)
	return code == "" || code == "invalid_token"
}

// challengeParameter matches a parameter of a challenge (RFC 9110, section 11.2). Its value
// may be quoted.
var challengeParameter = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)([a-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))`)
})

// errorCode returns the OAuth error code of an answer, from the header WWW-Authenticate (RFC
// 6750, section 3) or the JSON body (RFC 6749, section 5.2), or "" if there is none.
func errorCode(header http.Header, body []byte) string {
	for _, challenge := range header.Values("WWW-Authenticate") {
		for _, found := range challengeParameter().FindAllStringSubmatch(challenge, -1) {
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

// unexpected returns the error for an answer whose HTTP status is not the expected one. The error's
// message never contains the client's secret. It is empty if the secret is not available, so that
// it cannot be looked for.
func (t *Trident) unexpected(ctx context.Context, resp *http.Response, body []byte, doing request.Sentence) error {
	e := t.call.UnexpectedStatus(resp, body, doing)
	if e.Message.Text = t.message(ctx, resp, body); errorCode(resp.Header, body) == "insufficient_scope" {
		e.Message, e.Advice = request.Sentencef("client_may_not_sign", "this client is not allowed to sign"), scopeAdvice()
	}
	return e
}

// refused returns the error of unexpected for the creation of a process, or the upload of a document,
// that own is for. If the gateway refuses it, the advice names the settings that the answer is about;
// what own sets in their place is not of the profile. own may be nil.
func (t *Trident) refused(ctx context.Context, resp *http.Response, body []byte, doing request.Sentence, own *request.SignatureOptions) error {
	err := t.unexpected(ctx, resp, body, doing)
	if e, ok := errors.AsType[*gateway.Error](err); ok {
		e.AdviseSettings(resp, body, slices.DeleteFunc(slices.Clone(t.fields), func(f gateway.Field) bool { return replaces(own, f.Key) }))
	}
	return err
}

// replaces reports whether own has a value in place of the profile's setting with the key.
func replaces(own *request.SignatureOptions, key string) bool {
	if own == nil {
		return false
	}
	switch key {
	case "reason":
		return own.Reason != ""
	case "field_name":
		return own.Field != ""
	case "page":
		return own.Page != ""
	case "rectangle":
		return own.Rectangle != nil
	}
	return false
}

// message returns the message of an answer to a failed call, without secrets. It returns "" if
// the client's secret is not available to look for.
func (t *Trident) message(ctx context.Context, resp *http.Response, body []byte) string {
	if gateway.RedactedMessage(resp, body) == "" {
		return ""
	}
	secrets, err := t.secrets(ctx)
	if err != nil {
		return ""
	}
	return gateway.RedactedMessage(resp, body, secrets...)
}

// secrets returns the client's secret in every form in which an answer may repeat it. It is
// sent to the token address only.
func (t *Trident) secrets(ctx context.Context) ([]string, error) {
	secret, err := t.secret(ctx)
	if err != nil || secret == "" {
		return nil, err
	}
	id := t.settings.clientID
	return []string{basicPlain.basicValue(id, secret), basicEscaped.basicValue(id, secret), secret, escape(secret)}, nil
}

// scopeAdvice returns what to do if the gateway does not grant Scope to the client.
func scopeAdvice() request.Sentence {
	return request.Sentencef("advice_scope", "ask the gateway's operator to allow %s for this client", Scope)
}
