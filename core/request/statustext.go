package request

// statusTexts are the statuses as sentences name them.
var statusTexts = map[Status]Sentence{
	Pending:   Sentencef("status_pending", "pending"),
	Signing:   Sentencef("status_signing", "signing"),
	Signed:    Sentencef("status_signed", "signed"),
	Partial:   Sentencef("status_partial", "partial"),
	Rejected:  Sentencef("status_rejected", "rejected"),
	Canceled:  Sentencef("status_canceled", "canceled"),
	Failed:    Sentencef("status_failed", "failed"),
	Gone:      Sentencef("status_gone", "gone"),
	Withdrawn: Sentencef("status_withdrawn", "withdrawn"),
}

// Sentence returns a status as a part of a sentence.
func (s Status) Sentence() Sentence {
	text, ok := statusTexts[s]
	if !ok {
		return Sentence{Text: string(s)}
	}
	return text
}
