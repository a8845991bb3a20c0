package trident

import (
	"encoding/json"
	"regexp"
	"slices"
	"sync"

	"countersign/core/gateway"
	"countersign/core/request"
)

// settings are the settings that only profiles of the kinds in this package have. An empty one is
// not sent to the gateway.
type settings struct {
	clientID      string
	clientAuth    string // how id and secret go to the token address: authBasic or authBody
	authServer    string // authorization server: the {as} of the token address
	callbackField string // member of the process with the return address
	keep          bool   // leave documents at the gateway after they were fetched
	maxSizeMB     int64  // MiB of the largest document that the gateway accepts; 0 for no known limit

	// The signing process; each comment names the member that carries the setting.
	processType       string     // process_type; installations know several
	labels            [][]string // labels: which signing identities may be used
	locale            string     // ui_locales
	skipAgreement     *bool      // views.document_agreement.skip_server_id; nil is not sent
	agreementHTML     string     // views.document_agreement.document_info.html_body_content
	timestampProvider string     // timestamp.provider_id

	// The signature. A request may have its own reason, field, page and rectangle.
	policy        string         // signer.signature_policy_id
	signatureType string         // signer.parameters.type
	digest        string         // signer.parameters.default_digest_algorithm
	reason        string         // signer.parameters.reason
	location      string         // signer.parameters.location
	contact       string         // signer.parameters.contact_info
	fieldName     string         // prefix of the signature field's name
	page          string         // page of the signature field: a number from 1, or "last"
	rectangle     []float64      // of the signature field: x, y, width, height
	appearance    map[string]any // of the signature field, sent unchanged

	// Several documents in one process. No vendor page names the member that lists them.
	batchLimit  int    // documents in one visit; 1 for no batches
	batchMember string // the process's member that lists the documents
	batchItems  string // what it lists: objects with an id, ids, or urls
	batchSigner bool   // send the signature definition with the process, too
}

// The two spellings of the member with the return address. Real clients send the first; the
// vendor's reference has both.
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

const (
	maxAgreement = 64 << 10 // bytes of the agreement's HTML
	maxSizeMB    = 1 << 20  // so that the size in bytes fits in an int64
)

