package signer

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// Misbehaviour is what something of the practice gateways is to do wrong; docs/sandbox.md has the words.
type Misbehaviour struct {
	// Of is a TRIDENT process or document, a PortaSigma signature request, "doc:" and a PortaSigma document, or
	// "next-trident" or "next-portasigma" for what is created next.
	Of string `json:"of"`
	// How is one of the words.
	How string `json:"how"`
	// Times is how often; 0 is until it is cleared, and once for "expired-token".
	Times int `json:"times"`
	// Origin stands in for another machine, where the word needs one; without it nobody can be reached there.
	Origin string `json:"origin,omitempty"`
}

// Set lets the gateways at root misbehave. User and secret are those of a client of either gateway.
func (m Misbehaviour) Set(ctx context.Context, root, user, secret string) error {
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return call(ctx, http.MethodPut, root+switchPath, user, secret, body)
}

// Behave ends the misbehavior of something; it may have ended by itself.
func Behave(ctx context.Context, root, user, secret, of string) error {
	return call(ctx, http.MethodDelete, root+switchPath+"?of="+url.QueryEscape(of), user, secret, nil)
}

const switchPath = "/practice/misbehavior"

func call(ctx context.Context, method, address, user, secret string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.SetBasicAuth(user, secret)
	req.Header.Set("Content-Type", "application/json")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
	if err != nil {
		return err
	}
	ended := method == http.MethodDelete && resp.StatusCode == http.StatusNotFound
	if resp.StatusCode/100 != 2 && !ended {
		return fmt.Errorf("%s misbehavior: status %d: %s", method, resp.StatusCode, answer)
	}
	return nil
}
