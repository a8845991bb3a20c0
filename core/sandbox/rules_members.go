package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// signatureMembers are the members of a signature definition that vendor pages or public clients name. An asterisk stands for all that
// is below.
var signatureMembers = []string{
	"signature_policy_id", "parameters.type", "parameters.default_digest_algorithm", "parameters.certificate", "parameters.estimated_signature_size",
	"parameters.certification_level", "parameters.reason", "parameters.location", "parameters.contact_info", "parameters.policy_identifier.*",
	"parameters.commitments.*", "parameters.signature_field.name", "parameters.signature_field.location.page.number",
	"parameters.signature_field.location.rectangle.x", "parameters.signature_field.location.rectangle.y",
	"parameters.signature_field.location.rectangle.width", "parameters.signature_field.location.rectangle.height",
	"parameters.signature_field.appearance.signature_details.font.*", "parameters.signature_field.appearance.signature_details.details.type",
	"parameters.signature_field.appearance.signature_details.details.title", "parameters.signature_field.appearance.background_image.binary",
	"parameters.signature_field.appearance.foreground_image.binary",
}

// processMembers are the members of a process that vendor pages or public clients name.
func processMembers() []string {
	names := []string{
		"process_type", "labels", "ui_locales", "finish_callback_url", "finished_callback_url", "timestamp.provider_id", "documents.id", "documents.url",
		"views.document_agreement.skip_server_id", "views.document_agreement.document_info.html_body_content",
	}
	for _, name := range signatureMembers {
		names = append(names, "signer."+name)
	}
	return names
}

// checkMembers returns a badRequest if the rules forbid unknown members, and the JSON text has a member that is not among known, or has
// one twice in an object. known has the paths of members, with periods between their names. data must be valid JSON.
func (s ruleSet) checkMembers(data []byte, known []string) error {
	if !s.has(knownMembers) {
		return nil
	}
	w := memberWalk{json.NewDecoder(bytes.NewReader(data)), known}
	return w.value("")
}

// memberWalk reads a JSON text and looks at the names of its members.
type memberWalk struct {
	*json.Decoder
	known []string
}

// value reads the next value, whose path is path. The elements of an array have the path of the array.
func (w memberWalk) value(path string) error {
	token, err := w.Token()
	switch {
	case err != nil:
		return badRequest("the JSON could not be read")
	case token == json.Delim('['):
		for w.More() {
			if err := w.value(path); err != nil {
				return err
			}
		}
	case token == json.Delim('{'):
		if err := w.members(path); err != nil {
			return err
		}
	default:
		return nil
	}
	_, err = w.Token() // the end of the array or of the object
	return err
}

// members reads the members of an object up to its end.
func (w memberWalk) members(path string) error {
	seen := map[string]bool{}
	for w.More() {
		token, err := w.Token()
		if err != nil {
			return badRequest("the JSON could not be read")
		}
		name, _ := token.(string)
		full := strings.TrimPrefix(path+"."+name, ".")
		switch {
		case seen[name]:
			return badRequest(fmt.Sprintf("%s: the member occurs twice", strconv.Quote(full)))
		case !w.knows(full):
			return badRequest(fmt.Sprintf("%s: the member is unknown", strconv.Quote(full)))
		}
		seen[name] = true
		if err := w.value(full); err != nil {
			return err
		}
	}
	return nil
}

// knows reports whether path is the path of a known member, or the beginning of one.
func (w memberWalk) knows(path string) bool {
	return slices.ContainsFunc(w.known, func(known string) bool {
		if below, all := strings.CutSuffix(known, "*"); all {
			return strings.HasPrefix(path+".", below)
		}
		return known == path || strings.HasPrefix(known, path+".")
	})
}
