package portasigma

import (
	"context"
	"net/http"
	"net/url"

	"countersign/core/gateway"
)

// Check implements [gateway.Gateway]. It reaches the pages for signers and, if it has another
// origin, the API, and tries the API's user.
func (g *PortaSigma) Check(ctx context.Context) []gateway.CheckResult {
	findings, reached := g.call.CheckReach(ctx, g.root)
	if !reached {
		return findings
	}
	if g.api == nil {
		return append(findings, gateway.CheckResult{
			Name: "api", OK: true, Detail: "not set up: only requests that exist at the gateway can be signed, and only the browser reports the outcome",
		})
	}
	if gateway.Origin(g.api) != gateway.Origin(g.root) {
		apiFindings, reached := g.call.CheckReach(ctx, g.api)
		for _, f := range apiFindings {
			f.Name = "api " + f.Name
			findings = append(findings, f)
		}
		if !reached {
			return findings
		}
	}
	return append(findings, g.checkUser(ctx))
}

// checkUser returns the finding about the API's user.
func (g *PortaSigma) checkUser(ctx context.Context) gateway.CheckResult {
	const doing = "try the API user"
	f := gateway.CheckResult{Name: "api user", Advice: "check api_url, user and password"}
	req, err := g.request(ctx, http.MethodGet, g.route("users/"+url.PathEscape(g.settings.user)+"/", ""), nil)
	if err != nil {
		f.Detail = err.Error()
		return f
	}
	resp, body, err := g.call.Do(req, doing, false)
	if err == nil && resp.StatusCode/100 != 2 {
		err = g.call.UnexpectedStatus(resp, body, doing)
	}
	if err != nil {
		f.Detail = err.Error()
		return f
	}
	return gateway.CheckResult{Name: f.Name, OK: true, Detail: "user " + g.settings.user + " is known"}
}
