package gateway

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	maxAnswer  = 1 << 20 // bytes of an answer that is not a document
	maxMessage = 500     // characters of a gateway's message that are kept

	connectTime  = 10 * time.Second
	transferTime = 10 * time.Minute // for a document, whatever its size
)

// NewClient makes the HTTP client for one gateway. It follows no redirect, so that
// nothing carries credentials to another place, and waits no longer for an answer
// to begin than the profile says.
func NewClient(p Profile) (*http.Client, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if p.CAFile != "" {
		pem, err := readAnchors(p.CAFile)
		if err != nil {
			return nil, fmt.Errorf("gateway %s: read the trust anchors: %w", p.Name, err)
		}
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		if !pool.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("gateway %s: %s has no certificate in PEM form", p.Name, p.CAFile)
		}
		config.RootCAs = pool
	}
	timeout := p.Timeout
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: min(connectTime, timeout)}).DialContext,
			TLSClientConfig:        config,
			TLSHandshakeTimeout:    min(connectTime, timeout),
			ResponseHeaderTimeout:  timeout,
			MaxResponseHeaderBytes: 64 << 10,
			MaxIdleConnsPerHost:    4,
			IdleConnTimeout:        30 * time.Second,
			ForceAttemptHTTP2:      true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

const maxAnchors = 1 << 20 // bytes; a certificate has one or two thousand

// readAnchors reads a file of certificates. A pipe or a device might never end, or begin.
func readAnchors(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is no file that can be read: name a file of certificates in PEM form", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	pem, err := io.ReadAll(io.LimitReader(f, maxAnchors+1))
	if err == nil && len(pem) > maxAnchors {
		err = fmt.Errorf("%s has more than %d MB: name a file of a few certificates in PEM form", path, maxAnchors>>20)
	}
	return pem, err
}

// Fault says how a call to a gateway went wrong.
type Fault int

// The ways in which a call goes wrong.
const (
	Unreachable  Fault = iota + 1 // no connection
	TimedOut                      // no answer in time
	Untrusted                     // TLS: not the machine it should be
	Unauthorized                  // our credentials were refused
	Refused                       // the call was understood and refused
	Busy                          // it has no time for this call now
	Broken                        // the gateway reports a fault of its own
	Nonsense                      // the answer is not of the protocol
)

// Error is a call that went wrong, told so that a person can act on it.
type Error struct {
	Fault   Fault
	Gateway string // its name on this desk
	Doing   string // what was being done: "get a token"
	Status  int    // of HTTP; zero when there was no answer
	Message string // the gateway's own words, bounded; may be empty
	Advice  string // what to do, where more is known than the fault tells
	Err     error  // what is underneath, if anything
}

func (e *Error) Error() string {
	said := ""
	if e.Status != 0 {
		said = fmt.Sprintf(" (%d", e.Status)
		if e.Message != "" {
			said += ": " + e.Message
		}
		said += ")"
	} else if e.Message != "" {
		said = " (" + e.Message + ")"
	}
	what, advice := "its answer is not one of this kind of gateway", "check the gateway's address and kind"
	switch e.Fault {
	case Unreachable:
		what, advice = "it cannot be reached", "check the network and the gateway's address"
	case TimedOut:
		what, advice = "it did not answer in time", "try again later"
	case Untrusted:
		what, advice = "its certificate is not trusted", "check the address, or name its issuer in the gateway's ca_file"
	case Unauthorized:
		what, advice = "it refuses our credentials", "check the client id, user and secret of this gateway"
	case Refused:
		what, advice = "it refuses the request", "check the gateway's settings"
	case Busy:
		what, advice = "it has no time for this now", "try again later"
	case Broken:
		what, advice = "it reports a fault of its own", "try again later"
	}
	return fmt.Sprintf("gateway %s: could not %s: %s%s: %s", e.Gateway, e.Doing, what, said, cmp.Or(e.Advice, advice))
}

