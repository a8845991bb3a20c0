package gateway

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"countersign/core/network"
)

// Exchange is one call to a gateway and what came of it, for people who look for what is wrong. It has no credentials, and each
// text is bounded and on one line.
type Exchange struct {
	Method   string `json:"method"`
	Address  string `json:"address"`
	Sent     Half   `json:"sent"`
	Status   string `json:"status,omitempty"` // like "HTTP/1.1 200 OK"
	Received *Half  `json:"received,omitempty"`
	Failure  string `json:"failure,omitempty"` // why there was no answer
}

// Half is one direction of an [Exchange].
type Half struct {
	Headers []string `json:"headers,omitempty"` // "Name: value"; those that matter alone
	Body    string   `json:"body,omitempty"`    // a text, or a description in parentheses
}

const (
	maxExchanges = 100      // calls that are recorded
	maxRecorded  = 64 << 10 // bytes of a body that are recorded
	maxShown     = 4000     // characters of a body that are shown
)

// The headers that an [Exchange] has.
var (
	sentHeaders     = []string{"Authorization", "Content-Type", "Accept"}
	receivedHeaders = []string{"Content-Type", "Content-Encoding", "Date", "Location", "Retry-After", "Server", "Via", "WWW-Authenticate"}
)

// Recorder records the calls that are made with its context.
type Recorder struct {
	mu    sync.Mutex
	calls []*call
}

type recorderKey struct{}

// Record returns a context and the recorder of all calls to gateways that are made with it, up to 100.
func Record(ctx context.Context) (context.Context, *Recorder) {
	r := &Recorder{}
	return context.WithValue(ctx, recorderKey{}, r), r
}

type authFormKey struct{}

// WithAuthForm returns a context for a request whose [Exchange] says in which form its credentials were sent, such as "escaped".
func WithAuthForm(ctx context.Context, form string) context.Context {
	return context.WithValue(ctx, authFormKey{}, " ("+form+")")
}

// call is a call as it was made, with its credentials.
type call struct {
	credentials    *Credentials
	req            *http.Request
	resp           *http.Response // nil if there was no answer
	err            error
	sent, received capture
}

// capture keeps the beginning of what is written to it.
type capture struct {
	mu   sync.Mutex
	kept []byte
	size int64 // bytes written
}

// Write implements [io.Writer]. It never fails.
func (c *capture) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.size += int64(len(p))
	c.kept = append(c.kept, p[:min(len(p), maxRecorded-len(c.kept))]...)
	return len(p), nil
}

// copying returns body, which may be nil, with everything that is read from it copied to c.
func (c *capture) copying(body io.ReadCloser) io.ReadCloser {
	if body == nil || body == http.NoBody {
		return body
	}
	return struct {
		io.Reader
		io.Closer
	}{io.TeeReader(body, c), body}
}

// roundTrip makes a call with base, and records it.
func (r *Recorder) roundTrip(base http.RoundTripper, req *http.Request, credentials *Credentials) (*http.Response, error) {
	recorded := &call{credentials: credentials, req: req}
	copied := req.Clone(req.Context())
	copied.Body = recorded.sent.copying(req.Body)
	resp, err := base.RoundTrip(copied)
	if resp != nil {
		kept := *resp // a caller may change the answer
		recorded.resp = &kept
		resp.Body = recorded.received.copying(resp.Body)
	}
	recorded.err = err
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.calls) < maxExchanges {
		r.calls = append(r.calls, recorded)
	}
	return resp, err
}

// Exchanges returns the calls so far, in their order.
func (r *Recorder) Exchanges() []Exchange {
	r.mu.Lock()
	calls := r.calls
	r.mu.Unlock()
	var all []Exchange
	for _, c := range calls {
		all = append(all, c.exchange())
	}
	return all
}

// exchange returns the call without credentials.
func (c *call) exchange() Exchange {
	x := Exchange{Method: c.req.Method, Address: c.address(c.req.URL), Sent: c.half(c.req.Header, sentHeaders, &c.sent)}
	if c.err != nil {
		x.Failure = c.clean(withoutAddress(c.err).Error())
		return x
	}
	x.Status = c.clean(c.resp.Proto + " " + c.resp.Status)
	received := c.half(c.resp.Header, receivedHeaders, &c.received)
	x.Received = &received
	return x
}

// withoutAddress returns the error in a [*url.Error], whose text would have the address in it; otherwise err.
func withoutAddress(err error) error {
	if wrapped, ok := err.(*url.Error); ok {
		return wrapped.Err
	}
	return err
}

// address returns an address without credentials, and without the values of parameters that are named like one.
func (c *call) address(u *url.URL) string {
	shown := *u
	shown.User, shown.RawQuery = nil, maskQuery(u.RawQuery)
	return c.clean(shown.String())
}

func (c *call) half(header http.Header, names []string, body *capture) Half {
	var m Half
	for _, name := range names {
		for _, value := range header.Values(name) {
			switch name {
			case "Authorization":
				scheme, _, _ := strings.Cut(value, " ")
				form, _ := c.req.Context().Value(authFormKey{}).(string)
				value = scheme + " …" + form
			case "Location":
				if u, err := url.Parse(value); err == nil {
					value = c.address(u)
				} else {
					value = "…"
				}
			}
			m.Headers = append(m.Headers, name+": "+c.clean(value))
		}
	}
	body.mu.Lock()
	kept, size := bytes.Clone(body.kept), body.size
	body.mu.Unlock()
	m.Body = c.body(header.Get("Content-Type"), kept, size)
	return m
}

// body returns the text of a body of which the beginning was kept: JSON, a form, or plain text. Of anything else it returns the
// media type and the size.
func (c *call) body(contentType string, kept []byte, size int64) string {
	if size == 0 {
		return ""
	}
	media, parameters, _ := mime.ParseMediaType(contentType)
	if media == "multipart/form-data" {
		return c.parts(kept, parameters["boundary"])
	}
	text := plainText(kept)
	switch start := bytes.TrimLeft(text, " \t\r\n"); {
	case len(start) > 0 && (start[0] == '{' || start[0] == '['):
		masked, secrets := maskJSON(text)
		c.credentials.add(secrets...)
		return c.clean(masked)
	case media == "application/x-www-form-urlencoded":
		return c.clean(maskQuery(string(text)))
	case media == "text/plain":
		return c.clean(string(text))
	}
	return fmt.Sprintf("(%s, %d bytes)", cmp.Or(Sanitize(media), "no media type"), size)
}

// parts returns the parts of a form of which the beginning was kept. Of a file, it returns the media type.
func (c *call) parts(kept []byte, boundary string) string {
	var all []string
	for reader := multipart.NewReader(bytes.NewReader(kept), boundary); len(all) < 20; {
		part, err := reader.NextRawPart()
		if err != nil {
			break
		}
		content := "(a file)"
		if part.FileName() == "" {
			text, _ := io.ReadAll(part)
			content = c.body(cmp.Or(part.Header.Get("Content-Type"), "text/plain"), text, int64(len(text)))
		}
		all = append(all, c.clean(fmt.Sprintf("%s (%s)", part.FormName(), cmp.Or(part.Header.Get("Content-Type"), "no media type")))+": "+content)
	}
	return strings.Join(all, " · ")
}

// clean returns a text without credentials, bounded and on one line.
func (c *call) clean(text string) string {
	return network.Sanitize(RedactSecrets(c.credentials.redact(maskText(text)), credentialsOf(c.req)...), maxShown)
}
