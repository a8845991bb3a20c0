package trident

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"countersign/core/gateway"
)

// Check implements [gateway.Gateway]. It reaches the gateway, gets a token, and checks that the
// token allows signing.
func (t *Trident) Check(ctx context.Context) []gateway.CheckResult {
	findings, reached := t.call.CheckReach(ctx, t.root)
	if !reached {
		return findings
	}
	token, err := t.tokens.fresh(ctx)
	if err != nil {
		return append(findings, gateway.CheckResult{Name: "token", Detail: err.Error(), Advice: adviceFor(err)})
	}
	lifetime := "the gateway does not say how long it is valid"
	if !token.Expiry.IsZero() {
		lifetime = "valid until " + token.Expiry.Format(time.TimeOnly)
	}
	// RFC 6749, section 5.1: without a scope in the answer, the requested one was granted.
	granted, present := token.Extra("scope").(string)
	scope := gateway.CheckResult{Name: "scope", OK: !present || slices.Contains(strings.Fields(granted), Scope), Detail: "signing is allowed"}
	if !scope.OK {
		scope.Detail, scope.Advice = "the token does not allow signing", adviceScope
	}
	return append(findings, gateway.CheckResult{Name: "token", OK: true, Detail: lifetime}, scope)
}

// adviceFor returns what to do if getting a token failed with err.
func adviceFor(err error) string {
	e, ok := errors.AsType[*gateway.Error](err)
	if !ok {
		return "check the client secret that this desk keeps for the gateway: unlock the keyring, or enter the secret again"
	}
	if e.Advice.Text != "" {
		return e.Advice.Text
	}
	switch e.Fault {
	case gateway.Unauthorized:
		return "check client_id and the client secret"
	case gateway.Unreachable, gateway.TimedOut:
		return "check the network and the proxy, and try again later"
	case gateway.ServerError:
		return "try again later, or ask the gateway's operator"
	}
	return "check url and auth_server: this is not the answer of a token address"
}
