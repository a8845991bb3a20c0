// Package gateway defines what a signature gateway is to the rest of the program, and
// holds what all kinds of gateways share: profiles and their settings, the file they are
// written in, the bounded HTTP client, and the errors that people read.
//
// Each kind of gateway is an adapter for one protocol in a package below this one. An
// adapter keeps no state but access tokens in memory: everything that has to be remembered
// goes into the [request.Visit], which the desk stores. It writes no files and opens no
// browser.
package gateway

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"sync"

	"countersign/core/request"
)

// Gateway is one configured gateway. Its methods may be called from several goroutines at
// once. Errors of calls are of the type [*Error].
//
// Gateways report the outcome in the browser's return in one of three ways: by a parameter
// of the return address, by one return address per outcome, or not at all. All three fit:
// the return is read as a hint, and then the gateway is asked.
type Gateway interface {
	// Capabilities returns what the gateway can do as it is configured.
	Capabilities() Capabilities

	// Prepare makes the gateway ready for a visit of the browser: it uploads the documents,
	// where the gateway signs files, and returns the URL for the browser. If it fails, the
	// adapter has deleted at the gateway what it had created there, as far as it could.
	Prepare(ctx context.Context, spec VisitSpec) (PreparedVisit, error)

	// ParseReturn interprets the query of the address at which the browser came back. It
	// makes no calls.
	ParseReturn(visit request.Visit, query url.Values) ReturnHint

	// CanAsk reports whether Ask can find out the outcome of a request of the visit. If it can for none, Ask fails with
	// ErrCannotAsk.
	CanAsk(visit request.Visit, id request.ID) bool

	// Ask asks the gateway for the outcome of a visit. A request that is missing in the
	// map has no outcome yet. The error is ErrCannotAsk if the gateway offers no way to
	// ask.
	Ask(ctx context.Context, visit request.Visit) (map[request.ID]Outcome, error)

	// Fetch returns one signed document of a request of the visit; document is an index into the
	// request's documents. The caller closes the reader and limits how much it reads. The error is
	// ErrNoFile if the gateway has no such file. No error does not mean that the file is signed.
	Fetch(ctx context.Context, visit request.Visit, id request.ID, document int) (io.ReadCloser, error)

	// Discard deletes the visit's documents at the gateway. Documents that are gone
	// already are no error.
	Discard(ctx context.Context, visit request.Visit) error

	// Check tests whether the gateway can be reached and accepts the credentials. It creates nothing
	// there. It returns the results of its steps in order; a step that failed has OK false. It stops
	// after a failure that makes further steps pointless.
	Check(ctx context.Context) []CheckResult
}

// SignerChecker is implemented by a [Gateway] that can recognize impossible signers without a
// call, so that they are refused when the request is added and not only when it is sent.
type SignerChecker interface {
	// CheckSigner returns an error if no such signer can exist. The error's text says to the user what
	// to correct.
	CheckSigner(s request.Signer) error
}

// IDChecker is implemented by a [Gateway] that knows what its ids of requests look like, so that an id with a
// mistake is refused when the request is added and not only when it is to be signed.
type IDChecker interface {
	// CheckID returns an error if the gateway cannot have a request with that id. The error's text says to the
	// user what to correct.
	CheckID(id string) error
}

// VisitSizer is implemented by a [Gateway] whose visits are limited by more than the number of documents.
type VisitSizer interface {
	// FitsVisit reports whether one visit can take all requests. It is true for a single request.
	FitsVisit(requests []request.Request) bool
}

// FitsVisit reports whether one visit to g can take all requests. If g is a [VisitSizer], g decides;
// otherwise their documents must not be more than [Capabilities].MaxDocuments. A request without
// documents counts as one with one document. It is true for a single request.
func FitsVisit(g Gateway, requests []request.Request) bool {
	if len(requests) < 2 {
		return true
	}
	if sizer, ok := g.(VisitSizer); ok {
		return sizer.FitsVisit(requests)
	}
	documents := 0
	for _, r := range requests {
		documents += max(len(r.Documents), 1)
	}
	return documents <= g.Capabilities().MaxDocuments
}

// Capabilities are what a gateway can do as it is configured.
type Capabilities struct {
	MaxDocuments     int   // largest number of documents in one visit; see also [VisitSizer]
	MaxSize          int64 // bytes of one document; zero if there is no known limit
	AcceptsFiles     bool  // documents can be uploaded; otherwise it only signs requests that exist there
	AcceptsIDs       bool  // requests that exist at the gateway can be signed by their id
	NeedsSigner      bool  // a request must name its signer
	ReturnsSigned    bool  // signed files can be fetched
	MultiSigner      bool  // a request may have several signers, each on a visit of their own
	CopyRecipients   bool  // a request may name people who only receive the signed file
	CustomAppearance bool  // a request may set the position, reason and field name of its signature
	DeleteAfterFetch bool  // the copies at the gateway are to be deleted once the signed files are stored
}

