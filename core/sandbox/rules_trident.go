package sandbox

import (
	"fmt"
	"mime"
	"mime/multipart"
	"slices"
	"strconv"

	"countersign/core/sandbox/pades"
)

// missing is the error for a member that a rule requires.
func missing(member string) error {
	return badRequest(fmt.Sprintf("%q: this installation requires the member", member))
}

// checkPart returns a badRequest if the rules demand media types, and a part of an upload has not the one that is wanted.
func (s ruleSet) checkPart(part *multipart.Part, wanted string) error {
	if given, _, err := mime.ParseMediaType(part.Header.Get("Content-Type")); s.has(needsPartTypes) && (err != nil || given != wanted) {
		return badRequest(fmt.Sprintf("%q: the part needs the media type %s", part.FormName(), wanted))
	}
	return nil
}

// checkProcess returns a badRequest if a rule refuses the process that q describes. It looks at the members that q has itself, and not at
// the signature definition in it; see checkDefinition.
func (s ruleSet) checkProcess(q processRequest) error {
	switch {
	case s.has(needsProcessType) && q.Type == "":
		return missing("process_type")
	case s.has(oldProcessType) && q.Type != "" && q.Type != olderProcessType:
		return badRequest(`"process_type": this installation knows only ` + olderProcessType)
	case s.has(needsLabels) && len(q.Labels) == 0:
		return missing("labels")
	case s.has(oldNames) && q.FinishCallback != "":
		return badRequest(`"finish_callback_url": the member is unknown`)
	case s.has(oldNames) && q.FinishedCallback == "":
		return missing("finished_callback_url")
	}
	return nil
}

// checkDefinition returns a badRequest if a rule refuses the signature definition d. path is where the definition is, such as "signer".
func (s ruleSet) checkDefinition(d signatureDefinition, path string) error {
	switch {
	case s.has(needsPolicy) && d.Policy == "":
		return missing(path + ".signature_policy_id")
	case s.has(needsSignatureType) && d.Parameters.Type == "":
		return missing(path + ".parameters.type")
	}
	return nil
}

// checkFields returns a badRequest if the rules require that each signature has a form field of its own, and that is not so: a
// definition names a field that the document has already, or that an earlier definition names, or names none although the document has
// fields. path is where the definitions are.
func (s ruleSet) checkFields(data []byte, all []signatureSettings, path string) error {
	if !s.has(uniqueFields) {
		return nil
	}
	taken := pades.FieldNames(data)
	member := path + ".parameters.signature_field.name"
	for _, d := range all {
		switch {
		case d.Field == "" && len(taken) > 0:
			return badRequest(fmt.Sprintf("%q: the document has form fields, so the member is required", member))
		case d.Field != "" && slices.Contains(taken, d.Field):
			return badRequest(fmt.Sprintf("%q: the document has a field %s already", member, strconv.Quote(d.Field)))
		case d.Field != "":
			taken = append(taken, d.Field)
		}
	}
	return nil
}
