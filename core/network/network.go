// Package network makes the calls to gateways, and says in plain sentences what keeps a call from getting an
// answer: the proxy, the name, the connection, the certificate or the encryption. It tells these apart by the
// types of the errors of the standard library. It reads an error's text only where the library has no type.
//
// The package knows no protocol of a gateway, and shows neither a user nor a password of a proxy.
package network

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"time"
	"unicode"

	"countersign/core/request"
)

// connectTimeout is the longest time for a connection, and again for its TLS handshake.
const connectTimeout = 10 * time.Second

// Config is what [New] makes a transport of.
type Config struct {
	Timeout time.Duration // for the head of an answer; it also limits connecting
	TLS     *tls.Config   // trust anchors and versions
	// ClientCertificate returns the certificate for a server that asks for one. It is called for each
	// connection, so that a renewed file is used at once. Nil means that there is none.
	ClientCertificate func() (*tls.Certificate, error)
	Given             Given // the proxy that an administrator has chosen
	// Proxy returns the proxy of a call, and nil for none. If Proxy is nil, Given decides, or else the environment; see
	// [http.ProxyFromEnvironment].
	Proxy  func(*http.Request) (*url.URL, error)
	Logins *Logins // for proxies; nil for none
}

// Transport makes calls. Its errors are of the type [*Failure], or wrap [context.Canceled]. It may be used from
// several goroutines at once.
type Transport struct {
	base   *http.Transport
	config Config
	asked  sync.Map // hosts that asked for a client certificate and got none
}

// New returns a transport. Its idle connections are closed by [Transport.CloseIdleConnections].
func New(c Config) *Transport {
	if c.Proxy == nil {
		c.Proxy = c.Given.proxyOf
	}
	t := &Transport{config: c}
	settings := c.TLS.Clone()
	settings.GetClientCertificate = t.clientCertificate
	// Some servers of TLS 1.2 ask for the certificate only after they have read the call. A proxy that is spoken to by TLS could do so, too.
	if c.ClientCertificate != nil && !c.Given.mayEncrypt() {
		settings.Renegotiation = tls.RenegotiateOnceAsClient
	}
	t.base = &http.Transport{
		Proxy:                  c.Proxy,
		GetProxyConnectHeader:  t.proxyHeader,
		OnProxyConnectResponse: t.proxyAnswered,
		DialContext:            (&net.Dialer{Timeout: min(connectTimeout, c.Timeout)}).DialContext,
		TLSClientConfig:        settings,
		TLSHandshakeTimeout:    min(connectTimeout, c.Timeout),
		ResponseHeaderTimeout:  c.Timeout,
		MaxResponseHeaderBytes: 64 << 10,
		MaxIdleConnsPerHost:    4,
		IdleConnTimeout:        30 * time.Second,
		ForceAttemptHTTP2:      true,
	}
	return t
}

// CloseIdleConnections is what [http.Client.CloseIdleConnections] calls.
func (t *Transport) CloseIdleConnections() { t.base.CloseIdleConnections() }

// RoundTrip implements [http.RoundTripper].
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	call := &trace{url: req.URL, transport: t}
	var err error
	if call.proxy, err = t.config.Proxy(req); err != nil {
		return nil, badProxyAddress() // err may contain the user and the password
	}
	ctx := httptrace.WithClientTrace(context.WithValue(req.Context(), traceKey{}, call), call.hooks())
	resp, err := t.base.RoundTrip(req.WithContext(ctx))
	if err != nil {
		return nil, call.explain(err, context.Cause(ctx))
	}
	return resp, nil
}

// clientCertificate is called when a server asks for a client certificate. A proxy gets none.
func (t *Transport) clientCertificate(info *tls.CertificateRequestInfo) (*tls.Certificate, error) {
	call := traceOf(info.Context()) // nil in a renegotiation, which only the gateway can begin; see [New]
	if call != nil && call.proxy != nil && !call.is(tunneled) {
		return &tls.Certificate{}, nil
	}
	if call != nil {
		call.set(asked)
	}
	if t.config.ClientCertificate == nil {
		if call != nil {
			t.asked.Store(call.url.Host, true)
		}
		return &tls.Certificate{}, nil
	}
	certificate, err := t.config.ClientCertificate()
	if err != nil {
		return nil, &Failure{Stage: AtTLS, Err: err, What: request.SentenceOf(err), Advice: request.Sentencef("client_cert_todo", "correct client_cert and client_key of the gateway")}
	}
	return certificate, nil
}

