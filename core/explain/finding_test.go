package explain

import (
	"testing"

	"countersign/core/gateway"
	"countersign/core/i18n"
)

func TestAPartIsNamedInTheLanguage(t *testing.T) {
	for _, test := range []struct {
		lang    i18n.Language
		subject string
		part    gateway.Part
		want    string
	}{
		{i18n.English, "", "disk", "Disk"},
		{i18n.French, "", "disk", "Disque"},
		{i18n.French, "", "desk", "Poste"},
		{i18n.French, "desk", "", "Passerelle desk"},
		{i18n.French, "disk: tls", gateway.PartTLS, "Passerelle disk: tls\u00a0: Chiffrement (TLS)"},
		{i18n.French, "office", gateway.PartAPIUser, "Passerelle office\u00a0: Utilisateur de l’API"},
		{i18n.French, "", gateway.PartReturn, "Adresse de retour"},
		{i18n.French, "8123", gateway.PartReturn, "Port de retour 8123"},
		{i18n.French, "", "of a newer gateway", "of a newer gateway"},
	} {
		if got := Part(test.lang, test.subject, test.part); got != test.want {
			t.Errorf("%s, %q, %q: got %q, want %q", test.lang, test.subject, test.part, got, test.want)
		}
	}
}
