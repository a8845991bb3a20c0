package gateway

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"time"

	"countersign/core/network"
	"countersign/core/request"
)

const (
	maxAnswer       = 1 << 20          // bytes of an answer that is not a document
	transferTimeout = 10 * time.Minute // for sending or fetching a document of any size

	// minRate is how many bytes of a document have to arrive in a second, on average.
	minRate = 4 << 10
)

// Caller makes calls to one gateway and turns failures into errors of the type [*Error]. It
// may be used from several goroutines at once.
type Caller struct {
	Gateway string        // name of the profile, for errors
	HTTP    *http.Client  // from NewClient
	Timeout time.Duration // for a whole call that carries no document; 0 for DefaultTimeout
}

// errStalled is the cause with which a call is canceled that makes no progress. It counts as a
// deadline that was exceeded.
var errStalled = fmt.Errorf("nothing arrived for too long: %w", context.DeadlineExceeded)

func (c Caller) timeout() time.Duration { return cmp.Or(c.Timeout, DefaultTimeout) }

// Do sends a request and returns the answer and its whole body, which may have up to 1 MiB. The Body
// of the answer is closed. An HTTP status is never an error. doing says in errors what was
// attempted. If upload is true, the request carries a document and may take ten minutes to send; the
// answer must still arrive within Caller.Timeout after that.
func (c Caller) Do(req *http.Request, doing request.Sentence, upload bool) (*http.Response, []byte, error) {
	limit := c.timeout()
	if upload {
		limit = transferTimeout
	}
	ctx, cancel := context.WithTimeout(req.Context(), limit)
	defer cancel()
	if upload {
		var stop func()
		ctx, stop = answeredWithin(ctx, c.timeout())
		defer stop()
	}
	resp, body, err := c.read(req.WithContext(ctx))
	if err != nil {
		return nil, nil, c.ConnectionError(causeOf(ctx, err), doing)
	}
	if len(body) > maxAnswer {
		return nil, nil, &Error{Fault: BadAnswer, Gateway: c.Gateway, Doing: doing, Status: resp.StatusCode, Message: request.Sentencef("answer_too_long", "the answer is too long")}
	}
	return resp, body, nil
}

// read returns an answer and the text of its body, as [plainText] reads it. If the body is too long, it
// returns more than maxAnswer bytes.
func (c Caller) read(req *http.Request) (*http.Response, []byte, error) {
	resp, err := c.HTTP.Do(req) // #nosec G704 -- the user set the gateway up; adapters send nothing to other servers that an answer names
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	body, err := ReadText(resp, maxAnswer+1)
	return resp, body, err
}

// maxRefusal is how many bytes of the answer to a failed call for a document are read.
const maxRefusal = 64 << 10

// ReadRefusal returns the text of an answer of [Caller.Stream] that has no document, or the beginning of it.
func ReadRefusal(resp *http.Response) []byte {
	body, _ := ReadText(resp, maxRefusal)
	return body
}

// ReadText reads the text of an answer's body in UTF-8, without a byte order mark. It reads at most limit bytes, and then returns
// what it has read. It does not close the body.
func ReadText(resp *http.Response, limit int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit))
	return plainText(body), err
}

// answeredWithin returns a context that is canceled if the answer to a request sent with it is
// not complete within limit after the request's last byte was written. The caller must call
// the returned function once the answer is complete.
func answeredWithin(ctx context.Context, limit time.Duration) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(transferTimeout, func() { cancel(errStalled) })
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		// The transport may retry the request on another connection.
		GotConn:      func(httptrace.GotConnInfo) { timer.Reset(transferTimeout) },
		WroteRequest: func(httptrace.WroteRequestInfo) { timer.Reset(limit) },
	})
	return ctx, func() {
		timer.Stop()
		cancel(nil)
	}
}

// causeOf returns the deadline of ctx if that was exceeded while a body was read, and err otherwise.
// Connections report an exceeded deadline in various ways.
func causeOf(ctx context.Context, err error) error {
	if _, known := errors.AsType[*network.Failure](err); known {
		return err
	}
	if cause := context.Cause(ctx); errors.Is(cause, context.DeadlineExceeded) {
		return cause
	}
	return err
}

// Stream sends a request and returns the answer with its body unread. The caller closes the body and
// limits how much it reads. A body that is still compressed with gzip is decompressed. Reading fails after ten minutes, or if the body arrives more slowly than
// minRate. An HTTP status is never an error.
func (c Caller) Stream(req *http.Request, doing request.Sentence) (*http.Response, error) {
	whole, cancel := context.WithTimeout(req.Context(), transferTimeout)
	ctx, cancelCause := context.WithCancelCause(whole)
	stop := func() { cancelCause(nil); cancel() }
	resp, err := c.HTTP.Do(req.WithContext(ctx)) // #nosec G704 -- the user set the gateway up; adapters send nothing to other servers that an answer names
	if err != nil {
		err = c.ConnectionError(causeOf(ctx, err), doing)
		stop()
		return nil, err
	}
	timer := time.AfterFunc(transferTimeout, func() { cancelCause(errStalled) })
	resp.Body = &unzipped{ReadCloser: &stream{ReadCloser: resp.Body, ctx: ctx, stop: stop, timer: timer, timeout: c.timeout(), wrap: func(err error) error {
		return c.ConnectionError(err, doing)
	}}}
	return resp, nil
}

