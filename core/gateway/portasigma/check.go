package portasigma

import (
	"cmp"
	"context"
	"net/http"
	"net/url"

	"countersign/core/gateway"
	"countersign/core/request"
)

// Check implements [gateway.Gateway]. It calls the pages for signers and, if the API has another
// origin, the API's root. Then it asks the API for its user, which needs the password.
func (g *PortaSigma) Check(ctx context.Context) []gateway.CheckResult {
	findings, reached := g.call.CheckReach(ctx, g.root)
	if !reached {
		return findings
	}
	if g.api == nil {
		return append(findings, gateway.NewCheckResult(gateway.PartAPI, true, request.Sentencef("api_none",
			"not set up: only requests that already exist at the gateway can be signed, and only the browser reports the outcome"), request.Sentence{}))
	}
	if gateway.Origin(g.api) != gateway.Origin(g.root) {
		apiFindings, reached := g.call.CheckReach(ctx, g.api)
		for _, f := range apiFindings {
			f.Name = cmp.Or(apiParts[f.Name], f.Name)
			findings = append(findings, f)
		}
		if !reached {
			return findings
		}
	}
	return append(findings, g.checkUser(ctx))
}

// apiParts maps the parts that [gateway.Caller.CheckReach] reports to those of the API's address.
var apiParts = map[gateway.Part]gateway.Part{
	gateway.PartAddress: gateway.PartAPIAddress,
	gateway.PartTLS:     gateway.PartAPITLS,
	gateway.PartClock:   gateway.PartAPIClock,
}

// checkUser returns the finding about the API's user.
func (g *PortaSigma) checkUser(ctx context.Context) gateway.CheckResult {
	g.basic.tryAgain()
	if err := g.askForUser(ctx); err != nil {
		return gateway.NewCheckResult(gateway.PartAPIUser, false, request.SentenceOf(err), request.Sentencef("api_user_todo", "check api_url, user and password"))
	}
	return gateway.NewCheckResult(gateway.PartAPIUser, true, request.Sentencef("api_user_known", "user %s is known", g.settings.user), request.Sentence{})
}

// askForUser returns an error unless the API knows its user.
func (g *PortaSigma) askForUser(ctx context.Context) error {
	doing := request.Sentencef("doing_user", "try the API user")
	req, err := g.request(ctx, http.MethodGet, g.route("users/"+url.PathEscape(g.settings.user)+"/", ""), nil)
	if err != nil {
		return err
	}
	resp, body, err := g.call.Do(req, doing, false)
	if err == nil && resp.StatusCode/100 != 2 {
		return g.call.UnexpectedStatus(resp, body, doing)
	}
	return err
}
