package gateways

import (
	"context"
	"errors"
	"net/http"

	"countersign/core/network"
)

// maxRestarts is how often one call is repeated at most because the practice gateways have just moved
// to another operating-system process.
const maxRestarts = 5

// retryTransport repeats calls to the practice gateways. These run in one of the programs that have
// the home open, which may end between any two calls; then another program serves them at the same
// address. A call that fails in between waits until they run again, and is repeated.
type retryTransport struct {
	base    http.RoundTripper
	restart func(context.Context) error // returns when the practice gateways run again
}

// RoundTrip implements [http.RoundTripper].
func (r *retryTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	// A header Idempotency-Key without values is not sent, and makes net/http repeat the call on a
	// new connection when a kept one turns out to be closed: that error cannot be told apart from
	// others here.
	req = req.Clone(req.Context())
	req.Header["Idempotency-Key"] = []string{}
	for attempt := 0; ; attempt++ {
		resp, err := r.base.RoundTrip(req)
		if err == nil || attempt == maxRestarts || !network.IsBrokenOff(err) || req.Body != nil && req.GetBody == nil {
			return resp, err
		}
		if restartErr := r.restart(req.Context()); restartErr != nil {
			return nil, errors.Join(err, restartErr)
		}
		again := req.Clone(req.Context())
		if req.GetBody != nil {
			if again.Body, err = req.GetBody(); err != nil {
				return nil, err
			}
		}
		req = again
	}
}

// CloseIdleConnections closes the idle connections of the base transport. It is there for
// [http.Client.CloseIdleConnections], which calls it.
func (r *retryTransport) CloseIdleConnections() {
	if c, ok := r.base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}
