package trident

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"countersign/core/gateway"
)

// Settings are what a profile of this kind holds besides what all profiles do. What is
// not set, or set to nothing, is not sent.
type Settings struct {
	ClientID      string `toml:"client_id"`
	AuthServer    string `toml:"auth_server"`    // the {as} of the token address
	CallbackField string `toml:"callback_field"` // the member that carries the return address
	Keep          bool   `toml:"keep"`           // leave documents at the gateway after they were fetched
	MaxSizeMB     int64  `toml:"max_size_mb"`    // MiB of one document that the gateway takes

	// The process.
	ProcessType       string     `toml:"process_type"`       // process_type; installations know several
	Labels            [][]string `toml:"labels"`             // which signing identities may be used
	Locale            string     `toml:"locale"`             // ui_locales
	SkipAgreement     choice     `toml:"skip_agreement"`     // views.document_agreement.skip_server_id
	AgreementHTML     string     `toml:"agreement_html"`     // views.document_agreement.document_info.html_body_content
	TimestampProvider string     `toml:"timestamp_provider"` // timestamp.provider_id

	// The signature. A request may say otherwise of its reason, field, page and rectangle.
	Policy        string    `toml:"policy"`         // signer.signature_policy_id
	SignatureType string    `toml:"signature_type"` // signer.parameters.type
	Digest        string    `toml:"digest"`         // signer.parameters.default_digest_algorithm
	Reason        string    `toml:"reason"`         // signer.parameters.reason
	Location      string    `toml:"location"`       // signer.parameters.location
	Contact       string    `toml:"contact"`        // signer.parameters.contact_info
	FieldName     string    `toml:"field_name"`     // how the signature field's name begins; each signature gets an ending of its own
	Page          string    `toml:"page"`           // of the signature field: a number from 1, or "last"
	Rectangle     []float64 `toml:"rectangle"`      // of the signature field: x, y, width, height
	Appearance    verbatim  `toml:"appearance"`     // of the signature field, sent as it is

	// Several documents in one process. No page names the member that lists them.
	BatchLimit  int    `toml:"batch_limit"`  // documents in one visit; 1 turns batches off
	BatchMember string `toml:"batch_member"` // the process's member that lists the documents
	BatchItems  string `toml:"batch_items"`  // what it lists: objects with an id, ids, or urls
	BatchSigner bool   `toml:"batch_signer"` // send the signature definition with the process, too
}

const (
	pdfPolicy    = "urn:safelayer:eidas:policies:sign:document:pdf"
	batchLimit   = 20       // no page tells a limit; so many fit the patience of who waits for the browser
	maxAgreement = 64 << 10 // bytes of the agreement's HTML
	maxSizeMB    = 1 << 20  // keeps the number of bytes a number of bytes
)

// defaults are what a profile says that says nothing, for every kind here.
func defaults() Settings {
	return Settings{
		AuthServer: "main", CallbackField: finishCallback, Policy: pdfPolicy,
		BatchLimit: batchLimit, BatchMember: "documents", BatchItems: itemObjects,
	}
}

// Kind is TRIDENT as its vendor ships it.
var Kind = gateway.Kind{
	Name:        "trident",
	Title:       "TRIDENT",
	Credentials: credentials,
	Help: "Whoever has a signing identity at the gateway signs with it, on the server or in a mobile application. " +
		"This desk needs a client id and a secret from the gateway's operator, with the right to sign documents.",
	Fields: fieldsOf(defaults()),
	New:    func(p gateway.Profile, t gateway.Tools) (gateway.Gateway, error) { return open(p, t, defaults()) },
}

// credentials says that the secret goes where everything goes.
func credentials(p gateway.Profile) string { return p.URL }

// The two spellings of the return address's member: real clients send the first, and
// the vendor's page has both.
const (
	finishCallback   = "finish_callback_url"
	finishedCallback = "finished_callback_url"
)

