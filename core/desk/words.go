package desk

import "countersign/core/request"

// Words say in plain language where a request stands and what to do about it. The
// gateway's own word and message belong beside them.
type Words struct {
	State  string // one short sentence
	Advice string // what to do next; may be empty
}

// Explain puts a request's state into words.
func Explain(r request.Request) Words {
	switch r.Status {
	case request.Pending:
		return Words{"Ready to be signed.", "Sign it in the browser."}
	case request.Signing:
		return explainSigning(r)
	case request.Signed:
		return explainSigned(r)
	case request.Partial:
		return Words{"Some of the documents were signed, and some were not.", "Look at the documents, then re-open the request: all of them are sent again."}
	case request.Rejected:
		return Words{"The signer refused to sign.", "Clear up why with the signer, then re-open it."}
	case request.Canceled:
		return Words{"The signer broke off before signing.", "Re-open it to try again."}
	case request.Failed:
		return Words{"The gateway could not have it signed.", adviceOnFailure(r)}
	case request.Gone:
		return Words{"The gateway no longer knows this request, and nothing was signed as far as is known.", "Re-open it to start anew."}
	case request.Withdrawn:
		return Words{"It was taken back here before it was signed.", "Re-open it if it is to be signed after all."}
	}
	return Words{State: string(r.Status)}
}

func explainSigning(r request.Request) Words {
	switch {
	case r.Outcome != nil && r.Outcome.Word != "":
		return Words{"An answer came with a word that is not known here.", "Ask the gateway again later, or look there yourself."}
	case r.Returned != nil:
		return Words{"The browser came back. The gateway has not confirmed the outcome yet.", "Nothing to do: the gateway is asked until it answers."}
	}
	return Words{"In the browser. The signer has not come back yet.", "Open the browser again if its tab was closed."}
}

func explainSigned(r request.Request) Words {
	switch {
	case r.Outcome == nil:
		return Words{State: "Signed."}
	case r.Outcome.Evidence == request.ByDocument:
		return Words{State: "Signed. The signed file is here, continues what was sent, and its signature is intact."}
	case hasProblem(r):
		return Words{"The gateway says that it is signed, but the file it handed over proves nothing.", "Do not file it before somebody has looked at it."}
	case r.Outcome.Evidence == request.ByGateway:
		return Words{"Signed, says the gateway. The signed file is not here.", "Check again to fetch it."}
	}
	return Words{"Signed, says the browser alone. Nobody has confirmed it.", "Get the signed PDF and attach it: it is the proof."}
}

func hasProblem(r request.Request) bool {
	for _, d := range r.Documents {
		if d.Signed != nil && !d.Signed.Proves {
			return true
		}
	}
	return false
}

// adviceOnFailure knows the words by which gateways tell a failure that a person can mend.
func adviceOnFailure(r request.Request) string {
	if r.Outcome != nil {
		switch r.Outcome.Word {
		case "accessDenied":
			who := "the person it is for"
			if len(r.Signers) > 0 {
				who = r.Signers[0].Name
			}
			return "The certificate or user did not fit the signer: re-open it and sign as " + who + "."
		case "pageNotFound":
			return "Check that the request exists at the gateway and its id is right, then re-open it."
		}
	}
	return "Read the gateway's message, then re-open it to try again."
}
