package desk

import (
	"context"
	"errors"
	"io"
	"net/http"
	"syscall"
)

// maxRestarts is how often one call may find that the practice gateways have just moved
// to another process.
const maxRestarts = 5

// retryTransport is the way to the practice gateways. They run in one of the processes of the home,
// and that may end between any two calls; the next one takes over at the same address. A
// call that meets the gap waits for that and is made again.
type retryTransport struct {
	base    http.RoundTripper
	restart func(context.Context) error // returns when they run again
}

// RoundTrip implements [http.RoundTripper].
func (r *retryTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	// A connection that was kept open and is found closed has an error of its own, which cannot
	// be told from others. For calls that may be made again, the transport goes on to a new connection
	// by itself. A header without a value says so, and is not sent.
	req = req.Clone(req.Context())
	req.Header["Idempotency-Key"] = []string{}
	for attempt := 0; ; attempt++ {
		resp, err := r.base.RoundTrip(req)
		if err == nil || attempt == maxRestarts || !brokenOff(err) || req.Body != nil && req.GetBody == nil {
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

// CloseIdleConnections is found by [http.Client.CloseIdleConnections].
func (r *retryTransport) CloseIdleConnections() {
	if c, ok := r.base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// brokenOff tells whether a call failed because nobody was there, or left.
func brokenOff(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
