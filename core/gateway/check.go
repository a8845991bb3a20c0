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
	// clockTolerance is a difference of clocks that no signing service minds.
	clockTolerance = 2 * time.Minute
	// Who runs a gateway needs about so long to get another certificate.
	certificateNotice = 14 * 24 * time.Hour
)

// CheckReach tries to reach a gateway without credentials, and tells of its address, its
// TLS and its clock. It tells whether going on makes sense.
func (c Caller) CheckReach(ctx context.Context, root *url.URL) (findings []Finding, reached bool) {
	const doing = "reach it"
	address := Finding{Name: "address", Advice: "check the network, the proxy and the gateway's address"}
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, root.String()+"/", nil)
	if err != nil {
		address.Detail = err.Error()
		return []Finding{address}, false
	}
	resp, _, err := c.Do(req, doing, false)
	if fault, ok := errors.AsType[*Error](err); ok && fault.Fault == Untrusted {
		address.OK, address.Detail, address.Advice = true, root.Host+" answers", ""
		return []Finding{address, {
			Name: "tls", Detail: err.Error(), Advice: "check the address, or name the issuer of its certificate in ca_file",
		}}, false
	}
	if err != nil {
		address.Detail = err.Error()
		return []Finding{address}, false
	}
	address.OK, address.Detail, address.Advice = true, root.String()+" answers", ""
	now := time.Now()
	return []Finding{address, checkTLS(resp.TLS, now), checkClock(resp.Header.Get("Date"), now)}, true
}

func checkTLS(state *tls.ConnectionState, now time.Time) Finding {
	f := Finding{Name: "tls", OK: true, Detail: "not encrypted: it is on this machine"}
	if state == nil || len(state.PeerCertificates) == 0 {
		return f
	}
	leaf := state.PeerCertificates[0]
	f.Detail = fmt.Sprintf("%s, certificate of %s good until %s",
		tls.VersionName(state.Version), Bounded(leaf.Issuer.CommonName), leaf.NotAfter.Local().Format(time.DateOnly))
	if leaf.NotAfter.Sub(now) < certificateNotice {
		f.Advice = "tell the gateway's operator that its certificate ends soon"
	}
	return f
}

func checkClock(date string, now time.Time) Finding {
	f := Finding{Name: "clock", OK: true, Detail: "the gateway does not tell its time"}
	theirs, err := http.ParseTime(date)
	if err != nil {
		return f
	}
	difference := now.Sub(theirs).Round(time.Second)
	f.Detail = fmt.Sprintf("this machine differs by %s", difference)
	if difference.Abs() > clockTolerance {
		f.OK, f.Advice = false, "set this machine's clock: let the system do it by itself"
	}
	return f
}
