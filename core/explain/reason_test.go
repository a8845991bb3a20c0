package explain

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"countersign/core/gateway"
	"countersign/core/i18n"
	"countersign/core/proof"
	"countersign/core/request"
)

// The error says in English by itself what the catalogs say for its cause.
func TestAnErrorAndItsCauseAreTheSameSentence(t *testing.T) {
	for fault := gateway.Unreachable; fault <= gateway.Blocked; fault++ {
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

// What is in the way of a call is a sentence of its own, in each language.
func TestAnObstacleIsSaidInTheLanguage(t *testing.T) {
	err := &gateway.Error{
		Fault: gateway.Blocked, Gateway: "office", Doing: request.Sentencef("doing_token", "get a token"),
		What:   request.Sentencef("net_proxy_unreachable", "the proxy %s cannot be reached (%s)", "p.example:1", request.Sentencef("net_why_refused", "the connection was refused")),
		Advice: request.Sentencef("net_proxy_todo", "check it"),
	}
	for l, want := range map[i18n.Language]string{
		i18n.Spanish: "no se puede llegar al proxy p.example:1 (se rechazó la conexión): compruebe la dirección en HTTPS_PROXY",
		i18n.French:  "le proxy p.example:1 est injoignable (la connexion a été refusée)\u00a0: vérifiez l’adresse dans HTTPS_PROXY",
	} {
		if said := Error(l, err); !strings.Contains(said, want) {
			t.Errorf("%s: %q", l, said)
		}
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

// Numbers and sizes are written in the form of the language, and what the system says is reduced to its
// kind, which is the same in every language.
func TestASettingIsNamedAsInTheForm(t *testing.T) {
	field := func(key, label string) gateway.Field { return gateway.Field{Key: key, Label: label} }
	err := &gateway.Error{Fault: gateway.Refused, Gateway: "office", Doing: request.Sentencef("doing_create", "create the signing process"), Status: 400, Message: request.Sentence{Text: "no"}}
	err.Advice = gateway.AdviceOn(field("process_type", "Process type"), field("labels", "Signing identities"))
	for lang, want := range map[i18n.Language]string{
		i18n.English: ": check the setting Process type (process_type) and Signing identities (labels)",
		i18n.Spanish: ": compruebe el ajuste Tipo de proceso (process_type) y Identidades de firma (labels)",
		i18n.French:  " : vérifiez le réglage Type de processus (process_type) et Identités de signature (labels)",
	} {
		if got := Error(lang, err); !strings.HasSuffix(strings.ReplaceAll(got, "\u00a0", " "), want) {
			t.Errorf("%s: %q", lang, got)
		}
	}
	err.Advice = gateway.AdviceOn(field("days", "Days to sign")) // no catalog has its label
	if got := Error(i18n.Spanish, err); !strings.HasSuffix(got, ": compruebe el ajuste days") {
		t.Errorf("got %q", got)
	}
}

func TestArgumentsAreWrittenInTheLanguage(t *testing.T) {
	noSpace := syscall.ENOSPC
	if runtime.GOOS == "windows" {
		noSpace = syscall.Errno(112) // ERROR_DISK_FULL
	}
	full := request.Errorf("export_failed", "the file could not be written: %w", &fs.PathError{Op: "write", Path: "/home/ana/x", Err: noSpace})
	for _, test := range []struct {
		sentence request.Sentence
		english  string
		french   string
	}{
		{
			request.Sentencef("audit_cut_off", "the last entries were cut off (signed by the desk: %d, left: %d)", request.Count(12345), request.Count(7)),
			"the last entries were cut off (signed by the desk: 12345, left: 7)",
			"les dernières entrées ont été coupées (signées par le poste : 12 345, restantes : 7)",
		},
		{
			request.Sentencef("disk_space", "%s can be written to; %s are free", "/home/ana", request.Bytes(212_000_000_000)),
			"/home/ana can be written to; 212.0 GB are free",
			"/home/ana est accessible en écriture, 212,0 Go sont libres",
		},
		{
			request.SentenceOf(full), full.Error(),
			"le fichier n’a pas pu être écrit : il n’y a plus de place sur le disque",
		},
		{
			request.SentenceOf(fmt.Errorf("home x: %w", fs.ErrPermission)), "home x: permission denied",
			"le système ne le permet pas",
		},
	} {
		for lang, want := range map[i18n.Language]string{i18n.English: test.english, i18n.French: test.french} {
			if got := Reason(lang, test.sentence.Text, test.sentence.Cause); got != want {
				t.Errorf("%s: got %q, want %q", lang, got, want)
			}
		}
	}
	odd := request.Cause{Code: "audit_cut_off", Args: []request.Arg{{Cause: request.Cause{Code: request.CodeCount, Args: []request.Arg{{Text: "many"}}}}}}
	if got := Reason(i18n.French, "as it is", odd); got != "as it is" {
		t.Errorf("got %q for a number that is none", got)
	}
}

// Statistics keep the text of a message only.
func TestAMessageOfOursIsSaidInTheLanguage(t *testing.T) {
	denied := i18n.English.Say("reason.access_denied")
	for _, test := range []struct{ text, want string }{
		{"the register's key could not sign", "la clé du registre n’a pas pu signer"},
		{"certificate revoked", "certificate revoked"},
		{"the register\u2026", "the register\u2026"},
		{strings.ReplaceAll(denied[:150], "\u2019", "'") + "\u2026", i18n.French.Say("reason.access_denied")},
		{"", ""},
	} {
		if got := Message(i18n.French, test.text); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
		if got := Message(i18n.English, test.text); got != test.text {
			t.Errorf("got %q, want %q", got, test.text)
		}
	}
}

// The window names its own buttons where the terminal names a command.
func TestTheWindowHasItsOwnSentenceInPlaceOfACommand(t *testing.T) {
	err := request.Errorf("in_line", "line %d: %w", 3, request.Errorf("secret_enter", "gateway %s: %s: enter it with countersignctl gateway secret %s", "office", request.Sentencef("secret_none", "no secret is stored for this gateway"), "office"))
	for lang, want := range map[i18n.Language]string{
		"":           "line 3: gateway office: no secret is stored for this gateway: enter it in Settings: Gateways",
		i18n.English: "line 3: gateway office: no secret is stored for this gateway: enter it in Settings: Gateways",
		i18n.Catalan: "l\u00ednia 3: passarel\u00b7la office: no hi ha cap secret desat per a aquesta passarel\u00b7la: introdu\u00efu-lo a Configuraci\u00f3: Passarel\u00b7les",
	} {
		if got := Error(lang, err); got != want {
			t.Errorf("%s: got %q, want %q", lang, got, want)
		}
	}
	if !strings.Contains(err.Error(), "countersignctl gateway secret office") {
		t.Errorf("the terminal says %q", err)
	}
}
