package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

const (
	// clockTolerance is how much the clocks may differ without trouble at signing.
	clockTolerance = 2 * time.Minute
	// expiryNotice is how long before its end an expiring certificate is reported.
	expiryNotice = 14 * 24 * time.Hour
)

// CheckReach calls a gateway without credentials and returns findings about its address, TLS
// and clock. reached reports whether further checks make sense.
func (c Caller) CheckReach(ctx context.Context, root *url.URL) (findings []CheckResult, reached bool) {
	const doing = "reach it"
	address := CheckResult{Name: "address", Advice: "check the network, the proxy and the gateway's address"}
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, root.String()+"/", nil)
	if err != nil {
		address.Detail = err.Error()
		return []CheckResult{address}, false
	}
	resp, _, err := c.Do(req, doing, false)
	if fault, ok := errors.AsType[*Error](err); ok && fault.Fault == Untrusted {
		address.OK, address.Detail, address.Advice = true, root.Host+" answers", ""
		return []CheckResult{address, {
			Name: "tls", Detail: err.Error(), Advice: "check the address, or name the issuer of its certificate in ca_file",
		}}, false
	}
	if err != nil {
		address.Detail = err.Error()
		return []CheckResult{address}, false
	}
	address.OK, address.Detail, address.Advice = true, root.String()+" answers", ""
	now := time.Now()
	return []CheckResult{address, checkTLS(resp.TLS, now), checkClock(resp.Header.Get("Date"), now)}, true
}

// checkTLS returns the finding about a connection; state is nil if it is not encrypted.
func checkTLS(state *tls.ConnectionState, now time.Time) CheckResult {
	f := CheckResult{Name: "tls", OK: true, Detail: "not encrypted: it is on this machine"}
	if state == nil || len(state.PeerCertificates) == 0 {
		return f
	}
	leaf := state.PeerCertificates[0]
	f.Detail = fmt.Sprintf("%s, certificate of %s valid until %s",
		tls.VersionName(state.Version), Sanitize(leaf.Issuer.CommonName), leaf.NotAfter.Local().Format(time.DateOnly))
	if leaf.NotAfter.Sub(now) < expiryNotice {
		f.Advice = "tell the gateway's operator that the certificate expires soon"
	}
	return f
}

// checkClock returns the finding about the clocks. date is the Date header of the gateway's
// answer.
func checkClock(date string, now time.Time) CheckResult {
	f := CheckResult{Name: "clock", OK: true, Detail: "the gateway does not say what time it has"}
	theirs, err := http.ParseTime(date)
	if err != nil {
		return f
	}
	difference := now.Sub(theirs).Round(time.Second)
	f.Detail = fmt.Sprintf("this machine's clock differs by %s", difference)
	if difference.Abs() > clockTolerance {
		f.OK, f.Advice = false, "set this machine's clock, or let the system set it automatically"
	}
	return f
}
