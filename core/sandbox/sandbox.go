// Package sandbox is the practice gateways: a TRIDENT (eSignSP v2) and a PortaSigma gateway that are built into the program. They
// serve HTTP on a loopback address, ask the signer in a browser, and sign PDFs with certificates of their own practice authority.
// Their state is on disk, so a restart loses nothing. The package knows nothing of the program that serves it: the clients of these
// gateways are the same as for any other gateway. It must not be reachable from other computers, and what it signs has no legal
// value.
//
// Comments name pages of the vendors' references by their titles: "Title" (Safelayer) is a page of TrustedX eSignSP v2, which has no
// public address, and "Title" (PortaSigma) a page below http://developers.isigma.es/portasigma/.
//
// docs/sandbox.md is the manual for developers of clients. The paths, below the address that is served:
//
//	/                                             an overview, for people
//	/practice/misbehaviour                         makes the gateways misbehave, for tests of clients
//	/practice/rules                                makes the gateways as strict as real installations, for tests of clients
//	/trustedx-authserver/oauth/{as}/token         TRIDENT: token endpoint
//	/trustedx-authserver/oauth/{as}/authorize     TRIDENT: pages of the authorization server
//	/trustedx-resources/esignsp/v2/…              TRIDENT: processes, documents, and the signing service's pages (ui)
//	/portasigma/gateway/sign.html                 PortaSigma: signing with a certificate
//	/portasigma/usergateway/sign.html             PortaSigma: signing with user name and password
//	/portasigma/v1/…                              PortaSigma: integration API
//
// The pages need no JavaScript. Their controls have stable names and ids, for tests with a browser:
//
//	inputs   username, password   sign in
//	         identity             radio buttons. TRIDENT: server, mobile. PortaSigma: sample, other, and request-N for the
//	                              person whom request N asks, when that is not the sample signer
//	         read                 checkbox "I have read …"
//	         pin                  the signer's PIN
//	         refuse               PortaSigma, several requests: a checkbox for each; its value is the request's id
//	         misbehave            select in the practice form at the foot of the page
//	         rule                 checkboxes on the overview: the rules of strict installations
//	buttons  sign-in, continue, sign, cancel, fail, reject, back
//	         fail-some            TRIDENT, several documents: sign only the first. It is on the page with the PIN; for a
//	                              mobile identity, which is not asked for one, on the page before
//	         fail-not-found       PortaSigma: return with result=pageNotFound (fail returns accessDenied)
//	         set-misbehavior      in the practice form
//	         set-rules            on the overview
//	links    return               on the last page: back to the application
//
// TRIDENT has four pages: username, password, sign-in; identity, continue; read, continue; pin, sign. The first and the last belong
// to the authorization server. The first is skipped when the signer has a session there, and so is the last for a mobile identity.
// The third is skipped for a server identity when the application waives it. PortaSigma has two pages: username, password, sign-in
// (or identity, continue); read, pin, sign.
package sandbox

import (
	"log/slog"
	"time"

	"countersign/core/sandbox/pades"
)

// Paths of the gateways' base addresses, below the address that is served.
const (
	TridentPath       = ""
	PortaSigmaPath    = "/portasigma"
	PortaSigmaAPIPath = PortaSigmaPath + "/v1"
)

// The sample signer's user name, password and PIN. They are shown on the pages and protect nothing.
const (
	SampleUser     = "signer"
	SamplePassword = "sample"
	SamplePIN      = "1234"
)

// SampleSigner is the person who can sign at both gateways. 00000000T is the customary sample of a Spanish identity number.
var SampleSigner = struct {
	Name, Email, Country, Number string
}{"Sample Signer", "signer@example.test", "ES", "00000000T"}

// tokenLife is how long a TRIDENT access token is valid, as at UAE PASS.
const tokenLife = 10 * time.Minute

// Options configure a Sandbox. The zero value is ready to use.
type Options struct {
	// Now returns the time that is stored, signed and compared with expiry. It must be safe for concurrent use. The default is
	// time.Now.
	Now func() time.Time
	// Rules are the names of the rules that [Sandbox.Serve] sets before it serves; see [RuleNames]. When nil, the rules stay as they are.
	// An empty list that is not nil clears them.
	Rules []string
	// Log receives the faults of the gateways themselves, without secrets. The default discards them.
	Log *slog.Logger
	// Prove returns the answer to a challenge of another process that wants to know whose gateways answer on a port. When nil,
	// challenges are answered with 404.
	Prove func(challenge string, port int) (string, error)
}

// Sandbox is a folder with the credentials and the certificate authority of the practice gateways. [Sandbox.Serve] serves the gateways.
// A Sandbox is safe for concurrent use.
type Sandbox struct {
	dir         string
	options     Options
	credentials Credentials
	authority   *pades.Authority
	// serviceSecret is the OAuth client secret of the signing service. It is used only inside this process.
	serviceSecret string
}

// Open returns the Sandbox in the folder dir, which it creates when it is missing, together with the credentials and the authority.
// Several processes may open dir at the same time; they get the same credentials and authority. Open does not lock dir; Serve does.
func Open(dir string, options Options) (*Sandbox, error) {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	if err := CheckRules(options.Rules); err != nil {
		return nil, err
	}
	if err := makeDir(dir); err != nil {
		return nil, err
	}
	credentials, err := openCredentials(dir)
	if err != nil {
		return nil, err
	}
	authority, err := openAuthority(dir, options.Now())
	if err != nil {
		return nil, err
	}
	return &Sandbox{dir: dir, options: options, credentials: credentials, authority: authority, serviceSecret: randomID()}, nil
}

// Credentials returns the credentials that the clients of s authenticate with. They stay the same as long as the folder exists.
func (s *Sandbox) Credentials() Credentials { return s.credentials }
