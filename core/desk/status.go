package desk

import "countersign/core/request"

// statusTexts are the statuses as errors name them.
var statusTexts = map[request.Status]request.Sentence{
	request.Pending:   request.Sentencef("status_pending", "pending"),
	request.Signing:   request.Sentencef("status_signing", "signing"),
	request.Signed:    request.Sentencef("status_signed", "signed"),
	request.Partial:   request.Sentencef("status_partial", "partial"),
	request.Rejected:  request.Sentencef("status_rejected", "rejected"),
	request.Canceled:  request.Sentencef("status_canceled", "canceled"),
	request.Failed:    request.Sentencef("status_failed", "failed"),
	request.Gone:      request.Sentencef("status_gone", "gone"),
	request.Withdrawn: request.Sentencef("status_withdrawn", "withdrawn"),
}

// statusText returns a status for the text of an error.
func statusText(s request.Status) request.Sentence {
	text, ok := statusTexts[s]
	if !ok {
		return request.Sentence{Text: string(s)}
	}
	return text
}