func (e *Error) Unwrap() error { return e.Err }

// Caller makes the calls of one gateway. It may be used from any goroutine.
type Caller struct {
	Gateway string
	HTTP    *http.Client
	Timeout time.Duration // for a whole call without a document
}

// errLate ends a call from within. It is a deadline to whoever explains it.
var errLate = fmt.Errorf("nothing came for too long: %w", context.DeadlineExceeded)

func (c Caller) timeout() time.Duration { return cmp.Or(c.Timeout, DefaultTimeout) }

// Do sends a request and returns the answer, whatever its status, with its body
// bounded to 1 MiB and read. Sending a document gets more time than the rest; once it is
// sent, the answer has to come as soon as any other.
func (c Caller) Do(req *http.Request, doing string, document bool) (*http.Response, []byte, error) {
	limit := c.timeout()
	if document {
		limit = transferTime
	}
	ctx, cancel := context.WithTimeout(req.Context(), limit)
	defer cancel()
	if document {
		var stop func()
		ctx, stop = answeredWithin(ctx, c.timeout())
		defer stop()
	}
	resp, body, err := c.read(req.WithContext(ctx))
	if err != nil {
		return nil, nil, c.Explain(ended(ctx, err), doing)
	}
	if len(body) > maxAnswer {
		return nil, nil, &Error{Fault: Nonsense, Gateway: c.Gateway, Doing: doing, Status: resp.StatusCode, Message: "the answer does not end"}
	}
	return resp, body, nil
}

// read gives an answer with its body, or a byte more of it than is allowed.
func (c Caller) read(req *http.Request) (*http.Response, []byte, error) {
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	return resp, body, err
}

// answeredWithin ends a context when a request that was sent with it is not answered, with
// its body, so long after its last byte went out.
func answeredWithin(ctx context.Context, limit time.Duration) (context.Context, func()) {
	ctx, end := context.WithCancelCause(ctx)
	timer := time.AfterFunc(transferTime, func() { end(errLate) })
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		// A call may begin anew, on another connection.
		GotConn:      func(httptrace.GotConnInfo) { timer.Reset(transferTime) },
		WroteRequest: func(httptrace.WroteRequestInfo) { timer.Reset(limit) },
	})
	return ctx, func() {
		timer.Stop()
		end(nil)
	}
}

// ended is why a call ended: its context's deadline where that is over, however the
// connection tells of it.
func ended(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); errors.Is(cause, context.DeadlineExceeded) {
		return cause
	}
	return err
}

// Stream sends a request and returns the answer with its body still to be read. The
// caller closes the body and bounds what it reads; the time is bounded here, and a body
// of which hardly anything comes is broken off.
func (c Caller) Stream(req *http.Request, doing string) (*http.Response, error) {
	whole, cancel := context.WithTimeout(req.Context(), transferTime)
	ctx, end := context.WithCancelCause(whole)
	stop := func() { end(nil); cancel() }
	resp, err := c.HTTP.Do(req.WithContext(ctx))
	if err != nil {
		err = c.Explain(ended(ctx, err), doing)
		stop()
		return nil, err
	}
	timer := time.AfterFunc(transferTime, func() { end(errLate) })
	resp.Body = &stream{ReadCloser: resp.Body, ctx: ctx, end: stop, timer: timer, patience: c.timeout(), explain: func(err error) error {
		return c.Explain(err, doing)
	}}
	return resp, nil
}

// slowest is how many bytes of a document have to come in a second, on average, so that
// it is waited for.
const slowest = 4 << 10

// stream is a body that has to come on. Only what is waited for it counts, not the time that
// its reader takes.
type stream struct {
	io.ReadCloser
	ctx      context.Context //nolint:containedctx // the call's own, which lasts as long as its body
	end      func()
	timer    *time.Timer
	patience time.Duration
	explain  func(error) error

	waited time.Duration
	came   int64
}