// VisitSpec is what [Gateway.Prepare] prepares a visit from.
type VisitSpec struct {
	ReturnURL string // where the gateway has to send the browser back
	Requests  []request.Request
	// OpenDocument opens the original bytes of a document. The caller closes the reader.
	OpenDocument func(request.Document) (io.ReadCloser, error)
	// HasSignatureField reports whether a document has a signature field, signed or not. It reports
	// true if that cannot be told. If the function is nil, no document has such a field.
	HasSignatureField func(request.Document) bool
}

// NeedsFieldName reports whether the signature of d needs a field with a name of its own, since d has a
// signature field already.
func (s VisitSpec) NeedsFieldName(d request.Document) bool {
	return s.HasSignatureField != nil && s.HasSignatureField(d)
}

// PreparedVisit is a visit that the gateway is ready for. See [request.Visit] for its fields.
type PreparedVisit struct {
	URL       string
	ProcessID string
	RemoteIDs map[request.ID]request.RemoteIDs
	Notes     []request.Sentence
}

// ReturnHint is what the query of a browser's return says about the outcome. It proves nothing,
// since anyone can type the return address.
type ReturnHint struct {
	Code      string           // the gateway's status code, if any
	Status    request.Status   // what the return says about the whole visit; Signing if nothing definite
	Rejection request.Sentence // why the return is not believed; the zero value if it is
	// Outcomes are set by gateways for which the return may be all that is known about the outcome;
	// see [ErrCannotAsk].
	Outcomes map[request.ID]Outcome
}

// Outcome is the outcome of one request as the gateway reports it.
type Outcome struct {
	Status    request.Status           // Signing if the code is unknown to the adapter
	Code      string                   // the gateway's status code
	Message   string                   // of the gateway, or an English sentence if Cause has a code
	Cause     request.Cause            // of Message; zero if the message is the gateway’s own
	Documents []request.DocumentResult // in the order of the request's documents
	// NeedsProof means that the gateway did not report this outcome: the signed file has to
	// be fetched, and it alone decides.
	NeedsProof bool
}

var (
	// ErrCannotAsk is returned by [Gateway.Ask] if the gateway offers no way to ask.
	ErrCannotAsk = request.Errorf("cannot_ask", "this gateway cannot be asked for the outcome")
	// ErrNoFile is returned by [Gateway.Fetch] if the gateway has no such signed file.
	ErrNoFile = request.Errorf("no_file", "the gateway has no signed file for this request")
)

// Kind makes gateways of one protocol from profiles.
type Kind struct {
	Name  string // as in gateways.toml
	Title string // product name
	// New returns the gateway that a profile describes. It makes no calls, since it is also
	// used to check profiles. Errors about a setting are of the type [*SettingError].
	New func(Profile, Tools) (Gateway, error)
	// SecretURL returns the URL that the profile's secret is sent to, or "" if the
	// profile needs no secret.
	SecretURL func(Profile) string
	// ParseLink returns the ids of the requests that a pasted link to the gateway is for, in their
	// order, and no ids if the text is not such a link. exact reports whether p itself would send a
	// signer to such an address. ParseLink is nil if the kind has no such links.
	ParseLink func(p Profile, link string) (ids []string, exact bool)
	Hosts     []Host  // well-known installations, if any
	Fields    []Field // the kind's own settings, in the order of a form; their Value is unused

	// Help says who can sign with such a gateway, and what they need. It is English; the texts in
	// other languages are in the catalogs of core/i18n, with the key "kind.NAME".
	Help string
}

// Host is a well-known installation of a kind of gateway.
type Host struct {
	Name  string // such as "production"
	Title string // English, for people; the other languages are in the catalogs, with the key "host.NAME"
	URL   string
}

// Tools are what a gateway needs from its caller. They are zero if the caller of [Kind.New] only
// checks a profile and makes no calls.
type Tools struct {
	HTTP *http.Client // from [NewClient]: it has timeouts and follows no redirects
	// Secret returns the gateway's secret. An adapter calls it when it needs the secret and
	// keeps no copy.
	Secret func(ctx context.Context) (string, error)
	// Memory may be nil; see [Tools.Remembered].
	Memory Memory
}

// Remembered returns t.Memory, or a [Memory] that keeps nothing if that is nil.
func (t Tools) Remembered() Memory {
	if t.Memory == nil {
		return forgetful{}
	}
	return t.Memory
}

// SecretOnce returns a function that calls find the first time it is called, and returns the same
// values from then on. It is for the duration of one visit: a keyring may need seconds for an
// answer, and may ask its user each time.
func SecretOnce(find func(ctx context.Context) (string, error)) func(ctx context.Context) (string, error) {
	var once sync.Once
	var secret string
	var err error
	return func(ctx context.Context) (string, error) {
		once.Do(func() { secret, err = find(ctx) })
		return secret, err
	}
}
