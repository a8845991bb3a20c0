package trident

import "countersign/core/gateway"

// UAEPass is the same product as the United Arab Emirates run it (docs.uaepass.ae, the
// signature integration guide). No limit of size, of documents in one process or of a
// process's lifetime is published there, so none is set here.
var UAEPass = gateway.Kind{
	Name:        "uaepass",
	Title:       "UAE PASS",
	Credentials: credentials,
	Hosts: []gateway.Host{
		{Name: "staging", URL: "https://stg-id.uaepass.ae"},
		{Name: "production", URL: "https://id.uaepass.ae"},
	},
	Help: "Whoever signs must have logged in with UAE PASS before. " +
		"Verified accounts (SOP3) make qualified signatures. " +
		"Advanced accounts (SOP2) make advanced signatures only, where that is allowed. " +
		"Basic accounts (SOP1) cannot sign. " +
		"The signer needs the UAE PASS app with this account on the phone.",
	Fields: fieldsOf(uaePassDefaults()),
	New: func(p gateway.Profile, t gateway.Tools) (gateway.Gateway, error) {
		return open(p, t, uaePassDefaults())
	},
}

func uaePassDefaults() Settings {
	s := defaults()
	s.AuthServer = "main-as"
	s.Labels = [][]string{{"digitalid", "server", "qualified"}}
	s.ProcessType = "urn:safelayer:eidas:processes:document:sign:esigp"
	s.SignatureType = "pades-baseline"
	s.SkipAgreement = "false"
	s.TimestampProvider = "urn:uae:tws:generation:policy:digitalid"
	s.FieldName = "Signature" // the guide: every further signature in a PDF needs a new name
	return s
}
