package trident

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"countersign/core/gateway"
)

// clockTolerance is a difference of clocks that no signing service minds.
const clockTolerance = 2 * time.Minute

// Check implements [gateway.Gateway]: reach it, get a token, compare the scope and
// the clocks.
func (t *Trident) Check(ctx context.Context) []gateway.Finding {
	reach, date := t.checkReach(ctx)
	if !reach.OK {
		return []gateway.Finding{reach}
	}
	token, err := t.tokens.fresh(ctx)
	if err != nil {
		return []gateway.Finding{reach, {
			Name: "token", Detail: err.Error(), Advice: "check client_id, auth_server and the client secret",
		}}
	}
	lifetime := "the gateway does not tell how long it is valid"
	if !token.Expiry.IsZero() {
		lifetime = "valid until " + token.Expiry.Format(time.TimeOnly)
	}
	findings := []gateway.Finding{reach, {Name: "token", OK: true, Detail: lifetime}}
	// RFC 6749: a scope that is not told is the one that was asked for.
	granted, told := token.Extra("scope").(string)
	scope := gateway.Finding{Name: "scope", OK: !told || slices.Contains(strings.Fields(granted), Scope), Detail: "signing is allowed"}
	if !scope.OK {
		scope.Detail = "signing is not in what the token covers"
		scope.Advice = "ask the gateway's operator to allow " + Scope + " for this client"
	}
	return append(findings, scope, checkClock(date))
}

func (t *Trident) checkReach(ctx context.Context) (gateway.Finding, string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, t.root.String()+"/", nil)
	if err != nil {
		return gateway.Finding{Name: "address", Detail: err.Error(), Advice: "check the gateway's address"}, ""
	}
	resp, _, err := t.call.Do(req, "reach it", false)
	if err != nil {
		return gateway.Finding{Name: "address", Detail: err.Error(), Advice: "check the network, the proxy and the gateway's address"}, ""
	}
	return gateway.Finding{Name: "address", OK: true, Detail: t.root.String() + " answers"}, resp.Header.Get("Date")
}

func checkClock(date string) gateway.Finding {
	f := gateway.Finding{Name: "clock", OK: true, Detail: "the gateway does not tell its time"}
	theirs, err := http.ParseTime(date)
	if err != nil {
		return f
	}
	difference := time.Since(theirs).Round(time.Second)
	f.Detail = fmt.Sprintf("this machine differs by %s", difference)
	if difference.Abs() > clockTolerance {
		f.OK, f.Advice = false, "set this machine's clock"
	}
	return f
}
