// Package sandbox is the built-in practice gateway: TRIDENT (eSignSP v2) and PortaSigma for real, over HTTP
// on a loopback address. It asks a person in a browser, signs PDFs with certificates of its own practice
// authority, and keeps everything on disk, so that a restart loses nothing. It is a room of its own: nothing
// here knows the program it serves, and its clients speak to it as to any gateway.
//
// docs/sandbox.md is the manual for developers of clients. What is served, below the address it listens on:
//
//	/                                             what this is
//	/practice/misbehavior                        what misbehaves, and how
//	/trustedx-authserver/oauth/{as}/token         TRIDENT: tokens
//	/trustedx-authserver/oauth/{as}/authorize     TRIDENT: the authorization server's pages
//	/trustedx-resources/esignsp/v2/…              TRIDENT: processes, documents, and the signing service's pages (ui)
//	/portasigma/gateway/sign.html                 PortaSigma: signing with a certificate
//	/portasigma/usergateway/sign.html             PortaSigma: signing with user and password
//	/portasigma/v1/…                              PortaSigma: integration API
//
// The signer's pages need no JavaScript. Their controls have stable names and ids, for browser tests:
//
//	inputs   username, password   sign in
//	         identity             radio buttons. TRIDENT: server, mobile. PortaSigma: sample, other, and
//	                              request-N for the person request N asks, where that is not the sample signer
//	         read                 checkbox "I have read …"
//	         pin                  the signer's PIN
//	         refuse               PortaSigma, several requests: one checkbox each, its value the request's id
//	         misbehave            choice of a misbehavior, in the practice form at the foot of the page
//	buttons  sign-in, continue, sign, cancel, fail, reject, back
//	         fail-some            TRIDENT, several documents: only the first is signed. It stands beside sign, and for
//	                              a mobile identity, which has no page for its PIN, beside continue on the page of read
//	         fail-not-found       PortaSigma: return with result=pageNotFound; fail returns accessDenied
//	         set-misbehavior     of the practice form
//	links    return               on the page of what is over: back to the application
//
// TRIDENT asks on four pages: username, password, sign-in; identity, continue; read, continue; pin, sign. The first
// and the last are the authorization server's, to which the browser is sent twice: the first is left out when a
// session is open there, the last for a mobile identity when one is, and the third for a server identity when the
// application waived it. PortaSigma asks on two: username, password, sign-in (or identity, continue); read, pin, sign.
package sandbox

import (
	"fmt"
	"log/slog"
	"time"

	"countersign/core/sandbox/pades"
)

// Where the two gateways live below the served root.
const (
	TridentPath       = ""
	PortaSigmaPath    = "/portasigma"
	PortaSigmaAPIPath = PortaSigmaPath + "/v1"
)

// How the sample signer signs in and signs. The pages show them as hints: they protect nothing.
const (
	SampleUser     = "signer"
	SamplePassword = "sample"
	SamplePIN      = "1234"
)

// SampleSigner is the person the practice gateways know. 00000000T is the well-known sample of a Spanish identity number.
var SampleSigner = struct {
	Name, Email, Country, Number string
}{"Sample Signer", "signer@example.test", "ES", "00000000T"}

// tokenLife is how long a TRIDENT access token is valid, as at UAE PASS.
const tokenLife = 10 * time.Minute

// Options are what a sandbox needs from outside; the zero value is good.
type Options struct {
	// Now is the clock of everything that is stored, signed or expires. The default is time.Now.
	Now func() time.Time
	// Log hears of faults of the gateway itself; nothing secret is ever logged. The default discards.
	Log *slog.Logger
}

// Sandbox is a prepared practice gateway. It is safe for concurrent use.
type Sandbox struct {
	dir         string
	options     Options
	credentials Credentials
	authority   *pades.Authority
	// serviceSecret is the OAuth client secret of the signing service, which nobody else uses.
	serviceSecret string
}

// Open prepares dir: its credentials and its certificate authority, made on the first start. Several
// processes may open the same dir at once and agree on both. The state is not opened: see Serve.
func Open(dir string, options Options) (*Sandbox, error) {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	if err := makeDir(dir); err != nil {
		return nil, fmt.Errorf("prepare practice gateway: %w", err)
	}
	credentials, err := openCredentials(dir)
	if err != nil {
		return nil, fmt.Errorf("prepare practice gateway: %w", err)
	}
	authority, err := openAuthority(dir, options.Now())
	if err != nil {
		return nil, fmt.Errorf("prepare practice gateway: %w", err)
	}
	return &Sandbox{dir: dir, options: options, credentials: credentials, authority: authority, serviceSecret: randomID()}, nil
}

// Credentials gives what clients of this sandbox authenticate with.
func (s *Sandbox) Credentials() Credentials { return s.credentials }