// How a process may list its documents.
const (
	itemObjects = "objects"
	itemIDs     = "ids"
	itemURLs    = "urls"
)

// choice is yes, no or nothing, in the words that the gateway is told: strings, in every
// client seen.
type choice string

// UnmarshalTOML reads a truth value. An empty string takes back what the kind says.
func (c *choice) UnmarshalTOML(value any) error {
	switch value {
	case true:
		*c = "true"
	case false:
		*c = "false"
	case "":
		*c = ""
	default:
		return errors.New(`use true or false, or "" to leave it to the gateway`)
	}
	return nil
}

// verbatim is a table that goes over the wire as it is written.
type verbatim map[string]any

// UnmarshalTOML takes any table, whatever is in it.
func (v *verbatim) UnmarshalTOML(value any) error {
	table, ok := value.(map[string]any)
	if !ok {
		return errors.New("write a table here")
	}
	*v = nil
	if len(table) > 0 {
		*v = table
	}
	return nil
}

func open(p gateway.Profile, tools gateway.Tools, s Settings) (gateway.Gateway, error) {
	if err := p.Decode(&s); err != nil {
		return nil, err
	}
	root, err := gateway.ParseRoot(p.URL)
	if err != nil {
		return nil, fmt.Errorf("gateway %s: %w", p.Name, err)
	}
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("gateway %s: %w", p.Name, err)
	}
	call := gateway.Caller{Gateway: p.Name, HTTP: tools.HTTP, Timeout: p.Timeout}
	return &Trident{settings: s, root: root, call: call, tokens: newTokens(call, root, s, tools.Secret)}, nil
}

var pageForm = regexp.MustCompile(`^([1-9][0-9]{0,5}|last)$`)

func (s Settings) check() error {
	switch {
	case s.ClientID == "":
		return errors.New("it needs a client_id")
	case !gateway.IsSegment(s.AuthServer):
		return fmt.Errorf("auth_server %q: name the authorization server, as in /oauth/NAME/token", s.AuthServer)
	case s.CallbackField != finishCallback && s.CallbackField != finishedCallback:
		return fmt.Errorf("callback_field %q: use %s or %s", s.CallbackField, finishCallback, finishedCallback)
	case s.MaxSizeMB < 0 || s.MaxSizeMB > maxSizeMB:
		return fmt.Errorf("max_size_mb %d: use a number from 1, or 0 for no limit", s.MaxSizeMB)
	case len(s.AgreementHTML) > maxAgreement:
		return fmt.Errorf("agreement_html: it has %d bytes; shorten it to %d", len(s.AgreementHTML), maxAgreement)
	case s.Page != "" && !pageForm.MatchString(s.Page):
		return fmt.Errorf(`page %q: use a number from "1", or "last"`, s.Page)
	case len(s.Rectangle) != 0 && !isRectangle(s.Rectangle):
		return fmt.Errorf("rectangle %v: give x, y, width and height in points, like [40, 60, 220, 70]", s.Rectangle)
	case s.BatchLimit < 1:
		return fmt.Errorf("batch_limit %d: use a number from 1 (1 sends one document a visit)", s.BatchLimit)
	case s.BatchMember == "" || slices.Contains(processMembers, s.BatchMember):
		return fmt.Errorf("batch_member %q: give a name that no other member of the process has, like documents", s.BatchMember)
	case !slices.Contains([]string{itemObjects, itemIDs, itemURLs}, s.BatchItems):
		return fmt.Errorf("batch_items %q: use %s, %s or %s", s.BatchItems, itemObjects, itemIDs, itemURLs)
	}
	if _, err := json.Marshal(s.Appearance); err != nil {
		return errors.New("appearance: it holds a number that JSON does not have: leave out nan and inf")
	}
	return nil
}

func isRectangle(numbers []float64) bool {
	if _, err := json.Marshal(numbers); err != nil {
		return false // not a number, or without end
	}
	return len(numbers) == 4 && numbers[2] > 0 && numbers[3] > 0
}
