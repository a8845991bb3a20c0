package portasigma

import (
	"strings"

	"countersign/core/gateway"
	"countersign/core/request"
)

// settings are the settings that only profiles of this kind have.
type settings struct {
	context string // page for signers: byCertificate or byPassword
	logout  bool   // log the signer out afterwards
	// maxAddress is the number of characters of the longest address of a visit with several requests. The gateway names no
	// limit; 2,000 are short enough for every browser and server in use.
	maxAddress int
	view       *bool // whether the signer must look through several documents; nil for the gateway's default

	// The integration API. Without both, only requests that exist at the gateway can be signed.
	apiURL string
	user   string

	// No vendor page names these; installations may differ. Routes are paths below apiURL with
	// placeholder in them.
	filePart     string
	titlePart    string
	commentsPart string
	signedRoute  string // of the signed PDF; "" if signed files cannot be fetched
	copyRoute    string // to name a recipient of a copy; "" if nobody can be named
	deleteRoute  string // to delete a document, once its signed file is stored or its visit failed; "" for never

	defaultSigner request.Signer // signer of requests that name none; the zero value for nobody
}

// placeholder stands for a document's id in the routes of the settings.
const placeholder = "{document}"

// fields declares the settings. They are decoded into s.
func (s *settings) fields() []gateway.Field {
	return []gateway.Field{
		{Key: "context", Label: "Signing method", Help: "gateway: with a certificate; usergateway: with user and password.", Type: gateway.ChoiceField, Options: []string{byCertificate, byPassword}, Default: byCertificate, Value: &s.context},
		{Key: "logout", Label: "Log the signer out afterwards", Advanced: true, Type: gateway.BoolField, Default: "false", Value: &s.logout},
		{Key: "view", Label: "Signers must view documents when there are several", Advanced: true, Type: gateway.BoolField, Value: &s.view},
		{Key: "max_address", Label: "Maximum address length", Advanced: true, Help: "How many characters the address of one visit may have. As many requests are signed together as fit in it.", Type: gateway.NumberField, Default: "2000", Value: &s.maxAddress, Check: s.checkMaxAddress},
		{Key: "api_url", Label: "Integration API address", Help: "For sending files from here. Without it, only requests that already exist at the gateway can be signed.", Type: gateway.TextField, Value: &s.apiURL, Check: s.checkAPI},
		{Key: "user", Label: "Integration API user", Help: "Set this together with the address.", Type: gateway.TextField, Value: &s.user, Check: s.checkUser},
		{Key: "api_password", Label: "Integration API password", Help: "Stored in the system’s keyring if there is one.", Type: gateway.SecretField},
		{Key: "default_signer.name", Label: "Default signer: name", Help: "The signer of requests that name nobody.", Type: gateway.TextField, Members: []string{"name"}, Value: &s.defaultSigner.Name},
		{Key: "default_signer.email", Label: "Default signer: e-mail", Type: gateway.TextField, Members: []string{"email"}, Value: &s.defaultSigner.Email},
		{Key: "default_signer.country", Label: "Default signer: country", Help: "Two letters, such as ES.", Type: gateway.TextField, Members: []string{"id-country"}, Value: &s.defaultSigner.Country},
		{Key: "default_signer.number", Label: "Default signer: ID number", Help: "As on the signer’s certificate.", Type: gateway.TextField, Members: []string{"id-number"}, Value: &s.defaultSigner.Number, Check: s.checkDefaultSigner},
		{Key: "signed_route", Label: "Signed PDF route", Help: "A path below the API’s address that contains {document}. Leave empty if the API does not return signed PDFs.", Type: gateway.TextField, Value: &s.signedRoute, Check: checkRoute(&s.signedRoute)},
		{Key: "copy_route", Label: "Copy recipients route", Advanced: true, Help: "In the same form. Leave empty to use the default.", Type: gateway.TextField, Default: "docs/" + placeholder + "/oncopy/", Value: &s.copyRoute, Check: checkRoute(&s.copyRoute)},
		{Key: "delete_route", Label: "Delete document route", Advanced: true, Help: "In the same form. Leave empty to keep documents at the gateway. Once a document is deleted, nobody can sign it any more.", Type: gateway.TextField, Value: &s.deleteRoute, Check: checkRoute(&s.deleteRoute)},
		{Key: "file_part", Label: "Upload: file part", Advanced: true, Type: gateway.TextField, Default: "file", NamesMember: true, Value: &s.filePart},
		{Key: "title_part", Label: "Upload: title part", Advanced: true, Type: gateway.TextField, Default: "title", NamesMember: true, Value: &s.titlePart},
		{Key: "comments_part", Label: "Upload: reference part", Advanced: true, Type: gateway.TextField, Default: "comments", NamesMember: true, Value: &s.commentsPart},
	}
}

// The limits of the setting max_address.
const (
	minMaxAddress = 500
	maxMaxAddress = 100_000
)

func (s *settings) checkMaxAddress() error {
	if s.maxAddress < minMaxAddress || s.maxAddress > maxMaxAddress {
		return request.Errorf("setting_max_address", "%d is not allowed: use a number from %d to %d", s.maxAddress, minMaxAddress, maxMaxAddress)
	}
	return nil
}

var errAPI = request.Errorf("setting_api", "the API needs both its address and its user: set api_url and user, or neither")

func (s *settings) checkAPI() error {
	if s.apiURL == "" {
		return nil
	}
	if s.user == "" {
		return errAPI
	}
	_, err := gateway.ParseRootURL(s.apiURL)
	return err
}

func (s *settings) checkUser() error {
	if s.user != "" && s.apiURL == "" {
		return errAPI
	}
	if strings.Contains(s.user, ":") { // RFC 7617, section 2: the password would begin there
		return request.Errorf("setting_user", "a user name cannot contain a colon: correct it")
	}
	return nil
}

// checkRoute returns the Check of a route's field: the route must be empty or contain placeholder.
// Without the document's id in it, a call could delete all documents, or fetch another one.
func checkRoute(route *string) func() error {
	return func() error {
		if *route != "" && !strings.Contains(*route, placeholder) {
			return request.Errorf("setting_route", "write %s where the document's id belongs", placeholder)
		}
		return nil
	}
}

func (s *settings) checkDefaultSigner() error { return checkSigner(s.defaultSigner) }
