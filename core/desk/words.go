package desk

import (
	"slices"

	"countersign/core/evidence"
	"countersign/core/i18n"
	"countersign/core/request"
)

// Words say in plain language where a request stands and what to do about it. The
// gateway's own word and message belong beside them.
type Words struct {
	State  string // one short sentence
	Advice string // what to do next; may be empty
}

// Explain puts a request's state into words of a language.
func Explain(r request.Request, lang i18n.Language) Words {
	switch r.Status {
	case request.Pending:
		return Words{lang.Say("state.pending"), lang.Say("advice.pending")}
	case request.Signing:
		return explainSigning(r, lang)
	case request.Signed:
		return explainSigned(r, lang)
	case request.Partial:
		return Words{lang.Say("state.partial"), lang.Say("advice.partial")}
	case request.Rejected:
		return Words{lang.Say("state.rejected"), lang.Say("advice.rejected")}
	case request.Canceled:
		return Words{lang.Say("state.canceled"), lang.Say("advice.canceled")}
	case request.Failed:
		return Words{lang.Say("state.failed"), adviceOnFailure(r, lang)}
	case request.Gone:
		return Words{lang.Say("state.gone"), lang.Say("advice.gone")}
	case request.Withdrawn:
		if r.Next == request.Discard && r.Visit != nil && len(r.Visit.Requests) > 1 {
			return Words{lang.Say("state.withdrawn"), lang.Say("advice.withdrawn_shared")}
		}
		return Words{lang.Say("state.withdrawn"), lang.Say("advice.withdrawn")}
	}
	return Words{State: string(r.Status)}
}

func explainSigning(r request.Request, lang i18n.Language) Words {
	switch {
	case r.Outcome != nil && r.Outcome.Evidence == request.ByBrowser && len(r.Signers) > 1:
		return Words{lang.Say("state.further_signers"), lang.Say("advice.further_signers")}
	case r.Outcome != nil && r.Outcome.Word != "":
		return Words{lang.Say("state.unknown_word"), lang.Say("advice.unknown_word")}
	case r.Returned != nil:
		return Words{lang.Say("state.returned"), lang.Say("advice.returned")}
	}
	return Words{lang.Say("state.in_browser"), lang.Say("advice.in_browser")}
}

func explainSigned(r request.Request, lang i18n.Language) Words {
	switch {
	case r.Outcome == nil:
		return Words{State: lang.Say("state.signed")}
	case r.Outcome.Evidence == request.ByDocument && wasChanged(r):
		return Words{lang.Say("changed.state"), lang.Say("changed.advice")}
	case r.Outcome.Evidence == request.ByDocument:
		return Words{State: lang.Say("state.by_document")}
	case hasProblem(r) && r.Outcome.Evidence == request.ByBrowser:
		return Words{lang.Say("state.unproven_browser"), lang.Say("advice.unproven")}
	case hasProblem(r):
		return Words{lang.Say("state.unproven"), lang.Say("advice.unproven")}
	case r.Outcome.Evidence == request.ByGateway:
		return Words{lang.Say("state.by_gateway"), lang.Say("advice.by_gateway")}
	}
	if len(r.Attached) > 0 {
		return Words{lang.Say("state.by_browser"), lang.Say("advice.attached")}
	}
	return Words{lang.Say("state.by_browser"), lang.Say("advice.by_browser")}
}

// wasChanged tells whether a signed file shows something that was changed between sending and signing.
func wasChanged(r request.Request) bool {
	return slices.ContainsFunc(r.Documents, func(d request.Document) bool { return d.Signed != nil && len(d.Signed.Changed) > 0 })
}

// ChangedIn says in words what was changed in a document before it was signed, as [request.SignedFile] has it.
func ChangedIn(changes []string, lang i18n.Language) string {
	return evidence.ChangesIn(changes, lang)
}

// ChangeIn says one of the changes of [Facts] in words.
func ChangeIn(change string, lang i18n.Language) string { return evidence.ChangeIn(change, lang) }

func hasProblem(r request.Request) bool {
	for _, d := range r.Documents {
		if d.Signed != nil && !d.Signed.Proves {
			return true
		}
	}
	return false
}

// adviceOnFailure knows the words by which gateways tell a failure that a person can mend.
func adviceOnFailure(r request.Request, lang i18n.Language) string {
	if r.Outcome != nil {
		switch r.Outcome.Word {
		case "accessDenied":
			if len(r.Signers) > 0 {
				return lang.Say("advice.access_denied", r.Signers[0].Name)
			}
			return lang.Say("advice.access_denied_nobody")
		case "pageNotFound":
			return lang.Say("advice.page_not_found")
		}
	}
	return lang.Say("advice.failed")
}
