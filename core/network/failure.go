package network

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"slices"

	"countersign/core/request"
)

// explain returns the error of a call as a [*Failure]. ended is why the context of the call is done, or nil. If
// the call was canceled, explain returns err as it is.
func (c *trace) explain(err, ended error) error {
	if f, ok := errors.AsType[*Failure](err); ok {
		return f
	}
	timeout := errors.Is(ended, context.DeadlineExceeded)
	if timeout {
		err = ended
	} else if errors.Is(err, context.Canceled) {
		return err
	}
	timeout = timeout || isTimeout(err)
	f := c.failureOf(err, timeout)
	f.Timeout, f.Err, f.Given = timeout, err, c.transport.config.Given.Chosen
	return f
}

func (c *trace) failureOf(err error, timeout bool) *Failure {
	op, isOp := errors.AsType[*net.OpError](err)
	switch {
	case isOp && op.Op == "proxyconnect":
		return c.proxyUnreachable(err)
	case isOp && op.Op == "socks connect":
		return c.socksRefused(op)
	case !c.is(connected) && c.proxy != nil:
		return c.proxyUnreachable(err)
	case !c.is(connected):
		return c.unreachable(err, timeout)
	case c.proxy != nil && !c.is(tunneled):
		return c.tunnelFailed(err, timeout)
	}
	if f := c.tlsFailure(c.url.Hostname(), err); f != nil {
		return f
	}
	if !c.is(encrypted) && c.url.Scheme == "https" {
		return c.handshakeFailed(err, timeout)
	}
	if timeout {
		return &Failure{Stage: AtAnswer}
	}
	if c.is(asked) && !c.is(answered) { // an alert was lost, or came while the call was being written
		return c.certificateJudged(reasonOf(err, timeout).sentence)
	}
	if isClosed(err) {
		return &Failure{
			Stage: AtAnswer, Advice: tryAgain(),
			What: request.Sentencef("net_closed", "%s closed the connection without an answer", c.url.Host),
		}
	}
	return &Failure{Stage: AtAnswer, What: request.Sentencef("answer_unreadable", "its answer cannot be read")}
}

// Why returns why there is no connection to a host, or none any more, for one that was not made by a [Transport]. insecure is set if a server has
// answered whose encryption is not accepted.
func Why(host string, err error) (why request.Sentence, insecure bool) {
	c := trace{transport: &Transport{}}
	if f := c.tlsFailure(host, err); f != nil {
		_, refused := alertOf(err, "remote error") // it is the server that does not accept something, such as a client's certificate
		return f.What, !refused
	}
	// A certificate may have been verified by other code than that of crypto/tls, and not for a name.
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		return invalidCertificate(host, nil, invalid).What, true
	}
	if untrusted, ok := errors.AsType[x509.UnknownAuthorityError](err); ok && untrusted.Cert != nil {
		return issuedByUnknown(host, issuerOf(untrusted.Cert)), true
	}
	if errors.Is(err, fs.ErrNotExist) { // the socket of a server on this computer
		return request.Sentencef("net_why_socket", "no server listens there"), false
	}
	return reasonOf(err, isTimeout(err)).sentence, false
}

func tryAgain() request.Sentence {
	return request.Sentencef("net_again_todo", "try again later; if this continues, ask the gateway's operator")
}

// unreachable returns the failure for a host to which there is no connection.
func (c *trace) unreachable(err error, timeout bool) *Failure {
	why := reasonOf(err, timeout)
	f := &Failure{Stage: AtAddress, What: request.Sentencef("net_unreachable", "%s cannot be reached (%s)", c.url.Host, why.sentence), Advice: why.advice}
	if why.wantsProxy && c.transport.config.Given.Chosen {
		f.Advice = request.Sentencef("net_direct_todo", "check the gateway's address, and the connection to the network or the VPN that knows it; the policy of this computer has it called without a proxy: if that is wrong, ask the administrator")
	}
	return f
}

// reason is why there is no connection, and what to do if there is no proxy.
type reason struct {
	sentence, advice request.Sentence
	wantsProxy       bool // a proxy may be what is missing, and advice says so
}

func reasonOf(err error, timeout bool) reason {
	dns, isName := errors.AsType[*net.DNSError](err)
	switch {
	case isName && dns.IsNotFound:
		return reason{
			request.Sentencef("net_why_name", "its name is not known"),
			request.Sentencef("net_name_todo", "check the gateway's address, and the connection to the network or the VPN that knows this name; where the internet is reached through a proxy, set HTTPS_PROXY"),
			true,
		}
	case isName:
		return onTheWay(request.Sentencef("net_why_lookup", "its name cannot be looked up"))
	case isAny(err, refused):
		return reason{
			request.Sentencef("net_why_refused", "the connection was refused"),
			request.Sentencef("net_refused_todo", "check the gateway's address and its port; if they are right, the gateway is not running: try again later"),
			false,
		}
	case isAny(err, forbidden):
		return reason{
			request.Sentencef("net_why_forbidden", "this computer does not allow it"),
			request.Sentencef("net_forbidden_todo", "check the firewall and the security software of this computer, and allow this program to connect"),
			false,
		}
	case isAny(err, noRoute):
		return onTheWay(request.Sentencef("net_why_route", "there is no route to it from this network"))
	case timeout:
		return onTheWay(request.Sentencef("net_why_timeout", "no connection in time"))
	case isClosed(err):
		return onTheWay(request.Sentencef("net_why_closed", "the connection was closed"))
	}
	return onTheWay(request.Sentencef("net_why_other", "the system reports an error").WithText(Sanitize(errorText(err), maxText)))
}

// onTheWay returns the reason that something is wrong between here and a host.
func onTheWay(what request.Sentence) reason {
	return reason{what, request.Sentencef("net_network_todo", "check the network and the gateway's address; where the internet is reached through a proxy, set HTTPS_PROXY"), true}
}

// errorText returns the text of the innermost error of the system, which contains no part of an answer.
func errorText(err error) string {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Err != nil {
		return op.Err.Error()
	}
	return "the system reports an error"
}

// maxText is how many characters of a text from outside are shown.
const maxText = 100

func isAny(err error, targets []error) bool {
	return slices.ContainsFunc(targets, func(target error) bool { return errors.Is(err, target) })
}

func isTimeout(err error) bool {
	timeout, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err)
	return errors.Is(err, context.DeadlineExceeded) || ok && timeout.Timeout()
}

// IsBrokenOff reports whether a call failed because nothing listened at the address, or because the other side closed the connection.
func IsBrokenOff(err error) bool { return isAny(err, refused) || isClosed(err) }

// isClosed reports whether an error means that the other side, or something in between, closed the connection.
func isClosed(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || isAny(err, reset)
}

// IsPortal reports whether an answer is not the server's, but that of a network which wants a login in the
// browser first: status 511 (RFC 6585, section 6), or a redirect from a call to an unencrypted address.
func IsPortal(resp *http.Response) bool {
	if resp.StatusCode == http.StatusNetworkAuthenticationRequired {
		return true
	}
	to, err := resp.Location()
	return err == nil && resp.StatusCode/100 == 3 && to.Scheme == "http" && resp.Request != nil && resp.Request.URL.Hostname() != to.Hostname()
}
