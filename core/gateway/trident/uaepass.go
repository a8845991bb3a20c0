package trident

import "countersign/core/gateway"

// UAEPass is the kind of gateway for UAE PASS: TRIDENT as the United Arab Emirates run it. The
// integration guide (https://docs.uaepass.ae/feature-guides/signature-integration-guide/)
// names no limit for the size of a document, the documents of a process or the lifetime of a
// process, so there is none here.
var UAEPass = gateway.Kind{
	Name:      "uaepass",
	Title:     "UAE PASS",
	SecretURL: secretURL,
	Hosts: []gateway.Host{
		{Name: "staging", Title: "Staging", URL: "https://stg-id.uaepass.ae"},
		{Name: "production", Title: "Production", URL: "https://id.uaepass.ae"},
	},
	Help: "Signers must have logged in with UAE PASS before and need its app on their phone. " +
		"Verified accounts (SOP3) make qualified signatures; advanced accounts (SOP2) make advanced ones, where that is allowed; " +
		"basic accounts (SOP1) cannot sign.",
	Fields: new(settings).uaePassFields(),
	New: func(p gateway.Profile, tools gateway.Tools) (gateway.Gateway, error) {
		s := new(settings)
		return open(p, tools, s, s.uaePassFields())
	},
}

// uaePassFields returns the fields of TRIDENT with the defaults for UAE PASS.
func (s *settings) uaePassFields() []gateway.Field {
	defaults := map[string]string{
		"auth_server":        "main-as",
		"labels":             "digitalid, server, qualified",
		"process_type":       "urn:safelayer:eidas:processes:document:sign:esigp",
		"signature_type":     "pades-baseline",
		"skip_agreement":     "false",
		"timestamp_provider": "urn:uae:tws:generation:policy:digitalid",
		"field_name":         "Signature", // the guide asks for a new name for every further signature in a PDF
	}
	fields := s.fields()
	for i := range fields {
		if value, ok := defaults[fields[i].Key]; ok {
			fields[i].Default, fields[i].DefaultIsNew = value, false
		}
	}
	return fields
}