// state is something that happened during a call. States are bits.
type state uint

const (
	connected state = 1 << iota // to the server or to the proxy
	tunneled                    // the proxy has connected to the server
	asked                       // the server asked for a client certificate
	encrypted                   // the TLS handshake with the server is done
	answered                    // the first byte of the answer has come
)

// trace keeps what happened during one call. Its methods may be called from several goroutines at once.
type trace struct {
	url       *url.URL
	proxy     *url.URL // nil for none
	transport *Transport

	mu     sync.Mutex
	states state
	login  Login // what was sent to the proxy; the zero value for nothing
}

type traceKey struct{}

// traceOf returns the trace of the call that a context belongs to, or nil.
func traceOf(ctx context.Context) *trace {
	call, _ := ctx.Value(traceKey{}).(*trace)
	return call
}

func (c *trace) set(s state) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.states |= s
}

func (c *trace) is(s state) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.states&s != 0
}

func (c *trace) hooks() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		ConnectDone: func(_, _ string, err error) {
			if err == nil {
				c.set(connected)
			}
		},
		// A SOCKS proxy is not asked by CONNECT.
		TLSHandshakeStart: func() {
			if c.proxy != nil && strings.HasPrefix(c.proxy.Scheme, "socks") {
				c.set(tunneled)
			}
		},
		TLSHandshakeDone: func(_ tls.ConnectionState, err error) {
			if err == nil && (c.proxy == nil || c.is(tunneled)) {
				c.set(encrypted)
			}
		},
		// The connection may be an earlier one.
		GotConn:              func(httptrace.GotConnInfo) { c.set(connected | tunneled | encrypted) },
		GotFirstResponseByte: func() { c.set(answered) },
	}
}

// Through returns the host and port of the proxy that an answer came through, or "" if there was none.
func Through(resp *http.Response) string {
	if call := callOf(resp); call != nil && call.proxy != nil {
		return ProxyName(call.proxy)
	}
	return ""
}

// AskedForCertificate reports whether the server of an answer asked for a client certificate and got none.
func AskedForCertificate(resp *http.Response) bool {
	call := callOf(resp)
	if call == nil {
		return false
	}
	_, found := call.transport.asked.Load(call.url.Host)
	return found
}

func callOf(resp *http.Response) *trace {
	if resp == nil || resp.Request == nil {
		return nil
	}
	return traceOf(resp.Request.Context())
}

// Sanitize returns text from outside in a form that is safe to store and to show on one line: valid UTF-8 without
// control characters, and at most limit characters of it.
func Sanitize(text string, limit int) string {
	clean := OneLine(text)
	if runes := []rune(clean); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return clean
}

// OneLine returns the whole of a text in the form of [Sanitize].
func OneLine(text string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, "\uFFFD"), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
	}), " ")
}

// Stage is what a call failed at.
type Stage int

// The values of [Stage].
const (
	AtProxy   Stage = iota + 1 // a proxy did not pass the call on
	AtAddress                  // no connection
	AtTLS                      // no encryption that can be trusted
	AtAnswer                   // no answer, or one that is broken off or not HTTP
)

// Failure is the error of a call that got no answer. Its texts contain neither the address of the call nor a
// part of an answer, since both may contain a secret.
type Failure struct {
	Stage   Stage
	What    request.Sentence // what happened; the zero value if nothing is known beside Stage and Timeout
	Advice  request.Sentence // what to do; the zero value if nothing in particular helps
	Timeout bool
	Given   bool  // an administrator has chosen the proxy of the call, or that it has none
	Err     error // cause; may be nil
}

func (f *Failure) Error() string {
	if f.What.Text == "" && f.Err != nil {
		return f.Err.Error()
	}
	return f.What.Text
}

// Cause returns the code and the arguments of the text.
func (f *Failure) Cause() request.Cause { return f.What.Cause }

func (f *Failure) Unwrap() error { return f.Err }

// Explain returns the failure that an error stands for which occurred while an answer was read. A [*Failure]
// is returned as it is.
func Explain(err error) *Failure {
	if f, ok := errors.AsType[*Failure](err); ok {
		return f
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	if isTimeout(err) {
		return &Failure{Stage: AtAnswer, Timeout: true, Err: err}
	}
	f := &Failure{Stage: AtAnswer, Err: err, What: request.Sentencef("answer_unreadable", "its answer cannot be read")}
	if isClosed(err) {
		f.What = request.Sentencef("net_broken_off", "the connection was closed before the answer was complete")
		f.Advice = tryAgain()
	}
	return f
}
