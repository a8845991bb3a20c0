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

// Misbehavior describes how a process, document or signature request of the practice gateways is to misbehave; see docs/sandbox.md.
type Misbehavior struct {
	// Of is the object: the id of a TRIDENT process or document, the id of a PortaSigma signature request, "doc:" and the id of a PortaSigma
	// document, or "next-trident" or "next-portasigma" for what is created next.
	Of string `json:"of"`
	// How is the name of a kind of misbehavior.
	How string `json:"how"`
	// Times is how many times it happens; 0 means until it is cleared, but once for "expired-token".
	Times int `json:"times"`
	// Origin is the other origin, for the kinds that refer to one; "" means one that cannot be reached.
	Origin string `json:"origin,omitempty"`
}

// Set makes the gateways at root, an address without a path, misbehave. user and secret are the credentials of a client of either gateway.
func (m Misbehavior) Set(ctx context.Context, root, user, secret string) error {
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return call(ctx, http.MethodPut, root+misbehaviorPath, user, secret, body)
}

// Behave clears the misbehavior of an object; root, user and secret are as for [Misbehavior.Set]. It is no error when the object has no
// misbehavior.
func Behave(ctx context.Context, root, user, secret, of string) error {
	return call(ctx, http.MethodDelete, root+misbehaviorPath+"?of="+url.QueryEscape(of), user, secret, nil)
}

const misbehaviorPath = "/practice/misbehaviour"

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