// fields declares the settings of TRIDENT. They are decoded into s.
func (s *settings) fields() []gateway.Field {
	return []gateway.Field{
		{Key: "client_id", Label: "Client ID", Help: "From the gateway’s operator.", Type: gateway.TextField, Required: true, Value: &s.clientID},
		{Key: "client_secret", Label: "Client secret", Help: "From the gateway’s operator. Stored in the system’s keyring if there is one.", Type: gateway.SecretField},
		{Key: "auth_server", Label: "Authorization server", Help: "Its name in the token address: /oauth/NAME/token.", Type: gateway.TextField, Default: "main", Value: &s.authServer, Check: s.checkAuthServer},
		{Key: "client_auth", Label: "How the secret is sent", Advanced: true, Help: "basic: in the header of the call, in the form that the gateway accepts; body: in the form that is sent.", Type: gateway.ChoiceField, Options: []string{authBasic, authBody}, Default: authBasic, Value: &s.clientAuth},
		{Key: "process_type", Label: "Process type", Help: "Ask the gateway’s operator which one to use. Enter none to send nothing.", Type: gateway.TextField, Default: "urn:safelayer:eidas:processes:document:sign:esigp", CanBeNone: true, DefaultIsNew: true, Members: []string{"process_type"}, Value: &s.processType},
		{Key: "labels", Flag: "label", Label: "Signing identities", Help: "Labels that an identity must have. Each line is one combination, with commas between its labels.", Type: gateway.ListField, CanBeNone: true, Members: []string{"labels"}, Value: &s.labels},
		{Key: "locale", Label: "Page language", Help: "For the signer, such as en_US.", Type: gateway.TextField, Members: []string{"ui_locales"}, Value: &s.locale},
		{Key: "skip_agreement", Label: "Skip the agreement page", Advanced: true, Help: "For identities that are stored on the server.", Type: gateway.BoolField, Members: []string{"views.document_agreement.skip_server_id"}, Value: &s.skipAgreement},
		{Key: "agreement_html", Label: "Agreement page text", Advanced: true, Help: "HTML, up to 64 KB.", Type: gateway.LongField, Members: []string{"views.document_agreement.document_info.html_body_content", "views.document_agreement.document_info"}, Value: &s.agreementHTML, Check: s.checkAgreement},
		{Key: "timestamp_provider", Label: "Time-stamp provider", Advanced: true, Type: gateway.TextField, CanBeNone: true, Members: []string{"timestamp.provider_id", "timestamp"}, Value: &s.timestampProvider},
		{Key: "policy", Label: "Signature policy", Advanced: true, Help: "Enter none to send nothing.", Type: gateway.TextField, Default: "urn:safelayer:eidas:policies:sign:document:pdf", CanBeNone: true, Members: []string{"signer.signature_policy_id"}, Value: &s.policy},
		{Key: "signature_type", Label: "Signature type", Advanced: true, Help: "Such as pades-baseline or pades-bes. Enter none to send nothing.", Type: gateway.TextField, Default: "pades-baseline", CanBeNone: true, DefaultIsNew: true, Members: []string{"signer.parameters.type"}, Value: &s.signatureType},
		{Key: "digest", Label: "Digest algorithm", Advanced: true, Help: "Such as sha256.", Type: gateway.TextField, Members: []string{"signer.parameters.default_digest_algorithm"}, Value: &s.digest},
		{Key: "reason", Label: "Reason for signing", Help: "Shown with the signature. A request can have its own.", Type: gateway.TextField, Members: []string{"signer.parameters.reason"}, Value: &s.reason},
		{Key: "location", Label: "Location", Help: "Shown with the signature.", Type: gateway.TextField, Members: []string{"signer.parameters.location"}, Value: &s.location},
		{Key: "contact", Label: "Contact", Advanced: true, Help: "Shown with the signature.", Type: gateway.TextField, Members: []string{"signer.parameters.contact_info"}, Value: &s.contact},
		{Key: "field_name", Label: "Signature field name", Advanced: true, Help: "How the name of each field begins; the rest differs for each signature. A document that already has a signature field always gets one. Enter none to send nothing.", Type: gateway.TextField, Members: []string{"signer.parameters.signature_field.name"}, Value: &s.fieldName},
		{Key: "page", Label: "Signature page", Advanced: true, Help: "A number from 1, or last.", Type: gateway.TextField, Members: []string{"signer.parameters.signature_field.location.page.number", "signer.parameters.signature_field.location.page", "signer.parameters.signature_field.location"}, Value: &s.page, Check: s.checkPage},
		{Key: "rectangle", Label: "Signature position", Advanced: true, Help: "x, y, width and height in points from the lower left corner, such as 40, 60, 220, 70.", Type: gateway.NumbersField, Members: []string{"signer.parameters.signature_field.location.rectangle", "signer.parameters.signature_field.location.rectangle.x", "signer.parameters.signature_field.location.rectangle.y", "signer.parameters.signature_field.location.rectangle.width", "signer.parameters.signature_field.location.rectangle.height", "signer.parameters.signature_field.location"}, Value: &s.rectangle, Check: s.checkRectangle},
		{Key: "appearance", Label: "Appearance", Advanced: true, Help: "A table as in the gateway’s manual. It is sent as written.", Type: gateway.TableField, Members: []string{"signer.parameters.signature_field.appearance", "signer.parameters.signature_field.appearance.signature_details"}, Value: &s.appearance, Check: s.checkAppearance},
		{Key: "keep", Label: "Keep documents at the gateway", Advanced: true, Help: "Otherwise they are deleted there once the signed file has been received.", Type: gateway.BoolField, Default: "false", Value: &s.keep},
		{Key: "max_size_mb", Label: "Maximum document size (MB)", Advanced: true, Help: "The largest document that the gateway accepts. 0 means no limit.", Type: gateway.NumberField, Default: "0", Value: &s.maxSizeMB, Check: s.checkMaxSize},
		// No vendor page names a limit. More than 20 uploads keep the person who waits for the browser too long.
		{Key: "batch_limit", Label: "Documents per visit", Advanced: true, Help: "1 sends each document in a visit of its own.", Type: gateway.NumberField, Default: "20", Value: &s.batchLimit, Check: s.checkBatchLimit},
		{Key: "batch_member", Label: "Batches: member with the documents", Advanced: true, Type: gateway.TextField, Default: "documents", NamesMember: true, Value: &s.batchMember, Check: s.checkBatchMember},
		{Key: "batch_items", Label: "Batches: list format", Advanced: true, Type: gateway.ChoiceField, Options: []string{itemObjects, itemIDs, itemURLs}, Default: itemObjects, Value: &s.batchItems},
		{Key: "batch_signer", Label: "Batches: send the signature definition with the process", Advanced: true, Type: gateway.BoolField, Default: "false", Value: &s.batchSigner},
		{Key: "callback_field", Label: "Return address member", Advanced: true, Type: gateway.ChoiceField, Options: []string{finishCallback, finishedCallback}, Default: finishCallback, Members: []string{finishCallback, finishedCallback}, Value: &s.callbackField},
	}
}

