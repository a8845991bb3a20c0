package gateway

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync"

	"countersign/core/request"
)

// Credentials remembers the secrets and tokens that authorized the calls to one gateway, and the tickets in the return addresses
// that the gateway was given. With it they are found wherever the gateway repeats them: in an answer, in an id, or in the
// address at which the browser comes back. They are kept in memory only. The zero value is ready for use, from several
// goroutines at once.
type Credentials struct {
	mu     sync.Mutex
	sent   []string // what was used last is at the end
	wanted *wanted  // the same, to be looked for; nil when sent has got others since
}

// maxCredentials is how many texts [Credentials] remembers; it forgets the one that was used least recently. A call has one
// credential, in up to five forms, and a token lasts for many calls.
const maxCredentials = 100

// add adds credentials. It leaves out those of less than minSecret bytes.
func (c *Credentials) add(credentials ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, credential := range credentials {
		if len(credential) < minSecret {
			continue
		}
		if i := slices.Index(c.sent, credential); i >= 0 {
			c.sent = slices.Delete(c.sent, i, i+1)
		} else {
			c.wanted = nil
		}
		c.sent = append(c.sent, credential)
	}
	if extra := len(c.sent) - maxCredentials; extra > 0 {
		c.sent = slices.Delete(c.sent, 0, extra)
	}
}

// search returns a search for the credentials. What it looks for is prepared once: a return alone is searched in several texts.
func (c *Credentials) search() *search {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.wanted == nil {
		c.wanted = newWanted(c.sent, minSecret)
	}
	return c.wanted.search()
}

// redact returns text with "…" in place of the credentials.
func (c *Credentials) redact(text string) string {
	if text == "" {
		return ""
	}
	return replaceSpans(text, c.search().find([]byte(text)))
}

// contains reports whether one of the texts contains one of the credentials.
func (c *Credentials) contains(texts ...string) bool {
	secrets := c.search()
	return slices.ContainsFunc(texts, func(text string) bool { return len(secrets.find([]byte(text))) > 0 })
}

// RedactQuery returns a copy of the query of a browser's return with "…" in place of the credentials in its names and values.
func (c *Credentials) RedactQuery(query url.Values) url.Values {
	redacted := make(url.Values, len(query))
	for name, values := range query {
		name = c.redact(name)
		for _, value := range values {
			redacted[name] = append(redacted[name], c.redact(value))
		}
		if len(values) == 0 {
			redacted[name] = values
		}
	}
	return redacted
}

// Transport returns a transport that remembers the credentials of each call, and makes the calls with base. It also tells the
// recorder of a call's context, if there is one; see [Record].
func (c *Credentials) Transport(base http.RoundTripper) http.RoundTripper {
	return &rememberingTransport{base, c}
}

type rememberingTransport struct {
	base http.RoundTripper
	to   *Credentials
}

// RoundTrip implements [http.RoundTripper].
func (t *rememberingTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	t.to.add(credentialsOf(req)...)
	if recorder, ok := req.Context().Value(recorderKey{}).(*Recorder); ok {
		return recorder.roundTrip(t.base, req, t.to)
	}
	return t.base.RoundTrip(req)
}

