package detail

import (
	"testing"

	"countersign/core/i18n"
	"countersign/core/request"
)

func TestNotesOfAVisitAreSaidInTheLanguage(t *testing.T) {
	visit := &request.Visit{Requests: []request.ID{"one"}}
	visit.AddNotes([]request.Sentence{
		request.Sentencef("note_other_process", "the gateway's Location header and its answer name different processes; the answer is used"),
		{Text: "of an older event"},
	})
	m := newEventModel(i18n.French, request.Event{Kind: request.KindLaunched, Visit: visit})
	if want := "L’en-tête Location de la passerelle et sa réponse nomment des processus différents\u00a0; la réponse est utilisée.\nOf an older event."; m.detail != want {
		t.Errorf("got %q, want %q", m.detail, want)
	}
}

func TestAMessageOfThisProgramIsSaidInTheLanguage(t *testing.T) {
	denied := request.Cause{Code: "access_denied"}
	r := request.Request{Status: request.Failed, Signers: []request.Signer{{Name: "Ana"}}, Outcome: &request.Outcome{Code: "accessDenied", Message: "english", Cause: denied}}
	m := NewModel(i18n.Spanish, r, nil, false, false)
	if said, _ := i18n.Spanish.Fill("reason.access_denied"); m.Message != said {
		t.Errorf("got %q, want %q", m.Message, said)
	}
	if want := i18n.Spanish.Say("advice.code.accessDenied", "Ana"); m.advice != want {
		t.Errorf("got %q, want %q", m.advice, want)
	}
}