func (s *stream) Read(p []byte) (int, error) {
	begun := time.Now()
	s.timer.Reset(s.patience)
	n, err := s.ReadCloser.Read(p)
	s.timer.Stop()
	s.waited += time.Since(begun)
	s.came += int64(n)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		if late := ended(s.ctx, nil); late != nil {
			err = s.explain(late)
		}
	case err == nil && s.waited > s.patience && float64(s.came) < slowest*s.waited.Seconds():
		err = s.explain(errLate)
	}
	return n, err
}

func (s *stream) Close() error {
	defer s.end()
	s.timer.Stop()
	return s.ReadCloser.Close()
}

// Explain makes an Error of a failed connection. It leaves out the address, which may
// carry a secret, and what of the answer stands in the error, which may repeat one. It
// keeps a canceled context as it is.
func (c Caller) Explain(err error, doing string) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	e := &Error{Fault: Unreachable, Gateway: c.Gateway, Doing: doing, Err: err, Message: "its answer cannot be read"}
	timeout, isTimeout := errors.AsType[interface {
		error
		Timeout() bool
	}](err)
	_, badCert := errors.AsType[*tls.CertificateVerificationError](err)
	_, notTLS := errors.AsType[tls.RecordHeaderError](err)
	_, connection := errors.AsType[*net.OpError](err)
	if badCert || notTLS || connection || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		e.Message = Bounded(err.Error()) // nothing of the answer is in these
	}
	switch {
	case badCert || notTLS:
		e.Fault = Untrusted
	case errors.Is(err, context.DeadlineExceeded) || isTimeout && timeout.Timeout():
		e.Fault, e.Message = TimedOut, ""
	}
	return e
}

// Unexpected makes an Error of an answer with a status that means no success. The
// body's members are not specified by any protocol here, so it is read with an open mind.
func (c Caller) Unexpected(resp *http.Response, body []byte, doing string) *Error {
	return &Error{Fault: FaultOf(resp.StatusCode), Gateway: c.Gateway, Doing: doing, Status: resp.StatusCode, Message: Says(resp, body)}
}

// FaultOf is what a status that means no success says of a call.
func FaultOf(status int) Fault {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return Unauthorized
	case http.StatusRequestTimeout, http.StatusConflict, http.StatusLocked, http.StatusTooEarly, http.StatusTooManyRequests:
		return Busy
	}
	switch {
	case status >= 500:
		return Broken
	case status >= 400:
		return Refused
	}
	return Nonsense
}

// Says is what an answer that is no success says of itself, like [MessageOf], without the
// credentials of the request it answers and other secrets: a gateway may repeat what it
// was sent.
func Says(resp *http.Response, body []byte, secrets ...string) string {
	// Before, since a long message is cut off, and after, since JSON is decoded.
	return WithoutCredentials(resp, MessageOf(resp.Header, []byte(WithoutCredentials(resp, string(body), secrets...))), secrets...)
}

// WithoutCredentials takes the credentials that an answer's request carried, and other
// secrets, out of a text.
func WithoutCredentials(resp *http.Response, text string, secrets ...string) string {
	for _, secret := range append(credentials(resp), secrets...) {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "…")
		}
	}
	return text
}

// credentials are what an answer's request carried, in the forms in which it may come back.
func credentials(resp *http.Response) []string {
	if resp.Request == nil {
		return nil
	}
	header := resp.Request.Header.Get("Authorization")
	_, sent, found := strings.Cut(header, " ")
	if !found {
		return nil
	}
	all := []string{header, sent}
	if _, password, ok := resp.Request.BasicAuth(); ok {
		// RFC 6749 section 2.3.1 has secrets escaped before they are joined.
		plain, err := url.QueryUnescape(password)
		if err != nil {
			plain = password
		}
		all = append(all, password, url.QueryEscape(password), plain)
	}
	return all
}

// leastHidden is from how many bytes on a secret in an address can be told from chance.
const leastHidden = 8

