package request

// statusTexts has for each status the word that stands for it inside of other sentences.
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

// Sentence returns the word for s, to be used as an argument of another sentence. For an unknown status
// it is the status itself, without a code.
func (s Status) Sentence() Sentence {
	text, ok := statusTexts[s]
	if !ok {
		return Sentence{Text: string(s)}
	}
	return text
}
