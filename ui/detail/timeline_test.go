package detail

import (
	"strings"
	"testing"

	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/core/settings"
	"countersign/ui/kit"
)

func TestNotesOfAVisitAreSaidInTheLanguage(t *testing.T) {
	visit := &request.Visit{Requests: []request.ID{"one"}}
	visit.AddNotes([]request.Sentence{
		request.Sentencef("note_other_process", "the gateway's Location header and its answer name different processes; the answer is used"),
		{Text: "of an older event"},
	})
	m := newEventModel(i18n.French, settings.Names{}, request.Event{Kind: request.KindLaunched, Visit: visit})
	if want := "L’en-tête Location de la passerelle et sa réponse nomment des processus différents\u00a0; la réponse est utilisée.\nOf an older event."; m.detail != want {
		t.Errorf("got %q, want %q", m.detail, want)
	}
}

func TestAMessageOfThisProgramIsSaidInTheLanguage(t *testing.T) {
	denied := request.Cause{Code: "access_denied"}
	r := request.Request{Status: request.Failed, Signers: []request.Signer{{Name: "Ana"}}, Outcome: &request.Outcome{Code: "accessDenied", Message: "english", Cause: denied}}
	m := NewModel(i18n.Spanish, settings.Names{}, r, nil, false, "")
	if said, _ := i18n.Spanish.Fill("reason.access_denied"); m.Message != said {
		t.Errorf("got %q, want %q", m.Message, said)
	}
	if want := i18n.Spanish.Say("advice.code.accessDenied", "Ana"); m.advice != want {
		t.Errorf("got %q, want %q", m.advice, want)
	}
}

func TestThePaneSaysWhatTextsHide(t *testing.T) {
	r := request.Request{Title: "Lea\u200bse", Documents: []request.Document{{Original: request.Original{Name: "a\U000e0041.pdf"}}}, Signers: []request.Signer{{Name: "An\u00adn"}}}
	m := NewModel(i18n.French, settings.Names{}, r, nil, false, "")
	for i, code := range []string{"title", "document", "signer"} {
		shown := []string{"Lea<U+200B>se", "a<U+E0041>.pdf", "An<U+00AD>n "}[i]
		said, _ := i18n.French.Fill("reason.hidden_"+code, shown)
		if i >= len(m.facts) || m.facts[i] != kit.Sentence(said) {
			t.Errorf("fact %d of %q is not %q", i, m.facts, said)
		}
	}
	if m.docs[0].name != "a<U+E0041>.pdf" {
		t.Errorf("the document is %q", m.docs[0].name)
	}
}

func TestWhatWasBroughtAlongIsTheWordOfItsDesk(t *testing.T) {
	events := []request.Event{{Seq: 1, Kind: request.KindWithdrawn, By: "clara", Desk: "front", Brought: &request.Brought{By: "ana"}}}
	for _, here := range []string{"front", "floor"} {
		models, _ := eventModels(i18n.English, settings.Names{}, events, here)
		if when := models[0].when; !strings.Contains(when, "ana") || strings.Contains(when, "clara") || !strings.Contains(when, "brought along by front, on that desk’s word") {
			t.Errorf("at %s: %q", here, when)
		}
	}
}
