package gateway_test

import (
	"net/http"
	"testing"

	"countersign/core/gateway"
	"countersign/core/gateway/trident"
	"countersign/core/request"
)

// refusal returns the advice of the error for an answer, which names settings of the fields.
func refusal(status int, contentType, body string, fields []gateway.Field) request.Sentence {
	resp := &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {contentType}}}
	e := gateway.Caller{Gateway: "ours"}.Refusal(resp, []byte(body), request.Sentencef("doing_create", "create the signing process"), fields)
	return e.Advice
}

func TestARefusalNamesTheSettingThatItIsAbout(t *testing.T) {
	t.Parallel()
	const (
		processType = "check the setting Process type (process_type)"
		signature   = "check the setting Signature type (signature_type)"
		labels      = "check the setting Signing identities (labels)"
		fieldName   = "check the setting Signature field name (field_name)"
	)
	for body, want := range map[string]string{
		// Names that are no ordinary words, in any form.
		`{"error":"invalid_request","error_description":"process_type is required"}`:           processType,
		`{"message":"processType must not be null"}`:                                           processType,
		`{"errors":[{"field":"process_type","message":"must not be null"}]}`:                   processType,
		`{"errors":[{"pointer":"/process_type"}]}`:                                             processType,
		`missing member: process_type.`:                                                        processType,
		`{"message":"SignerProcess.process_type: null"}`:                                       processType,
		`{"message":"unknown \"signature_policy_id\""}`:                                        "check the setting Signature policy (policy)",
		`{"message":"ui_locales[0] has the wrong form"}`:                                       "check the setting Page language (locale)",
		`{"message":"finish_callback_url: not allowed"}`:                                       "check the setting Return address member (callback_field)",
		`{"message":"process_type and default_digest_algorithm"}`:                              "check the setting Process type (process_type) and Digest algorithm (digest)",
		`<html><head><title>400</title></head><body>Bad <b>process_type</b> &amp; co</body>`:   processType,
		`{"message":"x","details":[{"location":{"path":"signer.parameters.type","value":1}}]}`: signature,
		`{"message":"signers[0].parameters.type is unknown"}`:                                  signature,
		`{"message":"/signer/parameters/type"}`:                                                signature,
		`{"message":"signature_field.name: in use"}`:                                           fieldName,
		`{"message":"signer.parameters.signature_field.location.rectangle.width < 1"}`:         "check the setting Signature position (rectangle)",
		`{"message":"appearance.signature_details.details[0].kind"}`:                           "check the setting Appearance (appearance)",
		// Ordinary words count where they are quoted, or are the whole text.
		`{"message":"'labels' must not be empty"}`:     labels,
		`{"message":"unknown member “labels”"}`:        labels,
		`{"field":"labels"}`:                           labels,
		`{"errors":[{"pointer":"/labels"}]}`:           labels,
		`Unrecognized field "type" (class Parameters)`: signature,
		// Names of an answer's members count where they list what is wrong.
		`{"process_type":["This field is required."]}`:                       processType,
		`{"message":"invalid","errors":{"labels":["is required"]}}`:          labels,
		`{"title":"wrong","errors":{"$.labels":["The value is wrong."]}}`:    labels,
		`{"detail":"$.labels: wrong"}`:                                       labels,
		`{"errors":{"$.signer.parameters.type":["The value is wrong."]}}`:    signature,
		`{"code":"bad","invalid_params":{"processType":"must not be null"}}`: processType,
		`{"fieldErrors":{"signer":{"parameters":{"type":["unknown"]}}}}`:     signature,
		// Nothing is guessed.
		`{"message":"no","request":{"labels":[["a"]],"type":"pdf"}}`:     "",
		`{"message":"labels are missing"}`:                               "",
		`{"message":"the type of the location is no good reason"}`:       "",
		`{"message":"unknown member \"location\""}`:                      "", // there are two
		`{"message":"unknown member \"deadline\""}`:                      "",
		`{"labels":"x","process_type":"y","message":"no"}`:               "", // names of the answer's own members
		`{"message":"document.labels.type"}`:                             "",
		`{"message":"preprocess_type"}`:                                  "",
		`{"message":"process_types"}`:                                    "",
		`process_type labels ui_locales provider_id signature_policy_id`: "", // too many
		``: "",
	} {
		contentType := "application/json"
		if body != "" && body[0] == '<' {
			contentType = "text/html"
		}
		if got := refusal(400, contentType, body, trident.Kind.Fields); got.Text != want {
			t.Errorf("%s: %q, want %q", body, got.Text, want)
		}
	}
	for _, status := range []int{401, 409, 500} {
		if got := refusal(status, "", "process_type", trident.Kind.Fields); got.Text != "" {
			t.Errorf("%d: %q", status, got.Text)
		}
	}
}

func TestAPartIsNamedByItsSetting(t *testing.T) {
	t.Parallel()
	part := "file"
	fields := []gateway.Field{{Key: "file_part", Label: "Upload: part with the file", Type: gateway.TextField, NamesMember: true, Value: &part}}
	if got := refusal(400, "", `"file": the part is unknown`, fields).Text; got != "check the setting Upload: part with the file (file_part)" {
		t.Errorf("got %q", got)
	}
	if part = "documento"; refusal(400, "", `"file": the part is unknown`, fields).Text != "" {
		t.Error("a part that was not sent is named")
	}
}

func TestWhatARefusalSays(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"status":400,"errors":[{"reference":"invalid_request","text":"no labels"}]}`:                                                 "invalid_request, no labels",
		`{"error":"Bad Request","errors":[{"field":"labels","codes":["NotNull"]}]}`:                                                    "Bad Request (NotNull, labels)",
		`{"process_type":["This field is required."],"labels":["One","Two"]}`:                                                          "labels: One, Two, process_type: This field is required.",
		`{"message":"The data was invalid.","errors":{"labels":["is required"],"x":"no"}}`:                                             "The data was invalid. (labels: is required, x: no)",
		`{"error":"invalid_request","details":["a","b"]}`:                                                                              "invalid_request (a, b)",
		`{"message":"labels: NotNull","errors":["NotNull"]}`:                                                                           "labels: NotNull",
		`{"message":"x","nested":{"list":[{"a":"b"},["c"]],"d":"e"},"f":"g"}`:                                                          "x (b, c)",
		`<!doctype html><head><title>t</title></head><style>p{}</style><script>s()</script><p class="a">Bad &lt;labels&gt;<br>now</p>`: "Bad <labels> now",
	} {
		resp := &http.Response{StatusCode: 400, Header: http.Header{}}
		if got := gateway.RedactedMessage(resp, []byte(body)); got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
	resp := &http.Response{StatusCode: 404, Header: http.Header{}}
	if got := gateway.RedactedMessage(resp, []byte("<p>Not here")); got != "" {
		t.Errorf("a page of another server: %q", got)
	}
}
