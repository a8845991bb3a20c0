package callback_test

import (
	"context"
	"net/http"
	"testing"

	"countersign/core/callback"
)

// chrome and firefox are the headers with which current browsers go to an address.
var (
	chrome  = map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-User": "?1", "Sec-Fetch-Dest": "document", "Upgrade-Insecure-Requests": "1"}
	firefox = map[string]string{"Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "none", "Priority": "u=0, i"}
)

func TestOnlyNavigationsAreReturns(t *testing.T) {
	taken := 0
	l := listen(t, func(context.Context, callback.Return) (callback.Landing, error) {
		taken++
		return callback.Landing{Claim: callback.ClaimsSigned}, nil
	})
	get := func(headers map[string]string) *http.Response {
		resp, _ := l.send("GET", "/return/"+ticket+"?status=signed", func(r *http.Request) {
			for name, value := range headers {
				r.Header.Set(name, value)
			}
		})
		return resp
	}
	for name, headers := range map[string]map[string]string{
		"a browser without fetch metadata": nil,
		"Chrome":                           chrome,
		"Firefox":                          firefox,
		"in a frame of the gateway":        {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
		"in an old frame":                  {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "frame"},
		"the mode alone":                   {"Sec-Fetch-Mode": "navigate"},
		"empty headers":                    {"Sec-Purpose": "", "Purpose": "", "Sec-Fetch-Mode": "", "Sec-Fetch-Dest": ""},
		"another purpose":                  {"Purpose": "signing"},
	} {
		before := taken
		if resp := get(headers); resp.StatusCode != 200 || taken != before+1 {
			t.Errorf("%s: got %d, taken %d times", name, resp.StatusCode, taken-before)
		}
	}
	for name, headers := range map[string]map[string]string{
		"a prefetch":                     {"Sec-Purpose": "prefetch"},
		"a prefetch like a navigation":   {"Sec-Purpose": "prefetch", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
		"a prefetch through a proxy":     {"Sec-Purpose": "prefetch;anonymous-client-ip"},
		"a prerendering":                 {"Sec-Purpose": "prefetch;prerender", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
		"a purpose of the future":        {"Sec-Purpose": "archive"},
		"a prefetch of an older Chrome":  {"Purpose": "prefetch"},
		"in capitals":                    {"Purpose": "Prefetch"},
		"a preview of Safari":            {"X-Purpose": "preview"},
		"a prefetch of an older Firefox": {"X-Moz": "prefetch"},
		"an image":                       {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
		"a script":                       {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"},
		"a call":                         {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"},
		"an embedded object":             {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "object"},
		"the mode of a call alone":       {"Sec-Fetch-Mode": "cors"},
		"the target of an image alone":   {"Sec-Fetch-Dest": "image"},
	} {
		before := taken
		// A browser would keep an answer of success for the navigation.
		if resp := get(headers); resp.StatusCode != 403 || resp.Header.Get("Cache-Control") != "no-store" || taken != before {
			t.Errorf("%s: got %d %v, taken %d times", name, resp.StatusCode, resp.Header, taken-before)
		}
		if resp := get(chrome); resp.StatusCode != 200 || taken != before+1 {
			t.Errorf("%s: the visit after it got %d, taken %d times", name, resp.StatusCode, taken-before)
		}
	}
}
