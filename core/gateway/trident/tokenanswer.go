package trident

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"

	"countersign/core/gateway"
)

// maxTokenAnswer is how many bytes of an answer of the token address are read.
const maxTokenAnswer = 1 << 20

// readable returns an answer of the token address with a body that the OAuth library reads: JSON in UTF-8 that says so, with
// texts where there may be numbers, and with a whole number of seconds in expires_in. It leaves other answers as they are.
func readable(resp *http.Response) (*http.Response, error) {
	defer resp.Body.Close()
	body, err := gateway.ReadText(resp, maxTokenAnswer)
	if err != nil {
		return nil, err
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) == nil && members != nil {
		body, err = json.Marshal(normalized(members))
		if err != nil {
			return nil, err
		}
		resp.Header = resp.Header.Clone()
		resp.Header.Set("Content-Type", "application/json")
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return resp, nil
}

// normalized returns the members of a token answer (RFC 6749, sections 5.1 and 5.2) in the types that the OAuth library reads.
func normalized(members map[string]json.RawMessage) map[string]any {
	all := make(map[string]any, len(members))
	for name, value := range members {
		switch strings.ToLower(name) {
		case "access_token", "token_type", "refresh_token", "error", "error_description", "error_uri":
			var text gateway.Text
			if json.Unmarshal(value, &text) == nil {
				all[name] = string(text)
			}
		case "expires_in":
			if seconds, ok := wholeSeconds(value); ok {
				all[name] = seconds
			}
		default:
			all[name] = value
		}
	}
	return all
}

// wholeSeconds reads the lifetime of a token, which servers write as a number with or without a fraction, or as a text with one
// in it. ok is false if it is neither: then the lifetime is not known.
func wholeSeconds(value json.RawMessage) (seconds int32, ok bool) {
	var text gateway.Text
	if json.Unmarshal(value, &text) != nil {
		return 0, false
	}
	number, err := strconv.ParseFloat(strings.TrimSpace(string(text)), 64)
	if err != nil && !math.IsInf(number, 0) || math.IsNaN(number) {
		return 0, false
	}
	return int32(max(math.MinInt32, min(number, math.MaxInt32))), true
}
