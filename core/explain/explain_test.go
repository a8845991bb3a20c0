package explain

import (
	"testing"
	"time"

	"countersign/core/i18n"
	"countersign/core/request"
)

func TestExplainHasASentenceForEveryState(t *testing.T) {
	seen := map[string]bool{}
	outcome := func(e request.Evidence, code string) *request.Outcome {
		return &request.Outcome{Evidence: e, Code: code}
	}
	at := &time.Time{}
	for _, q := range []request.Request{
		{Status: request.Pending},
		{Status: request.Signing},
		{Status: request.Signing, ReturnedAt: at},
		{Status: request.Signing, ReturnedAt: at, CannotAsk: true},
		{Status: request.Signing, ReturnedAt: at, CannotAsk: true, Outcome: outcome(request.ByBrowser, "odd")},
		{Status: request.Signing, ReturnedAt: at, Outcome: outcome(request.ByGateway, "odd")},
		{Status: request.Signed, Outcome: outcome(request.ByBrowser, "signed")},
		{Status: request.Signed, Outcome: outcome(request.ByGateway, "finished")},
		{Status: request.Signed, Outcome: outcome(request.ByGateway, "finished"), Documents: []request.Document{{Signed: &request.SignedFile{Problem: "x"}}}},
		{Status: request.Signed, Outcome: outcome(request.ByDocument, "finished")},
		{Status: request.Partial},
		{Status: request.Rejected},
		{Status: request.Canceled},
		{Status: request.Failed},
		{Status: request.Failed, Outcome: outcome(request.ByBrowser, "accessDenied")},
		{Status: request.Failed, Outcome: outcome(request.ByBrowser, "accessDenied"), Signers: []request.Signer{{Name: "Ana"}}},
		{Status: request.Failed, Outcome: outcome(request.ByBrowser, "pageNotFound")},
		{Status: request.Gone},
		{Status: request.Withdrawn},
	} {
		w := Request(q, i18n.English)
		if w.State == "" || seen[w.State+w.Advice] {
			t.Errorf("%+v: got %+v", q, w)
		}
		if w.Advice == "" && !(q.Status == request.Signed && q.Outcome.Evidence == request.ByDocument) {
			t.Errorf("%s: it does not say what to do: %+v", q.Status, w)
		}
		seen[w.State+w.Advice] = true
	}
}