func (s *settings) checkAuthServer() error {
	if !gateway.IsPathSegment(s.authServer) {
		return request.Errorf("setting_auth_server", "%q is not allowed: name the authorization server, as in /oauth/NAME/token", s.authServer)
	}
	return nil
}

func (s *settings) checkAgreement() error {
	if len(s.agreementHTML) > maxAgreement {
		return request.Errorf("setting_agreement", "it has %d bytes: shorten it to %d", len(s.agreementHTML), maxAgreement)
	}
	return nil
}

var pageForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([1-9][0-9]{0,5}|last)$`) })

func (s *settings) checkPage() error {
	if s.page != "" && !pageForm().MatchString(s.page) {
		return request.Errorf("setting_page", "%q is not allowed: use a number from %s, or %s", s.page, `"1"`, `"last"`)
	}
	return nil
}

func (s *settings) checkRectangle() error {
	if len(s.rectangle) == 0 {
		return nil
	}
	_, err := json.Marshal(s.rectangle) // refuses NaN and infinity
	if err != nil || len(s.rectangle) != 4 || s.rectangle[2] <= 0 || s.rectangle[3] <= 0 {
		return request.Errorf("setting_rectangle", "%v is not allowed: give x, y, width and height in points, like [40, 60, 220, 70]", s.rectangle)
	}
	return nil
}

func (s *settings) checkAppearance() error {
	if _, err := json.Marshal(s.appearance); err != nil {
		return request.Errorf("setting_appearance", "it contains a number that JSON does not allow: remove nan and inf")
	}
	return nil
}

func (s *settings) checkMaxSize() error {
	if s.maxSizeMB < 0 || s.maxSizeMB > maxSizeMB {
		return request.Errorf("setting_max_size", "%d is not allowed: use a number from 1, or 0 for no limit", s.maxSizeMB)
	}
	return nil
}

func (s *settings) checkBatchLimit() error {
	if s.batchLimit < 1 {
		return request.Errorf("setting_batch_limit", "%d is not allowed: use a number from 1 (1 sends one document per visit)", s.batchLimit)
	}
	return nil
}

func (s *settings) checkBatchMember() error {
	if s.batchMember == "" || slices.Contains(processMembers, s.batchMember) {
		return request.Errorf("setting_batch_member", "%q is not allowed: give a name that no other member of the process has, like documents", s.batchMember)
	}
	return nil
}
