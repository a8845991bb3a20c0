package request_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"countersign/core/request"
)

func TestACauseHasTheArgumentsOfItsSentence(t *testing.T) {
	inner := request.Errorf("inner", "no %s", "ink")
	err := request.Errorf("outer", "%s: page %d (%w)", "Lease", 2, inner)
	if !errors.Is(err, inner) || err.Error() != "Lease: page 2 (no ink)" {
		t.Errorf("got %v", err)
	}
	e := request.Event{Reason: err.Error(), Cause: request.CauseOf(err)}
	data, _ := json.Marshal(e)
	if want := `"reason":"Lease: page 2 (no ink)","code":"outer","args":["Lease","2",{"code":"inner","args":["ink"]}]}`; string(data[len(data)-len(want):]) != want {
		t.Errorf("got %s", data)
	}
	var back request.Event
	if err := json.Unmarshal(data, &back); err != nil || !back.Cause.Equal(e.Cause) {
		t.Errorf("got %+v, %v", back, err)
	}
}

func TestASentenceInAnErrorKeepsItsCause(t *testing.T) {
	err := request.Errorf("outer", "%s is %s", "Lease", request.Sentencef("inner", "dry"))
	if got := request.CauseOf(err); err.Error() != "Lease is dry" || len(got.Args) != 2 || got.Args[1].Cause.Code != "inner" {
		t.Errorf("got %v, %+v", err, got)
	}
}

func TestOnlyAnErrorThatSaysNoMoreHasTheCauseOfWhatItWraps(t *testing.T) {
	inner := request.Errorf("inner", "no ink")
	if got := request.CauseOf(fmt.Errorf("%w", inner)); got.Code != "inner" {
		t.Errorf("got %+v", got)
	}
	if got := request.CauseOf(fmt.Errorf("page 2: %w", inner)); got.Code != "" {
		t.Errorf("got %+v", got)
	}
	several := request.CauseOf(errors.Join(inner, errors.New("no paper")))
	if several.Code != request.CodeSeveral || len(several.Args) != 2 || several.Args[0].Cause.Code != "inner" || several.Args[1].Text != "no paper" {
		t.Errorf("got %+v", several)
	}
	if got := request.CauseOf(nil); got.Code != "" {
		t.Errorf("got %+v", got)
	}
}

func TestTheNotesOfAVisitKeepTheirCauses(t *testing.T) {
	v := request.Visit{}
	v.AddNotes([]request.Sentence{request.Sentencef("odd", "an odd %s", "answer"), {Text: "of an adapter without codes"}})
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var back request.Visit
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	for _, notes := range [][]request.Sentence{v.NoteSentences(), back.NoteSentences()} {
		if len(notes) != 2 || notes[0].Text != "an odd answer" || notes[0].Cause.Code != "odd" || notes[1].Text == "" || notes[1].Cause.Code != "" {
			t.Errorf("got %+v", notes)
		}
	}
	older := request.Visit{Notes: []string{"without causes"}}
	if notes := older.NoteSentences(); len(notes) != 1 || notes[0].Text != "without causes" || notes[0].Cause.Code != "" {
		t.Errorf("got %+v", notes)
	}
}

func TestAnAddressIsShownByItsCode(t *testing.T) {
	for _, test := range []struct {
		event request.Event
		want  bool
	}{
		{request.Event{Kind: request.KindOpened}, false},
		{request.Event{Kind: request.KindOpened, Reason: "of an older event"}, true},
		{request.Event{Kind: request.KindOpened, Reason: "r", Cause: request.Cause{Code: request.CodeAddressShown}}, true},
		{request.Event{Kind: request.KindOpened, Reason: "r", Cause: request.Cause{Code: "another"}}, false},
		{request.Event{Kind: request.KindTrouble, Reason: "r", Cause: request.Cause{Code: request.CodeAddressShown}}, false},
	} {
		if got := test.event.IsAddressShown(); got != test.want {
			t.Errorf("%+v: got %v", test.event, got)
		}
	}
}