// CloseIdleConnections is what [http.Client.CloseIdleConnections] calls.
func (t *rememberingTransport) CloseIdleConnections() {
	if c, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// Guard returns a Gateway that does what g does, but returns none of the credentials. They become "…" in messages, codes, notes,
// findings and errors. A visit fails in Prepare if one of its ids contains a credential. The adapters also look for secrets
// themselves, where they know more about an answer; Guard is for what they do not expect.
func (c *Credentials) Guard(g Gateway) Gateway { return guarded{g, c} }

// guarded implements [Gateway], [SignerChecker], [IDChecker], [VisitSizer] and [Trier] by calling the guarded gateway. Every further interface that a
// gateway may implement needs its methods here, too.
type guarded struct {
	Gateway
	secrets *Credentials
}

// expect adds the ticket of a return address to the credentials. It does nothing if the address is empty.
func (g guarded) expect(returnURL string) {
	if returnURL != "" {
		g.secrets.add(LastPathSegment(returnURL))
	}
}

// CheckSigner implements [SignerChecker]. It accepts every signer if the guarded gateway is no SignerChecker.
func (g guarded) CheckSigner(s request.Signer) error {
	if checker, ok := g.Gateway.(SignerChecker); ok {
		return checker.CheckSigner(s)
	}
	return nil
}

// CheckID implements [IDChecker]. It accepts every id if the guarded gateway is no IDChecker.
func (g guarded) CheckID(id string) error {
	if checker, ok := g.Gateway.(IDChecker); ok {
		return checker.CheckID(id)
	}
	return nil
}

// FitsVisit implements [VisitSizer].
func (g guarded) FitsVisit(requests []request.Request) bool { return FitsVisit(g.Gateway, requests) }

// Prepare implements [Gateway]. If one of the visit's ids contains a credential, it discards the visit and returns an error.
func (g guarded) Prepare(ctx context.Context, spec VisitSpec) (PreparedVisit, error) {
	g.expect(spec.ReturnURL)
	p, err := g.Gateway.Prepare(ctx, spec)
	if err != nil {
		return p, g.error(err)
	}
	ids := []string{p.ProcessID}
	for _, remote := range p.RemoteIDs {
		ids = slices.Concat(ids, []string{remote.Request}, remote.Documents, remote.Signatures, remote.ContentURLs)
	}
	if g.secrets.contains(ids...) {
		visit := request.Visit{ProcessID: p.ProcessID, RemoteIDs: p.RemoteIDs}
		return PreparedVisit{}, errors.Join(request.Errorf("answer_secret_id", "the gateway names its documents by a secret of this desk: nothing of it was stored: tell the gateway's operator"),
			g.Discard(context.WithoutCancel(ctx), visit))
	}
	for i, note := range p.Notes {
		p.Notes[i] = g.sentence(note)
	}
	return p, nil
}

// ParseReturn implements [Gateway].
func (g guarded) ParseReturn(visit request.Visit, query url.Values) ReturnHint {
	g.expect(visit.ReturnURL)
	hint := g.Gateway.ParseReturn(visit, query)
	hint.Code, hint.Rejection, hint.Outcomes = g.secrets.redact(hint.Code), g.sentence(hint.Rejection), g.outcomes(hint.Outcomes)
	return hint
}

// Ask implements [Gateway].
func (g guarded) Ask(ctx context.Context, visit request.Visit) (map[request.ID]Outcome, error) {
	g.expect(visit.ReturnURL)
	outcomes, err := g.Gateway.Ask(ctx, visit)
	return g.outcomes(outcomes), g.error(err)
}

// Fetch implements [Gateway].
func (g guarded) Fetch(ctx context.Context, visit request.Visit, id request.ID, document int) (io.ReadCloser, error) {
	file, err := g.Gateway.Fetch(ctx, visit, id, document)
	return file, g.error(err)
}

// Discard implements [Gateway].
func (g guarded) Discard(ctx context.Context, visit request.Visit) error {
	return g.error(g.Gateway.Discard(ctx, visit))
}

// Check implements [Gateway].
func (g guarded) Check(ctx context.Context) []CheckResult { return g.results(g.Gateway.Check(ctx)) }

// CanTry implements [Trier].
func (g guarded) CanTry() error {
	_, err := TrierOf(g.Gateway)
	return err
}

// Try implements [Trier]. If the guarded gateway cannot be tried, the only result says why.
func (g guarded) Try(ctx context.Context, spec VisitSpec) []CheckResult {
	t, err := TrierOf(g.Gateway)
	if err != nil {
		return []CheckResult{TrialRefused(err)}
	}
	g.expect(spec.ReturnURL)
	return g.results(t.Try(ctx, spec))
}

func (g guarded) results(results []CheckResult) []CheckResult {
	for i, r := range results {
		detail := g.sentence(request.Sentence{Text: r.Detail, Cause: r.Cause})
		advice := g.sentence(request.Sentence{Text: r.Advice, Cause: r.AdviceCause})
		results[i] = NewCheckResult(r.Name, r.OK, detail, advice)
	}
	return results
}

func (g guarded) outcomes(all map[request.ID]Outcome) map[request.ID]Outcome {
	safe := make(map[request.ID]Outcome, len(all))
	for id, o := range all {
		said := g.sentence(request.Sentence{Text: o.Message, Cause: o.Cause})
		o.Code, o.Message, o.Cause = g.secrets.redact(o.Code), said.Text, said.Cause
		o.Documents = slices.Clone(o.Documents)
		for i, d := range o.Documents {
			o.Documents[i].Code, o.Documents[i].Message = g.secrets.redact(d.Code), g.secrets.redact(d.Message)
		}
		safe[id] = o
	}
	return safe
}

func (g guarded) sentence(s request.Sentence) request.Sentence {
	return request.Sentence{Text: g.secrets.redact(s.Text), Cause: g.cause(s.Cause)}
}

func (g guarded) cause(c request.Cause) request.Cause {
	c.Args = slices.Clone(c.Args)
	for i, arg := range c.Args {
		c.Args[i] = request.Arg{Text: g.secrets.redact(arg.Text), Cause: g.cause(arg.Cause)}
	}
	return c
}

// error returns err. If the text of err has a credential, it returns an error with the text redacted, which is an [*Error] if err
// itself is one, and wraps err otherwise.
func (g guarded) error(err error) error {
	if err == nil || !g.secrets.contains(err.Error()) {
		return err
	}
	if e, ok := err.(*Error); ok {
		redacted := *e
		redacted.Message = g.sentence(e.Message)
		return &redacted
	}
	return &redactedError{g.sentence(request.SentenceOf(err)), err}
}

// redactedError is an error whose text has no credentials.
type redactedError struct {
	said request.Sentence
	err  error
}

func (e *redactedError) Error() string { return e.said.Text }

// Cause returns the error as a code with arguments, from which package explain makes its text in any language.
func (e *redactedError) Cause() request.Cause { return e.said.Cause }

func (e *redactedError) Unwrap() error { return e.err }
