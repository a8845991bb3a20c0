package portasigma

import (
	"context"
	"net/http"
	"net/url"

	"countersign/core/gateway"
)

// Check implements [gateway.Gateway]: reach the pages for signers, reach the API where it
// is somewhere else, and try its user out.
func (g *PortaSigma) Check(ctx context.Context) []gateway.Finding {
	findings, reached := g.call.CheckReach(ctx, g.root)
	if !reached {
		return findings
	}
	if g.api == nil {
		return append(findings, gateway.Finding{
			Name: "api", OK: true, Detail: "not set up: requests made elsewhere are signed by id, and only the browser tells how it went",
		})
	}
	if gateway.Origin(g.api) != gateway.Origin(g.root) {
		ofAPI, reached := g.call.CheckReach(ctx, g.api)
		for _, f := range ofAPI {
			f.Name = "api " + f.Name
			findings = append(findings, f)
		}
		if !reached {
			return findings
		}
	}
	return append(findings, g.checkUser(ctx))
}

func (g *PortaSigma) checkUser(ctx context.Context) gateway.Finding {
	const doing = "try the API user"
	f := gateway.Finding{Name: "api user", Advice: "check api_url, user and password"}
	req, err := g.request(ctx, http.MethodGet, g.route("users/"+url.PathEscape(g.settings.User)+"/", ""), nil)
	if err != nil {
		f.Detail = err.Error()
		return f
	}
	resp, body, err := g.call.Do(req, doing, false)
	if err == nil && resp.StatusCode/100 != 2 {
		err = g.call.Unexpected(resp, body, doing)
	}
	if err != nil {
		f.Detail = err.Error()
		return f
	}
	return gateway.Finding{Name: f.Name, OK: true, Detail: "user " + g.settings.User + " is known"}
}
