package trident

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"countersign/core/gateway"
)

// Check implements [gateway.Gateway]: reach it, get a token, and see whether it covers
// signing.
func (t *Trident) Check(ctx context.Context) []gateway.Finding {
	findings, reached := t.call.CheckReach(ctx, t.root)
	if !reached {
		return findings
	}
	token, err := t.tokens.fresh(ctx)
	if err != nil {
		return append(findings, gateway.Finding{Name: "token", Detail: err.Error(), Advice: adviceFor(err)})
	}
	lifetime := "the gateway does not tell how long it is valid"
	if !token.Expiry.IsZero() {
		lifetime = "valid until " + token.Expiry.Format(time.TimeOnly)
	}
	// RFC 6749: a scope that is not told is the one that was asked for.
	granted, told := token.Extra("scope").(string)
	scope := gateway.Finding{Name: "scope", OK: !told || slices.Contains(strings.Fields(granted), Scope), Detail: "signing is allowed"}
	if !scope.OK {
		scope.Detail, scope.Advice = "signing is not in what the token covers", askOperator
	}
	return append(findings, gateway.Finding{Name: "token", OK: true, Detail: lifetime}, scope)
}

// adviceFor is what to do when there is no token.
func adviceFor(err error) string {
	e, ok := errors.AsType[*gateway.Error](err)
	if !ok {
		return "see to the client secret that this desk keeps for the gateway: unlock the keyring, or enter the secret again"
	}
	if e.Advice != "" {
		return e.Advice
	}
	switch e.Fault {
	case gateway.Unauthorized:
		return "check client_id and the client secret"
	case gateway.Unreachable, gateway.TimedOut:
		return "check the network and the proxy, and try again later"
	case gateway.Broken:
		return "try again later, or ask the gateway's operator"
	}
	return "check url and auth_server: this is not how a token is given out"
}
