// Package gateway says what every signature gateway can do, in the project's own
// words, and holds what all of them share: profiles, the bounded HTTP client, and the
// errors people read.
//
// An adapter (a sub-package) speaks one protocol. It keeps no state of its own but
// access tokens: what has to be remembered is in the [request.Visit] that the desk keeps.
// It writes nothing to disk and opens no browser.
package gateway

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"

	"countersign/core/request"
)

// Gateway is one configured gateway. Its methods may be called from any goroutine.
//
// The three conventions by which gateways tell of an outcome all fit: one return address
// with a parameter, one address per outcome, or a bare address that says nothing. The
// return is read as a hint, and then the gateway is asked.
type Gateway interface {
	Abilities() Abilities

	// Prepare opens a session at the gateway for one trip of the browser. Nothing
	// is launched when it fails; a session the gateway may have opened is abandoned.
	Prepare(ctx context.Context, trip Trip) (Prepared, error)

	// ReadReturn says what the browser's return means, without asking anyone.
	ReadReturn(visit request.Visit, query url.Values) Hint

	// Ask asks the gateway for the outcome. Requests without a verdict have none
	// yet. It fails with ErrCannotAsk where the gateway has no way to be asked.
	Ask(ctx context.Context, visit request.Visit) (map[request.ID]Verdict, error)

	// Fetch gets one signed document of a request of the visit. The caller closes
	// it and bounds what it reads. It fails with ErrNoFile where there is none.
	Fetch(ctx context.Context, visit request.Visit, id request.ID, document int) (io.ReadCloser, error)

	// Discard deletes the visit's documents at the gateway. Deleting what is
	// gone already is no error.
	Discard(ctx context.Context, visit request.Visit) error

	// Check tries out what can be tried without a signing, in order, and stops where
	// going on makes no sense.
	Check(ctx context.Context) []Finding
}

// SignerChecker is a [Gateway] that can tell, without asking anyone, that a signer as
// described cannot be right: better when the request is added than when it is sent.
type SignerChecker interface {
	CheckSigner(s request.Signer) error
}

// Abilities are what a gateway, as configured, can do.
type Abilities struct {
	Documents   int   // documents that fit in one visit
	MaxSize     int64 // bytes of one document; zero where the gateway sets no limit
	TakesFiles  bool  // files can be handed over; otherwise only existing requests are signed
	KnowsIDs    bool  // requests that exist at the gateway can be signed by their id
	NeedsSigner bool  // a request needs to name who signs
	HandsOver   bool  // it hands over signed files
	SeveralSign bool  // one request may have several people sign it, each on a trip of their own
	TakesCopies bool  // people who only receive the signed file can be named
	PlacesMarks bool  // a request can say where its signature goes, why, and the field's name
	Discards    bool  // its copies are to be deleted once the signed files are here
}

// Trip is what a visit is to be prepared for.
type Trip struct {
	ReturnURL string
	Requests  []request.Request
	// Open opens the bytes of a document as they were added.
	Open func(request.Document) (io.ReadCloser, error)
}

// Prepared is a session that waits at the gateway.
type Prepared struct {
	URL       string
	ProcessID string
	Sessions  map[request.ID]request.SessionIDs
	Notes     []string // oddities worth keeping, in words
}

// Hint is what a browser's return says. Anyone can type the address, so it proves nothing.
type Hint struct {
	Word     string
	Claims   request.Status         // what it says became of the visit; Signing where it says nothing definite
	Refuse   string                 // why it is not believed at all
	Verdicts map[request.ID]Verdict // of gateways whose return is the only word there is
}

// Verdict is what became of one request.
type Verdict struct {
	Status    request.Status // Signing where the word is not understood
	Word      string
	Message   string
	Documents []request.DocumentResult // in the request's order
	// Unproven says that nobody vouches for this: the signed file has to be
	// fetched, and it alone decides.
	Unproven bool
}

// Finding is one line of a check.
type Finding struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`           // what was found
	Advice string `json:"advice,omitempty"` // what to do when it is not well
}

var (
	// ErrCannotAsk says that the gateway has no way to be asked for an outcome.
	ErrCannotAsk = errors.New("this gateway cannot be asked for the outcome")
	// ErrNoFile says that the gateway has no signed file to hand over.
	ErrNoFile = errors.New("the gateway has no signed file for this request")
)

// Kind makes gateways of one protocol from profiles.
type Kind struct {
	Name  string
	Title string // the product's name, as people know it
	New   func(Profile, Tools) (Gateway, error)
	// Credentials gives the address that the profile's secret is sent to; empty
	// when it needs none.
	Credentials func(Profile) string
	// ReadLink gives the ids of the requests that an address of the gateway, as people
	// paste it, is for, in their order; none when it is no such address. It is exact when
	// the profile would send a signer to such an address too. Nil where the gateway has no
	// such addresses.
	ReadLink func(p Profile, link string) (ids []string, exact bool)
	Hosts    []Host  // the places it is known to run at, if any
	Fields   []Field // the settings that this kind alone has, in the order of a form
	Help     string  // who can sign with it and what they need, in plain words
}

// Host is a place where a kind of gateway runs, so that nobody has to know its address.
type Host struct {
	Name string // "production"
	URL  string
}

// Tools are what an adapter works with.
type Tools struct {
	HTTP *http.Client // bounded, and never follows a redirect; see [NewClient]
	// Secret gives the gateway's secret for one origin; an adapter asks when it
	// needs it and keeps no copy.
	Secret func(ctx context.Context) (string, error)
}
