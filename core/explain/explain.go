// Package explain puts requests and the settings of gateways into plain sentences of the
// person's language. It decides nothing; the sentences are in the catalogs of package i18n.
package explain

import (
	"slices"
	"strconv"

	"countersign/core/i18n"
	"countersign/core/request"
)

// Explanation is where a request stands and what to do about it. It does not contain the gateway's own
// status code and message, which are shown beside it.
type Explanation struct {
	State  string // one short sentence
	Advice string // what to do next; may be empty
}

// Request explains where a request stands.
func Request(r request.Request, lang i18n.Language) Explanation {
	if e, ok := damaged(r, lang); ok {
		return e
	}
	switch r.Status {
	case request.Pending:
		return Explanation{lang.Say("state.pending"), lang.Say("advice.pending")}
	case request.Signing:
		return signing(r, lang)
	case request.Signed:
		return signed(r, lang)
	case request.Partial:
		return Explanation{lang.Say("state.partial"), lang.Say("advice.partial")}
	case request.Rejected:
		return Explanation{lang.Say("state.rejected"), lang.Say("advice.rejected")}
	case request.Canceled:
		return Explanation{lang.Say("state.canceled"), lang.Say("advice.canceled")}
	case request.Failed:
		return Explanation{lang.Say("state.failed"), adviceOnFailure(r, lang)}
	case request.Gone:
		return Explanation{lang.Say("state.gone"), lang.Say("advice.gone")}
	case request.Withdrawn:
		if r.NextStep == request.StepDiscard && r.Visit != nil && len(r.Visit.Requests) > 1 {
			return Explanation{lang.Say("state.withdrawn"), lang.Say("advice.withdrawn_shared")}
		}
		return Explanation{lang.Say("state.withdrawn"), lang.Say("advice.withdrawn")}
	}
	return Explanation{State: string(r.Status)}
}

func signing(r request.Request, lang i18n.Language) Explanation {
	switch {
	case r.Outcome != nil && r.Outcome.Evidence == request.ByBrowser && len(r.Signers) > 1:
		return Explanation{lang.Say("state.further_signers"), lang.Say("advice.further_signers")}
	case r.Outcome != nil && r.Outcome.Code != "" && r.CannotAsk:
		return Explanation{lang.Say("state.unknown_code"), lang.Say("advice.cannot_ask")}
	case r.Outcome != nil && r.Outcome.Code != "":
		return Explanation{lang.Say("state.unknown_code"), lang.Say("advice.unknown_code")}
	case r.ReturnedAt != nil && r.CannotAsk:
		return Explanation{lang.Say("state.cannot_ask"), lang.Say("advice.cannot_ask")}
	case r.ReturnedAt != nil:
		return Explanation{lang.Say("state.returned"), lang.Say("advice.returned")}
	}
	if r.LostPort != 0 {
		return Explanation{lang.Say("state.return_lost", strconv.Itoa(r.LostPort)), lang.Say("advice.return_lost")}
	}
	if r.Visit != nil && r.Visit.Unheard {
		return Explanation{lang.Say("state.unheard"), lang.Say("advice.unheard")}
	}
	return Explanation{lang.Say("state.in_browser"), lang.Say("advice.in_browser")}
}

func signed(r request.Request, lang i18n.Language) Explanation {
	switch {
	case r.Outcome == nil:
		return Explanation{State: lang.Say("state.signed")}
	case r.Outcome.Evidence == request.ByDocument && wasChanged(r):
		return Explanation{lang.Say("changed.state"), lang.Say("changed.advice")}
	case r.Outcome.Evidence == request.ByDocument:
		return Explanation{State: lang.Say("state.by_document")}
	case r.FileState() == request.FilesVouched:
		return Explanation{lang.Say("state.vouched"), lang.Say("advice.vouched")}
	case r.FileState() == request.FilesUnchecked:
		return Explanation{lang.Say("state.unchecked"), lang.Say("advice.unchecked")}
	case r.FileState() == request.FilesDisproved && r.Outcome.Evidence == request.ByBrowser:
		return Explanation{lang.Say("state.unproven_browser"), lang.Say("advice.unproven")}
	case r.FileState() == request.FilesDisproved:
		return Explanation{lang.Say("state.unproven"), lang.Say("advice.unproven")}
	case r.Outcome.Evidence == request.ByGateway:
		return Explanation{lang.Say("state.by_gateway"), lang.Say("advice.by_gateway")}
	case r.Outcome.Evidence == request.ByBrowser && len(r.Attached) > 0:
		return Explanation{lang.Say("state.by_browser"), lang.Say("advice.attached")}
	case r.Outcome.Evidence == request.ByBrowser:
		return Explanation{lang.Say("state.by_browser"), lang.Say("advice.by_browser")}
	}
	return Explanation{lang.Say("state.signed"), HowKnown(lang, r.Outcome.Evidence, "")}
}

// wasChanged reports whether a signed file shows something that was changed between sending and
// signing.
func wasChanged(r request.Request) bool {
	return slices.ContainsFunc(r.Documents, func(d request.Document) bool { return d.Signed != nil && len(d.Signed.Changes) > 0 })
}

// adviceOnFailure returns what a person can do about a failed request. The catalogs have texts of
// their own for some status codes of gateways; for some of these, they have another for a request
// that names no signer.
func adviceOnFailure(r request.Request, lang i18n.Language) string {
	if r.Outcome == nil {
		return lang.Say("advice.failed")
	}
	key := "advice.code." + r.Outcome.Code
	if len(r.Signers) > 0 {
		if said, ok := lang.Fill(key, r.Signers[0].Name); ok {
			return said
		}
		return lang.Say("advice.failed")
	}
	for _, key := range []string{key + "_nobody", key} {
		if said, ok := lang.Fill(key); ok {
			return said
		}
	}
	return lang.Say("advice.failed")
}

// Hidden returns a sentence for each text of the request that has characters that cannot be seen.
func Hidden(lang i18n.Language, r request.Request) []string {
	var said []string
	for _, s := range r.Hidden() {
		said = append(said, Reason(lang, s.Text, s.Cause))
	}
	return said
}
