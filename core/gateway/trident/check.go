package trident

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"countersign/core/gateway"
	"countersign/core/request"
)

// Check implements [gateway.Gateway]. It calls the gateway without credentials, gets a token unless
// a valid one is in memory, and checks that the token allows signing.
func (t *Trident) Check(ctx context.Context) []gateway.CheckResult {
	findings, reached := t.call.CheckReach(ctx, t.root)
	if !reached {
		return findings
	}
	t.tokens.tryAgain()
	token, err := t.tokens.fresh(ctx)
	if err != nil {
		return append(findings, gateway.NewCheckResult(gateway.PartToken, false, request.SentenceOf(err), adviceFor(err)))
	}
	lifetime := request.Sentencef("token_unlimited", "the gateway does not say how long it is valid")
	if !token.Expiry.IsZero() {
		lifetime = request.Sentencef("token_valid", "valid until %s", token.Expiry.Format(time.TimeOnly))
	}
	findings = append(findings, gateway.NewCheckResult(gateway.PartToken, true, lifetime, request.Sentence{}))
	// RFC 6749, section 5.1: without a scope in the answer, the requested one was granted.
	if granted, present := scopesOf(token); present && !slices.Contains(granted, Scope) {
		return append(findings, gateway.NewCheckResult(gateway.PartScope, false,
			request.Sentencef("scope_missing", "the token does not allow signing"), scopeAdvice()))
	}
	findings = append(findings, gateway.NewCheckResult(gateway.PartScope, true, request.Sentencef("scope_granted", "signing is allowed"), request.Sentence{}))
	return append(findings, t.checkDefaults()...)
}

// scopesOf returns the scopes of a token. present is false if its answer named none in a form that can be read: a text with
// blanks between the scopes, or a list.
func scopesOf(token *oauth2.Token) (scopes []string, present bool) {
	switch granted := token.Extra("scope").(type) {
	case string:
		return strings.Fields(granted), true
	case []any:
		for _, scope := range granted {
			if text, ok := scope.(string); ok {
				scopes = append(scopes, strings.Fields(text)...)
			}
		}
		return scopes, true
	}
	return nil, false
}

// checkDefaults returns a finding if the profile has no value for one of the settings that all
// known clients send, and nil otherwise. Profiles from before these settings had defaults may have
// none.
func (t *Trident) checkDefaults() []gateway.CheckResult {
	var without []string
	for _, f := range t.fields {
		if f.CanBeNone && f.Type == gateway.TextField && f.Default != "" && *f.Value.(*string) == "" {
			without = append(without, f.Key)
		}
	}
	if without == nil {
		return nil
	}
	keys := strings.Join(without, ", ")
	return []gateway.CheckResult{gateway.NewCheckResult(gateway.PartProcess, true,
		request.Sentencef("process_without", "nothing is sent for %s", keys),
		request.Sentencef("process_without_todo", "most installations need them: if signing fails, remove %s from the gateway's settings, so that their defaults are sent", keys))}
}

// adviceFor returns what to do if getting a token failed with err.
func adviceFor(err error) request.Sentence {
	e, ok := errors.AsType[*gateway.Error](err)
	if !ok {
		return request.Sentencef("token_secret_todo", "check the client secret that this desk keeps for the gateway: unlock the keyring, or enter the secret again")
	}
	if e.Advice.Text != "" {
		return e.Advice
	}
	switch e.Fault {
	case gateway.Unreachable, gateway.TimedOut, gateway.Blocked:
		return request.Sentencef("token_unreachable_todo", "check the network and the proxy, and try again later")
	case gateway.ServerError:
		return request.Sentencef("token_server_todo", "try again later, or ask the gateway's operator")
	}
	return request.Sentencef("token_answer_todo", "check url and auth_server: this is not the answer of a token address")
}
