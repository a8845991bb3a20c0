package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"countersign/core/network"
)

const (
	maxMessage = 500 // characters of a gateway's message that are kept

	// minSecret is the length in bytes of the shortest secret that is looked for in URLs, ids and
	// returns. A shorter one could be there by chance.
	minSecret = 8
)

// RedactedMessage returns the [ErrorMessage] of an answer, with "…" in place of the credentials of
// the answer's request and of the texts in secrets: a gateway may repeat what it was sent. Of an HTML
// page that refuses the content of a call, it returns the text. It returns "" if there is no message.
func RedactedMessage(resp *http.Response, body []byte, secrets ...string) string {
	// Redact twice: the first time because a long message is cut, perhaps in the middle of a
	// secret, and the second time because the header is not in the body.
	redacted := []byte(Redact(resp, string(body), secrets...))
	message := ErrorMessage(resp.Header, redacted)
	if message == "" && refusesContent(resp.StatusCode) {
		message = pageText(redacted)
	}
	return Redact(resp, message, secrets...)
}

// refusesContent reports whether an HTTP status means that a call reached the right server, which
// refuses what the call contains. A page with such a status says why.
func refusesContent(status int) bool {
	switch status {
	case http.StatusBadRequest, http.StatusNotAcceptable, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		return true
	}
	return false
}

// Redact returns text with "…" in place of the credentials that the request of the answer resp was
// sent with, and of the texts in secrets. It finds them in all common encodings.
func Redact(resp *http.Response, text string, secrets ...string) string {
	return RedactSecrets(text, append(credentials(resp), secrets...)...)
}

// RedactSecrets returns text with "…" in place of the texts in secrets. It finds them in all
// common encodings.
func RedactSecrets(text string, secrets ...string) string {
	return replaceSpans(text, newSearch(secrets, 1).find([]byte(text)))
}

// credentials returns the credentials of an answer's request; see credentialsOf.
func credentials(resp *http.Response) []string {
	if resp.Request == nil {
		return nil
	}
	return credentialsOf(resp.Request)
}

// credentialsOf returns the credentials in the Authorization header of a request, and those that [WithCredentials] names, in
// every form in which the gateway may repeat them.
func credentialsOf(req *http.Request) []string {
	all, _ := req.Context().Value(credentialsKey{}).([]string)
	header := req.Header.Get("Authorization")
	_, value, found := strings.Cut(header, " ")
	if !found {
		return all
	}
	all = append(slices.Clone(all), header, value)
	if _, password, ok := req.BasicAuth(); ok {
		// RFC 6749, section 2.3.1: id and secret are form-encoded before they are joined.
		plain, err := url.QueryUnescape(password)
		if err != nil {
			plain = password
		}
		all = append(all, password, url.QueryEscape(password), plain)
	}
	return all
}

// credentialsKey is the key of the credentials in a request's context.
type credentialsKey struct{}

// WithCredentials returns a context for a request that has the texts in secrets elsewhere than in its Authorization header, so
// that they are looked for in the answer as well.
func WithCredentials(ctx context.Context, secrets ...string) context.Context {
	return context.WithValue(ctx, credentialsKey{}, secrets)
}

// ContainsSecret reports whether a URL in an answer contains the credentials of the answer's
// request, or one of the texts in secrets, in any common encoding. Such a URL must not be stored,
// shown or opened in a browser. Secrets of less than 8 bytes are not looked for.
func ContainsSecret(resp *http.Response, address string, secrets ...string) bool {
	return len(newSearch(append(credentials(resp), secrets...), minSecret).find([]byte(address))) > 0
}

// ErrorMessage returns the message in a gateway's answer to a failed call, or "". No protocol
// here specifies where it is, so the usual members of a JSON object, the header
// WWW-Authenticate and plain text are tried, in this order. What a JSON object lists in arrays, such as
// the members that are wrong, is added to its message. HTML has no message.
func ErrorMessage(header http.Header, body []byte) string {
	var object map[string]any
	if json.Unmarshal(body, &object) == nil {
		listed := listedTexts(object)
		withList := func(text string) string {
			more := slices.DeleteFunc(slices.Clone(listed), func(item string) bool { return strings.Contains(" "+text+" ", " "+item+" ") })
			if len(more) > 0 {
				text += " (" + strings.Join(more, ", ") + ")"
			}
			return Sanitize(text)
		}
		for _, member := range []string{"error_description", "message", "detail", "description", "error", "title"} {
			switch value := object[member].(type) {
			case string:
				if value != "" {
					return withList(value)
				}
			case map[string]any:
				if text, ok := value["message"].(string); ok {
					return withList(text)
				}
			}
		}
		if len(listed) > 0 {
			return Sanitize(strings.Join(listed, ", "))
		}
		if len(object) > 0 {
			return Sanitize(string(body))
		}
	}
	if challenge := header.Get("WWW-Authenticate"); challenge != "" {
		return Sanitize(challenge)
	}
	text := bytes.TrimSpace(body)
	if len(text) == 0 || text[0] == '<' || strings.Contains(header.Get("Content-Type"), "html") {
		return ""
	}
	return Sanitize(string(text))
}

// Sanitize returns text from outside in a form that is safe to store and to show on one line:
// valid UTF-8 without control characters, and at most 500 characters of it.
func Sanitize(text string) string { return network.Sanitize(text, maxMessage) }

// OneLine returns the whole of a text in the form of [Sanitize].
func OneLine(text string) string { return network.OneLine(text) }