// Repeats tells whether an address has the credentials in it that its answer's request
// carried, or another secret. It would be kept, shown, and given to a browser.
func Repeats(resp *http.Response, address string, secrets ...string) bool {
	plain, err := url.QueryUnescape(address)
	if err != nil {
		plain = address
	}
	return slices.ContainsFunc(append(credentials(resp), secrets...), func(secret string) bool {
		return len(secret) >= leastHidden && (strings.Contains(address, secret) || strings.Contains(plain, secret))
	})
}

// DecodeJSON reads a JSON answer into target, a pointer to what has no value yet. An answer
// that says one thing twice is none. HTML and the like are told as such.
func (c Caller) DecodeJSON(resp *http.Response, body []byte, target any, doing string) error {
	err := checkMembers(body)
	if errors.Is(err, errTwice) || errors.Is(err, errDeep) {
		return &Error{Fault: Nonsense, Gateway: c.Gateway, Doing: doing, Status: resp.StatusCode, Message: err.Error()}
	}
	if err == nil {
		err = json.Unmarshal(body, target)
	}
	if err == nil {
		return nil
	}
	e := &Error{Fault: Nonsense, Gateway: c.Gateway, Doing: doing, Status: resp.StatusCode, Message: "not JSON", Err: err}
	if kind, _, parseErr := mime.ParseMediaType(resp.Header.Get("Content-Type")); parseErr == nil && kind != "application/json" {
		e.Message = kind + " where JSON was expected"
	}
	return e
}

// MessageOf finds what a gateway says of a fault: in a JSON object with whatever
// members, in WWW-Authenticate, or as a snippet of text. Pages of HTML say nothing.
func MessageOf(header http.Header, body []byte) string {
	var object map[string]any
	if json.Unmarshal(body, &object) == nil {
		for _, member := range []string{"error_description", "message", "detail", "description", "error", "title"} {
			switch value := object[member].(type) {
			case string:
				if value != "" {
					return Bounded(value)
				}
			case map[string]any:
				if text, ok := value["message"].(string); ok {
					return Bounded(text)
				}
			}
		}
		if len(object) > 0 {
			return Bounded(string(body))
		}
	}
	if challenge := header.Get("WWW-Authenticate"); challenge != "" {
		return Bounded(challenge)
	}
	text := bytes.TrimSpace(body)
	if len(text) == 0 || text[0] == '<' || strings.Contains(header.Get("Content-Type"), "html") {
		return ""
	}
	return Bounded(string(text))
}

// Bounded makes outside text safe to keep and show on one line: no control
// characters, no broken UTF-8, no more than 500 characters.
func Bounded(text string) string {
	clean := strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, "\uFFFD"), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
	}), " ")
	if runes := []rune(clean); len(runes) > maxMessage {
		return string(runes[:maxMessage]) + "…"
	}
	return clean
}

// maxAddress bounds an address that a gateway gives; few browsers and servers take more.
const maxAddress = 8 << 10

// IsAddress tells whether a gateway's address can be kept and shown as it is.
func IsAddress(address string) bool {
	return len(address) <= maxAddress && utf8.ValidString(address) && !strings.ContainsFunc(address, func(r rune) bool {
		return unicode.IsControl(r) || unicode.IsSpace(r) || unicode.Is(unicode.Bidi_Control, r)
	})
}

// BrowserAddress checks an address that a gateway wants the browser sent to: https, or
// http on this machine where the gateway itself is there.
func BrowserAddress(address string, root *url.URL) error {
	if !IsAddress(address) {
		return errors.New("the address for the browser is too long, or has signs in it that no address has")
	}
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.Opaque != "" || u.User != nil {
		return errors.New("the address for the browser is not one")
	}
	if u.Scheme == "https" || u.Scheme == "http" && IsLoopback(u.Hostname()) && IsLoopback(root.Hostname()) {
		return nil
	}
	return errors.New("the address for the browser is not encrypted")
}
