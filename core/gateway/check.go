package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/mail"
	"net/url"
	"time"

	"countersign/core/network"
	"countersign/core/request"
)

// Part names the part of a gateway that one step of [Gateway.Check] tests.
type Part string

// The parts of a gateway that are checked. PartAPIAddress, PartAPITLS and PartAPIClock are about an
// API that is on another server than the gateway's pages.
const (
	PartAddress           Part = "address"
	PartProxy             Part = "proxy" // between this machine and the gateway
	PartTLS               Part = "tls"
	PartClientCertificate Part = "client certificate" // what the gateway is shown
	PartClock             Part = "clock"
	PartToken             Part = "token"
	PartScope             Part = "scope"
	PartProcess           Part = "process" // the settings that a signing process is created with
	PartAPI               Part = "api"
	PartAPIAddress        Part = "api address"
	PartAPITLS            Part = "api tls"
	PartAPIClock          Part = "api clock"
	PartAPIUser           Part = "api user"
	PartReturn            Part = "return address" // where browsers come back to; the desk checks it
)

// CheckResult is the result of one step of [Gateway.Check].
type CheckResult struct {
	Name          Part          `json:"name"`
	OK            bool          `json:"ok"`
	Detail        string        `json:"detail"`           // what was found, in English
	Advice        string        `json:"advice,omitempty"` // what to do about it, in English; may be set even if OK is
	request.Cause               // of Detail
	AdviceCause   request.Cause `json:"advice_cause,omitzero"`
}

// NewCheckResult returns the result of a step. If advice is the zero value, the result has no
// advice.
func NewCheckResult(part Part, ok bool, detail, advice request.Sentence) CheckResult {
	return CheckResult{Name: part, OK: ok, Detail: detail.Text, Cause: detail.Cause, Advice: advice.Text, AdviceCause: advice.Cause}
}

const (
	// clockTolerance is by how much this computer's clock and the gateway's may differ without
	// trouble at signing.
	clockTolerance = 2 * time.Minute
	// expiryNotice is how long before a gateway's certificate expires a check begins to say so.
	expiryNotice = 14 * 24 * time.Hour
)

// CheckReach calls a gateway without credentials and returns findings about the proxy, its address, TLS
// and clock. reached reports whether the gateway answered and its certificate is trusted, so that
// further checks make sense.
func (c Caller) CheckReach(ctx context.Context, root *url.URL) (findings []CheckResult, reached bool) {
	answers := NewCheckResult(PartAddress, true, request.Sentencef("address_answers", "%s answers", root.String()), request.Sentence{})
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, root.String()+"/", nil)
	if err != nil {
		return []CheckResult{notReached(PartAddress, err)}, false
	}
	resp, _, err := c.Do(req, request.Sentencef("doing_reach", "reach it"), false)
	if fault, ok := errors.AsType[*Error](err); ok && fault.Fault == Untrusted {
		return []CheckResult{answers, notReached(PartTLS, err)}, false
	} else if ok && fault.Fault == Blocked {
		return []CheckResult{notReached(PartProxy, err)}, false
	}
	if err != nil {
		findings = []CheckResult{notReached(PartAddress, err)}
		failed, ok := errors.AsType[*network.Failure](err)
		if ok && failed.Given {
			return findings, false
		}
		if what, advice := network.FindSystemProxy(ctx).Sentences(); what.Text != "" && !IsLoopback(root.Hostname()) {
			findings = append(findings, NewCheckResult(PartProxy, false, what, advice))
		}
		return findings, false
	}
	if network.IsPortal(resp) {
		return []CheckResult{notReached(PartAddress, c.UnexpectedStatus(resp, nil, request.Sentence{}))}, false
	}
	if proxy := network.Through(resp); proxy != "" {
		answers = NewCheckResult(PartAddress, true, request.Sentencef("address_answers_proxy", "%s answers, through the proxy %s", root.String(), proxy), request.Sentence{})
	}
	now := time.Now()
	encryption := checkTLS(resp.TLS, now)
	if wantsCertificate(resp) {
		advice := request.Sentencef("tls_client_asked_todo", "if calls are refused: the gateway asks for a client certificate, which is set as client_cert and client_key")
		encryption.Advice, encryption.AdviceCause = advice.Text, advice.Cause
	}
	return []CheckResult{answers, encryption, checkClock(resp.Header.Get("Date"), now)}, true
}

// notReached returns the result of a step that failed with err. What happened and what to do are apart in it.
func notReached(part Part, err error) CheckResult {
	if e, ok := errors.AsType[*Error](err); ok {
		what, advice := e.sentences()
		return NewCheckResult(part, false, what, advice)
	}
	return NewCheckResult(part, false, request.SentenceOf(err),
		request.Sentencef("address_todo", "check the network, the proxy and the gateway's address"))
}

// checkTLS returns the finding about the encryption of a connection. state is nil if the connection
// is not encrypted, which is allowed on this machine only.
func checkTLS(state *tls.ConnectionState, now time.Time) CheckResult {
	if state == nil || len(state.PeerCertificates) == 0 {
		return NewCheckResult(PartTLS, true, request.Sentencef("tls_none", "not encrypted: it is on this computer"), request.Sentence{})
	}
	leaf, advice := state.PeerCertificates[0], request.Sentence{}
	if leaf.NotAfter.Sub(now) < expiryNotice {
		advice = request.Sentencef("tls_expiring_todo", "tell the gateway's operator that the certificate expires soon")
	}
	return NewCheckResult(PartTLS, true, request.Sentencef("tls_valid", "%s, certificate of %s valid until %s",
		tls.VersionName(state.Version), Sanitize(leaf.Issuer.CommonName), leaf.NotAfter.Local().Format(time.DateOnly)), advice)
}

// parseDate parses a Date header. The forms of RFC 9110, section 5.6.7, are in GMT; some servers write other time zones, as in mails
// (RFC 5322, section 3.3).
func parseDate(date string) (time.Time, error) {
	if t, err := http.ParseTime(date); err == nil {
		return t, nil
	}
	return mail.ParseDate(date)
}

// checkClock returns the finding about the difference between this machine's clock and the
// gateway's. date is the Date header of the gateway's answer; without a valid one, nothing is known
// and the finding is OK.
func checkClock(date string, now time.Time) CheckResult {
	theirs, err := parseDate(date)
	if err != nil {
		return NewCheckResult(PartClock, true, request.Sentencef("clock_unknown", "the gateway does not report its time"), request.Sentence{})
	}
	difference := now.Sub(theirs).Round(time.Second)
	detail := request.Sentencef("clock_differs", "this computer's clock differs by %s", difference)
	if difference.Abs() > clockTolerance {
		return NewCheckResult(PartClock, false, detail, request.Sentencef("clock_todo", "set this computer's clock, or let the system set it automatically"))
	}
	return NewCheckResult(PartClock, true, detail, request.Sentence{})
}
