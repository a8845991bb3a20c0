package explain

import (
	"countersign/core/i18n"
	"countersign/core/request"
)

// Evidence returns the name of a level of evidence. A level that is unknown here is returned as it is.
func Evidence(lang i18n.Language, e request.Evidence) string {
	switch e {
	case request.ByBrowser:
		return lang.Say("evidence.browser")
	case request.ByGateway:
		return lang.Say("evidence.gateway")
	case request.ByDocument:
		return lang.Say("evidence.document")
	}
	return string(e)
}

// HowKnown returns a sentence on how an outcome with the evidence e is known. The parameter when is the
// time of the outcome as a text in the language. If e is unknown here, the sentence quotes it.
func HowKnown(lang i18n.Language, e request.Evidence, when string) string {
	switch e {
	case request.ByBrowser:
		return lang.Say("known.browser", when)
	case request.ByGateway:
		return lang.Say("known.gateway", when)
	case request.ByDocument:
		return lang.Say("known.document")
	}
	return lang.Say("known.unknown", string(e))
}

// Answer returns a text that says what the outcome is and how it is known. outcome is the word for it in
// the language, such as "signed". If e is unknown here, the text quotes it.
func Answer(lang i18n.Language, outcome string, e request.Evidence) string {
	switch e {
	case request.ByBrowser:
		return lang.Say("event.outcome_browser", outcome)
	case request.ByGateway:
		return lang.Say("event.outcome_gateway", outcome)
	case request.ByDocument:
		return lang.Say("event.outcome_document", outcome)
	}
	return lang.Say("event.outcome_unknown", outcome, string(e))
}