// stream is the body of an answer. It fails if it arrives too slowly; only the time spent in
// Read counts, not the time that its reader needs between two calls.
type stream struct {
	io.ReadCloser
	ctx     context.Context   // of the call, which lasts as long as its body
	stop    func()            // releases ctx
	timer   *time.Timer       // cancels ctx; runs during Read only
	timeout time.Duration     // for one Read
	wrap    func(error) error // makes the [*Error] for an error of Read

	waited   time.Duration // in Read, all calls together
	received int64         // bytes
}

func (s *stream) Read(p []byte) (int, error) {
	start := time.Now()
	s.timer.Reset(s.timeout)
	n, err := s.ReadCloser.Read(p)
	s.timer.Stop()
	s.waited += time.Since(start)
	s.received += int64(n)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		if cause := causeOf(s.ctx, nil); cause != nil {
			err = s.wrap(cause)
		}
	case err == nil && s.waited > s.timeout && float64(s.received) < minRate*s.waited.Seconds():
		err = s.wrap(errStalled)
	}
	return n, err
}

func (s *stream) Close() error {
	defer s.stop()
	s.timer.Stop()
	return s.ReadCloser.Close()
}

// ConnectionError returns the [*Error] for a call that got no answer because of err. Its text
// has neither the URL nor any part of an answer, since both may contain a secret. If err is
// [context.Canceled], it is returned as it is.
func (c Caller) ConnectionError(err error, doing request.Sentence) error {
	if _, failed := errors.AsType[*network.Failure](err); !failed && errors.Is(err, context.Canceled) {
		return err
	}
	f := network.Explain(err)
	return &Error{Fault: faultOf(f), Gateway: c.Gateway, Doing: doing, What: f.What, Advice: f.Advice, Err: f}
}

// faultOf returns the fault of a call that got no answer.
func faultOf(f *network.Failure) Fault {
	switch {
	case f.Stage == network.AtProxy:
		return Blocked
	case f.Stage == network.AtTLS:
		return Untrusted
	case f.Timeout:
		return TimedOut
	}
	return Unreachable
}

// UnexpectedStatus returns the [*Error] for an answer whose HTTP status is not the expected one. The
// error's message is what [RedactedMessage] finds in the header and the body.
func (c Caller) UnexpectedStatus(resp *http.Response, body []byte, doing request.Sentence) *Error {
	e := &Error{Fault: FaultOf(resp.StatusCode), Gateway: c.Gateway, Doing: doing, Status: resp.StatusCode, Message: request.Sentence{Text: RedactedMessage(resp, body)}}
	e.ExplainConnection(resp, body)
	return e
}

// ExplainConnection adds to the error for an answer with that body what is known of the way to the gateway: that the
// answer is that of a network which wants a login in the browser, or that the gateway asked for a client certificate and
// got none. It changes nothing if neither explains the answer.
func (e *Error) ExplainConnection(resp *http.Response, body []byte) {
	switch {
	case network.IsPortal(resp):
		e.Fault, e.Advice = Blocked, network.LogInFirst()
		e.What = request.Sentencef("net_portal", "the network requires a login in the browser first")
	case wantsCertificate(resp) && (e.Message.Text == "" || isPage(resp)):
		e.Advice = network.GetCertificate()
		e.What = request.Sentencef("net_certificate_wanted", "it refuses the request and asks for a client certificate, which is not set for this gateway")
	}
}

// isPage reports whether an answer is an HTML page, which may be of a server in front of the gateway.
func isPage(resp *http.Response) bool {
	return strings.Contains(resp.Header.Get("Content-Type"), "html")
}

// wantsCertificate reports whether an answer is one with which servers refuse calls without a client certificate: 400 or
// 403, or one of nginx's own for logs, 495 and 496 ("Module ngx_http_ssl_module").
func wantsCertificate(resp *http.Response) bool {
	return slices.Contains([]int{http.StatusBadRequest, http.StatusForbidden, 495, 496}, resp.StatusCode) && network.AskedForCertificate(resp)
}

// DecodeJSON decodes a JSON answer into target, a pointer to a zero value. It refuses objects
// with two members of the same name. Errors are of the type [*Error], with the fault [BadAnswer].
func (c Caller) DecodeJSON(resp *http.Response, body []byte, target any, doing request.Sentence) error {
	err := checkMembers(body)
	if errors.Is(err, errDuplicate) || errors.Is(err, errDeep) {
		return &Error{Fault: BadAnswer, Gateway: c.Gateway, Doing: doing, Status: resp.StatusCode, Message: request.SentenceOf(err)}
	}
	if err == nil {
		err = json.Unmarshal(body, target)
	}
	if err == nil {
		return nil
	}
	e := &Error{Fault: BadAnswer, Gateway: c.Gateway, Doing: doing, Status: resp.StatusCode, Message: request.Sentencef("answer_not_json", "not JSON"), Err: err}
	if mediaType, _, parseErr := mime.ParseMediaType(resp.Header.Get("Content-Type")); parseErr == nil && mediaType != "application/json" {
		e.Message = request.Sentencef("answer_other_format", "%s where JSON was expected", Sanitize(Redact(resp, mediaType)))
	}
	return e
}
