package gateway_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"countersign/core/gateway"
)

// transport answers requests without a network.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// trickle is a body of which each Read returns up to piece bytes after the time every, until its
// context ends.
type trickle struct {
	ctx   context.Context
	every time.Duration
	piece int
	left  int
}

func (b *trickle) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, io.EOF
	}
	select {
	case <-b.ctx.Done():
		return 0, b.ctx.Err()
	case <-time.After(b.every):
	}
	n := min(b.piece, len(p), b.left)
	b.left -= n
	return n, nil
}

func (b *trickle) Close() error { return nil }

const patience = 30 * time.Second

func caller(f transport) gateway.Caller {
	return gateway.Caller{Gateway: "ours", HTTP: &http.Client{Transport: f}, Timeout: patience}
}

// took fails the test unless the time since start is between least and most.
func took(t *testing.T, start time.Time, least, most time.Duration) {
	t.Helper()
	if d := time.Since(start); d < least || d > most {
		t.Errorf("it took %s", d)
	}
}

// Sending a document may take ten minutes. Its answer has only the usual time.
func TestAfterAnUploadTheAnswerMustComeInTime(t *testing.T) {
	for name, test := range map[string]struct {
		sending, answering time.Duration
		body               trickle
		took               time.Duration
		fails              bool
	}{
		"all is well":                   {5 * time.Minute, 20 * time.Second, trickle{every: time.Second, piece: 100, left: 500}, 5*time.Minute + 25*time.Second, false},
		"sending never ends":            {time.Hour, 0, trickle{}, 10 * time.Minute, true},
		"the answer never begins":       {time.Minute, time.Hour, trickle{}, time.Minute + patience, true},
		"the answer's body never ends":  {time.Minute, 10 * time.Second, trickle{every: time.Second, piece: 1, left: 1 << 20}, time.Minute + patience, true},
		"the answer's body never comes": {time.Minute, 0, trickle{every: time.Hour, piece: 1, left: 1}, time.Minute + patience, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				wait := func(ctx context.Context, d time.Duration) error {
					select {
					case <-ctx.Done():
						return ctx.Err()
					case <-time.After(d):
						return nil
					}
				}
				c := caller(func(r *http.Request) (*http.Response, error) {
					trace := httptrace.ContextClientTrace(r.Context())
					trace.GotConn(httptrace.GotConnInfo{})
					if err := wait(r.Context(), test.sending); err != nil {
						return nil, err
					}
					trace.WroteRequest(httptrace.WroteRequestInfo{})
					if err := wait(r.Context(), test.answering); err != nil {
						return nil, err
					}
					body := test.body
					body.ctx = r.Context()
					return &http.Response{StatusCode: 200, Body: &body, Request: r}, nil
				})
				start := time.Now()
				_, body, err := c.Do(get(t, "https://x.example"), uploading, true)
				took(t, start, test.took, test.took)
				if !test.fails && (err != nil || len(body) != test.body.left) || test.fails && fault(t, err).Fault != gateway.TimedOut {
					t.Errorf("got %d bytes, %v", len(body), err)
				}
			})
		})
	}
}

func TestStreamFailsIfTheBodyIsTooSlow(t *testing.T) {
	for name, test := range map[string]struct {
		body  trickle
		took  time.Duration
		fails bool
	}{
		"it comes":                         {trickle{every: time.Second, piece: 8 << 10, left: 300 * 8 << 10}, 300 * time.Second, false},
		"it comes slowly":                  {trickle{every: time.Second, piece: 5 << 10, left: 500 << 10}, 100 * time.Second, false},
		"it comes in drops":                {trickle{every: time.Second, piece: 1, left: 1000}, patience + time.Second, true},
		"it stops":                         {trickle{every: time.Hour, piece: 1, left: 1}, patience, true},
		"a small one may take a moment":    {trickle{every: 10 * time.Second, piece: 10, left: 30}, 30 * time.Second, false},
		"it would take longer than anyone": {trickle{every: time.Second, piece: 10 << 10, left: 1 << 30}, 10 * time.Minute, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := caller(func(r *http.Request) (*http.Response, error) {
					body := test.body
					body.ctx = r.Context()
					return &http.Response{StatusCode: 200, Body: &body, Request: r}, nil
				})
				start := time.Now()
				resp, err := c.Stream(get(t, "https://x.example"), fetching)
				if err != nil {
					t.Fatal(err)
				}
				n, err := io.Copy(io.Discard, resp.Body)
				took(t, start, test.took, test.took)
				if !test.fails && (err != nil || n != int64(test.body.left)) || test.fails && fault(t, err).Fault != gateway.TimedOut {
					t.Errorf("got %d bytes, %v", n, err)
				}
				if err := resp.Body.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
	t.Run("its reader may take its time", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := caller(func(r *http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader("some")), Request: r}, nil
			})
			resp, err := c.Stream(get(t, "https://x.example"), fetching)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			for range 4 {
				time.Sleep(2 * patience)
				if _, err := io.ReadFull(resp.Body, make([]byte, 1)); err != nil {
					t.Error(err)
				}
			}
		})
	})
	t.Run("who breaks it off is no fault of the gateway", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			c := caller(func(r *http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: 200, Body: &trickle{ctx: r.Context(), every: time.Hour, piece: 1, left: 1}, Request: r}, nil
			})
			resp, err := c.Stream(get(t, "https://x.example").WithContext(ctx), fetching)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			time.AfterFunc(time.Second, cancel)
			if _, err := io.Copy(io.Discard, resp.Body); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
		})
	})
}
