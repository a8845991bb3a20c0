package explain

import (
	"errors"
	"strings"
	"testing"

	"countersign/core/gateway"
	"countersign/core/i18n"
	"countersign/core/proof"
	"countersign/core/request"
)

// The error says in English by itself what the catalogs say for its cause.
func TestAnErrorAndItsCauseAreTheSameSentence(t *testing.T) {
	for fault := gateway.Unreachable; fault <= gateway.BadAnswer; fault++ {
		for _, status := range []int{0, 500} {
			for _, message := range []request.Sentence{{}, {Text: "trace 7"}, request.Sentencef("answer_not_json", "not JSON")} {
				err := &gateway.Error{Fault: fault, Gateway: "office", Doing: request.Sentencef("doing_token", "get a token"), Status: status, Message: message}
				got, ok := sentence(i18n.English, err.Cause())
				if want := strings.ReplaceAll(err.Error(), "'", "\u2019"); !ok || got != want {
					t.Errorf("got %q, %v, want %q", got, ok, want)
				}
				for _, l := range []i18n.Language{i18n.Spanish, i18n.Catalan, i18n.French} {
					said := Reason(l, err.Error(), err.Cause())
					if said == err.Error() || strings.Contains(said, "{") || message.Text == "trace 7" && !strings.Contains(said, message.Text) {
						t.Errorf("%s: %q", l, said)
					}
				}
			}
		}
	}
	if got, _ := sentence(i18n.English, request.Cause{Code: "file_other"}); got != proof.NotContinued {
		t.Errorf("got %q", got)
	}
}

func TestAReasonIsSaidInTheLanguage(t *testing.T) {
	err := errors.Join(request.Errorf("given_up", "given up: %w", request.Errorf("broke_off", "it broke off")), errors.New("no paper"))
	for _, test := range []struct {
		lang  i18n.Language
		text  string
		cause request.Cause
		want  string
	}{
		{i18n.English, err.Error(), request.CauseOf(err), "given up: it broke off\nno paper"},
		{i18n.French, err.Error(), request.CauseOf(err), "abandonn\u00e9\u00a0: il s\u2019est interrompu\nno paper"},
		{i18n.French, "of an older event", request.Cause{}, "of an older event"},
		{i18n.French, "of a newer program", request.Cause{Code: "unheard"}, "of a newer program"},
		{i18n.French, "of a newer program", request.Cause{Code: "given_up", Args: []request.Arg{{Cause: request.Cause{Code: "unheard"}}}}, "of a newer program"},
	} {
		if got := Reason(test.lang, test.text, test.cause); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

// What is wrong with a setting is said in the language at its field and in a whole error.
func TestAnErrorAboutASettingIsSaidInTheLanguage(t *testing.T) {
	_, err := gateway.ParseProfiles("[gateways.one]\nkind = \"trident\"\nurl = \"https://one.example\"\ntimeout = 3\n")
	if got, want := Error(i18n.French, err), "ligne 4\u00a0: passerelle one\u00a0: timeout\u00a0: indiquez une durée comme \"30s\", jusqu’à \"10m\""; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := Error(i18n.English, err); got != err.Error() {
		t.Errorf("got %q", got)
	}
	if got := Error(i18n.French, errors.New("no code")); got != "no code" {
		t.Errorf("got %q", got)
	}
}
